"""Who filed a request takes it back at the machine; from then on nothing is pressed for it."""

from __future__ import annotations

from typing import Any

import pytest

from device.errors import JournalError, PermitRefusedError, RequestRefusedError
from device.kiosk.port import BeginJob, EndJob, FileRequest, StampNow, TakePage, WithdrawRequest
from ledger.records import Refusal
from tests.device.model_gateway import SEAL


def withdraw(rig: Any, request: str, by: str = "c-1") -> None:
    rig.ask(WithdrawRequest(by=by, request=request))


def state(rig: Any, request: str) -> tuple[str, str, int]:
    """Return state, reason and what is left of a request as the screen shows it."""
    one = next(one for one in rig.until(lambda _: True).requests if one.request == request)
    return one.state, one.reason, one.left


def refused(rig: Any, request: str, by: str = "c-1") -> str:
    """Try to withdraw and return why that is refused."""
    with pytest.raises(RequestRefusedError) as caught:
        withdraw(rig, request, by)
    return caught.value.reason


def test_waiting_request_is_withdrawn_by_a_signed_entry_that_says_who(rig: Any) -> None:
    request = rig.file()

    withdraw(rig, request.request)

    assert state(rig, request.request) == ("refused", "withdrawn", 0)
    rig.until(lambda view: view.undelivered == 0)
    body = rig.gateway.last("refusal").body
    assert isinstance(body, Refusal)
    said = (body.about, body.reason, body.by, body.filed_by, body.permit)
    assert said == (request.request, "withdrawn", "c-1", "c-1", None)


def test_permit_that_arrives_after_the_withdrawal_is_not_obeyed(rig: Any) -> None:
    request = rig.file()
    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.answering = False
    withdraw(rig, request.request)

    rig.gateway.permit(request.request)
    rig.gateway.answering = True
    rig.until(lambda view: view.undelivered == 0)
    rig.settled()

    assert state(rig, request.request) == ("refused", "withdrawn", 0)
    with pytest.raises(PermitRefusedError, match="approved request"):
        rig.ask(BeginJob(by="c-1", request=request.request))
    assert rig.controller.grants == []


def test_withdrawal_without_a_network_is_kept_over_a_restart_and_sent_later(rig: Any) -> None:
    request = rig.approved(2)
    rig.gateway.answering = False
    withdraw(rig, request.request)
    rig.stop_agent()
    rig.start_agent()

    assert state(rig, request.request) == ("refused", "withdrawn", 0)
    with pytest.raises(PermitRefusedError):
        rig.ask(BeginJob(by="c-1", request=request.request))

    rig.gateway.answering = True
    rig.until(lambda view: view.undelivered == 0)
    assert rig.gateway.last("refusal").body.permit == request.permit


def test_what_is_left_of_a_permit_is_not_pressed_after_the_withdrawal(rig: Any) -> None:
    request = rig.ready(2)
    rig.press()
    assert rig.stamp().step == "next"

    withdraw(rig, request.request)

    assert rig.until(lambda view: view.job is None).state == "idle"
    with pytest.raises(PermitRefusedError):
        rig.ask(StampNow(by="c-1"))
    assert len(rig.controller.grants) == len(rig.entries("use")) == 1
    assert state(rig, request.request)[:2] == ("refused", "withdrawn")


def test_only_who_filed_it_withdraws_it(rig: Any) -> None:
    request = rig.file()

    assert refused(rig, request.request, by="c-2") == "not-filer"

    assert state(rig, request.request)[0] == "waiting"
    assert rig.entries("refusal") == []


def test_request_is_withdrawn_once_and_not_after_its_last_impression(rig: Any) -> None:
    first = rig.file()
    withdraw(rig, first.request)
    done = rig.ready()
    rig.press()
    rig.stamp()
    rig.ask(EndJob(by="c-1"))

    assert refused(rig, first.request) == "withdraw-late"
    assert refused(rig, done.request) == "withdraw-late"
    assert refused(rig, "a" * 64) == "no-request"
    assert [one.about for one in rig.entries("refusal")] == [first.request]


def test_request_is_not_withdrawn_while_its_impression_is_made(rig: Any) -> None:
    request = rig.ready()
    answers: list[str] = []

    def ask() -> None:
        future = rig.agent.submit(WithdrawRequest(by="c-1", request=request.request))
        future.add_done_callback(lambda one: answers.append(one.exception().reason))

    rig.press()
    up = rig.controller.during[6]
    rig.controller.during = {**rig.controller.during, 4: ask, 6: up}
    rig.stamp()
    rig.until(lambda _: bool(answers))

    assert len(rig.entries("use")) == 1
    assert answers == ["withdraw-busy"]
    assert rig.entries("refusal") == []


def test_withdrawal_that_the_disk_refuses_changes_nothing(rig: Any) -> None:
    request = rig.approved()
    rig.disk(works=False)
    with pytest.raises(JournalError):
        withdraw(rig, request.request)
    rig.disk(works=True)

    assert state(rig, request.request)[0] == "approved"
    withdraw(rig, request.request)
    assert state(rig, request.request) == ("refused", "withdrawn", 0)


def faint(rig: Any) -> str:
    """Make a faint impression and return the use's hash."""
    rig.ready()
    rig.press("faint")
    rig.stamp()
    rig.until(lambda view: view.undelivered == 0)
    return str(rig.gateway.last("use").sha256)


def make_up(rig: Any, use: str, copies: int) -> Any:
    """Ask for a make-up stamp."""
    rig.camera.lay("page")
    page = rig.ask(TakePage(by="c-1"))
    return rig.ask(
        FileRequest(
            by="c-1", seal=SEAL, matter="CM-09", applicant="张三", purpose="子女入学", payee="",
            amount_fen=None, copies=copies, pages=(page.page,), makes_up=use,
        )
    )  # fmt: skip


def test_make_up_that_was_withdrawn_before_a_press_may_be_asked_for_again(rig: Any) -> None:
    use = faint(rig)
    asked = make_up(rig, use, copies=1)

    withdraw(rig, asked.request)

    assert make_up(rig, use, copies=1).state == "waiting"
