"""Heads of chains: several entries of one transaction move a head at once, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import StoreError
from gateway.stores.views import Signed
from ledger import codec, envelope

Town = Any


def signed(raw: bytes, received_ms: int = 1) -> Signed:
    parsed = envelope.parse(raw)
    payload = codec.decode_entry(parsed.payload_type, parsed.payload)
    return Signed(payload=payload, keyid=parsed.keyid, envelope=raw, received_ms=received_ms)


def test_entries_together_after_a_head_that_has_moved_are_refused(town: Town) -> None:
    machine = town.machines["m-1"]
    raw = machine.beat()
    town.take(machine.message(raw))
    heads, seconds = [machine.head], []
    for _ in range(2):
        seconds.append(machine.beat())
        heads.append(machine.head)
    moved = "UPDATE heads SET sha256 = ?"  # as if somebody else had written here meanwhile
    town.store._tables().run(moved, "0" * 64)

    with (
        pytest.raises(StoreError, match="somebody else writes"),
        town.store.transaction() as transaction,
    ):
        for one, head in zip(seconds, heads, strict=False):
            transaction.append(signed(one), head)

    assert town.log_of("m-1") == [raw]


def test_two_entries_after_one_head_are_refused_together(town: Town) -> None:
    machine = town.machines["m-1"]
    raw = machine.beat()
    town.take(machine.message(raw))
    head = machine.head
    second = machine.beat()
    machine.head = head
    other = machine.sign(codec.decode_entry(*_parts(second)).body, at_ms=9)

    with pytest.raises(StoreError), town.store.transaction() as transaction:
        transaction.append(signed(second), head)
        transaction.append(signed(other), head)

    assert town.log_of("m-1") == [raw]


def _parts(raw: bytes) -> tuple[str, bytes]:
    parsed = envelope.parse(raw)
    return parsed.payload_type, parsed.payload
