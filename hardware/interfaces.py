"""What every controller, camera, panel and card reader promises; no policy lives here.

The comments are the contract: `tests/hardware/test_<kind>_contract.py` checks each driver
against them. Times are milliseconds of the monotonic clock unless a name says otherwise.
"""

from __future__ import annotations

import enum
from typing import Literal, Protocol

from msgspec import Struct


class LockState(enum.Enum):
    """Where the bolt is, as far as the inputs can tell."""

    LOCKED = "locked"  # BOLT_OUT reads 1
    OPEN = "open"  # BOLT_OUT reads 0: the lever is free, or the wire is cut


class Inputs(Struct, frozen=True, kw_only=True):
    """Discrete inputs 0..7; True is good or closed, so that a cut wire reads as an alarm."""

    door_closed: bool
    bolt_out: bool
    seal_present: bool
    press_top: bool
    press_bottom: bool
    paper: bool
    tamper_ok: bool
    mains_ok: bool

    @property
    def lock(self) -> LockState:
        """The lock as the bolt switch shows it."""
        return LockState.LOCKED if self.bolt_out else LockState.OPEN


class Report(Struct, frozen=True, kw_only=True):
    """One reading of a controller.

    Args:
        inputs: the discrete inputs at this reading.
        presses: complete presses (PRESS_BOTTOM edge followed by PRESS_TOP) seen since the
            last `grant`, or since `start` when there was none.
        pressing: a press has begun and has not returned to the top.
        strokes: the non-volatile stroke counter (profile B), None on profile A.
        unlocked: the grant's pulse is still running as far as the controller says.
        blind_ms: the longest time since the last `grant` in which no reading succeeded; on
            profile A a press may hide in it, on profile B the counter covers it.
        alarms: stable words, such as `tamper`, `door`, `watchdog`, `overcurrent`, `reset`. What
            the controller latched stays here, over restarts too, until `acknowledge`.
    """

    inputs: Inputs
    presses: int
    pressing: bool
    strokes: int | None
    unlocked: bool
    blind_ms: int
    alarms: tuple[str, ...] = ()


class Settlement(Struct, frozen=True, kw_only=True):
    """What can be proved about the impressions of one grant.

    `minimum == maximum` is proof; `evidence` is a stable word that says by what:
    `not-received`, `edges`, `counter`, `unprovable`.
    """

    minimum: int
    maximum: int
    evidence: str


class Controller(Protocol):
    """Drives the lock of one seal. Not thread-safe: its caller owns it.

    LOCK, PRESS and HATCH are only ever driven by a hardware-timed pulse, and no command that
    moves something is ever sent twice. Every method may raise LockSilentError.
    """

    @property
    def profile(self) -> Literal["A", "B"]:
        """The kind of controller: A relay board, B microcontroller with its own counter."""
        ...

    def start(self) -> Report:
        """Switch every output off, check the board's registers, return the first reading.

        Raises:
            BoardUnsafeError: a register could let an input or a program open the lock.
        """
        ...

    def read(self) -> Report:
        """Read inputs and counters; reads may be repeated by the driver, they move nothing."""
        ...

    def grant(self, job: bytes, window_s: float) -> None:
        """Make one impression possible for `window_s` seconds; sent exactly once.

        On return the controller has accepted it. `job` is 16 bytes, the truncated hash of the
        permit; `window_s` is over 0 and at most 10. With a motor the press runs too.

        Raises:
            LockRefusedError: nothing moved and nothing will.
            GrantUnknownError: no answer; call `settle`, never `grant` again.
        """
        ...

    def open_hatch(self, job: bytes, pulse_s: float) -> None:
        """Free the hatch for `pulse_s` seconds; sent exactly once. The press stays locked.

        On return the controller has accepted it; `lock` ends it. `job` as for `grant`, `pulse_s`
        over 0 and at most 10. Presses made while the hatch is open count as any others.

        Raises:
            LockRefusedError: nothing moved and nothing will.
            GrantUnknownError: no answer; the hatch may be free.
        """
        ...

    def lock(self) -> None:
        """End the grant: every output off, so that the bolt goes out. May be repeated."""
        ...

    def settle(self, strokes_before: int | None, window_s: float) -> Settlement:
        """Say what can be proved about the last grant of this machine, also after a restart.

        Args:
            strokes_before: the stroke counter journaled with the intent, None on profile A.
            window_s: the window of that grant, which bounds what can still be running.
        """
        ...

    def acknowledge(self, alarms: tuple[str, ...]) -> bool:
        """Let the controller forget latched alarms; call when their entries are durable.

        Nothing else makes it forget them. True: nothing is latched any more. False, and nothing
        was forgotten: another alarm than these is latched by now, or a cause still stands.
        """
        ...

    def signal(self, *, ok: bool = False, alarm: bool = False, light: bool = False) -> None:
        """Set the two lamps and the work light; a failure is not an error of the lock."""
        ...

    def stop(self) -> None:
        """Switch every output off and close the port; never raises."""
        ...


class Photo(Struct, frozen=True, kw_only=True):
    """One picture: the JPEG bytes as they will be hashed, its size in pixels, when exposed."""

    jpeg: bytes
    width: int
    height: int
    taken_ms: int


class Camera(Protocol):
    """Looks at the page. Owned by one thread."""

    def grab(self) -> Photo:
        """Return a picture exposed after this call began (old buffered frames are dropped).

        Raises:
            CameraError: no picture within the driver's time limit; the next call reconnects.
        """
        ...

    def close(self) -> None:
        """Release the camera; never raises."""
        ...


class Panel(Protocol):
    """Lamps and buzzer on the front, where the machine has them beside the controller's."""

    def show(self, *, ok: bool, alarm: bool) -> None:
        """Set the two lamps."""
        ...

    def buzz(self, times: int) -> None:
        """Sound `times` short tones and return without waiting for them."""
        ...

    def close(self) -> None:
        """Everything off; never raises."""
        ...


class CardReader(Protocol):
    """Gives the identifiers of cards as they are laid on the reader."""

    def read(self, timeout_s: float) -> str | None:
        """Return the next card's identifier (lowercase hex), or None after `timeout_s`.

        Raises:
            ReaderError: the reader is gone; the next call reconnects.
        """
        ...

    def close(self) -> None:
        """Release the reader; never raises."""
        ...
