"""The keeping of seals at the screen: where they are, opening the hatch, reporting a loss.

Two persons prove themselves by card and PIN before the hatch opens; what was done behind it is
asked after it is shut, one question a page. The agent checks everything again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from msgspec import structs

from device.keepers import held, objection, wanted
from device.kiosk import keeping_steps as steps
from device.kiosk.errors import AnswerError, ElsewhereError
from device.kiosk.pins import refusal
from device.kiosk.port import PagePhoto, Person, TakePage
from device.kiosk.port_custody import OpenHatch, ReportLost, SealView, ShutHatch
from device.kiosk.rendering import mark_of
from device.kiosk.screen import Screen, Visit
from device.kiosk.sessions import CustodyDraft
from device.texts import Phrase

HATCH_S = 5
_WORKS = ("ink", "cleaning", "repair", "inspection")
_TEMPLATES = {
    "second": "custody_card.html",
    "witness": "custody_card.html",
    "ready": "custody_ready.html",
    "hatch": "custody_hatch.html",
    "holder": "custody_text.html",
    "place": "custody_text.html",
    "days": "custody_number.html",
    "counted": "custody_number.html",
    "check": "custody_check.html",
    "works": "custody_works.html",
    "sample": "custody_sample.html",
    steps.CONFIRM: "custody_confirm.html",
}


class Keeping:
    """The pages about where the seals are."""

    def __init__(self, screen: Screen) -> None:
        """Serve `screen`."""
        self._screen = screen

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        forms = [Depends(self._screen.check_token)]
        posts: dict[str, Callable[..., Response]] = {
            "/custody/begin": self.begin,
            "/custody/cancel": self.cancel,
            "/custody/pin": self.try_pin,
            "/custody/open": self.open,
            "/custody/done": self.done,
            "/custody/sample": self.sample,
            "/custody/unsampled": self.leave_unsampled,
            "/custody/works": self.works,
            "/custody/settle": self.settle,
            "/custody/lost/{seal}": self.lose,
            "/custody/{question}": self.answer,
        }
        for path, endpoint in posts.items():
            router.add_api_route(path, endpoint, methods=["POST"], dependencies=forms)
        router.add_api_route("/custody", self.overview)
        router.add_api_route("/custody/pin", self.ask_pin)
        router.add_api_route("/custody/live", self.live)
        router.add_api_route("/custody/sample.jpg", self.photo)
        router.add_api_route("/custody/lost/{seal}", self.ask_lost)
        router.add_api_route("/custody/{step}", self.show)
        return router

    def overview(self, request: Request) -> Response:
        """Show where each seal is, and which openings are permitted."""
        visit = self._screen.clerk(request)
        due = {
            one.seal: self._screen.moment(visit, one.until_ms)
            for one in visit.view.custody
            if one.until_ms is not None and one.place == "out"
        }
        title = self._screen.renderer.words(visit.session)("custody.title")
        return self._screen.page(visit, "custody.html", title, due=due)

    def begin(self, request: Request, permit: Annotated[str, Form(max_length=60)]) -> Response:
        """Begin an opening, or go on with one that is not settled."""
        visit = self._screen.clerk(request)
        for seal in visit.view.custody:
            purposes = {one.permit: one.purpose for one in seal.orders if one.fits}
            if seal.permit and seal.purpose is not None:
                purposes[seal.permit] = seal.purpose
            if permit in purposes:
                draft = CustodyDraft(
                    permit=permit, seal=seal.seal, purpose=purposes[permit], awaits="second"
                )
                self._screen.change(visit.session, custody=draft)
                return self._screen.go(visit, "/custody/second")
        raise ElsewhereError("/custody", visit.session)

    def cancel(self, request: Request) -> Response:
        """Leave; what is opened stays to be settled."""
        visit = self._screen.clerk(request)
        self._screen.change(visit.session, custody=None)
        return self._screen.go(visit, "/custody")

    def show(self, request: Request, step: str) -> Response:
        """Show the step that comes now; any other address leads there."""
        visit = self._screen.clerk(request)
        self._screen.lay_card(visit)
        draft, seal = self._at(visit)
        now = steps.step(draft, seal)
        if step != now:
            raise ElsewhereError(f"/custody/{now}", visit.session)
        if now in ("second", "witness") and draft.awaits != now:
            draft = self._keep(visit, structs.replace(draft, awaits=now, card=""))
        return self._page(visit, draft, seal, now)

    def live(self, request: Request, mark: str = "") -> Response:
        """Return how the hatch stands, if that changed."""
        visit = self._screen.clerk(request, touched=False)
        draft, seal = self._at(visit)
        if (step := steps.step(draft, seal)) != "hatch":
            raise ElsewhereError(f"/custody/{step}", visit.session)
        context = {"draft": draft, "seal": seal}
        now = mark_of(visit.session, seal.shut, seal.present)
        return self._screen.fragment(visit, "custody_hatch_stage.html", now, mark, **context)

    def ask_pin(self, request: Request) -> Response:
        """Ask for the PIN of the other person's card."""
        visit = self._screen.clerk(request)
        draft, _ = self._at(visit)
        person = self._screen.person_of(draft.card)
        if person is None:
            return self._next(visit, draft)
        title = self._screen.renderer.words(visit.session)("pin.title")
        return self._screen.page(visit, "pin.html", title, name=person.name, base="/custody")

    def try_pin(self, request: Request, pin: Annotated[str, Form(max_length=64)] = "") -> Response:
        """Take the other person in when it is the PIN of the card."""
        visit = self._screen.clerk(request)
        draft, _ = self._at(visit)
        person = self._screen.person_of(draft.card)
        if person is None or not draft.awaits:
            return self._next(visit, draft)
        answer = self._screen.guard.check(person, pin)
        if answer.outcome == "right" and (why := _objection(visit, draft, person)):
            self._screen.change(visit.session, notice=Phrase(f"reason.{why}"))
            return self._next(visit, structs.replace(draft, card=""))
        if answer.outcome == "right":
            known = {draft.awaits: person}
            return self._next(visit, structs.replace(draft, card="", awaits="", **known))
        self._screen.change(visit.session, notice=refusal(answer))
        if answer.outcome == "locked":
            return self._next(visit, structs.replace(draft, card=""))
        return self._screen.go(visit, "/custody/pin")

    def open(self, request: Request) -> Response:
        """Have the hatch freed, for the first time or again."""
        visit = self._screen.clerk(request)
        draft, _ = self._at(visit)
        if draft.second is None:
            return self._next(visit, draft)
        command = OpenHatch(by=_account(visit), second=draft.second.account, permit=draft.permit)
        return self._asked(visit, command, structs.replace(draft, done=False))

    def done(self, request: Request) -> Response:
        """The hatch is shut again: the questions begin, or do as soon as the switch says so."""
        visit = self._screen.clerk(request)
        draft, seal = self._at(visit)
        if not seal.shut:
            self._screen.change(visit.session, notice=Phrase("reason.hatch-open"))
        return self._next(visit, structs.replace(draft, done=True))

    def answer(
        self, request: Request, question: str, answer: Annotated[str, Form(max_length=100)] = ""
    ) -> Response:
        """Take an answer; one that cannot be is said plainly, on the same page."""
        visit = self._screen.clerk(request)
        draft, seal = self._at(visit)
        if question != steps.step(draft, seal):
            return self._next(visit, draft)
        answered = steps.with_answer(draft, question, answer.strip())
        if answered is None:
            self._screen.change(visit.session, notice=Phrase("custody.wrong"))
        return self._next(visit, draft if answered is None else answered)

    def works(self, request: Request, work: Annotated[str, Form(max_length=20)] = "") -> Response:
        """Choose a work or take it back; without one, what is chosen is all."""
        visit = self._screen.clerk(request)
        draft, _ = self._at(visit)
        if work not in _WORKS:
            return self._next(visit, structs.replace(draft, chosen=bool(draft.works)))
        chosen = tuple(one for one in _WORKS if (one in draft.works) != (one == work))
        return self._next(visit, structs.replace(draft, works=chosen, chosen=False))

    def sample(self, request: Request) -> Response:
        """Photograph the sheet with the imprint."""
        visit = self._screen.clerk(request)
        draft, _ = self._at(visit)
        try:
            page = self._screen.ask(TakePage(by=_account(visit)), PagePhoto)
        except AnswerError as error:
            self._screen.change(visit.session, notice=error.phrase)
            return self._next(visit, draft)
        return self._next(visit, structs.replace(draft, page=page))

    def leave_unsampled(self, request: Request) -> Response:
        """There is no photo of an imprint; the entry will say so."""
        visit = self._screen.clerk(request)
        draft, seal = self._at(visit)
        if steps.step(draft, seal) == "sample":
            draft = structs.replace(draft, unsampled=True)
        return self._next(visit, draft)

    def photo(self, request: Request) -> Response:
        """Return the photo of the imprint."""
        draft, _ = self._at(self._screen.clerk(request))
        if draft.page is None:
            return Response(status_code=404)
        return Response(draft.page.jpeg, media_type="image/jpeg")

    def settle(self, request: Request) -> Response:
        """Have written down what was done."""
        visit = self._screen.clerk(request)
        draft, seal = self._at(visit)
        if steps.step(draft, seal) != steps.CONFIRM or draft.second is None:
            return self._next(visit, draft)
        command = ShutHatch(
            by=_account(visit),
            second=draft.second.account,
            permit=draft.permit,
            counted=draft.counted or 0,
            holder=draft.holder,
            place=draft.place,
            days=draft.days,
            check=draft.check,
            works=draft.works,
            witness=draft.witness.account if draft.witness is not None else "",
            page=draft.page.page if draft.page is not None else "",
            unsampled=draft.unsampled,
        )
        return self._asked(visit, command, None, Phrase("custody.settled"))

    def ask_lost(self, request: Request, seal: str) -> Response:
        """Ask once more before a seal is stopped."""
        visit = self._screen.clerk(request)
        found = _find(visit, seal)
        title = self._screen.renderer.words(visit.session)("custody.lost.title")
        return self._screen.page(visit, "custody_lost.html", title, seal=found)

    def lose(self, request: Request, seal: str) -> Response:
        """Stop a seal that is lost, at once."""
        visit = self._screen.clerk(request)
        command = ReportLost(by=_account(visit), seal=_find(visit, seal).seal)
        return self._asked(visit, command, None, Phrase("custody.lost.done"))

    def _asked(
        self,
        visit: Visit,
        command: OpenHatch | ShutHatch | ReportLost,
        after: CustodyDraft | None,
        notice: Phrase | None = None,
    ) -> Response:
        """Hand a command to the agent; when it did not refuse, `after` is how things stand."""
        try:
            self._screen.ask(command, type(None))
        except AnswerError as error:
            self._screen.change(visit.session, notice=error.phrase)
            return self._screen.go(visit, "/custody/now" if visit.session.custody else "/custody")
        self._screen.change(visit.session, custody=after, notice=notice)
        return self._screen.go(visit, "/custody" if after is None else "/custody/hatch")

    def _at(self, visit: Visit) -> tuple[CustodyDraft, SealView]:
        draft = visit.session.custody
        if draft is None:
            raise ElsewhereError("/custody", visit.session)
        return draft, _find(visit, draft.seal)

    def _keep(self, visit: Visit, draft: CustodyDraft) -> CustodyDraft:
        self._screen.change(visit.session, custody=draft)
        return draft

    def _next(self, visit: Visit, draft: CustodyDraft) -> Response:
        self._keep(visit, draft)
        return self._screen.go(visit, f"/custody/{steps.step(draft, _find(visit, draft.seal))}")

    def _page(self, visit: Visit, draft: CustodyDraft, seal: SealView, now: str) -> Response:
        title = self._screen.renderer.words(visit.session)(f"custody.{now}.title")
        context: dict[str, Any] = {
            "draft": draft,
            "seal": seal,
            "step": now,
            "seconds": HATCH_S,
            "works": _WORKS,
            "longest": steps.TEXTS.get(now, 0),
            "most": steps.DAYS_MAX if now == "days" else steps.COUNT_MAX,
            "asked": steps.asked(draft, seal),
            "pressed": steps.pressed(draft, seal),
            "mark": mark_of(visit.session, seal.shut, seal.present),
            "keeper": wanted(draft.purpose, held(_person(visit))),
        }
        return self._screen.page(visit, _TEMPLATES[now], title, **context)


def _find(visit: Visit, seal: str) -> SealView:
    for one in visit.view.custody:
        if one.seal == seal:
            return one
    raise ElsewhereError("/custody", visit.session)


def _objection(visit: Visit, draft: CustodyDraft, other: Person) -> str:
    """Return why another person cannot be the second one, or the witness; "" if she can."""
    first = held(_person(visit))
    if draft.awaits == "second":
        return objection(draft.purpose, first, held(other))
    there = {first.person, held(draft.second).person if draft.second is not None else ""}
    return "witness-same" if held(other).person in there else ""


def _person(visit: Visit) -> Person:
    assert visit.session.person is not None
    return visit.session.person


def _account(visit: Visit) -> str:
    return _person(visit).account
