"""The register and its figures: what is a line, what is counted, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit import reports
from gateway.audit.reports import Period
from gateway.errors import RequestRefusedError
from gateway.web.reporting import asked

Town = Any
NOON_MS = 1_800_000_000_000


def period(machines: frozenset[str] | None = None) -> Period:
    return Period(from_ms=0, to_ms=2 * NOON_MS, machines=machines)


def test_request_alone_is_no_line_but_is_counted(desk: Town) -> None:
    desk.submit(desk.file(amount=100))

    with desk.store.reader() as reader:
        lines = reports.register(reader, period())
        (by_machine,) = reports.figures(reader, period(), "machine")
        other = reports.figures(reader, period(frozenset({"m-2"})), "machine")

    assert lines == () and other == ()
    assert (by_machine.key, by_machine.requests, by_machine.impressions) == ("m-1", 1, 0)


def test_refusal_counts_for_its_request_once(desk: Town) -> None:
    desk.submit(desk.file(matter="F-1"))

    with desk.store.reader() as reader:
        figures = {one.key: one for one in reports.figures(reader, period(), "matter")}

    assert figures["F-1"].refused == 1


def test_entries_before_and_after_the_period_do_not_count(desk: Town) -> None:
    desk.submit(desk.file())
    with desk.store.reader() as reader:
        came_ms = reader.entries(limit=1)[0].received_ms

        inside = reports.figures(
            reader, Period(from_ms=came_ms, to_ms=came_ms + 1, machines=None), "machine"
        )
        after = reports.figures(
            reader, Period(from_ms=came_ms + 1, to_ms=came_ms + 9, machines=None), "machine"
        )
        before = reports.figures(
            reader, Period(from_ms=0, to_ms=came_ms - 1, machines=None), "machine"
        )

    assert len(inside) == 1 and before == after == ()


@pytest.mark.parametrize("days", [("x", "y"), ("2027-01-09", "2027-01-01"), ("", "")])
def test_senseless_days_mean_this_month(days: tuple[str, str]) -> None:
    found = asked(*days, "", NOON_MS)

    assert (found.first, found.last) == ("2027-01-01", "2027-01-15")


def test_more_than_a_year_is_refused() -> None:
    assert asked("2026-01-01", "2027-01-01", "", NOON_MS).last == "2027-01-01"
    with pytest.raises(RequestRefusedError) as caught:
        asked("2026-01-01", "2027-01-02", "", NOON_MS)

    assert caught.value.reason == "report-period"
