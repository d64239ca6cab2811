"""What a browser calls itself, in its owner's words."""

from __future__ import annotations

from functools import partial

import pytest

from gateway.web.devices import named
from gateway.web.texts import text

T = partial(text, "zh")
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {KIT} Chrome/156.0.0.0 Safari/537.36",
         "谷歌浏览器或同类 · Linux 电脑"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64) {KIT} Chrome/1 Safari/537 Edg/1",
         "Edge 浏览器 · Windows 电脑"),
        (f"Mozilla/5.0 (Linux; Android 14; V2) {KIT} Chrome/1 Mobile MicroMessenger/8.0",
         "微信 · 安卓手机或平板"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) {KIT} Version/17 Safari/604",
         "苹果浏览器 · 苹果手机或平板"),
        (f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {KIT} Chrome/1 HuaweiBrowser/5",
         "华为浏览器 · 鸿蒙手机或平板"),
    ],
)  # fmt: skip
def test_a_known_browser_is_named_with_its_device(program: str, words: str) -> None:
    assert named(T, f"10.0.0.7 {program}") == f"{words} · 10.0.0.7"


@pytest.mark.parametrize("origin", ["10.0.0.7 curl/8.1", "10.0.0.7 ", "<b>x</b>"])
def test_an_unknown_program_stands_as_it_called_itself(origin: str) -> None:
    assert named(T, origin) == origin


def test_no_origin_is_a_dash() -> None:
    assert named(T, "") == "—"
