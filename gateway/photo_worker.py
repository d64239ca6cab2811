"""Photo worker: the thread that receives photo files, so that entries never wait for them.

It writes no database: when a file is checked and durable, the writer notes it and only then the
machine is told.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from concurrent.futures import Future

import structlog
from msgspec import Struct

from gateway.errors import RequestRefusedError, StoreError
from gateway.register.log import GatewayLog
from gateway.register.photos import ABORT, STORED, PhotoIntake, Reply
from gateway.register.quarantine import ArrivalError
from gateway.stores import Store
from gateway.writer import Writer, wall_ms
from gateway.writer_items import PhotoArrived, Spoiled
from ledger import topics
from ledger.bus import Bus, Message
from ledger.errors import MalformedError
from ledger.messages import PhotoResult
from ledger.topics import RULES, Leaf, Topic

QUEUE = 1024  # messages; above the broker's window
IDLE_S = 3600.0  # after so long without a photo, look for files that were given up
STOP_S = 10.0  # how long `stop` waits for room in the queue

log = structlog.get_logger()


class CarriedPhoto(Struct, frozen=True):
    """A message of a transfer that came by file, and where its answer goes."""

    message: Message
    answer: Future[Reply | None]


class PhotoWorker:
    """Takes photo messages from its queue; `put` may be called from any thread."""

    def __init__(
        self, store: Store, bus: Bus, log_: GatewayLog, intake: PhotoIntake, writer: Writer
    ) -> None:
        self._store, self._bus, self._log = store, bus, log_
        self._intake, self._writer = intake, writer
        self._queue: queue.Queue[Message | CarriedPhoto | None] = queue.Queue(QUEUE)
        self.dropped = 0

    def put(self, message: Message) -> None:
        """Hand over a message; never waits: a full queue drops it, and the machine asks again."""
        try:
            self._queue.put_nowait(message)
        except queue.Full:
            self.dropped += 1
            self._bus.done(message)

    def carry(self, message: Message) -> Future[Reply | None]:
        """Hand over a message of a transfer that came by file; the Future gives what is replied.

        A reply that the file is stored comes after the commit. The Future raises a GatewayError
        if the queue is full, the file is not the one that was named, or it cannot be kept.
        """
        answer: Future[Reply | None] = Future()
        try:
            self._queue.put_nowait(CarriedPhoto(message, answer))
        except queue.Full:
            answer.set_exception(StoreError("expected room for a photo, found the queue full"))
        return answer

    def stop(self) -> None:
        """Let `run` return after what is queued; a thread that is stuck is left alone."""
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=STOP_S)

    def run(self) -> None:
        """Work until `stop`; this is the photo thread."""
        self._clean()
        while True:
            try:
                message = self._queue.get(timeout=IDLE_S)
            except queue.Empty:
                self._clean()
                continue
            if message is None:
                return
            try:
                if isinstance(message, CarriedPhoto):
                    self._take_carried(message)
                else:
                    self.take(message)
            except (StoreError, OSError) as error:
                log.error("photo_message_failed", reason=str(error))
            except Exception:
                log.exception("photo_worker_failed")
            if isinstance(message, Message):
                self._bus.done(message)

    def take(self, message: Message) -> None:
        """Take one message and answer it, at once or after the writer's commit."""
        machine = ""
        try:
            topic = topics.parse(message.topic)
            machine = topic.device
            reply = self._reply(topic, message.payload)
        except MalformedError as error:
            wrong = ArrivalError("malformed", str(error))
            self._writer.put_waiting(Spoiled(wrong, machine, message))
            return
        except ArrivalError as error:
            self._writer.put_waiting(Spoiled(error, machine, message))
            reply = Reply(code=ABORT, offset=0)
        if reply is not None:
            self._after_commit(reply, lambda: self._answer(topic, reply))

    def _take_carried(self, carried: CarriedPhoto) -> None:
        """Take one message that came by file; its Future is answered."""
        message, answer = carried.message, carried.answer
        if not answer.set_running_or_notify_cancel():
            return
        try:
            topic = topics.parse(message.topic)
            reply = self._reply(topic, message.payload)
            if reply is None:
                answer.set_result(None)
            else:
                self._after_commit(reply, lambda: answer.set_result(reply))
        except ArrivalError as error:
            self._writer.put_waiting(Spoiled(error, topic.device, message))
            answer.set_exception(RequestRefusedError(error.code, str(error)))
        except MalformedError as error:
            answer.set_exception(RequestRefusedError("malformed", str(error)))
        except Exception as error:
            log.exception("carried_photo_failed")
            answer.set_exception(StoreError(f"expected to keep the photo: {error}"))

    def _clean(self) -> None:
        try:
            self._intake.clean()
        except OSError as error:
            log.error("photos_not_cleaned", reason=str(error))

    def _reply(self, topic: Topic, payload: bytes) -> Reply | None:
        with self._store.reader() as reader:
            return self._intake.take(reader, topic, payload)

    def _after_commit(self, reply: Reply, answer: Callable[[], None]) -> None:
        """Answer; that a file is stored is said only once the store knows it."""
        if reply.arrived is None:
            answer()
        else:
            assert reply.code == STORED
            self._writer.put_waiting(PhotoArrived(reply.arrived, answer))

    def _answer(self, topic: Topic, reply: Reply) -> None:
        said = PhotoResult(
            gateway=self._log.gateway,
            device=topic.device,
            file=topic.rest[0],
            code=reply.code,
            offset=reply.offset,
            at_ms=wall_ms(),
        )
        answer = Topic(topic.township, topic.device, Leaf.RESULT)
        self._bus.publish(str(answer), self._log.seal(said), qos=RULES[Leaf.RESULT].qos)
