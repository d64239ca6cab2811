"""The real drivers against simulated machines, judged by the plant and the trace alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from hardware.controller import mcu, relay
from hardware.errors import BoardUnsafeError, GrantUnknownError, LockRefusedError, LockSilentError
from hardware.interfaces import Controller, LockState, Report
from sim.faults import Scope
from sim.machine import SimMachine
from sim.mechanics import Mechanics

BuildMachine = Callable[..., SimMachine]
ReadTrace = Callable[[SimMachine], list[dict[str, Any]]]
Connect = Callable[[SimMachine], Controller]

JOB = bytes(range(16))
WINDOW_S = 3.0

both = pytest.mark.parametrize("profile", ["A", "B"])
pytestmark = pytest.mark.slow


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that connects and starts the driver of a machine's profile."""
    connected: list[Controller] = []

    def build(machine: SimMachine) -> Controller:
        port = machine.addresses["serial"]
        mechanics: Literal["hand", "motor"] = machine.options.mechanics.value
        driver: Controller
        if machine.options.profile == "A":
            board = machine.options.board
            driver = relay.connect(
                relay.Options(
                    port=port,
                    board=board,
                    inputs_unit=2 if board == "r421a08" else None,
                    mechanics=mechanics,
                    simulator=True,
                )
            )
        else:
            key = machine.addresses["machine_key"]
            driver = mcu.connect(
                mcu.Options(port=port, machine_key=key, mechanics=mechanics, simulator=True)
            )
        connected.append(driver)
        driver.start()
        return driver

    yield build
    for driver in connected:
        driver.stop()


def wait_for(driver: Controller, condition: Callable[[Report], bool]) -> Report:
    deadline = time.monotonic() + 10
    while True:
        report = driver.read()
        if condition(report):
            return report
        assert time.monotonic() < deadline, f"not met in time: {report}"


def opened(machine: SimMachine, driver: Controller, window_s: float = WINDOW_S) -> None:
    driver.grant(JOB, window_s)
    wait_for(driver, lambda report: report.inputs.lock is LockState.OPEN)
    while not machine.state()["open"]:
        time.sleep(0.005)


def truth(machine: SimMachine) -> int:
    return int(machine.state()["presses"])


def press_when_open(machine: SimMachine) -> threading.Thread:
    """A clerk who presses as soon as the lever is free."""

    def press() -> None:
        deadline = time.monotonic() + 5
        while not machine.press_lever().down and time.monotonic() < deadline:
            time.sleep(0.01)

    clerk = threading.Thread(target=press)
    clerk.start()
    return clerk


def lose(machine: SimMachine, name: str) -> None:
    machine.set_fault(name, count=1, seconds=None, scope=Scope.MOVES)


@both
def test_a_started_machine_is_locked_and_good(
    build_machine: BuildMachine, connect: Connect, profile: str
) -> None:
    report = connect(build_machine(profile=profile)).read()

    assert report.inputs.lock is LockState.LOCKED
    assert report.inputs.press_top and report.inputs.paper and report.inputs.seal_present
    assert not report.unlocked
    assert report.alarms == ()


@both
def test_one_grant_gives_one_impression_and_then_the_lever_is_blocked(
    build_machine: BuildMachine, connect: Connect, profile: str
) -> None:
    machine = build_machine(profile=profile)
    driver = connect(machine)
    opened(machine, driver)
    clerk = press_when_open(machine)
    report = wait_for(driver, lambda now: now.presses == 1 and not now.pressing)
    driver.lock()
    clerk.join()

    wait_for(driver, lambda now: now.inputs.bolt_out)

    assert not machine.press_lever().down
    assert truth(machine) == report.presses == 1


@both
def test_grant_without_a_press_leaves_none(
    build_machine: BuildMachine, connect: Connect, profile: str
) -> None:
    machine = build_machine(profile=profile)
    driver = connect(machine)
    opened(machine, driver, window_s=0.5)

    settled = driver.settle(0 if profile == "B" else None, 0.5)

    assert truth(machine) == 0
    assert (settled.minimum, settled.maximum) == (0, 0)


@both
def test_bolt_is_out_within_pulse_and_200_ms_when_the_agent_falls_silent(
    build_machine: BuildMachine, connect: Connect, read_trace: ReadTrace, profile: str
) -> None:
    machine = build_machine(profile=profile)
    connect(machine).grant(JOB, 1.0)

    time.sleep(1.5)

    events = read_trace(machine)
    (grant,) = (event for event in events if event["kind"] == "rx" and event["moves"])
    after = [event for event in events if event["n"] > grant["n"]]
    bolt = [event for event in after if event["kind"] == "bolt"]
    assert [event["is"] for event in bolt] == [False, True]
    assert bolt[1]["at_ms"] - grant["at_ms"] <= 1000 + 200


@both
def test_a_lost_reply_to_the_grant_gives_exactly_one_impression(
    build_machine: BuildMachine, connect: Connect, read_trace: ReadTrace, profile: str
) -> None:
    machine = build_machine(profile=profile)
    driver = connect(machine)
    before = driver.read().strokes
    lose(machine, "no_reply")
    clerk = press_when_open(machine)

    grant_unless_unknown(driver)
    settled = driver.settle(before, WINDOW_S)
    clerk.join()

    executed = [
        event
        for event in read_trace(machine)
        if event["kind"] == "rx" and event["moves"] and not event["lost"]
    ]
    assert len(executed) == 1
    assert truth(machine) == 1
    assert settled.minimum <= 1 <= settled.maximum
    assert profile == "A" or settled.evidence == "counter"


@both
@pytest.mark.parametrize("fault", ["bad_crc", "half_frame", "wrong_unit", "late_reply"])
def test_a_spoilt_reply_to_the_grant_never_makes_a_second_impression(
    build_machine: BuildMachine,
    connect: Connect,
    read_trace: ReadTrace,
    profile: str,
    fault: str,
) -> None:
    machine = build_machine(profile=profile)
    driver = connect(machine)
    before = driver.read().strokes
    lose(machine, fault)
    clerk = press_when_open(machine)

    grant_unless_unknown(driver)
    settled = driver.settle(before, WINDOW_S)
    clerk.join()

    rises = [
        event for event in read_trace(machine) if event["kind"] == "bolt" and event["is"] is False
    ]
    assert len(rises) == 1
    assert settled.minimum <= truth(machine) == 1 <= settled.maximum


def grant_unless_unknown(driver: Controller) -> None:
    """Profile B asks what became of its command; profile A may only say that it does not know."""
    try:
        driver.grant(JOB, WINDOW_S)
    except GrantUnknownError:
        assert driver.profile == "A"


def test_a_lost_request_on_a_is_proved_not_received(
    build_machine: BuildMachine, connect: Connect
) -> None:
    machine = build_machine()
    driver = connect(machine)
    lose(machine, "request_lost")

    with pytest.raises(GrantUnknownError):
        driver.grant(JOB, WINDOW_S)
    settled = driver.settle(None, WINDOW_S)

    assert (settled.minimum, settled.maximum, settled.evidence) == (0, 0, "not-received")
    assert truth(machine) == 0


def test_linkage_mode_that_reads_back_is_refused(
    build_machine: BuildMachine, connect: Connect
) -> None:
    machine = build_machine()
    machine.set_fault("linkage_mode_on", count=None, seconds=None, scope=Scope.ANY)

    with pytest.raises(BoardUnsafeError):
        connect(machine)


@both
def test_a_silent_line_is_said(build_machine: BuildMachine, connect: Connect, profile: str) -> None:
    machine = build_machine(profile=profile)
    driver = connect(machine)
    machine.set_fault("no_reply", count=None, seconds=None, scope=Scope.ANY)

    with pytest.raises(LockSilentError):
        driver.read()

    machine.clear_fault("no_reply")

    assert driver.read().inputs.bolt_out


@both
def test_a_double_strike_is_never_settled_as_one(
    build_machine: BuildMachine, connect: Connect, profile: str
) -> None:
    machine = build_machine(profile=profile)
    driver = connect(machine)
    machine.set_fault("double_strike", count=1, seconds=None, scope=Scope.ANY)
    opened(machine, driver)
    clerk = press_when_open(machine)
    wait_for(driver, lambda now: now.presses >= 1 and not now.pressing)
    clerk.join()

    settled = driver.settle(0 if profile == "B" else None, WINDOW_S)

    assert truth(machine) == 2
    assert settled.minimum <= 2 <= settled.maximum
    assert profile == "A" or (settled.minimum, settled.evidence) == (2, "counter")


@both
def test_a_jammed_bolt_makes_no_press_possible(
    build_machine: BuildMachine, connect: Connect, profile: str
) -> None:
    machine = build_machine(profile=profile)
    driver = connect(machine)
    machine.set_fault("lock_jam", count=1, seconds=None, scope=Scope.ANY)

    driver.grant(JOB, 0.5)
    time.sleep(0.3)

    assert not machine.press_lever().down
    assert driver.read().inputs.bolt_out


@both
def test_a_stuck_relay_shows_the_bolt_missing_after_the_pulse(
    build_machine: BuildMachine, connect: Connect, profile: str
) -> None:
    machine = build_machine(profile=profile)
    driver = connect(machine)
    machine.set_fault("stuck_relay", count=None, seconds=None, scope=Scope.ANY)
    opened(machine, driver)

    driver.lock()
    time.sleep(0.5)

    assert driver.read().inputs.lock is LockState.OPEN


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("paper_missing", "no-paper"),
        ("seal_missing", "no-seal"),
        ("door_forced", "door-open"),
        ("tamper_cut", "tamper"),
    ],
)
def test_firmware_refuses_what_the_plant_forbids(
    build_machine: BuildMachine, connect: Connect, fault: str, reason: str
) -> None:
    machine = build_machine(profile="B")
    driver = connect(machine)
    machine.set_fault(fault, count=None, seconds=None, scope=Scope.ANY)
    time.sleep(0.05)

    with pytest.raises(LockRefusedError) as refused:
        driver.grant(JOB, WINDOW_S)

    assert refused.value.reason in (reason, "alarm")
    assert machine.state()["bolt_out"] is True


def test_firmware_counts_a_press_that_a_power_cut_interrupts(
    build_machine: BuildMachine, connect: Connect
) -> None:
    machine = build_machine(profile="B")
    driver = connect(machine)
    opened(machine, driver)
    clerk = press_when_open(machine)
    while truth(machine) == 0:
        time.sleep(0.005)
    machine.set_fault("power_cut", count=None, seconds=1.0, scope=Scope.ANY)
    clerk.join()
    while machine.active_faults():
        time.sleep(0.05)

    settled = driver.settle(0, WINDOW_S)

    assert truth(machine) == 1
    assert settled.minimum <= 1 <= settled.maximum
    assert driver.read().strokes == 1


@both
def test_a_motor_press_stamps_once_by_itself(
    build_machine: BuildMachine, connect: Connect, profile: str
) -> None:
    machine = build_machine(profile=profile, mechanics=Mechanics.MOTOR)
    driver = connect(machine)

    driver.grant(JOB, WINDOW_S)
    report = wait_for(driver, lambda now: now.presses == 1 and not now.pressing)
    driver.lock()
    wait_for(driver, lambda now: now.inputs.bolt_out)

    assert truth(machine) == report.presses == 1


@pytest.mark.parametrize("board", ["waveshare-d", "lctech", "r421a08"])
def test_every_board_grants_one_press(
    build_machine: BuildMachine, connect: Connect, board: str
) -> None:
    machine = build_machine(board=board)
    driver = connect(machine)
    opened(machine, driver)
    clerk = press_when_open(machine)

    wait_for(driver, lambda now: now.presses == 1 and not now.pressing)
    driver.lock()
    clerk.join()
    wait_for(driver, lambda now: now.inputs.bolt_out)

    assert truth(machine) == 1
    assert not any(machine.state()["outputs"].values())
