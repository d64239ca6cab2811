"""Follower: sees from outside what the gateway publishes and answers, and keeps every bit of it.

`python -m sim.judge.follower` looks at the public folder many times a second, and hears beside the
machines what they are told (acknowledgements, and the heads that go ahead of their receipts).
Each thing that is new becomes one line of a file that only grows. It belongs to nobody who is
tormented, and it judges nothing.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import click
import msgspec
from msgspec import Struct

from ledger import growth, logs, mqtt, topics
from ledger.bus import Message
from ledger.errors import LedgerError
from ledger.topics import Leaf, Topic

LOOK_S = 0.01
RETRY_S = 0.2
HEARD = 10_000  # messages that wait to be written; far more than ever do
GATEWAY = "the public folder"

What = Literal["published", "told", "acknowledged"]


class Seen(Struct, frozen=True, kw_only=True):
    """One thing that was seen: a head as published or as told to a machine, or an answer to one.

    Args:
        who: the machine that was told, or the public folder.
        raw: the signed note of a head, the envelope of an acknowledgement.
    """

    what: What
    who: str
    at_ms: int
    raw: bytes


def read(path: Path, start: int = 0) -> tuple[Seen, ...]:
    """Return what a follower wrote from a place in its file on; see `read_on`."""
    return read_on(path, start)[0]


def read_on(path: Path, start: int) -> tuple[tuple[Seen, ...], int]:
    """Return what a follower wrote from a place on, and the place where to read on.

    A line that is only half written is left for the next time.
    """
    with path.open("rb") as file:
        file.seek(start)
        data = file.read()
    whole = data[: data.rfind(b"\n") + 1]
    return tuple(_decode(line) for line in whole.splitlines()), start + len(whole)


class Follower:
    """Writes what is new; belongs to one thread, which the buses' threads only feed."""

    def __init__(self, public: Path, file: BinaryIO) -> None:
        self._public, self._file = public, file
        self._published: dict[Path, bytes] = {}
        self._heard: queue.Queue[Message] = queue.Queue(HEARD)

    def hear(self, message: Message) -> None:
        """Take a message; called by a bus's thread, never waits."""
        self._heard.put_nowait(message)

    def run(self, stopping: threading.Event) -> None:
        """Look and listen until `stopping` is set."""
        while not stopping.is_set():
            self.look()
            try:
                self._write(self._heard.get(timeout=LOOK_S))
            except queue.Empty:
                continue

    def look(self) -> None:
        """Write the checkpoints of the public folder that are not as they were."""
        for path in self._public.glob("*/checkpoint"):
            note = path.read_bytes()
            if self._published.get(path) != note:
                self._published[path] = note
                self._keep("published", GATEWAY, note)

    def _write(self, message: Message) -> None:
        topic = topics.parse(message.topic)
        if topic.leaf is Leaf.ACK:
            self._keep("acknowledged", topic.device, message.payload)
        elif topic.leaf is Leaf.CHECKPOINT:
            try:
                note = growth.parse(message.payload).note
            except LedgerError:
                note = message.payload  # the judge says that it is none
            self._keep("told", topic.device, note)

    def _keep(self, what: What, who: str, raw: bytes) -> None:
        at_ms = time.time_ns() // 1_000_000
        self._file.write(_encode(Seen(what=what, who=who, at_ms=at_ms, raw=raw)))
        self._file.flush()


def words(
    public: Path, out: Path, broker: str, township: str, passwords: Iterable[tuple[str, Path]]
) -> list[str]:
    """Return what `sim.processes.Program` needs to start a follower.

    Args:
        passwords: the machines beside which it listens, each with the file of its password.
    """
    ears = (word for name, path in passwords for word in ("--beside", f"{name}={path}"))
    where = ["--public", str(public), "--out", str(out), "--broker", broker]
    return ["-m", "sim.judge.follower", *where, "--township", township, *ears]


def _buses(broker: str, township: str, beside: Iterable[str]) -> Iterator[mqtt.MqttBus]:
    for one in beside:
        name, _, password = one.partition("=")
        bus = mqtt.connect(
            mqtt.Options(
                url=broker,
                client_id=f"follower-{name}",
                username=name,
                password_file=Path(password),
                retry_min_s=RETRY_S,
                retry_max_s=RETRY_S,
            )
        )
        for leaf in (Leaf.ACK, Leaf.CHECKPOINT):
            bus.subscribe(str(Topic(township, name, leaf)), 0)
        yield bus


def _encode(seen: Seen) -> bytes:
    return msgspec.json.encode(seen) + b"\n"  # bytes become base64


def _decode(line: bytes) -> Seen:
    return msgspec.json.decode(line, type=Seen)


@click.command()
@click.option("--public", required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--broker", required=True)
@click.option("--township", required=True)
@click.option("--beside", multiple=True, help="MACHINE=PASSWORD_FILE; several times.")
def main(public: Path, out: Path, broker: str, township: str, beside: tuple[str, ...]) -> None:
    """Follow until SIGTERM; prints one JSON line when it has begun."""
    logs.configure()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with out.open("ab") as file:
        follower = Follower(public, file)
        buses = list(_buses(broker, township, beside))
        for bus in buses:
            bus.start(follower.hear, lambda _up: None)
        click.echo(msgspec.json.encode({"out": str(out)}).decode())
        follower.run(stopping)
        for bus in buses:
            bus.stop()


if __name__ == "__main__":
    main()
