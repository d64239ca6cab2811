"""PINs: is this the PIN of that card, and how often may somebody guess?

Every wrong PIN makes the next try of the same card wait longer; too many lock the card for
minutes. A try is counted on the disk before it is looked at, so that neither a restart nor a
power cut gives it back; while the disk takes nothing, no PIN is looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from device.kiosk.pin_memory import PinMemory, Standing, key_of
from device.kiosk.port import Person
from device.texts import Phrase

log = structlog.get_logger()

_FIRST_WAIT_S = 1.0


class PinAnswer(Struct, frozen=True, kw_only=True):
    """What became of one try; `wait_s` until the next one is looked at, `left` tries until locked.

    Outcomes: `right`, `wrong`, `too-soon` (the PIN was not looked at), `locked` (likewise, or
    this try locked the card).
    """

    outcome: Literal["right", "wrong", "too-soon", "locked"]
    wait_s: float = 0.0
    left: int = 0


def refusal(answer: PinAnswer) -> Phrase:
    """Return what somebody is told whose PIN was not taken."""
    if answer.outcome == "locked":
        return Phrase("pin.locked", {"minutes": int(answer.wait_s // 60) + 1})
    values: dict[str, str | int] = {"seconds": int(answer.wait_s) + 1, "left": answer.left}
    return Phrase(f"pin.{answer.outcome}", values)


class _Tries(Struct, frozen=True, kw_only=True):
    wrong: int = 0
    open_at_s: float = 0.0
    locked: bool = False


class PinGuard:
    """Checks PINs of known cards, one at a time; may be called from any thread.

    Args:
        clock: monotonic seconds.
        tries: so many wrong PINs lock a card for `locked_s`.
        memory: what an earlier run knew; one that is damaged locks every card at first.
    """

    def __init__(
        self, clock: Callable[[], float], tries: int, locked_s: float, memory: PinMemory
    ) -> None:
        self._clock = clock
        self._most = tries
        self._locked_s = locked_s
        self._memory = memory
        self._lock = threading.Lock()
        self._hasher = PasswordHasher()
        kept, now_s = memory.load(), clock()
        self._unknown = _Tries()
        if kept is None:
            self._unknown = _Tries(wrong=tries, open_at_s=now_s + locked_s, locked=True)
        self._tries = {
            key: _Tries(wrong=one.wrong, open_at_s=now_s + one.wait_s, locked=one.locked)
            for key, one in (kept or {}).items()
        }

    def check(self, person: Person, pin: str) -> PinAnswer:
        """Compare `pin` with the person's hash, unless the card has to wait or is locked."""
        with self._lock:
            tries = self._standing(person.card)
            wait_s = tries.open_at_s - self._clock()
            if wait_s > 0:
                return PinAnswer(outcome="locked" if tries.locked else "too-soon", wait_s=wait_s)
            counted = self._count(tries.wrong + 1)
            if not self._keep(key_of(person.card), counted):
                return PinAnswer(outcome="too-soon", wait_s=_FIRST_WAIT_S)
            if self._matches(person.pin_hash, pin):
                self._keep(key_of(person.card), _Tries())
                return PinAnswer(outcome="right")
            wait_s = counted.open_at_s - self._clock()
            outcome: Literal["wrong", "locked"] = "locked" if counted.locked else "wrong"
            return PinAnswer(outcome=outcome, wait_s=wait_s, left=self._most - counted.wrong)

    def locked_s(self, card: str) -> float:
        """Return how long this card stays locked, 0.0 when it is not."""
        with self._lock:
            tries = self._standing(card)
            return max(0.0, tries.open_at_s - self._clock()) if tries.locked else 0.0

    def _standing(self, card: str) -> _Tries:
        tries = self._tries.get(key_of(card), self._unknown)
        if tries.locked and tries.open_at_s <= self._clock():
            tries = _Tries()
        return tries

    def _count(self, wrong: int) -> _Tries:
        locked = wrong >= self._most
        wait_s = self._locked_s if locked else _FIRST_WAIT_S * 2 ** (wrong - 1)
        return _Tries(wrong=wrong, open_at_s=self._clock() + wait_s, locked=locked)

    def _keep(self, key: str, tries: _Tries) -> bool:
        """Remember a card's tries; False where the disk refused, then nothing has changed."""
        now_s = self._clock()
        changed = {**self._tries, key: tries}
        standings = {
            one: Standing(wrong=at.wrong, wait_s=max(0.0, at.open_at_s - now_s), locked=at.locked)
            for one, at in changed.items()
            if at.wrong
        }
        try:
            self._memory.save(standings)
        except OSError as error:
            log.error("pin_tries_not_kept", why=str(error))
            return False
        self._tries = changed
        return True

    def _matches(self, pin_hash: str, pin: str) -> bool:
        try:
            return self._hasher.verify(pin_hash, pin)
        except (VerificationError, InvalidHashError):
            return False
