"""Errors of things with a cable; the technician acts on them.

HardwareError
 +- LockSilentError       the controller did not answer
 |   +- GrantUnknownError the grant was sent, and nobody can say what became of it
 +- LockRefusedError      the controller answered and said no: nothing moved
 +- LockJammedError       the bolt or the press is not where it should be
 +- BoardUnsafeError      the board is set up so that it must not be used
 +- FrameError            bytes on the serial line are not a frame of ours
 +- CameraError           no picture from the camera
 +- ReaderError           the card reader is gone
 +- DriverError           a driver or board named in the configuration cannot be loaded
"""

from __future__ import annotations

from typing import ClassVar


class HardwareError(Exception):
    """A part did not do what was asked; the message says expected, found and who must act."""

    code: ClassVar[str] = "hardware"
    hint: ClassVar[str] = "Call the technician."


class LockSilentError(HardwareError):
    """The controller gave no valid answer; a read may be repeated, a command never is."""

    code = "lock-silent"
    hint = "Check the serial cable, the controller's power and its unit number."


class GrantUnknownError(LockSilentError):
    """A grant went out and its answer never came; only `Controller.settle` may say more."""

    code = "grant-unknown"
    hint = "Do not touch the machine; a person must count the impressions."


class LockRefusedError(HardwareError):
    """The controller refused the command; it proves that nothing moved.

    `reason` is a stable word such as `door-open`, `no-paper`, `bad-mac`, `not-armed`.
    """

    code = "lock-refused"
    hint = "Clear what the reason names, then try again."

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LockJammedError(HardwareError):
    """The bolt or press did not reach its place in time."""

    code = "lock-jammed"
    hint = "Do not force the lever; call the technician."


class BoardUnsafeError(HardwareError):
    """The board answered something at start that could open the lock without us."""

    code = "board-unsafe"
    hint = "The technician sets the relay mode registers to 0 and starts again."


class FrameError(HardwareError):
    """Bytes that are not a valid frame: short, wrong CRC, wrong unit or wrong function."""

    code = "frame-invalid"
    hint = "Check the wiring, termination and baud rate of the serial bus."


class CameraError(HardwareError):
    """The camera gave no picture."""

    code = "camera-gone"
    hint = "Check the camera's cable; the machine stays locked until it is back."


class ReaderError(HardwareError):
    """The card reader cannot be read."""

    code = "reader-gone"
    hint = "Check the card reader's cable."


class DriverError(HardwareError):
    """A driver or board profile named in the configuration cannot be loaded."""

    code = "driver-unknown"
    hint = "Compare the driver and board names in the configuration with the installed ones."
