"""The public files hold what the checkpoint promises, and never more than the store."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from gateway.errors import RollbackError, StoreError
from gateway.register.keybook import KeyBook
from gateway.register.proving import Prover
from gateway.register.publish import Publisher
from gateway.stores.trees import LogView
from ledger import checkpoint, growth, notes, receipts, tiles, topics, tree
from ledger.asking import Ask
from ledger.checkpoint import Checkpoint
from ledger.notes import SignatureType
from ledger.records import LogStart
from ledger.tiles import TileReader
from ledger.topics import Leaf
from ledger.tree import Frontier

Town = Any
TOWNSHIP = "330109110000"


def beats(town: Town, count: int) -> None:
    machine = town.machines["m-1"]
    town.take(*(machine.message(machine.beat()) for _ in range(count)))


def publisher(town: Town, folder: Path) -> Publisher:
    """Return a publisher as a start of the gateway makes it."""
    found = Publisher(folder, KeyBook(town.ring))
    with town.store.reader() as reader:
        found.check(reader)
    return found


def publish(town: Town, to: Publisher) -> None:
    with town.store.reader() as reader:
        to.publish(reader)


def published(town: Town, folder: Path) -> Checkpoint:
    """Return the published checkpoint after the files alone led to its root."""
    raw = (folder / "2026" / "checkpoint").read_bytes()
    key = notes.parse_vkey((folder / "2026" / "log.vkey").read_text().strip())
    signed = checkpoint.verify(raw, (key,))

    def read_file(path: str) -> bytes | None:
        file = folder / "2026" / path
        return file.read_bytes() if file.exists() else None

    assert tree.root(signed.size, TileReader(signed.size, read_file)) == signed.root
    with town.store.reader() as reader:
        for bundle in tiles.bundles_between(0, signed.size):
            data = read_file(bundle.path)
            assert data is not None
            first = bundle.index * tiles.WIDTH
            assert tuple(tiles.decode_bundle(data, bundle.width)) == reader.envelopes(
                first, first + bundle.width
            )
    return signed


def test_the_files_alone_lead_to_the_signed_root(town: Town, tmp_path: Path) -> None:
    to = publisher(town, tmp_path)

    for count in (1, 254, 1, 1, 300):
        beats(town, count)
        publish(town, to)

        with town.store.reader() as reader:
            assert published(town, tmp_path).size == reader.size()


def test_all_that_a_checkpoint_promises_is_durable_before_it(
    town: Town, tmp_path: Path, mocker: MockerFixture
) -> None:
    beats(town, 3)
    to = publisher(town, tmp_path)
    synced, real = list[str](), os.fsync

    def sync(handle: int) -> None:
        real(handle)
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))

    mocker.patch("os.fsync", side_effect=sync)
    publish(town, to)

    folder = tmp_path / "2026"
    turn = synced.index(str(folder / ".checkpoint.new"))
    files = [path for path in (folder / "tile").rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        assert str(path.with_name(f".{path.name}.new")) in synced[:turn]
        assert str(path.parent) in synced[:turn]
    assert str(folder) in synced[turn:]


def test_a_full_tile_takes_the_place_of_the_partial_ones(town: Town, tmp_path: Path) -> None:
    to = publisher(town, tmp_path)
    for count in (5, 5, 250):
        beats(town, count)
        publish(town, to)

    names = {str(path.relative_to(tmp_path / "2026")) for path in (tmp_path / "2026").rglob("*")}

    assert "tile/0/000" in names
    assert not any(name.startswith("tile/0/000.p") for name in names)
    assert {"tile/0/001.p/4", "tile/1/000.p/1"} <= names


def test_publishing_goes_on_after_it_was_cut_before_the_checkpoint(
    town: Town, tmp_path: Path
) -> None:
    beats(town, 3)
    publish(town, publisher(town, tmp_path))
    old = (tmp_path / "2026" / "checkpoint").read_bytes()
    beats(town, 300)
    publish(town, publisher(town, tmp_path))
    (tmp_path / "2026" / "checkpoint").write_bytes(old)
    (tmp_path / "2026" / "tile" / "0" / "000").unlink()

    publish(town, publisher(town, tmp_path))

    assert published(town, tmp_path).size == 303


def test_a_restored_backup_may_not_sign(town: Town, tmp_path: Path) -> None:
    state, backup = town.folder / "state", tmp_path / "backup"
    beats(town, 3)
    town.store.close()
    shutil.copytree(state, backup)
    town.restart()
    beats(town, 2)
    publish(town, publisher(town, tmp_path / "public"))
    town.store.close()
    shutil.rmtree(state)
    shutil.copytree(backup, state)
    town.restart()

    with pytest.raises(RollbackError, match="5 entries that were published, found a store of 3"):
        publisher(town, tmp_path / "public")


def test_another_log_of_the_same_length_may_not_sign(town: Town, tmp_path: Path) -> None:
    beats(town, 3)
    publish(town, publisher(town, tmp_path))
    with town.store.transaction() as transaction:
        transaction._tables.run("UPDATE tiles SET hashes = zeroblob(length(hashes))")

    with pytest.raises(RollbackError):
        publisher(town, tmp_path)


def test_a_spoilt_published_checkpoint_is_told_with_what_to_do(town: Town, tmp_path: Path) -> None:
    beats(town, 3)
    publish(town, publisher(town, tmp_path))
    (tmp_path / "2026" / "checkpoint").write_bytes(b"nonsense")

    with pytest.raises(StoreError, match="move the folder away"):
        publisher(town, tmp_path)


class Asking:
    """A machine's side: what it knows of the log, and what an answer makes of it."""

    def __init__(self, town: Town) -> None:
        self.town, self.known = town, None
        self.proved: dict[str, Checkpoint] = {}

    def ask(self, to: Publisher, *hashes: str) -> bool:
        """Ask, believe what verifies, and tell whether nothing must wait."""
        known = self.known
        question = Ask(
            log=known.origin if known else "", size=known.size if known else 0, entries=hashes
        )
        with self.town.store.reader() as reader:
            answer = Prover(reader, to, TOWNSHIP).answer("m-1", question)
            letters = list(answer.letters)
        for letter in letters:
            topic = topics.parse(letter.topic)
            key = notes.key_of(
                self.town.log_signer.record,
                "seal.xiaoshan.example/330109000000/330109110000/2026",
                SignatureType.ED25519,
            )
            if topic.leaf is Leaf.CHECKPOINT:
                self.known = growth.follow(self.known, growth.parse(letter.payload), (key,))
                continue
            with self.town.store.reader() as reader:
                leaf = reader.entry(topic.rest[0]).envelope
            receipt = receipts.parse(letter.payload)
            self.proved[topic.rest[0]] = receipts.verify(receipt, leaf, (key,))
        return not answer.later


def hashes(town: Town) -> list[str]:
    with town.store.reader() as reader:
        return [entry.sha256 for entry in reader.all_entries()]


def test_a_machine_gets_proofs_of_what_is_published(town: Town, tmp_path: Path) -> None:
    to, machine = publisher(town, tmp_path), Asking(town)
    for count in (3, 200, 100):
        beats(town, count)
        publish(town, to)

        assert machine.ask(to, *hashes(town)[-2:])

        assert machine.known.size == len(hashes(town))
    assert machine.proved.keys() == {
        one for at in (3, 203, 303) for one in hashes(town)[at - 2 : at]
    }


def test_what_is_not_published_yet_waits_and_the_rest_does_not(town: Town, tmp_path: Path) -> None:
    to, machine = publisher(town, tmp_path), Asking(town)
    beats(town, 3)
    publish(town, to)
    beats(town, 1)
    last = hashes(town)[-1]

    assert not machine.ask(to, *hashes(town))
    assert machine.proved.keys() == set(hashes(town)[:3])
    publish(town, to)
    assert machine.ask(to, last)
    assert last in machine.proved


def test_machine_that_knows_more_of_a_lost_log_is_led_to_its_successor(
    town: Town, tmp_path: Path
) -> None:
    beats(town, 3)
    origin = "seal.xiaoshan.example/330109000000/330109110000/2026"
    with town.store.transaction() as transaction:
        view = transaction.log()
        body = LogStart(origin=f"{origin}-2", previous=view.checkpoint.decode(), cause="lost")
        transaction.begin_log(LogView(first=3, origin=f"{origin}-2", frontier=Frontier()))
        town.log.append(transaction, body, town.now_ms)
        town.public.grow(transaction)
    to = publisher(town, tmp_path)
    publish(town, to)

    with town.store.reader() as reader:
        question = Ask(log=origin, size=5, entries=tuple(hashes(town)[2:]))
        letters = list(Prover(reader, to, TOWNSHIP).answer("m-1", question).letters)

    told = [checkpoint.parse(notes.parse(growth.parse(letters[0].payload).note).text).origin]
    assert told == [f"{origin}-2"] and len(letters) == 2
    assert topics.parse(letters[1].topic).rest == (hashes(town)[3],)


def test_a_hash_that_nobody_knows_gets_no_receipt(town: Town, tmp_path: Path) -> None:
    to, machine = publisher(town, tmp_path), Asking(town)
    beats(town, 1)
    publish(town, to)

    assert machine.ask(to, "0" * 64)
    assert machine.proved == {}
