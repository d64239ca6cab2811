"""Orders on the calendar and on exports: two persons, and an entry for what leaves the house."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.commands import Command, DraftCalendar, NoteExport, ReleaseCalendar
from gateway.desk.workdays import in_force
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from ledger.records_office import CalendarDay, LedgerExport

Town = Any
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def office(desk: Town) -> Town:
    """The desk with an auditor, and a second account of the administrator."""
    desk.account("chief-2", "auditor", person="chief")
    desk.account("deputy", "auditor")
    return desk


def drafting(opens: int = 510, year: int = 2027) -> DraftCalendar:
    day = CalendarDay(date=f"{year}-01-01", works=False, name="元旦")
    return DraftCalendar(by="chief", year=year, opens_minute=opens, closes_minute=1050, days=(day,))


def refusal(town: Town, command: Command) -> str:
    with pytest.raises(RequestRefusedError) as caught:
        town.order(command)
    return str(caught.value.reason)


def test_calendar_is_in_force_once_another_person_has_released_it(office: Town) -> None:
    version = office.order(drafting()).answer
    with office.store.reader() as reader:
        before = in_force(reader.calendars(), 2027)

    for own in ("chief", "chief-2"):
        assert refusal(office, ReleaseCalendar(by=own, version=version)) == "draft-own"
    office.order(ReleaseCalendar(by="deputy", version=version))

    with office.store.reader() as reader:
        after, (view,) = in_force(reader.calendars(), 2027), reader.calendars()
    assert before is None
    assert after is not None and (after.by, after.days[0].name) == ("chief", "元旦")
    assert view.released_by == "deputy"


def test_stale_same_and_senseless_calendars_are_refused(office: Town) -> None:
    first, second = office.order(drafting(500)).answer, office.order(drafting(510)).answer
    office.order(ReleaseCalendar(by="deputy", version=second))

    assert refusal(office, ReleaseCalendar(by="deputy", version=first)) == "calendar-stale"
    assert refusal(office, drafting(510)) == "calendar-same"
    assert refusal(office, drafting(1050)) == "calendar-hours"
    third = office.order(drafting(520)).answer
    office.now_ms += 31 * DAY_MS
    assert refusal(office, ReleaseCalendar(by="deputy", version=third)) == "calendar-stale"
    with pytest.raises(NotFoundError):
        office.order(ReleaseCalendar(by="deputy", version=99))


def test_calendars_of_other_years_do_not_overtake_each_other(office: Town) -> None:
    first, second = office.order(drafting()).answer, office.order(drafting(year=2028)).answer
    office.order(ReleaseCalendar(by="deputy", version=second))

    office.order(ReleaseCalendar(by="deputy", version=first))

    with office.store.reader() as reader:
        assert {in_force(reader.calendars(), one).version for one in (2027, 2028)} == {1, 2}


def test_export_is_entered_in_the_name_of_who_orders_it(office: Town) -> None:
    body = LedgerExport(
        what="ledger", form="pdf", from_date="2026-11-01", to_date="2026-11-30", village=None,
        rows=3, file_sha256="a" * 64, by="deputy",
    )  # fmt: skip

    office.order(NoteExport(by="chief", body=body))

    assert office.entries()[-1].body.by == "chief"
    with pytest.raises(NotAllowedError):
        office.order(NoteExport(by="clerk-1", body=body))
