"""Builders for ledger tests: a fixed key, so that every byte can be compared with a vector."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import chain
from ledger.keys import KeyRing
from ledger.messages import KeyRecord
from ledger.signers.keyfile import KeyFileSigner

VECTORS = Path(__file__).parent.parent / "vectors"
TOWNSHIP = "420625103000"


def make_signer(holder: str, role: str, seed: int) -> KeyFileSigner:
    """Return the signer whose private key is 32 bytes of `seed`."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    record = KeyRecord(
        alg="ed25519",
        public_key=base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        holder=holder,
        role=role,  # type: ignore[arg-type]
        township=TOWNSHIP,
        epoch=1,
        domain="sim",
    )
    return KeyFileSigner(key, record)


@pytest.fixture
def signer_of() -> Callable[[str, str, int], KeyFileSigner]:
    """Build the signer of a holder and a role whose private key is 32 bytes of a seed."""
    return make_signer


@pytest.fixture
def device() -> KeyFileSigner:
    """The device of the vectors."""
    return make_signer("m-420625103201", "device", 1)


@pytest.fixture
def gateway() -> KeyFileSigner:
    """The gateway of the vectors."""
    return make_signer("gw-420625103", "gateway", 2)


@pytest.fixture
def ring(device: KeyFileSigner, gateway: KeyFileSigner) -> KeyRing:
    """A ring that trusts both."""
    return KeyRing([device.record, gateway.record], "sim")


@pytest.fixture
def start() -> Callable[[KeyFileSigner], chain.Head]:
    """Build the head before a signer's first entry."""

    def build(signer: KeyFileSigner) -> chain.Head:
        record = signer.record
        return chain.Head(
            party="device" if record.role == "device" else "gateway",
            author=record.holder,
            epoch=record.epoch,
            seq=0,
            sha256=signer.record_sha256,
        )

    return build


@pytest.fixture
def vectors() -> Callable[[str], dict[str, Any]]:
    """Read a vector file."""

    def read(name: str) -> dict[str, Any]:
        data: dict[str, Any] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
        return data

    return read
