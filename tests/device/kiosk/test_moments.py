"""Moments as people say them: today by that word, other days by month and day."""

from __future__ import annotations

import pytest

from device.kiosk.moments import clock_text, date_text, full_date_text, moment_text
from device.kiosk.options import CHINA_TIME
from device.texts import Language

ELEVEN_MS = 1_795_316_400_000  # 2026-11-22 11:00 in China
DAY_MS = 86_400_000
MIDNIGHT_MS = ELEVEN_MS + 13 * 3_600_000


@pytest.mark.parametrize(("language", "said"), [("zh", "今天 11:00"), ("en", "today 11:00")])
def test_today_is_said_by_its_word(language: Language, said: str) -> None:
    assert moment_text(ELEVEN_MS, MIDNIGHT_MS - 1, CHINA_TIME, language) == said


@pytest.mark.parametrize(("language", "said"), [("zh", "11月22日 11:00"), ("en", "22 Nov 11:00")])
def test_another_day_is_said_by_month_and_day(language: Language, said: str) -> None:
    assert moment_text(ELEVEN_MS, MIDNIGHT_MS, CHINA_TIME, language) == said


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "2026年11月22日 11:00"), ("en", "22 Nov 2026 11:00")]
)
def test_another_year_is_said_with_the_day(language: Language, said: str) -> None:
    assert moment_text(ELEVEN_MS, ELEVEN_MS + 90 * DAY_MS, CHINA_TIME, language) == said


def test_in_the_strip_the_time_alone_stands_for_today() -> None:
    assert clock_text(ELEVEN_MS, ELEVEN_MS + 1000, CHINA_TIME, "zh") == "11:00"


def test_in_the_strip_another_day_has_its_date() -> None:
    assert clock_text(ELEVEN_MS, ELEVEN_MS + DAY_MS, CHINA_TIME, "zh") == "11月22日 11:00"


def test_a_date_has_no_leading_noughts() -> None:
    march_ms = ELEVEN_MS - 262 * DAY_MS

    assert date_text(march_ms, ELEVEN_MS, CHINA_TIME, "zh") == "3月5日"


def test_on_paper_the_year_stands_always() -> None:
    assert full_date_text(ELEVEN_MS, CHINA_TIME, "zh") == "2026年11月22日"
