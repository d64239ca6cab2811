"""What is wrong where a machine took a request back. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("rule.withdrawal", "撤回不符", "Withdrawal that does not fit"),
    (
        "finding.withdrawal.used",
        "申请已在这台机器上撤回，之后又按许可 {permit} 用印。",
        "The request was taken back at this machine, and used under {permit} after it.",
    ),
    (
        "finding.withdrawal.other",
        "{by} 在机器上撤回了 {filed_by} 提出的申请：只有提出的人能撤回。",
        "{by} took back what {filed_by} had asked: only who asked may.",
    ),
    (
        "finding.withdrawal.unknown",
        "机器撤回了一件不是它提出的申请。",
        "The machine took back a request that is none of its own.",
    ),
)
