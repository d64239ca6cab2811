"""Sessions: who is signed in, kept on the server and nowhere else.

A session's token is random, known to the client alone (we keep its hash), replaced at each
sign-in, and ends after idleness, after a working day, or when password, second factor or offices
change (its stamp). Between password and second factor there is only a `Half`, which opens nothing.
Worker threads share one `Sessions`; a lock guards it, and nothing that blocks happens under it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Literal

from msgspec import Struct, structs

from ledger.codec import sha256

IDLE_MS = 30 * 60 * 1000
LONGEST_MS = 12 * 60 * 60 * 1000
MOST_SESSIONS = 2000  # beyond this the one that was idle longest ends
HALF_MS = 5 * 60 * 1000  # between password and second factor


class Session(Struct, frozen=True, kw_only=True):
    """One person's session.

    Args:
        key: hash of the token; names the session on the server.
        csrf: the token that every form of this session carries.
        stamp: of what signing in depended on; another one ends the session.
        kind: `cookie` for a browser, `bearer` for a program.
        origin: the program and address that it began from, as its owner recognises it.
        offered: a second factor's secret that was shown and is not confirmed yet.
    """

    key: str
    account: str
    csrf: str
    stamp: str
    kind: Literal["cookie", "bearer"]
    since_ms: int
    seen_ms: int
    origin: str = ""
    offered: bytes = b""


class Half(Struct, frozen=True):
    """Somebody who knew the password of an account and still owes the second factor."""

    account: str
    until_ms: int


class Sessions:
    """All sessions of this process.

    Args:
        now_ms: the gateway's clock, UTC milliseconds.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._opened: dict[str, set[str]] = {}
        self._halves: dict[str, Half] = {}

    def begin(
        self, account: str, stamp: str, kind: Literal["cookie", "bearer"], origin: str = ""
    ) -> tuple[str, Session]:
        """Start a session and return its token with it; the token is not kept."""
        token = secrets.token_urlsafe(32)
        now = self._now_ms()
        session = Session(
            key=sha256(token.encode()),
            account=account,
            csrf=secrets.token_urlsafe(24),
            stamp=stamp,
            kind=kind,
            since_ms=now,
            seen_ms=now,
            origin=origin,
        )
        with self._lock:
            self._make_room(now)
            self._sessions[session.key] = session
        return token, session

    def find(self, token: str, *, touch: bool = True) -> Session | None:
        """Return the live session of a token; `touch` counts this as activity."""
        key = sha256(token.encode())
        now = self._now_ms()
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                return None
            if _is_over(session, now):
                self._drop(key)
                return None
            if touch:
                session = structs.replace(session, seen_ms=now)
                self._sessions[key] = session
            return session

    def end(self, key: str) -> None:
        """End a session; ending it twice is no error."""
        with self._lock:
            self._drop(key)

    def mark_opened(self, key: str, what: str) -> None:
        """Remember that this session was shown `what` (the hash of a page's photo)."""
        with self._lock:
            if key in self._sessions:
                self._opened.setdefault(key, set()).add(what)

    def has_opened(self, key: str, what: str) -> bool:
        """Return whether this session was shown `what`."""
        with self._lock:
            return what in self._opened.get(key, ())

    def offer(self, key: str, secret: bytes) -> None:
        """Remember which second factor this session was shown; b"" forgets it."""
        with self._lock:
            if key in self._sessions:
                self._sessions[key] = structs.replace(self._sessions[key], offered=secret)

    def of(self, account: str) -> tuple[Session, ...]:
        """Return an account's live sessions, the newest first."""
        now = self._now_ms()
        with self._lock:
            found = [one for one in self._sessions.values() if one.account == account]
        return tuple(
            sorted((one for one in found if not _is_over(one, now)), key=lambda one: -one.since_ms)
        )

    def end_all(self, account: str, but: str = "") -> None:
        """End an account's sessions, except for the one with the key `but`."""
        with self._lock:
            for key in [key for key, one in self._sessions.items() if one.account == account]:
                if key != but:
                    self._drop(key)

    def begin_half(self, account: str) -> str:
        """Remember that somebody knew a password; return the token that proves it."""
        token, now = secrets.token_urlsafe(32), self._now_ms()
        with self._lock:
            self._halves = {key: one for key, one in self._halves.items() if one.until_ms > now}
            if len(self._halves) >= MOST_SESSIONS:
                self._halves.pop(next(iter(self._halves)))
            self._halves[sha256(token.encode())] = Half(account, now + HALF_MS)
        return token

    def half(self, token: str) -> str | None:
        """Return the account of a half sign-in that is not over."""
        with self._lock:
            found = self._halves.get(sha256(token.encode()))
        return found.account if found is not None and found.until_ms > self._now_ms() else None

    def end_half(self, token: str) -> None:
        """End a half sign-in; ending it twice is no error."""
        with self._lock:
            self._halves.pop(sha256(token.encode()), None)

    def _make_room(self, now: int) -> None:
        for key in [key for key, one in self._sessions.items() if _is_over(one, now)]:
            self._drop(key)
        while len(self._sessions) >= MOST_SESSIONS:
            self._drop(min(self._sessions, key=lambda key: self._sessions[key].seen_ms))

    def _drop(self, key: str) -> None:
        self._sessions.pop(key, None)
        self._opened.pop(key, None)


def _is_over(session: Session, now_ms: int) -> bool:
    return now_ms - session.seen_ms > IDLE_MS or now_ms - session.since_ms > LONGEST_MS
