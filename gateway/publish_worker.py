"""Publish worker: the thread that writes the public files and answers who asks for proofs.

Nothing is proved before it is published. A question is answered at once as far as its entries
are, and waits here for the rest; the newest question of a machine counts, and one that is lost is
asked again. Between two publications nobody is told the same twice, however often he asks.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable

import structlog
from msgspec import Struct, structs

from gateway.errors import StoreError
from gateway.register.proving import Prover
from gateway.register.publish import Head, Publisher
from gateway.stores import Store
from ledger import asking, topics
from ledger.asking import Ask
from ledger.bus import Bus, Message
from ledger.errors import LedgerError
from ledger.topics import RULES

QUEUE = 1024  # questions; more are dropped and asked again
EVERY_S = 1.0  # at most one publication in this time
IDLE_S = 600.0  # a checkpoint that stands is written anew: its date says that we are alive

log = structlog.get_logger()


class Refresh(Struct, frozen=True):
    """A checkpoint was cosigned: publish it in place of the plain one, and answer who waits."""


class PublishWorker:
    """Publishes every second what is new; `put` may be called from any thread.

    Args:
        published: hears what stands there after each publication; must not wait.
        now_s: monotonic seconds, by which the idle time is counted.
    """

    def __init__(
        self,
        store: Store,
        bus: Bus,
        publisher: Publisher,
        township: str,
        published: Callable[[tuple[Head, ...]], None] | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._bus, self._publisher = store, bus, publisher
        self._township, self._tell, self._now_s = township, published, now_s
        self._stood: tuple[Head, ...] = ()
        self._stood_s = now_s()
        self._queue: queue.Queue[Message | Refresh | None] = queue.Queue(QUEUE)
        self._asked: dict[str, Ask] = {}  # what is not answered yet
        self._told: dict[str, set[str]] = {}  # entries answered for since the last publication
        self._published_s = -EVERY_S
        self.dropped = 0

    def put(self, message: Message) -> None:
        """Hand over a question; never waits."""
        try:
            self._queue.put_nowait(message)
        except queue.Full:
            self.dropped += 1
            self._bus.done(message)

    def refresh(self) -> None:
        """Have cosigned checkpoints published at once; never waits."""
        with contextlib.suppress(queue.Full):  # then the next publication does it
            self._queue.put_nowait(Refresh())

    def stop(self) -> None:
        """Let `run` return; what was committed by then is published first."""
        self._queue.put(None)

    def run(self) -> None:
        """Work until `stop`; this is the publish thread."""
        while self._listen():
            self._guarded()
        self._published_s = -EVERY_S
        self._guarded()

    def _listen(self) -> bool:
        """Take questions until the next publication is due; False: stop."""
        until_s = self._published_s + EVERY_S
        while True:
            left_s = until_s - time.monotonic()
            try:
                message = self._queue.get(timeout=max(0.001, left_s))
            except queue.Empty:
                return True
            if message is None:
                return False
            if isinstance(message, Refresh):
                self._refresh()
            else:
                self._take(message)

    def _take(self, message: Message) -> None:
        try:
            device, ask = topics.parse(message.topic).device, asking.parse(message.payload)
            if not ask.entries or not self._told.get(device, set()).issuperset(ask.entries):
                self._asked[device] = ask
                with self._store.reader() as reader:
                    self._answer(Prover(reader, self._publisher, self._township), device)
        except LedgerError as error:
            log.warning("question_refused", topic=message.topic[:200], why=str(error))
        except StoreError as error:
            log.error("question_not_answered", topic=message.topic[:200], reason=str(error))
        except Exception:
            log.exception("publish_worker_failed")
        self._bus.done(message)

    def _guarded(self) -> None:
        """Publish and answer; what fails is tried again, and kept from nobody but who asked."""
        self._published_s = time.monotonic()
        try:
            with self._store.reader() as reader:
                self._publisher.publish(reader)
                self._publish_idle()
                if self._tell is not None:
                    self._tell(self._publisher.heads())
                self._told.clear()
                prover = Prover(reader, self._publisher, self._township)
                for device in tuple(self._asked):
                    self._answer(prover, device)
        except (StoreError, LedgerError, OSError) as error:
            log.error("publication_failed", reason=str(error))
        except Exception:
            log.exception("publish_worker_failed")

    def _publish_idle(self) -> None:
        """Write the newest checkpoint anew if it has stood for long."""
        heads, now_s = self._publisher.heads(), self._now_s()
        if heads == self._stood and now_s < self._stood_s + IDLE_S:
            return
        if heads == self._stood:
            self._publisher.rewrite()
        self._stood, self._stood_s = heads, now_s

    def _refresh(self) -> None:
        try:
            with self._store.reader() as reader:
                self._publisher.refresh(reader)
                prover = Prover(reader, self._publisher, self._township)
                for device in [name for name, ask in self._asked.items() if ask.witnessed]:
                    self._answer(prover, device)
        except (StoreError, LedgerError, OSError) as error:
            log.error("publication_failed", reason=str(error))

    def _answer(self, prover: Prover, device: str) -> None:
        ask = self._asked.pop(device)
        told = self._told.setdefault(device, set())
        fresh = tuple(sha256 for sha256 in ask.entries if sha256 not in told)
        answer = prover.answer(device, structs.replace(ask, entries=fresh))
        for letter in answer.letters:
            leaf = topics.parse(letter.topic).leaf
            self._bus.publish(letter.topic, letter.payload, qos=RULES[leaf].qos)
        told.update(set(fresh).difference(answer.later))
        if answer.later:
            self._asked[device] = structs.replace(ask, entries=answer.later)
