"""Copies in a row, and documents of several pages: which sheet lies there, before each grant."""

from __future__ import annotations

from typing import Any

from device.kiosk.port import BeginJob, FileRequest, TakePage
from tests.device.model_gateway import SEAL


def test_the_sheet_that_was_just_stamped_is_not_stamped_by_mistake(rig: Any) -> None:
    rig.ready(impressions=2)
    rig.press()
    assert rig.stamp().step == "next"

    forgotten = rig.stamp()  # the stamped sheet still lies there
    rig.camera.lay("page")
    rig.press()
    changed = rig.stamp()

    assert (forgotten.step, forgotten.reason) == ("stopped", "sheet-stamped")
    assert [one.reason for one in rig.entries("refusal")] == ["sheet-stamped"]
    assert changed.step == "done"
    assert len(rig.controller.grants) == 2


def test_who_means_the_same_sheet_stamps_it_with_the_next_try(rig: Any) -> None:
    request = rig.ready(impressions=2)
    rig.press()
    rig.stamp()
    rig.stamp()

    rig.ask(BeginJob(by="c-1", request=request.request))
    rig.press("stamped-twice")
    job = rig.stamp()

    assert job.step == "done"
    assert len(rig.entries("use")) == 2


def test_each_page_of_a_document_is_known_by_its_number(rig: Any) -> None:
    request = two_pages(rig)
    rig.ask(BeginJob(by="c-1", request=request.request))
    seen = []
    for scene, pressed in (("other", "other-stamped"), ("page", "stamped")):
        rig.camera.lay(scene)
        rig.press(pressed)
        seen.append(rig.stamp())

    assert [(one.page, one.pages) for one in seen] == [(2, 2), (1, 2)]


def test_a_page_that_is_none_of_the_document_is_refused_with_one_photo(rig: Any) -> None:
    request = two_pages(rig)
    rig.ask(BeginJob(by="c-1", request=request.request))
    photos = rig.path / "state" / "photos"
    before = len(list(photos.iterdir()))
    rig.camera.lay("blank")

    job = rig.stamp()

    assert job.step == "stopped"
    assert len(list(photos.iterdir())) == before + 1


def two_pages(rig: Any) -> Any:
    """File a request for a document of two pages, and let its permit come."""
    rig.until(lambda view: view.list_version == 1)
    pages = [rig.ask(TakePage(by="c-1")).page]
    rig.camera.lay("other")
    pages.append(rig.ask(TakePage(by="c-1")).page)
    request = rig.ask(
        FileRequest(
            by="c-1", seal=SEAL, matter="CM-09", applicant="张三", purpose="子女入学", payee="",
            amount_fen=None, copies=2, pages=tuple(pages),
        )
    )  # fmt: skip
    rig.until(lambda view: view.undelivered == 0)
    rig.gateway.permit(request.request, 2)
    return rig.until(lambda view: view.requests[0].permit != "").requests[0]
