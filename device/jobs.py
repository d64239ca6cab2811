"""Jobs: the clerk's side of stamping. Takes up a permit, checks the page, shows how it goes.

Everything here happens before the lever can be freed; `stamping` does the rest.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import structlog
from msgspec import structs

from device import allowing, bodies, confirming, permits
from device.capture import Capture, Taken
from device.confirming import Awaiting, Shown
from device.cycle import State
from device.errors import JournalError, PermitRefusedError
from device.eyes import Eyes, Seen
from device.guard import obstacle
from device.job import Job, go_on, laid, objection, order, page_hashes, taken_up
from device.kiosk.port import JobView
from device.leaves import STAMPED
from device.lock import Lock
from device.neighbours import LOCKED, Neighbours
from device.recorder import Recorder
from device.references import References
from device.stamping import Stamping
from device.verdicts import gravest
from device.warrants import Warrant
from hardware.errors import CameraError

log = structlog.get_logger()


class Jobs:
    """One clerk's stamping at a time; belongs to the agent's loop and is Stamping's watcher."""

    def __init__(
        self,
        *,
        locks: Mapping[str, Lock],
        neighbours: Neighbours,
        window_s: float,
        eyes: Eyes,
        recorder: Recorder,
        references: References,
        online: Callable[[], bool],
        confirm_s: float,
        now_s: Callable[[], float],
        person_of: Callable[[str], str],
    ) -> None:
        self._locks, self._neighbours = locks, neighbours
        self._online, self._confirm_s = online, confirm_s
        self._window_s, self._eyes = window_s, eyes
        self._recorder, self._references = recorder, references
        self._now_s, self._person_of = now_s, person_of
        self._changed: Callable[[], None] = _nobody
        self._book = recorder.journal.book
        self._tokens = itertools.count(2_000_000)
        self._stampings: Mapping[str, Stamping] = {}
        self._leaving = threading.Event()
        self.job: Job | None = None
        self._stamped = ("", b"")  # for which request the last impression was, its photo

    def serve(self, stampings: Mapping[str, Stamping]) -> None:
        """Name the cycles that this serves, by seal; called once, before the loop begins."""
        self._stampings = stampings

    def tell(self, changed: Callable[[], None]) -> None:
        """Name whom to call when the screen should be drawn anew."""
        self._changed = changed

    @property
    def seal(self) -> str:
        """The seal of the job in hand, or the machine's first one."""
        return self.job.view.seal if self.job is not None else next(iter(self._locks))

    @property
    def stamping(self) -> Stamping:
        """The cycle of the job in hand, or of the machine's first seal."""
        return self._stampings[self.seal]

    @property
    def state(self) -> State:
        """Where the machine is: held while one of its seals is, else where the busy one is."""
        states = [one.state for one in self._stampings.values()]
        busy = next((one for one in states if one is not State.IDLE), State.IDLE)
        return State.HELD if State.HELD in states else busy

    @property
    def _lock(self) -> Lock:
        return self._locks[self.seal]

    def begin(self, by: str, request: str, seam: bool = False) -> JobView:
        """Take up the permit of a request, for a seam stamp where both kinds are left.

        Raises:
            PermitRefusedError: there is none, or it is not good now (that is journaled).
        """
        permit = self._book.warrant_of(request)
        if permit is None:
            raise PermitRefusedError("no-permit", "expected an approved request, found none")
        moving = any(one.state not in LOCKED for one in self._stampings.values())
        if moving or self._checking():
            raise PermitRefusedError("busy", "expected an idle machine, found one at work")
        left = self._book.left_of(permit)
        seam = left.is_seam(seam)
        self._check(permit, by, seam)
        for seal, other in self._stampings.items():
            if seal != permit.seal and other.state is State.READY:
                other.leave()
        self._stampings[permit.seal].take_up()
        leaves = self._references.leaves(page_hashes(self._recorder.journal.opened(request)))
        self.job = taken_up(permit, by, leaves, left, seam=seam, before=self.job)
        self._show(window_s=self._window_s)
        return self.job.view

    def stamp(self, by: str, answer: Future[object]) -> None:
        """The page lies there: check it, then free the lever; the answer comes by the Future."""
        job = self.job
        if job is None or self.stamping.state is not State.READY or self._checking():
            answer.set_exception(
                PermitRefusedError("busy", f"found the machine {self.stamping.state.value}")
            )
            return
        job.by, job.answer, job.retaken, job.begun_s = by, answer, False, self._now_s()
        job.awaiting = None
        self._leaving.clear()
        self._show(step="check", n=self._book.spent_of(job.permit) + 1, reason="", noticed="")
        alone = "confirm-offline" if job.permit.confirm and not self._online() else ""
        if reason := self._obstacle() or alone or self._permit_ended(job):
            self.stopped(reason)
            return
        self._look(job)

    def end(self) -> None:
        """Leave the job, unless an impression is under way; a check in progress ends."""
        if self.stamping.state not in (State.IDLE, State.READY, State.HELD):
            return
        if self.job is not None and self._checking():
            self.job.token = self.job.awaiting = None
            self.stopped("cancelled")
        if self.stamping.state is State.READY:
            self.stamping.leave()
        self.job = None
        self._changed()

    def leave_soon(self) -> None:
        """The clerk wants out: a lever that is free is locked at once; from any thread."""
        self._leaving.set()

    def leaving(self) -> bool:
        """Tell whether the clerk wants out; see `watcher.Watcher`."""
        return self._leaving.is_set()

    def poll(self) -> None:
        """Go back to rest when an earlier run's impression was closed without a job.

        A job that a hold stopped is over with the hold: the clerk may apply for something else.
        """
        if self.job is not None and self.job.awaiting is not None and self.job.token is None:
            self._await(self.job, self.job.awaiting)
            return
        for seal, one in self._stampings.items():
            if one.state is State.READY and (self.job is None or seal != self.seal):
                one.leave()
        if self.job is not None and self.stamping.state is State.IDLE and self._stopped():
            self.job = None
            self._changed()

    def seen(self, seen: Seen) -> bool:
        """Take over a photo of the page; False if it was not asked for here."""
        job = self.job
        if job is None or job.token != seen.token:
            return False
        job.token = None
        if self.stamping.state is State.READY:
            self._page_seen(job, seen)
        return True

    def fault(self) -> str:
        """Return what must be cleared before an impression can begin, as a stable word, or ""."""
        for lock in self._locks.values():
            if not lock.ready and lock.fault:  # none while it is only started anew
                return lock.fault
        found = [self._fault_of(seal) for seal in self._locks]
        mine = self._fault_of(self.seal) if self.job is not None else ""
        return (
            self._recorder.blocked or mine or (found[0] if all(found) else "") or self._eyes.fault
        )

    def _fault_of(self, seal: str) -> str:
        """Return what must be cleared before one seal can be used, or ""."""
        report = self._locks[seal].report
        trouble = self._book.custody.standing(seal).trouble
        return trouble or (obstacle(report) if report else "")

    def busy(self) -> str:
        """Return why no hatch may be opened now, or "": a held machine may need repair."""
        states = [one.state for one in self._stampings.values()]
        resting = all(one in (State.IDLE, State.HELD) for one in states)
        stopped = self.job is None or self._stopped()
        return "" if resting and stopped else "busy"

    def opened(self) -> None:
        """The lever is free; see `watcher.Watcher`."""
        self._show(step="press", since_ms=self._recorder.clock.now_ms())
        self._answer()

    def photographing(self, reason: str) -> None:
        """The photo is being taken; see `watcher.Watcher`."""
        self._show(step="photo", reason=reason)

    def recorded(self, after: Taken) -> bool:
        """The use is journaled; see `watcher.Watcher`."""
        job = self.job
        if job is None:
            return False
        left = self._book.left_of(job.permit)
        took_ms = int((self._now_s() - job.begun_s) * 1000)
        if not job.seam:  # a seam stamp lies on a fan: the sheet before it stays the one to know
            self._stamped = (job.permit.request, after.jpeg)
        noticed = gravest(after.findings, seam=job.seam)
        self._show(took_ms=took_ms, reason="", noticed=noticed, **go_on(job, left))
        self._answer()  # still open where the grant's own answer was lost
        return left.total > 0

    def stopped(self, reason: str) -> None:
        """Tell the clerk that no impression was made now, and why; nothing is waited for now."""
        if self.job is not None:
            self.job.awaiting = None
        self._show(step="stopped", reason=reason)
        self._answer()

    def _stopped(self) -> bool:
        return self.job is not None and self.job.view.step == "stopped"

    def _checking(self) -> bool:
        job = self.job
        return job is not None and (job.token is not None or job.awaiting is not None)

    def _look(self, job: Job) -> None:
        if not job.leaves.pages:
            self._refuse_page(job, "page-unknown")
            return
        self._lock.signal(ok=True, alarm=False, light=True)
        leaves, seam, (request, photo) = job.leaves, job.seam, self._stamped
        stamped = photo if request == job.permit.request and not seam else b""
        pages = job.pile.to_compare()
        self._photograph(job, lambda capture: leaves.find(capture, pages, stamped, pile=seam))

    def _photograph(self, job: Job, look: Callable[[Capture], tuple[Taken, bytes]]) -> None:
        token = next(self._tokens)
        try:
            self._eyes.ask(token, look)
        except CameraError as error:
            self.stopped(error.code)
        else:
            job.token = token

    def _page_seen(self, job: Job, seen: Seen) -> None:
        if isinstance(seen.error, PermitRefusedError):
            self._refuse_page(job, seen.reason)
            return
        if seen.error is not None:
            self.stopped(seen.reason)
            return
        taken, page = seen.value
        if job.awaiting is not None:
            self._released(job, job.awaiting, taken)
        elif reason := objection(taken.findings):
            if reason == STAMPED:  # said once: with the next try the clerk means this sheet
                self._stamped = ("", b"")
            self._refuse_page(job, reason)
        elif "page-unclear" in taken.findings and not job.retaken:
            job.retaken = True
            self._look(job)
        elif reason := self._obstacle() or self._permit_ended(job):
            self.stopped(reason)
        else:
            told, shown = laid(job, taken, page)
            self._show(**told)
            if shown is None:
                self._answer()
            else:
                (self._ask if job.permit.confirm else self._impress)(job, shown)

    def _impress(self, job: Job, shown: Shown) -> None:
        self.stamping.impress(order(job, self._book.spent_of(job.permit) + 1, shown))

    def _ask(self, job: Job, shown: Shown) -> None:
        """Journal that an approver shall look at this photo, and wait for the answer."""
        try:
            job.awaiting = confirming.ask(
                self._recorder,
                job.permit,
                self._book.spent_of(job.permit) + 1,
                job.by,
                shown,
                (self._now_s(), self._confirm_s),
                seam=job.seam,
            )
        except JournalError as error:
            log.error("ask_not_written", why=str(error))
            self.stopped("journal")
            return
        since_ms = self._recorder.clock.now_ms()
        self._show(step="confirm", since_ms=since_ms, window_s=self._confirm_s)
        self._answer()

    def _await(self, job: Job, awaiting: Awaiting) -> None:
        """Look whether the approver has answered; once released, look at the page again."""
        answer = self._book.confirms.get(awaiting.ask)
        now_ms = self._recorder.clock.read_for_permits()[0]
        found = confirming.verdict(
            awaiting, answer, online=self._online(), now_ms=now_ms, now_s=self._now_s()
        )
        if found is None:
            return
        if found:
            self._refuse_page(job, found)
            return
        self._show(step="check", window_s=self._window_s)
        self._photograph(job, lambda capture: (capture.take(awaiting.shown.taken.jpeg), b""))

    def _released(self, job: Job, awaiting: Awaiting, again: Taken) -> None:
        """Free the lever, if there still lies what the approver saw."""
        job.awaiting = None
        wanted = order(job, self._book.spent_of(job.permit) + 1, awaiting.shown)
        if reason := confirming.objection(self._book, awaiting, wanted, again):
            self._refuse_page(job, reason)
        elif reason := self._obstacle() or self._permit_ended(job):
            self.stopped(reason)
        else:
            self.stamping.impress(wanted)

    def _refuse_page(self, job: Job, reason: str) -> None:
        """What lies there must not be stamped: that is written down, and the clerk is told."""
        self._refuse(job.permit, job.by, reason)
        self.stopped(reason)

    def _permit_ended(self, job: Job) -> str:
        """Return why the permit is no longer good, "" while it is: the check took its time."""
        try:
            self._check(job.permit, job.by, job.seam)
        except PermitRefusedError as error:
            return error.reason
        return ""

    def _obstacle(self) -> str:
        if not all(one.ready for one in self._stampings.values()):
            return self._lock.fault or "not-ready"
        if other := self._neighbours.trouble(self.seal):
            return other
        if fault := self.fault():
            return fault
        report = self._lock.report
        return "no-paper" if report is None or not report.inputs.paper else ""

    def _check(self, permit: Warrant, by: str, seam: bool) -> None:
        at_ms, proved = self._recorder.clock.read_for_permits()
        seal = permit.seal if permit.seal in self._locks else self.seal
        moment = permits.Moment(
            machine=self._recorder.journal.head.author,
            seal=seal,
            request=permit.request,
            at_ms=at_ms,
            proved=proved,
            seam=seam,
        )
        try:
            allowing.check(self._book, permit, moment, by, self._person_of)
        except PermitRefusedError as error:
            self._refuse(permit, by, error.reason)
            raise

    def _refuse(self, permit: Warrant, by: str, reason: str) -> None:
        try:
            self._recorder.append(bodies.refusal(permit, by, reason))
        except JournalError as error:
            log.error("refusal_not_written", reason=reason, why=str(error))

    def _answer(self) -> None:
        if self.job is not None and self.job.answer is not None:
            answer, self.job.answer = self.job.answer, None
            if not answer.done():
                answer.set_result(self.job.view)

    def _show(self, **changes: Any) -> None:
        if self.job is not None:
            self.job.view = structs.replace(self.job.view, **changes)
        self._changed()


def _nobody() -> None:
    """Stand in until somebody wants to know."""
