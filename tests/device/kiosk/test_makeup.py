"""A faint stamp leads to a request for a make-up stamp, with what was said before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Fill = Callable[[str], httpx.Response]


def test_faint_stamp_is_made_up_for_by_a_request_that_names_it(
    client: httpx.Client, village: Any, sign_in: Callable[..., str], fill: Fill
) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/submit", data={"token": token})
    first = village.view().requests[0]
    village.change_request(first.request, state="done", left=0, faint="f" * 64)

    page = client.get(f"/request/{first.request}").text
    assert "申请补盖" in page and "盖得太浅" in page
    form = {"token": token, "earlier": first.request, "makes_up": "f" * 64}
    assert client.post("/apply/again", data=form).url.path == "/apply/pages"
    client.post("/apply/pages", data={"token": token})
    client.get("/apply/confirm")
    client.post("/apply/submit", data={"token": token})

    again = village.filed[1]
    assert (again.makes_up, again.copies, again.matter) == ("f" * 64, 1, village.filed[0].matter)
    assert village.filed[0].makes_up == ""


def test_good_stamp_offers_no_make_up(
    client: httpx.Client, village: Any, sign_in: Callable[..., str]
) -> None:
    sign_in()
    request = village.add_request("村民建房申请", state="done")

    assert "补盖" not in client.get(f"/request/{request}").text


def test_faint_seam_stamp_is_made_up_for_by_one_seam_stamp_of_all_pages(
    client: httpx.Client, village: Any, sign_in: Callable[..., str], fill: Fill
) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/submit", data={"token": token})
    first = village.view().requests[0]
    village.change_request(first.request, state="done", left=0, faint="f" * 64, faint_seam=True)

    assert "骑缝章盖得太浅" in client.get(f"/request/{first.request}").text
    form = {"token": token, "earlier": first.request, "makes_up": "f" * 64}
    client.post("/apply/again", data=form)
    for _ in range(2):
        client.post("/apply/pages", data={"token": token})
    summary = client.get("/apply/confirm").text
    shown = client.post("/apply/submit", data={"token": token}).text

    again = village.filed[1]
    assert (again.makes_up, again.copies, again.seams) == ("f" * 64, 1, 1)
    assert "补盖骑缝章 1\u00a0个" in summary and "份数" not in summary
    assert "骑缝章 1 个" in shown and "0 份" not in shown


def test_make_up_is_not_asked_how_many(
    client: httpx.Client, village: Any, sign_in: Callable[..., str], fill: Fill
) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/submit", data={"token": token})
    first = village.view().requests[0]
    village.change_request(first.request, state="done", left=0, faint="f" * 64)
    form = {"token": token, "earlier": first.request, "makes_up": "f" * 64}
    client.post("/apply/again", data=form)
    client.post("/apply/pages", data={"token": token})

    assert client.get("/apply/copies").url.path == "/apply/confirm"
    assert "补盖 1 次" in client.get("/apply/confirm").text


@pytest.mark.parametrize("seams", [0, 1])
def test_clerk_is_told_where_a_faint_stamp_is_made_up_for(
    client: httpx.Client, village: Any, sign_in: Callable[..., str], seams: int
) -> None:
    token = sign_in()
    request = village.add_request(
        "村民建房申请", state="approved", left=1, copies=1, seams=seams, permit="p"
    )
    client.post("/stamp/begin", data={"token": token, "request": request})
    client.post("/stamp/now", data={"token": token})
    village.press()
    village.photographed(noticed="impression-faint")

    assert "盖完后打开这件申请" in client.get("/stamp").text
