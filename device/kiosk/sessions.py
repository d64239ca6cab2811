"""Sessions: who stands before the screen, and what is half filled in.

A session is a frozen value; every change replaces it under one lock, so that a double tap on a
button takes a draft only once. At most one session is signed in; signing in ends the others.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Literal

from msgspec import Struct, structs

from device.kiosk.port import PagePhoto, Person, RequestView
from device.texts import Language, Phrase
from ledger.records_custody import Check, Purpose, Work

Size = Literal["1", "2", "3"]

_SESSIONS_MAX = 32


class Draft(Struct, frozen=True, kw_only=True):
    """A request as far as the clerk has got; empty and None mean "not asked yet".

    `matter` is a code of the list; `amount_asked`, `payee_asked` say that the optional
    questions were answered or skipped; `reviewed` that the summary was seen, so that an
    answer leads back to it; `makes_up` the faint use that this request makes up for. `copies`
    are sheets, one until somebody wants more (0: to be asked for again); `seams` are stamps over
    the edges of a pile of pages, made besides.
    """

    seal: str = ""
    matter: str = ""
    applicant: str = ""
    purpose: str = ""
    payee: str = ""
    payee_asked: bool = False
    amount_fen: int | None = None
    amount_asked: bool = False
    copies: int = 1
    pages: tuple[PagePhoto, ...] = ()
    reviewed: bool = False
    makes_up: str = ""
    seams: int | None = None


class CustodyDraft(Struct, frozen=True, kw_only=True):
    """An opening of the hatch as far as the persons at the screen have got.

    Args:
        awaits: whose card the screen waits for, or ""; `card` was laid, its PIN is awaited.
        done: the hatch is shut again and the questions begin; `chosen` that `works` are;
            `unsampled` that there is no photo of an imprint.
    """

    permit: str
    seal: str
    purpose: Purpose
    second: Person | None = None
    witness: Person | None = None
    awaits: Literal["", "second", "witness"] = ""
    card: str = ""
    done: bool = False
    holder: str = ""
    place: str = ""
    days: int = 0
    check: Check | None = None
    works: tuple[Work, ...] = ()
    chosen: bool = False
    page: PagePhoto | None = None
    unsampled: bool = False
    counted: int | None = None


class Urgent(Struct, frozen=True, kw_only=True):
    """An emergency as far as it was told: for which request, why, and the first code."""

    request: str
    reason: str = ""
    words: str = ""
    code: str = ""


class Session(Struct, frozen=True, kw_only=True):
    """One browser's session.

    Args:
        token: goes with every form (CSRF).
        card_seen: number of the last card event that this session dealt with.
        card: the card laid whose PIN is awaited, or "".
        notice: what the next page has to say, once.
        active_s: when somebody last touched the screen, monotonic seconds.
        filed: the request filed last, until the agent's view shows it.
        laid: the request whose one sheet, for one impression, was photographed last, or "".
        stamping: the answer to the last StampNow, while it is of interest.
        custody: the opening of the hatch that this clerk is at.
        hold_seen: the hold whose full-screen page the clerk has read.
        left_off: the request at which the clerk before was stamping, or "".
    """

    id: str
    token: str
    card_seen: int
    active_s: float
    card: str = ""
    person: Person | None = None
    language: Language = "zh"
    size: Size = "1"
    notice: Phrase | None = None
    draft: Draft | None = None
    urgent: Urgent | None = None
    filed: RequestView | None = None
    laid: str = ""
    stamping: Future[object] | None = None
    hold_seen: str = ""
    left_off: str = ""
    custody: CustodyDraft | None = None


class Sessions:
    """All sessions of this screen; may be used from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives monotonic seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._by_id: dict[str, Session] = {}

    def open(self, card_seen: int, like: Session | None = None) -> Session:
        """Begin a session in which nobody is signed in; language and size as in `like`."""
        fresh = Session(
            id=secrets.token_urlsafe(24),
            token=secrets.token_urlsafe(24),
            card_seen=card_seen,
            active_s=self._clock(),
        )
        if like is not None:
            fresh = structs.replace(fresh, language=like.language, size=like.size)
        with self._lock:
            while len(self._by_id) >= _SESSIONS_MAX:
                del self._by_id[self._least_active()]
            self._by_id[fresh.id] = fresh
        return fresh

    def get(self, session_id: str) -> Session | None:
        """Return the session of this id, or None."""
        with self._lock:
            return self._by_id.get(session_id)

    def update(self, session_id: str, change: Callable[[Session], Session]) -> Session | None:
        """Replace the session by `change(session)`; None when it has ended."""
        with self._lock:
            session = self._by_id.get(session_id)
            if session is None:
                return None
            changed = change(session)
            self._by_id[session_id] = changed
            return changed

    def take_draft(self, session_id: str) -> Draft | None:
        """Return the draft and remove it: whoever gets it is the only one who files it."""
        with self._lock:
            session = self._by_id.get(session_id)
            if session is None or session.draft is None:
                return None
            self._by_id[session_id] = structs.replace(session, draft=None)
            return session.draft

    def sign_in(
        self, session_id: str, person: Person
    ) -> tuple[Session | None, tuple[Session, ...]]:
        """Give the session a new id and its person, and end every other signed-in session.

        Returns:
            The new session (None when the old one has ended), and the sessions ended.
        """
        with self._lock:
            old = self._by_id.pop(session_id, None)
            if old is None:
                return None, ()
            ended = tuple(one for one in self._by_id.values() if one.person is not None)
            for one in ended:
                del self._by_id[one.id]
            session = structs.replace(
                old,
                id=secrets.token_urlsafe(24),
                token=secrets.token_urlsafe(24),
                person=person,
                card="",
                notice=None,
                active_s=self._clock(),
            )
            self._by_id[session.id] = session
            return session, ended

    def end(self, session_id: str) -> Session | None:
        """Forget the session; return it when it was there."""
        with self._lock:
            return self._by_id.pop(session_id, None)

    def _least_active(self) -> str:
        resting = [one for one in self._by_id.values() if one.person is None]
        return min(resting or self._by_id.values(), key=lambda one: one.active_s).id
