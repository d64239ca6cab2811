"""Offline: which things can be stamped now without the township, which cannot, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from msgspec import Struct

from device.kiosk import questions
from device.kiosk.errors import ElsewhereError
from device.kiosk.port import RequestView, StandingView, View
from device.kiosk.screen import Screen, Visit
from device.kiosk.sessions import Draft


class StandingShown(Struct, frozen=True, kw_only=True):
    """A standing permit in the words of the screen."""

    permit: str
    name: str
    today: int
    left: int
    until: str
    reason: str


class OfflineShown(Struct, frozen=True, kw_only=True):
    """What the page lists, by whether it can be stamped now."""

    approved: tuple[RequestView, ...]
    standing: tuple[StandingShown, ...]
    blocked: tuple[StandingShown, ...]
    waiting: tuple[RequestView, ...]
    held: bool


class Offline:
    """The page, and the shortcut from it into a request under a standing permit."""

    def __init__(self, screen: Screen) -> None:
        """Serve `screen`."""
        self._screen = screen

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        forms = [Depends(self._screen.check_token)]
        router.add_api_route("/offline", self.page)
        router.add_api_route("/offline/apply", self.apply, methods=["POST"], dependencies=forms)
        return router

    def page(self, request: Request) -> Response:
        """List what can be stamped without the township, then what cannot, with why."""
        visit = self._screen.clerk(request)
        assert visit.session.person is not None
        title = self._screen.renderer.words(visit.session)("offline.title")
        shown = self._shown(visit, visit.session.person.account)
        return self._screen.page(visit, "offline.html", title, shown=shown)

    def apply(self, request: Request, permit: Annotated[str, Form(max_length=40)]) -> Response:
        """Begin a request for the item of a standing permit."""
        visit = self._screen.clerk(request)
        found = [one for one in visit.view.standing if one.permit == permit and not one.reason]
        if not found or visit.view.hold is not None:
            raise ElsewhereError("/offline", visit.session)
        draft = Draft(seal=found[0].seal, matter=found[0].matter)
        self._screen.change(visit.session, draft=draft)
        return self._screen.go(visit, f"/apply/{questions.first_open(draft, visit.view)}")

    def _shown(self, visit: Visit, operator: str) -> OfflineShown:
        view = visit.view
        standing = [self._standing(one, visit, operator) for one in view.standing]
        return OfflineShown(
            approved=tuple(
                one for one in view.requests if one.state == "approved" and one.left > 0
            ),
            standing=tuple(one for one in standing if not one.reason),
            blocked=tuple(one for one in standing if one.reason),
            waiting=tuple(one for one in view.requests if one.state == "waiting"),
            held=view.hold is not None,
        )

    def _standing(self, one: StandingView, visit: Visit, operator: str) -> StandingShown:
        agreed = "" if operator not in one.agreed_by else "operator-agreed"
        return StandingShown(
            permit=one.permit,
            name=one.name,
            today=one.left_today,
            left=one.left,
            until=self._screen.moment(visit, one.not_after_ms),
            reason=one.reason or agreed,
        )


def covering(draft: Draft, view: View, operator: str) -> StandingView | None:
    """Return the standing permit for a draft's item, though it may be too small for its copies."""
    matter = questions.matter_of(draft, view)
    asks = draft.amount_fen or draft.payee or draft.makes_up or questions.seams_of(draft)
    if matter is None or asks:
        return None
    for one in view.standing:
        if (one.seal, one.matter, one.reason) == (draft.seal, matter.code, ""):
            return None if operator in one.agreed_by else one
    return None
