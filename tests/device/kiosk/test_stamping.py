"""Stamping over HTTP: one tap asks for one impression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from device.kiosk.port import BeginJob, StampNow

SignIn = Callable[..., str]


def test_an_approved_request_is_stamped_by_whom_is_signed_in(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=2, copies=2, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})

    assert village.commands == [BeginJob(by="wang", request=request), StampNow(by="wang")]


def test_a_second_tap_asks_for_no_second_impression(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    village.checks_slowly = True
    request = village.add_request("村民建房申请", state="approved", left=2, copies=2, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})
    client.post("/stamp/now", data={"token": token})

    assert len([one for one in village.commands if isinstance(one, StampNow)]) == 1


def test_a_sheet_that_still_lies_there_is_stamped_with_one_tap(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Callable[[str], httpx.Response]
) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/copies", data={"token": token, "answer": "1"})
    client.post("/apply/submit", data={"token": token})
    request = village.view().requests[0].request
    village.change_request(request, state="approved", left=1, permit="p")
    offered = client.get(f"/request/{request}").text
    page = client.post("/stamp/straight", data={"token": token, "request": request})
    again = client.get(f"/request/{request}").text

    assert "纸没动，开始盖章" in offered and "纸动过，先放纸" in offered
    assert page.url.path == "/stamp"
    assert village.commands[-2:] == [BeginJob(by="wang", request=request), StampNow(by="wang")]
    assert "纸没动" not in again


def test_a_sheet_is_laid_first_for_copies_and_for_what_was_filed_elsewhere(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Callable[[str], httpx.Response]
) -> None:
    token = sign_in()
    other = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    fill(token)
    client.post("/apply/submit", data={"token": token})
    two = next(one.request for one in village.view().requests if one.request != other)
    village.change_request(two, state="approved", left=2, permit="p")

    for request in (other, two):
        page = client.get(f"/request/{request}").text

        assert "纸没动" not in page and "去盖章" in page


def test_another_paper_under_the_camera_must_be_laid_first(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Callable[[str], httpx.Response]
) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/copies", data={"token": token, "answer": "1"})
    client.post("/apply/submit", data={"token": token})
    request = village.view().requests[0].request
    village.change_request(request, state="approved", left=1, permit="p")

    client.post("/apply", data={"token": token})

    assert "纸没动" not in client.get(f"/request/{request}").text


def test_a_permit_that_is_gone_is_said_in_plain_words(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请")

    page = client.post("/stamp/begin", data={"token": token, "request": request})

    assert "还没有收到批准" in page.text


def test_stopping_too_late_says_that_the_lock_closes_by_itself(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})

    page = client.post("/stamp/end", data={"token": token})

    assert page.url.path == "/stamp" and "自动锁上" in page.text


def test_a_fault_takes_the_start_button_away(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    village.change(fault="door-open")

    page = client.get("/stamp").text

    assert "请把柜门关好" in page
    assert "disabled" in page.split('id="start"')[1].split(">")[0]


def test_a_picture_that_is_not_there_is_not_made_up(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    sign_in()
    village.change(fault="camera-gone")

    assert client.get("/preview.jpg").status_code == 404


def test_three_copies_take_one_tap_each_beside_beginning_and_end(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=3, copies=3, permit="p")
    taps = 0

    def tap(path: str, **form: str) -> str:
        nonlocal taps
        taps += 1
        return client.post(path, data={"token": token, **form}).text

    tap("/stamp/begin", request=request)
    said = []
    for _ in range(3):
        said.append(client.get("/stamp").text.split('id="left">')[1].split("<")[0])
        tap("/stamp/now")
        village.press()
        village.photographed()
    tap("/stamp/end")

    assert said == ["3", "2", "1"]
    assert taps == 5
    assert village.request(request).state == "done"


def test_stopping_between_two_copies_keeps_the_rest_and_says_how_many(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=3, copies=3, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})
    village.press()
    village.photographed()

    page = client.post("/stamp/end", data={"token": token})

    assert page.url.path == "/home" and "还剩 2 份没盖" in page.text
    assert (village.request(request).state, village.request(request).left) == ("approved", 2)


def test_the_page_under_the_camera_is_named_among_many(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=1, permit="p")
    client.post("/stamp/begin", data={"token": token, "request": request})
    village._job(pages=5)
    resting = client.get("/stamp").text
    client.post("/stamp/now", data={"token": token})
    village._job(page=3)

    assert "材料 5 页" in resting
    assert "第 3 / 5 页" in client.get("/stamp").text
