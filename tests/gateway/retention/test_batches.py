"""What is due of a month is asked for together, as far as nobody needs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway import orders_retention
from gateway.book import Book
from gateway.commands import AskDue, ConfirmErasure, Decide
from gateway.desk import retention
from gateway.errors import RequestRefusedError
from gateway.stores.views import Alert, Finding
from tests.gateway.machine import TOWNSHIP

Town = Any
DAY_MS = 24 * 3600 * 1000
YEAR_MS = 366 * DAY_MS


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(RequestRefusedError) as caught:
        act()
    return caught.value.reason


def values(town: Town, sha256: str) -> dict[str, Any] | None:
    with town.store.reader() as reader:
        opening = reader.opening(sha256)
    assert opening is not None
    found: dict[str, Any] | None = opening.values
    return found


def test_a_batch_leaves_out_what_became_needed_meanwhile(staffed: Town) -> None:
    machine = staffed.machines["m-1"]
    names = []
    for _ in range(2):
        filed = staffed.file()
        staffed.submit(filed)
        staffed.order(Decide(by="chair", request=filed.sha256, decision="refuse", note="不符"))
        names.append(filed.sha256)
    staffed.now_ms += 4 * YEAR_MS
    month = _month(staffed, names[0])
    count = staffed.order(AskDue(by="audit-1", month=month)).answer
    alert = Alert(
        code="test",
        severity="yellow",
        machine=machine.name,
        entry=names[1],
        finding=Finding(key="finding.test", values={}),
        key="k",
    )
    with staffed.public.transaction(staffed.store, staffed.now_ms) as transaction:
        staffed.log.raise_alert(transaction, alert, staffed.now_ms)

    with staffed.store.reader() as reader:
        waiting = reader.erasures_asked(0)
    for one in waiting:
        staffed.order(ConfirmErasure(by="audit-2", asked=one.asked))

    assert count == 4  # two requests and two refusing decisions
    assert values(staffed, names[0]) is None
    assert values(staffed, names[1]) is not None
    with staffed.store.reader() as reader:
        assert reader.erasures_asked(0) == ()
        limits = retention.cutoffs(retention.years(None), staffed.now_ms)
        left = reader.due(limits.openings_before_ms, limits.photos_before_ms, month)
    assert names[1] in {one.sha256 for one in left}
    assert names[0] not in {one.sha256 for one in left}


def test_next_order_takes_what_the_one_before_had_no_room_for(staffed: Town) -> None:
    names = []
    for _ in range(4):
        filed = staffed.file("F-1")
        staffed.submit(filed)
        names.append(filed.sha256)
    command = AskDue(by="audit-1", month=_month(staffed, names[0]))
    staffed.now_ms += 4 * YEAR_MS

    def order() -> object:
        with staffed.public.transaction(staffed.store, staffed.now_ms) as transaction:
            book = Book(staffed.log, staffed.intake, TOWNSHIP)
            return orders_retention.ask_due(
                book, transaction, command, staffed.now_ms, most=3
            ).answer

    counts = [order(), order()]
    last = refused(order)

    assert (counts, last) == ([3, 1], "nothing-due")
    with staffed.store.reader() as reader:
        asked_for = [one.targets for one in reader.erasures_asked(0)]
    assert sorted(map(len, asked_for)) == [1, 3]
    assert {name for some in asked_for for name in some} == set(names)


def test_month_is_due_after_three_years_and_not_the_day_before(staffed: Town, decided: str) -> None:
    entry = next(one for one in staffed.entries() if one.sha256 == decided)
    arrived = datetime.fromtimestamp(entry.received_ms / 1000, UTC)
    month = _month(staffed, decided)

    def count(now_ms: int) -> int:
        limits = retention.cutoffs(retention.years(None), now_ms)
        with staffed.store.reader() as reader:
            months = reader.due_months(limits.openings_before_ms, limits.photos_before_ms)
        return sum(one.entries for one in months if one.month == month)

    after = arrived.replace(year=arrived.year + 3)

    assert count(int(after.timestamp() * 1000) - DAY_MS) == 0
    assert count(int(after.timestamp() * 1000) + DAY_MS) == 2  # the request and its approval
    staffed.now_ms = int(after.timestamp() * 1000) - DAY_MS
    assert refused(lambda: staffed.order(AskDue(by="audit-1", month=month))) == "nothing-due"


def _month(town: Town, sha256: str) -> str:
    entry = next(one for one in town.entries() if one.sha256 == sha256)
    return datetime.fromtimestamp(entry.received_ms / 1000 + 8 * 3600, UTC).strftime("%Y-%m")
