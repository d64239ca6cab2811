"""Seam stamps in a log: no more than were asked for. Pure.

`ledger.verify_permits` counts all impressions of a permit; here is how many of them ride the edges
of several sheets (flag `seam`). What an incident only may have made counts as its least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from ledger.records import SEAM, Incident, Intent, Permit, SealRequest

Breaches = Iterator[tuple[str, str]]
_Kind = tuple[str, bool]  # a permit, and whether its seam stamps are meant


class _Made(Struct, gc=False):
    """What an intent is counted under, and for how many impressions now."""

    kind: _Kind
    impressions: int = 1


class Seams:
    """Every permit with seam stamps, and every impression that is one.

    `complete` is that of `ledger.verify_permits.Permits`: what was asked for may stand elsewhere.
    """

    def __init__(self) -> None:
        self._asked: dict[str, int] = {}  # by request, where there are any
        self._limits: dict[_Kind, int] = {}
        self._intents: dict[str, _Made] = {}
        self._incidents: dict[str, str] = {}
        self._made: Counter[_Kind] = Counter()

    def request(self, sha256: str, body: SealRequest) -> None:
        """Take a request."""
        if isinstance(body.seams, int):
            self._asked[sha256] = body.seams

    def permit(self, body: Permit, *, complete: bool) -> Breaches:
        """Take the permit of a request: it allows the seam stamps that were asked for."""
        asked = self._asked.get(body.request, 0)
        if body.seams > asked and complete:
            yield "permit-mismatch", f"expected {asked} seam stamps as asked, found {body.seams}"
        self._allow(body.permit, body.impressions, body.seams)

    def emergency(self, permit: str, impressions: int, request: str) -> None:
        """Take an emergency permit: it allows what its request asks for."""
        self._allow(permit, impressions, self._asked.get(request, 0))

    def intent(self, sha256: str, body: Intent, *, complete: bool) -> Breaches:
        """Take an impression that is reserved."""
        kind = (body.permit, SEAM in body.flags)
        if kind not in self._limits and not (kind[1] and complete):
            return
        self._intents[sha256] = _Made(kind)
        self._made[kind] += 1
        allowed, found = self._limits.get(kind, 0), self._made[kind]
        if found > allowed:
            what = "seam stamps" if kind[1] else "impressions beside the seam stamps"
            yield "permit-over", f"expected at most {allowed} {what}, found {found}"

    def voided(self, intent: str) -> None:
        """Take note that an intent made no impression."""
        self._settle(intent, 0)

    def incident(self, sha256: str, body: Incident) -> None:
        """Take an incident: its intent made at least so many."""
        if body.intent in self._intents:
            self._incidents[sha256] = body.intent
            self._settle(body.intent, body.impressions_min)

    def counted(self, incident: str, impressions: int) -> None:
        """A person has counted the impressions of an incident."""
        self._settle(self._incidents.get(incident, ""), impressions)

    def _allow(self, permit: str, impressions: int, seams: int) -> None:
        if seams:
            self._limits[permit, True] = seams
            self._limits[permit, False] = impressions - seams

    def _settle(self, intent: str, impressions: int) -> None:
        made = self._intents.get(intent)
        if made is not None:
            self._made[made.kind] += impressions - made.impressions
            made.impressions = impressions
