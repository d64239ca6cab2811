"""The photo after an impression does not show one new seal on the approved page."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import SEAM, SealUse

CODE = "photo-doubt"
TITLE = "照片与用印不符"
BASIS = "每次用印须留存用印前后照片，一次许可一个印迹，盖在批准的文件上"
SEVERITY: Severity = "red"
KINDS = frozenset({"use"})

# Words of the machine's findings, gravest first; one that nobody judged may hide the others.
_GRADES: dict[str, Severity] = {
    "page-other": "red",
    "impression-missing": "red",
    "impression-several": "red",
    # What only a person can tell from the photos and the paper: see docs/eyes-attacks.md.
    "impression-printed": "yellow",
    "page-reproduced": "yellow",
    "page-covered": "yellow",
    "page-stamped": "yellow",
    "second-sheet": "yellow",
    "unjudged": "yellow",
}
_STAMPED = "page-stamped"
_FANNED = {"second-sheet", "page-covered"}  # as the pile of a seam stamp lies, and slips


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert for a use whose photo shows something else than it should."""
    if entry is None or not isinstance(entry.body, SealUse):
        return
    word = word_of(entry.body.findings, entry.body.flags, entry.body.n)
    if not word:
        return
    yield Alert(
        code=CODE,
        severity=_GRADES[word],
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(key=f"finding.photo-doubt.{word}", values={"permit": entry.body.permit}),
        key=f"{CODE}/{entry.sha256}",
    )


def word_of(findings: tuple[str, ...], flags: tuple[str, ...], n: int) -> str:
    """Return the gravest word of a use that somebody must hear of, or "".

    Args:
        n: which impression of its permit it was. A seal that stood there before the first one
            came from elsewhere; before a later one it may be the permit's own.
    """
    said = {*findings, *([_STAMPED] if "page_stamped" in flags and n == 1 else [])}
    said -= _FANNED if SEAM in flags else set()
    return next((word for word in _GRADES if word in said), "")
