"""Home, one request with its answer, and the page of a machine that is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from fastapi import APIRouter, Depends, Request, Response
from msgspec import Struct, structs

from device.keepers import only_services
from device.kiosk.emergency import terms_for
from device.kiosk.errors import AnswerError, ElsewhereError
from device.kiosk.moments import full_date_text
from device.kiosk.port import RequestView, View, WithdrawRequest
from device.kiosk.rendering import mark_of
from device.kiosk.screen import Screen, Visit
from device.kiosk.sessions import Session, Size
from device.kiosk.slip import qr, text_of
from ledger.matters import look_up

ROWS: dict[Size, int] = {"1": 4, "2": 2, "3": 1}  # requests on one screen, by size of text
_STATE_ICONS = {
    "waiting": "wait",
    "approved": "seal",
    "refused": "no",
    "done": "ok",
    "expired": "wait",
    "revoked": "no",
}
_STATE_ORDER = ("approved", "waiting", "refused", "revoked", "expired", "done")
_AGAIN = ("returned", "withdrawn", "lapsed")  # to be filed anew, with what is corrected
_OPEN = ("waiting", "approved")  # may be taken back
_BY_LIST = ("forbidden", "off-list")
_Row = TypeVar("_Row")


class RequestShown(Struct, frozen=True, kw_only=True):
    """A request in the words of the screen; `by_list` that the items list refused it.

    `word` names its state in the texts; `again` that it may be corrected and filed anew;
    `filer` is the name of another clerk who filed it, or ""; `straight` that its one sheet should
    still lie where this clerk photographed it, so that stamping may begin at once; `own` that
    whoever looks filed it and may take it back.
    """

    request: str
    number: str
    matter: str
    applicant: str
    copies: int
    at: str
    state: str
    word: str
    icon: str
    again: bool
    faint: str
    faint_seam: bool
    stampable: bool
    left: int
    until: str
    reason: str
    reason_text: str
    basis: str
    instead: str
    by_list: bool
    urgent: bool
    seams: int
    filer: str = ""
    straight: bool = False
    own: bool = False


class HomeShown(Struct, frozen=True, kw_only=True):
    """One part of the list of requests; `only_services`: nothing of it is for who looks."""

    rows: tuple[RequestShown, ...]
    part: int
    parts: int
    held: bool
    job: bool
    offline: bool
    only_services: bool


class Home:
    """What a clerk sees between two tasks."""

    def __init__(self, screen: Screen) -> None:
        """Serve `screen`."""
        self._screen = screen

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/home", self.home)
        router.add_api_route("/home/live", self.home_live)
        router.add_api_route("/request/{request_id}", self.request)
        router.add_api_route("/request/{request_id}/live", self.request_live)
        router.add_api_route("/request/{request_id}/slip", self.slip)
        router.add_api_route("/request/{request_id}/withdrawal", self.ask_withdrawal)
        router.add_api_route("/hold", self.hold)
        router.add_api_route("/hold/live", self.hold_live)
        forms = [Depends(self._screen.check_token)]
        withdrawal = "/request/{request_id}/withdrawal"
        router.add_api_route(withdrawal, self.withdraw, methods=["POST"], dependencies=forms)
        router.add_api_route("/hold/seen", self.hold_seen, methods=["POST"], dependencies=forms)
        return router

    def home(self, request: Request, part: int = 0) -> Response:
        """List the machine's requests, those that can be stamped first."""
        visit = self._screen.clerk(request)
        shown = self._home(visit, part)
        title = self._screen.renderer.words(visit.session)("home.title")
        mark = mark_of(visit.session, shown)
        return self._screen.page(visit, "home.html", title, home=shown, mark=mark)

    def home_live(self, request: Request, part: int = 0, mark: str = "") -> Response:
        """Return the list if it changed."""
        visit = self._screen.clerk(request, touched=False)
        shown = self._home(visit, part)
        now = mark_of(visit.session, shown)
        return self._screen.fragment(visit, "home_stage.html", now, mark, home=shown)

    def request(self, request: Request, request_id: str) -> Response:
        """Show one request and what becomes of it."""
        visit = self._screen.clerk(request)
        shown, mark = self._request(visit, request_id)
        title = self._screen.renderer.words(visit.session)("request.title")
        return self._screen.page(visit, "request.html", title, shown=shown, mark=mark)

    def request_live(self, request: Request, request_id: str, mark: str = "") -> Response:
        """Return the request if something about it changed."""
        visit = self._screen.clerk(request, touched=False)
        shown, now = self._request(visit, request_id)
        return self._screen.fragment(visit, "request_stage.html", now, mark, shown=shown)

    def slip(self, request: Request, request_id: str) -> Response:
        """Show what a villager takes along whose item the village may not stamp."""
        visit = self._screen.clerk(request)
        shown, _ = self._request(visit, request_id)
        if not shown.by_list:
            raise ElsewhereError(f"/request/{request_id}", visit.session)
        words, view = self._screen.renderer.words(visit.session), visit.view
        place = shown.instead or f"{view.window} {view.window_phone}".strip()
        zone = self._screen.options.time_zone
        day = full_date_text(view.now_ms, zone, visit.session.language)
        every = (
            words("slip.not-here", matter=shown.matter),
            words("slip.instead", place=place) if place else "",
            words("slip.why", why=words.code("reason", shown.reason)),
            words("slip.basis", basis=shown.basis) if shown.basis else "",
            words("slip.from", village=view.village, at=day, number=shown.number),
        )
        lines = tuple(line for line in every if line)
        code = qr(text_of(lines))
        title = words("slip.title")
        return self._screen.page(
            visit, "slip.html", title, lines=lines, code=code, request_id=shown.request
        )

    def ask_withdrawal(self, request: Request, request_id: str) -> Response:
        """Ask who filed a request whether it is to be taken back."""
        visit = self._screen.clerk(request)
        shown, _ = self._request(visit, request_id)
        if not shown.own:
            raise ElsewhereError(f"/request/{request_id}", visit.session)
        title = self._screen.renderer.words(visit.session)("withdraw.title")
        return self._screen.page(visit, "withdraw.html", title, shown=shown)

    def withdraw(self, request: Request, request_id: str) -> Response:
        """Take a request back; its page says so then."""
        visit = self._screen.clerk(request)
        assert visit.session.person is not None
        command = WithdrawRequest(by=visit.session.person.account, request=request_id)
        try:
            self._screen.ask(command, type(None))
        except AnswerError as error:
            self._screen.change(visit.session, notice=error.phrase)
        return self._screen.go(visit, f"/request/{request_id}")

    def hold(self, request: Request) -> Response:
        """Say that the machine is locked, why, and who must act; nobody need be signed in."""
        visit = self._screen.visit(request)
        hold = visit.view.hold
        if hold is None:
            return self._screen.go(visit, "/")
        since = self._screen.moment(visit, hold.since_ms)
        title = self._screen.renderer.words(visit.session)("hold.title")
        mark = mark_of(visit.session, hold)
        return self._screen.page(visit, "hold.html", title, since=since, mark=mark)

    def hold_live(self, request: Request, mark: str = "") -> Response:
        """Lead away from the page once the machine is released; show anew what has changed."""
        visit = self._screen.visit(request, touched=False)
        if visit.view.hold is None:
            raise ElsewhereError("/", visit.session)
        changed = mark_of(visit.session, visit.view.hold) != mark
        return Response(status_code=204, headers={"HX-Refresh": "true"} if changed else {})

    def hold_seen(self, request: Request) -> Response:
        """Let a clerk who has read why the machine is held look at the requests."""
        visit = self._screen.clerk(request)
        hold = visit.view.hold
        self._screen.change(visit.session, hold_seen=hold.hold if hold is not None else "")
        return self._screen.go(visit, "/home")

    def _home(self, visit: Visit, part: int) -> HomeShown:
        view = visit.view
        requests = sorted(
            view.requests, key=lambda one: (_STATE_ORDER.index(one.state), -one.filed_ms)
        )
        rows, part, parts = part_of(requests, part, ROWS[visit.session.size])
        return HomeShown(
            rows=tuple(_shown(one, view, self._screen.moment(visit, one.filed_ms)) for one in rows),
            part=part,
            parts=parts,
            held=view.hold is not None,
            job=view.job is not None,
            offline=not view.online or bool(view.standing),
            only_services=visit.session.person is not None
            and only_services(visit.session.person.offices),
        )

    def _request(self, visit: Visit, request_id: str) -> tuple[RequestShown, str]:
        view = visit.view
        found = _find(visit.session, view, request_id)
        if found is None:
            raise ElsewhereError("/home", visit.session)
        until = found.not_after_ms
        shown = _shown(
            found,
            view,
            self._screen.moment(visit, found.filed_ms),
            self._screen.moment(visit, until) if until is not None else "",
        )
        filer = self._other(visit.session, found.filed_by)
        straight = shown.stampable and visit.session.laid == request_id
        own = found.state in _OPEN and self._filed(visit.session, found.filed_by)
        shown = structs.replace(shown, filer=filer, straight=straight, own=own)
        return shown, mark_of(visit.session, shown, view.online, view.hold is not None)

    def _filed(self, session: Session, account: str) -> bool:
        """Tell whether the person signed in filed a request with an account of theirs."""
        who = session.person
        if who is None or who.account == account:
            return who is not None
        return who.person != "" and any(
            (one.account, one.person) == (account, who.person) for one in self._screen.people()
        )

    def _other(self, session: Session, account: str) -> str:
        """Return the name behind an account that is not the one signed in, else ""."""
        if session.person is None or session.person.account == account:
            return ""
        names = {one.account: one.name for one in self._screen.people()}
        return names.get(account, account)


def part_of(rows: Sequence[_Row], part: int, size: int) -> tuple[tuple[_Row, ...], int, int]:
    """Return one part of a list, the part's number after clamping, and how many there are."""
    parts = max(1, -(-len(rows) // size))
    part = min(max(part, 0), parts - 1)
    return tuple(rows[part * size : (part + 1) * size]), part, parts


def _find(session: Session, view: View, request_id: str) -> RequestView | None:
    for one in view.requests:
        if one.request == request_id:
            return one
    filed = session.filed
    return filed if filed is not None and filed.request == request_id else None


def _again(one: RequestView) -> bool:
    return one.state == "refused" and one.reason in _AGAIN


def _shown(one: RequestView, view: View, at: str, until: str = "") -> RequestShown:
    matter = look_up(view.matters, one.matter).matter
    return RequestShown(
        request=one.request,
        number=f"{one.request[:4]}-{one.request[4:8]}".upper(),
        matter=matter.name if matter is not None else one.matter,
        applicant=one.applicant,
        copies=one.copies,
        at=at,
        state=one.state,
        word=one.reason if _again(one) else one.state,
        icon=_STATE_ICONS[one.state],
        again=_again(one),
        faint=one.faint if one.state == "done" else "",
        faint_seam=one.faint_seam,
        stampable=one.state == "approved" and one.left > 0,
        left=one.left,
        until=until,
        reason=one.reason,
        reason_text=one.reason_text,
        basis=matter.basis if matter is not None and one.reason in _BY_LIST else "",
        instead=matter.instead if matter is not None and one.reason in _BY_LIST else "",
        by_list=one.reason in _BY_LIST,
        urgent=terms_for(view, one.request) is not None,
        seams=one.seams,
    )
