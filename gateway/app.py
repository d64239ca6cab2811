"""App: the gateway put together. Here, and nowhere else, parts meet and threads start.

Threads: `writer` (store, chain, tree, answers), `photos`, `publish`, `witness` (asks others to
cosign), `samples` (looks at imprints), `eyes` (looks at photos of uses) and `notify` (tells
approvers) where configured, `web` and `door` (with workers of their own), the bus's thread, which
only puts messages into queues, and the caller's, which watches the broker and the others. A thread
that ended by itself ends the process: what starts it again begins from the store.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from time import monotonic

import structlog
import uvicorn
from msgspec import Struct

from gateway import door as doors
from gateway import noting, witness_start
from gateway.ca import Credentials
from gateway.commands import Command
from gateway.config import GatewayConfig
from gateway.control import Control
from gateway.enrolling import Enrolling
from gateway.errors import ConfigError, StoreError
from gateway.notify_send import send
from gateway.notify_worker import NotifyWorker
from gateway.photo_worker import PhotoWorker
from gateway.publish_worker import PublishWorker
from gateway.register.erasing import Eraser
from gateway.register.keybook import Keys as LogKeys
from gateway.register.photos import PhotoIntake, Reply, free_megabytes
from gateway.register.tree import Halt
from gateway.register.vault import Vault
from gateway.sample_worker import SampleWorker, SealedSpecimen
from gateway.stores import Reader, Store, sqlite
from gateway.web import create_app
from gateway.web.port import ChannelStatus
from gateway.wiring import (
    Desk,
    Keys,
    broker_users,
    bus_options,
    embedded_broker,
    eyes_of,
    load_keys,
    open_ca,
    open_desk,
    publisher_of,
    server_credentials,
)
from gateway.workers import JOIN_S, Workers, check_threads
from gateway.writer import Clock, Writer, is_of, wall_ms
from ledger import listening, mqtt, topics
from ledger.bus import Bus, Message
from ledger.keys import KeyRing
from ledger.topics import Leaf

INCOMING = "incoming"  # photo files that have not come whole, below the state folder
WATCH_S = 1.0  # how often broker and threads are looked at

log = structlog.get_logger()


class Addresses(Struct, frozen=True, kw_only=True):
    """Where the running gateway can be reached; with passwords alone there is no door."""

    console: str
    broker: str
    door: str = ""


class App:
    """One township's gateway; see `gateway.web.port.ConsolePort` for what the pages use."""

    def __init__(
        self, config: GatewayConfig, keys: Keys, store: Store, bus: Bus, broker: str = ""
    ) -> None:
        self.config = config
        self._store, self._bus = store, bus
        self._vault = Vault(config.state / "photos", keys.open)
        self._halt = Halt()
        publisher = publisher_of(config, keys, store)
        witness_start.agree(config, keys.log_signer, store, wall_ms())
        self._witness = witness_start.worker_of(
            config, store, self._halt, self.submit_operator, self._cosigned
        )
        desk = open_desk(config, keys, store, self._halt)
        last_ms = _last_ms(store)
        eraser = Eraser(store, self._vault, config.state / INCOMING)
        eraser.again(max(last_ms, wall_ms()))
        self._writer = _writer(config, desk, store, bus, last_ms, eraser)
        photos = PhotoIntake(config.state / INCOMING, self._vault, config.photo_floor_mb)
        self._photos = PhotoWorker(store, bus, desk.log, photos, self._writer)
        self._keys = desk.intake.keys
        self.enrolling = self._enrolling(broker)
        self._publisher = publisher
        self._publish = PublishWorker(store, bus, publisher, config.township, self._witness.put)
        self._samples = SampleWorker(
            store,
            self._vault,
            keys.ring.recipients(),
            self.submit_operator,
            noting.through(self._writer),
            config.id,
        )
        self._eyes = eyes_of(config, store, self._writer, self._vault)
        self._notify = _notify(config, store)
        self._workers = self._all_workers()

    def start(self) -> None:
        """Start the threads and the bus."""
        self.publish_keys()
        self._workers.start()
        for topic_filter, qos in topics.filters("up", self.config.township, "+").items():
            self._bus.subscribe(topic_filter, qos)
        self._bus.start(self._on_message, self._writer.link)

    def stop(self) -> None:
        """Stop taking messages, finish what was taken, close the store."""
        self._bus.stop()
        self._workers.stop()
        self._store.close()

    @property
    def keyring(self) -> KeyRing:
        """Every key that signs or ever signed here, to verify again on view."""
        with self._store.reader() as reader:
            return self._keys.at(reader).ring

    def _all_workers(self) -> Workers:
        return Workers(
            {
                "notify": self._notify,
                "eyes": self._eyes,
                "samples": self._samples,
                "witness": self._witness,
                "photos": self._photos,
                "writer": self._writer,
                "publish": self._publish,
            }
        )

    def _enrolling(self, broker: str) -> Enrolling:
        def keys() -> LogKeys:
            with self._store.reader() as reader:
                return self._keys.at(reader)

        def last_seq(machine: str, epoch: int) -> int:
            with self._store.reader() as reader:
                head = reader.head("device", machine, epoch)
            return 0 if head is None else head.seq

        authority = open_ca(self.config)
        return Enrolling(self.config, authority, keys, last_seq, broker, self.now_ms)

    def publish_keys(self) -> None:
        """Write the records of all keys that sign or ever signed beside the public log.

        Raises:
            OSError: the disk does not take them.
        """
        self._publisher.publish_keys(self.keyring.records())

    def issue_code(self, machine: str, by: str) -> str:
        """Return a new one-time code for a machine's enrolment, for a person's eyes alone.

        `IssueCode` was ordered before, so that its entry stands.

        Raises:
            NotFoundError: no such machine.
            RequestRefusedError: `not-founded`.
        """
        return str(self.enrolling.issue(machine, by, self.config.door.code_hours))

    def admitted(self) -> tuple[str, ...]:
        """Return the machines whose key holds now: these may have a link."""
        with self._store.reader() as reader:
            keys = self._keys.at(reader)
        return tuple(one.id for one in self.config.machines if keys.admitted(one.id) is not None)

    def reader(self) -> AbstractContextManager[Reader]:
        """Give the calling thread a snapshot of the store."""
        return self._store.reader()

    def submit(self, command: Command) -> Future[object]:
        """Hand a command to the writer; the Future raises GatewayError on refusal."""
        return self._writer.submit(command)

    def submit_operator(self, command: Command) -> Future[object]:
        """Hand over a command of the gateway's own user, as `submit` does."""
        return self._writer.submit(command, operator=True)

    def cut_out(self, sample: str) -> Future[SealedSpecimen]:
        """Ask for what an imprint sample gives; see `SampleWorker.cut_out`."""
        return self._samples.cut_out(sample)

    def carry_photo(self, message: Message) -> Future[Reply | None]:
        """Hand over a message of a photo that came by file; see `PhotoWorker.carry`."""
        return self._photos.carry(message)

    def check(self) -> None:
        """Return if every thread that was started works.

        Raises:
            RollbackError: a witness has shown that nothing may be signed any more.
            ThreadEndedError: one has ended, so that nothing may be relied upon any more.
        """
        self._halt.check()
        self._workers.check()

    def channels(self) -> tuple[ChannelStatus, ...]:
        """Return how the messages to approvers do; empty: none are configured."""
        return () if self._notify is None else self._notify.status

    def now_ms(self) -> int:
        """Return the gateway's time, UTC milliseconds."""
        return wall_ms()

    def photo(self, sealed_sha256: str) -> bytes | None:
        """Return a stored photo's JPEG, checked against both hashes; None if it is not here.

        Raises:
            StoreError: its file is missing or damaged.
        """
        with self._store.reader() as reader:
            stored = [one for one in reader.photo(sealed_sha256) if one.is_kept]
        return self._vault.open(stored[0]) if stored else None

    def _cosigned(self) -> None:
        self._publish.refresh()

    def _on_message(self, message: Message) -> None:
        if is_of(message, Leaf.PHOTO):
            self._photos.put(message)
        elif is_of(message, Leaf.PROVE):
            self._publish.put(message)
        else:
            self._writer.put(message)


class Server:
    """An App with all that serves around it: broker, pages, and the socket of the commands."""

    def __init__(self, config: GatewayConfig) -> None:
        with contextlib.ExitStack() as stack:
            keys = load_keys(config)
            store = sqlite.connect(sqlite.Options(folder=config.state))
            stack.callback(store.close)
            listener = stack.enter_context(_listen(config.web.host, config.web.port))
            # Machines get their accounts in `run`, when it is known whose key holds.
            self._broker = embedded_broker(config, ())
            self._admitted: tuple[str, ...] | None = None  # nobody was looked at yet
            if self._broker is not None:
                stack.callback(self._broker.stop)
                self._broker.start()
            url = config.broker.url if self._broker is None else self._broker.url
            self._app = App(config, keys, store, mqtt.connect(bus_options(config, url)), url)
            self._control = Control(config.state, self._app.submit_operator, self._app.carry_photo)
            stack.callback(self._control.close)
            door = stack.enter_context(_door_socket(config)) if _has_door(config) else None
            self._cleanup = stack.pop_all()
        host = "127.0.0.1" if config.broker.listen == "0.0.0.0" else config.broker.listen
        self.addresses = Addresses(
            console=f"http://{config.web.host}:{listener.getsockname()[1]}/",
            broker=url,
            door="" if door is None else f"https://{host}:{door.getsockname()[1]}",
        )
        self._web = uvicorn.Server(
            uvicorn.Config(create_app(self._app), log_config=None, access_log=False, lifespan="off")
        )
        self._threads = [
            threading.Thread(target=self._web.run, args=([listener],), name="web", daemon=True),
            threading.Thread(target=self._control.run, name="control", daemon=True),
        ]
        self._door: uvicorn.Server | None = None
        if door is not None:
            self._door = doors.server(self._app.enrolling, _door_credentials(config))
            self._threads.append(
                threading.Thread(target=self._door.run, args=([door],), name="door", daemon=True)
            )

    def run(self, stopping: threading.Event, ready: Callable[[Addresses], None]) -> None:
        """Serve until `stopping` is set; broker and threads are watched by the calling thread.

        Raises:
            ThreadEndedError: a thread has ended by itself; nothing is served any more.
        """
        with self._cleanup:
            self._app.start()
            for thread in self._threads:
                thread.start()
            try:
                self._admit()
                ready(self.addresses)
                while not stopping.wait(WATCH_S):
                    self._app.check()
                    check_threads(self._threads)
                    self._admit()
                    if self._broker is not None:
                        self._broker.poll()
            finally:
                self._web.should_exit = True
                if self._door is not None:
                    self._door.should_exit = True
                self._control.stop()
                for thread in self._threads:
                    thread.join(JOIN_S)
                self._app.stop()

    def _admit(self) -> None:
        """Let machines whose key holds into the broker, throw out all others, publish keys."""
        try:
            admitted = self._app.admitted()
            if admitted == self._admitted:
                return
            self._app.publish_keys()
            self._app.enrolling.authority.admit(admitted, self._app.now_ms())
            if self._broker is not None:
                self._broker.reload(broker_users(self._app.config, admitted))
        except (StoreError, ConfigError, OSError) as error:  # the disk; looked at again in a second
            log.error("machines_not_admitted", reason=str(error))
            return
        log.info("machines_admitted", machines=admitted)
        self._admitted = admitted


def _last_ms(store: Store) -> int:
    """Return when the newest entry came, 0 for none."""
    with store.reader() as reader:
        last = reader.entry(reader.size() - 1)
    return 0 if last is None else last.received_ms


def _notify(config: GatewayConfig, store: Store) -> NotifyWorker | None:
    if config.notify is None:
        return None
    return NotifyWorker(
        config.notify, config.township_name, store, config.state, send, wall_ms, monotonic
    )


def _writer(
    config: GatewayConfig, desk: Desk, store: Store, bus: Bus, last_ms: int, eraser: Eraser
) -> Writer:
    return Writer(
        store,
        bus,
        desk.log,
        desk.public,
        desk.intake,
        desk.orders,
        desk.judge_time,
        config.township,
        (config.window, config.window_phone),
        Clock(wall_ms, last_ms),
        lambda: free_megabytes(config.state) < config.floor_mb,
        eraser,
    )


def _has_door(config: GatewayConfig) -> bool:
    """Machines enrol and renew certificates here; with passwords alone they do neither."""
    return config.founding is not None or config.broker.accounts == "certificates"


def _door_socket(config: GatewayConfig) -> socket.socket:
    return doors.listen(config.broker.listen, config.door.port, config.state / "door.port")


def _door_credentials(config: GatewayConfig) -> Credentials:
    authority = open_ca(config)
    authority.own(config.id, "client")  # also for a broker that others run
    return server_credentials(config, authority)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listening.listen(host, port)
    except OSError as error:
        raise ConfigError(f"web: expected {host}:{port} free, found: {error}") from error
