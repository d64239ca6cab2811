"""Seam stamps (骑缝章): asked for, made, and what is wrong. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("flag.seam", "骑缝章", "seam stamp"),
    ("remark.seam", "骑缝章", "seam stamp"),
    ("copies.seams", "{n} 份，另盖骑缝章 {seams} 个", "{n} copies and {seams} over the seam"),
    ("copies.seams-alone", "只盖骑缝章 {seams} 个", "{seams} over the seam alone"),
    (
        "decision.sure.approve-seams-alone",
        "批准为 {name} 用印：{matter}，只盖骑缝章 {seams} 个？",
        "Approve {seams} over the seam alone for {name}: {matter}?",
    ),
    (
        "request.seams-why",
        "骑缝章跨盖在 {pages} 页的边上，照片只看得到每页一条边：请逐页看完再批。",
        "A seam stamp binds all {pages} pages, of which its photo shows edges: look at each page.",
    ),
    (
        "decision.sure.approve-seams",
        "批准为 {name} 用印：{matter}，{n} 份，另盖骑缝章 {seams} 个？",
        "Approve {n} impressions and {seams} over the seam for {name}: {matter}?",
    ),
    ("figure.seams", "其中骑缝章", "Of these over the seam"),
    ("rule.seam-use", "骑缝章与批准不符", "Seam stamps not as approved"),
    (
        "finding.seam-use.over",
        "许可 {permit} 批准骑缝章 {allowed} 个，这是第 {made} 个。",
        "{permit} allows {allowed} seam stamps; this is number {made}.",
    ),
    (
        "finding.seam-use.plain",
        "许可 {permit} 除骑缝章外批准 {allowed} 次，这是第 {made} 次。",
        "{permit} allows {allowed} impressions beside its seam stamps; this is number {made}.",
    ),
    (
        "finding.seam-use.unasked",
        "许可 {permit}：照片上的印跨到纸边，这一次没有申请骑缝章。",
        "{permit}: the photo shows a seal over the edge, and no seam stamp was asked for here.",
    ),
)
