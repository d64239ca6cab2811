"""Log: entries verified, appended, checkpointed, published and receipted for each CPU second.

Beside it, in the same run and by turns with it, batch by batch, so that other work on the
computer slows both alike: the raw rate of libsodium's verify over the same signatures, and
commits of rows of the same size in SQLite alone. Two processes are two townships at once, each
with its own store. CPU seconds, so that waiting for the disk shows only in the elapsed time.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

from msgspec import Struct
from nacl.bindings import crypto_sign_open

from bench.feeding import prepare
from bench.figures import Machine, elsewhere, this_machine
from gateway.config import directory, load, log_origin
from gateway.register.intake import genesis_of
from gateway.register.keybook import KeyBook
from gateway.register.log import GatewayLog
from gateway.register.publish import Publisher
from gateway.register.tree import PublicLog
from gateway.stores import Reader, Store, Transaction, sqlite, trees
from gateway.stores.views import Signed
from gateway.wiring import load_keys
from gateway.writer import MOST_TOGETHER
from ledger import chain, envelope, receipts
from ledger.algorithms import read
from ledger.chain import Head
from ledger.cli_trust import cores
from ledger.errors import LedgerError
from ledger.paths import Paths
from ledger.receipts import Receipt
from sim import township_files, township_plan

MACHINES = 8
EACH = 2048
PUBLISHED = 4096  # entries; the gateway publishes once a second and takes more in that time
LEAST_RATIO = 0.5


class Pass(Struct, frozen=True, kw_only=True):
    """All processes together; rates are for each CPU second, `elapsed_per_s` for each real one.

    `parts_us`: CPU microseconds of one entry.
    """

    processes: int
    raw_verify_per_s: float
    raw_rows_per_s: float
    per_s: float
    elapsed_per_s: float
    parts_us: dict[str, float]
    ratio: float


class Growing(Struct, frozen=True, kw_only=True):
    """What was measured; `entries` are those of one process."""

    machine: Machine
    entry_bytes: int
    entries: int
    passes: tuple[Pass, ...]
    holds: bool


class _Township(Struct, frozen=True, kw_only=True):
    """What one process measured: CPU seconds, and `elapsed_s`."""

    entries: int
    entry_bytes: int
    raw_verify_s: float
    raw_rows_s: float
    cpu_s: float
    elapsed_s: float
    parts_s: dict[str, float]


def measure() -> Growing:
    """Run everything with one process and with one on each core, and return the figures."""
    passes, one = [], None
    for processes in sorted({1, cores()}):
        found = elsewhere(processes, _township)
        one = found[0]
        passes.append(_pass(found))
    assert one is not None
    return Growing(
        machine=this_machine(),
        entry_bytes=one.entry_bytes,
        entries=one.entries,
        passes=tuple(passes),
        holds=all(each.ratio >= LEAST_RATIO for each in passes),
    )


def _pass(found: list[_Township]) -> Pass:
    entries = sum(one.entries for one in found)
    raw_per_s = entries / sum(one.raw_verify_s for one in found)
    per_s = entries / sum(one.cpu_s for one in found)
    return Pass(
        processes=len(found),
        raw_verify_per_s=raw_per_s,
        raw_rows_per_s=entries / sum(one.raw_rows_s for one in found),
        per_s=per_s,
        elapsed_per_s=sum(one.entries / one.elapsed_s for one in found),
        parts_us={
            part: round(1e6 * sum(one.parts_s[part] for one in found) / entries, 1)
            for part in found[0].parts_s
        },
        ratio=per_s / raw_per_s,
    )


def _township() -> _Township:
    """Take a township's entries all the way, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="seal-log-") as name:
        folder = Path(name)
        plan = township_plan.make_plan(folder / "town", MACHINES, friendly=False)
        plan.folder.mkdir(exist_ok=True)
        plan.logs.mkdir(parents=True, exist_ok=True)
        township_files.write_gateway(plan)
        for village in plan.villages:
            township_files.write_device_keys(plan, village)
        prepared = [prepare(plan, village, EACH) for village in plan.villages]
        raws = [raw for place in range(EACH) for raw in (one.raws[place] for one in prepared)]
        run = Run(plan.gateway_config, folder / "state", folder / "public")
        rows = _rows(folder / "rows.sqlite")
        verify, insert, whole = _Watch(), _Watch(), _Watch()
        for start in range(0, len(raws), MOST_TOGETHER):
            batch = raws[start : start + MOST_TOGETHER]
            signed = run.signed(batch)
            with verify:
                for data, key in signed:
                    crypto_sign_open(data, key)
            with insert:
                _insert(rows, batch)
            with whole:
                run.take(batch)
                if (start + len(batch)) % PUBLISHED == 0:
                    run.publish()
        assert run.receipted == len(raws)
        run.close()
        rows.close()
    return _Township(
        entries=len(raws),
        entry_bytes=len(raws[0]),
        raw_verify_s=verify.cpu_s,
        raw_rows_s=insert.cpu_s,
        cpu_s=whole.cpu_s,
        elapsed_s=whole.elapsed_s,
        parts_s={name: watch.cpu_s for name, watch in run.parts.items()},
    )


class _Watch:
    """Adds up the time spent in its blocks."""

    def __init__(self) -> None:
        self.cpu_s = self.elapsed_s = 0.0

    def __enter__(self) -> None:
        self.cpu_s -= time.process_time()
        self.elapsed_s -= time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.cpu_s += time.process_time()
        self.elapsed_s += time.perf_counter()


class Run:
    """The gateway's path without network, rules and answers, in one thread."""

    def __init__(self, config_path: Path, state: Path, public: Path) -> None:
        config = load(config_path)
        keys = load_keys(config)
        self._ring, self._keys = keys.ring, KeyBook(keys.ring)
        self._store: Store = sqlite.connect(sqlite.Options(folder=state))
        with self._store.transaction() as transaction:
            transaction.set_directory(*directory(config, lambda one: keys.ring.of(one, "device")))
            own = GatewayLog(keys.signer, transaction.start_boot())
        self._public = PublicLog(own, keys.log_signer, lambda year: log_origin(config, year))
        self._publisher = Publisher(public, KeyBook(keys.ring))
        self._heads: dict[str, Head] = {}
        self.receipted = 0
        names = ("verify", "append", "tree", "publish", "receipts")
        self.parts = {name: _Watch() for name in names}

    def signed(self, raws: list[bytes]) -> list[tuple[bytes, bytes]]:
        """Return for each entry its signature with what was signed, and the public key."""
        keys = {key.keyid: key.raw for key in map(read, self._ring.devices())}
        taken = [envelope.parse(raw) for raw in raws]
        return [
            (one.signature + envelope.pae(one.payload_type, one.payload), keys[one.keyid])
            for one in taken
        ]

    def take(self, raws: list[bytes]) -> None:
        """Take a batch into the log, in one transaction with one checkpoint."""
        with self._store.transaction() as transaction:
            self._public.begin(transaction, time.time_ns() // 10**6)
            with self.parts["verify"]:
                signed = self._verify(transaction, raws)
            with self.parts["append"]:
                for one, head in signed:
                    transaction.append(one, head)
            with self.parts["tree"]:
                self._public.grow(transaction)

    def publish(self) -> None:
        """Publish what is new, and make the receipt of each entry of it."""
        with self._store.reader() as reader:
            with self.parts["publish"]:
                self._publisher.publish(reader)
            with self.parts["receipts"]:
                self._receipt(reader)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _receipt(self, reader: Reader) -> None:
        view = reader.log()
        assert view is not None
        paths = Paths(trees.hashes(reader, view))
        for index in range(self.receipted, view.size):
            receipts.encode(Receipt(index, paths(index), view.note))
        self.receipted = view.size

    def _verify(self, transaction: Transaction, raws: list[bytes]) -> list[tuple[Signed, Head]]:
        """Return what is to be appended, each with the head of its chain before it."""
        signed, now_ms = [], time.time_ns() // 10**6
        for raw, found in zip(raws, self._keys.at(transaction).verify_all(raws), strict=True):
            assert not isinstance(found, LedgerError)
            taken, payload, record = found
            head = self._heads.get(record.holder) or genesis_of(record)
            self._heads[record.holder] = chain.advance(head, payload)
            one = Signed(payload=payload, keyid=taken.keyid, envelope=raw, received_ms=now_ms)
            signed.append((one, head))
        return signed


def _rows(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (idx INTEGER PRIMARY KEY, data BLOB)")
    return connection


def _insert(rows: sqlite3.Connection, batch: list[bytes]) -> None:
    rows.execute("BEGIN IMMEDIATE")
    rows.executemany("INSERT INTO rows (data) VALUES (?)", [(raw,) for raw in batch])
    rows.execute("COMMIT")
