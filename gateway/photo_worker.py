"""Photo worker: the thread that receives photo files, so that entries never wait for them.

It writes no database: when a file is checked and durable, the writer notes it and only then the
machine is told.
"""

from __future__ import annotations

import queue

import structlog

from gateway.errors import StoreError
from gateway.register.log import GatewayLog
from gateway.register.photos import ABORT, STORED, PhotoIntake, Reply
from gateway.register.quarantine import ArrivalError
from gateway.stores import Store
from gateway.writer import PhotoArrived, Spoiled, Writer, wall_ms
from ledger import topics
from ledger.bus import Bus, Message
from ledger.errors import MalformedError
from ledger.messages import PhotoResult
from ledger.topics import RULES, Leaf, Topic

QUEUE = 1024  # messages; above the broker's window
IDLE_S = 3600.0  # after so long without a photo, look for files that were given up

log = structlog.get_logger()


class PhotoWorker:
    """Takes photo messages from its queue; `put` may be called from any thread."""

    def __init__(
        self, store: Store, bus: Bus, log_: GatewayLog, intake: PhotoIntake, writer: Writer
    ) -> None:
        self._store, self._bus, self._log = store, bus, log_
        self._intake, self._writer = intake, writer
        self._queue: queue.Queue[Message | None] = queue.Queue(QUEUE)
        self.dropped = 0

    def put(self, message: Message) -> None:
        """Hand over a message; never waits: a full queue drops it, and the machine asks again."""
        try:
            self._queue.put_nowait(message)
        except queue.Full:
            self.dropped += 1
            self._bus.done(message)

    def stop(self) -> None:
        """Let `run` return after what is queued."""
        self._queue.put(None)

    def run(self) -> None:
        """Work until `stop`; this is the photo thread."""
        self._intake.clean()
        while True:
            try:
                message = self._queue.get(timeout=IDLE_S)
            except queue.Empty:
                self._intake.clean()
                continue
            if message is None:
                return
            try:
                self.take(message)
            except (StoreError, OSError) as error:
                log.error("photo_message_failed", reason=str(error))
            except Exception:
                log.exception("photo_worker_failed")
            self._bus.done(message)

    def take(self, message: Message) -> None:
        """Take one message and answer it, at once or after the writer's commit."""
        machine = ""
        try:
            topic = topics.parse(message.topic)
            machine = topic.device
            with self._store.reader() as reader:
                reply = self._intake.take(reader, topic, message.payload)
        except MalformedError as error:
            wrong = ArrivalError("malformed", str(error))
            self._writer.put_waiting(Spoiled(wrong, machine, message))
            return
        except ArrivalError as error:
            self._writer.put_waiting(Spoiled(error, machine, message))
            reply = Reply(code=ABORT, offset=0)
        if reply is None:
            return
        if reply.arrived is None:
            self._answer(topic, reply)
        else:
            assert reply.code == STORED
            self._writer.put_waiting(
                PhotoArrived(reply.arrived, lambda: self._answer(topic, reply))
            )

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
