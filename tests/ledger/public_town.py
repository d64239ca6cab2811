"""Helpers for tests of the verifier: a township's public folder, and what is found in it."""

from __future__ import annotations

from pathlib import Path

from bench.public_log import TOWNSHIP, Township, make_signer, origin, vkey
from ledger import auditing, checkpoint
from ledger.auditing import Report
from ledger.checkpoint import Checkpoint
from ledger.mirror import FolderMirror, year_logs
from ledger.trusted_heads import Trust
from ledger.verify_heads import LogKey, LogKeys

__all__ = [
    "Township",
    "audit",
    "codes",
    "found",
    "head_of",
    "log_keys",
    "make_signer",
    "origin",
    "trust",
    "vkey",
]

YEAR = 2026


def trust(town: Township, records: tuple[bytes, ...] | None = None) -> Trust:
    """Return the trust of somebody who got the township's keys by another way."""
    return Trust(log_keys=log_keys(town), records=town.records if records is None else records)


def log_keys(town: Township) -> LogKeys:
    """Return the trust in the township's log key."""
    return LogKeys((LogKey(vkey(town.log_signer, origin()).public_key, TOWNSHIP),))


def audit(
    folder: Path, town: Township, *since: Checkpoint, records: tuple[bytes, ...] | None = None
) -> Report:
    """Verify everything in a public folder."""
    root, logs = year_logs(FolderMirror(folder), YEAR)
    return auditing.audit(root, logs, trust(town, records), since)


def codes(report: Report) -> list[str]:
    """Return the codes of all findings."""
    return [finding.code for finding in report.findings]


def found(town: Township, folder: Path) -> list[str]:
    """Publish a township's entries and return the codes of what is found in them."""
    town.publish(folder)
    return codes(audit(folder, town))


def head_of(note: bytes, town: Township) -> Checkpoint:
    """Return what a checkpoint of the township says."""
    name = note.split(b"\n", 1)[0].decode()
    return checkpoint.verify(note, (vkey(town.log_signer, name),))
