"""Who filed a request takes it back on one page; nobody else is offered that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from msgspec import structs

from tests.device.kiosk.conftest import person

SignIn = Callable[..., str]


@pytest.mark.parametrize("state", ["waiting", "approved"])
def test_the_page_before_a_withdrawal_names_item_copies_and_when(
    client: httpx.Client, village: Any, sign_in: SignIn, state: str
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state=state, copies=3, left=3, permit="p")

    page = client.get(f"/request/{request}/withdrawal").text
    assert "撤回这个申请？" in page
    assert "村民建房申请" in page and "3 份" in page and "今天" in page
    after = client.post(f"/request/{request}/withdrawal", data={"token": token})

    assert after.url.path == f"/request/{request}"
    assert "已撤回申请" in after.text and "去盖章" not in after.text
    assert village.request(request).reason == "withdrawn"


def test_a_request_of_another_clerk_is_not_offered_to_be_withdrawn(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", filed_by="li")

    assert "撤回申请" not in client.get(f"/request/{request}").text
    asked = client.get(f"/request/{request}/withdrawal")
    said = client.post(f"/request/{request}/withdrawal", data={"token": token})

    assert asked.url.path == f"/request/{request}"
    assert "只有提出申请的人能撤回" in said.text
    assert village.request(request).state == "waiting"


def test_a_request_filed_with_another_account_of_the_same_person_is_ones_own(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    wang, li = village.people
    office = structs.replace(person("wang-2", "王秀英", "77"), person="p-wang")
    village.people = (structs.replace(wang, person="p-wang"), li, office)
    sign_in()

    own = village.add_request("村民建房申请", filed_by="wang-2")
    other = village.add_request("村民建房申请", filed_by="li")

    assert "撤回申请" in client.get(f"/request/{own}").text
    assert "撤回申请" not in client.get(f"/request/{other}").text


@pytest.mark.parametrize("state", ["done", "expired", "revoked", "refused"])
def test_a_request_that_is_over_is_not_offered_to_be_withdrawn(
    client: httpx.Client, village: Any, sign_in: SignIn, state: str
) -> None:
    sign_in()
    request = village.add_request("村民建房申请", state=state, reason="lapsed")

    assert "撤回申请" not in client.get(f"/request/{request}").text


def test_a_withdrawal_without_the_pages_token_is_none(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    sign_in()
    request = village.add_request("村民建房申请")

    client.post(f"/request/{request}/withdrawal", data={"token": "another"})

    assert village.request(request).state == "waiting"
