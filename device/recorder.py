"""Recorder: appends entries with the device's own time; a body that cannot be written waits.

What has happened must be written. If the disk refuses, the body is kept in memory, everything
that could add to it stays shut (`blocked`), and `retry` tries again until it is durable.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec import Struct

from device.clock import DeviceClock
from device.errors import JournalError
from device.journal import Journal
from ledger.codec import Payload
from ledger.disclosure import Opened
from ledger.errors import LedgerError
from ledger.records import PhotoRef, Record

log = structlog.get_logger()

MEGABYTE = 1_000_000
FRESH_S = 60.0  # an acknowledgement that comes later than this tells no time


class Unwritten(Struct, frozen=True):
    """A body that the disk refused, and what to do once it is written."""

    body: Record
    photos: tuple[PhotoRef, ...]
    then: Callable[[], None]


class Recorder:
    """Journal and clock together; belongs to the agent's loop.

    Args:
        free_mb: below this much free space nothing new is begun.
        now_s: monotonic seconds.
    """

    def __init__(
        self, journal: Journal, clock: DeviceClock, free_mb: int, now_s: Callable[[], float]
    ) -> None:
        self._now_s = now_s
        self._written = (0, 0.0)  # the newest entry of this run, and when it was written
        self.journal = journal
        self.clock = clock
        self.least_mb = free_mb
        self._unwritten: deque[Unwritten] = deque()

    @property
    def waiting(self) -> bool:
        """Something that has happened is not written yet."""
        return bool(self._unwritten)

    @property
    def blocked(self) -> str:
        """Why nothing new may be begun, as a stable word, or ""."""
        if self._unwritten:
            return "journal"
        if self.journal.differs:
            return "log-differs"
        if self.journal.rewritten:
            return "log-rewritten"
        return "disk-low" if self.free_mb() < self.least_mb else ""

    def free_mb(self) -> int:
        """Return the free space of the journal's disk in megabytes, 0 if it cannot be asked."""
        try:
            return shutil.disk_usage(self.journal.path.parent).free // MEGABYTE
        except OSError as error:
            log.error("disk_not_readable", why=str(error))
            return 0

    def fresh(self, seq: int) -> bool:
        """Tell whether an entry is the newest and was written in this run moments ago."""
        return seq == self._written[0] and self._now_s() < self._written[1] + FRESH_S

    def append(
        self,
        body: Record,
        *,
        withheld: Mapping[str, Opened] | None = None,
        photos: Sequence[PhotoRef] = (),
        keep: Mapping[str, bytes] | None = None,
    ) -> Payload:
        """Journal an entry now; see `Journal.append`.

        Raises:
            JournalError: it is not durable.
        """
        entry = self.journal.append(
            body,
            self.clock.now_ms(),
            mark_ms=self.clock.mark_ms,
            withheld=withheld,
            photos=photos,
            keep=keep,
        )
        self._written = (entry.position.seq, self._now_s())
        return entry

    def must_append(
        self, body: Record, photos: Sequence[PhotoRef], then: Callable[[], None]
    ) -> None:
        """Journal what has happened, now or as soon as the disk lets us, then call `then`."""
        self._unwritten.append(Unwritten(body, tuple(photos), then))
        self.retry()

    def retry(self) -> None:
        """Try again to write what waits, in the order in which it happened."""
        while self._unwritten:
            waiting = self._unwritten[0]
            try:
                self.append(waiting.body, photos=waiting.photos)
            except (JournalError, LedgerError) as error:
                log.error("entry_not_written", kind=waiting.body.kind, why=str(error))
                return
            self._unwritten.popleft()
            waiting.then()
