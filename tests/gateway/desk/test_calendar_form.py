"""The calendar as staff write it: lines that are read, and lines that are told."""

from __future__ import annotations

import pytest

from gateway.desk.calendar_form import CalendarFormError, clock, read_clock, read_days, written


def test_spans_and_days_are_read_in_chinese_and_english_and_written_back() -> None:
    text = "2027-02-20 班\n\n2027年2月5日至2027年2月7日 休 春节\n2027/1/1 rest 元旦"

    days = read_days(text, 2027)

    assert written(days) == (
        "2027-01-01 休 元旦\n2027-02-05 休 春节\n2027-02-06 休 春节\n2027-02-07 休 春节\n"
        "2027-02-20 班"
    )
    assert read_days(written(days), 2027) == days


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("春节", "应写成"),
        ("2027-02-30 休", "没有这一天"),
        ("2026-12-31 休", "应为 2027 年的日期"),
        ("2027-02-11 至 2027-02-05 休", "起止日期不对"),
        ("2027-01-01 至 2027-12-31 休", "超过 31 天"),
        ("2027-01-01 也许", "应为 休 或 班"),
        ("2027-01-01 休 " + "长" * 41, "名称超过"),
        ("2027-01-01 休\n2027-01-01 班", "第 2 行：2027-01-01 写了两次"),
        ("=1+1", "应写成"),
    ],
)
def test_wrong_line_is_told_with_its_number(line: str, expected: str) -> None:
    with pytest.raises(CalendarFormError) as caught:
        read_days(line, 2027)

    assert expected in caught.value.lines[0] and caught.value.lines[0].startswith("第 ")


def test_times_of_day_are_read_and_written() -> None:
    assert [read_clock(one) for one in ("8:30", "08：30", "24:00")] == [510, 510, 1440]
    assert clock(510) == "8:30"
    for wrong in ("25:00", "24:01", "8.30", "", "八点"):
        with pytest.raises(CalendarFormError):
            read_clock(wrong)
