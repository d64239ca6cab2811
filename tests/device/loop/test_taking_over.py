"""Another clerk goes on with a request: each impression names who made it, and no approver does."""

from __future__ import annotations

from typing import Any

import pytest

from device.errors import PermitRefusedError
from device.kiosk.port import BeginJob, EndJob, StampNow
from ledger.records import Approval, Refusal
from ledger.topics import Leaf

APPROVER = "a-1"


def approve(rig: Any, copies: int) -> Any:
    """File a request for copies, and let its approval and its permit come."""
    request = rig.file(copies=copies)
    rig.until(lambda view: view.undelivered == 0)
    body = Approval(
        request=request.request,
        approver=APPROVER,
        office="director",
        decision="approve",
        evidence="password-session",
        note_commitment="0" * 64,
    )
    topic_name = "b" * 64  # the machine goes by the entry, not by where it stood
    rig.gateway._enter(Leaf.ANSWER, topic_name, body)
    rig.gateway.permit(request.request, copies, approvals=(rig.gateway.own.sha256,))
    return rig.until(lambda view: view.requests[0].permit != "").requests[0]


def stamp(rig: Any, by: str) -> Any:
    """Lay a sheet and make one impression."""
    rig.camera.lay("page")
    rig.press()
    rig.ask(StampNow(by=by))
    return rig.finished()


def test_each_impression_names_the_clerk_who_made_it(rig: Any) -> None:
    request = approve(rig, copies=2)
    rig.ask(BeginJob(by="c-1", request=request.request))
    stamp(rig, "c-1")
    rig.ask(EndJob(by="c-1"))

    taken_up = rig.ask(BeginJob(by="c-2", request=request.request))
    job = stamp(rig, "c-2")

    assert (taken_up.n, taken_up.of, job.step) == (2, 2, "done")
    assert [one.operator for one in rig.entries("intent")] == ["c-1", "c-2"]
    assert [one.operator for one in rig.entries("use")] == ["c-1", "c-2"]
    assert [one.filed_by for one in rig.entries("request")] == ["c-1"]


def test_who_approved_it_cannot_take_it_over(rig: Any) -> None:
    request = approve(rig, copies=2)

    with pytest.raises(PermitRefusedError) as refused:
        rig.ask(BeginJob(by=APPROVER, request=request.request))

    assert refused.value.reason == "operator-approved"
    written: list[Refusal] = rig.entries("refusal")
    assert [(one.reason, one.filed_by) for one in written] == [("operator-approved", APPROVER)]
    assert rig.ask(BeginJob(by="c-2", request=request.request)).step == "lay"


def test_who_approved_it_cannot_press_under_anothers_job(rig: Any) -> None:
    request = approve(rig, copies=1)
    rig.ask(BeginJob(by="c-1", request=request.request))

    rig.ask(StampNow(by=APPROVER))

    job = rig.finished()
    assert (job.step, job.reason) == ("stopped", "operator-approved")
    assert rig.controller.grants == []


def test_a_restart_still_knows_who_approved(rig: Any) -> None:
    request = approve(rig, copies=1)
    rig.stop_agent()
    rig.start_agent()

    with pytest.raises(PermitRefusedError, match="operator-approved"):
        rig.ask(BeginJob(by=APPROVER, request=request.request))
