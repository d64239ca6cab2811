"""Writer: the one thread that writes the store; everything else reaches it through its queue.

Rules kept here:
- An entry is acknowledged only after the commit that made it durable.
- A message is done after its commit, or when it is given up (failed commit, full queue or disk):
  kept back, it would fill the broker's window and stall what comes after it.
- What was taken together is committed together; if that fails, each message is tried alone,
  so that one that nobody foresaw cannot hold up the others.
- A full queue or disk drops and counts: machines send again what was not acknowledged.
- When the thread ends, for whatever reason, nothing waits for it any longer.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Literal

import structlog

from gateway.commands import Command
from gateway.errors import GatewayError, StoreError
from gateway.orders import Orders
from gateway.register import post, quarantine, words
from gateway.register.erasing import Eraser
from gateway.register.intake import Batch, Intake
from gateway.register.log import GatewayLog, JudgeTime
from gateway.register.post import Post
from gateway.register.tree import PublicLog
from gateway.stores import Store, Transaction
from gateway.stores.calendar import local_date
from gateway.writer_items import Item, Noted, Ordered, PhotoArrived, Spoiled, Wake
from ledger import lineage, topics
from ledger.bus import Bus, Message

QUEUE = 4096  # must be above the broker's window, or a burst is dropped at once
MOST_TOGETHER = 1024  # messages in one transaction; the more wait, the less each costs
TICK_S = 5.0  # how often what time alone brings is looked at

log = structlog.get_logger()


class Clock:
    """UTC milliseconds that never go back and never repeat; read by one thread.

    Args:
        floor_ms: the last time known from an earlier start; machines ignore an older time mark.
    """

    def __init__(self, wall_ms: Callable[[], int], floor_ms: int = 0) -> None:
        self._wall_ms = wall_ms
        self._last_ms = floor_ms

    def __call__(self) -> int:
        """Return the time; each call is later than the one before."""
        self._last_ms = max(self._wall_ms(), self._last_ms + 1)
        return self._last_ms


class Writer:
    """Owns the store's transactions, the gateway's chain and what is sent to machines.

    Args:
        public: ends every transaction that appends with a grown tree and a signed checkpoint.
        floor: tells whether there is too little free space to take anything.
        lists: gives each machine's signed list of now.
    """

    def __init__(
        self,
        store: Store,
        bus: Bus,
        log_: GatewayLog,
        public: PublicLog,
        intake: Intake,
        orders: Orders,
        judge_time: JudgeTime,
        township: str,
        window: tuple[str, str],
        clock: Clock,
        floor: Callable[[], bool],
        eraser: Eraser,
    ) -> None:
        self._store, self._bus, self._log, self._public = store, bus, log_, public
        self._intake, self._orders, self._judge_time = intake, orders, judge_time
        self._township, self._window = township, window
        self._clock, self._floor, self._eraser = clock, floor, eraser
        self._post = Post(bus)
        self._queue: queue.Queue[Item] = queue.Queue(QUEUE)
        self._link = threading.Event()
        self._linked_anew = threading.Event()
        self._day = ""
        self._lineage: tuple[int, str] | None = None  # what was told of it last
        self._ticked_s = 0.0
        self._stopping = False
        self._ended = threading.Event()
        self.dropped = 0
        self.state: Literal["running", "full", "stopping"] = "running"

    def put(self, message: Message) -> None:
        """Hand over a message; called by the bus's thread, never waits."""
        try:
            self._queue.put_nowait(message)
        except queue.Full:
            self.dropped += 1
            self._bus.done(message)

    def put_waiting(self, item: PhotoArrived | Spoiled | Noted) -> None:
        """Hand over what must not be dropped; waits while the queue is full.

        Raises:
            StoreError: the writer has ended.
        """
        while not self._ended.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=TICK_S)
                return
        raise StoreError("expected a running writer, found it ended")

    def link(self, up: bool) -> None:
        """Take note that the link came or went; called by the bus's thread, never waits."""
        if up:
            self._link.set()
            self._linked_anew.set()
        else:
            self._link.clear()
        with contextlib.suppress(queue.Full):  # then the writer is awake anyway
            self._queue.put_nowait(Wake())

    def submit(self, command: Command, *, operator: bool = False) -> Future[object]:
        """Hand over a command; the Future gives its answer or raises a GatewayError.

        Args:
            operator: it came through the command line, from the gateway's own user.
        """
        answer: Future[object] = Future()
        if self._stopping:
            answer.set_exception(StoreError("expected a running gateway, found it stopping"))
        else:
            self._queue.put(Ordered(command, answer, operator))
        return answer

    def queued(self) -> int:
        """Return about how many items wait."""
        return self._queue.qsize()

    def stop(self) -> None:
        """Let `run` return once everything handed over so far is done."""
        self._stopping = True
        self.state = "stopping"
        while not self._ended.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=TICK_S)
                return

    def run(self) -> None:
        """Work until `stop`; this is the writer thread."""
        try:
            while self.step():
                pass
        finally:
            self._stopping = True
            self._ended.set()
            self._refuse_the_rest()

    def step(self) -> bool:
        """Do what is queued, after waiting for it at most until the next tick; False: stop."""
        items = self._next()
        messages = [item for item in items if isinstance(item, Message)]
        if messages:
            self._take(messages)
        for item in items:
            if item is not None and not isinstance(item, Message):
                self._handle(item)
        if self._linked_anew.is_set():
            self._linked_anew.clear()
            self._guarded("link", self._restate)
        self._post.flush()
        if None in items:
            return False
        if time.monotonic() - self._ticked_s >= TICK_S:
            self._guarded("tick", self.tick)
        return True

    def tick(self) -> None:
        """Look at what time alone brings: silence, overdue photos, a new day, ended permits."""
        elapsed_ms = round(min(time.monotonic() - self._ticked_s, 2 * TICK_S) * 1000)
        self._ticked_s = time.monotonic()
        if self._stopping:
            return
        self.state = "full" if self._floor() else "running"
        if self.state == "full":
            log.error("disk_floor_reached", hint=StoreError.hint)
            return
        now_ms = self._clock()
        with self._public.transaction(self._store, now_ms) as transaction:
            if self._link.is_set():
                transaction.add_connected(elapsed_ms)
            lapsed = self._orders.lapse(transaction, now_ms)
            self._look(transaction, now_ms)
        for letter in lapsed:
            self._post.send(letter)
        self._guarded("erasing", self._eraser.finish)
        self._guarded("lineage", self._send_lineage)
        self._post.expire(now_ms)
        if self._day != local_date(now_ms):
            self._send_lists(now_ms)

    def _next(self) -> list[Item]:
        """Return what is there, after waiting for the first item at most until the next tick."""
        left_s = max(0.001, self._ticked_s + TICK_S - time.monotonic())
        items: list[Item] = []
        try:
            items.append(self._queue.get(timeout=left_s))
            while len(items) < MOST_TOGETHER:
                items.append(self._queue.get_nowait())
        except queue.Empty:
            return items
        return items

    def _take(self, messages: list[Message]) -> None:
        """Commit messages together, or each alone when that fails; then acknowledge."""
        if self.state == "full":
            self._drop(messages)
            return
        try:
            self._commit(messages)
        except Exception as error:
            log.error("batch_failed", size=len(messages), reason=str(error))
            for message in messages:
                self._guarded("message", partial(self._commit, [message]))
        for message in messages:
            self._bus.done(message)

    def _commit(self, messages: list[Message]) -> None:
        batch = Batch()
        now_ms = self._clock()
        with self._public.transaction(self._store, now_ms) as transaction:
            self._intake.take_all(transaction, messages, now_ms, batch)
            if batch.troubled:
                self._look(transaction, now_ms)
        for letter in (*self._intake.acknowledgements(batch, now_ms), *batch.letters):
            self._post.send(letter)

    def _handle(self, item: PhotoArrived | Spoiled | Noted | Wake | Ordered) -> None:
        match item:
            case Ordered():
                self._order(item)
            case PhotoArrived():
                self._guarded("photo", lambda: self._photo(item))
            case Spoiled():
                self._guarded("spoiled", lambda: self._spoiled(item))
            case Noted():
                self._note(item)

    def _order(self, item: Ordered) -> None:
        if not item.answer.set_running_or_notify_cancel():
            return
        try:
            if self.state == "full":
                raise StoreError("expected free space on the disk, found less than the floor")
            now_ms = self._clock()
            with self._public.transaction(self._store, now_ms) as transaction:
                done = self._orders.carry_out(
                    transaction, item.command, now_ms, operator=item.operator
                )
                if done.troubled:
                    self._look(transaction, now_ms)
        except GatewayError as error:
            item.answer.set_exception(error)
            return
        except Exception as error:
            log.exception("command_failed", command=type(item.command).__name__)
            item.answer.set_exception(
                GatewayError(f"expected to carry out the command, failed: {error}")
            )
            return
        for letter in done.letters:
            self._post.send(letter)
        if done.erased:
            self._guarded("erasing", self._eraser.finish)
        if done.lists_changed:
            self._guarded("lists", lambda: self._send_lists(self._clock()))
        item.answer.set_result(done.answer)

    def _photo(self, item: PhotoArrived) -> None:
        photo = item.photo
        with self._store.transaction() as transaction:
            transaction.photo_stored(photo.sealed_sha256, photo.sealed_size, self._clock())
        item.answer()

    def _spoiled(self, item: Spoiled) -> None:
        now_ms = self._clock()
        with self._public.transaction(self._store, now_ms) as transaction:
            if quarantine.keep(transaction, item.error, item.machine, item.message, now_ms):
                self._look(transaction, now_ms)

    def _note(self, item: Noted) -> None:
        try:
            if self.state == "full":
                raise StoreError("expected free space on the disk, found less than the floor")
            now_ms = self._clock()
            with self._public.transaction(self._store, now_ms) as transaction:
                answer = item.write(transaction)
                if item.judged:
                    self._look(transaction, now_ms)
        except Exception as error:  # it is the worker's to say what becomes of it
            item.answer.set_exception(error)
        else:
            item.answer.set_result(answer)

    def _look(self, transaction: Transaction, now_ms: int) -> None:
        """Have the rules look at the state of things."""
        history = transaction.history(now_ms)
        self._log.raise_found(transaction, lambda: self._judge_time(history, now_ms), now_ms)

    def _restate(self) -> None:
        """Send all that should stand at the broker: it may have forgotten everything."""
        now_ms = self._clock()
        with self._store.reader() as reader:
            said = words.standing(reader, self._log, self._township, now_ms)
            self._post.replace(post.standing(reader, self._township, now_ms), said)
        self._send_lists(now_ms)
        self._lineage = None
        self._send_lineage()

    def _send_lineage(self) -> None:
        """Tell the machines of our own keys and logs, if anything has changed there."""
        with self._store.reader() as reader:
            newest = reader.newest_of(lineage.KINDS)
            if newest == self._lineage:
                return
            keys = self._intake.keys.at(reader)
            for letter in post.lineage_letters(reader, keys, self._township):
                self._post.send(letter)
        self._lineage = newest

    def _send_lists(self, now_ms: int) -> None:
        self._day = local_date(now_ms)
        with self._store.reader() as reader:
            for letter in post.village_lists(
                reader, self._log, self._township, self._window, now_ms
            ):
                self._post.send(letter)

    def _drop(self, messages: list[Message]) -> None:
        self.dropped += len(messages)
        for message in messages:
            self._bus.done(message)

    def _guarded(self, what: str, act: Callable[[], None]) -> None:
        """Do something that must not end the thread; what failed is tried again by others."""
        try:
            act()
        except StoreError as error:
            log.error("store_failed", what=what, reason=str(error), hint=error.hint)
        except Exception:
            log.exception("writer_failed", what=what)

    def _refuse_the_rest(self) -> None:
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
            if isinstance(item, Ordered | Noted):
                item.answer.set_exception(StoreError("expected a running gateway: it stopped"))


def wall_ms() -> int:
    """Return the system clock, UTC milliseconds."""
    return time.time_ns() // 1_000_000


def is_of(message: Message, leaf: topics.Leaf) -> bool:
    """Tell whether a message is of this kind, and so belongs to the thread that takes those."""
    return topics.is_of(message.topic, leaf)
