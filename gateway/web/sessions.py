"""Sessions: who is signed in, kept on the server and nowhere else.

A session's token is random, known to the client alone (we keep its hash), replaced at each
sign-in, and ends after idleness, after a working day, or when the password changes. Failed
sign-ins slow down further ones for the same account. Worker threads share one `Sessions`;
a lock guards it, and nothing that blocks happens under it.
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
FREE_FAILURES = 5  # wrong passwords before an account has to wait
PAUSE_MS = 60 * 1000  # first pause; it doubles with each further failure
LONGEST_PAUSE_MS = 15 * 60 * 1000
MOST_NAMES = 5000  # accounts whose failures are remembered


class Session(Struct, frozen=True, kw_only=True):
    """One person's session.

    Args:
        key: hash of the token; names the session on the server.
        csrf: the token that every form of this session carries.
        stamp: hash of the account's password hash; a new password ends the session.
        kind: `cookie` for a browser, `bearer` for a program.
    """

    key: str
    account: str
    csrf: str
    stamp: str
    kind: Literal["cookie", "bearer"]
    since_ms: int
    seen_ms: int


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
        self._failures: dict[str, tuple[int, int]] = {}

    def begin(
        self, account: str, password_hash: str, kind: Literal["cookie", "bearer"]
    ) -> tuple[str, Session]:
        """Start a session and return its token with it; the token is not kept."""
        token = secrets.token_urlsafe(32)
        now = self._now_ms()
        session = Session(
            key=sha256(token.encode()),
            account=account,
            csrf=secrets.token_urlsafe(24),
            stamp=sha256(password_hash.encode()),
            kind=kind,
            since_ms=now,
            seen_ms=now,
        )
        with self._lock:
            self._failures.pop(account, None)
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

    def pause_ms(self, account: str) -> int:
        """Return how long this account must wait before the next attempt."""
        with self._lock:
            count, last_ms = self._failures.get(account, (0, 0))
        if count < FREE_FAILURES:
            return 0
        pause = min(LONGEST_PAUSE_MS, PAUSE_MS << min(count - FREE_FAILURES, 10))
        return max(0, last_ms + pause - self._now_ms())

    def note_failure(self, account: str) -> None:
        """Count a wrong password for this account name, known or not."""
        with self._lock:
            if len(self._failures) >= MOST_NAMES:
                oldest = min(self._failures, key=lambda name: self._failures[name][1])
                del self._failures[oldest]
            count, _ = self._failures.get(account, (0, 0))
            self._failures[account] = (count + 1, self._now_ms())

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
