"""After a dead disk, an old backup or a restore that was cut, every entry stands where it stood."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.register.keybook import KeyBook
from gateway.register.publish import Publisher
from gateway.stores.calendar import local_date
from gateway.stores.sqlite import MARKER
from ledger import checkpoint, codec, envelope, notes
from ledger.signers import keyfile

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
ORIGIN = "seal.xiaoshan.example/330109000000/330109110000/2026"
T2027_MS = 1_800_000_000_000
Town = Any
Seal = Callable[..., Any]
Beats = Callable[[int], None]


@pytest.fixture
def lose_disk(town: Town, tmp_path: Path) -> Callable[[], list[bytes]]:
    """Return what loses store and public folder, and tells which entries stood there."""

    def run() -> list[bytes]:
        stood = [one.envelope for one in town.entries()]
        town.store.close()
        shutil.move(tmp_path / "state", tmp_path / "dead")
        if (tmp_path / "public").exists():
            shutil.move(tmp_path / "public", tmp_path / "mirror")
        return stood

    return run


@pytest.fixture
def back(town: Town) -> Callable[[], list[bytes]]:
    """Return what opens the restored store and tells which entries stand there."""

    def run() -> list[bytes]:
        town.store = town.connect()
        town.wire()
        return [one.envelope for one in town.entries()]

    return run


def test_old_backup_and_a_mirror_give_every_entry_its_index_back(
    desk: Town,
    beats: Beats,
    publish: Any,
    seal: Seal,
    lose_disk: Any,
    back: Any,
    agree: Any,
    tmp_path: Path,
) -> None:
    beats(3)
    publish()
    seal("backup", tmp_path / "disk")
    with desk.store.reader() as reader:
        kept = reader.size()
    filed = desk.file()
    desk.submit(filed)
    beats(600)
    publish()
    agree()
    derived = desk.store.derived()
    stood = lose_disk()

    result = seal("restore", tmp_path / "disk", "--mirror", tmp_path / "mirror")

    assert result.exit_code == 0, result.output
    assert f"entries: {len(stood)}, {len(stood) - kept} of them from public files" in result.output
    assert back() == stood
    restored = desk.store.derived()
    for table in ("refs", "holds", "permits", "alerts", "flags", "releases", "intents"):
        assert restored[table] == derived[table], table
    agree()
    beats(2)
    publish()
    agree()


def test_mirror_alone_brings_a_dead_disk_back(
    town: Town, beats: Beats, publish: Any, seal: Seal, lose_disk: Any, back: Any, tmp_path: Path
) -> None:
    beats(300)
    publish()
    stood = lose_disk()

    result = seal("restore", "--mirror", tmp_path / "mirror")

    assert result.exit_code == 0 and "300, 300 of them from public files" in result.output
    assert back() == stood
    assert not (tmp_path / "state" / MARKER).exists()


def test_rest_comes_from_the_machines(
    town: Town, beats: Beats, publish: Any, seal: Seal, lose_disk: Any, back: Any, tmp_path: Path
) -> None:
    beats(3)
    seal("backup", tmp_path / "disk")
    beats(4)
    publish()
    beats(5)
    stood = lose_disk()
    assert seal("restore", tmp_path / "disk", "--mirror", tmp_path / "mirror").exit_code == 0
    assert back() == stood[:7]
    machine = town.machines["m-1"]

    batch = town.take(machine.message(machine.raws[-1]))
    (letter,) = town.intake.acknowledgements(batch, town.now_ms)
    taken = envelope.parse(letter.payload)
    ack = codec.decode_message(taken.payload_type, taken.payload)
    town.take(*(machine.message(raw) for raw in machine.raws[ack.seq :]))

    assert ack.seq == 7
    assert [one.envelope for one in town.entries()] == stood


def test_logs_of_two_years_come_back_whole_or_not_at_all(
    town: Town, beats: Beats, publish: Any, seal: Seal, lose_disk: Any, back: Any, tmp_path: Path
) -> None:
    beats(3)
    publish()
    seal("backup", tmp_path / "disk")
    shutil.copytree(tmp_path / "public", tmp_path / "stale")
    beats(2)
    town.now_ms = T2027_MS
    beats(4)
    publish()
    stood = lose_disk()
    shutil.copytree(tmp_path / "mirror" / "2027", tmp_path / "stale" / "2027")

    cut = seal("restore", tmp_path / "disk", "--mirror", tmp_path / "stale")
    whole = seal("restore", tmp_path / "disk", "--mirror", tmp_path / "mirror")

    assert cut.exit_code == 4
    assert f"expected {ORIGIN} with 5 entries before" in cut.output
    assert "a mirror of the older log is missing" in cut.output
    assert whole.exit_code == 0 and back() == stood


@pytest.mark.slow
def test_witness_that_knows_more_than_the_mirror_keeps_the_gateway_from_starting(
    town: Town,
    beats: Beats,
    publish: Any,
    seal: Seal,
    agree: Any,
    lose_disk: Any,
    start: Any,
    back: Any,
    tmp_path: Path,
) -> None:
    beats(3)
    publish()
    seal("backup", tmp_path / "disk")
    beats(4)
    agree()
    lose_disk()

    result = seal("restore", tmp_path / "disk", "--mirror", tmp_path / "mirror")
    refused = start(tmp_path / "gateway.toml")

    assert result.exit_code == 4
    assert (
        f"rollback: expected the log {ORIGIN} with the 7 entries that the witness county speaks "
        "of, restored 3: run it again with --mirror"
    ) in result.output
    assert refused.end() == 1 and "a restore that was not finished" in refused.said()


def test_successor_names_the_last_witnessed_checkpoint_of_the_lost_log(
    town: Town,
    beats: Beats,
    publish: Any,
    seal: Seal,
    agree: Any,
    lose_disk: Any,
    config: Any,
    county: Any,
    start: Any,
    until: Any,
    cosigned_size: Any,
    tmp_path: Path,
) -> None:
    town.now_ms = time.time_ns() // 1_000_000  # the command asks the clock for the year
    origin = f"{ORIGIN[:-4]}{local_date(town.now_ms)[:4]}"
    town.release("code,name,verdict\nA-1,建房,可以\n")
    beats(3)
    publish()
    seal("backup", tmp_path / "disk")
    beats(4)
    agree()
    lose_disk()
    words = ["restore", tmp_path / "disk", "--mirror", tmp_path / "mirror", "--successor"]

    old_key = seal(*words)
    renew_key(town, tmp_path)
    done = seal(*words)
    again = seal(*words)

    assert old_key.exit_code == 1 and "keygen --epoch 2" in old_key.output
    assert done.exit_code == 0, done.output
    successor = re.search(r"begun: (\S+);", done.output)
    assert successor is not None and successor[1] == f"{origin}-2"
    assert again.exit_code == 1 and "expected no store" in again.output
    town.store = town.connect()
    town.wire()
    last = town.entries()[-1]
    named = checkpoint.parse(notes.parse(last.body.previous.encode()).text)
    assert (last.kind, last.body.cause, named.origin, named.size) == (
        "log-start",
        "lost",
        origin,
        8,
    )
    assert "witness.example/county" in last.body.previous
    agree()
    machine = town.machines["m-1"]
    town.take(*(machine.message(raw) for raw in machine.raws))
    assert [one.envelope for one in town.entries() if one.author == "m-1"] == machine.raws
    agree()
    town.store.close()
    running = start(tmp_path / "gateway.toml")
    until(lambda: cosigned_size(config.log.public, county.key) == 5, "a cosignature")
    assert running.process.poll() is None and "rollback" not in running.said()
    assert running.end(signal.SIGTERM) == 0
    assert (config.log.public / f"{origin[-4:]}-2" / "checkpoint").exists()
    shutil.move(tmp_path / "state", tmp_path / "second")
    shutil.move(tmp_path / "dead", tmp_path / "state")
    town.store = town.connect()
    with pytest.raises(Exception, match=f"knows its successor {origin}-2: this store was given up"):
        agree()


def renew_key(town: Town, folder: Path) -> None:
    """Give the gateway a signing key of epoch 2."""
    (folder / "gw.key").unlink()
    (folder / "gw.json").unlink()
    fields = {"holder": "gw-1", "role": "gateway", "township": "330109110000", "domain": "sim"}
    keyfile.create(folder / "gw.key", folder / "gw.json", epoch=2, **fields)
    shutil.copy(folder / "gw.json", folder / "trusted" / "gw-2.json")
    town.signer = keyfile.load(folder / "gw.key", folder / "gw.json")


def test_successor_is_refused_where_nothing_is_lost(
    town: Town, beats: Beats, publish: Any, seal: Seal, agree: Any, lose_disk: Any, tmp_path: Path
) -> None:
    beats(3)
    publish()
    agree()
    lose_disk()

    result = seal("restore", "--mirror", tmp_path / "mirror", "--successor")

    assert result.exit_code == 1 and "nothing is known to be lost" in result.output


def test_store_that_is_there_is_left_alone(
    town: Town, beats: Beats, seal: Seal, tmp_path: Path
) -> None:
    beats(3)
    seal("backup", tmp_path / "disk")
    beats(2)
    town.store.close()

    result = seal("restore", tmp_path / "disk")

    assert result.exit_code == 1 and "expected no store in" in result.output
    town.store = town.connect()
    assert len(town.entries()) == 5


def test_changed_mirror_is_refused(
    town: Town, beats: Beats, publish: Any, seal: Seal, lose_disk: Any, back: Any, tmp_path: Path
) -> None:
    beats(3)
    seal("backup", tmp_path / "disk")
    beats(20)
    publish()
    stood = lose_disk()
    shutil.copytree(tmp_path / "mirror", tmp_path / "spoilt")
    (bundle,) = (tmp_path / "spoilt").glob("2026/tile/entries/000.p/23")
    data = bytearray(bundle.read_bytes())
    results = []
    for at in (1, len(data) // 2, len(data) - 9):
        data[at] ^= 1
        bundle.write_bytes(data)
        results.append(seal("restore", tmp_path / "disk", "--mirror", tmp_path / "spoilt"))
        data[at] ^= 1
    bundle.unlink()
    results.append(seal("restore", tmp_path / "disk", "--mirror", tmp_path / "spoilt"))

    good = seal("restore", tmp_path / "disk", "--mirror", tmp_path / "mirror")

    assert [result.exit_code for result in results] == [4, 4, 4, 4]
    assert "use another mirror" in results[-1].output
    assert good.exit_code == 0 and back() == stood


def test_second_history_among_the_mirrors_is_told(
    town: Town,
    beats: Beats,
    publish: Any,
    seal: Seal,
    regrow: Callable[[str], None],
    lose_disk: Any,
    tmp_path: Path,
) -> None:
    beats(8)
    publish()
    regrow("UPDATE entries SET envelope = x'7b7d' WHERE idx = 7")
    forged = Publisher(tmp_path / "forged", KeyBook(town.ring))
    with town.store.reader() as reader:
        forged.publish(reader)
    regrow("DELETE FROM entries WHERE idx = 7")
    shutil.rmtree(tmp_path / "state" / "photos", ignore_errors=True)
    lose_disk()

    result = seal("restore", "--mirror", tmp_path / "mirror", "--mirror", tmp_path / "forged")

    assert result.exit_code == 4
    assert (
        "to agree with the other copies" in result.output and "found another root" in result.output
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "end"),
    [
        ("os.mkdir", "none"),  # nothing strikes: the run is whole
        ("sqlite3.connect", "/state/gateway.sqlite?mode=rw"),
        ("sqlite3.connect", "/state/gateway.sqlite?mode=rwc"),
        ("os.rename", f"{'ab' * 32}.age"),
        ("os.remove", MARKER),
    ],
)
def test_half_restored_store_is_not_started_and_restored_again(
    town: Town,
    beats: Beats,
    publish: Any,
    seal: Seal,
    lose_disk: Any,
    start: Any,
    back: Any,
    tmp_path: Path,
    event: str,
    end: str,
) -> None:
    photo = b"sealed photo"
    name = codec.sha256(photo)
    folder = tmp_path / "state" / "photos" / name[:2]
    folder.mkdir(parents=True)
    (folder / f"{name}.age").write_bytes(photo)
    beats(3)
    seal("backup", tmp_path / "disk")
    beats(30)
    publish()
    stood = lose_disk()
    end = end.replace("ab" * 32, name)
    words = ["restore", "--config", str(tmp_path / "gateway.toml"), str(tmp_path / "disk")]
    words += ["--mirror", str(tmp_path / "mirror")]

    died = subprocess.run(
        [sys.executable, str(HERE / "dying_restore.py"), event, end, *words],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
        timeout=60,
    )
    if end != "none":
        assert died.returncode == -signal.SIGKILL
        refused = start(tmp_path / "gateway.toml")
        assert refused.end() == 1 and "a restore that was not finished" in refused.said()
        assert seal(*words[0:1], *words[3:]).exit_code == 0
    else:
        assert died.returncode == 0

    assert back() == stood
    assert (tmp_path / "state" / "photos" / name[:2] / f"{name}.age").read_bytes() == photo
