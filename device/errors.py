"""Errors of the agent; the clerk or the technician acts on them.

DeviceError
 +- PermitRefusedError   the permit does not allow this use now
 +- RequestRefusedError  the request cannot be filed
 +- CustodyRefusedError  the hatch stays shut, or what was done behind it is not settled
 +- JournalError         the journal cannot be written or does not hold
 +- ConfigError          the configuration cannot be used
 +- EnrolmentError       the township does not let this machine in, or not yet
"""

from __future__ import annotations

from typing import ClassVar


class DeviceError(Exception):
    """The agent cannot do what was asked; the message says expected, found and who must act."""

    code: ClassVar[str] = "device"
    hint: ClassVar[str] = "Call the technician."


class PermitRefusedError(DeviceError):
    """The permit does not allow this; `reason` is a stable word (`device.texts` explains it)."""

    code = "permit-refused"
    hint = "File a new request or wait until the reason is gone."

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class RequestRefusedError(DeviceError):
    """The request cannot be filed; `reason` is a stable word."""

    code = "request-refused"
    hint = "Correct what the reason names."

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class CustodyRefusedError(DeviceError):
    """The hatch may not be opened or settled now; `reason` is a stable word."""

    code = "custody-refused"
    hint = "Do what the reason names, or ask the township for another permit."

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class JournalError(DeviceError):
    """The journal cannot be written or read; nothing opens until it can."""

    code = "journal"
    hint = "Free or replace the disk; the machine stays locked."


class ConfigError(DeviceError):
    """The configuration cannot be used; the message names file, path and expectation."""

    code = "config"
    hint = "Correct the file and run check-config."


class EnrolmentError(DeviceError):
    """The township does not let this machine in, or not yet; `reason` is a stable word."""

    code = "enrolment"
    hint = "Run the command again with the same code; if it lasts, ask the township's office."

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
