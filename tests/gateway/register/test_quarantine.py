"""Quarantine: what does not verify is kept as it came, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger import codec, envelope
from ledger.bus import Message

Town = Any


def troubles(town: Town) -> list[str]:
    with town.store.reader() as reader:
        return [one.code for one in reader.troubles()]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda raw: b"", "malformed"),
        (lambda raw: raw[:-1], "malformed"),
        (lambda raw: raw.replace(b'"sig":"', b'"sig":"AAAA', 1), "bad-signature"),
        (lambda raw: raw.replace(b'"keyid":"', b'"keyid":"0', 1), "unknown-key"),
        (lambda raw: b"x" * 100_000, "malformed"),
    ],
)
def test_what_does_not_verify_is_quarantined_as_it_came(
    town: Town, spoil: Callable[[bytes], bytes], code: str
) -> None:
    machine = town.machines["m-1"]
    raw = spoil(machine.beat())

    batch = town.take(machine.message(raw))

    assert troubles(town) == [code]
    assert batch.heads == {} and batch.troubled
    with town.store.reader() as reader:
        assert reader.trouble_bytes(1) == raw


def test_same_junk_again_is_kept_once(town: Town) -> None:
    machine = town.machines["m-1"]

    town.take(machine.message(b"junk"), machine.message(b"junk"))

    assert troubles(town) == ["malformed"]


def test_quarantine_is_bounded_and_counts_the_rest(town: Town) -> None:
    machine = town.machines["m-1"]

    town.take(*(machine.message(b"junk %d" % n) for n in range(230)))

    with town.store.reader() as reader:
        assert len(reader.troubles(limit=500)) == 200
        assert [(one.machine, one.count) for one in reader.dropped()] == [("m-1", 30)]


def test_fork_has_room_although_junk_filled_the_quarantine(town: Town) -> None:
    machine = town.machines["m-1"]
    town.take(*(machine.message(b"junk %d" % n) for n in range(210)))
    genesis = machine.head
    town.take(machine.message(machine.beat()))

    body = codec.decode_entry(*_parts(machine.raws[0])).body
    town.take(machine.message(machine.sign(body, at_ms=1, head=genesis)))

    assert troubles(town)[0] == "fork"


def test_unknown_machines_share_one_room(town: Town) -> None:
    messages = [
        Message(f"seal/v1/330109110000/stranger-{n}/entry", b"junk %d" % n) for n in range(230)
    ]

    town.take(*messages)

    with town.store.reader() as reader:
        assert {one.machine for one in reader.troubles(limit=500)} == {""}
        assert len(reader.troubles(limit=500)) == 200


def _parts(raw: bytes) -> tuple[str, bytes]:
    parsed = envelope.parse(raw)
    return parsed.payload_type, parsed.payload


def test_messages_too_long_to_keep_take_no_room_from_evidence_that_is_kept(town: Town) -> None:
    machine = town.machines["m-1"]
    long = b"x" * 1_000_000

    town.take(*(machine.message(long + b"%d" % n) for n in range(20)))
    town.take(machine.message(b"evidence"))

    with town.store.reader() as reader:
        newest, *others = reader.troubles(limit=500)
        assert (reader.trouble_bytes(newest.number), newest.kept) == (b"evidence", True)
        assert len(others) == 20 and not any(one.kept for one in others)
        assert reader.dropped() == ()


def test_bytes_that_are_kept_fill_the_room(town: Town) -> None:
    machine = town.machines["m-1"]
    long = b"x" * 250_000

    town.take(*(machine.message(long + b"%d" % n) for n in range(40)))

    with town.store.reader() as reader:
        sizes = [one.size for one in reader.troubles(limit=500) if one.kept]
        assert 7_500_000 < sum(sizes) <= 8_000_000
        assert [one.machine for one in reader.dropped()] == ["m-1"]
