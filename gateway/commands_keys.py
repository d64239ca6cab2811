"""What may be ordered about machines' keys; see `gateway.commands`."""

from __future__ import annotations

from msgspec import Struct


class AgreeKey(Struct, frozen=True, kw_only=True):
    """Enter an enrolment or a rotation that the county has agreed to. Answer: its index.

    Args:
        draft: JSON of a `ledger.keyacts.Draft` with the county's signature.
    """

    by: str
    draft: bytes


class IssueCode(Struct, frozen=True, kw_only=True):
    """Write down that a machine gets a one-time code. Answer: the CodeIssue entry's index; the
    code is made and shown only after it."""

    by: str
    machine: str
    hours: int


class RevokeKey(Struct, frozen=True, kw_only=True):
    """End a machine's key now. Answer: the KeyRevocation entry's index.

    Args:
        last_seq: the last valid entry; None: the last one that is in the log.
    """

    by: str
    machine: str
    last_seq: int | None
    reason: str


KeyCommand = AgreeKey | IssueCode | RevokeKey
