"""A machine takes a request back for who filed it: the gateway decides nothing more of it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit import alerts
from gateway.commands import RevokePermit
from gateway.errors import RequestRefusedError
from ledger import codec, envelope
from ledger.records import Refusal, Revocation
from tests.gateway.desk.acts import decide, filed, state

Town = Any


@pytest.fixture
def office(desk: Town) -> Town:
    """A desk with somebody who approves, and with the rules at work."""
    desk.account("clerk-1", "clerk")
    desk.account("zhao", "approver", village="")
    desk.account("qian", "auditor", village="")
    desk.judge = alerts.judge
    return desk


def taking_back(town: Town, request: str, by: str = "clerk-1", machine: str = "m-1") -> bytes:
    """Return the entry by which a machine takes a request back."""
    body = Refusal(
        about=request, permit=None, matter="A-1", seal="committee", reason="withdrawn",
        list_version=1, filed_by="clerk-1", text_commitment=None, by=by,
    )  # fmt: skip
    return bytes(town.machines[machine].sign(body, town.now_ms))


def take(town: Town, raw: bytes, machine: str = "m-1") -> Any:
    return town.take(town.machines[machine].message(raw))


def found(town: Town) -> list[str]:
    """Return what the rule about withdrawals has found."""
    with town.store.reader() as reader:
        keys = [one.finding.key for one in reader.alerts() if one.finding is not None]
    return [one for one in keys if one.startswith("finding.withdrawal.")]


def revocations(town: Town) -> list[Revocation]:
    return [one.body for one in town.entries() if isinstance(one.body, Revocation)]


def test_waiting_request_is_settled_and_cannot_be_approved_any_more(office: Town) -> None:
    request = filed(office)

    take(office, taking_back(office, request))

    assert state(office, request) == ("refused", "withdrawn")
    with pytest.raises(RequestRefusedError) as caught:
        decide(office, request, "zhao")
    assert caught.value.reason == "not-open"
    assert revocations(office) == [] and found(office) == []


def test_permit_given_meanwhile_is_revoked_and_the_machine_is_told(office: Town) -> None:
    request = filed(office)
    decide(office, request, "zhao")
    raw = taking_back(office, request)

    batch = take(office, raw)

    (ended,) = revocations(office)
    assert (ended.machine, ended.by, ended.reason) == ("m-1", "clerk-1", "filer-withdrew")
    (letter,) = [one for one in batch.letters if "/permit/" in one.topic]
    taken = envelope.parse(letter.payload)
    told = codec.decode_entry(taken.payload_type, taken.payload).body
    assert told == ended and letter.topic.endswith(f"/permit/{ended.permit}")
    assert state(office, request) == ("refused", "withdrawn")
    assert found(office) == []


def test_withdrawal_that_comes_twice_revokes_once(office: Town) -> None:
    request = filed(office)
    decide(office, request, "zhao")
    raw = taking_back(office, request)
    take(office, raw)

    take(office, raw)
    take(office, taking_back(office, request))

    assert len(revocations(office)) == 1


def test_permit_that_the_township_revoked_before_is_not_revoked_again(office: Town) -> None:
    request = filed(office)
    decide(office, request, "zhao")
    with office.store.reader() as reader:
        permit = reader.request(request).permit
    office.order(RevokePermit(by="qian", permit=permit, reason="mistake"))

    take(office, taking_back(office, request))

    assert [one.reason for one in revocations(office)] == ["mistake"]


def test_request_that_was_stamped_in_part_stays_permitted_and_its_rest_is_revoked(
    office: Town,
) -> None:
    request = filed(office)
    decide(office, request, "zhao")
    with office.store.reader() as reader:
        permit = reader.request(request).permit
    for raw in office.use(permit):
        take(office, raw)

    take(office, taking_back(office, request))

    assert state(office, request)[0] == "permitted"
    assert [one.reason for one in revocations(office)] == ["filer-withdrew"]


def test_use_after_the_withdrawal_is_a_red_alert(office: Town) -> None:
    request = filed(office)
    decide(office, request, "zhao")
    with office.store.reader() as reader:
        permit = reader.request(request).permit
    take(office, taking_back(office, request))

    for raw in office.use(permit):
        take(office, raw)

    assert found(office) == ["finding.withdrawal.used"]


def test_use_before_the_withdrawal_is_none_of_its_alerts(office: Town) -> None:
    request = filed(office)
    decide(office, request, "zhao")
    with office.store.reader() as reader:
        permit = reader.request(request).permit
    for raw in office.use(permit):
        take(office, raw)
    take(office, taking_back(office, request))

    assert found(office) == []


def test_withdrawal_by_another_person_holds_and_is_told(office: Town) -> None:
    office.account("clerk-2", "clerk")
    request = filed(office)

    take(office, taking_back(office, request, by="clerk-2"))

    assert state(office, request) == ("refused", "withdrawn")
    assert found(office) == ["finding.withdrawal.other"]


def test_withdrawal_by_another_account_of_the_same_person_is_ones_own(office: Town) -> None:
    office.account("wang-2", "director", person="clerk-1")
    request = filed(office)

    take(office, taking_back(office, request, by="wang-2"))

    assert state(office, request) == ("refused", "withdrawn")
    assert found(office) == []


def test_machine_takes_no_request_of_another_one_back(office: Town) -> None:
    request = filed(office)
    decide(office, request, "zhao")

    take(office, taking_back(office, request, machine="m-2"), "m-2")

    assert state(office, request)[0] == "permitted"
    assert revocations(office) == []
    assert found(office) == ["finding.withdrawal.unknown"]
