"""Journal: one chain across restarts, and what it refuses to be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.errors import JournalError
from device.journal import Journal
from ledger import chain, codec, disclosure, envelope
from ledger.records import Config, PhotoRef, Refusal
from ledger.signers import keyfile

HOLDER = {"role": "device", "township": "420625103000", "epoch": 1, "domain": "sim"}
Open = Callable[..., Journal]


@pytest.fixture
def open_journal(tmp_path: Path) -> Iterator[Open]:
    """Open the journal of a key, making the key at first; closed at the end."""
    opened: list[Journal] = []

    def build(name: str = "m-1") -> Journal:
        key, record = tmp_path / f"{name}.key", tmp_path / f"{name}.json"
        if not key.exists():
            keyfile.create(key, record, holder=name, **HOLDER)
        signer = keyfile.load(key, record)
        opened.append(Journal(tmp_path / "state", signer, lambda data: b"sealed:" + data))
        return opened[-1]

    yield build
    for journal in opened:
        journal.close()


def config(text: str) -> Config:
    """Return a small body."""
    return Config(config_sha256=codec.sha256(text.encode()), version=text)


def test_the_chain_runs_on_across_restarts(open_journal: Open) -> None:
    first = open_journal()
    first.append(config("one"), 1000, mark_ms=None)
    first.close()

    second = open_journal()
    second.append(config("two"), 900, mark_ms=None)

    entries = []
    for _, raw in second.entries(0, 10):
        taken = envelope.parse(raw)
        entries.append(codec.decode_entry(taken.payload_type, taken.payload))
    assert [e.position.seq for e in entries] == [1, 2]
    assert entries[1].position.prev == entries[0].sha256
    assert [e.position.boot for e in entries] == [1, 2]
    assert [e.position.at_ms for e in entries] == [1000, 1000]


def test_the_first_entry_follows_the_key_record(open_journal: Open) -> None:
    journal = open_journal()
    before = journal.hash_at(0)

    entry = journal.append(config("one"), 1, mark_ms=None)

    assert entry.position.prev == before


def test_another_key_is_refused(open_journal: Open) -> None:
    first = open_journal("m-1")
    first.append(config("one"), 1, mark_ms=None)
    first.close()

    with pytest.raises(JournalError, match="another"):
        open_journal("m-2")


def test_a_second_agent_is_refused(open_journal: Open) -> None:
    open_journal()

    with pytest.raises(JournalError, match="only agent"):
        open_journal()


def test_a_damaged_last_entry_is_refused(open_journal: Open, tmp_path: Path) -> None:
    journal = open_journal()
    journal.append(config("one"), 1, mark_ms=None)
    journal.close()
    with sqlite3.connect(tmp_path / "state" / "journal.db") as db:
        db.execute("UPDATE entries SET envelope = replace(envelope, 'payload', 'paylord')")

    with pytest.raises(JournalError, match="damaged"):
        open_journal()


def test_an_entry_that_the_disk_refuses_leaves_the_chain_where_it_was(
    open_journal: Open, tmp_path: Path
) -> None:
    journal = open_journal()
    journal.append(config("one"), 1, mark_ms=None)
    before = journal.head
    other = sqlite3.connect(tmp_path / "state" / "journal.db", isolation_level=None)
    other.execute("PRAGMA busy_timeout = 0")
    journal_conn = journal._db.conn
    journal_conn.execute("PRAGMA query_only = 1")  # as a disk that became read-only

    with pytest.raises(JournalError, match="stays locked"):
        journal.append(config("two"), 2, mark_ms=None)

    journal_conn.execute("PRAGMA query_only = 0")
    other.close()
    assert journal.head == before
    assert journal.append(config("two"), 2, mark_ms=None).position.seq == 2


def test_an_opening_waits_with_its_entry_and_can_be_forgotten(open_journal: Open) -> None:
    journal = open_journal()
    fields, opened = disclosure.withhold({"text": "张三"})
    body = Refusal(
        about=None,
        permit=None,
        matter=None,
        seal="s-1",
        reason="off-list",
        list_version=1,
        filed_by="c-1",
        **fields,
    )

    entry = journal.append(body, 1, mark_ms=None, withheld=opened)

    [(sha256, sealed)] = journal.openings_waiting(1, 10)
    assert (sha256, sealed[:7]) == (entry.sha256, b"sealed:")
    assert journal.opened(entry.sha256) == {"text": "张三"}
    journal.forget(entry.sha256)
    assert journal.opened(entry.sha256) == {}
    journal.opening_stored(entry.sha256)
    assert journal.openings_waiting(1, 10) == []


def test_a_photo_waits_until_it_is_stored_and_only_behind_its_entry(open_journal: Open) -> None:
    journal = open_journal()
    photo = PhotoRef(sha256="a" * 64, size=1, sealed_sha256="b" * 64, sealed_size=2)
    journal.append(config("one"), 1, mark_ms=None, photos=[photo])

    assert journal.photos_waiting(0, 10) == []
    assert [p.sealed_sha256 for p in journal.photos_waiting(1, 10)] == ["b" * 64]
    journal.photo_stored("b" * 64)
    assert journal.count_photos_waiting() == 0


def test_the_whole_log_verifies_as_one_chain(open_journal: Open) -> None:
    journal = open_journal()
    start = journal.head
    for number in range(40):
        journal.append(config(str(number)), number, mark_ms=number)

    head = start
    for _, raw in journal.entries(0, 100):
        taken = envelope.parse(raw)
        head = chain.advance(head, codec.decode_entry(taken.payload_type, taken.payload))

    assert head == journal.head
