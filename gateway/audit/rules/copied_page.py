"""Under the camera lay a screen or a copy, or a seal was printed instead of pressed."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit import sights
from gateway.stores import History
from gateway.stores.sights import Sight
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import SealUse

CODE = "copied-page"
TITLE = "疑似翻拍或打印的印章"
BASIS = "用印须在纸质原件上进行，照片须拍摄原件"
SEVERITY: Severity = "yellow"
KINDS: frozenset[str] = frozenset()

# What the machine calls the same: a use that says so has its alert already (`photo-doubt`).
_GRID, _PRINTED = "page-reproduced", "impression-printed"


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for each such use whose machine did not find it; looks when no entry is
    given."""
    if entry is not None:
        return
    for sight in sights.recent(history):
        word = _word(sight)
        if word is None or _is_told(sight, word, _findings(history, sight.entry)):
            continue
        yield Alert(
            code=CODE,
            severity=SEVERITY,
            machine=sight.machine,
            entry=sight.entry,
            finding=Finding(key=f"finding.copied-page.{word}", values={}),
            key=f"{CODE}/{sight.entry}",
        )


def _findings(history: History, entry: str) -> tuple[str, ...]:
    found = history.entry(entry)
    return found.body.findings if found and isinstance(found.body, SealUse) else ()


def _is_told(sight: Sight, word: str, findings: tuple[str, ...]) -> bool:
    """A printed photo is a grid to the machine, which tells no dots from pixels."""
    by_grid = word == "screen" or sight.origin == "print"
    return (by_grid and _GRID in findings) or (word == "printed" and _PRINTED in findings)


def _word(sight: Sight) -> str | None:
    if sight.origin == "screen":
        return "screen"
    return "printed" if sight.impression == "printed" or sight.origin == "print" else None
