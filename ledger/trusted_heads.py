"""Trusted heads: what somebody believes without asking the log, and the head that it lets stand.

With a policy, the newest checkpoint with a quorum counts: the one of all may still be on its way
to the witnesses. What lies beyond is counted, and must continue it.
"""

from __future__ import annotations

from msgspec import Struct

from ledger import checkpoint, notes, policy
from ledger.errors import LedgerError, PolicyError, QuorumError
from ledger.findings import Findings, Place
from ledger.mirror import Mirror, UnreachableError
from ledger.policy import Policy
from ledger.verify import growth
from ledger.verify_heads import Head, LogKeys, believe

CHECKPOINT = "checkpoint"
WITNESSED = "checkpoint.witnessed"


class Trust(Struct, frozen=True, kw_only=True):
    """What the verifier brings along and believes.

    Args:
        records: trusted key records, as bytes; each counts in the logs of its township only.
        policy: whose witnesses must have cosigned the checkpoint.
        founding: hash of the founding statement that the logs must begin with, "" for any that a
            trusted county agreed to.
        any_county: believe the county that the log names; people compare its key afterwards.
    """

    log_keys: LogKeys
    records: tuple[bytes, ...] = ()
    policy: Policy | None = None
    founding: str = ""
    any_county: bool = False


class Newest(Struct, frozen=True, kw_only=True):
    """The newest head that counts, None if there is none; `waiting` entries are beyond it."""

    head: Head | None
    findings: Findings
    waiting: int = 0


def read_note(mirror: Mirror) -> bytes:
    """Return the newest checkpoint of a log as it lies there, not judged.

    Raises:
        UnreachableError: there is none.
    """
    note = mirror.read(CHECKPOINT)
    if note is None:
        raise UnreachableError(f"expected a checkpoint at {mirror.location}, found none")
    return note


def claimed(note: bytes) -> tuple[str, int]:
    """Return origin and size of a checkpoint that nobody has judged; ("", 0) for none."""
    try:
        head = checkpoint.parse(notes.parse(note).text)
    except LedgerError:
        return "", 0
    return head.origin, head.size


def newest(mirror: Mirror, trust: Trust) -> Newest:
    """Return the newest head of a log that counts, and what is wrong with it.

    Raises:
        UnreachableError: it cannot be read.
    """
    findings = Findings()
    try:
        head = believe(read_note(mirror), trust.log_keys)
    except UnreachableError:
        raise
    except LedgerError as error:
        findings.add(f"checkpoint-{error.code}", Place(log=mirror.location), str(error))
        return Newest(head=None, findings=findings)
    if trust.policy is None:
        return Newest(head=head, findings=findings)
    try:
        policy.satisfied(trust.policy, head.note)
    except (QuorumError, PolicyError) as error:
        return _cosigned(mirror, trust, head, error)
    except LedgerError as error:
        place = Place(log=head.checkpoint.origin)
        findings.add("checkpoint-cosignature", place, str(error))
    return Newest(head=head, findings=findings)


def _cosigned(mirror: Mirror, trust: Trust, head: Head, wrong: LedgerError) -> Newest:
    """Return the newest head with a quorum, which lies beside the newest of all."""
    findings, origin, size = Findings(), head.checkpoint.origin, head.checkpoint.size
    note = mirror.read(WITNESSED)
    try:
        if note is None or trust.policy is None:
            raise wrong
        cosigned = believe(note, trust.log_keys)
        policy.satisfied(trust.policy, note)
        if cosigned.checkpoint.origin != origin:
            raise wrong
    except LedgerError:
        findings.add("quorum", Place(log=origin), str(wrong))
        return Newest(head=head, findings=findings)
    findings.extend(growth(cosigned.checkpoint, head.checkpoint, mirror.read))
    return Newest(head=cosigned, findings=findings, waiting=max(0, size - cosigned.checkpoint.size))
