"""Write receipts.json: a log of 20 entries, its signed heads and receipts, and what to refuse.

    python tests/vectors/make_receipts.py

The private keys are 32 bytes of 0x02 (log), 0x03 and 0x04 (witnesses).
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from ledger import checkpoint, notes, proofs, receipts, tree
from ledger.checkpoint import Checkpoint
from ledger.messages import KeyRecord
from ledger.notes import SignatureType
from ledger.receipts import Receipt
from ledger.signers.keyfile import KeyFileSigner
from ledger.spelling import hash_text
from ledger.tree import MemoryHashes

PATH = Path(__file__).with_name("receipts.json")
ORIGIN = "seal.example/420625000000/420625103000/2026"
COUNTY, COMMITTEE = "county.example/witness", "committee.example/witness"
ENTRIES = [f"entry {index}" for index in range(20)]
MEMORY = MemoryHashes(tree.leaf_hash(entry.encode()) for entry in ENTRIES)
AT_S = 1_767_225_600  # 2026-01-01


def signer(seed: int, holder: str, role: Literal["gateway", "county"]) -> KeyFileSigner:
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    record = KeyRecord(
        alg="ed25519",
        public_key=base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        holder=holder,
        role=role,
        township="420625103000",
        epoch=1,
        domain="sim",
    )
    return KeyFileSigner(key, record)


LOG = signer(2, "gw-420625103", "gateway")
WITNESSES = {COUNTY: signer(3, "county", "county"), COMMITTEE: signer(4, "committee", "county")}


def head(size: int) -> Checkpoint:
    return Checkpoint(ORIGIN, size, tree.root(size, MEMORY))


def signed(size: int, *names: str) -> bytes:
    one = head(size)
    lines = [checkpoint.cosign(one, name, WITNESSES[name], AT_S + size) for name in names]
    return checkpoint.sign(one, LOG) + b"".join(lines)


def receipt(index: int, size: int, *names: str) -> Receipt:
    return Receipt(index, proofs.prove_inclusion(index, size, MEMORY), signed(size, *names))


def keys() -> dict[str, str]:
    """The verifier keys, and the policy that asks for either witness."""
    witnesses = {
        name: notes.key_of(one.record, name, SignatureType.COSIGNATURE).vkey
        for name, one in WITNESSES.items()
    }
    log = notes.key_of(LOG.record, ORIGIN, SignatureType.ED25519).vkey
    policy = (
        f"log {log}\n"
        f"witness county {witnesses[COUNTY]}\nwitness committee {witnesses[COMMITTEE]}\n"
        "group either any county committee\nquorum either\n"
    )
    return {"log": log, **witnesses, "policy": policy}


def good() -> list[dict[str, Any]]:
    """Receipts to accept; `witnessed` says whether the policy accepts them too."""
    cases = [(0, 1, ()), (0, 20, ()), (13, 20, (COUNTY,)), (19, 20, (COMMITTEE, COUNTY))]
    rows = [(index, bool(names), receipt(index, size, *names)) for index, size, names in cases]
    line = notes.parse(signed(20, COUNTY)).lines[1]
    later = structs.replace(line, signature=(AT_S + 21).to_bytes(8, "big") + line.signature[8:])
    of_another_time = signed(20) + str(later).encode()
    rows.append((13, False, structs.replace(receipt(13, 20), checkpoint=of_another_time)))
    return [
        {
            "entry": ENTRIES[index],
            "witnessed": witnessed,
            "receipt": receipts.encode(one).decode(),
        }
        for index, witnessed, one in rows
    ]


def growth() -> list[dict[str, Any]]:
    """Pairs of heads with the proof that one grew from the other."""
    return [
        {
            "old": signed(old).decode(),
            "new": signed(new).decode(),
            "proof": [step.hex() for step in proofs.prove_consistency(old, new, MEMORY)],
        }
        for old, new in ((1, 20), (8, 20), (13, 20), (20, 20))
    ]


def bad() -> list[dict[str, str]]:
    """Receipts of entry 13 that must be refused, each with why."""
    right = receipt(13, 20, COUNTY)
    text = receipts.encode(right).decode()
    rewritten = structs.replace(head(20), root=bytes(32))
    stranger = checkpoint.sign(head(20), WITNESSES[COUNTY])
    other_root = hash_text(tree.root(19, MEMORY))
    wrong = {
        "another index": structs.replace(right, index=12),
        "the path of another entry": structs.replace(right, path=receipt(12, 20).path),
        "a hash of the path is missing": structs.replace(right, path=right.path[:-1]),
        "a hash too many": structs.replace(right, path=(*right.path, bytes(32))),
        "a smaller tree": structs.replace(right, checkpoint=signed(19)),
        "another root": structs.replace(right, checkpoint=checkpoint.sign(rewritten, LOG)),
        "signed by nobody who is trusted": structs.replace(right, checkpoint=stranger),
    }
    rows = [{"why": why, "receipt": receipts.encode(one).decode()} for why, one in wrong.items()]
    spoilt = {
        "the root was changed after signing": text.replace(hash_text(head(20).root), other_root),
        "the size was changed after signing": text.replace("\n20\n", "\n21\n"),
        "another version": text.replace("@v1", "@v2"),
        "a leading zero": text.replace("index 13", "index 013"),
        "the last newline is missing": text[:-1],
        "cut after the path": text[: text.index("\n\n") + 2],
        "spaces at the end of a line": text.replace("index 13", "index 13 "),
        "carriage returns": text.replace("\n", "\r\n"),
    }
    return rows + [{"why": why, "receipt": one} for why, one in spoilt.items()]


def everything() -> dict[str, Any]:
    return {"keys": keys(), "good": good(), "growth": growth(), "bad": bad()}


if __name__ == "__main__":
    content = json.dumps(everything(), indent=1, ensure_ascii=False)
    PATH.write_text(content + "\n", encoding="utf-8")
