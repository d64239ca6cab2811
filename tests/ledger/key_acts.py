"""Builders for tests of key acts: a township, its county, and entries with true signatures."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import canonical, chain, codec, envelope, keyhistory, keystatements
from ledger.codec import Payload
from ledger.envelope import Envelope
from ledger.keystate import KeyHistory, KeyHistoryError
from ledger.messages import KeyRecord
from ledger.records import Heartbeat, Position, Record
from ledger.records_keys import Enrolment, Founding, KeyRevocation, Rotation
from ledger.signers.keyfile import KeyFileSigner

TOWNSHIP = "420625103000"
NONCE = "0" * 64


def make_key(holder: str, role: str, seed: int, epoch: int = 1, **other: Any) -> KeyFileSigner:
    """Return the signer whose private key is 32 bytes of `seed`."""
    key = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
    fields: dict[str, Any] = {"township": TOWNSHIP, "domain": "sim", **other}
    record = KeyRecord(
        alg="ed25519",
        public_key=base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        holder=holder,
        role=role,  # type: ignore[arg-type]
        epoch=epoch,
        **fields,
    )
    return KeyFileSigner(key, record)


def text(signer: KeyFileSigner) -> str:
    """Return a key record as it stands in an entry."""
    return codec.encode_message(signer.record).decode()


def beat() -> Heartbeat:
    """Return an entry that says nothing about keys."""
    return Heartbeat(state="idle", strokes={}, impressions=0, waiting=0, free_mb=9, alarms=())


class Town:
    """A gateway and a county that agree to everything, and the state of their log."""

    def __init__(self) -> None:
        self.gateway = make_key("gw-1", "gateway", 1)
        self.county = make_key("county-1", "county", 2)
        self.history = KeyHistory()
        self.entries: list[Payload] = []

    def begin(self) -> Town:
        """Found the log."""
        self.add(self.founding())
        return self

    def add(self, body: Record) -> KeyHistory:
        """Advance by an entry of the gateway; the state changes only if it was taken."""
        entry = self.entry(body)
        self.history = keyhistory.advance(self.history, self.history.size, entry)
        self.entries.append(entry)
        return self.history

    def refuse(self, body: Record, reason: str) -> str:
        """Add an entry that must be refused for this reason, and return what was said."""
        before = self.history
        with pytest.raises(KeyHistoryError) as raised:
            self.add(body)
        assert raised.value.reason == reason
        assert self.history is before
        return str(raised.value)

    def entry(self, body: Record, device: str | None = None, seq: int = 1) -> Payload:
        """Return an entry, unsigned."""
        head = chain.Head(
            party="device" if device else "gateway",
            author=device or "gw-1",
            epoch=1,
            seq=seq - 1,
            sha256="0" * 64,
        )
        position = chain.follow(head, 1, 1, None)
        return Payload(position, body, codec.sha256(repr(body).encode()))

    def signed(self, signer: KeyFileSigner, seq: int) -> tuple[Envelope, Payload]:
        """Return a heartbeat in the chain of the signer's record, signed by it."""
        own = signer.record
        position = Position(
            device=own.holder if own.role == "device" else None,
            gateway=own.holder if own.role == "gateway" else None,
            epoch=own.epoch, seq=seq, prev="0" * 64, boot=1, at_ms=1, mark=None,
        )  # fmt: skip
        if own.role == "gateway":
            payload = canonical.encode({"kind": "correction"})
            entry = Payload(position, beat(), codec.sha256(payload))
        else:
            payload = codec.encode_entry(position, beat())
            entry = codec.decode_entry(codec.payload_type("heartbeat"), payload)
        raw = envelope.sign(codec.payload_type("heartbeat"), payload, signer)
        return envelope.parse(raw), entry

    def founding(self, **changes: Any) -> Founding:
        """Return the first entry."""
        statement = keystatements.founding(
            self.gateway.record_sha256, self.county.record_sha256, NONCE
        )
        fields: dict[str, Any] = {
            "gateway_key": text(self.gateway),
            "county_key": text(self.county),
            "nonce": NONCE,
            "by_gateway": statement.sign(self.gateway),
            "by_county": statement.sign(self.county),
        }
        return Founding(**{**fields, **changes})

    def enrolment(self, new: KeyFileSigner, closes: int | None = None, **changes: Any) -> Enrolment:
        """Return the entry that lets a key in; `code` is the one-time code."""
        proof = keystatements.code_proof("K7PQ-2M4X", new.record_sha256)
        statement = keystatements.enrolment(self.history.log, new.record_sha256, proof, closes)
        fields: dict[str, Any] = {
            "key": text(new),
            "code_proof": proof,
            "closes": closes,
            "by_key": statement.sign(new),
            "by_county": statement.sign(self.county),
        }
        return Enrolment(**{**fields, **changes})

    def rotation(
        self, old: KeyFileSigner, new: KeyFileSigner, last_seq: int, **changes: Any
    ) -> Rotation:
        """Return the entry that lets a key take over."""
        statement = keystatements.rotation(
            self.history.log, new.record_sha256, old.record_sha256, last_seq
        )
        fields: dict[str, Any] = {
            "key": text(new),
            "replaces": old.record_sha256,
            "last_seq": last_seq,
            "by_old": statement.sign(old),
            "by_key": statement.sign(new),
            "by_county": None if old.record.role == "county" else statement.sign(self.county),
        }
        return Rotation(**{**fields, **changes})

    def revocation(self, key: KeyFileSigner, last_seq: int) -> KeyRevocation:
        """Return the entry by which one person shuts a key out."""
        return KeyRevocation(key=key.record_sha256, last_seq=last_seq, by="a-li", reason="lost")
