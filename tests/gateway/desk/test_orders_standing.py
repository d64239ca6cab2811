"""Standing permits at the desk: low risk, two persons, one revokes, and what their uses raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from gateway.audit import alerts
from gateway.commands import DraftStanding, ReleaseStanding, RevokePermit
from gateway.errors import NotAllowedError, NotFoundError
from ledger.records import Intent, SealUse
from ledger.records_permits import StandingPermit
from tests.gateway.desk.acts import refused, state, without_seal

Town = Any
DAY_MS = 24 * 3600 * 1000
LOW = """name = "办法"
source = "示例"
lapse_days = 10

[[rules]]
name = "日常"
matters = ["A-1"]

[[rules.tiers]]
from_fen = 0
stages = [{ approvals = [{ offices = ["director"] }] }]

[[otherwise]]
approvals = [{ offices = ["director"] }, { offices = ["secretary"] }]
"""


def draft(town: Town, by: str = "chief", **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "machine": "m-1",
        "seal": "committee",
        "matter": "建房",
        "per_day": 2,
        "total": 3,
        "not_after_ms": town.now_ms + 30 * DAY_MS,
        **changes,
    }
    return town.order(DraftStanding(by=by, **fields)).answer


def agreed(town: Town, **changes: Any) -> str:
    permit = str(draft(town, **changes))
    release(town, permit)
    return permit


def release(town: Town, permit: str) -> None:
    town.order(ReleaseStanding(by="checker", permit=permit))


def permit_of(town: Town, name: str) -> Any:
    with town.store.reader() as reader:
        return reader.permit(name)


def filed(town: Town, permit: str, copies: int = 1) -> str:
    one = town.file(permit=permit, copies=copies)
    town.submit(one)
    return str(one.sha256)


def stamp(
    town: Town, permit: str, request: str | None, n: int = 1, of: int = 1, names: str = ""
) -> None:
    """Send an intent and a use of m-1 under a standing permit.

    `names`: the entry that the use gives as its intent, in place of that one.
    """
    machine = town.machines["m-1"]
    strokes = machine.head.seq  # grows with every entry
    photos = [town.photo(f"{request} {n} {side} {machine.head.seq}".encode()).ref for side in "ab"]
    common: dict[str, Any] = {"permit": permit, "n": n, "of": of, "seal": "committee"}
    intent = machine.sign(
        Intent(**common, page=photos[0].sha256, operator="clerk-1", counter_before=strokes,
               controller="A", request=request),
        town.now_ms,
    )  # fmt: skip
    use = machine.sign(
        SealUse(**common, intent=names or machine.head.sha256, matter="A-1", before=photos[0],
                after=photos[1], counter_before=strokes, counter_after=strokes + 1, findings=(),
                operator="clerk-1", flags=("offline",), controller="A"),
        town.now_ms,
    )  # fmt: skip
    town.take(machine.message(intent), machine.message(use))


def raised(town: Town) -> set[str]:
    with town.store.reader() as reader:
        return {one.finding.key for one in reader.alerts() if one.finding is not None}


def test_a_draft_permits_nothing_until_another_person_releases_it(people: Town) -> None:
    permit = draft(people)
    before = permit_of(people, permit)

    done = people.order(ReleaseStanding(by="checker", permit=permit))

    entry = people.entries()[-1]
    assert before is None
    assert isinstance(entry.body, StandingPermit)
    assert (entry.body.by, entry.body.released_by) == ("chief", "checker")
    assert done.letters[0].topic.endswith(f"/m-1/permit/{permit}")
    assert done.letters[0].payload == entry.envelope
    assert (permit_of(people, permit).impressions, permit_of(people, permit).per_day) == (3, 2)


def test_nobody_releases_his_own_draft_by_another_account(people: Town) -> None:
    people.account("chief-2", "auditor", person="chief")
    permit = draft(people)

    refused(people, "draft-own", lambda: people.order(ReleaseStanding(by="chief-2", permit=permit)))


def test_a_keeper_of_the_seal_agrees_to_nothing(people: Town) -> None:
    people.account("keeper-1", "keeper", person="keep")
    people.account("keep-2", "administrator", person="keep")
    permit = draft(people)

    refused(people, "is-keeper", lambda: draft(people, by="keep-2"))
    refused(people, "is-keeper", lambda: people.order(ReleaseStanding(by="keep-2", permit=permit)))


@pytest.mark.parametrize("by", ["clerk-1", "dong"])
def test_a_village_office_drafts_none(people: Town, by: str) -> None:
    with pytest.raises(NotAllowedError):
        draft(people, by=by)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"matter": "死亡证明"}, "not-low-risk"),
        ({"matter": "担保"}, "not-low-risk"),
        ({"matter": "没有的事"}, "not-low-risk"),
        ({"per_day": 0}, "standing-size"),
        ({"per_day": 4, "total": 3}, "standing-size"),
        ({"per_day": 51, "total": 60}, "standing-size"),
        ({"not_after_ms": 1}, "standing-period"),
        ({"not_after_ms": 2**52}, "standing-period"),
        ({"seal": "branch"}, "unknown-seal"),
    ],
)
def test_what_is_no_low_risk_item_in_bounds_is_refused(
    people: Town, changes: Any, reason: str
) -> None:
    refused(people, reason, lambda: draft(people, **changes))


def test_what_the_policy_asks_more_than_one_person_for_is_not_low_risk(ruled: Town) -> None:
    refused(ruled, "not-low-risk", lambda: draft(ruled))


def test_what_the_policy_asks_one_person_for_is(
    people: Town, release_policy: Callable[..., int]
) -> None:
    release_policy(people, LOW)

    assert permit_of(people, agreed(people)).matter == "A-1"


def test_a_draft_is_stale_after_a_month(people: Town) -> None:
    permit = draft(people, not_after_ms=people.now_ms + 90 * DAY_MS)
    people.now_ms += 31 * DAY_MS

    refused(
        people, "draft-stale", lambda: people.order(ReleaseStanding(by="checker", permit=permit))
    )


def test_a_second_one_for_the_same_item_machine_and_seal_is_refused_until_the_first_is_over(
    people: Town,
) -> None:
    first = agreed(people)
    second = str(draft(people, per_day=3))

    refused(people, "standing-twice", lambda: release(people, second))
    people.order(RevokePermit(by="chief", permit=first, reason="mistake"))
    release(people, second)

    assert permit_of(people, second) is not None


def test_a_second_one_waits_for_the_last_moment_of_the_first(people: Town) -> None:
    agreed(people, not_after_ms=people.now_ms + 2 * DAY_MS)
    second = str(draft(people))
    people.now_ms += 2 * DAY_MS

    refused(people, "standing-twice", lambda: release(people, second))
    people.now_ms += 1
    release(people, second)

    assert permit_of(people, second) is not None


def test_one_that_is_used_up_gives_way_to_the_next(people: Town) -> None:
    first = agreed(people, per_day=1, total=1)
    second = str(draft(people))
    stamp(people, first, filed(people, first))

    release(people, second)

    assert permit_of(people, second) is not None


def test_another_machine_has_one_of_its_own(people: Town) -> None:
    agreed(people)

    assert agreed(people, machine="m-2")


def test_one_person_revokes_it_at_once_and_for_good(people: Town) -> None:
    permit = agreed(people)

    done = people.order(RevokePermit(by="checker", permit=permit, reason="misuse"))

    assert done.letters[0].topic.endswith(f"/permit/{permit}")
    assert permit_of(people, permit).revoked_by == "checker"
    with pytest.raises(NotFoundError):
        people.order(ReleaseStanding(by="checker", permit=permit))


def test_a_request_that_names_it_waits_for_nobody(people: Town) -> None:
    permit = agreed(people)

    request = filed(people, permit)
    other = filed(people, "s-none")

    assert state(people, request) == ("permitted", "")
    assert state(people, other)[0] == "open"


def test_uses_in_bounds_raise_nothing(people: Town) -> None:
    people.judge = alerts.judge
    permit = agreed(people)

    stamp(people, permit, filed(people, permit))

    assert raised(people) == set()
    assert permit_of(people, permit).spent == 1


def test_a_third_use_on_a_day_of_two_is_an_alert_and_the_next_day_is_none(people: Town) -> None:
    people.judge = alerts.judge
    permit = agreed(people)
    for _ in range(2):
        stamp(people, permit, filed(people, permit))
    people.now_ms += DAY_MS
    stamp(people, permit, filed(people, permit))
    assert raised(people) == set()

    again = agreed(people)
    for _ in range(3):
        stamp(people, again, filed(people, again))

    assert raised(people) == {"finding.standing-use.day"}


def test_a_use_without_its_own_request_is_an_alert(people: Town) -> None:
    people.judge = alerts.judge
    permit = agreed(people)

    stamp(people, permit, None)

    assert raised(people) == {"finding.standing-use.request"}


@pytest.mark.parametrize("named", ["heartbeat", "nothing"])
def test_a_use_that_was_not_reserved_before_is_an_alert(people: Town, named: str) -> None:
    people.judge = alerts.judge
    permit = agreed(people)
    machine = people.machines["m-1"]
    people.take(machine.message(machine.beat()))

    names = machine.head.sha256 if named == "heartbeat" else "ab" * 32
    stamp(people, permit, filed(people, permit), names=names)

    assert raised(people) == {"finding.standing-use.intent"}


def test_more_copies_than_asked_for_are_an_alert(people: Town) -> None:
    people.judge = alerts.judge
    permit = agreed(people)

    stamp(people, permit, filed(people, permit), n=2)

    assert raised(people) == {"finding.standing-use.copies"}


def test_who_agreed_and_presses_is_an_alert_whatever_the_account(people: Town) -> None:
    people.judge = alerts.judge
    people.account("clerk-1", "clerk", person="checker")
    permit = agreed(people)

    stamp(people, permit, filed(people, permit))

    assert raised(people) == {"finding.standing-use.agreed"}


def test_what_is_derived_is_the_same_after_a_rebuild(people: Town) -> None:
    permit = agreed(people)
    filed(people, permit)
    people.order(RevokePermit(by="chief", permit=permit, reason="mistake"))
    before = people.store.derived()

    people.store.rebuild()

    assert people.store.derived() == before
    with people.store.reader() as reader:
        [one] = reader.standing_permits()
    assert structs.asdict(one)["released_by"] == "checker"


def test_requests_with_and_without_one_can_be_read_with_all_beside_them(people: Town) -> None:
    permit = agreed(people)

    with_one, without = filed(people, permit), people.file()
    people.submit(without)

    with people.store.reader() as reader:
        related = {one.role for one in reader.detail(with_one).related}
        plain = reader.detail(without.sha256)
    assert "standing-permit" in related
    assert plain is not None


def test_each_use_is_an_affair_of_its_own(people: Town) -> None:
    permit = agreed(people)
    first, second = filed(people, permit), filed(people, permit)
    stamp(people, permit, first)
    stamp(people, permit, second)

    with people.store.reader() as reader:
        kinds = [one.kind for one in reader.affair(first)]
        other = {one.sha256 for one in reader.affair(second)}

    assert kinds == ["request", "intent", "use"]
    assert first not in other


def test_a_draft_for_a_seal_that_the_machine_has_no_longer_is_not_released(people: Town) -> None:
    permit = str(draft(people))
    without_seal(people, "committee")

    refused(
        people, "unknown-seal", lambda: people.order(ReleaseStanding(by="checker", permit=permit))
    )
