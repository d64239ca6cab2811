"""Devices: what a browser calls itself, as its owner recognises it.

A program that is none of those named here stands as it called itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# The first match counts: what is special stands before what it is made of.
BROWSERS = (
    ("wechat", r"MicroMessenger"),
    ("dingtalk", r"DingTalk"),
    ("feishu", r"Lark|Feishu"),
    ("edge", r"Edg(e|A|iOS)?/"),
    ("huawei", r"HuaweiBrowser"),
    ("qq", r"MQQBrowser|QQBrowser"),
    ("uc", r"UCBrowser"),
    ("firefox", r"Firefox/|FxiOS/"),
    ("chrome", r"Chrome/|CriOS/"),
    ("safari", r"Safari/"),
)
SYSTEMS = (
    ("harmony", r"HarmonyOS|OpenHarmony"),
    ("android", r"Android"),
    ("ios", r"iPhone|iPad"),
    ("windows", r"Windows"),
    ("mac", r"Macintosh"),
    ("linux", r"Linux"),
)


def named(t: Callable[..., str], origin: str) -> str:
    """Return browser, sort of device and address of a session's origin (`address program`)."""
    address, _, program = origin.partition(" ")
    browser, system = _found(BROWSERS, program), _found(SYSTEMS, program)
    if not browser or not system:
        return origin or "—"
    return t("device.named", browser=t(f"device.{browser}"), system=t(f"device.{system}"),
             address=address)  # fmt: skip


def _found(known: tuple[tuple[str, str], ...], program: str) -> str:
    return next((name for name, mark in known if re.search(mark, program)), "")
