"""Why a page answers with another page than the one asked for; none of these leaves the kiosk.

KioskError
 +- ElsewhereError  another page is the one to show now
 +- TokenError      the form does not come from a page of this session
 +- AnswerError     the agent refused or did not answer; `phrase` says so to the clerk
"""

from __future__ import annotations

from concurrent.futures import CancelledError

from device.errors import DeviceError
from device.kiosk.sessions import Session
from device.texts import Phrase, error_phrase
from hardware.errors import HardwareError
from ledger.errors import LedgerError
from vision.errors import VisionError

AGENT_ERRORS = (DeviceError, HardwareError, LedgerError, VisionError)


class KioskError(Exception):
    """A page cannot be shown as asked."""


class ElsewhereError(KioskError):
    """Another page is the one to show now; `session` is the session that it belongs to."""

    def __init__(self, url: str, session: Session | None = None) -> None:
        super().__init__(f"expected {url} to be asked for")
        self.url = url
        self.session = session


class TokenError(KioskError):
    """The form carries no token of this session: another program or an old page sent it."""


class AnswerError(KioskError):
    """The agent refused or did not answer."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase.key)
        self.phrase = phrase


def phrase_of(error: BaseException) -> Phrase:
    """Return what the clerk is told about an error of the agent."""
    if isinstance(error, TimeoutError | CancelledError):
        return Phrase("error.no-answer")
    if not isinstance(error, AGENT_ERRORS):
        return error_phrase("unexpected")
    reasons = getattr(error, "reasons", None) or (getattr(error, "reason", ""),)
    return error_phrase(error.code, tuple(reasons))
