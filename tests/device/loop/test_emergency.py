"""Emergencies at the machine: what two right codes open, and everything that opens nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest

from device.emergency_desk import FIRST_WAIT_S
from device.errors import PermitRefusedError, RequestRefusedError
from device.kiosk.port import BeginJob, GrantEmergency, StampNow
from ledger import emergency
from ledger.records_permits import CodeHash, EmergencyCodes, EmergencyTerms
from ledger.topics import Leaf
from tests.device.model_gateway import DAY_MS, MACHINE, SEAL

TERMS = "e-1"


def enact(rig: Any, **changes: Any) -> None:
    """Release terms for two uses."""
    fields: dict[str, Any] = {
        "terms": TERMS,
        "machine": MACHINE,
        "seal": SEAL,
        "matters": ("CM-09",),
        "list_version": 1,
        "uses": 2,
        "impressions": 2,
        "not_after_ms": int(time.time() * 1000) + 30 * DAY_MS,
        "by": "a-1",
        "released_by": "a-2",
        **changes,
    }
    rig.gateway._enter(Leaf.PERMIT, fields["terms"], EmergencyTerms(**fields))


def print_codes(rig: Any, holder: str, count: int = 3) -> tuple[str, ...]:
    """Deliver the hashes of an approver's new codes, and return the codes."""
    codes = tuple(emergency.make() for _ in range(count))
    body = EmergencyCodes(
        series=f"k-{holder}",
        terms=TERMS,
        machine=MACHINE,
        holder=holder,
        codes=tuple(
            CodeHash(code=f"k-{holder}-{n}", sha256=emergency.sha256_of(code, TERMS, holder))
            for n, code in enumerate(codes)
        ),
    )
    rig.gateway._enter(Leaf.PERMIT, body.series, body)
    return codes


@pytest.fixture
def codes(rig: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Terms are in force and two approvers hold codes; the network is gone."""
    enact(rig)
    both = print_codes(rig, "li"), print_codes(rig, "zhao")
    rig.until(lambda view: bool(view.emergency))
    rig.broker.cut(MACHINE)
    rig.until(lambda view: not view.online)
    return both


def grant(rig: Any, request: Any, first: str, second: str, by: str = "c-1") -> Any:
    command = GrantEmergency(
        by=by, request=request.request, reason="disaster", words="河堤抢险", codes=(first, second)
    )
    return rig.ask(command)


def refused(rig: Any, request: Any, first: str, second: str, reason: str, by: str = "c-1") -> None:
    """Type codes that are refused: an entry says why, nothing opens, the request still waits."""
    before = len(rig.entries("refusal"))
    with pytest.raises(PermitRefusedError) as caught:
        grant(rig, request, first, second, by)
    assert caught.value.reason == reason
    assert [one.reason for one in rig.entries("refusal")][before:] == [reason]
    assert rig.entries("emergency") == [] or reason != "emergency-code-wrong"
    with pytest.raises(PermitRefusedError):
        rig.ask(BeginJob(by="c-1", request=request.request))


def stamp(rig: Any, request: Any) -> Any:
    rig.press()
    rig.ask(BeginJob(by="c-1", request=request.request))
    rig.ask(StampNow(by="c-1"))
    return rig.finished()


def test_two_codes_open_one_request_and_are_an_entry_before_anything_opens(
    rig: Any, codes: Any
) -> None:
    request = rig.file()

    given = grant(rig, request, codes[0][0], codes[1][0])
    job = stamp(rig, request)

    assert (given.state, given.left) == ("approved", 1)
    assert job.step == "done"
    [permit], [intent], [use] = rig.entries("emergency"), rig.entries("intent"), rig.entries("use")
    assert permit.approvers == ("li", "zhao") and permit.codes == ("k-li-0", "k-zhao-0")
    assert permit.permit == intent.permit == use.permit and permit.request == request.request
    assert (permit.by, permit.reason, permit.terms) == ("c-1", "disaster", TERMS)


def test_no_code_and_no_word_of_it_is_kept_on_the_disk(rig: Any, codes: Any) -> None:
    request = rig.file()
    grant(rig, request, codes[0][0], codes[1][0])
    rig.stop_agent()

    kept = b"".join(path.read_bytes() for path in (rig.path / "state").rglob("*") if path.is_file())

    for code in (*codes[0], *codes[1]):
        assert code.encode() not in kept and emergency.read(code).encode() not in kept


def test_a_used_code_opens_nothing_again_also_after_a_restart(rig: Any, codes: Any) -> None:
    grant(rig, rig.file(), codes[0][0], codes[1][0])
    rig.stop_agent()
    rig.start_agent()

    refused(rig, rig.file(), codes[0][0], codes[1][1], "emergency-code-used")


def test_one_approvers_two_codes_open_nothing(rig: Any, codes: Any) -> None:
    refused(rig, rig.file(), codes[0][0], codes[0][1], "emergency-same-approver")


def test_the_same_code_twice_opens_nothing(rig: Any, codes: Any) -> None:
    refused(rig, rig.file(), codes[0][0], codes[0][0], "emergency-same-approver")


def test_a_wrong_code_makes_even_right_ones_wait_longer_each_time_and_over_a_restart(
    rig: Any, codes: Any
) -> None:
    request = rig.file()
    refused(rig, request, emergency.make(), codes[1][0], "emergency-code-wrong")
    waits = [rig.until(lambda view: view.emergency_wait_s > 0).emergency_wait_s]

    refused(rig, request, codes[0][0], codes[1][0], "emergency-wait")
    rig.stop_agent()
    rig.start_agent()
    refused(rig, request, codes[0][0], codes[1][0], "emergency-wait")
    rig.turn(FIRST_WAIT_S + 1)
    refused(rig, request, codes[0][0], emergency.make(), "emergency-code-wrong")
    waits.append(rig.until(lambda view: view.emergency_wait_s > FIRST_WAIT_S).emergency_wait_s)
    rig.turn(2 * FIRST_WAIT_S + 1)
    given = grant(rig, request, codes[0][0], codes[1][0])

    assert waits[0] <= FIRST_WAIT_S < waits[1] <= 2 * FIRST_WAIT_S
    assert given.state == "approved"
    assert rig.until(lambda view: view.emergency_wait_s == 0)


def test_an_item_that_is_not_named_opens_nothing(rig: Any) -> None:
    enact(rig, matters=("CM-10",))
    codes = print_codes(rig, "li"), print_codes(rig, "zhao")
    rig.until(lambda view: bool(view.emergency))

    refused(rig, rig.file(), codes[0][0], codes[1][0], "emergency-unlisted")


def test_more_copies_than_the_terms_allow_open_nothing(rig: Any, codes: Any) -> None:
    refused(rig, rig.file(copies=3), codes[0][0], codes[1][0], "emergency-copies")


def test_the_count_ends_it(rig: Any, codes: Any) -> None:
    for n in range(2):
        grant(rig, rig.file(), codes[0][n], codes[1][n])

    refused(rig, rig.file(), codes[0][2], codes[1][2], "emergency-used-up")
    assert rig.agent.view().emergency == ()


def test_expired_terms_open_nothing(rig: Any) -> None:
    enact(rig, not_after_ms=1)
    codes = print_codes(rig, "li"), print_codes(rig, "zhao")
    enact(rig, terms="e-2", matters=("CM-10",))
    book = rig.agent._parts.recorder.journal.book
    rig.until(lambda _: "e-2" in book.emergencies.terms)

    refused(rig, rig.file(), codes[0][0], codes[1][0], "emergency-expired")


def test_stopped_terms_open_nothing_and_end_what_they_had_opened(rig: Any) -> None:
    enact(rig)
    codes = print_codes(rig, "li"), print_codes(rig, "zhao")
    rig.until(lambda view: bool(view.emergency))
    given = grant(rig, rig.file(), codes[0][0], codes[1][0])
    rig.gateway.revoke(TERMS)
    rig.until(lambda view: not view.emergency)

    refused(rig, rig.file(), codes[0][1], codes[1][1], "emergency-stopped")
    with pytest.raises(PermitRefusedError, match="permit-revoked"):
        rig.ask(BeginJob(by="c-1", request=given.request))
    assert rig.controller.grants == []


def test_who_asks_or_presses_is_no_approver(rig: Any, codes: Any) -> None:
    refused(rig, rig.file(), codes[0][0], codes[1][0], "emergency-own", by="li")


def test_terms_of_one_person_alone_are_no_terms(rig: Any) -> None:
    enact(rig, released_by="a-1")
    codes = print_codes(rig, "li"), print_codes(rig, "zhao")
    enact(rig, terms="e-2", matters=("CM-10",))
    book = rig.agent._parts.recorder.journal.book
    rig.until(lambda _: "e-2" in book.emergencies.terms)

    refused(rig, rig.file(), codes[0][0], codes[1][0], "emergency-unlisted")


def test_a_request_that_needs_none_gets_none(rig: Any) -> None:
    enact(rig)
    codes = print_codes(rig, "li"), print_codes(rig, "zhao")
    rig.until(lambda view: bool(view.emergency))
    request = rig.approved()

    with pytest.raises(RequestRefusedError, match="still waits"):
        grant(rig, request, codes[0][0], codes[1][0])

    assert rig.entries("emergency") == []


def test_an_approval_that_comes_later_adds_no_impression(rig: Any) -> None:
    enact(rig)
    codes = print_codes(rig, "li"), print_codes(rig, "zhao")
    rig.until(lambda view: bool(view.emergency))
    request = rig.file()
    grant(rig, request, codes[0][0], codes[1][0])
    stamp(rig, request)

    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.permit(request.request, 1)
    rig.until(lambda _: bool(rig.agent._parts.recorder.journal.book.permits))

    assert rig.agent.view().requests[0].state == "done"
    with pytest.raises(PermitRefusedError, match="permit-used-up"):
        rig.ask(BeginJob(by="c-1", request=request.request))
