"""A township whose log begins with its keys, and the export of its machine, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.public_log import Author
from ledger import canonical, codec, envelope, keystatements, proofs, receipts
from ledger.messages import Acknowledgement
from ledger.receipts import Receipt
from ledger.records_keys import Enrolment, Founding, KeyRevocation, Rotation
from ledger.signers.keyfile import KeyFileSigner
from ledger.tree import MemoryHashes, leaf_hash
from tests.ledger.public_town import Township, make_signer

COUNTY = make_signer("county-1", "county", 50)


def text(signer: KeyFileSigner) -> str:
    return codec.encode_message(signer.record).decode()


class Founded(Township):
    """A township whose log begins with its keys."""

    def __init__(self, county: KeyFileSigner = COUNTY) -> None:
        super().__init__(2)
        self.county = county
        own = self.gateway.signer
        statement = keystatements.founding(own.record_sha256, county.record_sha256, "0" * 64)
        self.log = statement.sha256
        founding = Founding(
            gateway_key=text(own), county_key=text(county), nonce="0" * 64,
            by_gateway=statement.sign(own), by_county=statement.sign(county),
        )  # fmt: skip
        self.add(self.gateway, founding)

    def enrol(self, machine: Author, **changes: Any) -> None:
        sha256 = machine.signer.record_sha256
        statement = keystatements.enrolment(self.log, sha256, "1" * 64, None)
        fields: dict[str, Any] = {
            "key": text(machine.signer),
            "code_proof": "1" * 64,
            "closes": None,
            "by_key": statement.sign(machine.signer),
            "by_county": statement.sign(self.county),
        }
        self.add(self.gateway, Enrolment(**{**fields, **changes}))

    def name_log_key(self, signer: KeyFileSigner) -> None:
        """Let the log say which key it has."""
        self.enrol(Author(signer))

    def replace_log_key(self, old: KeyFileSigner, new: KeyFileSigner) -> None:
        """Let the log's key be followed by a new one, which signs from here on."""
        args = (self.log, new.record_sha256, old.record_sha256, 0)
        statement = keystatements.rotation(*args)
        body = Rotation(
            key=text(new), replaces=old.record_sha256, last_seq=0, by_old=statement.sign(old),
            by_key=statement.sign(new), by_county=statement.sign(self.county),
        )  # fmt: skip
        self.add(self.gateway, body)

    def revoke(self, machine: Author, last_seq: int) -> None:
        body = KeyRevocation(
            key=machine.signer.record_sha256, last_seq=last_seq, by="a-li", reason="stolen"
        )
        self.add(self.gateway, body)


def export(town: Township, folder: Path, name: str = "m-1") -> Path:
    """Write what the machine's own export holds: entries, receipts, the last acknowledgement."""
    for part in ("entries", "receipts", "acks"):
        (folder / part).mkdir(parents=True)
    hashes, seq, payload = MemoryHashes(map(leaf_hash, town.entries)), 0, b""
    note = (folder.parent / "public" / "2026" / "checkpoint").read_bytes()
    for index, raw in enumerate(town.entries):
        if canonical.decode(envelope.parse(raw).payload).get("device") != name:
            continue
        seq, payload = seq + 1, envelope.parse(raw).payload
        path = proofs.prove_inclusion(index, len(town.entries), hashes)
        proof = receipts.encode(Receipt(index, path, note))
        (folder / "entries" / f"{seq:012d}.dsse").write_bytes(raw)
        (folder / "receipts" / f"{seq:012d}.tlog-proof").write_bytes(proof)
    said = Acknowledgement(
        gateway="gw-420625103", device=name, epoch=1, seq=seq, head=codec.sha256(payload), at_ms=1
    )
    raw = envelope.sign(
        codec.payload_type(said.kind), codec.encode_message(said), town.gateway.signer
    )
    (folder / "acks" / f"{seq:012d}.dsse").write_bytes(raw)
    return folder
