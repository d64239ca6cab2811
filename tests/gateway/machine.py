"""A machine that keeps its own chain and signs; for tests of the gateway."""

from __future__ import annotations

from pathlib import Path

from ledger import chain, codec, envelope
from ledger.bus import Message
from ledger.chain import Head
from ledger.records import Heartbeat, Record
from ledger.signers import keyfile
from ledger.topics import Leaf, Topic

TOWNSHIP = "330109110000"
T0_MS = 1_790_000_000_000  # a day in 2026


class Machine:
    """A machine that keeps its own chain and signs; nothing of the agent is in it."""

    def __init__(self, name: str, folder: Path, kind: keyfile.Kind = keyfile.ED25519) -> None:
        fields = {"holder": name, "role": "device", "township": TOWNSHIP, "domain": "sim"}
        record = folder / f"{name}.json"
        keyfile.create(folder / f"{name}.key", record, kind, epoch=1, **fields)
        self.name = name
        self.signer = keyfile.load(folder / f"{name}.key", record)
        self.head = Head(
            party="device", author=name, epoch=1, seq=0, sha256=self.signer.record_sha256
        )
        self.raws: list[bytes] = []

    def sign(self, body: Record, at_ms: int = T0_MS, head: Head | None = None) -> bytes:
        """Return the envelope of an entry after `head`, or after the last one."""
        position = chain.follow(head or self.head, 1, at_ms, None)
        payload = codec.encode_entry(position, body)
        kind = codec.payload_type(body.kind)
        if head is None:
            self.head = chain.advance(self.head, codec.decode_entry(kind, payload))
        raw = envelope.sign(kind, payload, self.signer)
        if head is None:
            self.raws.append(raw)
        return raw

    def beat(self) -> bytes:
        """Return the next heartbeat."""
        return self.sign(
            Heartbeat(
                state="idle",
                strokes={"committee": 0},
                impressions=0,
                waiting=0,
                free_mb=1000,
                alarms=(),
            )
        )

    def message(self, raw: bytes, leaf: Leaf = Leaf.ENTRY, *rest: str) -> Message:
        """Return the message that carries it up."""
        return Message(str(Topic(TOWNSHIP, self.name, leaf, rest)), raw)
