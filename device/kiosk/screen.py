"""The screen: whose session a browser's request belongs to, and which page comes first.

Rules: who touches nothing is signed out, but never while an impression is being made; a card of
another person takes over, likewise; every answer goes to the session that asked; the agent is
asked through its port alone.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from msgspec import Struct, structs

from device.kiosk.errors import (
    AGENT_ERRORS,
    AnswerError,
    ElsewhereError,
    TokenError,
    phrase_of,
)
from device.kiosk.moments import moment_text
from device.kiosk.options import KioskOptions
from device.kiosk.pin_memory import PinMemory
from device.kiosk.pins import PinGuard
from device.kiosk.port import AgentPort, Command, EndJob, Person, View
from device.kiosk.rendering import Renderer, mark_of
from device.kiosk.sessions import CustodyDraft, Session, Sessions
from device.kiosk.status import strip
from device.texts import Phrase

_BUSY_STEPS = ("check", "confirm", "press", "photo")
_CALM = "taking."  # notices of this group are no trouble
_Answer = TypeVar("_Answer")


class Visit(Struct, frozen=True, kw_only=True):
    """One request of a browser: its session, the agent's view at that moment, the page's path."""

    session: Session
    view: View
    path: str


class Screen:
    """What all pages share. Thread-safe as its parts are."""

    def __init__(
        self,
        port: AgentPort,
        people: Callable[[], tuple[Person, ...]],
        options: KioskOptions,
        clock: Callable[[], float],
        memory: PinMemory,
        speaks: Callable[[], bool],
    ) -> None:
        """`clock` gives monotonic seconds; `people` those who may sign in now.

        `speaks` tells whether the machine's voice is switched on.
        """
        self.port = port
        self.options = options
        self.people = people
        self.clock = clock
        self.speaks = speaks
        self.sessions = Sessions(clock)
        self.guard = PinGuard(clock, options.pin_tries, options.pin_locked_s, memory)
        self.renderer = Renderer()

    def visit(self, request: Request, touched: bool = True) -> Visit:
        """Return the visit, opening a session for a browser that has none.

        Args:
            touched: a person's hand caused the request, not a timer of the page.

        Raises:
            ElsewhereError: the session is over.
        """
        view = self.port.view()
        session = self.sessions.get(request.cookies.get(self._cookie(view), ""))
        if session is None:
            if not touched or "hx-request" in request.headers:
                raise ElsewhereError("/")  # a late answer must not replace a newer cookie
            session = self.sessions.open(self._newest_card())
        elif self._expired(session, view):
            raise ElsewhereError("/", self.leave(session, view, Phrase("idle.gone")))
        elif self._taken_away(session, view):
            raise ElsewhereError("/", self.leave(session, view, Phrase("people.taken-away")))
        if touched or _busy(view):
            session = self.change(session, active_s=self.clock())
        return Visit(session=session, view=view, path=request.url.path)

    def clerk(self, request: Request, touched: bool = True) -> Visit:
        """Return the visit of a clerk who is signed in.

        Raises:
            ElsewhereError: nobody is signed in here.
        """
        visit = self.visit(request, touched)
        if visit.session.person is None:
            raise ElsewhereError("/", visit.session)
        return visit

    def check_token(self, request: Request, token: Annotated[str, Form()] = "") -> None:
        """Let a form pass that a page of this session sent.

        Raises:
            TokenError: it does not carry the session's token.
            ElsewhereError: the session is over.
        """
        cookie = request.cookies.get(self._cookie(self.port.view()), "")
        session = self.sessions.get(cookie)
        if session is None:
            raise ElsewhereError("/")
        given = request.headers.get("x-token", token)
        if not hmac.compare_digest(given.encode(), session.token.encode()):
            raise TokenError("expected the token of this session, found another or none")

    def change(self, session: Session, **fields: Any) -> Session:
        """Replace fields of the session.

        Raises:
            ElsewhereError: it has ended meanwhile.
        """
        changed = self.sessions.update(session.id, lambda one: structs.replace(one, **fields))
        if changed is None:
            raise ElsewhereError("/")
        return changed

    def leave(self, session: Session, view: View, notice: Phrase | None) -> Session:
        """End the session, leave its stamping where it rests, return a new empty one.

        The next clerk who signs in there is asked whether to go on with it.
        """
        ended = self.sessions.end(session.id)
        if ended is not None:
            self.release_job(ended, view)
        fresh = self.sessions.open(session.card_seen)
        if ended is None or ended.person is None:
            return self.change(fresh, left_off=session.left_off)
        left_off = view.job.request if view.job is not None else ""
        return self.change(fresh, notice=notice, left_off=left_off)

    def release_job(self, ended: Session, view: View) -> None:
        """Leave the stamping of a session that is over, unless an impression is being made."""
        if ended.person is not None and view.job is not None and not _busy(view):
            self.port.submit(EndJob(by=ended.person.account))

    def lay_card(self, visit: Visit) -> None:
        """Deal with a card that was laid since this session last looked.

        Raises:
            ElsewhereError: the card leads to another page.
        """
        session, view = visit.session, visit.view
        laid = self._card_after(session.card_seen)
        if laid is None:
            return
        session = self.change(session, card_seen=laid[0])
        person = self.person_of(laid[1])
        if session.person is not None:
            self._card_while_signed_in(session, view, person, laid[1])
            return
        if person is None:
            why = "card.unknown" if view.people in ("file", "valid") else f"people.{view.people}"
            unknown = self.change(session, card="", notice=Phrase(why))
            raise ElsewhereError("/", unknown)
        self._await_pin(session, person, laid[1])

    def person_of(self, card: str) -> Person | None:
        """Return who carries this card, if anybody who may sign in here."""
        return next((one for one in self.people() if one.carries(card)), None) if card else None

    def ask(self, command: Command, kind: type[_Answer]) -> _Answer:
        """Hand a command to the agent and wait for its answer.

        Raises:
            AnswerError: it refused, failed, or did not answer in time.
        """
        try:
            answer = self.port.submit(command).result(timeout=self.options.answer_s)
        except (*AGENT_ERRORS, TimeoutError) as error:
            raise AnswerError(phrase_of(error)) from error
        if not isinstance(answer, kind):
            raise AnswerError(Phrase("error.unexpected"))
        return answer

    def page(
        self, visit: Visit, template: str, title: str, status: int = 200, **context: Any
    ) -> Response:
        """Return a whole page; its session's notice is said now and forgotten."""
        session, view = visit.session, visit.view
        words = self.renderer.words(session)
        notice = session.notice and words(session.notice.key, **session.notice.values)
        if session.notice is not None:
            self.sessions.update(session.id, lambda one: structs.replace(one, notice=None))
        calm = session.notice is not None and session.notice.key.startswith(_CALM)
        said = {"title": title, "notice": notice, "calm": calm, "speaks": self.speaks()}
        every = {**said, "view": view, "path": visit.path}
        shown = {**every, **self._strip(visit), **context}
        response = self.renderer.html(template, session, shown, status)
        return self.remember(response, session, view)

    def fragment(
        self, visit: Visit, template: str, mark: str, seen: str, **context: Any
    ) -> Response:
        """Return a part of a page, or 204 when the browser shows it already."""
        if mark == seen:
            return Response(status_code=204)
        shown = {"view": visit.view, "notice": None, "mark": mark, **context}
        return self.renderer.html(template, visit.session, shown)

    def strip(self, visit: Visit, seen: str) -> Response:
        """Return the status strip, or 204 when the browser shows it already."""
        context = self._strip(visit)
        return self.fragment(visit, "strip.html", str(context["strip_mark"]), seen, **context)

    def go(self, visit: Visit, url: str) -> Response:
        """Send the browser to another page after a form."""
        return self.remember(RedirectResponse(url, status_code=303), visit.session, visit.view)

    def remember(self, response: Response, session: Session, view: View) -> Response:
        """Let the browser keep the session's cookie; it ends with the browser."""
        response.set_cookie(self._cookie(view), session.id, httponly=True, samesite="strict")
        return response

    def moment(self, visit: Visit, at_ms: int) -> str:
        """Return when something was or will be, as the session's language says it."""
        zone, language = self.options.time_zone, visit.session.language
        return moment_text(at_ms, visit.view.now_ms, zone, language)

    def _strip(self, visit: Visit) -> dict[str, Any]:
        left_s = self._left_s(visit.session)
        leaving = visit.session.person is not None and left_s <= self.options.warn_s
        shown = strip(
            visit.view,
            self.options.time_zone,
            visit.session.language,
            leaving and not _busy(visit.view),
        )
        mark = mark_of(visit.session, shown)
        return {"strip": shown, "strip_mark": mark, "seconds_left": max(0, round(left_s))}

    def _left_s(self, session: Session) -> float:
        options = self.options
        idle_s = options.idle_s if session.person is not None else options.pin_idle_s
        return session.active_s + idle_s - self.clock()

    def _expired(self, session: Session, view: View) -> bool:
        if session.person is None and not session.card:
            return False
        return self._left_s(session) <= 0 and not _busy(view)

    def _taken_away(self, session: Session, view: View) -> bool:
        """Tell whether the clerk is on the list no more; an impression is made to its end."""
        who = session.person
        if who is None or _busy(view):
            return False
        return not any((one.account, one.card) == (who.account, who.card) for one in self.people())

    def _card_while_signed_in(
        self, session: Session, view: View, person: Person | None, laid: str
    ) -> None:
        assert session.person is not None
        if person is None:
            self.change(session, notice=Phrase("card.unknown"))
        elif session.custody is not None and session.custody.awaits:
            self._second_card(session, session.custody, person)
        elif person.card == session.person.card:
            self.change(session, active_s=self.clock())
        elif not _busy(view):
            self._await_pin(self.leave(session, view, None), person, laid)

    def _second_card(self, session: Session, draft: CustodyDraft, person: Person) -> None:
        """Another person's card, whom a page waits for, leads to the PIN beside the first."""
        known = (session.person, draft.second, draft.witness)
        if any(one is not None and one.account == person.account for one in known):
            changed = self.change(session, notice=Phrase("custody.same"))
            raise ElsewhereError(f"/custody/{draft.awaits}", changed)
        waiting = structs.replace(draft, card=person.card)
        changed = self.change(session, custody=waiting, active_s=self.clock())
        raise ElsewhereError("/custody/pin", changed)

    def _await_pin(self, session: Session, person: Person, laid: str) -> None:
        locked_s = self.guard.locked_s(person.card)
        if locked_s > 0:
            notice = Phrase("pin.locked", {"minutes": int(locked_s // 60) + 1})
            raise ElsewhereError("/", self.change(session, card="", notice=notice))
        fields = {"card": laid, "active_s": self.clock(), "notice": None}
        raise ElsewhereError("/pin", self.change(session, **fields))

    def _card_after(self, number: int) -> tuple[int, str] | None:
        newest = None
        while (event := self.port.next_card(number)) is not None:
            newest, number = event, event[0]
        return newest

    def _newest_card(self) -> int:
        newest = self._card_after(0)
        return newest[0] if newest is not None else 0

    def _cookie(self, view: View) -> str:
        """One name a machine: cookies do not tell ports apart, and a demo shows three kiosks."""
        return f"kiosk-{view.machine}"


def _busy(view: View) -> bool:
    """Tell whether an impression is being made: nobody is sent away in the middle of it."""
    return view.job is not None and view.job.step in _BUSY_STEPS
