"""What the screen says about seam stamps (骑缝章): asked for, shown page by page, made.

Rows: key, Chinese, English.
"""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("seams.title", "骑缝章盖几个？", "How many seam stamps?"),
    ("seams.fewer", "少一个", "One fewer"),
    ("seams.more", "多一个", "One more"),
    ("seams.most", "最多 {most} 个。不要就填 0", "At most {most}; 0: none"),
    (
        "seams.hint",
        "几页错开，一个章跨盖各页边",
        "One stamp over the edges of the fanned pages",
    ),
    ("seams.wrong", "个数不对，请看最多几个。", "That number does not work; see the limit."),
    ("seams.none", "不盖", "None"),
    ("seams.count", "{n} 个", "{n}"),
    ("confirm.seams", "骑缝章", "Over the seam"),
    ("request.copies-seams", "{n} 份，骑缝章 {seams} 个", "{n} copies, {seams} over the seam"),
    ("request.seams-alone", "骑缝章 {seams} 个", "{seams} over the seam"),
    (
        "home.row-seams-alone",
        "{applicant} · 骑缝 {seams} 个 · {at}",
        "{applicant} · {seams} seam · {at}",
    ),
    (
        "home.row-seams",
        "{applicant} · {copies} 份+骑缝 {seams} 个 · {at}",
        "{applicant} · {copies} copies + {seams} seam · {at}",
    ),
    (
        "stamp.lay-both",
        "放好要落款的一页，点“盖落款章”；要先盖骑缝，点“盖骑缝章”",
        "Lay the page; tap “Stamp the page” or “Stamp the seam”",
    ),
    (
        "stamp.next-both",
        "盖好了。换下一份，点“盖落款章”；或点“盖骑缝章”",
        "Done. Next: tap “Stamp the page” or “Stamp the seam”",
    ),
    (
        "stamp.lay-plain",
        "放好要落款的一页，点“开始盖章”",
        "Lay the page to be stamped, tap “Start”",
    ),
    ("stamp.next-plain", "盖好了。换下一份，点“开始盖章”", "Done. Lay the next one, tap “Start”"),
    (
        "stamp.show",
        "盖骑缝章前每页看一遍，还差 {left} 页。放好一页，点“看这一页”",
        "{left} pages to look at: lay one, tap “Look at this page”",
    ),
    (
        "stamp.fan",
        "{pages} 页都看过了。错开成扇形，页边放在章下，点“开始盖章”",
        "All {pages} seen: fan them under the seal, tap “Start”",
    ),
    (
        "stamp.press-seams",
        "现在压下手柄，“{seal}”跨盖在各页边上",
        "Press the lever now: “{seal}”, over the edges",
    ),
    ("stamp.done-seams", "盖好了，{of} 个章都盖完", "Done: all {of} stamps"),
    ("stamp.plain", "盖落款章", "Stamp the page"),
    ("stamp.seam", "盖骑缝章", "Stamp the seam"),
    ("stamp.plain-first", "先盖落款章", "The page first"),
    ("stamp.show-page", "看这一页", "Look at this page"),
    ("stamp.shown", "已看 {shown} / {pages} 页", "{shown} of {pages} pages seen"),
    ("stamp.marks", "个", "stamps"),
    ("stamp.kinds", "落款章 {plain} · 骑缝章 {seams}", "pages {plain} · seam {seams}"),
    ("reason.page-shown", "这一页已经看过，请放下一页。", "This page was seen; lay another one."),
    (
        "reason.seams-unfit",
        "骑缝章要有两页以上的材料，个数不能超过份数。",
        "Seam stamps need several pages and stay within the copies.",
    ),
    ("reason.seams-used-up", "批准的骑缝章已经盖完。", "All permitted seam stamps are made."),
    ("todo.seams-used-up", "要再盖请重新申请。", "Apply again for more."),
    ("reason.copies-used-up", "只剩骑缝章没盖。", "Only seam stamps are left."),
    ("todo.copies-used-up", "请点“再试一次”，盖骑缝章。", "Tap “Try again” for the seam stamp."),
)
