"""Lock: the controller behind one face that is always there, even when the cable is not.

It connects and starts the controller as often as needed, says which fault keeps it shut, and
performs one granted impression from the frame to what can be proved about it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import structlog
from msgspec import Struct

from hardware.errors import GrantUnknownError, HardwareError, LockRefusedError
from hardware.interfaces import Controller, LockState, Report, Settlement

log = structlog.get_logger()

RETRY_S = 1.0
BOLT_S = 2.0  # the spring needs under 100 ms; after this the bolt is stuck
PRESS_S = 3.0  # a press that has begun is let to its end for so long
LOCK_TRIES = 5  # all-off is safe to repeat


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one grant: what is proved, and whether the bolt or press is stuck."""

    settlement: Settlement
    jammed: bool
    strokes: int | None


class Lock:
    """Owns the controller; belongs to the agent's loop.

    `starts` counts how often the controller was started: after each, counters are compared.

    Args:
        connect: opens the port and returns the controller; may raise HardwareError.
        now_s: monotonic seconds.
    """

    def __init__(self, connect: Callable[[], Controller], now_s: Callable[[], float]) -> None:
        self._connect = connect
        self._now_s = now_s
        self._controller: Controller | None = None
        self._retry_at_s = 0.0
        self._refusal = ""
        self._accounted = 0  # presses of the last grant that were settled
        self.starts = 0
        self.ready = False
        self.fault = "lock-silent"
        self.report: Report | None = None

    @property
    def profile(self) -> Literal["A", "B"]:
        """Return A or B; only after the controller was reached once."""
        return self._controller.profile if self._controller else "A"

    def poll(self) -> Report | None:
        """Read the controller, or try to reach it again; None while it cannot be read."""
        try:
            if self.ready and self._controller is not None:
                self.report = self._controller.read()
            elif self._now_s() >= self._retry_at_s:
                self._start()
        except HardwareError as error:
            self._lost(error)
        return self.report if self.ready else None

    def strokes(self, known: int) -> int:
        """Return the controller's counter, or `known` where it has none of its own."""
        own = None if self.report is None else self.report.strokes
        return known if own is None else own

    @property
    def stray_presses(self) -> int:
        """Presses seen since the last grant was settled: nobody may make one."""
        return 0 if self.report is None else max(0, self.report.presses - self._accounted)

    def account(self) -> None:
        """The stray presses so far are journaled."""
        if self.report is not None:
            self._accounted = self.report.presses

    def settle_strays(self, strokes_known: int | None, window_s: float) -> Settlement:
        """Find out what can be proved about presses that nobody granted; all off after it."""
        before = 0 if self.profile == "B" else self._accounted
        found = self.settle(strokes_known, window_s).settlement
        return Settlement(
            minimum=max(0, found.minimum - before),
            maximum=max(0, found.maximum - before),
            evidence=found.evidence,
        )

    def restart(self) -> None:
        """Start the controller anew at the next poll: outputs off, alarms read again."""
        self.ready, self._retry_at_s = False, 0.0

    def acknowledge(self, alarms: tuple[str, ...]) -> None:
        """Let the controller forget latched alarms; what they tell of must be durable."""
        if self._controller is None or not alarms:
            return
        try:
            cleared = self._controller.acknowledge(alarms)
        except HardwareError as error:
            log.warning("acknowledge_lost", why=str(error))
        else:
            log.warning("alarms_acknowledged", alarms=alarms, cleared=cleared)

    def grant(self, job: bytes, window_s: float) -> bool | None:
        """Send the one grant. True: accepted, False: see `refusal`, None: no answer."""
        assert self._controller is not None
        self._accounted = 0
        try:
            self._controller.grant(job, window_s)
        except LockRefusedError as error:
            log.warning("grant_refused", reason=error.reason, why=str(error))
            self._refusal = error.reason
            return False
        except GrantUnknownError as error:
            log.error("grant_unanswered", why=str(error))
            return None
        except HardwareError as error:
            log.error("grant_unclear", why=str(error))
            return None
        return True

    def open_hatch(self, job: bytes, pulse_s: float) -> bool | None:
        """Free the hatch. True: accepted, False: nothing moved, None: no answer, it may be free."""
        if self._controller is None or not self.ready:
            return False
        try:
            self._controller.open_hatch(job, pulse_s)
        except LockRefusedError as error:
            log.warning("hatch_refused", reason=error.reason, why=str(error))
            return False
        except HardwareError as error:
            log.error("hatch_unclear", why=str(error))
            return None
        return True

    def shut(self) -> None:
        """All outputs off, as far as the controller can be reached."""
        if self._controller is None or not self.ready:
            return
        try:
            self._controller.lock()
        except HardwareError as error:
            log.warning("lock_unanswered", why=str(error))

    def refusal(self) -> str:
        """Return why the last grant was refused, as a stable word."""
        return self._refusal or "grant-refused"

    def watch(self, window_s: float, alarm: Callable[[], bool]) -> bool:
        """Read inputs until the press is back at the top, the window is over or something fails.

        Returns True when a press was sensed; nothing but serial I/O happens here.

        Args:
            alarm: tells that the grant must end now (the camera is gone).
        """
        assert self._controller is not None
        over_s = self._now_s() + window_s
        while not alarm():
            try:
                report = self._controller.read()
            except HardwareError as error:
                log.error("watch_lost", why=str(error))
                return False
            now_s = self._now_s()
            if report.presses and not report.pressing:
                return True
            inputs = report.inputs
            if report.alarms or not (inputs.tamper_ok and inputs.door_closed):
                return False
            if not report.pressing and not (inputs.mains_ok and inputs.seal_present):
                return False  # a stroke that has begun ends first
            if now_s >= over_s and (not report.pressing or now_s >= over_s + PRESS_S):
                return False
        return False

    def settle(self, strokes_before: int | None, window_s: float) -> Outcome:
        """Find out what can be proved about the last grant; all off and the bolt out after it.

        Args:
            strokes_before: the counter before the grant (profile B), None on profile A.
        """
        strokes, jammed = None, True
        settlement = Settlement(minimum=0, maximum=most(window_s), evidence="unprovable")
        if self._controller is None:
            return Outcome(settlement=settlement, jammed=jammed, strokes=strokes)
        try:
            settlement = self._controller.settle(strokes_before, window_s)
            jammed = not self._close()
            self.report = self._controller.read()
            strokes, self._accounted = self.report.strokes, self.report.presses
        except HardwareError as error:
            log.error("settle_lost", why=str(error))
            jammed = not self._close()
        return Outcome(settlement=settlement, jammed=jammed, strokes=strokes)

    def signal(self, *, ok: bool, alarm: bool, light: bool) -> None:
        """Set lamps and light as far as the controller can be reached."""
        if self._controller is None or not self.ready:
            return
        try:
            self._controller.signal(ok=ok, alarm=alarm, light=light)
        except HardwareError as error:
            log.warning("signal_lost", why=str(error))

    def stop(self) -> None:
        """All outputs off and the port closed."""
        if self._controller is not None:
            self._controller.stop()
        self._controller, self.ready = None, False

    def _start(self) -> None:
        if self._controller is None:
            self._controller = self._connect()
        self.report = self._controller.start()
        self.ready, self.fault = True, ""
        self._accounted = 0
        self.starts += 1
        log.info("controller_started", profile=self._controller.profile)

    def _lost(self, error: HardwareError) -> None:
        if self.ready or self.fault != error.code:
            log.error("controller_lost", code=error.code, why=str(error))
        self.ready, self.fault = False, error.code
        self._retry_at_s = self._now_s() + RETRY_S
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _close(self) -> bool:
        assert self._controller is not None
        until_s = self._now_s() + BOLT_S
        tries = 0
        while self._now_s() < until_s:
            try:
                if tries < LOCK_TRIES:
                    self._controller.lock()
                    tries = LOCK_TRIES
                inputs = self._controller.read().inputs
                if inputs.lock is LockState.LOCKED and inputs.press_top:
                    return True
            except HardwareError as error:
                tries += 1
                log.warning("lock_unanswered", why=str(error))
        return False


def most(window_s: float) -> int:
    """Return the most impressions that a hand can make in a window (three a second)."""
    return max(1, int(window_s * 3))
