"""Stamping over HTTP: one tap asks for one impression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from device.kiosk.port import BeginJob, StampNow

Fill = Callable[[str], httpx.Response]
SignIn = Callable[..., str]


class Clerk:
    """Somebody who is signed in at the screen, and what they tap."""

    def __init__(self, client: httpx.Client, village: Any, token: str) -> None:
        self.client, self.village, self.token = client, village, token
        self.taps = 0

    def tap(self, path: str, **form: str) -> httpx.Response:
        self.taps += 1
        return self.client.post(path, data={"token": self.token, **form})

    def see(self, path: str) -> str:
        return self.client.get(path).text

    def take_up(self, copies: int = 1) -> str:
        """Begin to stamp a request that was approved, and return it."""
        request: str = self.village.add_request(
            "村民建房申请", state="approved", left=copies, copies=copies, permit="p"
        )
        self.tap("/stamp/begin", request=request)
        return request

    def file_one_sheet(self, fill: Fill) -> str:
        """Apply for one copy of one sheet at this screen, and return the request, approved."""
        fill(self.token)
        self.tap("/apply/copies", answer="1")
        self.tap("/apply/submit")
        request: str = self.village.view().requests[0].request
        self.village.change_request(request, state="approved", left=1, permit="p")
        return request


@pytest.fixture
def clerk(client: httpx.Client, village: Any, sign_in: Callable[..., str]) -> Clerk:
    return Clerk(client, village, sign_in())


def test_an_approved_request_is_stamped_by_whom_is_signed_in(clerk: Clerk, village: Any) -> None:
    request = clerk.take_up(copies=2)
    clerk.tap("/stamp/now")

    assert village.commands == [BeginJob(by="wang", request=request), StampNow(by="wang")]


def test_a_second_tap_asks_for_no_second_impression(clerk: Clerk, village: Any) -> None:
    village.checks_slowly = True
    clerk.take_up(copies=2)
    clerk.tap("/stamp/now")
    clerk.tap("/stamp/now")

    assert len([one for one in village.commands if isinstance(one, StampNow)]) == 1


def test_a_sheet_that_still_lies_there_is_stamped_with_one_tap(
    clerk: Clerk, village: Any, fill: Fill
) -> None:
    request = clerk.file_one_sheet(fill)
    offered = clerk.see(f"/request/{request}")
    page = clerk.tap("/stamp/straight", request=request)
    again = clerk.see(f"/request/{request}")

    assert "纸没动，开始盖章" in offered and "纸动过，先放纸" in offered
    assert page.url.path == "/stamp"
    assert village.commands[-2:] == [BeginJob(by="wang", request=request), StampNow(by="wang")]
    assert "纸没动" not in again


def test_a_sheet_is_laid_first_for_copies_and_for_what_was_filed_elsewhere(
    clerk: Clerk, village: Any, fill: Fill
) -> None:
    other = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    fill(clerk.token)
    clerk.tap("/apply/submit")
    two = next(one.request for one in village.view().requests if one.request != other)
    village.change_request(two, state="approved", left=2, permit="p")

    for request in (other, two):
        page = clerk.see(f"/request/{request}")

        assert "纸没动" not in page and "去盖章" in page


def test_another_paper_under_the_camera_must_be_laid_first(clerk: Clerk, fill: Fill) -> None:
    request = clerk.file_one_sheet(fill)

    clerk.tap("/apply")

    assert "纸没动" not in clerk.see(f"/request/{request}")


def test_a_permit_that_is_gone_is_said_in_plain_words(clerk: Clerk, village: Any) -> None:
    request = village.add_request("村民建房申请")

    page = clerk.tap("/stamp/begin", request=request)

    assert "还没有收到批准" in page.text


def test_stopping_too_late_says_that_the_lock_closes_by_itself(clerk: Clerk) -> None:
    clerk.take_up()
    clerk.tap("/stamp/now")

    page = clerk.tap("/stamp/end")

    assert page.url.path == "/stamp" and "自动锁上" in page.text


def test_a_fault_takes_the_start_button_away(clerk: Clerk, village: Any) -> None:
    clerk.take_up()
    village.change(fault="door-open")

    page = clerk.see("/stamp")

    assert "请把柜门关好" in page
    assert "disabled" in page.split('id="start"')[1].split(">")[0]


def test_a_picture_that_is_not_there_is_not_made_up(clerk: Clerk, village: Any) -> None:
    village.change(fault="camera-gone")

    assert clerk.client.get("/preview.jpg").status_code == 404


def test_three_copies_take_one_tap_each_beside_beginning_and_end(
    clerk: Clerk, village: Any
) -> None:
    request = clerk.take_up(copies=3)
    said = []
    for _ in range(3):
        said.append(clerk.see("/stamp").split('id="left">')[1].split("<")[0])
        clerk.tap("/stamp/now")
        village.press()
        village.photographed()
    clerk.tap("/stamp/end")

    assert said == ["3", "2", "1"]
    assert clerk.taps == 5
    assert village.request(request).state == "done"


def test_stopping_between_two_copies_keeps_the_rest_and_says_how_many(
    clerk: Clerk, village: Any
) -> None:
    request = clerk.take_up(copies=3)
    clerk.tap("/stamp/now")
    village.press()
    village.photographed()

    page = clerk.tap("/stamp/end")

    assert page.url.path == "/home" and "还剩 2 份没盖" in page.text
    assert (village.request(request).state, village.request(request).left) == ("approved", 2)


def test_the_page_under_the_camera_is_named_among_many(clerk: Clerk, village: Any) -> None:
    clerk.take_up()
    village._job(pages=5)
    resting = clerk.see("/stamp")
    clerk.tap("/stamp/now")
    village._job(page=3)

    assert "材料 5 页" in resting
    assert "第 3 / 5 页" in clerk.see("/stamp")


@pytest.mark.parametrize("noticed", ["impression-missing", "page-other", "unjudged"])
@pytest.mark.parametrize(("copies", "seams"), [(1, 0), (2, 0), (3, 1), (2, 1)])
def test_the_headline_does_not_say_done_where_no_photo_shows_it(
    client: httpx.Client, village: Any, sign_in: SignIn, noticed: str, copies: int, seams: int
) -> None:
    token = sign_in()
    request = village.add_request(
        "村民建房申请", state="approved", left=copies, copies=copies, seams=seams, permit="p"
    )
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})
    village.press()
    village.photographed(noticed=noticed)
    village._job(seams=min(seams, copies - 1))

    page = client.get("/stamp").text

    assert "压过了" in page and "盖好了" not in page


def test_the_headline_says_done_where_the_mark_is_only_pale(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=1, copies=1, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})
    village.press()
    village.photographed(noticed="impression-faint")

    assert "盖好了" in client.get("/stamp").text
