"""Who believes witnesses alone is answered by what they have cosigned, and by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.register.keybook import KeyBook
from gateway.register.proving import Answer, Prover
from gateway.register.publish import Publisher
from ledger import checkpoint, growth, notes, receipts, topics
from ledger.asking import Ask
from ledger.topics import Leaf
from tests.gateway.register.test_cosignatures import Two, beats

Town = Any
TOWNSHIP = "330109110000"


class Asked(Two):
    """A township with witnesses, and what a machine is told there."""

    def __init__(self, town: Town, folder: Path) -> None:
        super().__init__(town, folder)
        self._publisher = Publisher(folder / "public", KeyBook(town.ring))

    def publish(self) -> tuple[str, int]:
        """Publish all; return the newest entry and the size of the log."""
        with self.town.store.reader() as reader:
            self._publisher.publish(reader)
            view = reader.log()
            newest: str = reader.entry(view.end - 1).sha256
            return newest, view.size

    def ask(self, *entries: str, size: int = 0, witnessed: bool = True) -> Answer:
        """Ask as a machine that knows a size of the log, and take all letters."""
        with self.town.store.reader() as reader:
            ask = Ask(log=reader.log().origin, size=size, entries=entries, witnessed=witnessed)
            found = Prover(reader, self._publisher, TOWNSHIP).answer("m-1", ask)
            return Answer(tuple(found.letters), found.later)  # type: ignore[arg-type]


def heads(answer: Answer) -> list[tuple[Leaf, int, int]]:
    """Return leaf, size and number of signatures of each letter's checkpoint."""
    found = []
    for letter in answer.letters:
        leaf = topics.parse(letter.topic).leaf
        raw = letter.payload
        note = growth.parse(raw).note if leaf is Leaf.CHECKPOINT else receipts.parse(raw).checkpoint
        parsed = notes.parse(note)
        found.append((leaf, checkpoint.parse(parsed.text).size, len(parsed.lines)))
    return found


@pytest.fixture
def asked(town: Town, tmp_path: Path) -> Asked:
    return Asked(town, tmp_path)


def test_a_cosigned_head_answers_while_the_log_has_grown_beyond_it(
    asked: Asked, town: Town
) -> None:
    beats(town, 3)
    old, size = asked.publish()
    asked.keep(asked.cosigned("county", asked.head()))
    beats(town, 2)
    new, grown = asked.publish()

    witnessed = asked.ask(old, new)
    plain = asked.ask(old, new, witnessed=False)

    assert heads(witnessed) == [(Leaf.CHECKPOINT, size, 2), (Leaf.RECEIPT, size, 2)]
    assert witnessed.later == (new,)
    assert [one[1:] for one in heads(plain)] == [(grown, 1)] * 3
    assert plain.later == ()


def test_without_any_witness_all_waits(asked: Asked, town: Town) -> None:
    beats(town, 3)
    newest, _ = asked.publish()

    answer = asked.ask(newest)

    assert (heads(answer), answer.later) == ([], (newest,))


def test_a_machine_that_knows_more_than_the_witnesses_is_not_told_of_less(
    asked: Asked, town: Town
) -> None:
    beats(town, 3)
    old, _ = asked.publish()
    asked.keep(asked.cosigned("county", asked.head()))
    beats(town, 2)
    _, grown = asked.publish()

    answer = asked.ask(old, size=grown)

    assert (heads(answer), answer.later) == ([], (old,))
