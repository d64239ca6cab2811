"""What a township can try with its own log, and what gives it away; told in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.public_log import Author, Township, make_signer, origin, publish
from ledger import canonical, envelope, proofs, receipts
from ledger.chain import Head
from ledger.cli import main
from ledger.codec import sha256
from ledger.errors import LedgerError
from ledger.receipts import Receipt
from ledger.tree import MemoryHashes, leaf_hash
from ledger.verify_device import verify_receipt
from ledger.verify_heads import believe
from tests.ledger.public_town import head_of, log_keys

KEPT = 150  # entries when the villager got the receipt and the county kept the checkpoint
NOW = 200


class Case:
    """The public folder, what villager and county keep, and the county's monitor."""

    def __init__(self, folder: Path) -> None:
        self.public, self.keys = folder / "public", folder / "trusted"
        self.town = Township(2).fill(KEPT)
        self.note = self.town.publish(self.public)
        shutil.copytree(self.public / "keys", self.keys)
        self.old = folder / "old.checkpoint"
        self.old.write_bytes(self.note)
        self.state, self.backup = folder / "state", folder / "backup"
        shutil.copytree(self.public, self.backup)
        self.entry, self.receipt = folder / "entry.dsse", folder / "entry.tlog-proof"
        self.prove(len(self.town.entries) - 10)
        self.before = self.watch()
        self.newest = self.town.fill(NOW).publish(self.public)

    def prove(self, index: int) -> None:
        """Hand the villager an entry with its receipt."""
        entries = self.town.entries
        hashes = MemoryHashes(map(leaf_hash, entries))
        path = proofs.prove_inclusion(index, len(entries), hashes)
        self.entry.write_bytes(entries[index])
        self.receipt.write_bytes(receipts.encode(Receipt(index, path, self.note)))

    def prove_today(self) -> None:
        """Hand the villager another entry, with its receipt against the newest head."""
        self.note = self.newest
        self.prove(NOW - 10)

    def run(self, *words: str) -> Result:
        keys = ("--keys", str(self.keys), "--lang", "en")
        return CliRunner().invoke(main, [*words, *keys], catch_exceptions=False)

    def log(self) -> Result:
        return self.run("log", str(self.public), "--since", str(self.old))

    def watch(self) -> Result:
        return self.run("watch", str(self.public), "--once", "--state", str(self.state))

    def show_receipt(self) -> Result:
        entry, source = str(self.entry), str(self.public)
        return self.run("receipt", str(self.receipt), "--entry", entry, "--source", source)

    def sign_again(self, entries: list[bytes]) -> None:
        """Publish these entries as the whole log, with a true signature of the log's key."""
        shutil.rmtree(self.public / "2026")
        publish(self.public / "2026", entries, origin(), self.town.log_signer)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


REWRITTEN = "Earlier entries of the log were rewritten"
SHORTER = "The log is shorter than before: its end was cut off, or an old backup took its place."
ADVICE = "Keep the old and the new head and the files as they are now"


def test_an_honest_log_passes_every_check(case: Case) -> None:
    for result in (case.before, case.log(), case.watch(), case.show_receipt()):
        assert result.exit_code == 0, result.output
    assert "All good: 200 entries in 1 logs" in case.log().output


def test_a_row_edited_and_everything_signed_again(case: Case) -> None:
    """The township holds the gateway's and the log's key: it alters a permit and all after it."""
    case.sign_again(_rewritten(case.town))

    for result in (case.log(), case.watch(), case.show_receipt()):
        assert result.exit_code == 4
        assert REWRITTEN in result.output
        assert ADVICE in result.output
        assert f"entry {KEPT + 1} of the log" in result.output
    kept = {path.read_bytes() for path in (case.state / "evidence").glob("*.note")}
    assert kept == {case.note, (case.public / "2026" / "checkpoint").read_bytes()}


def _rewritten(town: Township) -> list[bytes]:
    """Return the log with one of the gateway's entries changed, and its chain signed anew."""
    gateway = Author(town.gateway.signer)
    entries = []
    for index, raw in enumerate(town.entries):
        fields = canonical.decode(envelope.parse(raw).payload)
        if "gateway" not in fields:
            entries.append(raw)
            continue
        if index > 100 and fields["kind"] == "permit":
            fields["impressions"] = 100
        fields["prev"] = gateway.head.sha256
        taken = envelope.parse(raw)
        payload = canonical.encode(fields)
        entries.append(envelope.sign(taken.payload_type, payload, gateway.signer))
        gateway.head = _after(gateway, payload, fields["seq"])
    return entries


def _after(author: Author, payload: bytes, seq: int) -> Head:
    head = author.head
    return Head(
        party=head.party, author=head.author, epoch=1, seq=seq, sha256=sha256(payload), at_ms=0
    )


def test_a_tail_that_was_cut(case: Case) -> None:
    case.sign_again(case.town.entries[:100])

    for result in (case.log(), case.watch(), case.show_receipt()):
        assert result.exit_code == 4
        assert SHORTER in result.output
        assert "found 100" in result.output


def test_the_backup_of_yesterday(case: Case) -> None:
    case.watch()
    case.prove_today()
    shutil.rmtree(case.public)
    shutil.copytree(case.backup, case.public)

    watched, shown = case.watch(), case.show_receipt()

    for result in (watched, shown):
        assert result.exit_code == 4
        assert SHORTER in result.output
        assert f"expected at least {NOW} entries, found {KEPT}" in result.output
    assert str(case.state / "evidence") in watched.output


def test_a_restored_backup_that_grew_again(case: Case) -> None:
    case.watch()
    town = Township(2).fill(KEPT)
    other = town.machines[0]
    while len(town.entries) < NOW + 20:
        town.beat(other)
    case.prove_today()
    case.sign_again(town.entries)

    for result in (case.watch(), case.show_receipt()):
        assert result.exit_code == 4
        assert REWRITTEN in result.output


def test_a_second_gateway_with_copied_keys(case: Case) -> None:
    """It signs another head of the same size: two versions, each with a good signature."""
    case.watch()
    town = Township(2).fill(KEPT)
    while len(town.entries) < NOW:
        town.beat(town.machines[0])
    case.prove_today()
    case.sign_again(town.entries)

    for result in (case.watch(), case.show_receipt()):
        assert result.exit_code == 4
        assert "There are two versions of this log that contradict each other." in result.output
    assert len(list((case.state / "evidence").glob("*.note"))) == 2
    told_again = case.watch()
    assert told_again.exit_code == 4


def test_a_log_that_vanished(case: Case) -> None:
    publish(case.public / "2027", case.town.entries[:1], origin(2027), case.town.log_signer)
    shutil.rmtree(case.public / "2026")

    result = case.watch()

    assert result.exit_code == 4
    assert SHORTER in result.output


def test_another_log_key(case: Case) -> None:
    stranger = make_signer("gw-420625103", "log", 3)
    shutil.rmtree(case.public / "2026")
    publish(case.public / "2026", case.town.entries, origin(), stranger)

    for result in (case.log(), case.watch(), case.show_receipt()):
        assert result.exit_code == 4
        assert "The log's head was not signed with the log key that you trust." in result.output


def test_every_bit_of_a_checkpoint(case: Case) -> None:
    key = log_keys(case.town)
    assert head_of(case.note, case.town).size == KEPT

    for at in range(8 * len(case.note)):
        with pytest.raises(LedgerError):
            believe(_flipped(case.note, at), key)


def test_every_bit_of_a_receipt(case: Case) -> None:
    raw, leaf = case.receipt.read_bytes(), case.entry.read_bytes()
    key = log_keys(case.town)
    assert verify_receipt(raw, leaf, key).index == KEPT - 10

    for at in range(8 * len(raw)):
        with pytest.raises(LedgerError):
            verify_receipt(_flipped(raw, at), leaf, key)


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
