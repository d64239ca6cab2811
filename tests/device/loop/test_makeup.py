"""A make-up stamp is asked for after a faint one, once, and names it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET

from device.errors import RequestRefusedError
from device.kiosk.port import BeginJob, EndJob, FileRequest, TakePage
from ledger.records import SEAM, Refusal
from ledger.topics import Leaf
from tests.device.loop import test_seams as seams
from tests.device.model_gateway import SEAL


def filing(rig: Any, makes_up: str, **changes: Any) -> Any:
    """File a request that makes up for a use."""
    page = rig.ask(TakePage(by="c-1"))
    fields = {"seal": SEAL, "matter": "CM-09", **changes}
    return rig.ask(
        FileRequest(
            by="c-1", applicant="张三", purpose="子女入学", payee="", amount_fen=None, copies=1,
            pages=(page.page,), makes_up=makes_up, **fields,
        )
    )  # fmt: skip


def stamped(rig: Any, scene: str) -> Any:
    """Stamp one copy and return its request and the use's hash."""
    rig.ready()
    rig.press(scene)
    assert rig.stamp().step == "done"
    view = rig.until(lambda view: view.undelivered == 0)
    return view.requests[0], rig.gateway.last("use").sha256


def test_faint_stamp_may_be_made_up_for_and_a_good_one_may_not(rig: Any) -> None:
    good, _ = stamped(rig, "stamped")
    rig.camera.lay("page")
    faint, use = stamped(rig, "faint")

    views = {one.request: one.faint for one in rig.until(lambda _: True).requests}

    assert "impression-faint" in rig.entries("use")[1].findings
    assert (views[good.request], views[faint.request]) == ("", use)


def test_request_names_the_faint_use_and_serves_once(rig: Any) -> None:
    _, use = stamped(rig, "faint")

    filing(rig, use)

    assert [one.makes_up for one in rig.entries("request")] == [UNSET, use]
    with pytest.raises(RequestRefusedError) as refused:
        filing(rig, use)
    assert refused.value.reason == "makeup-unfit"


def test_refused_make_up_may_be_asked_for_again_after_a_restart(rig: Any) -> None:
    request, use = stamped(rig, "faint")
    asked = filing(rig, use)
    rig.until(lambda view: view.undelivered == 0)
    answer = Refusal(
        about=asked.request, permit=None, matter="CM-09", seal=SEAL, reason="returned",
        list_version=1, filed_by="c-1", text_commitment=None,
    )  # fmt: skip
    rig.gateway._enter(Leaf.ANSWER, asked.request, answer)
    rig.until(lambda view: view.requests[0].state == "refused")
    rig.stop_agent()
    rig.start_agent()

    again = {one.request: one.faint for one in rig.until(lambda _: True).requests}

    assert again[request.request] == use
    assert filing(rig, use).state == "waiting"


@pytest.mark.parametrize("changes", [{"matter": "CM-05"}, {"seal": "party"}])
def test_make_up_of_another_item_or_seal_is_refused(rig: Any, changes: dict[str, str]) -> None:
    _, use = stamped(rig, "faint")

    with pytest.raises(RequestRefusedError, match="faint use"):
        filing(rig, use, **changes)


def test_use_that_nobody_made_cannot_be_made_up_for(rig: Any) -> None:
    rig.until(lambda view: view.list_version == 1)

    with pytest.raises(RequestRefusedError, match="faint use"):
        filing(rig, "a" * 64)


@pytest.fixture
def faint_seam(rig: Any) -> Any:
    """A contract of three pages whose only seam stamp came out too faint; the use's hash."""
    rig.until(lambda view: view.list_version == 1)
    request = seams.filing(rig, seams.PAGES, copies=1)
    seam_made(rig, request, "faint-seam")
    return rig.gateway.last("use").sha256


def seam_made(rig: Any, request: Any, scene: str) -> None:
    """Have a request for one seam stamp approved, show every page and press on the fan."""
    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.permit(request.request, 1, seams=1)
    rig.until(lambda view: view.requests[0].permit != "")
    rig.ask(BeginJob(by="c-1", request=request.request))
    for page in seams.PAGES:
        seams.show(rig, page)
    assert seams.press(rig, "fan", scene).step == "done"
    rig.ask(EndJob(by="c-1"))
    rig.until(lambda view: view.undelivered == 0)


def test_faint_seam_stamp_is_made_up_for_by_one_seam_stamp(rig: Any, faint_seam: str) -> None:
    found = rig.entries("use")[0].findings
    first = rig.agent.view().requests[0]
    asked = seams.filing(rig, seams.PAGES, copies=1, makes_up=faint_seam)

    seam_made(rig, asked, "seam")

    assert "impression-faint" in found
    assert (first.faint, first.faint_seam) == (faint_seam, True)
    assert [one.makes_up for one in rig.entries("request")] == [UNSET, faint_seam]
    assert [(one.n, one.of, SEAM in one.flags) for one in rig.entries("use")] == [(1, 1, True)] * 2
    assert [one.faint for one in rig.until(lambda _: True).requests] == ["", ""]


@pytest.mark.parametrize(("copies", "of_seams"), [(1, 0), (2, 1)])
def test_faint_seam_stamp_is_not_made_up_for_by_a_plain_one(
    rig: Any, faint_seam: str, copies: int, of_seams: int
) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        seams.filing(rig, seams.PAGES, copies=copies, seams=of_seams, makes_up=faint_seam)

    assert refused.value.reason == "makeup-unfit"


def test_plain_stamp_is_not_made_up_for_by_a_seam_stamp_or_by_two(rig: Any) -> None:
    _, use = stamped(rig, "faint")

    for copies, of_seams in ((1, 1), (2, 0)):
        with pytest.raises(RequestRefusedError) as refused:
            seams.filing(rig, seams.PAGES, copies=copies, seams=of_seams, makes_up=use)
        assert refused.value.reason == "makeup-unfit"
