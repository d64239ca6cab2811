"""A small model of the township: the keys of one device and one gateway, and how it answers."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pyrage

from ledger import (
    asking,
    chain,
    checkpoint,
    codec,
    disclosure,
    envelope,
    growth,
    proofs,
    receipts,
    topics,
)
from ledger.asking import Ask
from ledger.bus import Message
from ledger.checkpoint import Checkpoint
from ledger.codec import Payload
from ledger.errors import ChainError
from ledger.growth import Growth
from ledger.matters import Matter, Verdict
from ledger.messages import Acknowledgement, OpeningStored, PhotoResult, VillageList
from ledger.receipts import Receipt
from ledger.records import HoldRelease, Incident, Permit, Record, Revocation
from ledger.records_custody import Hatch
from ledger.signers import Signer, keyfile
from ledger.topics import Leaf, Topic
from ledger.tree import MemoryHashes, leaf_hash
from sim.bus import SimBroker

TOWNSHIP, VILLAGE = "420625103000", "420625103201"
MACHINE, GATEWAY, SEAL = "m-1", "gw-1", "s-1"
DAY_MS = 86_400_000
LOG_DOMAIN, COUNTY = "seal.qingxi.example", "420625000000"
LOG_NAME = f"{LOG_DOMAIN}/{COUNTY}/{TOWNSHIP}"
ORIGIN = f"{LOG_NAME}/2026"

TOWN: dict[str, Any] = {"layer": "township", "place": "清溪镇"}
MATTERS = (
    Matter(code="CM-09", name="村民户籍迁移", verdict=Verdict.ALLOWED, max_copies=5, **TOWN),
    Matter(code="MZF-11", name="死亡证明", verdict=Verdict.FORBIDDEN, **TOWN),
)


class Keys:
    """Key files of one device and one gateway in a folder."""

    def __init__(self, folder: Path, kind: keyfile.Kind = keyfile.ED25519) -> None:
        self.folder = folder
        self.trusted = folder / "trusted"
        common = {"township": TOWNSHIP, "domain": "sim", "epoch": 1}
        keyfile.create(
            folder / "device.key",
            self.trusted / "m-1.json",
            kind,
            holder=MACHINE,
            role="device",
            **common,
        )
        keyfile.create_opener(
            folder / "reference.key",
            folder / "reference.json",
            holder=MACHINE,
            role="device",
            **common,
        )
        keyfile.create(
            folder / "gateway.key",
            self.trusted / "gw-1.json",
            kind,
            holder=GATEWAY,
            role="gateway",
            **common,
        )
        keyfile.create(
            folder / "log.key",
            self.trusted / "log-1.json",
            kind,
            holder=GATEWAY,
            role="log",
            **common,
        )
        keyfile.create_opener(
            folder / "township.key",
            self.trusted / "gw-1-open.json",
            holder=GATEWAY,
            role="gateway",
            **common,
        )


class ModelLog:
    """The township's public log in memory; signs a head of what it holds for every question.

    `witness` cosigns each head while it is there, under the name `witness.example`.
    """

    def __init__(self, keys: Keys) -> None:
        self._signer = keyfile.load(keys.folder / "log.key", keys.trusted / "log-1.json")
        self.tree = MemoryHashes()
        self.places: dict[str, int] = {}
        self.witness: Signer | None = None

    def append(self, sha256: str, raw: bytes) -> None:
        """Put an entry into the tree."""
        if sha256 not in self.places:
            self.places[sha256] = self.tree.frontier.size
            self.tree.extend([leaf_hash(raw)])

    def note(self) -> bytes:
        """Return the signed head."""
        front = self.tree.frontier
        head = Checkpoint(ORIGIN, front.size, front.root())
        note = checkpoint.sign(head, self._signer)
        if self.witness is not None:
            note += checkpoint.cosign(head, "witness.example", self.witness, 1_790_000_000)
        return note

    def growth(self, known: int) -> bytes:
        """Return the head with the proof from a size."""
        size = self.tree.frontier.size
        path = proofs.prove_consistency(known, size, self.tree) if known <= size else ()
        return growth.encode(Growth(known, path, self.note()))

    def receipt(self, sha256: str) -> bytes:
        """Return the proof of an entry."""
        index, size = self.places[sha256], self.tree.frontier.size
        path = proofs.prove_inclusion(index, size, self.tree)
        return receipts.encode(Receipt(index, path, self.note()))


class ModelGateway:
    """Answers a device as the township would, and keeps what it was sent."""

    def __init__(self, keys: Keys, broker: SimBroker) -> None:
        self.ring = keyfile.read_ring(keys.trusted, "sim")
        self.signer = keyfile.load(keys.folder / "gateway.key", keys.trusted / "gw-1.json")
        self.opener = keyfile.load_opener(keys.folder / "township.key")
        device = keyfile.read_record(keys.trusted / "m-1.json")
        device_sha256 = codec.sha256(codec.encode_message(device))
        self.head = chain.Head(party="device", author=MACHINE, epoch=1, seq=0, sha256=device_sha256)
        self.own = chain.Head(
            party="gateway", author=GATEWAY, epoch=1, seq=0, sha256=self.signer.record_sha256
        )
        self.entries: list[Payload] = []
        self.opened: dict[str, dict[str, Any]] = {}
        self.photos: dict[str, bytes] = {}
        self.log = ModelLog(keys)
        self.answering = self.proving = True
        self._parts: dict[str, bytes] = {}
        self.bus = broker.bus(GATEWAY)
        for name, qos in topics.filters("up", TOWNSHIP, "+").items():
            self.bus.subscribe(name, qos)
        self.bus.start(self._arrived, lambda online: None)

    def kinds(self) -> list[str]:
        """Return the kinds of the entries so far, heartbeats and starts left out."""
        return [
            entry.body.kind
            for entry in self.entries
            if entry.body.kind not in ("start", "config", "heartbeat")
        ]

    def last(self, kind: str) -> Payload:
        """Return the newest entry of a kind."""
        return next(entry for entry in reversed(self.entries) if entry.body.kind == kind)

    def send_list(self) -> None:
        """Publish the village's items list."""
        village = VillageList(
            gateway=GATEWAY,
            village=VILLAGE,
            version=1,
            at_ms=1,
            window="清溪镇便民服务中心",
            window_phone="0710-1234567",
            matters=MATTERS,
        )
        self._send(Leaf.LIST, (), village)

    def permit(self, request: str, impressions: int = 1, **changes: Any) -> str:
        """Issue a permit for a request and return its id."""
        permit = f"p-{request[:16]}"
        fields: dict[str, Any] = {
            "permit": permit,
            "scope": "document",
            "machine": MACHINE,
            "seal": SEAL,
            "matter": "CM-09",
            "list_version": 1,
            "impressions": impressions,
            "not_before_ms": None,
            "not_after_ms": int(time.time() * 1000) + DAY_MS,
            "request": request,
            "approvals": (),
        }
        self._enter(Leaf.PERMIT, permit, Permit(**{**fields, **changes}))
        return permit

    def permit_hatch(self, purpose: str, permit: str = "h-1", **changes: Any) -> str:
        """Permit an opening of the hatch and return the permit's id."""
        fields: dict[str, Any] = {
            "step": "permitted",
            "permit": permit,
            "seal": SEAL,
            "purpose": purpose,
            "by": "b-2",
            "machine": MACHINE,
            "asked": "a" * 64,
            "not_after_ms": int(time.time() * 1000) + DAY_MS,
        }
        self.say(permit, Hatch(**{**fields, **changes}))
        return permit

    def say(self, name: str, body: Record) -> None:
        """Send an entry that stands at the broker under a name."""
        self._enter(Leaf.PERMIT, name, body)

    def revoke(self, permit: str) -> None:
        """Revoke a permit."""
        body = Revocation(permit=permit, machine=MACHINE, by="a-1", reason="mistake")
        self._enter(Leaf.PERMIT, permit, body)

    def release(self, impressions: int) -> None:
        """Release the newest incident that holds the machine."""
        body = self._release(impressions)
        self._enter(Leaf.ANSWER, body.hold, body)

    def release_file(self, impressions: int, path: Path) -> None:
        """Write such a release into a file, for a machine without network."""
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(self._signed(self._release(impressions)))
        unfinished.rename(path)

    def _release(self, impressions: int) -> HoldRelease:
        newest = reversed(self.entries)
        held = next(one for one in newest if isinstance(one.body, Incident) and one.body.held)
        return HoldRelease(machine=MACHINE, hold=held.sha256, impressions=impressions, by="a-1")

    def _enter(self, leaf: Leaf, name: str, body: Record) -> None:
        topic = Topic(TOWNSHIP, MACHINE, leaf, (name,))
        self.bus.publish(str(topic), self._signed(body), retain=True)

    def _signed(self, body: Record) -> bytes:
        position = chain.follow(self.own, 1, 1, None)
        payload = codec.encode_entry(position, body)
        kind = codec.payload_type(body.kind)
        self.own = chain.advance(self.own, codec.decode_entry(kind, payload))
        raw = envelope.sign(kind, payload, self.signer)
        self.log.append(self.own.sha256, raw)
        return raw

    def _send(self, leaf: Leaf, rest: tuple[str, ...], message: Record) -> None:
        kind = codec.payload_type(message.kind)
        raw = envelope.sign(kind, codec.encode_message(message), self.signer)
        retain = topics.RULES[leaf].retain
        self.bus.publish(str(Topic(TOWNSHIP, MACHINE, leaf, rest)), raw, retain=retain)

    def _arrived(self, message: Message) -> None:
        topic = topics.parse(message.topic)
        if self.answering:
            match topic.leaf:
                case Leaf.ENTRY:
                    self._take_entry(message.payload)
                case Leaf.OPENING:
                    self._take_opening(topic.rest[0], message.payload)
                case Leaf.PHOTO:
                    self._take_photo(topic.rest[0], topic.rest[1], message.payload)
                case Leaf.PROVE if self.proving:
                    self._prove(asking.parse(message.payload))
                case _:
                    pass
        self.bus.done(message)

    def _prove(self, ask: Ask) -> None:
        known = ask.size if ask.log == ORIGIN else 0
        self._tell(Leaf.CHECKPOINT, (), self.log.growth(known))
        for sha256 in ask.entries:
            if sha256 in self.log.places:
                self._tell(Leaf.RECEIPT, (sha256,), self.log.receipt(sha256))

    def _tell(self, leaf: Leaf, rest: tuple[str, ...], payload: bytes) -> None:
        self.bus.publish(str(Topic(TOWNSHIP, MACHINE, leaf, rest)), payload, qos=0)

    def _take_entry(self, raw: bytes) -> None:
        taken, _ = envelope.verify(raw, self.ring)
        entry = codec.decode_entry(taken.payload_type, taken.payload)
        try:
            self.head = chain.advance(self.head, entry)
            self.entries.append(entry)
            self.log.append(entry.sha256, raw)
        except ChainError as error:
            assert error.reason in ("gap", "repeat"), error
        ack = Acknowledgement(
            gateway=GATEWAY,
            device=MACHINE,
            epoch=1,
            seq=self.head.seq,
            head=self.head.sha256,
            at_ms=time.time_ns() // 1_000_000,
        )
        self._send(Leaf.ACK, (), ack)

    def _take_opening(self, sha256: str, sealed: bytes) -> None:
        plain = pyrage.decrypt(sealed, [self.opener])
        record = next(entry.body for entry in self.entries if entry.sha256 == sha256)
        self.opened[sha256] = disclosure.check(plain, record, sha256)
        self._send(
            Leaf.STORED,
            (),
            OpeningStored(gateway=GATEWAY, device=MACHINE, payload_sha256=sha256, at_ms=1),
        )

    def _take_photo(self, file: str, step: str, payload: bytes) -> None:
        have = self._parts.get(file, b"")
        if step not in ("init", "fin"):
            if int(step) == len(have):
                self._parts[file] = have + payload
            return
        done = step == "fin" and len(have) == json.loads(payload)["size"]
        if done:
            assert codec.sha256(have) == file
            self.photos[file] = pyrage.decrypt(have, [self.opener])
        result = PhotoResult(
            gateway=GATEWAY,
            device=MACHINE,
            file=file,
            code=0x00 if done else 0x10,
            offset=len(have),
            at_ms=1,
        )
        self._send(Leaf.RESULT, (), result)
