"""Releasing single impressions. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("menu.confirm", "现场放行", "Live release"),
    ("confirm.title", "看现场照片放行", "Release by live photo"),
    (
        "confirm.lead",
        "村里放好了纸，请看照片：是不是您批准的那一页。放行只管这一次。",
        "The paper lies there: is it the page that you approved? A release is for this one alone.",
    ),
    (
        "confirm.none",
        "现在没有等您放行的。这一页会自己更新。",
        "Nothing waits for you now. This page updates itself.",
    ),
    ("confirm.which", "第 {n} 次，共 {of} 次", "Impression {n} of {of}"),
    ("confirm-form.plain", "盖在这一页上", "On this page"),
    (
        "confirm-form.seam",
        "骑缝章：盖在叠开的各页边上，照片只看得清最上面一页",
        "Seam stamp: over the edges of the fanned pages; the photo shows the top one alone",
    ),
    (
        "confirm-form.make-up",
        "补盖：第一次盖得太浅，在同一页再盖一次",
        "Make-up stamp: once more on the page of the faint one",
    ),
    ("confirm.photo", "现场照片", "Live photo"),
    ("confirm.photo-waiting", "现场照片正在传来…", "The photo is on its way..."),
    ("confirm.left", "还剩 {seconds} 秒", "{seconds} seconds left"),
    ("confirm.release", "放行这一次", "Release this one"),
    ("confirm.refuse", "不放行", "Refuse"),
    ("confirm.pages", "批准的页面", "The approved page"),
    (
        "done.confirm-released",
        "已放行，机器现在可以盖一次。",
        "Released: the machine opens for one.",
    ),
    ("done.confirm-refused", "没有放行，机器已停下。", "Refused: the machine stops."),
    (
        "policy.confirm",
        "每次用印都要审批人看现场照片放行。",
        "An approver releases each impression by its live photo.",
    ),
    ("photo.role.asked", "等放行的现场照片", "Live photo that was asked about"),
    ("kind.confirm-ask", "请求放行", "Release asked for"),
    ("kind.confirm", "放行", "Release"),
    ("role.confirm-ask", "请求放行", "Release asked for"),
    ("role.confirm", "放行", "Release"),
    ("rule.unconfirmed", "未经放行用印", "Impression without release"),
    (
        "finding.unconfirmed",
        "许可 {permit} 的第 {n} 次没有审批人看照片放行。",
        "Impression {n} of {permit} was not released by its photo.",
    ),
    (
        "finding.unconfirmed.plain",
        "许可 {permit} 的第 {n} 次：审批人放行的是另一种盖法，实际盖在了页面上。",
        "Impression {n} of {permit} was made on a page; another kind was released.",
    ),
    (
        "finding.unconfirmed.seam",
        "许可 {permit} 的第 {n} 次：审批人放行的不是骑缝章，实际盖了骑缝章。",
        "Impression {n} of {permit} was a seam stamp; another kind was released.",
    ),
    (
        "finding.unconfirmed.make-up",
        "许可 {permit} 的第 {n} 次：审批人放行时机器没有说是补盖，实际是补盖。",
        "Impression {n} of {permit} was a make-up stamp; another kind was released.",
    ),
)
