"""Standing permits: two persons agreed, each use has its own request, no day holds too many. Pure.

`ledger.verify_permits` counts what was spent in all; here is what only standing permits need.
What an incident only may have made counts as its least until a person has counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from msgspec import Struct, structs

from ledger.days import local_date
from ledger.records import Incident, Intent, SealRequest
from ledger.records_permits import EmergencyTerms, StandingPermit

Breaches = Iterator[tuple[str, str]]


def agreed(
    name: str,
    draft: StandingPermit | EmergencyTerms | None,
    release: StandingPermit | EmergencyTerms,
) -> Breaches:
    """Yield what keeps a release from being the agreement of two to one draft."""
    if draft is None or structs.replace(release, released_by=None) != draft:
        yield "approval-missing", f"expected the draft of {name}, found none like it"
    if release.by == release.released_by:
        yield "separation", f"expected {name} released by another than {release.by}"


class _Made(Struct, frozen=True, gc=False):
    """What an intent is counted under, and how many impressions it counts for now."""

    day: tuple[str, str]
    request: str
    impressions: int


class StandingPermits:
    """Every standing permit of a township with its days and its requests."""

    def __init__(self) -> None:
        self._drafts: dict[str, StandingPermit] = {}
        self._released: dict[str, StandingPermit] = {}
        self._requests: dict[str, tuple[str, int]] = {}  # permit and copies
        self._days: Counter[tuple[str, str]] = Counter()
        self._copies: Counter[str] = Counter()
        self._intents: dict[str, _Made] = {}
        self._incidents: dict[str, str] = {}
        self._told: set[tuple[str, str]] = set()

    def permit(self, body: StandingPermit, in_force: Callable[[str], bool]) -> Breaches:
        """Take a draft, or its release by another account.

        Args:
            in_force: tells whether a permit may still be used when this entry is written.
        """
        if body.released_by is None:
            self._drafts.setdefault(body.permit, body)
            return
        yield from agreed(body.permit, self._drafts.get(body.permit), body)
        place = (body.machine, body.seal, body.matter)
        for name, one in self._released.items():
            other = name != body.permit and (one.machine, one.seal, one.matter) == place
            if other and in_force(name):
                yield "permit-doubled", f"expected one permit for {place}, found {name} as well"
        self._released.setdefault(body.permit, body)

    def request(self, sha256: str, body: SealRequest) -> None:
        """Take a request that names a standing permit."""
        if isinstance(body.permit, str):
            self._requests[sha256] = (body.permit, body.copies)

    def copies(self, intent: Intent) -> int | None:
        """Return of how many an intent must be; None: its permit is no standing one."""
        if intent.permit not in self._released:
            return None
        return self._requests.get(intent.request or "", ("", 0))[1]

    def intent(self, sha256: str, at_ms: int, intent: Intent) -> Breaches:
        """Take an impression that is reserved under a standing permit, or another one."""
        permit = self._released.get(intent.permit)
        if permit is None:
            return
        request = intent.request or ""
        named, copies = self._requests.get(request, ("", 0))
        if named != intent.permit:
            yield "permit-mismatch", f"expected a request under {intent.permit}, found {request}"
        made = _Made((intent.permit, local_date(at_ms)), request, 1)
        self._intents[sha256] = made
        self._add(made, 1)
        limits = (
            (made.day, self._days[made.day], permit.per_day),
            (("", request), self._copies[request], copies),
        )
        for what, found, most in limits:
            if found > most and what not in self._told:
                self._told.add(what)
                yield (
                    "permit-over",
                    f"expected at most {most} impressions of {what[1]}, found {found}",
                )

    def voided(self, intent: str) -> None:
        """Take note that an intent made no impression."""
        self._settle(intent, 0)

    def incident(self, sha256: str, body: Incident) -> None:
        """Take an incident: its intent made at least so many."""
        if body.intent is not None:
            self._incidents[sha256] = body.intent
            self._settle(body.intent, body.impressions_min)

    def counted(self, incident: str, impressions: int) -> None:
        """A person has counted the impressions of an incident."""
        self._settle(self._incidents.get(incident, ""), impressions)

    def _settle(self, intent: str, impressions: int) -> None:
        made = self._intents.get(intent)
        if made is not None:
            self._add(made, impressions - made.impressions)
            self._intents[intent] = structs.replace(made, impressions=impressions)

    def _add(self, made: _Made, impressions: int) -> None:
        self._days[made.day] += impressions
        self._copies[made.request] += impressions
