"""A machine that asks is answered at once with what is published, and for the rest when it is."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.publish_worker import EVERY_S, PublishWorker
from gateway.register.keybook import KeyBook
from gateway.register.publish import Head, Publisher
from ledger import asking, topics
from ledger.asking import Ask
from ledger.bus import Message
from ledger.topics import Leaf, Topic
from tests.gateway.conftest import Town

TOWNSHIP = "330109110000"
ROUNDS = 20
PATIENCE_S = 20 * EVERY_S


class Ear:
    """A bus that notes which receipts went down, and after how many publications."""

    def __init__(self) -> None:
        self.rounds = 0
        self.receipts: list[tuple[int, str]] = []
        self._changed = threading.Condition()

    def published(self, heads: tuple[Head, ...]) -> None:
        with self._changed:
            self.rounds += 1
            self._changed.notify_all()

    def wait(self, what: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(what, PATIENCE_S)

    def start(self, on_message: object, on_link: object) -> None: ...

    def subscribe(self, topic_filter: str, qos: int) -> None: ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        parsed = topics.parse(topic)
        if parsed.leaf is Leaf.RECEIPT:
            with self._changed:
                self.receipts.append((self.rounds, parsed.rest[0]))
                self._changed.notify_all()
        return True

    def done(self, message: Message) -> None: ...

    def stop(self) -> None: ...


class Asked:
    """A running publish thread and one machine that asks it."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.ear = Ear()
        publisher = Publisher(folder, KeyBook(town.ring))
        self.worker = PublishWorker(town.store, self.ear, publisher, TOWNSHIP, self.ear.published)
        self._town = town
        self._thread = threading.Thread(target=self.worker.run, name="publish")
        self._thread.start()

    def beat(self) -> str:
        """Take an entry; return its hash."""
        machine = self._town.machines["m-1"]
        self._town.take(machine.message(machine.beat()))
        return machine.head.sha256

    def next_round(self) -> int:
        """Return right after a publication."""
        before = self.ear.rounds
        self.ear.wait(lambda: self.ear.rounds > before + 1)
        return self.ear.rounds

    def ask(self, *entries: str) -> None:
        payload = asking.encode(Ask(log="", size=0, entries=entries))
        topic = str(Topic(TOWNSHIP, "m-1", Leaf.PROVE))
        self.worker.put(Message(topic=topic, payload=payload))

    def heard(self, sha256: str) -> int:
        """Wait for a receipt; return after how many publications it came."""
        self.ear.wait(lambda: any(name == sha256 for _, name in self.ear.receipts))
        return next(number for number, name in self.ear.receipts if name == sha256)

    def stop(self) -> None:
        self.worker.stop()
        self._thread.join(PATIENCE_S)


@pytest.fixture
def asked(town: Town, tmp_path: Path) -> Iterator[Asked]:
    made = Asked(town, tmp_path / "public")
    yield made
    made.stop()


@pytest.mark.slow
def test_a_published_entry_is_proved_before_the_next_publication(asked: Asked) -> None:
    for _ in range(ROUNDS):  # on a computer that is busy, one publication may overtake
        entry = asked.beat()
        begun = asked.next_round()
        asked.ask(entry)
        if asked.heard(entry) == begun:
            return
    raise AssertionError("expected one answer ahead of the next publication, found none")


@pytest.mark.slow
def test_an_entry_that_is_not_published_yet_is_proved_as_soon_as_it_is(asked: Asked) -> None:
    asked.next_round()
    entry = asked.beat()
    asked.ask(entry)

    asked.heard(entry)


@pytest.mark.slow
def test_nobody_is_told_the_same_twice_between_two_publications(asked: Asked) -> None:
    entry = asked.beat()
    asked.next_round()
    for _ in range(200):
        asked.ask(entry)
    asked.heard(entry)
    asked.next_round()

    assert max(Counter(asked.ear.receipts).values()) == 1
