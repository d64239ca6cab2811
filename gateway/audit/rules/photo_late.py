"""A photo that an entry names has not come, though its machine was connected."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry

CODE = "photo-late"
TITLE = "照片迟到"
BASIS = "每次用印须留存用印前后照片，联网满24小时内送达"
SEVERITY: Severity = "yellow"
KINDS: frozenset[str] = frozenset()


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`patience_ms`: connected time that a photo may take; 24 hours."""

    patience_ms: int = 24 * 60 * 60 * 1000


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for each overdue photo; looks when no entry is given."""
    if entry is not None:
        return
    for photo in history.pending_photos():
        if photo.waited_ms <= options.patience_ms:
            continue
        yield Alert(
            code=CODE,
            severity=SEVERITY,
            machine=photo.machine,
            entry=photo.entry_sha256,
            finding=Finding(
                key=f"finding.photo-late.{photo.role}",
                values={"hours": photo.waited_ms // (60 * 60 * 1000), "n": photo.n},
            ),
            key=f"{CODE}/{photo.entry_sha256}/{photo.sealed_sha256}",
        )
