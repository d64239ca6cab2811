"""Applying for a stamp: one question a page, a summary, and the answer of the items list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from msgspec import Struct, structs

from device.kiosk import questions
from device.kiosk.amounts import fen_from, yuan_text
from device.kiosk.errors import AnswerError, ElsewhereError
from device.kiosk.finding import MatterFinder
from device.kiosk.offline import covering
from device.kiosk.port import (
    Earlier,
    FileRequest,
    PagePhoto,
    ReadEarlier,
    RequestView,
    TakePage,
    View,
)
from device.kiosk.screen import Screen, Visit
from device.kiosk.sessions import Draft, Session
from device.texts import Phrase
from ledger.matters import Verdict, look_up

PURPOSES = 8
PAGES_MAX = 60
_LEAST = {"copies": 1, "seams": 0}
_TEXT_MAX = {"applicant": 30, "purpose": 60, "payee": 40, "unlisted": 60}


class Line(Struct, frozen=True, kw_only=True):
    """One line of the summary: a question and its answer."""

    question: str
    value: str


class Applying:
    """The pages of one request, from its item to its filing."""

    def __init__(self, screen: Screen, finder: MatterFinder) -> None:
        """Serve `screen`; `finder` is where the item is chosen."""
        self._screen = screen
        self._finder = finder

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.include_router(self._finder.router())
        forms = [Depends(self._screen.check_token)]
        router.add_api_route("/page/{place}.jpg", self.photo)
        posts: dict[str, Callable[..., Response]] = {
            "/apply": self.begin,
            "/apply/again": self.again,
            "/apply/cancel": self.cancel,
            "/apply/pages": self.take,
            "/apply/pages/drop": self.drop,
            "/apply/submit": self.submit,
            "/apply/seal": self.answer_seal,
            "/apply/matter": self.answer_matter,
            "/apply/unlisted": self.answer_unlisted,
            "/apply/{question}": self.answer,
        }
        for path, endpoint in posts.items():
            router.add_api_route(path, endpoint, methods=["POST"], dependencies=forms)
        router.add_api_route("/apply/{question}", self.ask)
        return router

    def begin(self, request: Request) -> Response:
        """Begin a new request."""
        visit = self._screen.clerk(request)
        view = visit.view
        if view.hold is not None or not view.seals:
            raise ElsewhereError("/home", visit.session)
        return self._keep(visit, Draft(), self._finder.opening(visit))

    def again(
        self,
        request: Request,
        earlier: Annotated[str, Form(max_length=64)],
        makes_up: Annotated[str, Form(max_length=64)] = "",
    ) -> Response:
        """Begin with what an earlier request said; only its pages are photographed anew."""
        visit = self._screen.clerk(request)
        view = visit.view
        if view.hold is not None or not view.seals:
            raise ElsewhereError("/home", visit.session)
        try:
            said = self._screen.ask(ReadEarlier(by=_account(visit), request=earlier), Earlier)
        except AnswerError as error:
            self._screen.change(visit.session, notice=error.phrase)
            return self._screen.go(visit, "/home")
        seam = any(one.faint_seam for one in view.requests if one.faint and one.faint == makes_up)
        draft = questions.again_from(said, view, makes_up, seam=seam)
        return self._keep(visit, draft, questions.first_open(draft, view))

    def cancel(self, request: Request) -> Response:
        """Forget the draft; the photos taken for it are not used."""
        visit = self._screen.clerk(request)
        self._screen.change(visit.session, draft=None)
        return self._screen.go(visit, "/home")

    def ask(self, request: Request, question: str, typing: str = "") -> Response:
        """Show a question, or the first one that has to be answered before it."""
        visit = self._screen.clerk(request)
        draft = _draft(visit)
        if question == "unlisted":
            return self._typing(visit, draft, question, back="matter")
        self._check_order(visit, draft, question)
        if question in ("copies", "seams", "amount"):
            return self._number(visit, draft, question)
        special = {
            questions.CONFIRM: self._confirm,
            "seal": self._seals,
            "matter": lambda visit, draft: self._finder.page(visit, draft, bool(typing)),
            "applicant": lambda visit, draft: self._typing(visit, draft, question),
            "payee": lambda visit, draft: self._typing(visit, draft, question),
            "purpose": self._purpose if not typing else self._purpose_typed,
        }
        if question in special:
            return special[question](visit, draft)
        return self._page(visit, draft, question, f"{question}.html")

    def answer_seal(self, request: Request, seal: Annotated[str, Form(max_length=60)]) -> Response:
        """Take one of the machine's seals."""
        visit = self._screen.clerk(request)
        draft = _draft(visit)
        matter = questions.matter_of(draft, visit.view)
        if matter is None or seal not in questions.seals_for(matter, visit.view):
            raise ElsewhereError("/apply/seal", visit.session)
        return self._answered(visit, structs.replace(draft, seal=seal), "seal")

    def answer_matter(
        self, request: Request, matter: Annotated[str, Form(max_length=60)]
    ) -> Response:
        """Take an item of the list; a forbidden one is refused at once, and that is filed."""
        visit = self._screen.clerk(request)
        draft = _draft(visit)
        self._check_order(visit, draft, "matter")
        answer = look_up(visit.view.matters, matter)
        if answer.matter is None:
            raise ElsewhereError("/apply/matter", visit.session)
        if answer.verdict is Verdict.FORBIDDEN:
            return self._refused_at_once(visit, answer.matter.code)
        seals = questions.seals_for(answer.matter, visit.view)
        if not seals:
            return self._refused_at_once(visit, answer.matter.code)
        chosen = questions.with_seal(structs.replace(draft, matter=answer.matter.code), visit.view)
        if chosen.copies > questions.most_copies(answer.matter, self._screen.options.copies_max):
            chosen = structs.replace(chosen, copies=0)
        return self._answered(visit, chosen, "matter")

    def answer_unlisted(
        self, request: Request, answer: Annotated[str, Form(max_length=60)] = ""
    ) -> Response:
        """Look up what the clerk calls the matter; on no list it is refused, and that is filed."""
        visit = self._screen.clerk(request)
        draft = _draft(visit)
        self._check_order(visit, draft, "matter")
        name = answer.strip()
        if not name:
            return self._again(visit, "unlisted", "unlisted.empty")
        found = look_up(visit.view.matters, name)
        if found.matter is not None:
            return self.answer_matter(request, found.matter.code)
        return self._refused_at_once(visit, name)

    def answer(
        self, request: Request, question: str, answer: Annotated[str, Form(max_length=100)] = ""
    ) -> Response:
        """Take a typed answer; one that cannot be is said plainly, on the same page."""
        visit = self._screen.clerk(request)
        draft = _draft(visit)
        self._check_order(visit, draft, question)
        answered = self._with_answer(visit.view, draft, question, answer.strip())
        if answered is None:
            typing = "?typing=1" if question == "purpose" else ""
            return self._again(visit, question + typing, f"{question}.wrong")
        return self._answered(visit, answered, question)

    def take(self, request: Request) -> Response:
        """Photograph the page under the camera."""
        visit = self._screen.clerk(request)
        draft = _draft(visit)
        self._check_order(visit, draft, "pages")
        if len(draft.pages) >= PAGES_MAX:
            raise ElsewhereError("/apply/pages", visit.session)
        try:
            photo = self._screen.ask(TakePage(by=_account(visit)), PagePhoto)
        except AnswerError as error:
            self._screen.change(visit.session, notice=error.phrase)
            return self._screen.go(visit, "/apply/pages")
        self._screen.sessions.update(visit.session.id, lambda one: _with_page(one, photo))
        return self._screen.go(visit, "/apply/pages")

    def drop(self, request: Request) -> Response:
        """Forget the photo taken last."""
        visit = self._screen.clerk(request)
        draft = _draft(visit)
        return self._keep(visit, structs.replace(draft, pages=draft.pages[:-1]), "pages")

    def photo(self, request: Request, place: int) -> Response:
        """Return a photo of the draft."""
        pages = _draft(self._screen.clerk(request)).pages
        if not 0 <= place < len(pages):
            return Response(status_code=404)
        return Response(pages[place].jpeg, media_type="image/jpeg")

    def submit(self, request: Request) -> Response:
        """File the request, once however often the button is tapped."""
        visit = self._screen.clerk(request)
        open_question = questions.first_open(_draft(visit), visit.view)
        if open_question != questions.CONFIRM:
            raise ElsewhereError(f"/apply/{open_question}", visit.session)
        draft = self._screen.sessions.take_draft(visit.session.id)
        if draft is None:
            raise ElsewhereError("/home", visit.session)
        command = FileRequest(
            by=_account(visit),
            seal=draft.seal,
            matter=draft.matter,
            applicant=draft.applicant,
            purpose=draft.purpose,
            payee=draft.payee,
            amount_fen=draft.amount_fen,
            copies=draft.copies + questions.seams_of(draft),
            pages=tuple(photo.page for photo in draft.pages),
            makes_up=draft.makes_up,
            seams=questions.seams_of(draft),
        )
        return self._file(visit, draft, command)

    def _refused_at_once(self, visit: Visit, matter: str) -> Response:
        draft = self._screen.sessions.take_draft(visit.session.id)
        if draft is None:
            raise ElsewhereError("/home", visit.session)
        command = FileRequest(
            by=_account(visit),
            seal=draft.seal or visit.view.seals[0][0],
            matter=matter,
            applicant=draft.applicant,
            purpose=draft.purpose,
            payee="",
            amount_fen=None,
            copies=draft.copies or 1,
            pages=(),
        )
        return self._file(visit, draft, command)

    def _file(self, visit: Visit, draft: Draft, command: FileRequest) -> Response:
        try:
            filed = self._screen.ask(command, RequestView)
        except AnswerError as error:
            if error.phrase.key == "error.no-answer":  # it may still be filed: never file twice
                self._screen.change(visit.session, notice=Phrase("submit.no-answer"))
                return self._screen.go(visit, "/home")
            self._screen.change(visit.session, notice=error.phrase, draft=draft)
            return self._screen.go(visit, "/apply/confirm")
        laid = filed.request if len(command.pages) == command.copies == 1 else ""
        self._screen.change(visit.session, filed=filed, laid=laid)
        return self._screen.go(visit, f"/request/{filed.request}")

    def _with_answer(self, view: View, draft: Draft, question: str, answer: str) -> Draft | None:
        """Return the draft with a typed answer, or None when it is no answer."""
        if question in _LEAST:
            most = self._most(question, draft, view)
            number = int(answer) if answer.isascii() and answer.isdigit() else -1
            right = _LEAST[question] <= number <= most
            return structs.replace(draft, **{question: number}) if right else None
        if question == "amount":
            amount_fen = fen_from(answer)
            right = not answer or amount_fen is not None
            asked = structs.replace(draft, amount_fen=amount_fen, amount_asked=True)
            return asked if right else None
        return _with_text(draft, question, answer)

    def _check_order(self, visit: Visit, draft: Draft, question: str) -> None:
        order = (*questions.asked(draft, visit.view), questions.CONFIRM)
        wanted = questions.first_open(draft, visit.view)
        if question not in order or order.index(question) > order.index(wanted):
            raise ElsewhereError(f"/apply/{wanted}", visit.session)

    def _answered(self, visit: Visit, draft: Draft, question: str) -> Response:
        if question == "matter":
            matter = questions.matter_of(draft, visit.view)
            if matter is None or not questions.about_money(matter):
                draft = structs.replace(draft, payee="", amount_fen=None)
        if questions.seams_of(draft) > self._most("seams", draft, visit.view):
            draft = structs.replace(draft, seams=None)
        return self._keep(visit, draft, questions.following(question, draft, visit.view))

    def _keep(self, visit: Visit, draft: Draft, question: str) -> Response:
        self._screen.change(visit.session, draft=draft, laid="")
        return self._screen.go(visit, f"/apply/{question}")

    def _again(self, visit: Visit, question: str, notice: str) -> Response:
        self._screen.change(visit.session, notice=Phrase(notice))
        return self._screen.go(visit, f"/apply/{question}")

    def _page(
        self, visit: Visit, draft: Draft, question: str, template: str, **context: Any
    ) -> Response:
        title = self._screen.renderer.words(visit.session)(f"{question}.title")
        every = {
            "draft": draft,
            "question": question,
            "previous": questions.previous(question, draft, visit.view),
            "following": questions.following(question, draft, visit.view),
        }
        return self._screen.page(visit, template, title, **{**every, **context})

    def _typing(self, visit: Visit, draft: Draft, question: str, back: str = "") -> Response:
        context = {
            "value": getattr(draft, question, ""),
            "longest": _TEXT_MAX[question],
            "compose": "name" if question == "applicant" else "text",
            "skip": question == "payee",
            "previous": back or questions.previous(question, draft, visit.view),
        }
        return self._page(visit, draft, question, "text.html", **context)

    def _number(self, visit: Visit, draft: Draft, question: str) -> Response:
        amount = yuan_text(draft.amount_fen).replace(",", "") if draft.amount_fen else ""
        values = {"amount": amount, "copies": draft.copies or 1, "seams": draft.seams or 0}
        value, least = str(values[question]), _LEAST.get(question)
        context = {"value": value, "least": least, "most": self._most(question, draft, visit.view)}
        return self._page(visit, draft, question, "number.html", **context)

    def _most(self, question: str, draft: Draft, view: View) -> int:
        return questions.most_of(question, draft, view, self._screen.options.copies_max)

    def _seals(self, visit: Visit, draft: Draft) -> Response:
        matter = questions.matter_of(draft, visit.view)
        fits = questions.seals_for(matter, visit.view) if matter is not None else ()
        seals = [(seal, name) for seal, name in visit.view.seals if seal in fits]
        return self._page(visit, draft, "seal", "seal.html", seals=seals)

    def _purpose(self, visit: Visit, draft: Draft) -> Response:
        words = self._screen.renderer.words(visit.session)
        usual = tuple(words(f"purpose.{place}") for place in range(1, PURPOSES + 1))
        return self._page(visit, draft, "purpose", "purpose.html", purposes=usual)

    def _purpose_typed(self, visit: Visit, draft: Draft) -> Response:
        return self._typing(visit, draft, "purpose", back="purpose")

    def _confirm(self, visit: Visit, draft: Draft) -> Response:
        draft = structs.replace(draft, reviewed=True)
        session = self._screen.change(visit.session, draft=draft)
        words = self._screen.renderer.words(session)
        matter = questions.matter_of(draft, visit.view)
        amount = words("confirm.yuan", amount=yuan_text(draft.amount_fen or 0))
        values = {
            "seal": dict(visit.view.seals).get(draft.seal, draft.seal),
            "matter": matter.name if matter is not None else draft.matter,
            "applicant": draft.applicant,
            "purpose": draft.purpose,
            "payee": draft.payee or words("confirm.none"),
            "amount": amount if draft.amount_fen else words("confirm.none"),
            "copies": words("request.copies", n=draft.copies),
            "pages": words("confirm.page-count", n=len(draft.pages)),
            "seams": words("seams.count" if draft.seams else "seams.none", n=draft.seams or 0),
        }
        order = questions.summary(draft, visit.view)
        lines = tuple(Line(question=one, value=values[one]) for one in order)
        standing = covering(draft, visit.view, _account(visit))
        context = {"lines": lines, "standing": standing}
        return self._page(visit, draft, questions.CONFIRM, "confirm.html", **context)


def _with_text(draft: Draft, question: str, answer: str) -> Draft | None:
    if len(answer) > _TEXT_MAX.get(question, 0):
        return None
    if question == "payee":
        return structs.replace(draft, payee=answer, payee_asked=True)
    if question in ("applicant", "purpose") and answer:
        return structs.replace(draft, **{question: answer})
    return None


def _with_page(session: Session, photo: PagePhoto) -> Session:
    draft = session.draft
    if draft is None:  # cancelled while the photo was taken
        return session
    return structs.replace(session, draft=structs.replace(draft, pages=(*draft.pages, photo)))


def _draft(visit: Visit) -> Draft:
    if visit.session.draft is None:
        raise ElsewhereError("/home", visit.session)
    return visit.session.draft


def _account(visit: Visit) -> str:
    assert visit.session.person is not None
    return visit.session.person.account
