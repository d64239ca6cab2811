"""What a refusal's slip and a make-up stamp say. Rows: key, Chinese, English."""

from __future__ import annotations

PROMPTS: tuple[tuple[str, str, str], ...] = (
    ("makeup.ask", "申请补盖", "Ask for a make-up stamp"),
    (
        "makeup.why",
        "印盖得太浅。可以申请在同一张纸上补盖一次，要再批准，两次用印记在一起。",
        "The mark is too faint. A make-up stamp on the same sheet needs approval; both are linked.",
    ),
    (
        "makeup.why-seam",
        "骑缝章盖得太浅。可以申请在同一叠纸上补盖一个，要再批准，两次用印记在一起。",
        "The seam stamp is too faint. A make-up on the same pages needs approval; both are linked.",
    ),
    ("makeup.one", "补盖 1 次", "One make-up stamp"),
    ("makeup.one-seam", "补盖骑缝章 1\u00a0个，要拍每页", "One make-up seam stamp: every page"),
    (
        "makeup.told",
        "已记录。印太浅，请加印油；要补盖，盖完后打开这件申请。",
        "Recorded. The seal is pale: add ink; to make up for it, open this request when done.",
    ),
    ("slip.open", "带走办事指引", "Take the directions along"),
    ("slip.title", "请到这里办", "Go there instead"),
    ("slip.not-here", "村里不能盖章：{matter}", "The village cannot stamp: {matter}"),
    ("slip.why", "原因：{why}", "Why: {why}"),
    ("slip.basis", "依据：{basis}", "Basis: {basis}"),
    ("slip.instead", "去哪里办：{place}", "Where: {place}"),
    ("slip.scan", "用手机扫一扫，带走这些字", "Scan it with a phone to take these words along"),
    ("slip.print", "打印", "Print"),
    ("slip.from", "{village} {at} 编号 {number}", "{village} {at} number {number}"),
)
