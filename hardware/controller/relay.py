"""Profile A: an off-the-shelf relay board; the agent counts presses from input edges.

LOCK and PRESS run by the board's own pulse timer, sent once and never again. What became of an
unanswered pulse is judged by reading the board back (`settle`). With a motor the PRESS pulse
drives a cam through one turn; there is no return to command.
"""

from __future__ import annotations

import time
from typing import Final, Literal

from hardware import frames
from hardware.controller.line import Lines, SerialLine
from hardware.controller.options import LineOptions, check_grant
from hardware.controller.presses import PressCounter
from hardware.controller.profiles import BoardProfile, ZeroRegisters, load_board
from hardware.errors import (
    BoardUnsafeError,
    DriverError,
    GrantUnknownError,
    HardwareError,
    LockJammedError,
    LockRefusedError,
    LockSilentError,
)
from hardware.interfaces import Controller, Inputs, Report, Settlement

_INPUTS: Final = frames.read_request(frames.READ_INPUTS, 0, 8)
# A profile B controller answers here with "SEAL"; a relay board refuses with exception 1 or 2.
_PROBE: Final = frames.read_request(frames.READ_INPUT_REGISTERS, 0x9000, 2)
_UNKNOWN: Final = (frames.ILLEGAL_FUNCTION, frames.ILLEGAL_ADDRESS)
# Outputs are read back this often while a pulse may run; inputs at every reading.
_OUTPUTS_EVERY_S: Final = 0.25
# A pulse that the board ends and our clock do not agree better than this.
_PULSE_MARGIN_S: Final = 0.2
# The bolt needs so long to go out, or in, by the spring or the magnet.
_BOLT_S: Final = 0.5
_REST_S: Final = 2.0


class Options(LineOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a relay board.

    Args:
        board: a profile in `boards/`, or a path to one.
        inputs_unit: the unit of a separate input module, None when the board has inputs.
        press_pulse_s: the length of the motor's PRESS pulse.
    """

    board: str = "waveshare-d"
    inputs_unit: int | None = None
    press_pulse_s: float = 1.0


def check(options: Options) -> BoardProfile:
    """Return the board that these options name.

    Raises:
        DriverError: options that may not be used.
    """
    options.check()
    board = load_board(options.board)
    if not board.has_inputs and options.inputs_unit is None:
        raise DriverError(f"expected inputs_unit for {board.title}, which has no inputs of its own")
    if not 0 < options.press_pulse_s <= board.pulse_max_ms / 1000:
        raise DriverError(f"expected press_pulse_s within the board's, found {options}")
    return board


def connect(options: Options, lines: Lines | None = None) -> Controller:
    """Return the controller behind the port, which is opened exclusively and not yet started.

    Args:
        lines: the machine's lines, where several controllers share one.

    Raises:
        DriverError: options that may not be used.
        LockSilentError: the port cannot be opened.
    """
    board = check(options)
    line = (lines or Lines()).of(options.port, options.baud, options.timeout_s)
    return RelayController(options, board, line)


class RelayController:
    """See `Controller`; owns its line."""

    def __init__(self, options: Options, board: BoardProfile, line: SerialLine) -> None:
        self._options = options
        self._board = board
        self._line = line
        self._inputs_unit = options.unit if options.inputs_unit is None else options.inputs_unit
        self._presses = PressCounter(_now_ms())
        self._granted_s: float | None = None  # when the last pulse was sent, monotonic
        self._pulse_s = 0.0
        self._unanswered = False
        self._lock_on = False
        self._outputs_s = 0.0
        self._lamps: dict[int, bool] = {}

    @property
    def profile(self) -> Literal["A", "B"]:
        """A: no counter of its own."""
        return "A"

    def start(self) -> Report:
        """See `Controller.start`; a mode register that was set is said as `mode-was-set`."""
        self.lock()
        self._probe()
        alarms = tuple(
            "mode-was-set" for block in self._board.zero_registers if self._make_zero(block)
        )
        self.lock()
        outputs = self._read_outputs()
        if any(outputs):
            raise BoardUnsafeError(
                f"expected every output off after switching off, found {outputs}; the technician "
                "changes the board"
            )
        self._granted_s = None
        self._presses.restart(_now_ms())
        report = self.read()
        return Report(
            inputs=report.inputs,
            presses=0,
            pressing=report.pressing,
            strokes=None,
            unlocked=False,
            blind_ms=0,
            alarms=(*alarms, *report.alarms),
        )

    def read(self) -> Report:
        """See `Controller.read`."""
        inputs = self._read_inputs()
        if self._window_may_run() and time.monotonic() - self._outputs_s > _OUTPUTS_EVERY_S:
            self._read_outputs()
        unlocked = self._lock_on and self._window_may_run()
        alarms = [] if inputs.tamper_ok else ["tamper"]
        if unlocked and not inputs.door_closed:
            alarms.append("door")
        return Report(
            inputs=inputs,
            presses=self._presses.presses,
            pressing=self._presses.pressing,
            strokes=None,
            unlocked=unlocked,
            blind_ms=self._presses.blind_ms,
            alarms=tuple(alarms),
        )

    def grant(self, job: bytes, window_s: float) -> None:
        """See `Controller.grant`; the board knows no jobs, so `job` stays in the journal."""
        check_grant(job, window_s)
        self._pulse_s = window_s
        self._presses.restart(_now_ms())
        self._granted_s = time.monotonic()
        self._lock_on = self._unanswered = True
        try:
            self._pulse(self._board.outputs.lock, window_s)
            if self._options.mechanics == "motor":
                self._run_press()
            self._unanswered = False
        except (LockRefusedError, LockJammedError):
            self._granted_s, self._unanswered = None, False
            self.lock()
            raise

    def open_hatch(self, job: bytes, pulse_s: float) -> None:
        """See `Controller.open_hatch`; the board knows no jobs, so `job` stays in the journal."""
        check_grant(job, pulse_s)
        self._pulse(self._board.outputs.hatch, pulse_s)

    def lock(self) -> None:
        """See `Controller.lock`; also the work light and lamps go off."""
        for pdu in self._board.words.off(self._board.channels):
            reply = self._line.ask_again(self._options.unit, pdu)
            if reply.exception is not None:
                raise BoardUnsafeError(
                    f"expected the board to switch off, found exception {reply.exception}; "
                    f"the technician checks that it is a {self._board.title}"
                )
        self._lock_on = False
        self._lamps.clear()

    def settle(self, strokes_before: int | None, window_s: float) -> Settlement:
        """See `Controller.settle`; after a restart nothing can be proved on profile A.

        It switches off at once, but after an unanswered grant: then it reads the board back, and
        if the pulse runs it watches the one press that was granted; so it may last `window_s`
        and 2.5 s more.
        """
        if self._granted_s is None:
            self.lock()
            return self._unprovable(0, window_s)
        if self._unanswered:
            if self._never_received():
                self.lock()
                return Settlement(minimum=0, maximum=0, evidence="not-received")
            self._watch_window()
        self.lock()
        self._wait_for_rest()
        return self._judge(window_s)

    def acknowledge(self, alarms: tuple[str, ...]) -> bool:
        """See `Controller.acknowledge`; a relay board latches nothing."""
        return True

    def signal(self, *, ok: bool = False, alarm: bool = False, light: bool = False) -> None:
        """See `Controller.signal`."""
        out = self._board.outputs
        for channel, on in ((out.led_ok, ok), (out.led_alarm, alarm), (out.light, light)):
            if self._lamps.get(channel, False) == on:
                continue
            try:
                self._line.ask(self._options.unit, self._board.words.lamp(channel, on))
                self._lamps[channel] = on
            except HardwareError:
                self._lamps.pop(channel, None)

    def stop(self) -> None:
        """See `Controller.stop`."""
        try:
            self.lock()
        except HardwareError:
            pass  # the pulse ends by the board's own timer
        finally:
            self._line.close()

    def _probe(self) -> None:
        """Make sure that this is a relay board and not a controller of profile B."""
        try:
            reply = self._line.ask_again(self._options.unit, _PROBE)
        except LockSilentError:
            if self._board.answers_unknown_functions:
                raise
            return
        if reply.exception not in _UNKNOWN:
            raise BoardUnsafeError(
                f"expected {self._board.title} to refuse register 9000, found {reply}; "
                "the technician checks driver and board in the configuration"
            )

    def _make_zero(self, block: ZeroRegisters) -> bool:
        """Write zeros and read them back; True when something else stood there before."""
        read = frames.read_request(frames.READ_HOLDING, block.address, block.count)
        before = self._line.ask_again(self._options.unit, read)
        zeros = (0,) * block.count
        self._line.ask_again(self._options.unit, frames.write_registers(block.address, zeros))
        after = self._line.ask_again(self._options.unit, read)
        if after.values != zeros:
            raise BoardUnsafeError(
                f"expected 0 in registers {block.address:#06x} ff. ({block.why}), found {after}; "
                "the technician sets them to 0"
            )
        return before.values != zeros

    def _read_inputs(self) -> Inputs:
        reply = self._line.ask_again(self._inputs_unit, _INPUTS)
        if reply.exception is not None:
            raise LockSilentError(f"expected inputs, found exception {reply.exception}")
        inputs = self._board.inputs_from(reply.values)
        self._presses.see(inputs, _now_ms())
        return inputs

    def _read_outputs(self) -> tuple[int, ...]:
        reply = self._line.ask_again(self._options.unit, self._board.words.outputs)
        if reply.exception is not None:
            raise LockSilentError(f"expected outputs, found exception {reply.exception}")
        self._outputs_s = time.monotonic()
        self._lock_on = bool(reply.values[self._board.outputs.lock])
        return reply.values

    def _pulse(self, channel: int, length_s: float) -> None:
        """Send one pulse, once; the board ends it. Never longer than asked, but one step."""
        step_ms = self._board.pulse_step_ms
        length_ms = max(step_ms, int(length_s * 1000 + 0.5) // step_ms * step_ms)
        try:
            reply = self._line.ask(self._options.unit, self._board.words.pulse(channel, length_ms))
        except LockSilentError as error:
            raise GrantUnknownError(f"the pulse went out and no answer came: {error}") from error
        if reply.exception is not None:
            raise LockRefusedError(
                f"exception-{reply.exception}",
                f"expected the board to take a pulse, found exception {reply.exception}",
            )

    def _run_press(self) -> None:
        """Once the bolt is in, run the motor for one stroke."""
        deadline = time.monotonic() + _BOLT_S
        while self._read_inputs().bolt_out:
            if time.monotonic() > deadline:
                raise LockJammedError("expected the bolt in within 0.5 s, found it out")
        self._pulse(self._board.outputs.press, self._options.press_pulse_s)

    def _window_may_run(self) -> bool:
        if self._granted_s is None:
            return False
        return time.monotonic() < self._granted_s + self._pulse_s + _PULSE_MARGIN_S

    def _never_received(self) -> bool:
        """LOCK reads off while the pulse would still run, and the bolt never left its place."""
        assert self._granted_s is not None
        try:
            lock_on = self._read_outputs()[self._board.outputs.lock]
            asked_s = time.monotonic()
            inputs = self._read_inputs()
        except LockSilentError:
            return False
        in_time = asked_s < self._granted_s + self._pulse_s - _PULSE_MARGIN_S
        touched = self._presses.presses or self._presses.pressing or self._presses.bolt_left
        return bool(in_time and not lock_on and not touched and inputs.bolt_out)

    def _watch_window(self) -> None:
        """Read until the granted press is over, the pulse is, or something is wrong."""
        while self._window_may_run():
            try:
                report = self.read()
            except LockSilentError:
                continue
            safe = report.inputs.door_closed and report.inputs.tamper_ok
            if report.presses or not safe or not self._lock_on:
                return

    def _wait_for_rest(self) -> None:
        """Read until the press is at its top and the bolt is out, for a while at most."""
        deadline = time.monotonic() + _REST_S
        while time.monotonic() < deadline:
            try:
                inputs = self._read_inputs()
            except LockSilentError:
                continue
            if inputs.press_top and inputs.bolt_out:
                return

    def _judge(self, window_s: float) -> Settlement:
        """Edges are proof unless a gap between readings could hold a press, or one still goes."""
        seen = self._presses
        if seen.pressing:
            return self._unprovable(seen.presses, window_s)
        hidden = seen.possible + self._options.presses_within(seen.blind_ms)
        if hidden:
            most = max(seen.presses, self._most(window_s))
            return Settlement(
                minimum=seen.presses,
                maximum=min(seen.presses + hidden, most),
                evidence="unprovable",
            )
        return Settlement(minimum=seen.presses, maximum=seen.presses, evidence="edges")

    def _unprovable(self, minimum: int, window_s: float) -> Settlement:
        maximum = max(minimum, self._most(window_s))
        return Settlement(minimum=minimum, maximum=maximum, evidence="unprovable")

    def _most(self, window_s: float) -> int:
        """Return how many presses the window could hold; a motor pulse holds one."""
        if self._options.mechanics == "motor":
            return 1
        return max(1, self._options.presses_within(1000 * (window_s + _PULSE_MARGIN_S)))


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
