"""Ingest: entries through the real broker and the real gateway process, beside what limits them.

In one run: the broker's bare QoS 1 rate, the stripped path (verify, chain, commit; no network),
raw verifying, raw commits, the whole way at full speed, and its latency at 200 entries a second.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from msgspec import Struct

from bench.broker_rate import bare_qos1_rate
from bench.feeding import Fed, Feeder, Prepared, prepare
from bench.figures import Machine, percentile, this_machine
from gateway.broker import Broker
from gateway.broker import Options as BrokerOptions
from gateway.broker_config import User
from gateway.config import directory, load, trusted_keys
from gateway.stores import Store, sqlite
from gateway.stores.views import Signed
from gateway.writer import MOST_TOGETHER
from ledger import chain, codec, envelope
from ledger.chain import Head
from sim import township_files, township_plan
from sim.processes import Program
from sim.township_plan import Plan

MACHINES = 8
EACH = 1500
PACED_EACH = 250
PACED_PER_S = 200.0
WARM = 50
COMMITS = 200
START_S = 60.0
LEAST_RATIO = 0.5
MOST_P99_MS = 30.0


class Ingest(Struct, frozen=True, kw_only=True):
    """What was measured; rates are entries (or messages, commits) a second."""

    machine: Machine
    entry_bytes: int
    bare_qos1_per_s: float
    verify_per_s: float
    commits_per_s: float
    stripped_per_s: float
    ingest_per_s: float
    resent: int
    ratio: float
    ack_p50_ms: float
    ack_p99_ms: float
    ack_most_ms: float
    ratio_holds: bool
    p99_holds: bool


def measure() -> Ingest:
    """Run everything once in a temporary folder and return the figures."""
    with tempfile.TemporaryDirectory(prefix="seal-ingest-") as name:
        folder = Path(name)
        plan = _plan(folder / "town")
        each = WARM + EACH + PACED_EACH
        prepared = [prepare(plan, village, each) for village in plan.villages]
        size = len(prepared[0].raws[0])
        bare_per_s = _bare(folder / "bare", size)
        stripped_per_s, commits_per_s = _stripped(plan, prepared, folder / "stripped")
        verify_per_s = _verify(plan, prepared[0])
        full, paced = _through(plan, prepared)
    taken_s = max(max(one.acked_s) for one in full) - min(min(one.sent_s) for one in full)
    per_s = MACHINES * EACH / taken_s
    waits_ms = sorted(
        1000 * (acked_s - sent_s)
        for one in paced
        for sent_s, acked_s in zip(one.sent_s, one.acked_s, strict=True)
    )
    ratio, p99_ms = per_s / min(bare_per_s, stripped_per_s), percentile(waits_ms, 99)
    return Ingest(
        machine=this_machine(),
        entry_bytes=size,
        bare_qos1_per_s=bare_per_s,
        verify_per_s=verify_per_s,
        commits_per_s=commits_per_s,
        stripped_per_s=stripped_per_s,
        ingest_per_s=per_s,
        resent=sum(one.resent for one in (*full, *paced)),
        ratio=ratio,
        ack_p50_ms=percentile(waits_ms, 50),
        ack_p99_ms=p99_ms,
        ack_most_ms=waits_ms[-1],
        ratio_holds=ratio >= LEAST_RATIO,
        p99_holds=p99_ms <= MOST_P99_MS,
    )


def _plan(folder: Path) -> Plan:
    folder.mkdir()
    plan = township_plan.make_plan(folder, MACHINES, friendly=False)
    plan.logs.mkdir(parents=True, exist_ok=True)
    township_files.write_gateway(plan)
    for village in plan.villages:
        township_files.write_device_keys(plan, village)
    return plan


def _bare(folder: Path, size: int) -> float:
    password = "measured" * 3
    broker = Broker(BrokerOptions(state_dir=folder, users=(User(name="all", password=password),)))
    broker.start()
    try:
        return bare_qos1_rate(broker.url, MACHINES * EACH, size, "all", password)
    finally:
        broker.stop()


def _verify(plan: Plan, prepared: Prepared) -> float:
    ring = trusted_keys(load(plan.gateway_config))
    begin_s = time.perf_counter()
    for raw in prepared.raws:
        taken, _ = envelope.verify(raw, ring)
        codec.decode_entry(taken.payload_type, taken.payload)
    return len(prepared.raws) / (time.perf_counter() - begin_s)


def _stripped(plan: Plan, prepared: list[Prepared], folder: Path) -> tuple[float, float]:
    """Return entries a second without network, rules and answers, and single commits a second."""
    config = load(plan.gateway_config)
    ring = trusted_keys(config)
    store = sqlite.connect(sqlite.Options(folder=folder))
    try:
        with store.transaction() as transaction:
            transaction.set_directory(*directory(config, lambda name: ring.of(name, "device")))
        heads: dict[str, Head] = {}
        raws = [raw for place in range(EACH) for raw in (one.raws[place] for one in prepared)]
        begin_s = time.perf_counter()
        for start in range(0, len(raws), MOST_TOGETHER):
            _append(store, raws[start : start + MOST_TOGETHER], heads, ring)
        stripped_per_s = len(raws) / (time.perf_counter() - begin_s)
        singles = [prepared[0].raws[EACH + number] for number in range(COMMITS)]
        begin_s = time.perf_counter()
        for raw in singles:
            _append(store, [raw], heads, ring)
        return stripped_per_s, COMMITS / (time.perf_counter() - begin_s)
    finally:
        store.close()


def _append(store: Store, raws: list[bytes], heads: dict[str, Head], ring: object) -> None:
    with store.transaction() as transaction:
        for raw in raws:
            taken, record = envelope.verify(raw, ring)  # type: ignore[arg-type]
            payload = codec.decode_entry(taken.payload_type, taken.payload)
            head = heads.get(record.holder) or Head(
                party="device",
                author=record.holder,
                epoch=record.epoch,
                seq=0,
                sha256=codec.sha256(codec.encode_message(record)),
            )
            signed = Signed(
                payload=payload,
                keyid=taken.keyid,
                envelope=raw,
                received_ms=time.time_ns() // 10**6,
            )
            transaction.append(signed, head)
            heads[record.holder] = chain.advance(head, payload)


def _through(plan: Plan, prepared: list[Prepared]) -> tuple[list[Fed], list[Fed]]:
    """Return what became of the entries at full speed, then at an even pace."""
    gateway = Program(
        "gateway", ["-m", "gateway", "run", "--config", str(plan.gateway_config)], plan.logs
    )
    gateway.start()
    try:
        url = gateway.ready(START_S)["broker"]
        _feed(plan, url, prepared, 0, WARM, None)
        full = _feed(plan, url, prepared, WARM, EACH, None)
        pace = PACED_PER_S / MACHINES
        return full, _feed(plan, url, prepared, WARM + EACH, PACED_EACH, pace)
    finally:
        gateway.stop(30.0)


def _feed(
    plan: Plan, url: str, prepared: list[Prepared], begin: int, count: int, per_s: float | None
) -> list[Fed]:
    feeders = [Feeder(plan, url, one, begin=begin, count=count, per_s=per_s) for one in prepared]
    for feeder in feeders:
        feeder.start()
    return [feeder.result() for feeder in feeders]
