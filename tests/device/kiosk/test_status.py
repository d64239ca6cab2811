"""The status strip: what it says of network, township, deliveries and machine."""

from __future__ import annotations

from typing import Any

import pytest

from device.kiosk.options import CHINA_TIME
from device.kiosk.status import strip

NOON_MS = 1_795_316_400_000  # 2026-11-22 11:00 in China


def keys(view: Any) -> list[str]:
    return [sign.text.key for sign in strip(view, CHINA_TIME, "zh", False).signs]


def test_all_is_well_in_four_signs(village: Any) -> None:
    assert keys(village.view()) == [
        "strip.online",
        "strip.answered",
        "strip.delivered",
        "strip.machine",
    ]


@pytest.mark.parametrize(
    ("change", "place", "key"),
    [
        ({"online": False}, 0, "strip.offline"),
        ({"answered_ms": None}, 1, "strip.never-answered"),
        ({"undelivered": 3, "undelivered_since_ms": NOON_MS}, 2, "strip.undelivered"),
        ({"unproved": True}, 2, "strip.unproved"),
        ({"unproved": True, "witnessed_only": True}, 2, "strip.unwitnessed"),
        ({"witnessed_only": True}, 2, "strip.delivered"),
        (
            {"undelivered": 3, "undelivered_since_ms": NOON_MS, "unanswered": True},
            2,
            "strip.unanswered",
        ),
        ({"photos_waiting": 2}, 2, "strip.photos"),
        ({"shut": True}, 1, "strip.shut"),
        ({"clock_proved": False}, 3, "strip.clock"),
        ({"fault": "door-open"}, 3, "fault.door-open"),
        ({"fault": "never-heard-of"}, 3, "fault.other"),
    ],
)
def test_trouble_stands_in_its_place(
    village: Any, change: dict[str, Any], place: int, key: str
) -> None:
    village.change(**change)

    assert keys(village.view())[place] == key


def test_a_fault_says_what_to_do(village: Any) -> None:
    village.change(fault="door-open")

    todo = strip(village.view(), CHINA_TIME, "zh", False).todo

    assert todo is not None and todo.key == "todo.door-open"


def test_a_silent_witness_says_who_must_act(village: Any) -> None:
    village.change(unproved=True, witnessed_only=True)

    todo = strip(village.view(), CHINA_TIME, "zh", False).todo

    assert todo is not None and todo.key == "strip.witness-todo"


def test_a_hold_outranks_a_fault(village: Any) -> None:
    village.change(fault="door-open")
    village.hold()

    shown = strip(village.view(), CHINA_TIME, "zh", False)

    assert (shown.signs[3].text.key, shown.todo) == ("strip.held", None)


def test_records_of_another_day_are_said_with_their_date(village: Any) -> None:
    village.change(undelivered=3, undelivered_since_ms=NOON_MS - 86_400_000 * 30)

    sign = strip(village.view(), CHINA_TIME, "zh", False).signs[2]

    assert "10月23日 11:00" in str(sign.text.values["since"])


def test_every_sign_that_is_not_well_has_words_and_an_icon(village: Any) -> None:
    village.change(online=False, answered_ms=None, fault="no-seal")

    signs = strip(village.view(), CHINA_TIME, "zh", False).signs

    assert all(sign.icon and sign.text.key for sign in signs)
