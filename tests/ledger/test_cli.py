"""seal-verify as a person types it: words, language and exit codes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.public_log import Township, make_signer, origin, vkey
from ledger import canonical, codec, envelope, proofs, receipts
from ledger.checkpoint import cosign
from ledger.cli import main
from ledger.messages import Acknowledgement
from ledger.notes import SignatureType, key_of
from ledger.receipts import Receipt
from ledger.records import Start
from ledger.tree import MemoryHashes, leaf_hash
from tests.ledger.public_town import head_of

Run = Callable[..., Result]


@pytest.fixture
def town() -> Township:
    return Township(2).fill(100)


@pytest.fixture
def public(town: Township, tmp_path: Path) -> Path:
    town.publish(tmp_path / "public")
    shutil.copytree(tmp_path / "public" / "keys", tmp_path / "trusted")
    return tmp_path / "public"


@pytest.fixture
def run(tmp_path: Path, public: Path) -> Run:
    def call(*words: object, keys: bool = True) -> Result:
        given = ("--keys", str(tmp_path / "trusted")) if keys else ()
        return CliRunner().invoke(main, [*map(str, words), *given], catch_exceptions=False)

    return call


def test_a_good_log_in_chinese_first(run: Run, public: Path) -> None:
    result = run("log", public)

    assert result.exit_code == 0
    assert "核对通过：100 条记录，1 本台账，全部与封签相符。" in result.output
    assert "模拟机" in result.output


def test_a_finding_says_what_where_since_when_and_what_to_do(
    run: Run, town: Township, public: Path
) -> None:
    del town.entries[40]
    town.publish(public)

    result = run("log", public, "--lang", "en")

    assert result.exit_code == 4
    assert "Finding 1: Entries of this machine (or gateway) are missing" in result.output
    assert f"Where: log {origin()}, entry 41 of the log, entry " in result.output
    assert "(Beijing time)" in result.output
    assert "What to do: Have the village export the machine's log again" in result.output


def test_keys_that_nobody_confirmed_prove_nothing(run: Run, public: Path) -> None:
    assert run("log", public, keys=False).exit_code == 2

    result = run("log", public, "--trust-published", "--lang", "en", keys=False)

    assert result.exit_code == 0
    assert "nobody has confirmed them" in result.output
    assert "device m-2, epoch 1: " in result.output


@pytest.mark.parametrize("form", ["vkey", "file", "record"])
def test_the_log_key_may_be_given_in_three_forms(
    run: Run, town: Township, public: Path, tmp_path: Path, form: str
) -> None:
    for path in (tmp_path / "trusted").glob("*.json"):
        if b'"role":"log"' in path.read_bytes():
            path.rename(tmp_path / "log.json")
    assert run("log", public).exit_code == 2
    text = vkey(town.log_signer, origin()).vkey
    given = {"vkey": text, "file": public / "2026/log.vkey", "record": tmp_path / "log.json"}

    assert run("log", public, "--key", given[form]).exit_code == 0


def test_what_is_not_there_is_unreachable(run: Run, tmp_path: Path) -> None:
    result = run("log", tmp_path / "nothing")

    assert result.exit_code == 5
    assert "unreachable: " in result.stderr


def test_a_quorum_of_witnesses_is_asked_for(
    run: Run, town: Township, public: Path, tmp_path: Path
) -> None:
    witness = make_signer("county-1", "witness", 60)
    key = key_of(witness.record, "county.example", SignatureType.COSIGNATURE)
    policy = tmp_path / "policy"
    log_key = vkey(town.log_signer, origin()).vkey
    policy.write_text(f"log {log_key}\nwitness county {key.vkey}\nquorum county\n")
    note = public / "2026" / "checkpoint"
    before = run("log", public, "--policy", policy)
    line = cosign(head_of(note.read_bytes(), town), "county.example", witness, 1_793_100_000)
    note.write_bytes(note.read_bytes() + line)

    after = run("log", public, "--policy", policy)

    assert before.exit_code == 4
    assert "封签上的见证人签名不够。" in before.output
    assert after.exit_code == 0, after.output


def test_one_entry(run: Run, town: Township, tmp_path: Path) -> None:
    path = tmp_path / "one.dsse"
    path.write_bytes(town.entries[3])
    good = run("entry", path, "--lang", "en")
    path.write_bytes(town.entries[3].replace(b'"sig":"', b'"sig":"A'))
    bad = run("entry", path, "--lang", "en")

    assert good.exit_code == 0
    assert "Genuine: entry 2 of m-1 (intent)" in good.output
    assert bad.exit_code == 4
    assert "changed or damaged" in bad.output


def test_two_checkpoints(run: Run, town: Township, public: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old", public / "2026" / "checkpoint"
    old.write_bytes(new.read_bytes())
    town.fill(140).publish(public)
    good = run("consistency", old, new, public, "--lang", "en")
    backwards = run("consistency", new, old, public, "--lang", "en")
    old.write_bytes(old.read_bytes().replace(b"\n100\n", b"\n101\n"))
    forged = run("consistency", old, new, public, "--lang", "en")

    assert (good.exit_code, backwards.exit_code, forged.exit_code) == (0, 4, 4)
    assert "grew from 100 to 140 entries" in good.output
    assert "shorter than before" in backwards.output
    assert "not genuine" in forged.output


def test_the_keys_of_a_log(run: Run, public: Path) -> None:
    result = run("keys", public, "--lang", "en")

    assert result.exit_code == 0
    assert "4 keys, each with its authority." in result.output


def test_a_year_and_the_township_give_the_same_verdict(run: Run, public: Path) -> None:
    assert run("log", public / "2026").output == run("log", public).output


def test_watching_ends_with_the_signal_and_sees_growth(
    public: Path, town: Township, tmp_path: Path
) -> None:
    words = ["watch", str(public), "--state", str(tmp_path / "state"), "--every", "600"]
    more = ["--keys", str(tmp_path / "trusted"), "--lang", "en"]
    program = subprocess.Popen(
        [sys.executable, "-u", "-m", "ledger", *words, *more], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    first = program.stdout.readline()
    program.send_signal(signal.SIGTERM)

    assert program.wait(20) == 0
    program.stdout.close()
    assert "0 -> 100 entries, nothing wrong" in first


def test_a_single_wrong_entry_is_told_once_and_kept(
    run: Run, town: Township, public: Path, tmp_path: Path
) -> None:
    watch = ("watch", public, "--once", "--state", tmp_path / "state", "--lang", "en")
    town.intent(town.machines[0], "p-none")
    town.publish(public)
    first, second = run(*watch), run(*watch)
    town.fill(140).publish(public)
    third = run(*watch)

    assert (first.exit_code, second.exit_code, third.exit_code) == (4, 0, 0)
    assert "begun without any permit" in first.output
    assert "101 -> 140 entries" in third.output
    assert len(list((tmp_path / "state" / "evidence").glob("*.json"))) == 1


def test_new_entries_are_judged_at_every_visit(
    run: Run, town: Township, public: Path, tmp_path: Path
) -> None:
    watch = ("watch", public, "--once", "--state", tmp_path / "state", "--lang", "en")
    assert run(*watch).exit_code == 0
    town.add(town.machines[0], _leak())
    town.publish(public)

    result = run(*watch)

    assert result.exit_code == 4
    assert "identity card or phone number" in result.output


def _leak() -> Start:
    return Start(version="13800138000", controller="B", strokes={}, reason="started")


class Stick:
    """A machine's export on a stick."""

    def __init__(self, folder: Path, town: Township, public: Path) -> None:
        self.folder, self.town = folder, town
        for name in ("entries", "receipts", "acks", "keys"):
            (folder / name).mkdir(parents=True)
        hashes = MemoryHashes(map(leaf_hash, town.entries))
        note = (public / "2026" / "checkpoint").read_bytes()
        seq = 0
        for index, raw in enumerate(town.entries):
            if _author(raw) == "m-1":
                seq += 1
                path = proofs.prove_inclusion(index, len(town.entries), hashes)
                receipt = receipts.encode(Receipt(index, path, note))
                (folder / "entries" / f"{seq:012d}.dsse").write_bytes(raw)
                (folder / "receipts" / f"{seq:012d}.tlog-proof").write_bytes(receipt)
        self.size = seq
        self.acknowledge()

    def acknowledge(self) -> None:
        head = self.town.machines[0].head
        said = Acknowledgement(
            gateway="gw-420625103", device="m-1", epoch=1, seq=head.seq, head=head.sha256, at_ms=1
        )
        raw = envelope.sign(
            codec.payload_type(said.kind), codec.encode_message(said), self.town.gateway.signer
        )
        (self.folder / "acks" / f"{head.seq:012d}.dsse").write_bytes(raw)

    def entry(self, seq: int) -> Path:
        return self.folder / "entries" / f"{seq:012d}.dsse"


def _author(raw: bytes) -> str:
    return str(canonical.decode(envelope.parse(raw).payload).get("device"))


@pytest.fixture
def stick(tmp_path: Path, town: Township, public: Path) -> Stick:
    return Stick(tmp_path / "m-1", town, public)


def test_a_machines_export(run: Run, stick: Stick) -> None:
    result = run("device", stick.folder, "--lang", "en")

    assert result.exit_code == 0, result.output
    assert f"All good: {stick.size} entries, {stick.size} with a receipt." in result.output


def test_entries_without_a_receipt_are_mentioned(run: Run, stick: Stick) -> None:
    (stick.folder / "receipts" / f"{stick.size:012d}.tlog-proof").unlink()

    result = run("device", stick.folder, "--lang", "en")

    assert result.exit_code == 0
    assert f"1 entries have no receipt yet (from entry {stick.size} on)" in result.output


def cut(stick: Stick) -> str:
    stick.entry(stick.size).unlink()
    (stick.folder / "receipts" / f"{stick.size:012d}.tlog-proof").unlink()
    return "The gateway acknowledged entries that the export lacks"


def lose(stick: Stick) -> str:
    stick.entry(5).unlink()
    return "There is a receipt, but not its entry"


def rename(stick: Stick) -> str:
    stick.entry(5).write_bytes(stick.entry(6).read_bytes())
    return "The number in the file's name is not that of the entry in it."


def mix(stick: Stick) -> str:
    other = next(raw for raw in stick.town.entries if _author(raw) == "m-2")
    stick.entry(stick.size + 1).write_bytes(other)
    return "The export holds entries of more than one machine."


def exchange_receipts(stick: Stick) -> str:
    first, second = (stick.folder / "receipts" / f"{at:012d}.tlog-proof" for at in (3, 4))
    first.write_bytes(second.read_bytes())
    return "The receipt does not prove this entry"


def flip(stick: Stick) -> str:
    raw = stick.entry(3).read_bytes()
    stick.entry(3).write_bytes(raw[:60] + bytes([raw[60] ^ 1]) + raw[61:])
    return "The receipt does not prove this entry"


@pytest.mark.parametrize("damage", [cut, lose, rename, mix, exchange_receipts, flip])
def test_a_damaged_export_is_found_out(
    run: Run, stick: Stick, damage: Callable[[Stick], str]
) -> None:
    expected = damage(stick)

    result = run("device", stick.folder, "--lang", "en")

    assert result.exit_code == 4
    assert expected in result.output


def test_a_folder_that_is_no_export(run: Run, tmp_path: Path) -> None:
    assert run("device", tmp_path).exit_code == 5
