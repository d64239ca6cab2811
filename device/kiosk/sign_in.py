"""Welcome, PIN, sign out, settings and the status strip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request, Response
from starlette.background import BackgroundTask

from device.kiosk.errors import ElsewhereError
from device.kiosk.moments import date_text
from device.kiosk.pins import PinAnswer, refusal
from device.kiosk.port import RequestView, View
from device.kiosk.rendering import local_path
from device.kiosk.screen import Screen, Visit
from device.kiosk.sessions import Session
from device.texts import Phrase

SOON_MS = 14 * 24 * 3600 * 1000  # so long before the people list ends the screen says so
_BESIDE_HOLD = ("/hold", "/pin")  # pages that a hold does not turn away from


class SignIn:
    """The pages before somebody is signed in, and what every page has around it."""

    def __init__(self, screen: Screen, prepare: Callable[[View], None]) -> None:
        """Serve `screen`; `prepare` readies what the pages behind the PIN need."""
        self._screen = screen
        self._prepare = prepare

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        forms = [Depends(self._screen.check_token)]
        router.add_api_route("/", self.welcome)
        router.add_api_route("/strip", self.strip)
        router.add_api_route("/pin", self.ask_pin)
        router.add_api_route("/pin", self.try_pin, methods=["POST"], dependencies=forms)
        router.add_api_route("/sign-out", self.sign_out, methods=["POST"], dependencies=forms)
        router.add_api_route("/prolong", self.prolong, methods=["POST"], dependencies=forms)
        router.add_api_route("/setting", self.setting, methods=["POST"], dependencies=forms)
        return router

    def welcome(self, request: Request) -> Response:
        """Ask for a card; while the machine is held, say that instead."""
        visit = self._screen.visit(request)
        self._screen.lay_card(visit)
        if visit.session.person is not None:
            return self._screen.go(visit, "/home")
        if visit.view.hold is not None:
            return self._screen.go(visit, "/hold")
        title = self._screen.renderer.words(visit.session)("welcome.title")
        people, day = self._people(visit)
        page = self._screen.page(visit, "welcome.html", title, people=people, people_day=day)
        page.background = BackgroundTask(self._prepare, visit.view)
        return page

    def strip(self, request: Request, mark: str = "") -> Response:
        """Return the status strip if it changed; a card or a hold leads to its page."""
        visit = self._screen.visit(request, touched=False)
        self._screen.lay_card(visit)
        hold = visit.view.hold
        shown_on = urlsplit(request.headers.get("hx-current-url", "")).path
        unread = hold is not None and visit.session.hold_seen != hold.hold
        if unread and shown_on not in _BESIDE_HOLD:
            raise ElsewhereError("/hold", visit.session)
        return self._screen.strip(visit, mark)

    def ask_pin(self, request: Request) -> Response:
        """Ask for the PIN of the card that was laid."""
        visit = self._screen.visit(request)
        person = self._screen.person_of(visit.session.card)
        if person is None:
            return self._screen.go(visit, "/")
        title = self._screen.renderer.words(visit.session)("pin.title")
        return self._screen.page(visit, "pin.html", title, name=person.name, base="")

    def try_pin(self, request: Request, pin: Annotated[str, Form(max_length=64)] = "") -> Response:
        """Sign in when it is the PIN of the card."""
        screen, visit = self._screen, self._screen.visit(request)
        person = screen.person_of(visit.session.card)
        if person is None:
            return screen.go(visit, "/")
        answer = screen.guard.check(person, pin)
        if answer.outcome != "right":
            return self._refuse(visit, answer)
        session, ended = screen.sessions.sign_in(visit.session.id, person)
        for one in ended:
            screen.release_job(one, visit.view)
        if session is None:
            raise ElsewhereError("/")
        begun = left_off(session, visit.view)
        url = "/home" if begun is None else f"/request/{begun.request}"
        notice = None if begun is None else Phrase("taking.left-off", {"left": begun.left})
        session = screen.change(session, left_off="", notice=notice)
        return screen.go(Visit(session=session, view=visit.view, path="/pin"), url)

    def sign_out(self, request: Request) -> Response:
        """End the session and forget what was half filled in."""
        visit = self._screen.visit(request)
        notice = Phrase("idle.signed-out") if visit.session.person is not None else None
        fresh = self._screen.leave(visit.session, visit.view, notice)
        return self._screen.remember(self._screen.go(visit, "/"), fresh, visit.view)

    def prolong(self, request: Request) -> Response:
        """Take note that somebody is still there."""
        self._screen.visit(request)
        return Response(status_code=204)

    def setting(
        self,
        request: Request,
        back: Annotated[str, Form(max_length=200)] = "/",
        language: Annotated[str, Form(max_length=2)] = "",
        size: Annotated[str, Form(max_length=1)] = "",
    ) -> Response:
        """Change language or text size of this session and show the same page again."""
        visit = self._screen.visit(request)
        changes: dict[str, str] = {}
        if language in ("zh", "en"):
            changes["language"] = language
        if size in ("1", "2", "3"):
            changes["size"] = size
        session = self._screen.change(visit.session, **changes)
        again = Visit(session=session, view=visit.view, path=visit.path)
        return self._screen.go(again, local_path(back))

    def _people(self, visit: Visit) -> tuple[str, str]:
        """Return what is to be said of the people list: a text's key, and the day it ends."""
        view = visit.view
        if view.people not in ("file", "valid"):
            return f"people.{view.people}", ""
        if view.people == "valid" and view.people_until_ms - view.now_ms < SOON_MS:
            zone, language = self._screen.options.time_zone, visit.session.language
            day = date_text(view.people_until_ms, view.now_ms, zone, language)
            return "people.soon", day
        return "", ""

    def _refuse(self, visit: Visit, answer: PinAnswer) -> Response:
        notice = refusal(answer)
        if answer.outcome == "locked":
            session = self._screen.change(visit.session, card="", notice=notice)
            return self._screen.go(Visit(session=session, view=visit.view, path="/"), "/")
        session = self._screen.change(visit.session, notice=notice)
        return self._screen.go(Visit(session=session, view=visit.view, path="/pin"), "/pin")


def left_off(session: Session, view: View) -> RequestView | None:
    """Return the request at which the clerk before was stamping, if copies of it are left."""
    return next(
        (
            one
            for one in view.requests
            if one.request == session.left_off and one.state == "approved" and one.left > 0
        ),
        None,
    )
