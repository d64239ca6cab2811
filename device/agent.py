"""Agent: the one loop of the machine. An event comes in, a step is taken, the effects go out.

The loop's thread owns journal, controller and cycle. Bus, eyes, kiosk and reader only put frozen
values into its inbox; the bus never waits for it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future

import structlog
from msgspec import Struct

from device import bodies, filing, standing, views, withdrawing
from device.cards import Cards
from device.custody import Custody
from device.emergency_desk import EmergencyDesk
from device.errors import DeviceError, JournalError, RequestRefusedError
from device.eyes import Eyes, Seen
from device.house import House
from device.inbox import Inbox
from device.jobs import Jobs
from device.journal import REWRITTEN_KEY
from device.keepers import only_services
from device.kiosk.port import (
    BeginJob,
    Command,
    Earlier,
    EndJob,
    FileRequest,
    GrantEmergency,
    Person,
    ReadEarlier,
    RequestView,
    StampNow,
    TakePage,
    View,
    WithdrawRequest,
)
from device.kiosk.port_custody import OpenHatch, ReportLost, SealView, ShutHatch
from device.lock import Lock
from device.pages import Pages
from device.people import People
from device.recorder import Recorder
from device.stamping import Stamping
from device.uplink import Arrival, LogRewritten, Uplink
from hardware.errors import HardwareError
from ledger.bus import Bus, Message
from ledger.errors import LedgerError
from ledger.messages import Acknowledgement, VillageList
from ledger.records import HoldRelease, SealRequest

log = structlog.get_logger()

TICK_S = 0.1
DISK_PAUSE_S = 0.5
TOGETHER = 16  # messages heard at one tick: a tick asks the controller, 0.1 s at 9600 baud


class Asked(Struct, frozen=True):
    """A command of the kiosk and where its answer goes."""

    command: Command
    answer: Future[object]


Input = Asked | Seen


class Parts(Struct, frozen=True, kw_only=True):
    """Everything the agent works with; `device.wiring` puts it together."""

    machine: str
    village_name: str
    seals: tuple[tuple[str, str], ...]
    simulated: bool
    inbox: Inbox[Input]
    recorder: Recorder
    uplink: Uplink
    bus: Bus
    locks: Mapping[str, Lock]
    eyes: Eyes
    pages: Pages
    jobs: Jobs
    stampings: tuple[Stamping, ...]
    items: Mapping[str, tuple[str, ...]]
    custody: Custody
    house: House
    cards: Cards
    emergencies: EmergencyDesk
    village_list: Callable[[], VillageList | None]
    people: People


class Agent:
    """Runs one machine; also the kiosk's port (`view`, `preview`, `submit`, `next_card`)."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._journal = parts.recorder.journal
        self._names = views.Names()
        self._answered_ms: int | None = None
        self._undelivered_ms: int | None = None
        self._disk = threading.Event()
        self._unheard: list[Message] = []
        self._next: Input | Message | None = None  # taken from the inbox, and not handled yet
        self._stopping = False
        self._view = self._draw()
        parts.jobs.tell(self.redraw)

    def run(self) -> None:
        """Work until `stop`; whatever ends the loop, the outputs are switched off."""
        parts = self._parts
        parts.eyes.start()
        parts.cards.start()
        parts.bus.start(parts.inbox.message, parts.inbox.linked)
        try:
            while self._step():
                pass
        finally:
            for lock in parts.locks.values():
                lock.stop()
            parts.uplink.close()
            parts.bus.stop()
            parts.cards.stop()
            parts.eyes.stop()
            self._journal.close()

    def stop(self) -> None:
        """End the loop at its next tick; may be called from any thread or a signal handler."""
        self._stopping = True

    def view(self) -> View:
        """Return the newest view."""
        return self._view

    def preview(self) -> bytes:
        """Return the newest small picture."""
        return self._parts.eyes.watch()

    def submit(self, command: Command) -> Future[object]:
        """Queue a command of the clerk."""
        answer: Future[object] = Future()
        if isinstance(command, EndJob):
            self._parts.jobs.leave_soon()
        if not self._parts.inbox.offer(Asked(command, answer)):
            answer.set_exception(DeviceError("expected room for a command, found a full queue"))
        return answer

    def next_card(self, after: int) -> tuple[int, str] | None:
        """Return the first card laid after card number `after`."""
        return self._parts.cards.next(after)

    def people(self) -> tuple[Person, ...]:
        """Return those who may sign in at this moment."""
        return self._parts.people.now(self._view.now_ms)

    def redraw(self) -> None:
        """Publish a new view; called from the loop's thread."""
        self._view = self._draw()

    def _step(self) -> bool:
        item, self._next = self._next, None
        if item is None:
            item = self._parts.inbox.take(TICK_S)
        if self._stopping:
            return False
        try:
            if item is not None:
                self._handle(item)
            self._tick()
        except JournalError as error:
            log.error("journal_failed", why=str(error))
            self._disk.wait(DISK_PAUSE_S)
        return True

    def _handle(self, item: Input | Message) -> None:
        match item:
            case Message():
                self._collect(item)
            case Asked(command=command, answer=answer):
                self._obey(command, answer)
            case Seen():
                parts = self._parts
                known = any(one.seen(item) for one in parts.stampings)
                if not (known or parts.jobs.seen(item)):
                    parts.pages.seen(item)

    def _collect(self, item: Message) -> None:
        """Keep a message for the tick, and those that wait right behind it; order stays."""
        following: Input | Message | None = item
        for _ in range(TOGETHER):
            if not isinstance(following, Message):
                break
            self._unheard.append(following)
            following = self._parts.inbox.take(0.0)
        self._next = following

    def _tick(self) -> None:
        """Look at the lock first: a disk that takes nothing must not blind us."""
        parts = self._parts
        for stamping in parts.stampings:
            stamping.poll()
        parts.jobs.poll()
        parts.custody.poll()
        try:
            self._hear()
            parts.uplink.tick()
        finally:
            self.redraw()
        watched = parts.eyes.watched
        state = parts.jobs.state
        for message in parts.house.tick(parts.jobs.fault(), state, parts.locks, watched=watched):
            self._arrived(parts.uplink.receive(message))

    def _hear(self) -> None:
        """Take over what the township sent; what cannot be kept waits and comes first again."""
        parts = self._parts
        if link := parts.inbox.link_changed():
            parts.uplink.link(link.online)
        while self._unheard:
            self._arrived(parts.uplink.receive(self._unheard[0]))
            self._unheard.pop(0)
        if parts.inbox.ask_again():
            parts.uplink.subscribe()

    def _arrived(self, arrival: Arrival | None) -> None:
        match arrival.record if arrival is not None else None:
            case Acknowledgement(at_ms=at_ms, seq=seq):
                self._answered_ms = at_ms
                self._parts.house.marked(at_ms, seq)
            case LogRewritten(evidence=evidence) if not self._journal.rewritten:
                body = bodies.log_rewritten(self._parts.seals[0][0])
                self._parts.recorder.append(body, keep={REWRITTEN_KEY: evidence})
            case HoldRelease() as release if arrival is not None and arrival.refused:
                self._parts.house.refuse(release, arrival.sha256, arrival.refused)
            case _:
                pass

    def _obey(self, command: Command, answer: Future[object]) -> None:
        parts = self._parts
        try:
            self._check_person(command)
            self._check_room(command)
            match command:
                case FileRequest():
                    filed = self._file(command)
                    self.redraw()
                    answer.set_result(filed)
                case ReadEarlier(request=request):
                    answer.set_result(self._earlier(request))
                case WithdrawRequest():
                    person_of = parts.people.person_of
                    withdrawing.withdraw(parts.recorder, parts.jobs, person_of, command)
                    self.redraw()
                    answer.set_result(None)
                case TakePage():
                    parts.eyes.watch()
                    for lock in parts.locks.values():
                        lock.signal(ok=True, alarm=False, light=True)
                    parts.pages.take(answer)
                case GrantEmergency(request=request):
                    parts.emergencies.grant(command)
                    self.redraw()
                    shown = {one.request: one for one in self._view.requests}
                    answer.set_result(shown.get(request))
                case BeginJob(by=by, request=request, seam=seam):
                    answer.set_result(parts.jobs.begin(by, request, seam))
                case StampNow(by=by):
                    parts.jobs.stamp(by, answer)
                case EndJob():
                    parts.jobs.end()
                    answer.set_result(None)
                case OpenHatch() | ShutHatch() | ReportLost():
                    parts.custody.obey(command)
                    self.redraw()
                    answer.set_result(None)
        except (DeviceError, HardwareError, LedgerError, queue.Full) as error:
            answer.set_exception(error)

    def _check_person(self, command: Command) -> None:
        """Return if this person may ask for it: a technician is here for the machine alone."""
        match command:
            case FileRequest(by=by) | BeginJob(by=by) | StampNow(by=by) | GrantEmergency(by=by):
                if only_services(self._parts.people.held(by).offices):
                    raise RequestRefusedError("service-only", "expected somebody of the village")
            case _:
                pass

    def _check_room(self, command: Command) -> None:
        """Return if nothing new would be begun that the journal cannot take."""
        blocked = self._parts.recorder.blocked
        if blocked and isinstance(command, FileRequest | TakePage | GrantEmergency):
            raise RequestRefusedError(blocked, f"expected room to write, found {blocked}")

    def _earlier(self, request: str) -> Earlier:
        found = views.earlier(self._journal, request)
        if found is None:
            raise RequestRefusedError(
                "no-request", "expected a request of this machine, found none"
            )
        return found

    def _file(self, command: FileRequest) -> RequestView:
        village = self._parts.village_list()
        book, matters = self._journal.book, village.matters if village else ()
        if command.makes_up and not filing.makes_up(command, book.faint(command.makes_up)):
            raise RequestRefusedError("makeup-unfit", "expected a faint use of this seal and item")
        covers = standing.covering(book, command, matters, self._now_ms())
        filed = filing.file(command, village, self._parts.pages.taken, self._parts.items, covers)
        entry = self._parts.recorder.append(
            filed.body, withheld=filed.withheld, photos=filed.photos
        )
        name = filed.answer.matter.name if filed.answer.matter else command.matter
        if isinstance(filed.body, SealRequest):
            one = self._journal.book.filed[entry.sha256]
            return views.request(
                self._journal.book, one, self._now_ms(), matter=name, applicant=command.applicant
            )
        return RequestView(
            request=entry.sha256,
            matter=name,
            applicant=command.applicant,
            copies=command.copies,
            filed_by=command.by,
            filed_ms=entry.position.at_ms,
            state="refused",
            reason=filed.body.reason,
        )

    def _now_ms(self) -> int:
        return self._parts.recorder.clock.now_ms()

    def _draw(self) -> View:
        parts, book = self._parts, self._journal.book
        now_ms, proved = parts.recorder.clock.read()
        village = parts.village_list()
        undelivered = self._journal.head.seq - parts.uplink.acked
        return View(
            machine=parts.machine,
            village=parts.village_name,
            seals=parts.seals,
            simulated=parts.simulated,
            now_ms=now_ms,
            state=parts.jobs.state.value,
            fault=parts.jobs.fault(),
            hold=views.hold(book),
            online=parts.uplink.online,
            answered_ms=self._answered_ms,
            undelivered=undelivered,
            undelivered_since_ms=self._undelivered_since(undelivered, now_ms),
            unanswered=parts.uplink.unanswered,
            photos_waiting=self._journal.count_photos_waiting(),
            clock_proved=proved,
            list_version=village.version if village else 0,
            window=village.window if village else "",
            window_phone=village.window_phone if village else "",
            matters=village.matters if village else (),
            requests=views.requests(self._journal, self._names, village, now_ms),
            job=parts.jobs.job.view if parts.jobs.job else None,
            unproved=parts.uplink.proofs.late,
            witnessed_only=parts.uplink.proofs.witnessed_only,
            emergency=parts.emergencies.views(),
            emergency_wait_s=parts.emergencies.wait_s(),
            standing=standing.views(book, village.matters if village else (), now_ms),
            shut=parts.uplink.shut,
            items=dict(parts.items),
            custody=self._custody(now_ms),
            people=parts.people.state(now_ms),
            people_until_ms=parts.people.not_after_ms,
        )

    def _undelivered_since(self, undelivered: int, now_ms: int) -> int | None:
        """Return since when something waits to be delivered, None if nothing does."""
        if undelivered <= 0:
            self._undelivered_ms = None
        elif self._undelivered_ms is None:
            self._undelivered_ms = now_ms
        return self._undelivered_ms

    def _custody(self, now_ms: int) -> tuple[SealView, ...]:
        parts = self._parts
        reports = {seal: one.report if one.ready else None for seal, one in parts.locks.items()}
        book = self._journal.book
        return views.custody(book, dict(parts.seals), reports, parts.custody.made, now_ms)
