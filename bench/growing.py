"""Log: entries verified, appended, checkpointed, published and receipted for each CPU second.

Beside it, in the same run: the raw rate of libsodium's verify over the same bytes, and raw
commits of rows of the same size. CPU seconds of this process, so that a busy computer counts
less; the disk's waiting shows only in the elapsed time.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from nacl.bindings import crypto_sign_open

from bench.feeding import prepare
from bench.figures import Machine, this_machine
from gateway.config import directory, load, log_origin
from gateway.register.keybook import KeyBook
from gateway.register.log import GatewayLog
from gateway.register.publish import Publisher
from gateway.register.tree import PublicLog
from gateway.stores import Store, sqlite, trees
from gateway.stores.views import Signed
from gateway.wiring import load_keys
from ledger import chain, codec, envelope, proofs, receipts
from ledger.algorithms import read
from ledger.chain import Head
from ledger.keys import KeyRing
from ledger.receipts import Receipt
from sim import township_files, township_plan

MACHINES = 8
EACH = 1000
TOGETHER = 256  # entries in one transaction, one checkpoint and one publication
LEAST_RATIO = 0.5

T = TypeVar("T")


class Growing(Struct, frozen=True, kw_only=True):
    """What was measured; rates are for each CPU second, `elapsed_per_s` for each real one."""

    machine: Machine
    entry_bytes: int
    entries: int
    raw_verify_per_s: float
    raw_rows_per_s: float
    per_s: float
    elapsed_per_s: float
    shares: dict[str, float]
    ratio: float
    holds: bool


def measure() -> Growing:
    """Run everything once in a temporary folder and return the figures."""
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
        keys = load_keys(load(plan.gateway_config))
        raw_verify = _raw_verify(raws, keys.ring)
        raw_rows = _raw_rows(raws, folder / "rows.sqlite")
        run = Run(plan.gateway_config, folder / "state", folder / "public")
        begin_s, cpu_s = time.perf_counter(), time.process_time()
        for start in range(0, len(raws), TOGETHER):
            run.take(raws[start : start + TOGETHER])
        cpu_s, taken_s = time.process_time() - cpu_s, time.perf_counter() - begin_s
        run.close()
    per_s = len(raws) / cpu_s
    return Growing(
        machine=this_machine(),
        entry_bytes=len(raws[0]),
        entries=len(raws),
        raw_verify_per_s=raw_verify,
        raw_rows_per_s=raw_rows,
        per_s=per_s,
        elapsed_per_s=len(raws) / taken_s,
        shares={what: part_s / cpu_s for what, part_s in run.parts_s.items()},
        ratio=per_s / raw_verify,
        holds=per_s / raw_verify >= LEAST_RATIO,
    )


class Run:
    """The gateway's path without network, rules and answers, in one thread."""

    def __init__(self, config_path: Path, state: Path, public: Path) -> None:
        config = load(config_path)
        keys = load_keys(config)
        self._ring = keys.ring
        self._store: Store = sqlite.connect(sqlite.Options(folder=state))
        with self._store.transaction() as transaction:
            transaction.set_directory(*directory(config, lambda one: keys.ring.of(one, "device")))
            own = GatewayLog(keys.signer, transaction.start_boot())
        self._public = PublicLog(own, keys.log_signer, lambda year: log_origin(config, year))
        self._publisher = Publisher(public, KeyBook(keys.ring))
        self._heads: dict[str, Head] = {}
        self.parts_s = {"verify": 0.0, "append": 0.0, "tree": 0.0, "publish": 0.0, "receipts": 0.0}

    def take(self, raws: list[bytes]) -> None:
        """Take a batch all the way to its receipts."""
        signed = self._timed("verify", lambda: [self._verify(raw) for raw in raws])
        with self._store.transaction() as transaction:
            self._public.begin(transaction, time.time_ns() // 10**6)
            self._timed("append", lambda: [transaction.append(*one) for one in signed])
            self._timed("tree", lambda: self._public.grow(transaction))
        with self._store.reader() as reader:
            self._timed("publish", lambda: self._publisher.publish(reader))
            view = reader.log()
            assert view is not None
            hashes = trees.hashes(reader, view)
            self._timed(
                "receipts",
                lambda: [
                    receipts.encode(
                        Receipt(
                            index,
                            proofs.prove_inclusion(index, view.size, hashes),
                            view.checkpoint,
                        )
                    )
                    for index in range(view.size - len(raws), view.size)
                ],
            )

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _timed(self, what: str, act: Callable[[], T]) -> T:
        begin_s = time.process_time()
        try:
            return act()
        finally:
            self.parts_s[what] += time.process_time() - begin_s

    def _verify(self, raw: bytes) -> tuple[Signed, Head]:
        taken, record = envelope.verify(raw, self._ring)
        payload = codec.decode_entry(taken.payload_type, taken.payload)
        head = self._heads.get(record.holder) or Head(
            party="device",
            author=record.holder,
            epoch=record.epoch,
            seq=0,
            sha256=codec.sha256(codec.encode_message(record)),
        )
        self._heads[record.holder] = chain.advance(head, payload)
        now_ms = time.time_ns() // 10**6
        return Signed(payload=payload, keyid=taken.keyid, envelope=raw, received_ms=now_ms), head


def _raw_verify(raws: list[bytes], ring: KeyRing) -> float:
    """Return libsodium's verifies in a CPU second over the very bytes that were signed."""
    signed = []
    keys = {read(record).keyid: read(record).raw for record in ring.devices()}
    for raw in raws:
        taken = envelope.parse(raw)
        data = envelope.pae(taken.payload_type, taken.payload)
        signed.append((taken.signature + data, keys[taken.keyid]))
    begin_s = time.process_time()
    for data, key in signed:
        crypto_sign_open(data, key)
    return len(signed) / (time.process_time() - begin_s)


def _raw_rows(raws: list[bytes], path: Path) -> float:
    """Return rows in a CPU second that SQLite takes in batches, WAL and FULL."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (idx INTEGER PRIMARY KEY, data BLOB)")
    begin_s = time.process_time()
    for start in range(0, len(raws), TOGETHER):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO rows (data) VALUES (?)",
            [(raw,) for raw in raws[start : start + TOGETHER]],
        )
        connection.execute("COMMIT")
    taken_s = time.process_time() - begin_s
    connection.close()
    return len(raws) / taken_s
