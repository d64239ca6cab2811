"""Eyes worker: the thread that looks at what was stamped, one use after another.

Rules kept here:
- What waits stands in the store, so the thread may be killed anywhere: it goes on where it was.
- Before each look a try is counted, durably. What breaks the eyes, or the whole process, is given
  up after a few tries and noted as failed; it holds up nothing else.
- The writer comes first: this thread has the lowest priority, hands over one small transaction at
  a time, and rests while the writer is busy.
- What was erased during the look is not kept.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

import structlog
from msgspec import structs

from gateway import noting
from gateway.config import EyesConfig
from gateway.errors import StoreError
from gateway.eyes.asked import asked_of
from gateway.stores import Reader, Store, Transaction
from gateway.stores.sights import MOST_TRIES, PhotoSight, Sight
from gateway.stores.views import PhotoView, StoredEntry
from ledger.records import PhotoRef, SealUse

if TYPE_CHECKING:  # looking loads OpenCV: a second that only the thread itself shall wait for
    from gateway.eyes.look import Task
    from gateway.eyes.register import Register, Specimens
    from vision import ocr

IDLE_S = 5.0  # how often the store is asked when nothing waits; one look into an index
BUSY = 32  # items in the writer's queue above which we wait
REST_S = 0.5
MOST_COMPARED = 2  # sheets that look alike, each a second of work
NICE = 19  # the lowest priority there is

log = structlog.get_logger()


class Keeper(noting.Keeper, Protocol):
    """The writer, as far as this thread needs it."""

    def queued(self) -> int: ...


class EyesWorker:
    """Looks at what waits; `stop` may be called from any thread.

    Args:
        open_photo: gives a stored picture; raises StoreError.
        config: whether print is read, and what must stand on the paper as in our lists.
        now_ms: the gateway's time.
    """

    def __init__(
        self,
        store: Store,
        writer: Keeper,
        open_photo: Callable[[PhotoView], bytes],
        config: EyesConfig,
        now_ms: Callable[[], int],
    ) -> None:
        self._store, self._writer, self._open_photo = store, writer, open_photo
        self._note = noting.through(writer)
        self._config, self._now_ms = config, now_ms
        self._stopping = threading.Event()
        self._specimens: Specimens | None = None
        self._reader: ocr.Reader | None = None
        self._reader_sought = not config.read
        self._all_await = False

    def stop(self) -> None:
        """Let `run` return after the step that it is at; what is not finished waits on."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`; this is the eyes' thread."""
        _step_back()
        while not self._stopping.is_set():
            self.round()
            self._stopping.wait(IDLE_S)

    def round(self) -> None:
        """Look at all that waits, once it is noted which uses do; what failed is tried again
        in the next round."""
        self._all_await = self._all_await or self._guarded(self._await_all)
        while self._guarded(self.step):
            pass

    def _await_all(self) -> bool:
        """Note uses of times without eyes, few at once: the writer has other things to do."""
        start: int | None = 0
        while start is not None and not self._stopping.is_set():
            start = self._note(partial(_await_sights, start=start))
        return True

    def step(self) -> bool:
        """Look at the newest use that waits; False: none does, or we have to stop.

        Raises:
            StoreError: the store cannot be read, or the writer has ended.
        """
        while self._writer.queued() > BUSY and not self._stopping.wait(REST_S):
            pass
        if self._stopping.is_set():
            return False
        with self._store.reader() as reader:
            waiting = reader.sights_waiting(1)
        if not waiting:
            return False
        self._look(*waiting[0])
        return True

    def _look(self, name: str, request: str | None) -> None:
        tries = self._note(lambda transaction: transaction.begin_sight(name))
        if tries is None:  # erased, or seen meanwhile
            return
        begun_s = time.monotonic()
        sight: Sight | None
        with self._store.reader() as reader:
            use, photos = reader.entry(name), reader.photos(name)
        if use is None or not isinstance(use.body, SealUse):
            raise StoreError(f"expected the use {name} that waits to be looked at, found none")
        shown: dict[str, PhotoView] = {one.role: one for one in photos}
        blank = _blank(use, request, shown)
        if tries > MOST_TRIES:
            sight, mark = structs.replace(blank, failed="broken-off"), None
        else:
            sight, mark = self._seen(use, shown, blank)
        if sight is None:
            return
        seconds = round(time.monotonic() - begun_s, 2)
        sight = structs.replace(sight, at_ms=self._now_ms(), seconds=seconds)
        kept = self._note(lambda transaction: transaction.put_sight(sight, mark), judged=True)
        log.info("use_looked_at", index=use.index, kept=kept, failed=sight.failed, seconds=seconds)

    def _seen(
        self, use: StoredEntry, shown: dict[str, PhotoView], blank: Sight
    ) -> tuple[Sight | None, bytes | None]:
        """Return what is seen, and the page's fingerprint; no sight: we have to stop."""
        from gateway.eyes.look import StoppedError, look
        from vision.errors import ImageRefusedError

        try:
            before, after = (self._open_photo(shown[role]) for role in ("before", "after"))
            task = self._task(use, blank.request, (before, after))
            seen = look(task, self._engine(), lambda: not self._stopping.is_set())
            twin = self._twin(use, before, seen.fingerprint)
        except StoppedError:
            self._note(lambda transaction: transaction.leave_sight(use.sha256))
            return None, None
        except (StoreError, ImageRefusedError) as error:
            log.warning("photo_not_seen", index=use.index, reason=str(error))
            return structs.replace(blank, failed="damaged-photo"), None
        except Exception:
            log.exception("eyes_failed", index=use.index)
            return structs.replace(blank, failed="eyes-failed"), None
        sight = structs.replace(
            blank,
            duplicate_of=twin,
            seals=seen.seals,
            new_red=seen.new_red,
            fields=seen.fields,
            verdict=seen.verdict,
            origin=seen.origin,
            impression=seen.impression,
            reader_present=seen.reader_present,
            before=structs.replace(seen.before, sealed_sha256=blank.before.sealed_sha256),
            after=structs.replace(seen.after, sealed_sha256=blank.after.sealed_sha256),
        )
        return sight, seen.fingerprint

    def _task(self, use: StoredEntry, request: str | None, photos: tuple[bytes, bytes]) -> Task:
        from gateway.eyes.look import Task

        assert isinstance(use.body, SealUse)
        with self._store.reader() as reader:
            register = self._register(reader, use)
            asked = asked_of(reader, use, request)
        return Task(
            before=photos[0],
            after=photos[1],
            seal=use.body.seal,
            asked=asked,
            register=register.seals,
            names=register.names,
            exact=frozenset(self._config.exact),
        )

    def _register(self, reader: Reader, use: StoredEntry) -> Register:
        """Return the seals that were registered when the use arrived."""
        from gateway.eyes.register import Specimens

        if self._specimens is None:
            self._specimens = Specimens()
        seals = reader.registered_seals(use.machine, use.received_ms)
        return self._specimens.register(seals, partial(self._picture, reader))

    def _picture(self, reader: Reader, ref: PhotoRef) -> bytes:
        kept = [one for one in reader.photo(ref.sealed_sha256) if one.is_kept]
        if not kept:
            raise StoreError(f"expected the specimen {ref.sealed_sha256}, found none here")
        return self._open_photo(kept[0])

    def _twin(self, use: StoredEntry, before: bytes, mark: bytes | None) -> str | None:
        """Return another use of the very same sheet under another permit, if there is one."""
        from gateway.eyes.look import is_same, nominees

        if mark is None:
            return None
        with self._store.reader() as reader:
            others = [one for one in reader.fingerprints(use.machine) if one[0] != use.sha256]
            near = [
                (name, photo)
                for name in nominees(mark, others)
                if not _same_permit(reader.entry(name), use)
                for photo in reader.photos(name)
                if photo.role == "after" and photo.is_kept
            ]
        for name, photo in near[:MOST_COMPARED]:
            if self._stopping.is_set():
                break
            with contextlib.suppress(StoreError):  # erased, or damaged: that is told elsewhere
                if is_same(self._open_photo(photo), before):
                    return name
        return None

    def _engine(self) -> ocr.Reader | None:
        """Return what reads print; it is made once, and stays in this thread."""
        if not self._reader_sought:
            from gateway.eyes.look import open_reader

            self._reader = open_reader()
            self._reader_sought = True
            log.info("reader_sought", present=self._reader is not None)
        return self._reader

    def _guarded(self, act: Callable[[], bool]) -> bool:
        """Do something that must not end the thread; False also when it failed."""
        try:
            return act()
        except StoreError as error:
            log.error("eyes_stopped_for_now", reason=str(error), hint=error.hint)
        except Exception:
            log.exception("eyes_worker_failed")
        return False


def _await_sights(transaction: Transaction, start: int) -> int | None:
    return transaction.await_sights(start)


def _same_permit(entry: StoredEntry | None, use: StoredEntry) -> bool:
    mine, other = use.body, None if entry is None else entry.body
    assert isinstance(mine, SealUse)
    return isinstance(other, SealUse) and other.permit == mine.permit


def _blank(use: StoredEntry, request: str | None, shown: dict[str, PhotoView]) -> Sight:
    """A sight in which nothing was seen yet."""
    assert isinstance(use.body, SealUse)
    return Sight(
        entry=use.sha256,
        machine=use.machine,
        seal=use.body.seal,
        before=PhotoSight(sealed_sha256=shown["before"].sealed_sha256),
        after=PhotoSight(sealed_sha256=shown["after"].sealed_sha256),
        request=request,
        at_ms=0,
        seconds=0.0,
    )


def _step_back() -> None:
    """Give this thread, and those that libraries start in it, the lowest priority."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    except OSError as error:  # the eyes work all the same
        log.warning("priority_not_lowered", reason=str(error))
