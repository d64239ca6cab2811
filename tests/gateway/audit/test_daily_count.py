"""The daily count through the real intake: judged the morning after, and anew what came late."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit import alerts
from gateway.stores.sights import PhotoSight, SealSight, Sight
from gateway.stores.views import Alert, LogFilter
from gateway.web.texts import EN, ZH
from ledger.records import Heartbeat
from tests.gateway.machine import T0_MS

HOUR_MS = 60 * 60 * 1000
NEXT_MS = T0_MS + 12 * HOUR_MS  # T0 is 21:33 in Shanghai
RULES = tuple(one for one in alerts.load({}) if one.name == "daily_count")


def beat(
    town: Any, at_ms: int, strokes: int, ahead_ms: int = 0
) -> list[tuple[str, str, dict[str, Any]]]:
    """Let the machine give a sign of life and return what the rule newly finds.

    `ahead_ms`: by how much its clock runs ahead.
    """
    raised: list[Alert] = []

    def judge(entry: Any, history: Any) -> Any:
        for one in alerts.judge(entry, history, RULES):
            raised.append(one)
            yield one

    town.judge, town.now_ms = judge, at_ms
    machine = town.machines["m-1"]
    body = Heartbeat(
        state="idle", strokes={"committee": strokes}, impressions=0, waiting=0, free_mb=1, alarms=()
    )
    town.take(machine.message(machine.sign(body, at_ms + ahead_ms)))
    assert all(one.finding.key in ZH and one.finding.key in EN for one in raised)
    return [(one.severity, one.finding.key, one.finding.values) for one in raised]


def stamp(town: Any, *numbers: int) -> None:
    """Make uses whose counters say that they are the strokes of these numbers."""
    machine = town.machines["m-1"]
    for n in numbers:
        for raw in town.use("p-1", n=n):
            town.take(machine.message(raw))


@pytest.fixture
def stamped(town: Any) -> Any:
    """A town whose machine gave a sign of life before it stamps."""
    assert beat(town, T0_MS, 0) == []
    return town


def test_stroke_without_an_entry_is_red_the_morning_after_and_told_once(stamped: Any) -> None:
    stamp(stamped, 1, 3)

    evening = beat(stamped, T0_MS + HOUR_MS, 3)
    morning = beat(stamped, NEXT_MS, 3)
    later = [beat(stamped, NEXT_MS + more * HOUR_MS, 3) for more in (1, 24)]

    assert (evening, later) == ([], [[], []])
    ((severity, key, values),) = morning
    assert (severity, key) == ("red", "finding.daily-count.unrecorded")
    assert (values["strokes"], values["entries"], values["by"]) == (3, 2, 1)
    assert (values["day"], values["where"]) == ("2026-09-21", "2、3")


def test_uses_whose_counter_runs_on_without_a_gap_raise_nothing(stamped: Any) -> None:
    stamp(stamped, 1, 2)

    assert beat(stamped, NEXT_MS, 2) == []


def test_photo_that_comes_late_and_shows_nothing_is_judged_anew(stamped: Any) -> None:
    stamp(stamped, 1)
    morning = beat(stamped, NEXT_MS, 1)
    with stamped.store.reader() as reader:
        (use,) = reader.entries(LogFilter(kinds=("use",)))
    look(stamped, use)

    found = beat(stamped, NEXT_MS + 24 * HOUR_MS, 1)

    assert morning == []
    assert [one[:2] for one in found] == [("yellow", "finding.daily-count.unseen")]
    assert (found[0][2]["photographed"], found[0][2]["seen"]) == (1, 0)


@pytest.mark.parametrize(("new", "kind"), [(0, "unseen"), (2, "surplus")])
def test_what_comes_on_top_of_a_difference_told_before_is_told_again(
    stamped: Any, new: int, kind: str
) -> None:
    stamp(stamped, 1, 2)
    with stamped.store.reader() as reader:
        uses = reader.entries(LogFilter(kinds=("use",)))

    said = []
    for day, use in enumerate((*uses, uses[0])):
        if day < 2:
            look(stamped, use, new)
        said.append(beat(stamped, NEXT_MS + day * 24 * HOUR_MS, 2))

    assert [[(one[1], one[2]["by"]) for one in each] for each in said] == [
        [(f"finding.daily-count.{kind}", 1)],
        [(f"finding.daily-count.{kind}", 2)],
        [],
    ]


def test_machine_whose_clock_runs_ahead_is_judged_each_morning_all_the_same(town: Any) -> None:
    ahead_ms = 300 * 24 * HOUR_MS
    beat(town, T0_MS, 0, ahead_ms)
    stamp(town, 1, 3)

    morning = beat(town, NEXT_MS, 3, ahead_ms)
    beat(town, NEXT_MS + HOUR_MS, 3, ahead_ms)
    stamp(town, 5)
    next_day = beat(town, NEXT_MS + 24 * HOUR_MS, 5, ahead_ms)

    assert [(one[1], one[2]["day"]) for one in morning + next_day] == [
        ("finding.daily-count.unrecorded", "2026-09-21"),
        ("finding.daily-count.unrecorded", "2026-09-22"),
    ]


def look(town: Any, use: Any, new: int = 0) -> None:
    """Let both photos come, and the gateway see so many new impressions on them."""
    photo = PhotoSight(sealed_sha256="ab" * 32, width_px=1, height_px=1)
    sight = Sight(
        entry=use.sha256, machine="m-1", seal="committee", before=photo, after=photo,
        new_red=b"png", at_ms=NEXT_MS, seconds=1.0,
        seals=tuple(
            SealSight(
                corners=(), text=None, registered=None, name=None, score=None, verdict=None,
                state="complete", color="red", shape="round", is_new=True,
            )
            for _ in range(new)
        ),
    )  # fmt: skip
    with town.store.transaction() as transaction:
        for ref in (use.body.before, use.body.after):
            transaction.photo_stored(ref.sealed_sha256, ref.sealed_size, NEXT_MS)
        transaction.begin_sight(use.sha256)
        assert transaction.put_sight(sight, None)
