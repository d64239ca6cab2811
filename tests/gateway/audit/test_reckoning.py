"""Strokes, entries and impressions seen: what agrees, what differs, what is still missing."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gateway.audit.reckoning import Facts, Look, reckon, seen_of
from gateway.stores.sights import PhotoSight, SealSight, Sight
from ledger.records import Start
from ledger.records_custody import Hatch

HASH = "ab" * 32
MIDNIGHT_MS = 1_799_942_400_000  # 2027-01-15, 0:00 in Shanghai; 16:00 UTC of the day before
HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS
ONE = Look(seen=1)
BEFORE, DAY, AFTER = "2027-01-14", "2027-01-15", "2027-01-16"


class Machine:
    """One machine's entries of a day, its counter beginning at 7; from 9 o'clock on."""

    def __init__(self, log: Any, build: Any) -> None:
        self.log, self.build, self.counter = log, build, 7
        self.at_ms = MIDNIGHT_MS + 9 * HOUR_MS
        self.facts = Facts(
            counted={}, looks={}, heard_ms=MIDNIGHT_MS + DAY_MS, now_ms=MIDNIGHT_MS + 2 * DAY_MS
        )

    def say(self, body: Any, at_ms: int | None = None) -> Any:
        self.at_ms += 1000
        return self.log.write(body, at_ms=self.at_ms if at_ms is None else at_ms)

    def start(self, at_ms: int | None = None) -> Any:
        strokes = {"committee": self.counter}
        body = Start(version="1", controller="B", strokes=strokes, reason="started")
        return self.say(body, at_ms)

    def intend(self, at_ms: int | None = None) -> Any:
        return self.say(self.build.intent(counter_before=self.counter), at_ms)

    def use(self, look: Look = ONE, made: int = 1, at_ms: int | None = None) -> Any:
        body = self.build.use(counter_before=self.counter, counter_after=self.counter + made)
        self.counter += made
        entry = self.say(body, at_ms)
        self.know(looks={**self.facts.looks, entry.sha256: look})
        return entry

    def know(self, **facts: Any) -> None:
        self.facts = structs.replace(self.facts, **facts)

    def days(self, *days: str) -> Any:
        return reckon(self.log.written, "committee", days or (DAY,), self.facts)

    def day(self) -> Any:
        (found,) = self.days()
        return found


@pytest.fixture
def machine(log: Any, build: Any) -> Machine:
    return Machine(log, build)


def differences(day: Any) -> list[tuple[str, int, tuple[int, ...]]]:
    return [(one.kind, one.by, one.indexes) for one in day.differences]


def numbers(day: Any) -> tuple[int, int, int, int]:
    return day.strokes, day.entries, day.photographed, day.seen


def test_day_agrees_when_each_stroke_has_its_entry_and_its_impression(machine: Machine) -> None:
    machine.start()
    for _ in range(3):
        machine.intend()
        machine.use()

    assert numbers(machine.day()) == (3, 3, 3, 3)
    assert machine.day().result == "agrees"


def test_day_on_which_nothing_happened_agrees(machine: Machine) -> None:
    assert (numbers(machine.day()), machine.day().result) == ((0, 0, 0, 0), "agrees")


def test_stroke_without_an_entry_differs_and_names_the_entries_around_it(machine: Machine) -> None:
    before = machine.use()
    machine.counter += 1
    after = machine.intend()
    machine.use()

    assert numbers(machine.day()) == (3, 2, 2, 2)
    assert differences(machine.day()) == [("unrecorded", 1, (before.index, after.index))]
    assert machine.day().result == "differs"


def test_entry_without_a_stroke_differs(machine: Machine) -> None:
    machine.start()
    entry = machine.use(made=0)

    assert numbers(machine.day()) == (0, 1, 1, 1)
    assert differences(machine.day()) == [("unmade", 1, (entry.index,))]


def test_second_impression_on_one_photo_is_not_made_up_by_a_missing_one(machine: Machine) -> None:
    machine.start()
    two, none = machine.use(Look(seen=2)), machine.use(Look(seen=0))

    assert numbers(machine.day()) == (2, 2, 2, 2)
    assert differences(machine.day()) == [
        ("surplus", 1, (two.index,)),
        ("unseen", 1, (none.index,)),
    ]


@pytest.mark.parametrize("again", [0, 1])
def test_presses_behind_the_opened_hatch_are_on_record_also_over_restarts(
    machine: Machine, again: int
) -> None:
    machine.start()
    opened = Hatch(
        step="opened", permit="h-1", seal="committee", purpose="service", by="li",
        strokes_before=machine.counter,
    )  # fmt: skip
    machine.say(opened)
    machine.counter += 1
    for _ in range(again):
        machine.start()
        machine.say(structs.replace(opened, strokes_before=machine.counter))
    machine.counter += 1
    machine.say(structs.replace(opened, step="closed", strokes_after=machine.counter, counted=2))
    machine.use()

    assert (numbers(machine.day()), machine.day().result) == ((3, 3, 1, 1), "agrees")


@pytest.mark.parametrize("made", [0, 1])
def test_incident_is_open_until_counted_and_covers_what_it_may_have_made(
    machine: Machine, build: Any, made: int
) -> None:
    machine.start()
    entry = machine.say(build.incident(impressions_max=1, held=True))
    waiting = machine.day()
    machine.counter += made
    machine.start(MIDNIGHT_MS + DAY_MS + HOUR_MS)
    machine.know(counted={entry.sha256: made})

    assert (waiting.result, waiting.lacks, waiting.entries) == ("open", ("incident",), 1)
    assert [numbers(one)[:2] for one in machine.days(DAY, AFTER)] == [(made, made), (0, 0)]
    assert {one.result for one in machine.days(DAY, AFTER)} == {"agrees", "open"}
    assert not any(differences(one) for one in machine.days(DAY, AFTER))


def test_incident_covers_a_counter_that_grows_after_a_restart_in_its_hold(
    machine: Machine, build: Any
) -> None:
    machine.start()
    entry = machine.say(build.incident(impressions_max=2, held=True))
    machine.start()
    machine.counter += 2
    machine.start()
    machine.know(counted={entry.sha256: 2})
    settled = machine.day()
    machine.counter += 1
    machine.intend()

    assert (settled.result, numbers(settled)[:2]) == ("agrees", (2, 2))
    assert [one[:2] for one in differences(machine.day())] == [("unrecorded", 1)]


@pytest.mark.parametrize("lack", ["photo", "sight"])
def test_late_photo_keeps_the_day_open_and_its_arrival_judges_it_anew(
    machine: Machine, lack: Any
) -> None:
    machine.start()
    entry = machine.use(Look(seen=0, lacks=lack))
    waiting = machine.day()
    machine.know(looks={entry.sha256: Look(seen=0)})

    assert (waiting.result, waiting.lacks, differences(waiting)) == ("open", (lack,), [])
    assert differences(machine.day()) == [("unseen", 1, (entry.index,))]


def test_stroke_without_an_entry_is_told_while_a_photo_is_under_way(machine: Machine) -> None:
    machine.use(Look(seen=None, lacks="photo"))
    machine.counter += 1
    machine.intend()

    assert (machine.day().result, machine.day().lacks) == ("differs", ("photo",))


def test_photo_that_nobody_can_read_leaves_the_day_to_a_person(machine: Machine) -> None:
    machine.use(Look(seen=None))

    assert (machine.day().result, machine.day().lacks) == ("open", ("unclear",))


def test_midnight_in_shanghai_parts_the_days_and_splits_no_stroke(machine: Machine) -> None:
    midnight_ms = MIDNIGHT_MS + DAY_MS
    machine.use(at_ms=MIDNIGHT_MS - 1)
    machine.use(at_ms=MIDNIGHT_MS)
    machine.intend(at_ms=midnight_ms - 1)
    machine.use(at_ms=midnight_ms)
    machine.know(heard_ms=midnight_ms + DAY_MS, now_ms=midnight_ms + DAY_MS)

    found = machine.days(BEFORE, DAY, AFTER)

    assert [numbers(one) for one in found] == [(1, 1, 1, 1)] * 3
    assert {one.result for one in found} == {"agrees"}


def test_clock_that_ran_ahead_takes_no_entry_out_of_the_day_of_its_arrival(
    machine: Machine, log: Any
) -> None:
    machine.start()
    at_ms, ahead_ms = machine.at_ms, MIDNIGHT_MS + 400 * DAY_MS
    before = machine.use(at_ms=ahead_ms)
    machine.counter += 1
    after = machine.intend(at_ms=ahead_ms)
    log.written[1:] = [structs.replace(one, received_ms=at_ms) for one in (before, after)]

    assert numbers(machine.day())[:2] == (2, 1)
    assert differences(machine.day()) == [("unrecorded", 1, (before.index, after.index))]


def test_clock_that_was_set_back_takes_no_stroke_out_of_the_day(machine: Machine) -> None:
    before = machine.use()
    machine.counter += 1
    after = machine.start(at_ms=MIDNIGHT_MS - 30 * DAY_MS)

    assert differences(machine.day()) == [("unrecorded", 1, (before.index, after.index))]


def test_stroke_made_overnight_belongs_to_the_day_whose_entry_tells_of_it(machine: Machine) -> None:
    machine.use()
    machine.counter += 1
    machine.intend(at_ms=MIDNIGHT_MS + DAY_MS)

    first, second = machine.days(DAY, AFTER)

    assert (differences(first), first.strokes) == ([], 1)
    assert (second.differences[0].kind, second.strokes) == ("unrecorded", 1)


@pytest.mark.parametrize(
    ("heard_ms", "now_ms", "lack"),
    [
        (MIDNIGHT_MS + DAY_MS - 1, MIDNIGHT_MS + DAY_MS - 1, "today"),
        (MIDNIGHT_MS + DAY_MS - 1, MIDNIGHT_MS + DAY_MS, "silent"),
    ],
)
def test_day_is_open_until_it_is_over_and_the_machine_spoke_since(
    machine: Machine, heard_ms: int, now_ms: int, lack: str
) -> None:
    machine.use()
    machine.know(heard_ms=heard_ms, now_ms=now_ms)

    assert (machine.day().result, machine.day().lacks) == ("open", (lack,))


def test_counter_that_went_back_begins_anew(machine: Machine) -> None:
    machine.use()
    machine.counter = 0
    machine.intend()
    machine.use()

    assert (numbers(machine.day())[:2], machine.day().result) == ((2, 2), "agrees")


def sight(new: int, **fields: Any) -> Sight:
    photo = PhotoSight(sealed_sha256=HASH)
    one = SealSight(
        corners=(), text=None, registered=None, name=None, score=None, verdict=None,
        state="complete", color="red", shape="round", is_new=True,
    )  # fmt: skip
    whole = Sight(
        entry=HASH, machine="m-1", seal="committee", before=photo, after=photo, at_ms=0,
        seconds=0.0, new_red=b"png", seals=(*[one] * new, structs.replace(one, is_new=False)),
    )  # fmt: skip
    return structs.replace(whole, **fields)


@pytest.mark.parametrize(
    ("findings", "flags", "looked", "seen"),
    [
        (("page-same", "impression-seen"), (), None, 1),
        (("impression-complete",), (), None, 1),
        (("impression-missing",), (), None, 0),
        (("impression-several",), (), None, 2),
        (("impression-unread",), (), None, None),
        (("page-same", "unjudged"), (), None, None),
        ((), (), None, None),
        (("impression-seen",), (), sight(2), 2),
        (("impression-missing",), (), sight(1), 1),
        (("impression-seen",), (), sight(0), 0),
        (("impression-unread",), (), sight(0), None),
        (("unjudged",), (), sight(0), 0),
        (("impression-seen",), ("seam",), sight(3), 1),
        (("impression-seen",), (), sight(0, failed="damaged-photo"), 1),
        (("impression-seen",), (), sight(0, new_red=None), 1),
    ],
)
def test_gateways_look_counts_where_it_could_compare_and_else_the_machines_word(
    build: Any, findings: Any, flags: Any, looked: Any, seen: int | None
) -> None:
    assert seen_of(build.use(findings=findings, flags=flags), looked) == seen
