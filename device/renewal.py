"""Renewal: a fresh certificate for the link, long before the old one ends or when nothing works.

No clock is asked: a third of a certificate's life is counted in running time, each start renews,
and so does a link that stays down. The township judges the signing key, not the old certificate,
so that a machine comes back after any time in the cupboard. Work goes on meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from device.door import Certified
from device.errors import DeviceError
from ledger.errors import LedgerError

DOWN_S = 300.0  # a link that is down for longer may be so because of our certificate
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 3600.0
LOOK_S = 5.0
JOIN_S = 30.0

log = structlog.get_logger()


class Schedule:
    """Says when to ask. Pure; times are monotonic seconds."""

    def __init__(self, now_s: float) -> None:
        self._due_s = now_s
        self._pause_s = FIRST_PAUSE_S
        self._linked_s = now_s
        self._held_until_s = now_s

    def due(self, now_s: float, *, linked: bool) -> bool:
        """Tell whether to ask now; `linked`: the broker is reached."""
        if linked:
            self._linked_s = now_s
        stranded = now_s - self._linked_s >= DOWN_S
        return now_s >= self._held_until_s and (now_s >= self._due_s or stranded)

    def renewed(self, now_s: float, renew_s: float) -> None:
        """A certificate came; ask for the next after `renew_s`, or when stranded with this one."""
        self._due_s, self._linked_s = now_s + renew_s, now_s
        self._pause_s, self._held_until_s = FIRST_PAUSE_S, now_s

    def failed(self, now_s: float) -> None:
        """None came: ask again after a pause that doubles."""
        self._held_until_s = now_s + self._pause_s
        self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)


class Renewal:
    """Renews beside the agent, on a thread of its own: asking may take its time.

    Args:
        ask: gets a certificate; raises DeviceError or LedgerError.
        keep: puts it, PEM, where the bus reads it for its next connection; durable on return.
        linked: tells whether the broker is reached; callable from any thread.
    """

    def __init__(
        self,
        ask: Callable[[], Certified],
        keep: Callable[[str], None],
        linked: Callable[[], bool],
    ) -> None:
        self._ask, self._keep, self._linked = ask, keep, linked
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)

    def once(self) -> None:
        """Renew here and now.

        Raises:
            DeviceError, LedgerError: no certificate was given.
        """
        self._keep(self._ask().certificate)

    def start(self) -> None:
        """Begin; the first certificate is asked for at once."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits for a question that is under way."""
        self._stopping.set()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        schedule = Schedule(time.monotonic())
        while True:
            if schedule.due(time.monotonic(), linked=self._linked()):
                self._renew(schedule)
            if self._stopping.wait(LOOK_S):
                return

    def _renew(self, schedule: Schedule) -> None:
        try:
            given = self._ask()
            self._keep(given.certificate)
        except (DeviceError, LedgerError, OSError) as error:
            reason = getattr(error, "reason", getattr(error, "code", "disk"))
            log.warning("certificate_not_renewed", reason=reason, why=str(error))
            schedule.failed(time.monotonic())
            return
        log.info("certificate_renewed", renew_s=given.renew_s)
        schedule.renewed(time.monotonic(), given.renew_s)
