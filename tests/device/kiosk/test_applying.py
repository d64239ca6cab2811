"""Applying over HTTP: one question after the other, filed once, refused at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from device.kiosk.port import FileRequest

SignIn = Callable[..., str]
Fill = Callable[[str], httpx.Response]


def filed(village: Any) -> list[FileRequest]:
    return [one for one in village.commands if isinstance(one, FileRequest)]


def test_a_request_is_filed_with_every_answer(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill
) -> None:
    token = sign_in()
    fill(token)

    page = client.post("/apply/submit", data={"token": token})

    asked = village.filed[0]
    assert (asked.by, asked.seal, asked.matter) == ("wang", "committee", "CM-05")
    assert (asked.applicant, asked.purpose, asked.copies) == ("张桂芳", "交给镇政府", 2)
    assert len(asked.pages) == 1 and asked.amount_fen is None
    assert "等审批" in page.text


def test_a_second_tap_files_nothing(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill
) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/submit", data={"token": token})
    client.post("/apply/submit", data={"token": token})

    assert len(village.filed) == 1


def test_an_unfinished_request_cannot_be_filed(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    client.post("/apply", data={"token": token})
    client.post("/apply/matter", data={"token": token, "matter": "CM-05"})

    page = client.post("/apply/submit", data={"token": token})

    assert (page.url.path, filed(village)) == ("/apply/applicant", [])


def test_choosing_the_item_begins_at_the_keyboard_where_the_list_is_long(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()

    long = client.post("/apply", data={"token": token})
    village.change(matters=village.view().matters[:8])
    short = client.post("/apply", data={"token": token})

    assert ("data-letter" in long.text, "data-letter" in short.text) == (True, False)


def test_one_copy_is_filed_where_nobody_changed_it(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    client.post("/apply", data={"token": token})
    client.post("/apply/matter", data={"token": token, "matter": "CM-05"})
    client.post("/apply/applicant", data={"token": token, "answer": "张桂芳"})
    page = client.post("/apply/purpose", data={"token": token, "answer": "交给镇政府"})
    client.post("/apply/pages", data={"token": token})
    summary = client.get("/apply/confirm").text
    client.post("/apply/submit", data={"token": token})

    assert page.url.path == "/apply/pages"
    assert 'href="/apply/copies"' in summary and "1 份" in summary
    assert village.filed[0].copies == 1


def test_no_question_can_be_jumped_over(client: httpx.Client, sign_in: SignIn) -> None:
    token = sign_in()
    client.post("/apply", data={"token": token})

    assert client.get("/apply/pages").url.path == "/apply/matter"


@pytest.mark.parametrize(
    ("question", "answer", "said"),
    [
        ("copies", "0", "份数不对"),
        ("copies", "51", "份数不对"),
        ("copies", "²", "份数不对"),
        ("applicant", " ", "请写姓名"),
        ("applicant", "名" * 31, "请写姓名"),
        ("purpose", "", "请写用途"),
    ],
)
def test_an_answer_that_cannot_be_is_said_on_its_page(
    client: httpx.Client, sign_in: SignIn, fill: Fill, question: str, answer: str, said: str
) -> None:
    token = sign_in()
    fill(token)

    page = client.post(f"/apply/{question}", data={"token": token, "answer": answer})

    assert page.url.path == f"/apply/{question}" and said in page.text


def test_a_forbidden_item_is_refused_at_once_and_that_is_filed(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    client.post("/apply", data={"token": token})

    page = client.post("/apply/matter", data={"token": token, "matter": "MZF-01"}).text

    assert "户籍地公安派出所" in page and "民发〔2020〕20号" in page
    assert [one.matter for one in village.filed] == ["MZF-01"]


def test_a_forbidden_item_without_a_published_place_names_the_window(
    client: httpx.Client, sign_in: SignIn
) -> None:
    token = sign_in()
    client.post("/apply", data={"token": token})

    page = client.post("/apply/matter", data={"token": token, "matter": "MZF-04"}).text

    assert "3 号窗口" in page and "0000-1234567" in page


def test_an_item_on_no_list_is_refused_and_that_is_filed(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    client.post("/apply", data={"token": token})

    page = client.post("/apply/unlisted", data={"token": token, "answer": "好人好事证明"}).text

    assert "不在用印清单上" in page and "3 号窗口" in page
    assert [one.matter for one in village.filed] == ["好人好事证明"]


def test_a_listed_name_typed_as_unlisted_goes_on_as_that_item(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    client.post("/apply", data={"token": token})

    page = client.post("/apply/unlisted", data={"token": token, "answer": "村民 建房申请"})

    assert (page.url.path, village.filed) == ("/apply/applicant", [])


def test_a_bad_photo_is_said_in_plain_words(
    client: httpx.Client, village: Any, sign_in: SignIn, fill: Fill
) -> None:
    token = sign_in()
    fill(token)
    village.camera_reasons = ("no-page",)

    assert "纸张没放正" in client.post("/apply/pages", data={"token": token}).text


def test_what_is_typed_is_never_markup(client: httpx.Client, sign_in: SignIn, fill: Fill) -> None:
    token = sign_in()
    fill(token)
    client.post("/apply/applicant", data={"token": token, "answer": "<b onload=x>"})

    assert "<b onload" not in client.get("/apply/confirm").text
