"""An envelope is canonical JSON with exactly its members, judged against that definition."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.public_log import Township
from ledger import canonical, codec, envelope
from ledger.algorithms import Signature
from ledger.envelope import Envelope
from ledger.errors import MalformedError
from ledger.spelling import unbase64

Vectors = Callable[[str], dict[str, Any]]


def defined(raw: bytes) -> Envelope | None:
    """Read an envelope step by step as docs/records.md defines it; None: it is none."""
    try:
        match canonical.decode(raw):
            case {
                "payload": str(payload),
                "payloadType": str(payload_type),
                "signatures": [{"keyid": str(keyid), "sig": str(signature), **more}, *others],
                **rest,
            } if not rest and not more and len(others) <= 1:
                first = unbase64(signature)
                beside = [_second(other) for other in others]
                if None not in beside:
                    return Envelope(raw, payload_type, unbase64(payload), keyid, first, *beside)
    except MalformedError:
        pass
    return None


def _second(other: object) -> Signature | None:
    match other:
        case {"keyid": str(keyid), "sig": str(signature), **more} if not more:
            return Signature(keyid, unbase64(signature))
    return None


def parsed(raw: bytes) -> Envelope | None:
    try:
        return envelope.parse(raw)
    except MalformedError:
        return None


def test_every_example_is_read_as_it_is_defined(vectors: Vectors) -> None:
    rows = vectors("records.json")
    good = [row["envelope"].encode() for row in rows["good"]]
    bad = [row["envelope"].encode() for row in rows["bad"]]

    assert [parsed(raw) for raw in good + bad] == [defined(raw) for raw in good + bad]
    assert all(parsed(raw) is not None for raw in good)


def test_every_bit_of_an_envelope_is_judged_as_it_is_defined() -> None:
    raw = Township(1).fill(1).entries[0]

    for at in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[at // 8] ^= 1 << at % 8
        assert parsed(bytes(changed)) == defined(bytes(changed))


def test_damaged_envelopes_are_judged_as_they_are_defined() -> None:
    chance = random.Random(3)
    raws = [
        json.dumps(
            {
                "payload": "aGk" + chance.choice(["=", "==", "", "a", "-", " "]),
                "payloadType": chance.choice(["a", "章", "\x00", "\ud800", '"', 1, None]),
                "signatures": [{"keyid": "k", "sig": "QQ=="}] * chance.randint(0, 3),
                **chance.choice([{}, {"more": 1}]),
            },
            ensure_ascii=chance.random() < 0.5,
            separators=(",", ":"),
        ).encode(errors="surrogatepass")
        for _ in range(200)
    ]

    for _ in range(4000):
        data = bytearray(chance.choice(raws))
        for _ in range(chance.randint(0, 2)):
            data[chance.randrange(len(data))] = chance.choice(b'{}[]",:0123456789-.eE\\ua=\x80\xe7')
        assert parsed(bytes(data)) == defined(bytes(data))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["payload", "payloadType", "signatures"]) | st.text(), JSON))
def test_any_other_json_is_judged_as_it_is_defined(members: dict[str, Any]) -> None:
    text = json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    raw = text.encode(errors="surrogatepass")

    assert parsed(raw) == defined(raw)


def test_what_was_signed_is_read_again() -> None:
    town = Township(1).fill(12)

    for raw in town.entries:
        taken = envelope.parse(raw)
        fields = canonical.decode(taken.payload)
        assert taken == defined(raw)
        assert codec.read_entry(taken.payload_type, taken.payload)[1] == fields


@pytest.mark.parametrize("size", [envelope.LARGEST_ENTRY, envelope.LARGEST_ENTRY + 1])
def test_an_envelope_is_only_read_up_to_its_largest_size(size: int) -> None:
    raw = Township(1).fill(1).entries[0]
    taken = envelope.parse(raw)
    filler = "k" * (size - len(raw) + len(taken.keyid))
    longer = raw.replace(taken.keyid.encode(), filler.encode())

    assert len(longer) == size
    assert (parsed(longer) is not None) == (size == envelope.LARGEST_ENTRY)
