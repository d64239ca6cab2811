"""A seam stamp beyond what was asked for, or another one in its place; a mark over an edge."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.breaches import breach
from gateway.stores import History
from gateway.stores.views import Alert, LogFilter, PermitView, Severity, StoredEntry
from ledger.records import SEAM, SealUse

CODE = "seam-use"
TITLE = "骑缝章与批准不符"
BASIS = "国办发〔2001〕52号：用印须在批准的范围和份数内"
SEVERITY: Severity = "red"
KINDS = frozenset({"use"})
RIDING = "impression-seam"  # what the photo after an impression shows


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for a use of a kind that is used up, or for a mark over an edge.

    Without its flag a mark over the edge may be a slip of the hand: yellow.
    """
    if entry is None or not isinstance(entry.body, SealUse):
        return
    permit = history.permit(entry.body.permit)
    if permit is None:
        return
    seam = SEAM in entry.body.flags
    if seam or permit.seams:
        allowed = permit.seams if seam else permit.impressions - permit.seams
        made = _made(seam, permit, entry, history)
        if made > allowed:
            what = "over" if seam else "plain"
            yield breach(entry, CODE, what, permit=permit.permit, allowed=allowed, made=made)
    if not seam and RIDING in entry.body.findings:
        yield breach(entry, CODE, "unasked", severity="yellow", permit=permit.permit)


def _made(seam: bool, permit: PermitView, entry: StoredEntry, history: History) -> int:
    """Return how many uses of this kind there are up to this one; counting ends past the bound."""
    which = LogFilter(kinds=(SealUse.kind,), permit=permit.permit)
    uses = history.entries(which, before=entry.index + 1, limit=permit.impressions + 1)
    return sum(isinstance(one.body, SealUse) and (SEAM in one.body.flags) == seam for one in uses)
