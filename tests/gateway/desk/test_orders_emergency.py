"""Emergencies at the desk: terms by two, codes by each alone, and a case for every use."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit import alerts
from gateway.commands import DraftEmergency, PrintCodes, ReleaseEmergency, StopEmergency
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.register import post
from ledger import disclosure, emergency
from ledger.records_permits import EmergencyCodes, EmergencyPermit, EmergencyTerms
from tests.gateway.desk.acts import decide, filed, refused, state, without_seal

Town = Any
DAY_MS = 24 * 3600 * 1000


def draft(town: Town, by: str = "chief", **changes: Any) -> str:
    fields: dict[str, Any] = {
        "machine": "m-1",
        "seal": "committee",
        "matters": ("建房",),
        "uses": 2,
        "impressions": 2,
        "not_after_ms": town.now_ms + 30 * DAY_MS,
        **changes,
    }
    return str(town.order(DraftEmergency(by=by, **fields)).answer)


def released(town: Town, **changes: Any) -> str:
    terms = draft(town, **changes)
    town.order(ReleaseEmergency(by="checker", terms=terms))
    return terms


def printed(town: Town, terms: str, by: str) -> Any:
    return town.order(PrintCodes(by=by, terms=terms)).answer


def opened(town: Town, under: str, codes: Any, **changes: Any) -> str:
    """File a request at m-1 and have the machine open it by two codes; return its hash."""
    request = filed(town, copies=1)
    machine = town.machines["m-1"]
    fields, _ = disclosure.withhold({"reason": "抢险"})
    body: dict[str, Any] = {
        "permit": f"x-{machine.head.seq}",
        "terms": under,
        "request": request,
        "seal": "committee",
        "matter": "A-1",
        "list_version": 1,
        "impressions": 1,
        "not_after_ms": town.now_ms + DAY_MS,
        "approvers": ("dong", "shu"),
        "codes": codes,
        "by": "clerk-1",
        "reason": "disaster",
        **changes,
    }
    raw = machine.sign(EmergencyPermit(**body, **fields), town.now_ms)
    town.take(machine.message(raw))
    return request


def found(town: Town) -> dict[str, Any]:
    with town.store.reader() as reader:
        return {one.finding.key: one for one in reader.alerts() if one.finding is not None}


def test_codes_are_printed_by_each_approver_alone_and_once(people: Town) -> None:
    terms = released(people)

    codes = printed(people, terms, "dong")

    entry = people.entries()[-1]
    assert isinstance(entry.body, EmergencyCodes) and entry.body.holder == "dong"
    assert len(codes) == 2
    for (name, code), kept in zip(codes, entry.body.codes, strict=True):
        assert (name, emergency.sha256_of(code, terms, "dong")) == (kept.code, kept.sha256)
        assert emergency.read(code).encode() not in entry.envelope
    refused(people, "codes-printed", lambda: printed(people, terms, "dong"))


def test_a_second_account_of_an_approver_prints_none(people: Town) -> None:
    people.account("dong-2", "approver", person="dong")
    terms = released(people)
    printed(people, terms, "dong")

    refused(people, "codes-printed", lambda: printed(people, terms, "dong-2"))


def test_who_keeps_the_seal_or_is_of_another_village_or_no_approver_prints_none(
    people: Town,
) -> None:
    people.account("keeper-1", "keeper", person="keep")
    people.account("keep-2", "approver", person="keep")
    terms = released(people)

    refused(people, "is-keeper", lambda: printed(people, terms, "keep-2"))
    with pytest.raises(NotAllowedError):
        printed(people, terms, "clerk-1")


def test_a_draft_prints_nothing_and_nobody_releases_his_own(people: Town) -> None:
    terms = draft(people)

    refused(people, "emergency-over", lambda: printed(people, terms, "dong"))
    refused(people, "draft-own", lambda: people.order(ReleaseEmergency(by="chief", terms=terms)))
    people.order(ReleaseEmergency(by="checker", terms=terms))
    with pytest.raises(NotFoundError):
        people.order(ReleaseEmergency(by="checker", terms=terms))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"matters": ("死亡证明",)}, "forbidden"),
        ({"matters": ("没有的事",)}, "off-list"),
        ({"matters": ()}, "emergency-items"),
        ({"uses": 6}, "emergency-size"),
        ({"impressions": 0}, "emergency-size"),
        ({"not_after_ms": 1}, "standing-period"),
        ({"seal": "branch"}, "unknown-seal"),
    ],
)
def test_terms_out_of_bounds_are_refused(people: Town, changes: Any, reason: str) -> None:
    refused(people, reason, lambda: draft(people, **changes))


def test_what_stands_at_the_broker_is_what_the_machine_must_know(people: Town) -> None:
    terms = released(people)
    printed(people, terms, "dong")
    with people.store.reader() as reader:
        before = [one.topic.rsplit("/", 1)[1][:2] for one in post.emergency_letters(
            reader, "330109110000", people.now_ms)]  # fmt: skip
    people.order(StopEmergency(by="checker", terms=terms))

    with people.store.reader() as reader:
        after = list(post.emergency_letters(reader, "330109110000", people.now_ms))

    assert before == ["e-", "k-"]
    assert [one.topic.rsplit("/", 1)[1] for one in after] == [terms]
    assert after[0].payload == people.entries()[-1].envelope
    refused(people, "emergency-over", lambda: printed(people, terms, "shu"))


def test_every_emergency_opens_a_case_by_itself_and_no_later_approval_adds_to_it(
    people: Town,
) -> None:
    people.judge = alerts.judge
    terms = released(people)
    first, second = printed(people, terms, "dong"), printed(people, terms, "shu")

    request = opened(people, terms, (first[0][0], second[0][0]))

    alert = found(people)
    assert set(alert) == {"finding.emergency.given"}
    with people.store.reader() as reader:
        case = reader.case(alert["finding.emergency.given"].case)
    assert case.steps[0].step == "opened" and "自动立案" in case.steps[0].text
    assert state(people, request) == ("permitted", "")
    with pytest.raises(RequestRefusedError):
        decide(people, request, "chair")


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"matter": "D-1"}, "unlisted"),
        ({"impressions": 3}, "unlisted"),
        ({"approvers": ("shu", "dong")}, "unknown"),
        ({"terms": "e-none"}, "unknown"),
        ({"by": "dong"}, "own"),
    ],
)
def test_what_its_terms_do_not_cover_is_an_alert_of_its_own(
    people: Town, changes: Any, finding: str
) -> None:
    people.judge = alerts.judge
    terms = released(people)
    codes = printed(people, terms, "dong")[0][0], printed(people, terms, "shu")[0][0]

    opened(people, terms, codes, **changes)

    assert set(found(people)) == {"finding.emergency.given", f"finding.emergency.{finding}"}


def test_a_code_used_again_and_a_use_too_many_are_alerts(people: Town) -> None:
    people.judge = alerts.judge
    terms = released(people)
    first, second = printed(people, terms, "dong"), printed(people, terms, "shu")
    opened(people, terms, (first[0][0], second[0][0]))
    opened(people, terms, (first[0][0], second[1][0]))

    assert "finding.emergency.used" in found(people)
    opened(people, terms, (first[1][0], second[1][0]))

    assert "finding.emergency.over" in found(people)


def test_two_accounts_of_one_person_are_told(people: Town) -> None:
    people.judge = alerts.judge
    terms = released(people)
    codes = printed(people, terms, "dong")[0][0], printed(people, terms, "shu")[0][0]
    people.account("shu", "secretary", person="dong")

    opened(people, terms, codes)

    assert "finding.emergency.own" in found(people)


def test_what_is_derived_is_the_same_after_a_rebuild(people: Town) -> None:
    terms = released(people)
    codes = printed(people, terms, "dong")[0][0], printed(people, terms, "shu")[0][0]
    opened(people, terms, codes)
    before = people.store.derived()

    people.store.rebuild()

    assert people.store.derived() == before
    assert any(isinstance(one.body, EmergencyTerms) for one in people.entries())


def test_a_draft_for_a_seal_that_the_machine_has_no_longer_is_not_released(people: Town) -> None:
    terms = draft(people)
    without_seal(people, "committee")

    refused(
        people, "unknown-seal", lambda: people.order(ReleaseEmergency(by="checker", terms=terms))
    )
