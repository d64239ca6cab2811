"""Questions for proofs go out in rounds: not one more for each receipt that comes in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import codec
from ledger.asking import Ask
from ledger.records import Config
from ledger.topics import Leaf
from tests.device.test_uplink import Line

ENTRIES = 200


class Counted(Line):
    """A line whose machine works as the agent does: a tick after each single message."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[tuple[float, Ask]] = []
        self.lost: set[str] = set()  # the broker loses the first receipt of each
        prove, tell = self.gateway._prove, self.gateway._tell

        def counted(ask: Ask) -> None:
            self.asked.append((self.now_s, ask))
            prove(ask)

        def lossy(leaf: Leaf, rest: tuple[str, ...], payload: bytes) -> None:
            if self.lost.isdisjoint(rest):
                tell(leaf, rest, payload)
            self.lost.difference_update(rest)

        self.gateway._prove, self.gateway._tell = counted, lossy  # type: ignore[method-assign]

    def write(self, number: int) -> None:
        """Journal an entry that has no opening and no photo."""
        body = Config(config_sha256=codec.sha256(b""), version=str(number))
        self.journal.append(body, number, mark_ms=None)

    def work(self, seconds: float) -> None:
        """Let time pass; the machine takes one message at a time."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 0.1
            self.uplink.tick()
            self.broker.pump()
            while self.inbox:
                self.uplink.receive(self.inbox.pop(0))
                self.uplink.tick()
                self.broker.pump()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Counted]:
    made = Counted(tmp_path)
    yield made
    made.close()


def test_two_hundred_entries_take_few_questions(line: Counted) -> None:
    for number in range(1, ENTRIES + 1):
        line.write(number)

    line.work(20)

    assert line.journal.unproved(ENTRIES, 9) == []
    assert len(line.asked) <= ENTRIES // 10


def test_the_rest_of_a_round_is_asked_for_again_after_a_pause(line: Counted) -> None:
    for number in range(1, 11):
        line.write(number)
    lost = line.journal.hash_at(7)
    assert lost is not None
    line.lost.add(lost)

    line.work(5)

    first, again = (at_s for at_s, ask in line.asked if lost in ask.entries)
    assert line.journal.unproved(10, 9) == []
    assert 0.9 <= again - first <= 1.5


def test_what_comes_while_a_round_is_answered_is_asked_for_after_it(line: Counted) -> None:
    line.write(1)
    line.work(1)
    line.write(2)

    line.work(2)

    assert line.journal.unproved(2, 9) == []
    assert [len(ask.entries) for _, ask in line.asked] == [1, 1]
