"""PINs: is this the PIN of that card, and how often may somebody guess?

Every wrong PIN makes the next try of the same card wait longer; too many lock the card for
minutes. The counts live in memory: a restart forgets them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct, structs

from device.kiosk.port import Person

_FIRST_WAIT_S = 1.0


class PinAnswer(Struct, frozen=True, kw_only=True):
    """What became of one try; `wait_s` until the next one is looked at, `left` tries until locked.

    Outcomes: `right`, `wrong`, `too-soon` (the PIN was not looked at), `locked` (likewise, or
    this try locked the card).
    """

    outcome: Literal["right", "wrong", "too-soon", "locked"]
    wait_s: float = 0.0
    left: int = 0


class _Tries(Struct, frozen=True, kw_only=True):
    wrong: int = 0
    open_at_s: float = 0.0
    locked: bool = False


class PinGuard:
    """Checks PINs of known cards, one at a time; may be called from any thread."""

    def __init__(self, clock: Callable[[], float], tries: int, locked_s: float) -> None:
        """`clock` gives monotonic seconds; `tries` wrong PINs lock a card for `locked_s`."""
        self._clock = clock
        self._most = tries
        self._locked_s = locked_s
        self._lock = threading.Lock()
        self._tries: dict[str, _Tries] = {}
        self._hasher = PasswordHasher()

    def check(self, person: Person, pin: str) -> PinAnswer:
        """Compare `pin` with the person's hash, unless the card has to wait or is locked."""
        with self._lock:
            tries = self._standing(person.card)
            wait_s = tries.open_at_s - self._clock()
            if wait_s > 0:
                return PinAnswer(outcome="locked" if tries.locked else "too-soon", wait_s=wait_s)
            if self._matches(person.pin_hash, pin):
                self._tries.pop(person.card, None)
                return PinAnswer(outcome="right")
            return self._wrong(person.card, tries.wrong + 1)

    def locked_s(self, card: str) -> float:
        """Return how long this card stays locked, 0.0 when it is not."""
        with self._lock:
            tries = self._standing(card)
            return max(0.0, tries.open_at_s - self._clock()) if tries.locked else 0.0

    def _standing(self, card: str) -> _Tries:
        tries = self._tries.get(card, _Tries())
        if tries.locked and tries.open_at_s <= self._clock():
            tries = _Tries()
        return tries

    def _wrong(self, card: str, wrong: int) -> PinAnswer:
        locked = wrong >= self._most
        wait_s = self._locked_s if locked else _FIRST_WAIT_S * 2 ** (wrong - 1)
        standing = _Tries(wrong=wrong, open_at_s=self._clock() + wait_s)
        self._tries[card] = structs.replace(standing, locked=locked)
        outcome: Literal["wrong", "locked"] = "locked" if locked else "wrong"
        return PinAnswer(outcome=outcome, wait_s=wait_s, left=self._most - wrong)

    def _matches(self, pin_hash: str, pin: str) -> bool:
        try:
            return self._hasher.verify(pin_hash, pin)
        except (VerificationError, InvalidHashError):
            return False
