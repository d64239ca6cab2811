"""The keeping of seals: one asks, another permits, a machine says what it did, rules look."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit.rules import hatch_permit, sample_missing, takeout_overdue
from gateway.commands_custody import AskHatch, ConfirmSeal, PermitHatch, StateSeal, WithdrawHatch
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.register import post
from ledger import codec, envelope
from ledger.records_custody import Hatch, SealState, TakeOut
from tests.gateway.desk.acts import refused
from tests.gateway.machine import TOWNSHIP

Town = Any
DAY_MS = 24 * 3600 * 1000
SEAL = "committee"


@pytest.fixture
def keeping(people: Town) -> Town:
    """Return the township with two accounts of one person, and two persons at the machine."""
    people.account("chief-2", "auditor", person="chief")
    people.account("keeper-1", "keeper")
    return people


def ask(town: Town, by: str = "chief", **fields: Any) -> Any:
    given = {"machine": "m-1", "seal": SEAL, "purpose": "takeout", "days": 3, "reason": "年检"}
    return town.order(AskHatch(by=by, **{**given, **fields}))


def permitted(town: Town, **fields: Any) -> str:
    permit = str(ask(town, **fields).answer)
    town.order(PermitHatch(by="checker", permit=permit))
    return permit


def says(town: Town, body: Any, at_ms: int | None = None) -> None:
    """Have the machine send an entry."""
    machine = town.machines["m-1"]
    town.take(machine.message(machine.sign(body, at_ms or town.now_ms)))


def opening(town: Town, permit: str, step: Any, purpose: Any = "takeout", **more: Any) -> None:
    given = {"by": "clerk-1", "second": "keeper-1", **more}
    says(town, Hatch(step=step, permit=permit, seal=SEAL, purpose=purpose, **given))


def taken_out(town: Town) -> str:
    permit = permitted(town)
    opening(town, permit, "opened", strokes_before=4)
    says(
        town,
        TakeOut(
            step="out", permit=permit, seal=SEAL, hatch="a" * 64, by="clerk-1", second="keeper-1",
            from_ms=town.now_ms, until_ms=town.now_ms + 3 * DAY_MS,
        ),
    )  # fmt: skip
    opening(town, permit, "closed", present=False, strokes_before=4, strokes_after=4, counted=0)
    return permit


def standing(town: Town) -> Any:
    with town.store.reader() as reader:
        return reader.seal_standing("m-1", SEAL)


def last_raised(town: Town) -> list[str]:
    """Return what the rule says of the newest entry."""
    with town.store.transaction() as transaction:
        history = transaction.history(town.now_ms)
        newest = transaction.entries(limit=1)[0]
        found = hatch_permit.check(newest, history, hatch_permit.Options())
        return [one.finding.key for one in found]


def test_hatch_is_permitted_by_another_person_and_the_machine_is_told(keeping: Town) -> None:
    permit = str(ask(keeping).answer)

    letters = keeping.order(PermitHatch(by="checker", permit=permit)).letters

    body = codec.decode_entry(*_payload(letters[0].payload)).body
    assert (body.step, body.permit, body.by, body.machine) == (
        "permitted",
        permit,
        "checker",
        "m-1",
    )
    assert letters[0].topic.endswith(f"/m-1/permit/{permit}")
    assert [one.body.step for one in keeping.entries() if one.kind == "hatch"] == [
        *("asked", "permitted")
    ]


@pytest.mark.parametrize("by", ["chief", "chief-2"])
def test_nobody_permits_what_the_same_person_asked(keeping: Town, by: str) -> None:
    permit = str(ask(keeping).answer)

    refused(keeping, "custody-same", lambda: keeping.order(PermitHatch(by=by, permit=permit)))


@pytest.mark.parametrize("by", ["clerk-1", "keeper-1", "dong", "shu"])
def test_village_neither_asks_nor_permits(keeping: Town, by: str) -> None:
    with pytest.raises(NotAllowedError):
        ask(keeping, by=by)
    permit = str(ask(keeping).answer)
    with pytest.raises(NotAllowedError):
        keeping.order(PermitHatch(by=by, permit=permit))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"purpose": "return"}, "seal-elsewhere"),
        ({"purpose": "seal-in"}, "seal-elsewhere"),
        ({"days": 0}, "hatch-days"),
        ({"days": 31}, "hatch-days"),
        ({"reason": "  "}, "reason-missing"),
        ({"reason": "长" * 201}, "reason-missing"),
    ],
)
def test_asking_that_cannot_be_is_refused(
    keeping: Town, fields: dict[str, Any], reason: str
) -> None:
    refused(keeping, reason, lambda: ask(keeping, **fields))


def test_asking_for_a_seal_that_no_machine_has_is_refused(keeping: Town) -> None:
    with pytest.raises(NotFoundError):
        ask(keeping, seal="branch")


def test_one_person_withdraws_at_once_and_the_machine_is_told(keeping: Town) -> None:
    permit = permitted(keeping)

    letters = keeping.order(WithdrawHatch(by="chief", permit=permit)).letters

    assert codec.decode_entry(*_payload(letters[0].payload)).body.step == "withdrawn"
    refused(keeping, "hatch-over", lambda: keeping.order(PermitHatch(by="checker", permit=permit)))


def test_asking_that_is_over_is_not_permitted(keeping: Town) -> None:
    permit = str(ask(keeping, days=1).answer)
    keeping.now_ms += 2 * DAY_MS

    refused(keeping, "hatch-over", lambda: keeping.order(PermitHatch(by="checker", permit=permit)))


def test_of_two_askings_for_one_seal_the_second_is_not_permitted_once_it_is_out(
    keeping: Town,
) -> None:
    second = str(ask(keeping).answer)
    taken_out(keeping)

    refused(
        keeping, "seal-elsewhere", lambda: keeping.order(PermitHatch(by="checker", permit=second))
    )


def test_seal_is_out_until_its_return_and_overdue_after_its_day(keeping: Town) -> None:
    taken_out(keeping)
    assert (standing(keeping).place, standing(keeping).trouble) == ("out", "seal-out")
    assert overdue(keeping) == []

    keeping.now_ms += 3 * DAY_MS + 1

    assert overdue(keeping) == ["takeout-overdue"]


def overdue(town: Town) -> list[str]:
    with town.store.transaction() as transaction:
        history = transaction.history(town.now_ms)
        options = takeout_overdue.Options()
        return [one.code for one in takeout_overdue.check(None, history, options)]


def test_seal_that_came_back_is_not_overdue(keeping: Town) -> None:
    taken_out(keeping)
    permit = permitted(keeping, purpose="return")
    opening(keeping, permit, "opened", "return")
    opening(keeping, permit, "closed", "return", present=True, strokes_before=4, strokes_after=5,
            counted=1)  # fmt: skip
    keeping.now_ms += 9 * DAY_MS

    assert overdue(keeping) == []
    assert standing(keeping).place == "in"


def test_opening_under_a_permit_by_two_persons_raises_nothing(keeping: Town) -> None:
    permit = permitted(keeping)
    opening(keeping, permit, "opened")
    assert last_raised(keeping) == []
    opening(keeping, permit, "closed", present=True)

    assert last_raised(keeping) == []


def test_opening_without_a_permit_is_an_alert(keeping: Town) -> None:
    opening(keeping, "h-none", "opened", "service")

    assert last_raised(keeping) == ["finding.hatch-permit"]


def test_opening_for_something_else_than_permitted_is_an_alert(keeping: Town) -> None:
    permit = permitted(keeping)

    opening(keeping, permit, "opened", "service")

    assert last_raised(keeping) == ["finding.hatch-permit"]


def test_permit_used_twice_is_an_alert(keeping: Town) -> None:
    permit = taken_out(keeping)

    opening(keeping, permit, "opened")

    assert last_raised(keeping) == ["finding.hatch-permit"]


def test_two_accounts_of_one_person_are_no_two_persons(keeping: Town) -> None:
    keeping.account("clerk-2", "clerk", person="clerk-1")
    permit = permitted(keeping)

    opening(keeping, permit, "opened", second="clerk-2")

    assert last_raised(keeping) == ["finding.hatch-permit.person"]


def test_one_person_stops_a_lost_seal_and_the_machine_is_told(keeping: Town) -> None:
    done = keeping.order(
        StateSeal(by="chief", machine="m-1", seal=SEAL, state="lost", reason="被盗")
    )

    assert standing(keeping).place == "lost"
    assert done.letters[0].topic.endswith(f"/m-1/permit/state-{SEAL}")


@pytest.mark.parametrize(("state", "place"), [("found", "removed"), ("void", "void")])
def test_found_and_void_take_another_person(keeping: Town, state: Any, place: str) -> None:
    keeping.order(StateSeal(by="chief", machine="m-1", seal=SEAL, state="lost", reason="被盗"))
    asked = keeping.order(
        StateSeal(by="chief", machine="m-1", seal=SEAL, state=state, reason="找到")
    )
    assert asked.letters == () and standing(keeping).place == "lost"
    refused(
        keeping,
        "custody-same",
        lambda: keeping.order(ConfirmSeal(by="chief-2", asked=asked.answer)),
    )

    done = keeping.order(ConfirmSeal(by="checker", asked=asked.answer))

    assert standing(keeping).place == place
    body = codec.decode_entry(*_payload(done.letters[0].payload)).body
    assert (body.by, body.second, body.asked) == ("chief", "checker", asked.answer)


def test_confirming_twice_is_refused(keeping: Town) -> None:
    asked = keeping.order(
        StateSeal(by="chief", machine="m-1", seal=SEAL, state="void", reason="换新")
    ).answer
    keeping.order(ConfirmSeal(by="checker", asked=asked))

    refused(keeping, "hatch-over", lambda: keeping.order(ConfirmSeal(by="checker", asked=asked)))


def test_loss_that_the_machine_reports_stands_in_the_ledger(keeping: Town) -> None:
    says(keeping, SealState(seal=SEAL, state="lost", by="clerk-1"))

    assert standing(keeping).place == "lost"


def test_broker_that_forgot_everything_gets_permits_and_stops_again(keeping: Town) -> None:
    permit = permitted(keeping)
    permitted(keeping, purpose="service", days=1)
    keeping.order(StateSeal(by="chief", machine="m-1", seal=SEAL, state="lost", reason="被盗"))
    keeping.now_ms += 2 * DAY_MS

    with keeping.store.reader() as reader:
        letters = list(post.standing(reader, TOWNSHIP, keeping.now_ms))

    names = [one.topic.rsplit("/", 1)[1] for one in letters if one.payload]
    assert names == [permit, f"state-{SEAL}"]


def test_custody_is_derived_alike_when_everything_is_derived_again(keeping: Town) -> None:
    taken_out(keeping)
    permitted(keeping, purpose="return")
    before = keeping.store.derived()

    keeping.store.rebuild()

    assert keeping.store.derived() == before
    assert before["custody"] and len(before["hatches"]) == 2


def test_gateway_that_a_machine_imitates_permits_nothing(keeping: Town) -> None:
    says(
        keeping,
        Hatch(step="permitted", permit="h-9", seal=SEAL, purpose="service", by="chief",
              machine="m-1", not_after_ms=2**50),
    )  # fmt: skip

    with keeping.store.reader() as reader:
        assert reader.hatch("h-9") is None


def test_refusal_of_the_desk_names_what_was_expected(keeping: Town) -> None:
    with pytest.raises(RequestRefusedError, match="found it in"):
        ask(keeping, purpose="return")


def _payload(raw: bytes) -> tuple[str, bytes]:
    taken = envelope.parse(raw)
    return taken.payload_type, taken.payload


@pytest.mark.parametrize(
    ("purpose", "unsampled", "raised"),
    [
        ("handover", "no-photo", ["finding.sample-missing.no-photo"]),
        ("return", "not-pressed", ["finding.sample-missing.not-pressed"]),
        ("sample", "no-photo", ["finding.sample-missing.no-photo"]),
        ("sample", "not-pressed", []),
        ("handover", None, []),
    ],
)
def test_missing_photo_of_an_imprint_is_an_alert_where_something_should_be_compared(
    keeping: Town, purpose: str, unsampled: str | None, raised: list[str]
) -> None:
    opening(keeping, "h-1", "opened", purpose, strokes_before=4)
    opening(keeping, "h-1", "closed", purpose, present=True, unsampled=unsampled)

    with keeping.store.transaction() as transaction:
        history = transaction.history(keeping.now_ms)
        newest = transaction.entries(limit=1)[0]
        found = list(sample_missing.check(newest, history, sample_missing.Options()))

    assert [one.finding.key for one in found] == raised
    assert all(one.severity == "yellow" for one in found)
