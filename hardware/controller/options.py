"""Options that every controller driver takes, and the gate before a motor.

A motor press stays in the simulator until the configuration names the hard-wired emergency
stop and the interlocked guard that cut its power without software.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hardware.errors import DriverError


class LineOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The serial line, the unit and the mechanics.

    Args:
        port: serial device path.
        baud: bits per second.
        unit: the controller's address, 1..247.
        timeout_s: how long it may take to answer, the frames' own time not counted; the time
            without sight after a lost answer, so well under `stroke_ms`.
        mechanics: `hand` (LOCK frees the lever) or `motor` (LOCK, then the press runs).
        stroke_ms: the shortest time of one full press, measured at commissioning; what a gap
            without readings may hide and what a window may hold are reckoned with it.
        emergency_stop: where the hard-wired emergency stop sits; a motor needs one.
        guard: where the interlocked guard sits; a motor needs one.
        simulator: this is no real machine, nobody can be hurt.
    """

    port: str
    baud: int = 9600
    unit: int = 1
    timeout_s: float = 0.25
    mechanics: Literal["hand", "motor"] = "hand"
    stroke_ms: int = 500
    emergency_stop: str = ""
    guard: str = ""
    simulator: bool = False

    def check(self) -> None:
        """Raise DriverError unless these options may be used at all."""
        if not 1 <= self.unit <= 247:
            raise DriverError(f"expected a unit of 1..247, found {self.unit}")
        if not (self.timeout_s > 0 and self.stroke_ms > 0 and self.baud > 0):
            raise DriverError("expected timeout_s, stroke_ms and baud over 0")
        named = self.emergency_stop.strip() and self.guard.strip()
        if self.mechanics == "motor" and not (named or self.simulator):
            raise DriverError(
                "expected emergency_stop and guard to name the hard-wired emergency stop and the "
                "interlocked guard of the motor press, found none; the technician fits them first"
            )

    def presses_within(self, time_ms: float) -> int:
        """Return how many full presses fit into `time_ms`, the last one perhaps still going."""
        return int(time_ms // self.stroke_ms)


def check_grant(job: bytes, window_s: float) -> None:
    """Raise ValueError unless `job` and `window_s` are what `Controller.grant` takes."""
    if len(job) != 16 or not 0 < window_s <= 10:
        raise ValueError(
            f"expected a job of 16 bytes and a window over 0 and at most 10 s, "
            f"found {len(job)} bytes and {window_s} s"
        )
