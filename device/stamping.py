"""Stamping: performs the cycle for one seal, from the reserved impression to its signed outcome.

Every move goes through `cycle.TRANSITIONS`; each effect is one method here. The lever is freed
in `_grant` alone, which runs only after the intent is durable. What a restart or a fault left
open is closed by the table of outcomes in docs/records.md, never by guess.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import msgspec
import structlog

from device import bodies, guard, photographed
from device.bodies import Order, Reserved
from device.capture import Capture, Taken
from device.cycle import TRANSITIONS, Effect, Event, State
from device.errors import JournalError
from device.eyes import Eyes, Seen
from device.lock import Lock, Outcome
from device.recorder import Recorder
from device.watcher import Watcher
from hardware.errors import CameraError
from hardware.interfaces import Report, Settlement
from ledger.errors import LedgerError
from ledger.records import Intent, PhotoRef, Void
from ledger.transitions import advance

log = structlog.get_logger()

RETAKE_S = 1.0
EYES_S = 30.0  # an answer of the eyes later than this after all patience never comes
BEFORE_KEY = "before"  # the photo that the newest intent names, kept with it
NOTHING = Settlement(minimum=0, maximum=0, evidence="not-granted")


class Stamping:
    """One seal's cycle; belongs to the agent's loop.

    Args:
        seal: identifier of the seal.
        window_s, photo_patience_s: how long the lever is free, an unusable photo is retaken.
        offline: tells whether the gateway is out of reach.
        keep_before: keeps the JPEG of the sheet before a press, durable on return.
        reference: returns that JPEG of an intent, else its request's page, b"" if unknown.
        rebased: called after a release, to journal this seal's counter as it stands.
        others: why another seal of the machine forbids an impression, or ""; `first_token`: of
            the questions to the eyes, which no other cycle uses.
        now_s: monotonic seconds.
    """

    def __init__(
        self,
        *,
        seal: str,
        window_s: float,
        photo_patience_s: float,
        lock: Lock,
        eyes: Eyes,
        recorder: Recorder,
        watcher: Watcher,
        keep_before: Callable[[bytes], None],
        reference: Callable[[Intent, str], bytes],
        offline: Callable[[], bool],
        rebased: Callable[[str], None],
        others: Callable[[], str],
        first_token: int,
        now_s: Callable[[], float],
    ) -> None:
        self._seal, self._window_s, self._patience_s = seal, window_s, photo_patience_s
        self._lock, self._eyes, self._recorder, self._watcher = lock, eyes, recorder, watcher
        self._keep_before, self._reference = keep_before, reference
        self._offline, self._now_s = offline, now_s
        self._rebased, self._others = rebased, others
        self._journal, self._book = recorder.journal, recorder.journal.book
        self._tokens = itertools.count(first_token)
        self._awaited: int | None = None
        self._order: Order | None = None
        self._reserved: Reserved | None = None
        self._outcome: Outcome | None = None
        self._after: Taken | None = None
        self._cause, self._settlement = "", NOTHING
        self._photo_until_s = 0.0
        self._retake_at_s: float | None = None
        self._rebase = False
        held = self._book.holds_of(seal)
        self._tamper_known = any(one.incident.code == "tamper" for one in held)
        self._explained: tuple[str, ...] = ()  # alarms of an open intent's time
        self._reconciled = 0  # the start of the controller whose counters were compared
        self.state = State.HELD if held else State.IDLE

    def take_up(self) -> None:
        """A permit was taken up."""
        self._move(Event.PERMIT_ACCEPTED)

    def leave(self) -> None:
        """The job ended without an impression under way."""
        self._move(Event.JOB_ENDED)

    def impress(self, order: Order) -> None:
        """Make one impression possible for a page that was checked and is still there."""
        self._order, self._reserved, self._outcome, self._after = order, None, None, None
        self._move(Event.PAGE_CHECKED)

    def seen(self, seen: Seen) -> bool:
        """Take over a result of the eyes; False if it was not asked for here."""
        if seen.token != self._awaited:
            return False
        self._awaited = None
        if self.state is not State.CLOSED:
            return True
        assert self._reserved is not None, "nothing else leads to this state"
        again, in_time = self._after is not None, self._now_s() < self._photo_until_s
        event = photographed.ended(self._reserved.order, seen, again=again, in_time=in_time)
        if seen.error is None and event is not Event.PHOTO_MISSING:
            self._after = seen.value
        if event is None:
            self._watcher.photographing(seen.reason or Event.IMPRESSION_MISSING.value)
            self._retake_at_s = self._now_s() + RETAKE_S
        else:
            self._cause = event.value
            self._move(event)
        return True

    def poll(self) -> None:
        """Look at the lock and at what waits; called several times a second."""
        self._recorder.retry()
        report = self._lock.poll()
        if not self._recorder.waiting:
            if self.state is State.HELD and not self._book.holds_of(self._seal):
                self._release()
            elif report is not None:
                self._look_at(report)
        self._give_up_waiting()
        if self._retake_at_s is not None and self._now_s() >= self._retake_at_s:
            self._retake_at_s = None
            self._photograph()

    @property
    def ready(self) -> bool:
        """What an earlier run left open is closed, and the lock can be asked."""
        return self._lock.ready and self._reconciled == self._lock.starts

    def _release(self) -> None:
        """Every hold is released: work again, from the counters as they stand now."""
        self._rebase = True
        self._lock.restart()
        self._move(Event.RELEASED)

    def hold(self, code: str, found: Settlement) -> None:
        """Lock until a person has counted: what was found does not add up."""
        self._cause, self._settlement = code, found
        if self.state is State.HELD:
            self._hold()
        else:
            self._move(Event.TAMPERED)

    def _look_at(self, report: Report) -> None:
        if self._book.custody.standing(self._seal).opened and self.state in (
            State.IDLE,
            State.HELD,
        ):
            # The custody counts presses behind an opened hatch; a cut tamper loop is none of it.
            self._reconciled = self._lock.starts
            if self.state is State.IDLE and not report.inputs.tamper_ok:
                self._intruded("tamper", report)
            return
        if self.state is State.HELD:
            self._look_while_held(report)
        if self.state not in (State.IDLE, State.READY):
            return
        if self._reconciled != self._lock.starts:
            self._reconciled = self._lock.starts
            self._reconcile(report)
        elif self._explained:  # by the entry that closed the intent, which is durable now
            explained, self._explained = self._explained, ()
            self._lock.acknowledge(explained)
        elif sign := guard.intrusion(report, self._lock.stray_presses):
            self._intruded(sign, report)
        elif report.alarms and not guard.obstacle(report):
            log.warning("alarms_found", alarms=report.alarms)
            self._lock.restart()

    def _look_while_held(self, report: Report) -> None:
        """Write down what happens beside the hold; the controller keeps its alarms till the end."""
        if self._lock.stray_presses:
            self._note("press-while-held", self._lock.stray_presses)
            self._lock.account()
            return
        tampered = "tamper" in report.alarms
        if tampered and not self._tamper_known:
            self._note("tamper")
        self._tamper_known = tampered

    def _give_up_waiting(self) -> None:
        """A photo that the eyes never answer is a missing one."""
        if self.state is not State.CLOSED or self._awaited is None:
            return
        if self._now_s() > self._photo_until_s + EYES_S:
            self._awaited = None
            self._cause = "photo-missing"
            self._move(Event.PHOTO_MISSING)

    def _note(
        self, code: str, impressions: int = 0, then: Callable[[], None] = lambda: None
    ) -> None:
        made = Settlement(minimum=impressions, maximum=impressions, evidence="edges")
        body = bodies.incident(self._seal, code, made, None, held=False)
        self._recorder.must_append(body, (), then)

    def _move(self, event: Event) -> None:
        step = advance(TRANSITIONS, self.state, event)
        log.info("cycle_moved", state=self.state.value, to=step.to.value, event_name=event.value)
        self.state = step.to
        effects: dict[Effect, Callable[[], None]] = {
            Effect.RESERVE: self._reserve,
            Effect.GRANT: self._grant,
            Effect.WATCH: self._watch,
            Effect.SETTLE: self._settle,
            Effect.VOID: self._void,
            Effect.PHOTOGRAPH: self._photograph,
            Effect.RECORD: self._record,
            Effect.HOLD: self._hold,
        }
        effects.get(step.effect, lambda: None)()

    def _reserve(self) -> None:
        order = self._order
        assert order is not None
        if self._book.open_intent is not None or self._others():
            self._move(Event.INTENT_FAILED)
            self._watcher.stopped("other-seal")
            return
        counter = self._lock.strokes(self._book.strokes.get(self._seal, 0))
        controller = self._lock.profile
        try:
            self._keep_before(order.page)
            entry = self._recorder.append(
                bodies.intent(order, counter, controller),
                keep={BEFORE_KEY: msgspec.json.encode(order.before)},
            )
        except (JournalError, LedgerError) as error:
            log.error("intent_not_written", why=str(error))
            self._move(Event.INTENT_FAILED)
            self._watcher.stopped("journal")
            return
        self._reserved = Reserved(
            order=order, intent=entry.sha256, counter_before=counter, controller=controller
        )
        self._move(Event.INTENT_DURABLE)

    def _grant(self) -> None:
        assert self._reserved is not None
        accepted = self._lock.grant(bytes.fromhex(self._reserved.intent)[:16], self._window_s)
        if accepted is None:
            self._move(Event.UNCLEAR)
        elif accepted:
            self._watcher.opened()
            self._move(Event.GRANT_ACCEPTED)
        else:
            self._move(Event.GRANT_REFUSED)

    def _watch(self) -> None:
        self._eyes.watch()
        self._eyes.calm = True
        pressed = self._lock.watch(self._window_s, self._must_end)
        self._eyes.calm = False
        self._move(Event.PRESSED if pressed else Event.WINDOW_OVER)

    def _must_end(self) -> bool:
        """The camera is gone or the clerk wants out: the grant ends before its time."""
        return bool(self._eyes.fault) or self._watcher.leaving()

    def _settle(self) -> None:
        assert self._reserved is not None
        counter = self._reserved.counter_before if self._reserved.controller == "B" else None
        self._outcome = self._lock.settle(counter, self._window_s)
        settled = self._outcome.settlement
        log.info("grant_settled", evidence=settled.evidence, at_most=settled.maximum)
        self._settlement = settled
        if self._outcome.jammed:
            self._cause = "lock-jammed"
            self._move(Event.UNCLEAR)
        elif settled.minimum != settled.maximum or settled.maximum > 1:
            self._cause = "second-press" if settled.minimum > 1 else "outcome-unknown"
            self._move(Event.UNCLEAR)
        else:
            self._photo_until_s = self._now_s() + self._patience_s
            self._move(Event.PROVED_ONE if settled.maximum else Event.PROVED_NONE)

    def _void(self) -> None:
        assert self._reserved is not None
        if self._outcome is not None:
            evidence, reason = self._outcome.settlement.evidence, "not-pressed"
        else:
            evidence, reason = "grant-refused", self._lock.refusal()
        body = Void(intent=self._reserved.intent, evidence=evidence)
        self._recorder.must_append(body, (), lambda: self._watcher.stopped(reason))

    def _photograph(self) -> None:
        assert self._reserved is not None
        order = self._reserved.order
        before = bodies.as_taken(order.before, order.page)
        self._watcher.photographing("")
        self._lock.signal(ok=True, alarm=False, light=True)  # settling switched it off
        self._ask(lambda capture: capture.take_after(before, order.approved))

    def _record(self) -> None:
        reserved, after = self._reserved, self._after
        assert reserved is not None and after is not None
        flags = [*reserved.order.flags]
        if self._offline():
            flags.append("offline")
        if not self._recorder.clock.read()[1]:
            flags.append("time_unproved")
        known = self._outcome.strokes if self._outcome is not None else None
        counter = reserved.counter_before + self._settlement.minimum if known is None else known
        body = bodies.use(reserved, after, counter, tuple(flags))
        self._recorder.must_append(body, (body.before, body.after), lambda: self._recorded(after))

    def _recorded(self, after: Taken) -> None:
        remains = self._watcher.recorded(after)
        self._move(Event.ENTRY_SIGNED if remains else Event.LAST_SIGNED)

    def _hold(self) -> None:
        open_intent = self._book.open_of(self._seal)
        intent = open_intent.sha256 if open_intent else None
        photos = bodies.photos_of(self._reserved, self._after) if intent is not None else ()
        body = bodies.incident(self._seal, self._cause, self._settlement, intent, photos)
        self._recorder.must_append(body, photos, self._held)

    def _held(self) -> None:
        log.error("machine_held", code=self._cause)
        self._tamper_known = self._cause == "tamper"
        self._lock.signal(ok=False, alarm=True, light=False)
        self._watcher.stopped(self._cause)

    def _intruded(self, sign: str, report: Report) -> None:
        known = None if report.strokes is None else self._book.strokes.get(self._seal, 0)
        self._cause = sign
        self._settlement = self._lock.settle_strays(known, self._window_s)
        self._move(Event.TAMPERED)

    def _ask(self, look: Callable[[Capture], Taken]) -> None:
        token = next(self._tokens)
        try:
            self._eyes.ask(token, look)
        except CameraError as error:
            log.error("eyes_busy", why=str(error))
            self._retake_at_s = self._now_s() + RETAKE_S
        else:
            self._awaited = token

    def _reconcile(self, report: Report) -> None:
        """Close what an earlier run left open, and compare counters, as the controller answers.

        After a release a person has counted: the counters as they are become the new base. What
        the controller has latched it may forget only here, after its entry is durable.
        """
        open_intent = self._book.open_of(self._seal)
        if open_intent is not None:
            self._explained = tuple(word for word in report.alarms if word != "tamper")
            self._resume(open_intent.sha256)
            return
        if self._rebase:
            self._rebase = False
            self._rebased(self._seal)
            if self._tamper_known or "tamper" not in report.alarms:  # else it is found anew
                self._lock.acknowledge(report.alarms)
            return
        found = guard.difference(report, self._book.strokes.get(self._seal))
        if found is not None:
            self._cause, self._settlement = found
            self._move(Event.TAMPERED)
        elif word := guard.latched(report):
            self._intruded(word, report)
        elif noted := guard.noted(report):
            for code in noted:
                self._note(code, then=lambda: self._lock.acknowledge(report.alarms))
        else:
            self._lock.acknowledge(report.alarms)

    def _resume(self, sha256: str) -> None:
        """Take up an open intent of an earlier run, as if its grant had gone unanswered."""
        found = self._book.intent(sha256)
        before = self._journal.get(BEFORE_KEY)
        assert found is not None and before is not None, "an intent is kept with its photo"
        permit = self._book.warrant_behind(found)
        assert permit is not None, "an intent is kept with its permit and its request"
        photo = msgspec.json.decode(before, type=PhotoRef)
        page = self._reference(found, permit.request)
        self._reserved = bodies.resumed(found, sha256, permit, photo, page)
        self._order, self._after = self._reserved.order, None
        log.warning("intent_resumed", intent=sha256, controller=found.controller)
        self.state = State.ARMED
        self._move(Event.UNCLEAR)
