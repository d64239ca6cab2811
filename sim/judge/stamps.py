"""Checks about impressions: intent first (I1), total cover (I2), permits (I6), photos (I9)."""

from __future__ import annotations

from collections import Counter

from ledger.codec import Payload
from ledger.days import local_date
from ledger.records import Incident, Intent, Permit, Revocation, SealRequest, SealUse, Void
from ledger.records_permits import EmergencyPermit, StandingPermit
from sim.judge.account import CLOCKS_AGREE_MS, account, bounds, counted
from sim.judge.evidence import Evidence
from sim.judge.verdict import Finder

KNOWN_MS = 60_000  # a connected device has heard of a revocation after this at the latest


def intent_first(evidence: Evidence, find: Finder) -> None:
    """I1: each grant on the bus has its own intent in the log, written before it."""
    sums = account(evidence)
    for grant in sums.ownerless:
        find.expect(False, f"bus at {grant.at_ms}", "an intent before the grant", "none")
    for one in sums.intents:
        for grant in one.grants[1:]:
            find.expect(False, f"bus at {grant.at_ms}", f"one grant for {one.where}", "another")
        for grant in one.grants[:1]:
            written_ms = one.entry.position.at_ms
            find.expect(
                written_ms <= grant.at_ms + CLOCKS_AGREE_MS,
                one.where,
                f"written before its grant at {grant.at_ms}",
                written_ms,
            )


def total_cover(evidence: Evidence, find: Finder) -> None:
    """I2: every press is covered by one use or the bounds of one incident, and no more."""
    sums, known = account(evidence), counted(evidence)
    for one in sums.intents:
        find.expect(len(one.closings) <= 1, one.where, "one outcome", _kinds(one.closings))
        if not one.closings:
            find.expect(one.presses == 0 or not evidence.settled, one.where, "an outcome", "none")
            continue
        said = bounds(one.closings[0], known)
        assert said is not None
        find.expect(
            said.least <= one.presses <= said.most,
            f"{one.where}, {said.said}",
            f"{said.least} to {said.most} presses",
            one.presses,
        )
    free = [bounds(entry, known) for entry in sums.loose]
    for entry in sums.loose:
        find.expect(isinstance(entry.body, Incident), f"entry {entry.position.seq}",
                    "its intent in the log", f"a {entry.body.kind} without one")  # fmt: skip
    least, most = sum(one.least for one in free if one), sum(one.most for one in free if one)
    find.expect(
        least <= len(sums.strays) <= most or not (evidence.settled or sums.loose),
        f"presses without a grant at {sums.strays}",
        f"{least} to {most}, as the incidents without intent say",
        len(sums.strays),
    )


def permit_use(evidence: Evidence, find: Finder) -> None:
    """I6: no more impressions under a permit than it gives, in its time, with its seal."""
    permits = _permits(evidence)
    revoked = {one.body.permit: one.position.at_ms for one in evidence.issued
               if isinstance(one.body, Revocation)}  # fmt: skip
    spending = _Spending(evidence)
    for entry in evidence.entries:
        if isinstance(entry.body, Intent):
            intent, where = entry.body, f"intent {entry.position.seq}"
            permit = permits.get(intent.permit)
            if permit is None:
                find.expect(False, where, "a permit of the gateway", intent.permit)
                continue
            spent = spending.spent(intent.permit)
            find.expect(spent < _most(permit), where, f"under {_most(permit)} spent", spent)
            _check_scope(evidence.device, entry, intent, permit, find)
            ended_ms = revoked.get(intent.permit)
            heard_ms = entry.position.mark or 0
            find.expect(
                ended_ms is None or heard_ms <= ended_ms + KNOWN_MS,
                where,
                f"no use of {intent.permit} after its revocation was known",
                f"a time mark {heard_ms - (ended_ms or 0)} ms after it",
            )
        spending.apply(entry)
    for name, made in _made(evidence).items():
        most = _most(permits[name]) if name in permits else 0
        find.expect(made <= most, f"permit {name}", f"at most {most} uses", made)
    _check_standing(evidence, permits, find)


def photo_binding(evidence: Evidence, find: Finder) -> None:
    """I9: each use names two photos of its own, and their bytes are in G once all is delivered."""
    used: Counter[str] = Counter()
    pending = 0
    delivered = {line.payload.sha256 for line in evidence.delivered if line.payload}
    for entry in evidence.entries:
        if not isinstance(entry.body, SealUse):
            continue
        for name, photo in (("before", entry.body.before), ("after", entry.body.after)):
            where = f"use {entry.position.seq}, {name}"
            used[photo.sealed_sha256] += 1
            find.expect(
                used[photo.sealed_sha256] == 1, where, "a photo of its own", "one used twice"
            )
            found = evidence.photos.get(photo.sealed_sha256)
            if found is not None:
                find.expect(found == photo.sealed_sha256, where, photo.sealed_sha256, found)
            elif evidence.settled or entry.sha256 not in delivered:
                find.expect(not evidence.settled, where, "its bytes in the gateway", "none")
            else:
                pending += 1
    if pending:
        find.cannot_tell(f"{pending} photos are pending and the faults have not ended")


class _Spending:
    """What each permit has spent, entry by entry, as the log tells it."""

    def __init__(self, evidence: Evidence) -> None:
        self._counted = counted(evidence)
        self._permit_of: dict[str, str] = {}
        self._spent: Counter[str] = Counter()
        self._open: Counter[str] = Counter()

    def spent(self, permit: str) -> int:
        return self._spent[permit] + self._open[permit]

    def apply(self, entry: Payload) -> None:
        match entry.body:
            case Intent(permit=permit):
                self._permit_of[entry.sha256] = permit
                self._open[permit] += 1
            case SealUse(intent=about) | Void(intent=about) | Incident(intent=str() as about):
                said = bounds(entry, self._counted)
                named = self._permit_of.get(about)
                if said is not None and named is not None:
                    self._open[named] -= 1
                    self._spent[named] += said.most
            case _:
                pass


AnyPermit = Permit | StandingPermit | EmergencyPermit


def _permits(evidence: Evidence) -> dict[str, AnyPermit]:
    """Return what was issued; a standing permit counts once another person released it.

    A machine's own emergency permits count here; whose codes they name says the verifier.
    """
    own = {
        one.body.permit: one.body
        for one in evidence.entries
        if isinstance(one.body, EmergencyPermit)
    }
    return own | {
        one.body.permit: one.body
        for one in evidence.issued
        if isinstance(one.body, Permit)
        or (
            isinstance(one.body, StandingPermit) and one.body.released_by not in (None, one.body.by)
        )
    }


def _most(permit: AnyPermit) -> int:
    return permit.total if isinstance(permit, StandingPermit) else permit.impressions


def _check_standing(evidence: Evidence, permits: dict[str, AnyPermit], find: Finder) -> None:
    """I6 for standing permits: uses of a day, and a request of its own behind each."""
    requests = {one.sha256: one.body for one in evidence.entries}
    intents = {
        one.sha256: (one, one.body) for one in evidence.entries if isinstance(one.body, Intent)
    }
    days: Counter[tuple[str, str]] = Counter()
    for entry in evidence.entries:
        found = intents.get(entry.body.intent) if isinstance(entry.body, SealUse) else None
        permit = permits.get(found[1].permit) if found else None
        if found is None or not isinstance(permit, StandingPermit):
            continue
        asked = requests.get(found[1].request or "")
        named = asked.permit if isinstance(asked, SealRequest) else None
        where = f"use {entry.position.seq}"
        find.expect(named == permit.permit, where, f"a request under {permit.permit}", named)
        day = (permit.permit, local_date(found[0].position.at_ms))
        days[day] += 1
        find.expect(days[day] <= permit.per_day, where, f"{permit.per_day} that day", days[day])


def _check_scope(
    device: str, entry: Payload, intent: Intent, permit: AnyPermit, find: Finder
) -> None:
    where, at_ms = f"intent {entry.position.seq}", entry.position.at_ms
    machine = device if isinstance(permit, EmergencyPermit) else permit.machine
    find.expect(
        (device, intent.seal) == (machine, permit.seal),
        where,
        f"{permit.seal} in {machine}",
        f"{intent.seal} in {device}",
    )
    find.expect(intent.n <= _most(permit), where, f"n up to {_most(permit)}", intent.n)
    begins_ms = (permit.not_before_ms or 0) if isinstance(permit, Permit) else 0
    find.expect(
        begins_ms <= at_ms <= permit.not_after_ms,
        where,
        f"a time from {begins_ms} to {permit.not_after_ms}",
        at_ms,
    )


def _made(evidence: Evidence) -> Counter[str]:
    return Counter(
        entry.body.permit for entry in evidence.entries if isinstance(entry.body, SealUse)
    )


def _kinds(entries: list[Payload]) -> str:
    return ", ".join(f"{entry.body.kind} {entry.position.seq}" for entry in entries)
