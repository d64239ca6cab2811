"""Witness worker: the thread that has published checkpoints cosigned.

It delays nobody: publication and receipts go on while it asks, and a witness that does not answer
is asked again after a pause. A witness that knows more than we do,
or something else, ends the gateway: see `gateway.register.tree.Halt`.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

import structlog

from gateway.commands import Command, KeepCosignatures
from gateway.errors import GatewayError, RollbackError
from gateway.register.publish import Head
from gateway.register.tree import Halt
from gateway.stores import Reader, Store, trees
from gateway.stores.trees import LogView
from gateway.witnesses import Asker, Witness
from ledger.errors import LedgerError
from ledger.records import LogStart

QUEUE = 4  # publications; only the newest counts
LOOK_S = 0.5  # how often a thread without work looks whether it should end
PAUSE_S = 5.0  # a witness that failed is left alone, so that it does not keep the others waiting
IDLE_S = 600.0  # a head that stands is cosigned anew, so that its time says that we are alive
KEEP_S = 20.0  # for the writer to keep an answer
BY = "witness"

log = structlog.get_logger()


class WitnessWorker:
    """Asks every witness that has a URL; `put` may be called from any thread.

    Args:
        submit: hands a command to the writer.
        kept: called after a cosigned checkpoint was stored.
        halt: is told of a rollback.
        known: (witness, origin) -> size that the witness has cosigned, as far as we know.
    """

    def __init__(
        self,
        store: Store,
        witnesses: tuple[Witness, ...],
        asker: Asker,
        submit: Callable[[Command], Future[object]],
        kept: Callable[[], None],
        halt: Halt,
        known: dict[tuple[str, str], int],
    ) -> None:
        self._store, self._asker = store, asker
        self._witnesses = tuple(one for one in witnesses if one.url is not None)
        self._submit, self._kept, self._halt = submit, kept, halt
        self._known = known
        self._asked: dict[tuple[str, str], tuple[int, float]] = {}
        self._pauses: dict[str, float] = {}
        self._silent: set[str] = set()
        self._queue: queue.Queue[tuple[Head, ...]] = queue.Queue(QUEUE)
        self._stopping = threading.Event()

    def put(self, heads: tuple[Head, ...]) -> None:
        """Hand over what is published now; never waits: what finds no room is told again."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(heads)

    def stop(self) -> None:
        """Let `run` return after the witness that is being asked."""
        self._stopping.set()
        self.put(())  # so that it need not wait until it looks by itself

    def run(self) -> None:
        """Work until `stop`; this is the witness thread. It also ends with a rollback."""
        while not self._stopping.is_set():
            try:
                heads = self._queue.get(timeout=LOOK_S)
                while not self._queue.empty():
                    heads = self._queue.get_nowait()
            except queue.Empty:
                continue
            try:
                self._round(heads)
            except RollbackError as error:
                self._halt.forbid(error)
                log.error("rollback_found", reason=str(error), hint=error.hint)
                return

    def _round(self, heads: tuple[Head, ...]) -> None:
        for witness in self._witnesses:
            for head in heads:
                newest = head is heads[-1]
                if not self._stopping.is_set() and self._due(witness, head, newest):
                    self._ask(witness, head)

    def _due(self, witness: Witness, head: Head, newest: bool) -> bool:
        """Tell whether this head needs this witness now."""
        now_s = time.monotonic()
        if now_s < self._pauses.get(witness.name, 0.0):
            return False
        size, asked_s = self._asked.get((witness.name, head.origin), (-1, 0.0))
        return size != head.size or (newest and now_s >= asked_s + IDLE_S)

    def _ask(self, witness: Witness, head: Head) -> None:
        place = (witness.name, head.origin)
        try:
            with self._store.reader() as reader:
                view = reader.log(head.origin)
                assert view is not None, "a published log is in the store"
                if _is_lost(reader, view):
                    self._asked[place] = (head.size, time.monotonic())
                    return
                read = trees.hashes(reader, view, head.size)
                known = self._known.get(place, 0)
                note = self._asker.cosigned(witness, head, known, read, view.size)
            if note is None:
                return
            self._submit(KeepCosignatures(by=BY, note=note)).result(KEEP_S)
        except RollbackError:
            raise
        except (GatewayError, LedgerError, FutureTimeoutError) as error:
            self._failed(witness, error)
            return
        except Exception:
            log.exception("witness_worker_failed", witness=witness.name)
            return
        self._known[place] = head.size
        self._asked[place] = (head.size, time.monotonic())
        if witness.name in self._silent:
            self._silent.discard(witness.name)
            log.info("witness_answers_again", witness=witness.name)
        self._kept()

    def _failed(self, witness: Witness, error: Exception) -> None:
        """Say it once, until the witness answers again, and pause."""
        self._pauses[witness.name] = time.monotonic() + PAUSE_S
        if witness.name not in self._silent:
            self._silent.add(witness.name)
            hint = getattr(error, "hint", "")
            log.warning("witness_failed", witness=witness.name, reason=str(error), hint=hint)


def _is_lost(reader: Reader, view: LogView) -> bool:
    """Tell whether the end of a log was lost, so that witnesses rightly know more of it."""
    after = reader.entry(view.end)
    return after is not None and isinstance(after.body, LogStart) and after.body.cause == "lost"
