"""A fabricated life of one machine, signed as a real one is, to be spoilt by each test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from hardware import frames
from ledger import chain, checkpoint, codec, envelope, proofs, receipts
from ledger.checkpoint import Checkpoint
from ledger.keys import KeyRing
from ledger.receipts import Receipt
from ledger.records import (
    Incident,
    Intent,
    Permit,
    PhotoRef,
    Record,
    SealUse,
)
from ledger.signers import keyfile
from ledger.tree import MemoryHashes, leaf_hash
from sim.judge import judging
from sim.judge.evidence import Event, Evidence, Line, SeenHead
from sim.judge.verdict import Verdict

T0, HASH = 1_000_000, "ab" * 32
LOCK, OTHER = 0x0200, "cd" * 32
ORIGIN = "seal.xiaoshan.example/330109000000/420625103000/2026"


class Author:
    """Signs the entries of one party as they would be exported."""

    def __init__(self, folder: Path, holder: str, role: str) -> None:
        fields = {"holder": holder, "role": role, "township": "420625103000"}
        paths = folder / f"{holder}.key", folder / f"{holder}.json"
        self.record = keyfile.create(*paths, domain="sim", epoch=1, **fields)  # type: ignore[arg-type]  # mypy mixes them with the paths
        self.signer = keyfile.load(*paths)
        party: Any = role
        self.head = chain.Head(
            party=party, author=holder, epoch=1, seq=0, sha256=self.signer.record_sha256
        )

    def say(self, body: Record, at_ms: int, mark: int | None = None, boot: int = 1) -> Line:
        """Return the next entry of this author; its time is taken as given, even backwards."""
        position = structs.replace(chain.follow(self.head, boot, at_ms, mark), at_ms=at_ms)
        payload, kind = codec.encode_entry(position, body), codec.payload_type(body.kind)
        entry = codec.decode_entry(kind, payload)
        self.head = chain.advance(self.head, entry)
        return Line(
            number=position.seq, raw=envelope.sign(kind, payload, self.signer), payload=entry
        )


class Life:
    """One stamp that went well on a relay board, to be spoilt by each test."""

    def __init__(self, folder: Path) -> None:
        self.device = Author(folder, "m-1", "device")
        self.gateway = Author(folder, "gw-1", "gateway")
        self.ring = KeyRing([self.device.record, self.gateway.record], "sim")
        self.log_key = Author(folder, "gw-1-log", "log").signer
        self.other_log_key = Author(folder, "gw-2-log", "log").signer
        self.log: list[Line] = []
        self.township: list[Line] = [self.gateway.say(self.a_permit(), T0)]
        self.trace: list[Event] = []
        self.photos: dict[str, str] = {}
        self.facts: dict[str, Any] = {"settled": True}
        self.heads: list[SeenHead] = []
        self.receipts: dict[int, bytes] = {}

    def write(self, body: Record, at_ms: int, **more: Any) -> str:
        """The device journals an entry and it is delivered; return its hash."""
        line = self.device.say(body, at_ms, **more)
        self.log.append(line)
        self.township.append(structs.replace(line, number=len(self.township)))
        assert line.payload is not None
        return line.payload.sha256

    def reply(self, body: Record, at_ms: int) -> None:
        """The gateway appends an entry of its own."""
        line = self.gateway.say(body, at_ms)
        self.township.append(structs.replace(line, number=len(self.township)))

    def happen(self, at_ms: int, kind: str, **facts: Any) -> None:
        """Something stands in the trace."""
        self.trace.append(Event(at_ms=at_ms, kind=kind, facts=facts))
        self.trace.sort(key=lambda event: event.at_ms)

    def grant(self, at_ms: int, tenths: int = 30) -> None:
        """A pulse is sent to the relay board."""
        frame = frames.encode(1, frames.write_coil(LOCK, tenths))
        self.happen(at_ms, "rx", hex=frame.hex(), moves=True, lost=False)

    def open(self, at_ms: int, for_ms: int) -> None:
        """The bolt is in for a while."""
        self.happen(at_ms, "bolt", **{"is": False})
        self.happen(at_ms + for_ms, "bolt", **{"is": True})

    def photo(self, name: str) -> PhotoRef:
        """A photo whose bytes lie in the gateway."""
        sealed = codec.sha256(name.encode())
        self.photos[sealed] = sealed
        return PhotoRef(sha256=OTHER, size=9, sealed_sha256=sealed, sealed_size=9)

    def intend(self, at_ms: int, n: int = 1, counter: int = 0) -> str:
        """The device reserves one impression."""
        return self.write(self.an_intent(n=n, counter_before=counter), at_ms)

    def use(self, about: str, at_ms: int, n: int = 1, **changes: Any) -> str:
        """The device records a use."""
        before, after = self.photo(f"before {n}"), self.photo(f"after {n}")
        return self.write(self.a_use(about, before, after, n=n, **changes), at_ms)

    def good_stamp(self, at_ms: int = T0 + 1000, n: int = 1) -> str:
        """Intent, grant, press, use; return the intent's hash."""
        about = self.intend(at_ms, n, n - 1)
        self.grant(at_ms + 10)
        self.open(at_ms + 60, 900)
        self.happen(at_ms + 400, "press", paper="sheet-1", impression=True)
        self.use(about, at_ms + 2000, n, counter_before=n - 1, counter_after=n)
        return about

    def publish(self, *entries: bytes) -> bytes:
        """The follower sees a head over the township's entries, or over these; return it."""
        hashes = MemoryHashes(map(leaf_hash, entries or [line.raw for line in self.township]))
        size, root = hashes.frontier.size, hashes.frontier.root()
        note = checkpoint.sign(Checkpoint(ORIGIN, size, root), self.log_key)
        self.heads.append(SeenHead("the public folder", note))
        return note

    def prove(self) -> None:
        """A head is published, and the device gets a receipt for each of its entries."""
        note = self.publish()
        raws = [line.raw for line in self.township]
        hashes = MemoryHashes(map(leaf_hash, raws))
        for line in self.log:
            index = raws.index(line.raw)
            path = proofs.prove_inclusion(index, len(raws), hashes)
            self.receipts[line.number] = receipts.encode(Receipt(index, path, note))

    def verdict(self, invariant: str) -> Verdict:
        """Return the judge's verdict on one invariant."""
        found = judging.judge(
            Evidence(
                device="m-1",
                trace=tuple(self.trace),
                log=tuple(self.log),
                township=tuple(self.township),
                photos=self.photos,
                genesis=self.device.signer.record_sha256,
                heads=tuple(self.heads),
                receipts=self.receipts,
                log_key=self.log_key.record,
                **self.facts,
            )
        )
        return next(one for one in found if one.invariant == invariant)

    @staticmethod
    def a_permit(**changes: Any) -> Permit:
        """A permit for two impressions in the first hour."""
        fields = {
            "permit": "p-1",
            "scope": "document",
            "machine": "m-1",
            "seal": "s-1",
            "matter": "CM-09",
            "list_version": 1,
            "impressions": 2,
            "not_before_ms": None,
            "not_after_ms": T0 + 3_600_000,
            "request": HASH,
            "approvals": (),
        }
        return Permit(**{**fields, **changes})

    @staticmethod
    def an_intent(**changes: Any) -> Intent:
        """The first of two impressions."""
        fields = {
            "permit": "p-1",
            "n": 1,
            "of": 2,
            "seal": "s-1",
            "page": HASH,
            "operator": "c-1",
            "counter_before": 0,
            "controller": "A",
        }
        return Intent(**{**fields, **changes})

    @staticmethod
    def a_use(about: str, before: PhotoRef, after: PhotoRef, **changes: Any) -> SealUse:
        """The use of an intent."""
        fields = {
            "permit": "p-1",
            "intent": about,
            "n": 1,
            "of": 2,
            "seal": "s-1",
            "matter": "CM-09",
            "before": before,
            "after": after,
            "counter_before": 0,
            "counter_after": 1,
            "findings": (),
            "operator": "c-1",
            "flags": (),
            "controller": "A",
        }
        return SealUse(**{**fields, **changes})

    @staticmethod
    def an_incident(about: str | None, least: int, most: int) -> Incident:
        """An incident that may hide impressions."""
        return Incident(
            intent=about,
            seal="s-1",
            code="outcome-unknown",
            impressions_min=least,
            impressions_max=most,
            held=True,
            photos=(),
            text_commitment=None,
        )


@pytest.fixture
def life(tmp_path: Path) -> Life:
    """A life with nothing in it but a permit."""
    return Life(tmp_path)
