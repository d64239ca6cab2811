"""Seam stamps on the screen: asked for several pages alone, and chosen, shown, made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from msgspec import structs

from device.kiosk.port import BeginJob, JobView, StandingView

Fill = Callable[[str], httpx.Response]
SignIn = Callable[..., str]


def test_one_page_is_asked_nothing_about_its_seam(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill
) -> None:
    token = sign_in()

    summary = fill(token)
    client.post("/apply/submit", data={"token": token})

    assert summary.url.path == "/apply/confirm" and "骑缝" not in summary.text
    assert (village.filed[0].copies, village.filed[0].seams) == (2, 0)


def test_several_pages_are_asked_once_and_the_stamps_come_on_top_of_the_copies(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill
) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/pages", data={"token": token})
    question = client.get("/apply/confirm")
    wrong = client.post("/apply/seams", data={"token": token, "answer": "99"})
    summary = client.post("/apply/seams", data={"token": token, "answer": "1"})
    filed = client.post("/apply/submit", data={"token": token})

    assert question.url.path == "/apply/seams" and "骑缝章盖几个" in question.text
    assert wrong.url.path == "/apply/seams" and "个数不对" in wrong.text
    assert summary.url.path == "/apply/confirm" and "1 个" in summary.text
    assert (village.filed[0].copies, village.filed[0].seams) == (3, 1)
    assert "2 份，骑缝章 1 个" in filed.text
    assert "2 份+骑缝 1 个" in client.get("/home").text


@pytest.mark.parametrize(("left", "asked"), [(5, False), (1, True)])
def test_what_a_standing_permit_covers_is_asked_nothing_about_its_seam(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill, left: int, asked: bool
) -> None:
    token = sign_in()
    fill(token)
    covers = StandingView(
        permit="s-1", seal="committee", matter="CM-05", name="村民建房申请", left_today=left,
        left=left,
        not_after_ms=2**50, agreed_by=("a-1", "b-1"),
    )  # fmt: skip
    village.change(standing=(covers,))

    client.post("/apply/pages", data={"token": token})

    page = client.get("/apply/confirm")
    assert (page.url.path == "/apply/seams") == asked


def test_seam_stamps_go_when_only_one_page_stays(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill
) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/pages", data={"token": token})
    client.post("/apply/seams", data={"token": token, "answer": "1"})
    client.post("/apply/pages/drop", data={"token": token})
    client.get("/apply/confirm")
    client.post("/apply/submit", data={"token": token})

    assert (village.filed[0].copies, village.filed[0].seams) == (2, 0)


def job(request: str, **changes: Any) -> JobView:
    """A stamping of three with one seam stamp, at its beginning."""
    fields: dict[str, Any] = {"n": 1, "of": 3, "step": "lay", "seams": 1, "pages": 3, **changes}
    return JobView(permit="p", request=request, seal="committee", **fields)


@pytest.mark.parametrize(
    ("left", "changes", "told", "buttons"),
    [
        (3, {}, "放好要落款的一页", {"start": "盖落款章", "seam": "盖骑缝章"}),
        (2, {"step": "next"}, "换下一份", {"start": "盖落款章", "seam": "盖骑缝章"}),
        (2, {"seams": 0}, "放好要落款的一页", {"start": "开始盖章"}),
        (3, {"step": "show", "seam": True}, "还差 3 页", {"start": "看这", "plain": "先盖落款章"}),
        (1, {"step": "show", "seam": True, "shown": 2}, "还差 1 页", {"start": "看这一页"}),
        (1, {"step": "fan", "seam": True, "shown": 3}, "错开成扇形", {"start": "开始盖章"}),
        (1, {"step": "press", "seam": True, "n": 3}, "跨盖在各页边上", {}),
        (0, {"step": "done", "seams": 0, "n": 3}, "3 个章都盖完", {"finish": "完成"}),
    ],
    ids=["both", "both next", "pages left", "show", "last page", "fan", "press", "done"],
)  # fmt: skip
def test_the_screen_says_what_comes_next_with_one_big_button_for_each_kind(
    client: httpx.Client,
    village: Any,
    sign_in: SignIn,
    left: int,
    changes: dict[str, Any],
    told: str,
    buttons: dict[str, str],
) -> None:
    sign_in()
    request = village.add_request(
        "村民建房申请", state="approved", left=left, copies=3, seams=1, permit="p"
    )
    village.change(job=job(request, **changes), state="ready")

    page = client.get("/stamp").text

    assert told in page
    known = ("start", "seam", "plain", "again", "finish")
    shown = {one for one in known if f'id="{one}"' in page}
    assert shown == set(buttons)
    assert all(words in page for words in buttons.values())
    assert page.count('class="button go') == (0 if changes.get("step") == "press" else 1)


def test_a_page_shown_twice_is_said(client: httpx.Client, village: Any, sign_in: SignIn) -> None:
    sign_in()
    request = village.add_request("村民建房申请", state="approved", left=3, copies=3, seams=1)
    shown = job(request, step="show", seam=True, shown=1)
    village.change(job=structs.replace(shown, reason="page-shown"), state="ready")

    assert "这一页已经看过" in client.get("/stamp").text


def test_the_clerk_chooses_the_seam_and_a_stop_goes_back_to_it(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=3, copies=3, seams=1)
    client.post("/stamp/begin", data={"token": token, "request": request, "seam": "1"})
    village.change(job=job(request, step="stopped", seam=True, reason="page-other"))

    page = client.get("/stamp").text

    assert village.commands[-1] == BeginJob(by="wang", request=request, seam=True)
    assert '<input type="hidden" name="seam" value="1">' in page
