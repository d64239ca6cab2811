"""Sample worker: looks at imprint samples, for registrations and after each handover.

The writer does no image work, so this thread does: it cuts specimens out for people who draft a
registration, and compares each sample that came after one. Rules kept here: a sample is compared
once, and written down by the writer; what cannot be opened is tried again at the next start,
what the writer did not take at the next look. Before each look a try is counted, durably. After a
few that broke off, which a kill does as a photo does that ends the whole process, a look is made in
a process of its own: what ends that one is given up as damaged, which raises an alert.
"""

from __future__ import annotations

import contextlib
import hashlib
import queue
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pyrage
import structlog
from msgspec import Struct

from gateway import apart
from gateway.apart import ProcessEndedError
from gateway.commands_seals import KeepSampleCheck
from gateway.errors import GatewayError, NotFoundError, RequestRefusedError, StoreError
from gateway.noting import Note
from gateway.stores import Reader, Store
from gateway.stores.registrations import MOST_TRIES, RegisteredSeal, SampleView
from gateway.stores.views import PhotoView
from ledger.records import PhotoRef

if TYPE_CHECKING:
    from gateway.specimens import Compared, Specimen

QUEUE = 8  # people who wait for a specimen
LOOK_S = 5.0  # how often new samples are looked for
PATIENCE_S = 15.0  # how long the writer may take to write a comparison down
REMEMBERED = 4  # specimens; one is looked at twice, when it is shown and when it is drafted

T = TypeVar("T")
Run = Callable[..., Any]  # calls a function, here or in a process of its own

log = structlog.get_logger()


class BrokenOffError(RequestRefusedError):
    """Looks at a photo broke off again and again, and one apart ended its process."""


class TryNotCountedError(StoreError):
    """The writer did not take that a look begins."""


class Photos(Protocol):
    """Opens stored photos, as `gateway.register.vault.Vault` does."""

    def open(self, photo: PhotoView) -> bytes:
        """Return the picture; raises StoreError."""
        ...


class SealedSpecimen(Struct, frozen=True, kw_only=True):
    """A specimen with its encrypted file, as it would be stored."""

    specimen: Specimen
    ref: PhotoRef
    sealed: bytes


class SampleWorker:
    """One thread; `cut_out` may be called from any.

    Args:
        recipients: to whom specimens are encrypted, as photos are.
        submit: hands a command of our own to the writer.
        note: has the writer keep tries.
        gateway: under whose name comparisons are ordered.
        cut, compare: as those of `gateway.specimens`, which is loaded when it is first needed.
    """

    def __init__(
        self,
        store: Store,
        photos: Photos,
        recipients: tuple[str, ...],
        submit: Callable[[KeepSampleCheck], Future[object]],
        note: Note,
        gateway: str,
        cut: Callable[[bytes], Specimen | None] | None = None,
        compare: Callable[..., Compared] | None = None,
    ) -> None:
        self._store, self._photos, self._submit, self._gateway = store, photos, submit, gateway
        self._note, self._cut, self._compare = note, cut or _cut_out, compare or _compare
        self._recipients = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
        self._queue: queue.Queue[tuple[str, Future[SealedSpecimen]] | None] = queue.Queue(QUEUE)
        self._known: OrderedDict[str, SealedSpecimen] = OrderedDict()
        self._left: set[str] = set()

    def cut_out(self, sample: str) -> Future[SealedSpecimen]:
        """Ask for the specimen of a sample (the hash of its entry).

        The Future raises NotFoundError without such a photo here, RequestRefusedError
        (`sample-empty`, `sample-damaged`) when it gives no specimen, and StoreError.
        """
        answer: Future[SealedSpecimen] = Future()
        try:
            self._queue.put_nowait((sample, answer))
        except queue.Full:
            answer.set_exception(StoreError("expected room for a sample, found the queue full"))
        return answer

    def stop(self) -> None:
        """Let `run` return after what is in hand."""
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=PATIENCE_S)

    def run(self) -> None:
        """Work until `stop`; this is the samples thread."""
        while True:
            try:
                asked = self._queue.get(timeout=LOOK_S)
            except queue.Empty:
                self.look()
                continue
            if asked is None:
                return
            self._answer(*asked)

    def look(self) -> None:
        """Compare every sample that waits; nothing that goes wrong here ends the thread."""
        try:
            with self._store.reader() as reader:
                waiting = [one for one in reader.samples_to_check() if one.entry not in self._left]
            for one in waiting:
                self._check(one)
        except Exception:
            log.exception("samples_not_looked_at")

    def _check(self, sample: SampleView) -> None:
        try:
            command = self._judged(sample)
        except TryNotCountedError as error:
            log.error("sample_try_not_counted", entry=sample.entry, reason=str(error))
            return
        except Exception as error:
            self._left.add(sample.entry)
            log.error("sample_not_compared", entry=sample.entry, reason=str(error))
            return
        try:
            self._submit(command).result(PATIENCE_S)  # twice does no harm: the second is dropped
        except Exception as error:
            log.error("sample_check_not_kept", entry=sample.entry, reason=str(error))
            return
        log.info("sample_compared", entry=sample.entry, result=command.result, why=command.reason)

    def _judged(self, sample: SampleView) -> KeepSampleCheck:
        try:
            return self._tried(sample.entry, lambda run: self._compared(sample, run))
        except BrokenOffError:
            return self._given_up(sample)

    def _tried(self, sample: str, look: Callable[[Run], T]) -> T:
        """Look at a sample's photo, which may end the whole process.

        Raises:
            TryNotCountedError: the writer did not take the try; nothing was looked at.
            BrokenOffError: earlier looks did not end, nor did one in a process of its own.
        """
        try:
            tries = self._note(lambda transaction: transaction.begin_sample(sample))
        except StoreError as error:
            raise TryNotCountedError(str(error)) from error
        ended = True
        try:
            return look(apart.run if tries > MOST_TRIES else _here)
        except ProcessEndedError as error:  # the count stays: no look at it is made here any more
            ended = False
            raise BrokenOffError(
                "sample-damaged",
                f"expected a photo to look at, found {tries} looks broken off, the last one apart",
            ) from error
        finally:
            if ended:
                self._ended(sample)

    def _ended(self, sample: str) -> None:
        try:
            self._note(lambda transaction: transaction.end_sample(sample))
        except StoreError as error:  # the next look ends them all
            log.error("sample_tries_not_forgotten", entry=sample, reason=str(error))

    def _given_up(self, sample: SampleView) -> KeepSampleCheck:
        with self._store.reader() as reader:
            register = reader.registered_seals(sample.machine, sample.received_ms)
        log.error("sample_given_up", entry=sample.entry, tries=MOST_TRIES)
        return KeepSampleCheck(
            by=self._gateway,
            sample=sample.entry,
            registration=_own(register, sample).registration,
            result="unclear",
            reason="damaged",
        )

    def _compared(self, sample: SampleView, run: Run) -> KeepSampleCheck:
        with self._store.reader() as reader:
            register = reader.registered_seals(sample.machine, sample.received_ms)
            own = _own(register, sample)
            pictures = self._pictures(reader, own, register)
            jpeg = self._photos.open(sample.photo)
        found = run(self._compare, jpeg, sample.seal, register, pictures)
        return KeepSampleCheck(
            by=self._gateway,
            sample=sample.entry,
            registration=own.registration,
            result=found.result,
            reason=found.reason,
            named=found.named,
            agreeing=found.agreeing,
            seen=found.seen,
        )

    def _pictures(
        self, reader: Reader, own: RegisteredSeal, register: tuple[RegisteredSeal, ...]
    ) -> dict[str, bytes]:
        """Open the specimens of a machine's seals; only `own` must be there."""
        found = {own.specimen.sealed_sha256: self._open(reader, own.specimen)}
        for one in register:
            try:
                if one.specimen.sealed_sha256 not in found:
                    found[one.specimen.sealed_sha256] = self._open(reader, one.specimen)
            except StoreError as error:
                log.error("specimen_left_out", seal=one.seal, reason=str(error))
        return found

    def _open(self, reader: Reader, picture: PhotoRef) -> bytes:
        kept = [one for one in reader.photo(picture.sealed_sha256) if one.is_kept]
        if not kept:
            raise StoreError(f"expected the specimen {picture.sealed_sha256}, found none here")
        return self._photos.open(kept[0])

    def _answer(self, sample: str, answer: Future[SealedSpecimen]) -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            answer.set_result(self._sealed(sample))
        except GatewayError as error:
            answer.set_exception(error)
        except Exception as error:
            log.exception("specimen_failed")
            answer.set_exception(StoreError(f"expected a specimen: {error}"))

    def _sealed(self, sample: str) -> SealedSpecimen:
        with self._store.reader() as reader:
            found = reader.sample(sample)
        if found is None or not found.photo.is_kept:
            self._known.pop(sample, None)
            raise NotFoundError("expected an imprint sample with its photo here, found none")
        if sample in self._known:
            return self._known[sample]
        photo = found.photo
        cut = self._tried(sample, lambda run: self._cut_from(photo, run))
        if cut is None:
            raise RequestRefusedError("sample-empty", "expected a red impression, found none")
        sealed = bytes(pyrage.encrypt(cut.png, self._recipients))
        ref = PhotoRef(
            sha256=hashlib.sha256(cut.png).hexdigest(),
            size=len(cut.png),
            sealed_sha256=hashlib.sha256(sealed).hexdigest(),
            sealed_size=len(sealed),
        )
        self._known[sample] = SealedSpecimen(specimen=cut, ref=ref, sealed=sealed)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return self._known[sample]

    def _cut_from(self, photo: PhotoView, run: Run) -> Specimen | None:
        found = run(_cut_or_refusal, self._cut, self._photos.open(photo))
        if isinstance(found, str):
            raise RequestRefusedError("sample-damaged", found)
        cut: Specimen | None = found
        return cut


def _here(function: Callable[..., T], *given: object) -> T:
    return function(*given)


def _own(register: tuple[RegisteredSeal, ...], sample: SampleView) -> RegisteredSeal:
    """The registration of the sample's own seal: only such samples wait."""
    return next(one for one in register if one.seal == sample.seal)


def _cut_or_refusal(cut: Callable[[bytes], Specimen | None], jpeg: bytes) -> Specimen | str | None:
    """Return what `cut` gives, or in words why the photo cannot be used."""
    from vision.errors import ImageRefusedError

    try:
        return cut(jpeg)
    except ImageRefusedError as error:
        return str(error)


def _cut_out(jpeg: bytes) -> Specimen | None:
    from gateway import specimens  # OpenCV takes a second to load

    return specimens.cut_out(jpeg)


def _compare(*given: Any) -> Compared:
    from gateway import specimens  # OpenCV takes a second to load

    return specimens.compare(*given)
