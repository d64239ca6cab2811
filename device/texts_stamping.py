"""What the screen says around a stamping: who goes on, with which sheet. Key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    (
        "taking.left-off",
        "上次盖到这里，还剩 {left} 份没盖。接着盖，点“去盖章”。",
        "It was left here, {left} copies to go. To go on, tap “Stamp”.",
    ),
    (
        "taking.over",
        "这件是{filer}申请的。由您接着盖，经办人就记{operator}。",
        "Filed by {filer}. If you go on, the record names {operator} as operator.",
    ),
    (
        "reason.operator-approved",
        "这件是您审批的，审批人不能自己盖。",
        "You approved this one; who approves does not press.",
    ),
    (
        "taking.stopped",
        "停下了，还剩 {left} 份没盖。批准还有效，随时可以接着盖。",
        "Stopped with {left} copies to go. The permit stays valid: go on at any time.",
    ),
    ("reason.sheet-stamped", "这张纸刚刚盖过了。", "This sheet has just been stamped."),
    (
        "todo.sheet-stamped",
        "请换下一张纸，再点“再试一次”。就是要在这张上再盖一个，也点“再试一次”。",
        "Lay the next sheet, then tap “Try again”. Tap it too if this sheet needs a second one.",
    ),
    ("todo.operator-approved", "请另一位经办人刷卡来盖。", "Let another clerk sign in."),
)
