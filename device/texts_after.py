"""What the photo after an impression showed, and what to do: one sentence for the clerk.

The impression is recorded in any case; these are about what a person should look at.
"""

from __future__ import annotations

Row = tuple[str, str, str]

AFTER: tuple[Row, ...] = (
    (
        "page-other",
        "已记录。盖章后的纸不是批准的那张，请把纸留好，马上告诉镇里。",
        "Recorded. This is not the approved page: keep the paper, tell the township now.",
    ),
    (
        "impression-missing",
        "已记录。照片上没看到新盖的印，请看一看纸，告诉镇里有没有。",
        "Recorded. The photo shows no new seal: look at the paper, tell the township.",
    ),
    (
        "impression-several",
        "已记录。照片上新盖的印不止一个，请数一数，告诉镇里。",
        "Recorded. The photo shows several new seals: count them, tell the township.",
    ),
    (
        "impression-printed",
        "已记录。照片上的印不像压出来的，请把纸留好，等镇里核对。",
        "Recorded. The seal does not look pressed: keep the paper until the township looked.",
    ),
    (
        "page-reproduced",
        "已记录。照片里像是屏幕或翻拍的纸，请把纸留好，等镇里核对。",
        "Recorded. It looks like a screen or a printed photo: keep the paper.",
    ),
    (
        "page-covered",
        "已记录。纸上多了别的纸边，请看一看纸，把纸留好，等镇里核对。",
        "Recorded. An edge of other paper lies there: look at it and keep the paper.",
    ),
    (
        "second-sheet",
        "已记录。下面露出另一张纸，请一次只放一张，看看有没有盖错。",
        "Recorded. Another sheet looks out below: lay one alone, see that none is stamped wrongly.",
    ),
    (
        "impression-double",
        "已记录。印有重影，请看一看纸；要补盖，请重新申请。",
        "Recorded. The seal is struck twice: look at it; for another one, apply again.",
    ),
    (
        "impression-partial",
        "已记录。印没盖全，请看一看纸；要补盖，请重新申请。",
        "Recorded. A part of the seal is missing: look at it; for another one, apply again.",
    ),
    (
        "impression-seam",
        "已记录。印盖到纸边外了；不是骑缝章的，要补盖请重新申请。",
        "Recorded. The seal goes over the edge; unless that was meant, apply for another one.",
    ),
    (
        "impression-smeared",
        "已记录。印盖花了，请等印泥干；要补盖，请重新申请。",
        "Recorded. The seal is smeared: let it dry; for another one, apply again.",
    ),
    (
        "impression-faint",
        "已记录。印太浅，请加印油；要补盖，请重新申请。",
        "Recorded. The seal is pale: add ink; for another one, apply again.",
    ),
    (
        "impression-unread",
        "已记录。看到红印，认不出整个章，请看一看纸，不完整就告诉镇里。",
        "Recorded. There is red ink but no whole seal: look at it, tell the township.",
    ),
    (
        "page-unclear",
        "已记录。看不清是不是批准的那张纸，请把纸留好，等镇里核对。",
        "Recorded. It is unclear whether this is the approved page: keep the paper.",
    ),
    (
        "unjudged",
        "已记录，照片已存好。机器没看清照片，请把纸留好，等镇里核对。",
        "Recorded, the photo is kept. The machine could not judge it: keep the paper.",
    ),
    (
        "other",
        "已记录。照片有疑点（代码 {code}），请把纸留好，等镇里核对。",
        "Recorded. Something is off ({code}): keep the paper until the township looked.",
    ),
)
