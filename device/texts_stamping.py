"""What the screen says around a stamping: who goes on with it. Key, Chinese, English."""

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
    ("todo.operator-approved", "请另一位经办人刷卡来盖。", "Let another clerk sign in."),
)
