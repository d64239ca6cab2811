"""What the verifier finds in a whole log, and the nearest log in which it finds nothing."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.public_log import DAY_MS, SEAL, Author, publish, write_keys
from ledger import auditing, records, records_office
from ledger.chain import Head
from ledger.cli_trust import progress_bar
from ledger.mirror import FolderMirror
from ledger.records import LogStart, Record
from ledger.texts import EN
from tests.ledger.public_town import (
    Township,
    audit,
    codes,
    found,
    head_of,
    make_signer,
    origin,
    trust,
)


@pytest.fixture
def town() -> Township:
    return Township(2)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_nothing_is_found_in_an_honest_log(town: Township, tmp_path: Path, size: int) -> None:
    town.fill(size).publish(tmp_path)

    report = audit(tmp_path, town)

    assert codes(report) == []
    assert report.entries == size


@pytest.mark.parametrize("beside_a_thread", [False, True])
def test_two_processes_find_what_one_finds(
    town: Township, tmp_path: Path, beside_a_thread: bool
) -> None:
    """Two that are copies of this one, or that began anew since a thread was here."""
    town.fill(300)
    town.entries[40], town.entries[280] = town.entries[280], town.entries[40]
    town.publish(tmp_path)
    mirror = FolderMirror(tmp_path)
    alone, limit = audit(tmp_path, town), auditing.ALONE
    over = threading.Event()
    thread = threading.Thread(target=over.wait)

    try:
        auditing.ALONE = 0
        if beside_a_thread:
            thread.start()
        together = auditing.audit(mirror, [mirror.below("2026")], trust(town), processes=2)
    finally:
        auditing.ALONE = limit
        over.set()

    assert list(together.findings) == list(alone.findings) != []


def _read_to_the_end(leader: int) -> str:
    """Return all that was written to a terminal whose other side is closed, and close it."""
    drawn = b""
    with os.fdopen(leader, "rb", buffering=0) as terminal, contextlib.suppress(OSError):
        while part := terminal.read(4096):  # at the end Linux says EIO
            drawn += part
    return drawn.decode()


def test_the_bar_on_a_terminal_shows_how_far_a_log_is_verified(
    town: Township, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.fill(300).publish(tmp_path)
    mirror = FolderMirror(tmp_path)
    leader, follower = os.openpty()
    told: list[tuple[int, int]] = []

    with os.fdopen(follower, "w", encoding="utf-8") as terminal, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", terminal)
        with progress_bar("en") as show:
            assert show is not None

            def progress(done: int, everything: int) -> None:
                told.append((done, everything))
                show(done, everything)

            logs = [mirror.below("2026")]
            auditing.audit(mirror, logs, trust(town), progress=progress)
    drawn = _read_to_the_end(leader)

    assert told == [(256, 300), (300, 300)]
    assert EN["progress"] in drawn and "100%" in drawn


def test_no_bar_is_drawn_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    with progress_bar("en") as show:
        assert show is None


def drop(town: Township) -> str:
    del town.entries[20]
    return "chain-gap"


def repeat(town: Township) -> str:
    town.entries.append(town.entries[-1])
    return "chain-repeat"


def replay(town: Township) -> str:
    town.entries.append(town.entries[3])
    return "chain-second"


def swap(town: Township) -> str:
    first, second = 0, 3  # both of machine 1: its request and the intent
    town.entries[first], town.entries[second] = town.entries[second], town.entries[first]
    return "chain-gap"


def clock_back(town: Township) -> str:
    town.now_ms -= DAY_MS
    machine = town.machines[0]
    town.entries.append(_sign_at(machine, town.now_ms))
    return "time-back"


def clock_behind_the_mark(town: Township) -> str:
    machine = town.machines[0]
    town.entries.append(machine.sign(_beat(), town.now_ms + 1, town.now_ms + 6 * 60_000))
    return "time-skew"


def stranger(town: Township) -> str:
    town.add(Author(make_signer("m-9", "device", 9)), _beat())
    return "entry-unknown-key"


def name_of_another(town: Township) -> str:
    impostor = Author(make_signer("m-2", "device", 101))  # the key of m-1
    impostor.head = town.machines[1].head
    town.add(impostor, _beat())
    return "entry-wrong-key"


@pytest.mark.parametrize(
    "change",
    [drop, repeat, replay, swap, clock_back, clock_behind_the_mark, stranger, name_of_another],
)
def test_a_township_that_signs_a_broken_log_is_found_out(
    town: Township, tmp_path: Path, change: Callable[[Township], str]
) -> None:
    expected = change(town.fill(60))

    assert expected in found(town, tmp_path)


def _beat() -> records.Heartbeat:
    return records.Heartbeat(
        state="idle", strokes={}, impressions=0, waiting=0, free_mb=1, alarms=()
    )


def _sign_at(machine: Author, at_ms: int) -> bytes:
    head = machine.head
    machine.head = Head(
        party=head.party, author=head.author, epoch=head.epoch, seq=head.seq, sha256=head.sha256
    )
    return machine.sign(_beat(), at_ms)


def test_a_second_history_of_a_copied_key_is_a_fork(town: Township, tmp_path: Path) -> None:
    town.fill(30)
    machine = town.machines[0]
    before = machine.head
    town.beat(machine)
    town.entries.pop()
    machine.head = before
    copy = Author(machine.signer)
    copy.head = before
    copy.sign(_beat(), town.now_ms + 5)  # signed elsewhere, and not in the log
    town.add(copy, _beat())

    assert "chain-gap" in found(town, tmp_path)


def _next_year(town: Township, folder: Path, previous: bytes, body: Record | None = None) -> None:
    town.entries = []
    text = previous.decode()
    start = body or LogStart(origin=origin(2027), previous=text, cause="year")
    town.add(town.gateway, start)
    town.stamp(town.machines[0])
    publish(folder / "2027", town.entries, origin(2027), town.log_signer)


def test_a_new_year_continues_chains_permits_and_head(town: Township, tmp_path: Path) -> None:
    permit = town.fill(40).permit(town.machines[0])
    previous = town.publish(tmp_path)
    _next_year(town, tmp_path, previous)
    town.use(town.machines[0], permit)
    publish(tmp_path / "2027", town.entries, origin(2027), town.log_signer)

    report = audit(tmp_path, town)

    assert codes(report) == []
    assert [head.checkpoint.size for head in report.heads] == [43, 9]


def test_a_new_year_must_name_the_head_before(town: Township, tmp_path: Path) -> None:
    earlier = town.fill(30).publish(tmp_path)
    town.fill(40).publish(tmp_path)
    _next_year(town, tmp_path, earlier)

    assert "year-link" in codes(audit(tmp_path, town))


def test_a_new_year_must_begin_with_the_link(town: Township, tmp_path: Path) -> None:
    previous = town.fill(40).publish(tmp_path)
    _next_year(town, tmp_path, previous, _beat_of_gateway())

    assert codes(audit(tmp_path, town)) == ["year-link"]


def _beat_of_gateway() -> Record:
    return records_office.Correction(
        entry="a" * 64, wrong="matter", by="a-li", text_commitment="b" * 64
    )


def test_one_year_alone_is_verified_as_far_as_it_goes(town: Township, tmp_path: Path) -> None:
    previous = town.fill(40).publish(tmp_path)
    _next_year(town, tmp_path, previous)
    write_keys(tmp_path, town.records)

    report = audit(tmp_path / "2027", town)

    assert codes(report) == []
    assert [notice.code for notice in report.notices] == ["unknown-past"]


def test_personal_numbers_and_clear_fields_are_found(town: Township, tmp_path: Path) -> None:
    town.stamp(town.machines[0])
    machine = town.machines[0]
    leaking = records.Start(
        version="13800138000", controller="B", strokes={SEAL: 1}, reason="started"
    )
    town.add(machine, leaking)

    assert found(town, tmp_path) == ["privacy-number"]


def test_a_log_key_that_nobody_confirmed_is_refused(town: Township, tmp_path: Path) -> None:
    town.fill(20)
    town.log_signer, real = make_signer("gw-420625103", "log", 77), town.log_signer
    town.publish(tmp_path)
    town.log_signer = real

    assert codes(audit(tmp_path, town)) == ["checkpoint-unknown-key"]


def test_keys_that_nobody_confirmed_are_named_once(town: Township, tmp_path: Path) -> None:
    town.fill(60).publish(tmp_path)

    report = audit(tmp_path, town, records=town.records[:2])

    assert codes(report) == ["key-unconfirmed"]
    assert "m-2" in next(iter(report.findings)).detail


def test_an_older_checkpoint_is_compared(town: Township, tmp_path: Path) -> None:
    old = town.fill(300).publish(tmp_path)
    town.fill(700).publish(tmp_path)

    assert codes(audit(tmp_path, town, head_of(old, town))) == []


@pytest.mark.parametrize("path", ["tile/0/001", "tile/1/000.p/2", "tile/entries/000"])
def test_missing_files_are_named(town: Township, tmp_path: Path, path: str) -> None:
    town.fill(600).publish(tmp_path)
    (tmp_path / "2026" / path).unlink()

    expected = "entries-missing" if "entries" in path else "tile-missing"
    assert expected in codes(audit(tmp_path, town))


def test_the_full_tile_serves_where_the_partial_one_was_replaced(
    town: Township, tmp_path: Path
) -> None:
    town.fill(600).publish(tmp_path)
    note = (tmp_path / "2026" / "checkpoint").read_bytes()
    town.fill(800).publish(tmp_path)
    (tmp_path / "2026" / "checkpoint").write_bytes(note)
    (tmp_path / "2026" / "tile/0/002.p/88").unlink()
    (tmp_path / "2026" / "tile/entries/002.p/88").unlink()

    assert codes(audit(tmp_path, town)) == []
