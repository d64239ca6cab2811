"""Emergency: why, then two approvers' codes; a slip of the finger is told at once, on its own page.

A code stays in the session only until both are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from msgspec import structs

from device.emergency_desk import LONGEST_WORDS, REASONS
from device.kiosk.errors import AnswerError, ElsewhereError
from device.kiosk.port import EmergencyView, GrantEmergency, RequestView, View
from device.kiosk.screen import Screen, Visit
from device.kiosk.sessions import Urgent
from device.texts import Phrase
from ledger import emergency
from ledger.enrolcodes import ALPHABET
from ledger.errors import MalformedError


class Emergency:
    """The pages from a waiting request to its emergency permit."""

    def __init__(self, screen: Screen) -> None:
        """Serve `screen`."""
        self._screen = screen

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        forms = [Depends(self._screen.check_token)]
        posts: dict[str, Callable[..., Response]] = {
            "/emergency": self.begin,
            "/emergency/reason": self.reason,
            "/emergency/words": self.words,
            "/emergency/code": self.code,
            "/emergency/cancel": self.cancel,
        }
        for path, endpoint in posts.items():
            router.add_api_route(path, endpoint, methods=["POST"], dependencies=forms)
        router.add_api_route("/emergency", self.page)
        return router

    def begin(
        self, request: Request, request_id: Annotated[str, Form(alias="request", max_length=64)]
    ) -> Response:
        """Begin for a request that waits, if terms name its item."""
        visit = self._screen.clerk(request)
        if terms_for(visit.view, request_id) is None or visit.view.hold is not None:
            raise ElsewhereError(f"/request/{request_id}", visit.session)
        return self._keep(visit, Urgent(request=request_id))

    def page(self, request: Request) -> Response:
        """Ask for what is missing: the reason, the words, the first or the second code."""
        visit = self._screen.clerk(request)
        urgent = _urgent(visit)
        shown: dict[str, Any] = {
            "urgent": urgent,
            "asked": _request(visit.view, urgent.request),
            "wait_s": visit.view.emergency_wait_s,
        }
        say = self._screen.renderer.words(visit.session)
        if not urgent.reason:
            title, template = say("emergency.reason"), "emergency_reason.html"
            shown["reasons"] = REASONS
        elif not urgent.words:
            title, template = say("emergency.words"), "emergency_words.html"
            shown["longest"] = LONGEST_WORDS
        else:
            title = say("emergency.second" if urgent.code else "emergency.first")
            template = "emergency_code.html"
            shown["keys"] = ALPHABET
            shown["longest"] = len(emergency.spelled("0" * emergency.LENGTH))
        return self._screen.page(visit, template, title, **shown)

    def reason(self, request: Request, reason: Annotated[str, Form(max_length=40)]) -> Response:
        """Take one of the reasons."""
        visit = self._screen.clerk(request)
        chosen = reason if reason in REASONS else ""
        return self._keep(visit, structs.replace(_urgent(visit), reason=chosen))

    def words(
        self, request: Request, answer: Annotated[str, Form(max_length=LONGEST_WORDS)] = ""
    ) -> Response:
        """Take the reason in words."""
        visit = self._screen.clerk(request)
        if not answer.strip():
            self._screen.change(visit.session, notice=Phrase("emergency.words-missing"))
        return self._keep(visit, structs.replace(_urgent(visit), words=answer.strip()))

    def code(self, request: Request, code: Annotated[str, Form(max_length=60)] = "") -> Response:
        """Take a code; the second one is handed over with the first."""
        visit = self._screen.clerk(request)
        urgent = _urgent(visit)
        if not urgent.words:
            return self._keep(visit, urgent)
        try:
            plain = emergency.read(code)
        except MalformedError:
            self._screen.change(visit.session, notice=Phrase("emergency.slip"))
            return self._screen.go(visit, "/emergency")
        if not urgent.code:
            return self._keep(visit, structs.replace(urgent, code=plain))
        return self._grant(visit, urgent, (urgent.code, plain))

    def cancel(self, request: Request) -> Response:
        """Forget it; the request goes on waiting."""
        visit = self._screen.clerk(request)
        urgent = visit.session.urgent
        self._screen.change(visit.session, urgent=None)
        return self._screen.go(visit, f"/request/{urgent.request}" if urgent else "/home")

    def _grant(self, visit: Visit, urgent: Urgent, codes: tuple[str, str]) -> Response:
        assert visit.session.person is not None
        self._screen.change(visit.session, urgent=structs.replace(urgent, code=""))
        command = GrantEmergency(
            by=visit.session.person.account,
            request=urgent.request,
            reason=urgent.reason,
            words=urgent.words,
            codes=codes,
        )
        try:
            self._screen.ask(command, RequestView)
        except AnswerError as error:
            self._screen.change(visit.session, notice=error.phrase)
            return self._screen.go(visit, "/emergency")
        self._screen.change(visit.session, urgent=None)
        return self._screen.go(visit, f"/request/{urgent.request}")

    def _keep(self, visit: Visit, urgent: Urgent) -> Response:
        self._screen.change(visit.session, urgent=urgent)
        return self._screen.go(visit, "/emergency")


def terms_for(view: View, request: str) -> EmergencyView | None:
    """Return the terms that can open the machine for a waiting request, if there are any."""
    found = _request(view, request)
    if found is None or found.state != "waiting":
        return None
    for one in view.emergency:
        same = found.code in one.matters and found.seal == one.seal
        if same and found.copies <= one.impressions:
            return one
    return None


def _request(view: View, request: str) -> RequestView | None:
    return next((one for one in view.requests if one.request == request), None)


def _urgent(visit: Visit) -> Urgent:
    urgent = visit.session.urgent
    if urgent is None or terms_for(visit.view, urgent.request) is None:
        raise ElsewhereError("/home", visit.session)
    return urgent
