"""Stamping: lay the page, start, press, keep still, the next copy; the agent leads, this shows."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from msgspec import Struct

from device.kiosk.errors import AnswerError, ElsewhereError, phrase_of
from device.kiosk.port import BeginJob, EndJob, JobView, StampNow, View
from device.kiosk.rendering import mark_of
from device.kiosk.screen import Screen, Visit
from device.texts import Phrase, code_phrase
from ledger.matters import look_up

_LAYING = ("lay", "show", "fan", "next")
_RESTING = (*_LAYING, "stopped")
_UNSEEN = ("impression-missing", "page-other", "unjudged")  # no photo shows it well made
_BUSY = ("check", "confirm", "press", "photo")
_STEP_ICONS = {
    "lay": "page",
    "show": "page",
    "fan": "page",
    "check": "camera",
    "confirm": "wait",
    "press": "hand",
    "photo": "camera",
    "next": "page",
    "done": "ok",
    "stopped": "warn",
}


class StampShown(Struct, frozen=True, kw_only=True):
    """One moment of the stamping in the words of the screen.

    `left` impressions are still to make, besides the one that is being made (`busy`); `page` of
    `pages` lies there, 0 where nobody has looked yet. `key` names what is to be done now. Of what
    is left `seams` are seam stamps; `seam` that this one is, `seamed` that some were asked for,
    `both` that the clerk chooses which comes next; `shown` pages of the pile were seen.
    """

    step: str
    key: str
    icon: str
    n: int
    of: int
    left: int
    seal: str
    matter: str
    request: str
    reason: str
    problem: Phrase | None
    noticed: Phrase | None
    blocked: bool
    busy: bool
    page: int
    pages: int
    since_ms: int
    window_ms: int
    took_s: int
    seam: bool
    seams: int
    seamed: bool
    both: bool
    shown: int


class Stamping:
    """The pages of the stamping that goes on now."""

    def __init__(self, screen: Screen) -> None:
        """Serve `screen`."""
        self._screen = screen

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        forms = [Depends(self._screen.check_token)]
        router.add_api_route("/stamp/begin", self.begin, methods=["POST"], dependencies=forms)
        router.add_api_route("/stamp/straight", self.straight, methods=["POST"], dependencies=forms)
        router.add_api_route("/stamp/now", self.now, methods=["POST"], dependencies=forms)
        router.add_api_route("/stamp/end", self.end, methods=["POST"], dependencies=forms)
        router.add_api_route("/stamp", self.page)
        router.add_api_route("/stamp/live", self.live)
        router.add_api_route("/preview.jpg", self.preview)
        return router

    def begin(
        self,
        request: Request,
        request_id: Annotated[str, Form(alias="request", max_length=100)],
        seam: Annotated[str, Form(max_length=1)] = "",
    ) -> Response:
        """Take up an approved request, for a seam stamp or not; or again after a stop."""
        return self._take_up(self._screen.clerk(request), request_id, seam=bool(seam))

    def straight(
        self, request: Request, request_id: Annotated[str, Form(alias="request", max_length=100)]
    ) -> Response:
        """Take up a request whose sheet lies there already, and ask for its impression at once.

        What lies there is compared with the approved page, as ever.
        """
        return self._take_up(self._screen.clerk(request), request_id, straight=True)

    def now(self, request: Request) -> Response:
        """Ask for one impression; the page then shows how it goes."""
        visit = self._screen.clerk(request)
        job, waiting = visit.view.job, visit.session.stamping
        if job is None or job.step not in _RESTING or (waiting is not None and not waiting.done()):
            return self._screen.go(visit, "/stamp")
        future = self._screen.port.submit(StampNow(by=_account(visit)))
        self._screen.change(visit.session, stamping=future)
        return self._screen.go(visit, "/stamp")

    def end(self, request: Request) -> Response:
        """Leave the stamping at any point; what is left of the permit stays."""
        visit = self._screen.clerk(request)
        try:
            self._screen.ask(EndJob(by=_account(visit)), type(None))
        except AnswerError as error:
            self._screen.change(visit.session, notice=error.phrase)
            return self._screen.go(visit, "/stamp")
        if self._screen.port.view().job is not None:  # too late for this one impression
            self._screen.change(visit.session, notice=Phrase("stamp.cannot-end"))
            return self._screen.go(visit, "/stamp")
        notice = _left_over(visit.view.job, self._screen.port.view())
        self._screen.change(visit.session, stamping=None, notice=notice)
        return self._screen.go(visit, "/home")

    def page(self, request: Request) -> Response:
        """Show the stamping that goes on."""
        visit = self._screen.clerk(request)
        shown, mark = self._shown(visit)
        title = self._screen.renderer.words(visit.session)("stamp.title")
        remaining_ms = _remaining_ms(visit.view, shown)
        return self._screen.page(
            visit, "stamp.html", title, stamp=shown, mark=mark, remaining_ms=remaining_ms
        )

    def live(self, request: Request, mark: str = "") -> Response:
        """Return the stamping if something about it changed."""
        visit = self._screen.clerk(request, touched=False)
        shown, now = self._shown(visit)
        context = {"stamp": shown, "remaining_ms": _remaining_ms(visit.view, shown)}
        return self._screen.fragment(visit, "stamp_stage.html", now, mark, **context)

    def preview(self, request: Request) -> Response:
        """Return the newest small picture of the camera, 404 when there is none."""
        self._screen.clerk(request, touched=False)
        jpeg = self._screen.port.preview()
        if not jpeg:
            return Response(status_code=404)
        return Response(jpeg, media_type="image/jpeg")

    def _take_up(
        self, visit: Visit, request_id: str, *, seam: bool = False, straight: bool = False
    ) -> Response:
        command = BeginJob(by=_account(visit), request=request_id, seam=seam)
        try:
            self._screen.ask(command, JobView)
        except AnswerError as error:
            self._screen.change(visit.session, notice=error.phrase, laid="")
            return self._screen.go(visit, f"/request/{request_id}")
        stamping = self._screen.port.submit(StampNow(by=command.by)) if straight else None
        self._screen.change(visit.session, stamping=stamping, laid="")
        return self._screen.go(visit, "/stamp")

    def _shown(self, visit: Visit) -> tuple[StampShown, str]:
        view, job = visit.view, visit.view.job
        if job is None:
            raise ElsewhereError("/hold" if view.hold is not None else "/home", visit.session)
        answer = visit.session.stamping
        step: str = job.step
        problem = None
        if answer is not None and job.step in _RESTING:
            if not answer.done():
                step = "check"
            elif (error := answer.exception()) is not None:
                problem = phrase_of(error)
        if job.step == "photo" and job.reason:
            problem = code_phrase("photo", job.reason)
        elif job.step == "show" and step == "show" and job.reason:
            problem = code_phrase("reason", job.reason)
        blocked = bool(view.fault) or view.hold is not None
        shown = _shown(view, job, step, problem, blocked)
        return shown, mark_of(visit.session, shown)


def _shown(
    view: View, job: JobView, step: str, problem: Phrase | None, blocked: bool
) -> StampShown:
    request = next((one for one in view.requests if one.request == job.request), None)
    matter = look_up(view.matters, request.matter).matter if request is not None else None
    left = request.left if request is not None else max(0, job.of - job.n + 1)
    busy = step in _BUSY
    left_then = max(0, job.of - job.n) if busy else left
    seams = max(0, job.seams - 1) if busy and job.seam else job.seams
    both = step in _LAYING and 0 < seams < left_then
    seamed = request is not None and request.seams > 0
    waits = blocked and step in _LAYING
    unsure = step in ("next", "done") and job.noticed in _UNSEEN
    key = _key(step, job.seam, both=both, seamed=seamed, unsure=unsure)
    return StampShown(
        step=step,
        key="stamp.blocked" if waits else key,
        icon="warn" if waits or unsure else _STEP_ICONS[step],
        n=_number(job, left),
        of=job.of,
        left=left_then,
        seal=dict(view.seals).get(job.seal, job.seal),
        matter=matter.name if matter is not None else (request.matter if request else ""),
        request=job.request,
        reason=job.reason,
        problem=problem,
        noticed=_noticed(job.noticed),
        blocked=blocked,
        busy=busy,
        page=job.page if busy else 0,
        pages=job.pages,
        since_ms=job.since_ms,
        window_ms=round(job.window_s * 1000),
        took_s=math.ceil(job.took_ms / 1000),
        seam=job.seam,
        seams=seams,
        seamed=seamed,
        both=both,
        shown=job.shown,
    )


def _noticed(finding: str) -> Phrase | None:
    """Return what is said of the impression just made; a faint one may be made up for."""
    if finding == "impression-faint":
        return Phrase("makeup.told")
    return code_phrase("after", finding) if finding else None


def _key(step: str, seam: bool, *, both: bool, seamed: bool, unsure: bool) -> str:
    """Return the text that says what is to be done now.

    Args:
        unsure: no photo shows that the impression just made is well.
    """
    if unsure:
        return "stamp.next-unsure-seams" if step == "next" and seamed else f"stamp.{step}-unsure"
    if step in ("lay", "next") and seamed:
        return f"stamp.{step}-both" if both else f"stamp.{step}-plain"
    own = (step == "press" and seam) or (step == "done" and seamed)
    return f"stamp.{step}-seams" if own else f"stamp.{step}"


def _number(job: JobView, left: int) -> int:
    """Return which copy is meant: between two impressions the one that comes next."""
    resting = job.step in _RESTING and left > 0
    return min(job.of, job.of - left + 1) if resting else job.n


def _left_over(job: JobView | None, view: View) -> Phrase | None:
    """Return what is said of the copies that a job left when the clerk stopped, if any."""
    left = next((one.left for one in view.requests if job and one.request == job.request), 0)
    return Phrase("taking.stopped", {"left": left}) if left else None


def _remaining_ms(view: View, shown: StampShown) -> int:
    """Return how much of the window is left now."""
    return min(shown.window_ms, max(0, shown.since_ms + shown.window_ms - view.now_ms))


def _account(visit: Visit) -> str:
    assert visit.session.person is not None
    return visit.session.person.account
