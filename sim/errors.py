"""Errors of the simulator; whoever plays with it (a tester, a technician, a script) acts.

SimError
 +- FaultError   a fault that does not exist, or not here, or not with these figures
 +- PaperError   a photo to lay under the camera that cannot be used
 +- CardError    a card identifier no reader would give
 +- BoardError   a board or machine that this simulator cannot build
 +- ClockError   the simulated host clock cannot be read
"""

from __future__ import annotations

from typing import ClassVar


class SimError(Exception):
    """The simulator was asked for something it cannot play.

    Args:
        expected: what would have worked.
        found: what was asked for or met instead.
    """

    code: ClassVar[str] = "sim"
    hint: ClassVar[str] = "Compare the call with docs/commands.md."

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}. {self.hint}")
        self.expected = expected
        self.found = found


class FaultError(SimError):
    """No such fault on this machine, or its figures make no sense."""

    code = "fault-unusable"
    hint = "GET /faults lists the faults and what each of them takes."


class PaperError(SimError):
    """The photo cannot be laid under the camera."""

    code = "paper-unusable"
    hint = 'Name a readable picture, a folder of them, "rendered", or null for an empty tray.'


class CardError(SimError):
    """The identifier is not one that a card reader gives."""

    code = "card-unusable"
    hint = "A card identifier is 4 to 10 bytes in hexadecimal."


class BoardError(SimError):
    """This machine cannot be built."""

    code = "board-unknown"
    hint = "Choose one of the boards that `seal-sim machine --help` lists."


class ClockError(SimError):
    """The offset file of the simulated host clock cannot be read."""

    code = "clock-unreadable"
    hint = 'Give [clock] options the "clock" path that `seal-sim machine` printed.'
