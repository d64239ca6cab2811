"""What the screen says where a request is taken back. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("withdraw.link", "撤回申请", "Take it back"),
    ("withdraw.title", "撤回这个申请？", "Take this request back?"),
    ("withdraw.asked", "申请时间", "Asked"),
    (
        "withdraw.what",
        "撤回后不再审批，已经批的也作废，没盖的不能再盖。要盖请重新申请。",
        "Nobody decides it, an approval ends, nothing more is stamped. Ask anew if needed.",
    ),
    ("withdraw.yes", "撤回", "Take it back"),
    ("withdraw.no", "不撤回", "Keep it"),
    ("reason.not-filer", "只有提出申请的人能撤回。", "Only who asked takes it back."),
    ("reason.withdraw-late", "这个申请已经办完，不用撤回。", "This request is over already."),
    (
        "reason.withdraw-busy",
        "这个申请正在盖章，盖完这一下再撤回。",
        "It is being stamped: take it back after this impression.",
    ),
)
