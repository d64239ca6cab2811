"""Trusted county: does a log that keeps its own keys rest on somebody who is believed? Pure.

A log's own history says which keys count; it counts itself if its founding is the one that is
known, or if a county that is trusted has ever been its county.
"""

from __future__ import annotations

from ledger import codec
from ledger.findings import Finding, Place
from ledger.keystate import KeyHistory
from ledger.trusted_heads import Trust


def doubt(history: KeyHistory | None, trust: Trust) -> Finding | None:
    """Return why a log's own keys are not believed; None: they are, or it has none and need not.

    Args:
        history: after the last entry about keys; None: no founding begins the log.
    """
    if history is None or history.county is None:
        if not trust.founding:
            return None
        found = "none" if history is None else "one that does not hold"
        detail = f"expected the founding {trust.founding}, found {found}"
        return Finding(code="key-founding", place=Place(), detail=detail)
    place = Place(author=history.county.record.holder)
    if trust.founding:
        if history.log == trust.founding:
            return None
        detail = f"expected the founding {trust.founding}, found {history.log}"
        return Finding(code="key-founding", place=place, detail=detail)
    known = {codec.sha256(data) for data in trust.records}
    counties = (key for key in history.all_keys() if key.record.role == "county")
    if trust.any_county or any(key.sha256 in known for key in counties):
        return None
    return Finding(
        code="key-county",
        place=place,
        detail=f"expected a county key of the trusted folder, found "
        f"{history.county.public.keyid}; the founding is {history.log}",
    )
