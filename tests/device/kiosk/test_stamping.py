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
