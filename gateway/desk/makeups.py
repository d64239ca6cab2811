"""Make-ups: whether the faint use that a request names may be made up for by it."""

from __future__ import annotations

from typing import Literal

from msgspec import UnsetType

from gateway.stores import Reader
from gateway.stores.views import StoredEntry
from ledger import makeups
from ledger.records import SealRequest, SealUse

Why = Literal["", "unknown", "sharp", "other", "copies", "twice"]


def unfit(reader: Reader, entry: StoredEntry, request: SealRequest) -> Why:
    """Return why a request cannot make up for the use that it names; "": it can, or names none.

    `unknown`: that is no use. `sharp`: its mark is not too faint. `other`: of another machine,
    seal, item or kind. `copies`: more than one impression. `twice`: another request does already.
    """
    named = request.makes_up
    if isinstance(named, UnsetType):
        return ""
    first = reader.entry(named)
    if first is None or not isinstance(first.body, SealUse):
        return "unknown"
    kind = makeups.of_use(first.machine, first.body)
    if kind is None:
        return "sharp"
    if kind != makeups.of_request(entry.machine, request):
        return "other"
    if request.copies != 1:
        return "copies"
    return "twice" if _asked_before(reader, named, entry) else ""


def _asked_before(reader: Reader, use: str, entry: StoredEntry) -> bool:
    """Tell whether an earlier request makes up for a use and was not refused."""
    detail = reader.detail(use)
    related = () if detail is None else detail.related
    earlier = {one.sha256 for one in related if one.kind == "request" and one.index < entry.index}
    for sha256 in earlier:
        asked = reader.entry(sha256)
        named = asked.body.makes_up if asked and isinstance(asked.body, SealRequest) else None
        view = reader.request(sha256) if named == use else None
        if view is not None and view.state != "refused":
            return True
    return False
