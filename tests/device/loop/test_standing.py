"""Standing permits on the machine: without a network, counted over a kill, and within bounds."""

from __future__ import annotations

import time
from typing import Any

import pytest

from device.errors import PermitRefusedError
from device.kiosk.port import BeginJob, FileRequest, StampNow, TakePage
from ledger.records_permits import StandingPermit
from ledger.topics import Leaf
from tests.device.model_gateway import DAY_MS, MACHINE, SEAL

PERMIT = "s-1"


def grant(rig: Any, **changes: Any) -> None:
    """Release a standing permit for two a day, three in all, and wait until it is believed."""
    fields: dict[str, Any] = {
        "permit": PERMIT,
        "machine": MACHINE,
        "seal": SEAL,
        "matter": "CM-09",
        "list_version": 1,
        "per_day": 2,
        "total": 3,
        "not_after_ms": int(time.time() * 1000) + 30 * DAY_MS,
        "by": "a-1",
        "released_by": "a-2",
        **changes,
    }
    rig.gateway._enter(Leaf.PERMIT, fields["permit"], StandingPermit(**fields))


def granted(rig: Any, **changes: Any) -> None:
    grant(rig, **changes)
    rig.until(lambda view: bool(view.standing))


def cut(rig: Any) -> None:
    rig.broker.cut(MACHINE)
    rig.until(lambda view: not view.online)


def stamp_one(rig: Any, by: str = "c-1") -> Any:
    """File a request, take it up and stamp it."""
    rig.camera.lay("page")
    rig.press()
    request = rig.file()
    rig.ask(BeginJob(by=by, request=request.request))
    rig.ask(StampNow(by=by))
    return request, rig.finished()


def test_without_a_network_each_use_is_a_signed_request_that_names_the_permit(rig: Any) -> None:
    granted(rig)
    cut(rig)

    request, job = stamp_one(rig)

    assert request.state == "approved" and request.standing
    assert job.step == "done"
    [asked], [intent], [use] = rig.entries("request"), rig.entries("intent"), rig.entries("use")
    assert asked.permit == intent.permit == use.permit == PERMIT
    assert (intent.request, intent.n, intent.of) == (request.request, 1, 1)
    assert "offline" in use.flags
    view = rig.agent.view()
    assert [(one.left_today, one.left) for one in view.standing] == [(1, 2)]


def test_without_a_network_nothing_else_opens(rig: Any) -> None:
    granted(rig, matter="CM-10")
    cut(rig)

    request = rig.file()

    with pytest.raises(PermitRefusedError, match="approved request"):
        rig.ask(BeginJob(by="c-1", request=request.request))
    assert request.state == "waiting"
    assert rig.controller.grants == []


def test_a_day_is_counted_over_a_kill(rig: Any) -> None:
    granted(rig)
    cut(rig)
    stamp_one(rig)
    rig.camera.lay("page")
    request = rig.file()
    rig.ask(BeginJob(by="c-1", request=request.request))
    rig.press()
    rig.controller.during[2] = lambda: rig.disk(works=False)  # nothing of the use is kept
    rig.ask(StampNow(by="c-1"))
    rig.until(lambda view: view.fault == "journal")
    rig.stop_agent()
    rig.controller.during = {}
    rig.lying = "stamped"

    rig.start_agent()
    rig.until(lambda view: view.state == "idle" and len(rig.entries("use")) == 2)

    [standing] = rig.agent.view().standing
    assert (standing.left_today, standing.left) == (0, 1)
    assert standing.reason == "permit-day-over"
    again = rig.file()
    assert again.state == "waiting"  # it does not name the permit any more
    assert [one.request for one in rig.entries("intent")][1] == request.request


def test_a_request_over_what_is_left_today_goes_the_ordinary_way(rig: Any) -> None:
    granted(rig)

    request = rig.file(copies=3)

    assert (request.state, request.standing) == ("waiting", False)


def test_a_request_with_an_amount_is_never_covered(rig: Any) -> None:
    granted(rig)
    page = rig.ask(TakePage(by="c-1"))

    request = rig.ask(
        FileRequest(
            by="c-1", seal=SEAL, matter="CM-09", applicant="张三", purpose="交学校", payee="",
            amount_fen=100, copies=1, pages=(page.page,),
        )
    )  # fmt: skip

    assert request.state == "waiting"


def test_a_revoked_one_opens_nothing_although_its_request_was_filed(rig: Any) -> None:
    granted(rig)
    request = rig.file()
    rig.gateway.revoke(PERMIT)
    rig.until(lambda view: not view.standing)

    with pytest.raises(PermitRefusedError, match="permit-revoked"):
        rig.ask(BeginJob(by="c-1", request=request.request))

    assert [one.reason for one in rig.entries("refusal")] == ["permit-revoked"]
    assert rig.controller.grants == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"released_by": "a-1"}, "permit-draft"),
        ({"by": "c-1"}, "operator-agreed"),
        ({"not_after_ms": 1}, "permit-expired"),
    ],
)
def test_one_that_does_not_hold_covers_nothing(rig: Any, changes: Any, reason: str) -> None:
    grant(rig, **changes)
    grant(rig, permit="s-2", matter="CM-11")
    rig.until(lambda view: any(one.permit == "s-2" for one in view.standing))

    request = rig.file()

    assert (request.state, request.standing) == ("waiting", False), reason


def test_a_draft_is_not_believed(rig: Any) -> None:
    grant(rig, released_by=None)
    granted(rig, permit="s-2", matter="CM-11")

    assert [one.permit for one in rig.agent.view().standing] == ["s-2"]


def test_the_total_ends_it_on_any_day(rig: Any) -> None:
    granted(rig, per_day=5, total=1)
    stamp_one(rig)

    request = rig.file()

    assert request.state == "waiting"
    assert rig.agent.view().standing == ()
