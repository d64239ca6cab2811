"""A whole machine: what faults of power, camera and clock do, and what outlives them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from hardware.errors import ReaderError
from sim import clock, reader
from sim.errors import BoardError, CardError, ClockError, FaultError, PaperError
from sim.faults import Scope
from sim.machine import SimMachine
from sim.waiting import until

BuildMachine = Callable[..., SimMachine]
ReadTrace = Callable[[SimMachine], list[dict[str, Any]]]
START_OF_2017_MS = 1_483_228_800_000
HOUR_MS = 3_600_000


def set_fault(machine: SimMachine, name: str, seconds: float | None = None) -> None:
    machine.set_fault(name, count=None, seconds=seconds, scope=Scope.ANY)


def wait_until(condition: Callable[[], bool]) -> None:
    until("the machine's state", condition, 5.0, pause_s=0.01)


def test_state_has_the_keys_that_scripts_rely_on(build_machine: BuildMachine) -> None:
    state = build_machine().state()

    assert state["presses"] == 0
    assert state["bolt_out"] is True
    assert state["open"] is False
    assert abs(int(state["at_ms"]) - time.time() * 1000) < 60_000
    assert state["simulated"] is True


def test_plants_clock_keeps_up_with_real_time(build_machine: BuildMachine) -> None:
    machine = build_machine()
    before, real_before = int(machine.state()["at_ms"]), time.monotonic()
    until("half a second", lambda: int(machine.state()["at_ms"]) >= before + 500, 5.0, 0.01)

    passed_ms = int(machine.state()["at_ms"]) - before

    assert abs(passed_ms - (time.monotonic() - real_before) * 1000) < 50


@pytest.mark.parametrize(
    ("name", "seen"),
    [("camera_gone", "gone"), ("camera_frozen", "frozen"), ("camera_black", "black")],
)
def test_camera_faults_reach_the_camera_and_clear(
    build_machine: BuildMachine, name: str, seen: str
) -> None:
    machine = build_machine()

    set_fault(machine, name)

    assert machine.scene().camera == seen

    machine.clear_fault(name)

    assert machine.scene().camera == "ok"


def test_camera_streams_until_its_cable_is_out(build_machine: BuildMachine) -> None:
    machine = build_machine()

    with httpx.stream("GET", machine.addresses["camera"], timeout=20) as stream:
        parts = stream.iter_raw()
        assert b"image/jpeg" in next(parts)
        set_fault(machine, "camera_gone")
        for _ in parts:
            pass

    assert stream.is_closed


def test_missing_paper_is_missing_for_the_camera_too(build_machine: BuildMachine) -> None:
    machine = build_machine()
    set_fault(machine, "paper_missing")

    assert machine.scene().page is None

    machine.clear_fault("paper_missing")

    assert machine.scene().page == "rendered:1:1:0"


def test_power_cut_takes_camera_and_outputs_and_gives_them_back(
    build_machine: BuildMachine, read_trace: ReadTrace
) -> None:
    machine = build_machine()
    set_fault(machine, "power_cut", 0.6)

    wait_until(lambda: not machine.state()["powered"])

    assert machine.scene().camera == "gone"
    assert not any(machine.state()["outputs"].values())

    wait_until(lambda: bool(machine.state()["powered"]))

    assert machine.scene().camera == "ok"
    power = [event["is"] for event in read_trace(machine) if event["kind"] == "power"]
    assert power == [False, True]


def test_clock_back_shows_2017_on_the_host_and_not_in_the_plant(
    build_machine: BuildMachine,
) -> None:
    machine = build_machine()
    host = clock.connect(clock.Options(offset_file=machine.addresses["clock"]))
    assert abs(host() - time.time() * 1000) < 5_000

    before_ms = int(machine.state()["at_ms"])
    set_fault(machine, "clock_back")

    assert START_OF_2017_MS <= host() < START_OF_2017_MS + HOUR_MS
    assert int(machine.state()["at_ms"]) >= before_ms

    machine.clear_fault("clock_back")

    assert abs(host() - time.time() * 1000) < 5_000


def test_clock_without_its_file_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ClockError, match="whole milliseconds in"):
        clock.connect(clock.Options(offset_file=str(tmp_path / "none")))


def test_cards_reach_the_reader_in_order(build_machine: BuildMachine) -> None:
    machine = build_machine()
    cards = reader.connect(reader.Options(port=machine.addresses["reader"]))

    machine.lay_card("04a1b2c3")
    machine.lay_card("04ffffff")

    assert [cards.read(1.0), cards.read(1.0), cards.read(0.05)] == ["04a1b2c3", "04ffffff", None]
    cards.close()


def test_cards_laid_before_the_reader_was_opened_are_forgotten(
    build_machine: BuildMachine,
) -> None:
    machine = build_machine()
    machine.lay_card("04a1b2c3")

    cards = reader.connect(reader.Options(port=machine.addresses["reader"]))

    assert cards.read(0.1) is None
    cards.close()


def test_a_reader_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="expected a card reader at"):
        reader.connect(reader.Options(port=str(tmp_path / "none")))


@pytest.mark.parametrize("uid", ["", "04a1b2", "04a1b2c3d", "04a1b2c3\n"])
def test_what_is_no_card_is_refused(build_machine: BuildMachine, uid: str) -> None:
    with pytest.raises(CardError):
        build_machine().lay_card(uid)


def test_linkage_fault_is_refused_where_there_are_no_modes(build_machine: BuildMachine) -> None:
    with pytest.raises(FaultError, match="control modes"):
        set_fault(build_machine(board="lctech"), "linkage_mode_on")


def test_unknown_board_is_refused(build_machine: BuildMachine) -> None:
    with pytest.raises(BoardError, match="waveshare-d"):
        build_machine(board="no-such")


def test_every_sheet_is_a_new_one_of_the_same_page(build_machine: BuildMachine) -> None:
    machine = build_machine()

    first, second, third = machine.lay("rendered"), machine.lay_again(), machine.lay("rendered:2")

    assert first is not None and second is not None and third is not None
    assert len({first.id, second.id, third.id}) == 3
    assert first.photo.split(":")[:3] == second.photo.split(":")[:3] == ["rendered", "1", "1"]
    assert third.photo.split(":")[2] == "2"


def test_a_folder_gives_one_picture_after_another(
    build_machine: BuildMachine, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    for name in ("a.jpg", "b.png", "notes.txt"):
        (folder / name).write_bytes(b"x")
    machine = build_machine(photo="blank")

    laid = [machine.lay(str(folder)) for _ in range(3)]
    again = machine.lay_again()

    assert [Path(sheet.photo).name for sheet in laid if sheet] == ["a.jpg", "b.png", "a.jpg"]
    assert again is not None and Path(again.photo).name == "a.jpg"


@pytest.mark.parametrize("photo", ["no-such.jpg", "rendered:x", "", "/dev/null"])
def test_what_is_no_picture_is_refused_and_the_old_sheet_stays(
    build_machine: BuildMachine, photo: str
) -> None:
    machine = build_machine()

    with pytest.raises(PaperError):
        machine.lay(photo)

    assert machine.scene().page == "rendered:1:1:0"


def test_taking_the_paper_empties_the_tray(build_machine: BuildMachine) -> None:
    machine = build_machine()

    assert machine.lay(None) is None
    assert machine.scene().page is None


def test_trace_orders_line_and_plant_by_one_clock(
    build_machine: BuildMachine, read_trace: ReadTrace
) -> None:
    machine = build_machine()
    machine.lay_again()
    set_fault(machine, "tamper_cut", 0.05)
    wait_until(lambda: not machine.active_faults())

    events = read_trace(machine)

    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    assert [event["kind"] for event in events] == ["start", "paper", "fault", "fault"]
    times = [event["at_ms"] for event in events]
    assert times == sorted(times)
