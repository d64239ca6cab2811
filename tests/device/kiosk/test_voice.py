"""The voice is a setting of the machine: off at first, kept over a restart, never a network's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from device.kiosk.voice import VoiceSetting

SignIn = Callable[..., str]


def test_it_is_off_until_somebody_switches_it_on(tmp_path: Path) -> None:
    setting = VoiceSetting(tmp_path / "voice.json")

    before = setting.on
    setting.switch(True)

    assert (before, VoiceSetting(tmp_path / "voice.json").on) == (False, True)


@pytest.mark.parametrize("kept", [b"", b"{", b'"on"', b'"\xff"', b"1"])
def test_a_damaged_file_is_silence(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "voice.json").write_bytes(kept)

    assert not VoiceSetting(tmp_path / "voice.json").on


def test_what_the_disk_refuses_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    setting = VoiceSetting(tmp_path / "file" / "voice.json")

    with pytest.raises(OSError, match="file"):
        setting.switch(True)

    assert not setting.on


def test_nobody_need_be_signed_in_and_it_holds_for_the_next(
    client: httpx.Client, village: Any, sign_in: SignIn, token_of: Callable[[str], str]
) -> None:
    page = client.get("/voice?back=/").text
    page = client.post(
        "/voice", data={"token": token_of(page), "wanted": "on", "back": "/", "stay": "yes"}
    ).text
    assert "语音已打开" in page

    sign_in()

    assert 'data-voice="on"' in client.get("/home").text


def test_it_leads_back_to_this_machine_only(client: httpx.Client, sign_in: SignIn) -> None:
    token = sign_in()

    answer = client.post(
        "/voice",
        data={"token": token, "wanted": "on", "back": "https://evil.example/home"},
        follow_redirects=False,
    )

    assert answer.headers["location"] == "/home"


def test_a_form_of_another_page_changes_nothing(client: httpx.Client, sign_in: SignIn) -> None:
    sign_in()

    answer = client.post("/voice", data={"token": "x", "wanted": "on"})

    assert answer.status_code == 403
    assert 'data-voice="off"' in client.get("/home").text


def test_the_copy_is_read_by_its_number(
    client: httpx.Client, village: Any, sign_in: SignIn
) -> None:
    token = sign_in()
    request = village.add_request("村民建房申请", state="approved", left=2, copies=2, permit="p")

    page = client.post("/stamp/begin", data={"token": token, "request": request}).text

    assert 'data-say="放好第 1 份，点“开始盖章”"' in page
