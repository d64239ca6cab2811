"""Write records.json: one signed example of every kind of record, and what must be refused."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import canonical, chain, codec, envelope, messages, records
from ledger.matters import Matter, Verdict
from ledger.messages import KeyRecord
from ledger.signers.keyfile import KeyFileSigner
from tests.vectors.example_bodies import VILLAGE, H, bodies

HERE = Path(__file__).parent
TOWNSHIP = "420625103000"


def signer(holder: str, role: str, seed: int) -> KeyFileSigner:
    """Return the signer whose private key is 32 bytes of `seed`."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    record = KeyRecord(
        alg="ed25519",
        public_key=public,
        holder=holder,
        role=role,
        township=TOWNSHIP,
        epoch=1,
        domain="sim",
    )
    return KeyFileSigner(key, record)


DEVICE = signer("m-420625103201", "device", 1)
GATEWAY = signer("gw-420625103", "gateway", 2)


def examples() -> list[records.Record]:
    """Return one example of every message that the gateway sends down."""
    to = {"gateway": "gw-420625103", "device": "m-420625103201", "at_ms": 1_793_000_000_000}
    matter = Matter(
        code="MZF2020-20-11", name="死亡证明", verdict=Verdict.FORBIDDEN, layer="national",
        place="全国", instead="非正常死亡证明由公安派出所出具", basis="民发〔2020〕20号",
    )  # fmt: skip
    return [
        messages.Acknowledgement(epoch=1, seq=7, head=H["a"], **to),
        messages.OpeningStored(payload_sha256=H["a"], **to),
        messages.PhotoResult(file=H["f"], code=0x10, offset=65536, **to),
        messages.VillageList(
            gateway="gw-420625103", village=VILLAGE, version=3, at_ms=1_793_000_000_000,
            window="清溪镇便民服务中心", window_phone="0710-0000000", matters=(matter,),
        ),
        messages.AnswerWords(
            entry=H["a"], name="text", salt="00" * 16, value="请补上村民代表会议记录", **to
        ),
    ]  # fmt: skip


def good() -> list[dict[str, str]]:
    """Return the signed examples, each party's entries in one chain."""
    heads = {}
    for one in (DEVICE, GATEWAY):
        party = "device" if one is DEVICE else "gateway"
        heads[party] = chain.Head(
            party=party, author=one.record.holder, epoch=1, seq=0, sha256=one.record_sha256
        )
    rows = []
    for body in bodies():
        named = getattr(body, "machine", None) is not None and "gateway" in body.authors
        party = "gateway" if named else body.authors[0]
        author = DEVICE if party == "device" else GATEWAY
        position = chain.follow(heads[party], 1, 1_793_000_000_000 + len(rows), None)
        payload = codec.encode_entry(position, body)
        heads[party] = chain.advance(
            heads[party], codec.decode_entry(codec.payload_type(body.kind), payload)
        )
        rows.append(row(body.kind, payload, author))
    return rows + [row(one.kind, codec.encode_message(one), GATEWAY) for one in examples()]


def row(kind: str, payload: bytes, author: KeyFileSigner) -> dict[str, str]:
    """Return one vector."""
    raw = envelope.sign(codec.payload_type(kind), payload, author)
    return {
        "kind": kind, "payload": payload.decode(), "sha256": codec.sha256(payload),
        "envelope": raw.decode(),
    }  # fmt: skip


def bad(example: dict[str, str]) -> list[dict[str, str]]:
    """Return envelopes that must be refused, each with why."""
    raw, payload = example["envelope"], example["payload"]
    fields: dict[str, Any] = json.loads(raw)
    signature = fields["signatures"][0]

    def signed(text: str, kind: str = example["kind"]) -> str:
        kind_text = codec.payload_type(kind)
        return envelope.sign(kind_text, text.encode(), DEVICE).decode()

    def changed(**changes: Any) -> str:
        return canonical.encode({**fields, **changes}).decode()

    flipped = base64.b64encode(base64.b64decode(signature["sig"])[::-1]).decode()
    foreign = {**signature, "keyid": "0" * 64}
    return [
        {"why": "signature of other bytes", "envelope": changed(
            signatures=[{**signature, "sig": flipped}])},
        {"why": "key that nobody trusts", "envelope": changed(signatures=[foreign])},
        {"why": "two signatures", "envelope": changed(signatures=[signature, signature])},
        {"why": "no signature", "envelope": changed(signatures=[])},
        {"why": "another member in the envelope", "envelope": changed(more=1)},
        {"why": "another member in the signature", "envelope": changed(
            signatures=[{**signature, "cert": "x"}])},
        {"why": "base64 without padding", "envelope": changed(
            payload=fields["payload"].rstrip("=") + ("" if "=" in fields["payload"] else "A"))},
        {"why": "payload type of another record", "envelope": changed(
            payloadType=codec.payload_type("void"))},
        {"why": "white space in the envelope", "envelope": raw.replace(":", ": ", 1)},
        {"why": "white space in the payload", "envelope": signed(payload.replace(":", ": ", 1))},
        {"why": "a float", "envelope": signed(payload.replace('"seq":1', '"seq":1.0'))},
        {"why": "a duplicate key", "envelope": signed('{"at_ms":1,' + payload[1:])},
        {"why": "an integer of 2^53", "envelope": signed(
            payload.replace('"boot":1', '"boot":9007199254740992'))},
        {"why": "keys out of order", "envelope": signed(
            '{"zz":1,' + payload[1:])},
        {"why": "a key that is not ASCII", "envelope": signed(
            payload[:-1] + ',"\u7ae0":1}')},
        {"why": "kind differs from its type", "envelope": signed(payload, "heartbeat")},
        {"why": "a device signs what only the gateway may", "envelope": signed(
            payload.replace('"kind":"start"', '"kind":"hold-release"'), "hold-release")},
        {"why": "both device and gateway as author", "envelope": signed(
            payload.replace('"kind"', '"gateway":"gw-1","kind"'))},
        {"why": "a hash in capitals", "envelope": signed(
            payload.replace(DEVICE.record_sha256, DEVICE.record_sha256.upper()))},
        {"why": "no sequence number", "envelope": signed(payload.replace('"seq":1,', ""))},
        {"why": "sequence number 0", "envelope": signed(payload.replace('"seq":1,', '"seq":0,'))},
    ]  # fmt: skip


def main() -> None:
    """Write the file."""
    rows = good()
    data = {
        "keys": [
            {
                "record": codec.encode_message(one.record).decode(),
                "record_sha256": one.record_sha256,
                "keyid": one.keyid,
                "private_key": (bytes([seed]) * 32).hex(),
            }
            for seed, one in ((1, DEVICE), (2, GATEWAY))
        ],
        "good": rows,
        "bad": bad(rows[0]),
    }
    text = json.dumps(data, ensure_ascii=False, indent=1)
    (HERE / "records.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
