"""The eyes at a real gateway: what waits, how long each look takes, and who waits for it.

Broker and gateway are the real processes. One machine is the agent's own journal and uplink: it
writes requests, intents and uses, and delivers their openings and photos, as after days without a
line. Another one sends entries at an even pace, and each wait for its acknowledgement is timed:
without eyes at work, and beside them.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyrage
from msgspec import Struct

from bench.eyes_applied import applied
from bench.feeding import Fed, Feeder, Prepared, prepare
from bench.figures import Machine, percentile, this_machine
from bench.receipts import parts_of
from device.agent import TICK_S, Parts
from gateway.config import load
from gateway.stores import Store, sqlite
from gateway.stores.sights import Sight
from ledger import disclosure
from ledger.bus import Message
from ledger.records import Intent, PhotoRef, SealRequest, SealUse
from ledger.signers import keyfile
from sim import township_files, township_plan
from sim.camera_hard import conditions
from sim.camera_scenes import Sheet, pressed, shot_under
from sim.documents import document
from sim.processes import Program
from sim.render import render_page
from sim.township_plan import Plan

SEAL, MATTER = "committee", "A-1"
PER_S = 20.0  # entries of the machine whose waits are timed
QUIET_S = 10.0  # for which it sends before there is anything to look at
START_S, DEADLINE_S = 60.0, 600.0
_WARM, _QUIET = 20, round(QUIET_S * PER_S)  # entries


class Waits(Struct, frozen=True):
    """From an entry sent to its acknowledgement, ms."""

    entries: int
    p50_ms: float
    p99_ms: float
    most_ms: float


class EyesGateway(Struct, frozen=True, kw_only=True):
    """What was measured.

    Args:
        reader: print was read.
        failed: uses on whose photos nothing could be seen.
        delivered_s: from the first entry to the last photo stored.
        drained_s: from the first entry to the last use looked at.
        look_p50_s, look_p95_s, look_most_s: one use, elapsed.
        cpu_s_per_use: of the whole gateway process, all its work included, while it drained.
        most_waiting: uses whose photos were there and that were not looked at.
        before, beside: waits without eyes at work, and until all was looked at.
        gateway_peak_mb: the most memory that the gateway held, before and beside.
    """

    machine: Machine
    uses: int
    photo_mb: float
    reader: bool
    failed: int
    delivered_s: float
    drained_s: float
    look_p50_s: float
    look_p95_s: float
    look_most_s: float
    cpu_s_per_use: float
    most_waiting: int
    before: Waits
    beside: Waits
    gateway_idle_mb: int
    gateway_peak_mb: int


class Use(Struct, frozen=True, kw_only=True):
    """One use to be delivered: two photos and what was applied for."""

    before: bytes
    after: bytes
    person: str
    amount_fen: int


class _Drained(Struct, frozen=True, kw_only=True):
    """What came of the uses, in the words of `EyesGateway`."""

    delivered_s: float
    drained_s: float
    cpu_s: float
    most_waiting: int
    waits: list[Fed]
    sights: list[Sight]


def measure(count: int, seed: int, read: bool) -> EyesGateway:
    """Deliver so many uses in a temporary folder, have them looked at, return the figures.

    Raises:
        TimeoutError: not all were looked at in time.
    """
    uses = [_use(seed + number) for number in range(count)]
    with tempfile.TemporaryDirectory(prefix="seal-eyes-") as name:
        plan = _plan(Path(name) / "town", read)
        paced = prepare(plan, plan.villages[1], round(DEADLINE_S * PER_S))
        gateway = Program(
            "gateway", ["-m", "gateway", "run", "--config", str(plan.gateway_config)], plan.logs
        )
        gateway.start()
        try:
            url = gateway.ready(START_S)["broker"]
            return _Run(plan, gateway, url, paced).through(uses)
        finally:
            gateway.stop(60.0)


class _Run:
    """One township, its gateway running."""

    def __init__(self, plan: Plan, gateway: Program, url: str, paced: Prepared) -> None:
        assert gateway.pid is not None
        self._plan, self._pid, self._url, self._paced = plan, gateway.pid, url, paced
        state = load(plan.gateway_config).state
        self._store: Store = sqlite.connect(sqlite.Options(folder=state, writable=False))

    def through(self, uses: list[Use]) -> EyesGateway:
        self._fed(0, _WARM).result()
        before = self._fed(_WARM, _QUIET).result()
        idle_mb = self._memory_mb()
        parts = parts_of(self._plan, self._plan.villages[0], self._url)
        deliver = _Deliverer(parts, self._plan.trusted)
        drained = self._drained(deliver, uses)
        deliver.close()
        seconds = sorted(one.seconds for one in drained.sights)
        return EyesGateway(
            machine=this_machine(),
            uses=len(uses),
            photo_mb=round(sum(len(one.before) + len(one.after) for one in uses) / 1e6, 1),
            reader=all(one.reader_present for one in drained.sights),
            failed=sum(one.failed is not None for one in drained.sights),
            delivered_s=round(drained.delivered_s, 1),
            drained_s=round(drained.drained_s, 1),
            look_p50_s=percentile(seconds, 50),
            look_p95_s=percentile(seconds, 95),
            look_most_s=seconds[-1],
            cpu_s_per_use=round(drained.cpu_s / len(uses), 2),
            most_waiting=drained.most_waiting,
            before=_waits([before]),
            beside=_waits(drained.waits),
            gateway_idle_mb=idle_mb,
            gateway_peak_mb=self._memory_mb(),
        )

    def _drained(self, deliver: _Deliverer, uses: list[Use]) -> _Drained:
        """Deliver the uses and wait until all were looked at, entries going beside it."""
        begun_s, begun_cpu_s = time.monotonic(), self._cpu_s()
        names = [deliver.write(use) for use in uses]
        waits: list[Fed] = []
        delivered_s, most, fed = 0.0, 0, _WARM + _QUIET
        while (left := self._left(names)) or not delivered_s:
            if time.monotonic() > begun_s + DEADLINE_S:
                raise TimeoutError(f"expected {len(uses)} uses looked at, found {left} left")
            feeder = self._fed(fed, round(PER_S))
            deliver.turn_for(1.0)
            waits.append(feeder.result())
            fed += round(PER_S)
            most = max(most, self._waiting())
            if not delivered_s and deliver.is_done():
                delivered_s = time.monotonic() - begun_s
        return _Drained(
            delivered_s=delivered_s,
            drained_s=time.monotonic() - begun_s,
            cpu_s=self._cpu_s() - begun_cpu_s,
            most_waiting=most,
            waits=waits,
            sights=list(self._sights(names)),
        )

    def _fed(self, begin: int, count: int) -> Feeder:
        feeder = Feeder(self._plan, self._url, self._paced, begin=begin, count=count, per_s=PER_S)
        feeder.start()
        return feeder

    def _sights(self, names: list[str]) -> Iterator[Sight]:
        with self._store.reader() as reader:
            for name in names:
                sight = reader.sight(name)
                if sight is not None:
                    yield sight

    def _left(self, names: list[str]) -> int:
        return len(names) - len(list(self._sights(names)))

    def _waiting(self) -> int:
        with self._store.reader() as reader:
            return len(reader.sights_waiting(10_000))

    def _memory_mb(self) -> int:
        """The most that the gateway held so far."""
        lines = Path(f"/proc/{self._pid}/status").read_text(encoding="utf-8").splitlines()
        return int(next(one for one in lines if one.startswith("VmHWM")).split()[1]) // 1024

    def _cpu_s(self) -> float:
        words = Path(f"/proc/{self._pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        return sum(int(one) for one in words.split()[11:13]) / 100


class _Deliverer:
    """A machine that has uses to tell of."""

    def __init__(self, parts: Parts, trusted: Path) -> None:
        self._parts, self._number = parts, 0
        self._folder = parts.recorder.journal.path.parent / "photos"
        self._folder.mkdir(exist_ok=True)
        ring = keyfile.read_ring(trusted, "sim")
        self._recipients = [pyrage.x25519.Recipient.from_str(one) for one in ring.recipients()]
        parts.bus.start(parts.inbox.message, parts.inbox.linked)

    def write(self, use: Use) -> str:
        """Journal request, intent and use, keep their photos; return the use's hash."""
        recorder, number = self._parts.recorder, self._number
        self._number += 1
        before, after = self._kept(use.before), self._kept(use.after)
        fields, opened = disclosure.withhold(
            {
                "applicant": use.person,
                "applicant_masked": f"{use.person[0]}*",
                "purpose": "",
                "payee": "",
                "amount": use.amount_fen,
                "pages": [msgspec.to_builtins(before)],
            }
        )
        asked: dict[str, Any] = {"seal": SEAL, "matter": MATTER, "list_version": 1, **fields}
        request = recorder.append(
            SealRequest(**asked, copies=1, pages_count=1, filed_by="clerk-1"),
            withheld=opened,
            photos=(before,),
        )
        common: dict[str, Any] = {"permit": f"p-{number}", "n": 1, "of": 1, "seal": SEAL}
        counted: dict[str, Any] = {
            "operator": "clerk-1", "controller": "A", "counter_before": number,
        }  # fmt: skip
        intent = recorder.append(
            Intent(**common, **counted, page=before.sha256, request=request.sha256)
        )
        made = SealUse(
            **common,
            **counted,
            intent=intent.sha256,
            matter=MATTER,
            before=before,
            after=after,
            counter_after=number + 1,
            findings=("page-same", "impression-seen"),
            flags=(),
        )
        return recorder.append(made, photos=(after,)).sha256

    def turn_for(self, seconds: float) -> None:
        """Do what an agent's loop does for its line."""
        parts, end_s = self._parts, time.monotonic() + seconds
        while time.monotonic() < end_s:
            parts.uplink.tick()
            if link := parts.inbox.link_changed():
                parts.uplink.link(link.online)
            item = parts.inbox.take(TICK_S)
            if isinstance(item, Message):
                parts.uplink.receive(item)

    def is_done(self) -> bool:
        """Whether every photo is stored at the gateway."""
        journal = self._parts.recorder.journal
        return not journal.photos_waiting(journal.head.seq, 1)

    def close(self) -> None:
        self._parts.uplink.close()
        self._parts.bus.stop()
        self._parts.recorder.journal.close()

    def _kept(self, jpeg: bytes) -> PhotoRef:
        sealed = bytes(pyrage.encrypt(jpeg, self._recipients))
        name = hashlib.sha256(sealed).hexdigest()
        (self._folder / name).write_bytes(sealed)
        return PhotoRef(
            sha256=hashlib.sha256(jpeg).hexdigest(),
            size=len(jpeg),
            sealed_sha256=name,
            sealed_size=len(sealed),
        )


def _use(seed: int) -> Use:
    """A paper with an amount, photographed before and after a good impression."""
    rng = np.random.default_rng(seed)
    paper, asked = applied(document(int(rng.integers(1_000_000)), int(rng.integers(5))), rng)
    bare, how = Sheet(render_page(paper).image), conditions(rng, "normal")
    x, y = 0.3 + 0.4 * float(rng.random()), 0.6 + 0.2 * float(rng.random())
    stamped = pressed(bare, rng, x=x, y=y)
    before, after = (shot_under(one, how, seed + n).jpeg for n, one in enumerate((bare, stamped)))
    return Use(before=before, after=after, person=asked["party"][0], amount_fen=asked["amount_fen"])


def _plan(folder: Path, read: bool) -> Plan:
    folder.mkdir()
    made = township_plan.make_plan(folder, 2, friendly=False)
    plan = msgspec.structs.replace(made, eyes=True, reads=read)
    plan.logs.mkdir(parents=True, exist_ok=True)
    township_files.write_gateway(plan)
    for village in plan.villages:
        township_files.write_device_keys(plan, village)
    return plan


def _waits(fed: list[Fed]) -> Waits:
    found = sorted(
        1000 * (acked_s - sent_s)
        for one in fed
        for sent_s, acked_s in zip(one.sent_s, one.acked_s, strict=True)
    )
    most = round(found[-1], 1)
    return Waits(len(found), round(percentile(found, 50), 1), round(percentile(found, 99), 1), most)
