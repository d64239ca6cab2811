"""Every check of the judge: a fabricated life that it must fault, and the nearest it must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from hardware import frames
from hardware.firmware import registers
from ledger.records import (
    AlertRecord,
    HoldRelease,
    Refusal,
    Revocation,
    Void,
)
from sim.judge import judging
from sim.judge.evidence import Acked, Flag, Shown

Life = Any
T0, HASH = 1_000_000, "ab" * 32
LOCK, OTHER = 0x0200, "cd" * 32


def test_a_good_stamp_breaks_nothing(life: Life) -> None:
    life.good_stamp()
    life.good_stamp(T0 + 10_000, n=2)
    life.prove()

    verdicts = {name: life.verdict(name).result for name in judging.INVARIANTS}

    assert set(verdicts.values()) == {"holds"}


def no_intent(life: Life) -> None:
    life.grant(T0 + 900)
    life.good_stamp()


def grant_twice(life: Life) -> None:
    life.good_stamp()
    life.grant(T0 + 1500)


def grant_lost_and_sent_again_on_b(life: Life) -> None:
    about = life.write(life.an_intent(controller="B"), T0 + 1000)
    words = tuple(int(about[place : place + 4], 16) for place in range(0, 32, 4))
    mac = frames.write_registers(registers.GRANT, (*words, *(0,) * 24))
    again = frames.write_registers(registers.COMMAND, (7, registers.UNLOCK))
    life.happen(T0 + 1010, "rx", hex=frames.encode(1, mac).hex(), moves=False, lost=False)
    for at_ms, lost in ((1020, True), (1600, False)):
        frame = frames.encode(1, again).hex()
        life.happen(T0 + at_ms, "rx", hex=frame, moves=True, lost=lost)
    life.write(Void(intent=about, evidence="counter"), T0 + 4000)


def press_without_outcome(life: Life) -> None:
    life.intend(T0 + 1000)
    life.grant(T0 + 1010)
    life.happen(T0 + 1400, "press", paper=None, impression=False)


def void_over_a_press(life: Life) -> None:
    about = life.intend(T0 + 1000)
    life.grant(T0 + 1010)
    life.happen(T0 + 1400, "press", paper=None, impression=False)
    life.write(Void(intent=about, evidence="edges"), T0 + 4000)


def incident_over_a_press(life: Life) -> None:
    about = life.intend(T0 + 1000)
    life.grant(T0 + 1010)
    life.happen(T0 + 1400, "press", paper=None, impression=False)
    life.write(life.an_incident(about, 0, 6), T0 + 4000)


def incident_counted_wrong(life: Life) -> None:
    incident_over_a_press(life)
    assert life.log[-1].payload is not None
    hold = life.log[-1].payload.sha256
    life.reply(HoldRelease(machine="m-1", hold=hold, impressions=2, by="a-1"), T0 + 5000)


def two_outcomes(life: Life) -> None:
    about = life.good_stamp()
    life.write(Void(intent=about, evidence="edges"), T0 + 9000)


def stray_press(life: Life) -> None:
    life.good_stamp()
    life.happen(T0 + 60_000, "press", paper=None, impression=False)


def stray_press_in_an_incident(life: Life) -> None:
    stray_press(life)
    life.write(life.an_incident(None, 1, 1), T0 + 61_000)


def seq_missing(life: Life) -> None:
    life.good_stamp()
    del life.log[0]


def signature_spoilt(life: Life) -> None:
    life.good_stamp()
    life.log[0] = structs.replace(life.log[0], payload=None, trouble="a signature that fails")


def counter_back(life: Life) -> None:
    life.good_stamp()
    life.write(life.an_intent(n=2, counter_before=0), T0 + 9000)


def strokes_back_on_the_bus(life: Life) -> None:
    ask = frames.encode(1, frames.read_request(4, registers.STATUS, 16))
    for at_ms, strokes in ((T0, 7), (T0 + 100, 6)):
        words = [0] * 16
        words[9] = strokes
        life.happen(at_ms, "rx", hex=ask.hex(), moves=False, lost=False)
        life.happen(at_ms + 9, "tx", hex=frames.encode(1, frames.words_reply(4, words)).hex())


def acked_and_lost(life: Life) -> None:
    life.good_stamp()
    assert life.log[1].payload is not None
    life.facts["acked"] = (Acked(seq=2, head=life.log[1].payload.sha256),)
    life.township.pop()


def acked_and_there(life: Life) -> None:
    acked_and_lost(life)
    life.township.append(structs.replace(life.log[1], number=2))


def shown_but_not_logged(life: Life) -> None:
    life.good_stamp()
    life.facts["shown"] = (Shown(what="use", entry=HASH),) * 2


def shown_and_logged(life: Life) -> None:
    life.good_stamp()
    life.facts["shown"] = (Shown(what="use", entry=HASH),)


def delivered_twice(life: Life) -> None:
    life.good_stamp()
    life.township.append(structs.replace(life.township[-1], number=9))


def undelivered(life: Life) -> None:
    life.good_stamp()
    life.township.pop()


def undelivered_while_faults_last(life: Life) -> None:
    undelivered(life)
    life.facts["settled"] = False


def third_under_a_permit_of_two(life: Life) -> None:
    for n in (1, 2, 3):
        life.good_stamp(T0 + 10_000 * n, n)


def third_after_a_void(life: Life) -> None:
    about = life.intend(T0 + 500)
    life.write(Void(intent=about, evidence="not-received"), T0 + 600)
    for n in (1, 2):
        life.good_stamp(T0 + 10_000 * n, n)


def after_expiry(life: Life) -> None:
    life.good_stamp(T0 + 3_700_000)


def just_in_time(life: Life) -> None:
    life.good_stamp(T0 + 3_590_000)


def other_seal(life: Life) -> None:
    life.write(life.an_intent(seal="s-2"), T0 + 1000)


def known_revocation(life: Life, mark: int = T0 + 100_000) -> None:
    body = Revocation(permit="p-1", machine="m-1", by="a-1", reason="mistake")
    life.reply(body, T0 + 1000)
    life.write(life.an_intent(), T0 + 100_000, mark=mark)


def unknown_revocation(life: Life) -> None:
    known_revocation(life, mark=T0 + 900)


def grant_with_the_door_open(life: Life, after_ms: int = 900) -> None:
    life.happen(T0 + 1010 - after_ms, "fault", name="door_forced", active=True)
    life.good_stamp()
    life.happen(T0 + 9000, "fault", name="door_forced", active=False)


def grant_before_the_door_was_seen(life: Life) -> None:
    life.happen(T0 + 3000, "fault", name="door_forced", active=True)
    life.good_stamp()


def open_after_its_pulse(life: Life, for_ms: int = 3300) -> None:
    about = life.intend(T0 + 1000)
    life.grant(T0 + 1010)
    life.open(T0 + 1060, for_ms)
    life.write(Void(intent=about, evidence="edges"), T0 + 6000)


def open_as_long_as_its_pulse(life: Life) -> None:
    open_after_its_pulse(life, 3000)


def open_under_a_pressed_lever(life: Life) -> None:
    open_after_its_pulse(life, 3400)
    life.happen(T0 + 4000, "lever", **{"is": False})
    life.happen(T0 + 4440, "lever", **{"is": True})


def open_while_tampered(life: Life) -> None:
    open_as_long_as_its_pulse(life)
    life.happen(T0 + 1500, "fault", name="tamper_cut", active=True)


def shut_when_tampered(life: Life) -> None:
    open_after_its_pulse(life, 800)
    life.happen(T0 + 1500, "fault", name="tamper_cut", active=True)


def never_shut(life: Life) -> None:
    about = life.intend(T0 + 1000)
    life.grant(T0 + 1010)
    life.happen(T0 + 1060, "bolt", **{"is": False})
    life.write(Void(intent=about, evidence="edges"), T0 + 6000)
    life.happen(T0 + 9000, "stop")


def open_without_a_grant(life: Life) -> None:
    life.good_stamp()
    life.open(T0 + 9000, 800)


def open_by_the_boards_own_mode(life: Life) -> None:
    open_without_a_grant(life)
    life.happen(T0 + 8990, "fault", name="linkage_mode_on", active=True)


def photo_missing(life: Life) -> None:
    life.good_stamp()
    life.photos.popitem()


def photo_pending(life: Life) -> None:
    photo_missing(life)
    life.facts["settled"] = False


def photo_spoilt(life: Life) -> None:
    life.good_stamp()
    life.photos[next(iter(life.photos))] = OTHER


def photo_used_twice(life: Life) -> None:
    about = life.intend(T0 + 1000)
    one = life.photo("one")
    life.write(life.a_use(about, one, one), T0 + 3000)


def refusal_not_logged(life: Life) -> None:
    life.facts["shown"] = (Shown(what="refusal", reason="forbidden"),)


def refusal_logged(life: Life) -> None:
    refusal_not_logged(life)
    body = Refusal(about=None, permit=None, matter=None, seal="s-1", reason="forbidden",
                   list_version=1, filed_by="c-1", text_commitment=None)  # fmt: skip
    life.write(body, T0 + 1000)


def intent_left_open(life: Life) -> None:
    life.intend(T0 + 1000)


def time_back(life: Life) -> None:
    life.write(life.an_intent(), T0 + 1000)
    life.write(life.an_intent(), T0 + 999)


def behind_its_mark(life: Life) -> None:
    life.write(life.an_intent(), T0, mark=T0 + 500_000)


def behind_its_mark_and_flagged(life: Life) -> None:
    behind_its_mark(life)
    life.reply(AlertRecord(alert="a-1", rule="clock-skew", severity="yellow", entry=HASH,
                           machine="m-1", finding_commitment=HASH), T0 + 1000)  # fmt: skip


def behind_its_mark_and_another_machine_flagged(life: Life) -> None:
    behind_its_mark(life)
    life.facts["flags"] = (Flag(entry=HASH, rule="clock-skew", machine="m-2"),)


def behind_its_mark_and_something_else_flagged(life: Life) -> None:
    behind_its_mark(life)
    life.facts["flags"] = (Flag(entry=HASH, rule="off-list", machine="m-1"),)


def behind_its_mark_and_an_alert_that_nobody_opened(life: Life) -> None:
    behind_its_mark(life)
    life.reply(AlertRecord(alert="a-1", about_commitment=HASH, finding_commitment=HASH),
               T0 + 1000)  # fmt: skip


def behind_its_mark_and_flagged_in_private(life: Life) -> None:
    behind_its_mark_and_an_alert_that_nobody_opened(life)
    life.facts["flags"] = (Flag(entry=HASH, rule="clock-skew", machine="m-1"),)


def good(life: Life) -> None:
    life.good_stamp()


Case = Callable[[Life], None]
CASES: tuple[tuple[str, Case, Case], ...] = (
    ("I1", no_intent, good),
    ("I1", grant_twice, grant_lost_and_sent_again_on_b),
    ("I2", press_without_outcome, good),
    ("I2", void_over_a_press, incident_over_a_press),
    ("I2", incident_counted_wrong, incident_over_a_press),
    ("I2", two_outcomes, good),
    ("I2", stray_press, stray_press_in_an_incident),
    ("I3", seq_missing, good),
    ("I3", signature_spoilt, good),
    ("I3", counter_back, good),
    ("I3", strokes_back_on_the_bus, good),
    ("I4", acked_and_lost, acked_and_there),
    ("I4", shown_but_not_logged, shown_and_logged),
    ("I5", delivered_twice, good),
    ("I5", undelivered, undelivered_while_faults_last),
    ("I6", third_under_a_permit_of_two, third_after_a_void),
    ("I6", after_expiry, just_in_time),
    ("I6", other_seal, good),
    ("I6", known_revocation, unknown_revocation),
    ("I7", grant_with_the_door_open, grant_before_the_door_was_seen),
    ("I7", open_after_its_pulse, open_as_long_as_its_pulse),
    ("I7", open_after_its_pulse, open_under_a_pressed_lever),
    ("I7", open_while_tampered, shut_when_tampered),
    ("I7", never_shut, good),
    ("I7", open_without_a_grant, open_by_the_boards_own_mode),
    ("I9", photo_missing, photo_pending),
    ("I9", photo_spoilt, good),
    ("I9", photo_used_twice, good),
    ("I12", refusal_not_logged, refusal_logged),
    ("I15", undelivered, good),
    ("I15", intent_left_open, good),
    ("I16", time_back, good),
    ("I16", behind_its_mark, behind_its_mark_and_flagged),
    (
        "I16",
        behind_its_mark_and_an_alert_that_nobody_opened,
        behind_its_mark_and_flagged_in_private,
    ),
    ("I16", behind_its_mark_and_another_machine_flagged, behind_its_mark_and_flagged_in_private),
    ("I16", behind_its_mark_and_something_else_flagged, behind_its_mark_and_flagged_in_private),
)


@pytest.mark.parametrize(
    ("invariant", "bad"),
    [(one[0], one[1]) for one in CASES],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_what_must_not_be_is_found(life: Life, invariant: str, bad: Case) -> None:
    bad(life)

    assert life.verdict(invariant).result == "broken"


@pytest.mark.parametrize(
    ("invariant", "near"),
    [(one[0], one[2]) for one in CASES],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_the_nearest_that_may_be_is_let_pass(life: Life, invariant: str, near: Case) -> None:
    near(life)

    assert life.verdict(invariant).breaches == ()
