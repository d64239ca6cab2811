"""Days in every form that papers have them."""

from __future__ import annotations

import pytest

from vision.dates import day_of, days
from vision.written import Written


@pytest.mark.parametrize(
    "text",
    [
        "2026年3月5日",
        "2026-03-05",
        "2026/3/5",
        "2026.03.05",
        "二〇二六年三月五日",
        "二零二六年三月五日",
    ],
)
def test_day_is_understood_in_each_form(text: str) -> None:
    assert day_of(text) == (2026, 3, 5)


@pytest.mark.parametrize(
    "text", ["2026年3月", "2026年13月5日", "2026年3月41日", "3月5日", "电话2026-3455-1"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert day_of(text) is None


def test_days_come_in_the_order_of_the_page_with_their_doubt() -> None:
    text = "二〇二六年三月五日至2026年12月25日"
    scores = tuple(0.6 if one == "五" else 0.99 for one in text)

    found = list(days(Written(text, scores, (0,) * len(text))))

    assert [one.day for one in found] == [(2026, 3, 5), (2026, 12, 25)]
    assert [one.score for one in found] == [0.6, 0.99]
