"""What is wrong with a make-up stamp (补盖) that is asked for. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("rule.makeup", "补盖不符", "Make-up stamp that does not fit"),
    (
        "finding.makeup.unknown",
        "要补盖的 {use} 不是用印记录，申请已拒绝。",
        "It makes up for {use}, which is no use; refused.",
    ),
    (
        "finding.makeup.sharp",
        "要补盖的用印 {use} 照片上并不浅，申请已拒绝。",
        "It makes up for the use {use}, whose mark is not faint; refused.",
    ),
    (
        "finding.makeup.other",
        "要补盖的用印 {use} 是另一台机器、另一枚章、另一事项或另一种章，申请已拒绝。",
        "It makes up for the use {use} of another machine, seal, item or kind; refused.",
    ),
    (
        "finding.makeup.copies",
        "补盖 {use} 申请了不止一份，申请已拒绝。",
        "It makes up for the use {use} by more than one impression; refused.",
    ),
    (
        "finding.makeup.twice",
        "用印 {use} 已经有人申请补盖，又申请了一次，已拒绝。",
        "Another request makes up for the use {use} already; refused.",
    ),
)
