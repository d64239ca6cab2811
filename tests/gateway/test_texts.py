"""Texts: every code has a sentence in both languages."""

from __future__ import annotations

import re
import string
from importlib import import_module
from pathlib import Path

import gateway
from gateway import errors
from gateway.texts import EN, ZH, text

FOLDER = Path(gateway.__file__).parent


def test_both_languages_have_the_same_keys() -> None:
    assert ZH.keys() == EN.keys()
    assert all(ZH.values()) and all(EN.values())


def test_both_languages_name_the_same_values() -> None:
    def named(said: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(said) if name}

    assert {code: named(said) for code, said in ZH.items()} == {
        code: named(said) for code, said in EN.items()
    }


def test_every_error_has_a_sentence() -> None:
    for name in ("apart", "desk.lists", "broker", "control", "folder"):
        import_module(f"gateway.{name}")

    def family(kind: type[errors.GatewayError]) -> set[str]:
        ours = (one for one in kind.__subclasses__() if "gateway.web" not in one.__module__)
        return {kind.code}.union(*(family(one) for one in ours))  # pages have words of their own

    assert family(errors.GatewayError) <= ZH.keys()


def test_every_reason_of_the_desk_has_a_sentence() -> None:
    found = set()
    for file in [*(FOLDER / "desk").glob("*.py"), *FOLDER.glob("orders*.py")]:
        source = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'RequestRefusedError\(\s*"([a-z-]+)"', source))
        found |= set(re.findall(r'_conflict\("([a-z-]+)"', source))
        found |= set(re.findall(r'return "([a-z]+-[a-z-]+)"', source))

    assert len(found) > 10
    assert found <= ZH.keys()


def test_unknown_code_is_shown_as_it_is() -> None:
    assert text("no-such-code") == "no-such-code"
    assert text("off-list", "en") == EN["off-list"]
