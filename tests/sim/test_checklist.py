"""The check list: what it prints, what it counts, and both languages of it."""

from __future__ import annotations

import re

import pytest

from sim.checklist import WIDTH, CheckList, columns
from sim.demo_texts import EN, ZH
from sim.errors import SimError


class Clock:
    """Moves two seconds at each look."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 2.0
        return self.now_s


def test_a_step_that_passes_is_one_line_with_both_languages_and_its_time() -> None:
    lines: list[str] = []
    told = CheckList(lines.append, Clock())

    with told.step("hold-released") as step:
        step.say(n=1)

    assert re.fullmatch(r"✓ 镇里清点为 1 次.*  released .* 1 impression.* +2\.0 s", lines[0])
    assert told.failed == 0


def test_a_step_that_fails_says_why_and_lets_the_error_go_on() -> None:
    lines: list[str] = []
    told = CheckList(lines.append)

    with pytest.raises(SimError), told.step("stamped-two"):
        raise SimError("two uses", "one")

    assert lines[0].startswith("✗ 两份盖章完成")
    assert "expected two uses, found one" in lines[1]
    assert told.failed == 1
    assert told.as_data()[0]["ok"] is False


def test_a_note_neither_passes_nor_fails() -> None:
    lines: list[str] = []
    told = CheckList(lines.append)

    told.note("skipped-power")

    assert lines[0].startswith("– ")
    assert told.failed == 0
    assert told.as_data()[0]["ok"] is None


def test_a_blank_without_a_value_shows_as_a_dash() -> None:
    lines: list[str] = []
    told = CheckList(lines.append)

    with pytest.raises(SimError), told.step("forbidden", matter="X"):
        raise SimError("a refusal", "none")

    assert "“X”当场拒绝：—" in lines[0]


def test_chinese_characters_take_two_columns() -> None:
    lines: list[str] = []
    told = CheckList(lines.append)

    told.note("approved")
    told.note("tried-again", reason="", reason_en="")

    assert {columns(line) for line in lines} == {WIDTH + len("  0.0 s")}


def test_both_languages_have_the_same_keys() -> None:
    assert set(ZH) == set(EN)
    assert all(ZH.values()) and all(EN.values())
