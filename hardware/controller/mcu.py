"""Profile B: a microcontroller with its own stroke counter, interlocks and MAC-checked grants.

A grant is: limits, job, MAC, ARM, then UNLOCK (or STROKE with a motor), each command with the
next sequence number. The firmware takes a number once, so an unanswered command is settled by
reading the number back and, where it never arrived, written again under the same number.
The stroke counter is the proof of what a grant became.
"""

from __future__ import annotations

import contextlib
import hmac
import struct
import time
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from hardware import frames
from hardware.controller.line import Lines, SerialLine
from hardware.controller.machine_key import load_machine_key
from hardware.controller.options import LineOptions, check_grant
from hardware.errors import (
    BoardUnsafeError,
    DriverError,
    GrantUnknownError,
    HardwareError,
    LockRefusedError,
    LockSilentError,
)
from hardware.firmware import registers as r
from hardware.interfaces import Controller, Inputs, Report, Settlement

MAP_VERSION: Final = 1
# MAC over: text, nonce, job, strokes, time to live, unique id (machine contract).
_MAC_TEXT: Final = b"SEAL1"
# ARM and UNLOCK follow each other; this is what their frames may take on a slow line.
_ARM_SLACK_S: Final = 2
_ARM_LIFE_S: Final = 30
_HATCH_LIFE_S: Final = 5
_PRESS_PULSE: Final = 20  # x100 ms
_ATTEMPTS: Final = 3
_REST_S: Final = 2.0
_UNCERTAIN: Final = "power-lost-pressing"
_IDENTITY: Final = frames.read_request(frames.READ_INPUT_REGISTERS, r.MAGIC, 10)
_STATUS: Final = frames.read_request(frames.READ_INPUT_REGISTERS, r.STATUS, 16)
_NONCE: Final = frames.read_request(frames.READ_INPUT_REGISTERS, r.NONCE, 8)
_INPUTS: Final = frames.read_request(frames.READ_INPUTS, 0, 8)
# The command and number last taken, its result and reason.
_ANSWER: Final = frames.read_request(frames.READ_HOLDING, r.COMMAND + 1, 4)
_ALL_OFF: Final = frames.write_coil(r.ALL_COILS, frames.COIL_OFF)


class Options(LineOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a profile B controller.

    Args:
        machine_key: path of the 32-byte key shared with the controller, mode 0600.
        watchdog_s: how long the controller waits for the agent before outputs drop, 0.1..10.
    """

    machine_key: str
    watchdog_s: float = 2.0


def check(options: Options) -> bytes:
    """Return the machine key that these options name.

    Raises:
        DriverError: options that may not be used, or a key file that may not be trusted.
    """
    options.check()
    if not 0.1 <= options.watchdog_s <= 10:
        raise DriverError(f"expected watchdog_s of 0.1..10, found {options.watchdog_s}")
    return load_machine_key(Path(options.machine_key))


def connect(options: Options, lines: Lines | None = None) -> Controller:
    """Return the controller behind the port, which is opened exclusively and not yet started.

    Args:
        lines: the machine's lines, where several controllers share one.

    Raises:
        DriverError: as `check`.
        LockSilentError: the port cannot be opened.
    """
    key = check(options)
    line = (lines or Lines()).of(options.port, options.baud, options.timeout_s)
    return McuController(options, key, line)


class _Status(Struct, frozen=True):
    """Registers 9010..901F."""

    state: int
    fault: int
    alarms: int
    boots: int
    strokes: int

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for bit, word in enumerate(r.ALARMS) if self.alarms >> bit & 1)


class McuController:
    """See `Controller`; owns its line and the machine key."""

    def __init__(self, options: Options, key: bytes, line: SerialLine) -> None:
        self._options = options
        self._key = key
        self._line = line
        self._unique_id = b""
        self._boots = 0
        self._base = 0  # the stroke counter at the last grant, or at start
        self._unanswered = False
        self._beat = time.monotonic_ns() // 1_000_000 % 0xFFFF  # another than the last run's
        self._beat_s = 0.0
        self._read_s = time.monotonic()
        self._blind_ms = 0
        self._lamps: dict[int, bool] = {}

    @property
    def profile(self) -> Literal["A", "B"]:
        """B: the controller counts."""
        return "B"

    def start(self) -> Report:
        """See `Controller.start`; alarms that were latched before stay so until `acknowledge`.

        `power-lost-pressing` is said here alone: `settle` knows it until the next grant.
        """
        self.lock()
        self._identify()
        with contextlib.suppress(LockRefusedError):  # a stroke still ends; a grant writes them
            self._configure(1)
        status = self._status()
        self._boots, self._base = status.boots, status.strokes
        self._read_s, self._blind_ms = time.monotonic(), 0
        self._unanswered = False
        return self._report(status, self._inputs(), status.words)

    def read(self) -> Report:
        """See `Controller.read`; it also keeps the controller's watchdog from running out."""
        self._keep_alive()
        status = self._status()
        inputs = self._inputs()
        now = time.monotonic()
        self._blind_ms = max(self._blind_ms, int(1000 * (now - self._read_s)))
        self._read_s = now
        alarms = tuple(word for word in status.words if word != _UNCERTAIN)
        return self._report(status, inputs, alarms)

    def grant(self, job: bytes, window_s: float) -> None:
        """See `Controller.grant`.

        A LockSilentError that is no GrantUnknownError: nothing that moves was sent.
        """
        check_grant(job, window_s)
        life_s = min(_ARM_LIFE_S, int(window_s) + 1 + _ARM_SLACK_S)
        status = self._status()
        self._base = status.strokes
        self._configure(max(1, int(window_s * 10 + 0.5)))
        try:
            self._arm(job, life_s)
        except LockRefusedError as refused:
            if refused.reason != "bad-mac":
                raise
            self._arm(job, life_s)  # the nonce ran out between reading and using it
        self._read_s, self._blind_ms = time.monotonic(), 0
        motor = self._options.mechanics == "motor"
        self._unanswered = True
        try:
            self._command(r.STROKE_NOW if motor else r.UNLOCK)
            self._unanswered = False
        except LockRefusedError:
            self._unanswered = False
            raise
        except LockSilentError as error:
            raise GrantUnknownError(f"UNLOCK went out and no answer came: {error}") from error

    def open_hatch(self, job: bytes, pulse_s: float) -> None:
        """See `Controller.open_hatch`: a grant for SERVICE, then the pulse, which is sent once."""
        check_grant(job, pulse_s)
        self._configure(1)
        try:
            self._arm(job, _HATCH_LIFE_S)
        except LockRefusedError as refused:
            if refused.reason != "bad-mac":
                raise
            self._arm(job, _HATCH_LIFE_S)
        self._command(r.ENTER_SERVICE)
        pulse = frames.write_coil(r.PULSE + r.HATCH, int(pulse_s * 10 + 0.5))
        try:
            reply = self._line.ask(self._options.unit, pulse)
        except LockSilentError as error:
            raise GrantUnknownError(f"HATCH went out and no answer came: {error}") from error
        if reply.exception is not None:
            raise LockRefusedError(
                f"exception-{reply.exception}", "expected the hatch's pulse taken, found it refused"
            )

    def lock(self) -> None:
        """See `Controller.lock`; also the work light and lamps go off."""
        reply = self._line.ask_again(self._options.unit, _ALL_OFF)
        if reply.exception is not None:
            raise BoardUnsafeError(
                f"expected the controller to switch off, found exception {reply.exception}; "
                "the technician checks driver and unit"
            )
        self._lamps.clear()

    def settle(self, strokes_before: int | None, window_s: float) -> Settlement:
        """See `Controller.settle`.

        It switches off at once, but after an unanswered grant: then what was granted may run its
        course, so that it may last `window_s` and 2 s more.
        """
        if not self._unanswered:
            self.lock()
        self._wait_for_rest(window_s)
        self.lock()
        status, pressing = self._status(), not self._inputs().press_top
        if strokes_before is None or status.fault or status.strokes < strokes_before:
            return self._unprovable(window_s)
        strokes = status.strokes - strokes_before
        if pressing or _UNCERTAIN in status.words:
            return Settlement(minimum=strokes, maximum=strokes + 1, evidence="unprovable")
        return Settlement(minimum=strokes, maximum=strokes, evidence="counter")

    def acknowledge(self, alarms: tuple[str, ...]) -> bool:
        """See `Controller.acknowledge`; the firmware refuses where an alarm came meanwhile."""
        latched = {word for word in self._status().words if word != _UNCERTAIN}
        if not latched <= set(alarms):
            return False
        if latched:
            try:
                self._command(r.ACK)
            except LockRefusedError:
                return False
        return True

    def signal(self, *, ok: bool = False, alarm: bool = False, light: bool = False) -> None:
        """See `Controller.signal`."""
        for coil, on in ((r.LED_OK, ok), (r.LED_ALARM, alarm), (r.LIGHT, light)):
            if self._lamps.get(coil, False) == on:
                continue
            pdu = frames.write_coil(coil, frames.COIL_ON if on else frames.COIL_OFF)
            try:
                self._line.ask(self._options.unit, pdu)
                self._lamps[coil] = on
            except HardwareError:
                self._lamps.pop(coil, None)

    def stop(self) -> None:
        """See `Controller.stop`."""
        try:
            self.lock()
        except HardwareError:
            pass  # the watchdog drops the outputs
        finally:
            self._line.close()

    def _identify(self) -> None:
        reply = self._line.ask_again(self._options.unit, _IDENTITY)
        if reply.values[:3] != (*r.MAGIC_WORDS, MAP_VERSION):
            raise BoardUnsafeError(
                f"expected a seal controller with map version {MAP_VERSION} at unit "
                f"{self._options.unit}, found {reply}; the technician checks driver and unit"
            )
        self._unique_id = struct.pack(">4H", *reply.values[6:10])

    def _configure(self, lock_pulse: int) -> None:
        """Write the limits 9200..9204; the heartbeat in between counts as one."""
        self._beat = self._beat % 0xFFFF + 1
        watchdog = int(self._options.watchdog_s * 10 + 0.5)
        words = (watchdog, self._beat, lock_pulse, _PRESS_PULSE, _ARM_LIFE_S)
        reply = self._line.ask_again(self._options.unit, frames.write_registers(r.CONFIG, words))
        if reply.exception == frames.DEVICE_BUSY:
            raise LockRefusedError("busy", "expected a locked controller, found it granted")
        if reply.exception is not None:
            raise BoardUnsafeError(
                f"expected the limits {words} to be taken, found exception {reply.exception}"
            )
        self._beat_s = time.monotonic()

    def _keep_alive(self) -> None:
        """Write a new heartbeat when a quarter of the watchdog's time has gone."""
        if time.monotonic() - self._beat_s < self._options.watchdog_s / 4:
            return
        self._beat = self._beat % 0xFFFF + 1
        pdu = frames.write_register(r.HEARTBEAT, self._beat)
        self._line.ask_again(self._options.unit, pdu)
        self._beat_s = time.monotonic()

    def _words(self, pdu: bytes) -> tuple[int, ...]:
        reply = self._line.ask_again(self._options.unit, pdu)
        if reply.exception is not None:
            raise LockSilentError(
                f"expected registers for {pdu.hex()}, found exception {reply.exception}"
            )
        return reply.values

    def _status(self) -> _Status:
        words = self._words(_STATUS)
        return _Status(
            state=words[0],
            fault=words[1],
            alarms=words[2],
            boots=words[6] << 16 | words[7],
            strokes=words[8] << 16 | words[9],
        )

    def _inputs(self) -> Inputs:
        bits = self._words(_INPUTS)
        names = Inputs.__struct_fields__
        return Inputs(**{name: bool(bit) for name, bit in zip(names, bits, strict=True)})

    def _report(self, status: _Status, inputs: Inputs, alarms: tuple[str, ...]) -> Report:
        more = (
            ("fault", status.state == r.FAULT),
            ("reset", status.boots != self._boots),
        )
        return Report(
            inputs=inputs,
            presses=max(0, status.strokes - self._base),
            pressing=status.state == r.STROKE or not inputs.press_top,
            strokes=status.strokes,
            unlocked=status.state in (r.OPEN, r.STROKE),
            blind_ms=self._blind_ms,
            alarms=alarms + tuple(word for word, holds in more if holds),
        )

    def _arm(self, job: bytes, life_s: int) -> None:
        """Write the grant under the nonce of this moment, then ARM."""
        nonce = struct.pack(">8H", *self._words(_NONCE))
        terms = job + struct.pack(">HH", 1, life_s)
        mac = hmac.digest(self._key, _MAC_TEXT + nonce + terms + self._unique_id, "sha256")
        words = struct.unpack(">32H", terms + bytes(12) + mac)
        reply = self._line.ask_again(self._options.unit, frames.write_registers(r.GRANT, words))
        if reply.exception is not None:
            raise LockRefusedError(
                f"exception-{reply.exception}", "expected the grant to be taken, found it refused"
            )
        self._command(r.ARM)

    def _command(self, command: int) -> None:
        """Have `command` done once; return when the controller says that it took it.

        Raises:
            LockRefusedError: it was rejected, nothing moved.
            LockSilentError: nobody can say whether it arrived.
        """
        sequence = self._words(_ANSWER)[1] % 0xFFFF + 1
        pdu = frames.write_registers(r.COMMAND, (sequence, command))
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(LockSilentError):
                reply = self._line.ask(self._options.unit, pdu)
                if reply.exception is not None:
                    raise LockRefusedError(
                        f"exception-{reply.exception}",
                        f"expected command {command} to be taken, found its number refused",
                    )
            taken, number, result, reason = self._words(_ANSWER)
            if (taken, number) == (command, sequence):
                _check_result(command, result, reason)
                return
        raise LockSilentError(f"expected command number {sequence} taken, found it never was")

    def _wait_for_rest(self, window_s: float) -> Report:
        """Read until the controller is locked and at rest, at most a little over the window."""
        deadline = time.monotonic() + window_s + _REST_S
        report = self.read()
        while report.unlocked or report.pressing or not report.inputs.bolt_out:
            if time.monotonic() > deadline:
                break
            report = self.read()
        return report

    def _unprovable(self, window_s: float) -> Settlement:
        most = self._options.presses_within(1000 * window_s)
        return Settlement(minimum=0, maximum=max(1, most), evidence="unprovable")


def _check_result(command: int, result: int, reason: int) -> None:
    if result != r.REJECTED:
        return
    word = r.REASONS[reason] if reason < len(r.REASONS) else f"reason-{reason}"
    raise LockRefusedError(
        word, f"expected the controller to take command {command}, found it rejected: {word}"
    )
