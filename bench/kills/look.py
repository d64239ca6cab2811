"""The look after each strike: cheap, because it judges only what is new since the last one.

What it needs is read from outside: public files, the follower's file, the machines' journals,
what the processes logged. It waits until all that the machines had written is proved to them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from bench.kills import parties
from device import journal_file
from ledger import checkpoint, codec, envelope, notes
from ledger.errors import LedgerError
from ledger.keys import KeyRing
from ledger.messages import Acknowledgement
from ledger.mirror import FolderMirror
from ledger.signers import keyfile
from ledger.tiles import WIDTH, Tile
from ledger.verify import read_bundle
from sim.errors import SimError
from sim.judge import follower
from sim.judge.follower import Seen
from sim.judge.heads import Proved, Watch
from sim.judge.verdict import Finder
from sim.township_files import TOWNSHIP
from sim.township_plan import Plan
from sim.waiting import OverdueError, until

SETTLE_S = 60.0  # I15
PAUSE_S = 0.05
TITLES = {
    "I4": "no acknowledged entry lost",
    "I5": "exactly once",
    "I10": "tamper evident",
    "I11": "no fork",
    "I15": "liveness",
    "restart": "is clean",
}
# Errors that the strikes themselves are; every other one is a restart that was not clean. A broker
# that has just started lets nobody in until its gateway knows whose key holds.
EXPECTED = ("broker_died", "mqtt_refused")


class Held(Struct, frozen=True):
    """What stands at one place of an author's chain: hash of the payload, index in the log."""

    sha256: str
    index: int


class Places:
    """Where each entry of the public log stands in its author's chain (I5)."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, int, int], Held] = {}
        self._last: dict[tuple[str, int], int] = {}

    def take(self, index: int, raw: bytes, find: Finder) -> None:
        """Take the next entry: it must be its author's next one."""
        try:
            taken = envelope.parse(raw)
            position = codec.decode_entry(taken.payload_type, taken.payload).position
        except LedgerError as error:
            find.expect(False, f"public log at {index}", "an entry", error)
            return
        author = (position.author[1], position.epoch)
        expected = self._last.get(author, 0) + 1
        where = f"public log at {index}"
        wanted = f"entry {expected} of {author[0]}"
        find.expect(position.seq == expected, where, wanted, f"entry {position.seq}")
        self._last[author] = position.seq
        held = Held(codec.sha256(taken.payload), index)
        self._held.setdefault((*author, position.seq), held)

    def at(self, author: str, epoch: int, seq: int) -> Held | None:
        """Return what stands there."""
        return self._held.get((author, epoch, seq))


class Answers:
    """What the gateway has acknowledged, as the follower heard it (I4)."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._newest: dict[str, Acknowledgement] = {}
        self._fresh: list[Acknowledgement] = []

    def take(self, raw: bytes, find: Finder) -> None:
        """Take an answer: it never acknowledges less than an earlier one."""
        try:
            taken, _ = envelope.verify(raw, self._ring)
            said = codec.decode_message(taken.payload_type, taken.payload)
        except LedgerError as error:
            find.expect(False, "an acknowledgement", "one that the gateway signed", error)
            return
        if not isinstance(said, Acknowledgement):
            return
        newest = self._newest.get(said.device)
        if newest is not None:
            back = said.at_ms > newest.at_ms and said.seq < newest.seq
            where = f"acknowledgement of {said.device}"
            find.expect(not back, where, f"{newest.seq} or later", said.seq)
        if newest is None or said.at_ms > newest.at_ms:
            self._newest[said.device] = said
        self._fresh.append(said)

    def judge(self, places: Places, find: Finder) -> None:
        """Judge every new answer: what it names stands in the public log."""
        for said in self._fresh:
            if said.seq:
                held = places.at(said.device, said.epoch, said.seq)
                where = f"acknowledged entry {said.seq} of {said.device}"
                found = "none" if held is None else held.sha256
                find.expect(found == said.head, where, f"{said.head} in the public log", found)
        self._fresh.clear()


class Looker:
    """Looks at a campaign's township; what it knows grows with the log.

    Args:
        check: raises if somebody who should run does not.
        settle_s: how long the machines may wait for the proofs of what they had written.
    """

    def __init__(
        self, plan: Plan, seen: Path, check: Callable[[], None], settle_s: float = SETTLE_S
    ) -> None:
        self._plan, self._seen, self._check, self._settle_s = plan, seen, check, settle_s
        ring = keyfile.read_ring(plan.trusted, "sim")
        record = ring.log_of(TOWNSHIP)
        assert record is not None, "the township's trusted folder has the log's record"
        self._watch, self._places, self._answers = Watch(record), Places(), Answers(ring)
        self._finders = {name: Finder() for name in TITLES}
        self._read_to = 0
        # What stands there was said before: at the last look, or when a campaign was stopped.
        self._logs_read = {path: path.stat().st_size for path in plan.logs.glob("*.log")}
        self._published: dict[str, int] = {}
        self._proved: dict[str, int] = {}

    @property
    def looked_at(self) -> int:
        """How many facts were compared so far."""
        return sum(find.looked_at for find in self._finders.values())

    @property
    def entries(self) -> int:
        """How many entries the public log has."""
        return sum(len(log.entries) for log in self._watch.logs.values())

    def look(self) -> list[str]:
        """Wait until all is proved, judge what is new, and return a line for each breach."""
        seen, self._read_to = follower.read_on(self._seen, self._read_to)
        for one in seen:
            self._hear(one)
        written = {name: _journal(self._plan, name).head() for name in self._names()}
        if self._settled(written):
            for name, head in written.items():
                self._take_receipts(name, head)
        self._grow()  # last: by now it has all that those heads and receipts promise
        self._watch.judge(self._finders["I11"], self._finders["I10"])
        self._answers.judge(self._places, self._finders["I4"])
        self._read_logs()
        kept = parties.evidence_of_witness(self._plan)
        self._finders["I11"].expect(not kept, "the witness", "no evidence", kept)
        return [
            f"{name} {TITLES[name]}: {breach}"
            for name, find in self._finders.items()
            for breach in find.breaches
        ]

    def _names(self) -> list[str]:
        return [village.machine for village in self._plan.villages]

    def _hear(self, one: Seen) -> None:
        if one.what == "acknowledged":
            self._answers.take(one.raw, self._finders["I4"])
            return
        head = self._watch.see(one.who, one.raw, self._finders["I11"])
        if head is not None and one.what == "published":
            before = self._published.get(head.origin, 0)
            where = f"what is published of {head.origin}"
            forward = head.size >= before
            self._finders["I11"].expect(forward, where, f"{before} entries or more", head.size)
            self._published[head.origin] = max(before, head.size)

    def _settled(self, written: dict[str, int]) -> bool:
        """Wait until every machine has proofs of all that it had written (I15)."""

        def waiting() -> list[str]:
            self._check()
            return [
                f"entry {seq} of {name}"
                for name, head in written.items()
                for seq in _journal(self._plan, name).unproved(head)
            ]

        left: list[str] = []
        try:
            until("proofs", lambda: not waiting(), self._settle_s, PAUSE_S)
        except OverdueError:
            left = waiting()
        found = ", ".join(left[:3])
        where = "what was written before the look"
        self._finders["I15"].expect(not left, where, f"receipts within {self._settle_s:g} s", found)
        return not left

    def _grow(self) -> None:
        """Read what is published since the last look."""
        for path in sorted(parties.public(self._plan).glob("*/checkpoint")):
            head = checkpoint.parse(notes.parse(path.read_bytes()).text)
            log, mirror = self._watch.log(head.origin), FolderMirror(path.parent)
            for raw in _entries(mirror, len(log.entries), head.size):
                self._places.take(len(log.entries), raw, self._finders["I5"])
                log.grow((raw,))

    def _take_receipts(self, name: str, upto: int) -> None:
        tampered, forked = self._finders["I10"], self._finders["I11"]
        expected = self._proved.get(name, 0) + 1
        for seq, raw, receipt in _journal(self._plan, name).receipts(expected - 1, upto):
            where = f"receipts of {name}"
            tampered.expect(seq == expected, where, f"one of entry {expected}", f"of entry {seq}")
            self._watch.hold(Proved(name, seq, raw, receipt), forked, tampered)
            expected = seq + 1
        where = f"receipts of {name}"
        tampered.expect(expected == upto + 1, where, f"up to entry {upto}", f"to {expected - 1}")
        self._proved[name] = upto

    def _read_logs(self) -> None:
        """What the processes complained of since the last look (a clean restart has nothing)."""
        for path in sorted(self._plan.logs.glob("*.log")):
            with path.open("rb") as file:
                file.seek(self._logs_read.get(path, 0))
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._logs_read[path] = self._logs_read.get(path, 0) + len(whole)
            for line in whole.decode(errors="replace").splitlines():
                said = _complaint(line)
                self._finders["restart"].expect(not said, f"log of {path.stem}", "no error", said)


class JournalView:
    """A machine's journal read beside its owner."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def head(self) -> int:
        """Return the newest seq, 0 if there is none."""
        rows = self._rows("SELECT max(seq) FROM entries")
        return int(rows[0][0] or 0) if rows else 0

    def unproved(self, upto: int) -> list[int]:
        """Return the seqs up to one whose entries have no receipt yet."""
        return [row[0] for row in self._rows("SELECT seq FROM unproved WHERE seq <= ?", upto)]

    def receipts(self, after: int, upto: int) -> list[tuple[int, bytes, bytes]]:
        """Return (seq, envelope, receipt) of the entries in a range, oldest first."""
        return self._rows(
            "SELECT e.seq, e.envelope, r.receipt FROM entries e JOIN receipts r USING (sha256) "
            "WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq",
            after,
            upto,
        )

    def _rows(self, sql: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]  # rows
        if not self._path.exists():
            return []
        with journal_file.translated(self._path):
            conn = journal_file.connect(self._path, read_only=True).conn
            try:
                return list(conn.execute(sql, values))
            finally:
                conn.close()


def _journal(plan: Plan, machine: str) -> JournalView:
    return JournalView(plan.folder / machine / "state" / "journal.db")


def _entries(mirror: FolderMirror, start: int, size: int) -> Iterator[bytes]:
    """Yield the published entries of a range."""
    for first in range(start // WIDTH * WIDTH, size, WIDTH):
        width = min(WIDTH, size - first)
        bundle = read_bundle(Tile(None, first // WIDTH, width), mirror.read)
        if bundle is None:
            raise MissingError(f"{width} entries from {first} on at {mirror.location}", "none")
        yield from bundle[max(0, start - first) :]


def _complaint(line: str) -> str:
    """Return a line that says an error which was not expected, else ""."""
    try:
        said = json.loads(line)
    except ValueError:
        return line if line.strip() else ""
    level, event = said.get("level"), said.get("event")
    return line if level in ("error", "critical") and event not in EXPECTED else ""


class MissingError(SimError):
    """The public files are not what the published checkpoint promises."""

    code = "missing"
    hint = "Look into the gateway's log."
