"""The fast readers accept exactly what the defining readers accept, and return the same."""

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
from ledger.errors import MalformedError
from ledger.verify_reading import read_entry, read_envelope

KIND = codec.payload_type("heartbeat")
Vectors = Callable[[str], dict[str, Any]]


def outcome(read: Callable[..., Any], *args: Any) -> Any:
    try:
        return read(*args)
    except MalformedError as error:
        return type(error), str(error)


def test_every_good_example_is_read_alike(vectors: Vectors) -> None:
    entries = [row for row in vectors("records.json")["good"] if row["kind"] in codec._ENTRIES]

    for row in entries:
        taken = envelope.parse(row["envelope"].encode())
        read, fields = read_entry(taken.payload_type, taken.payload)

        assert read_envelope(row["envelope"].encode()) == taken
        assert read == codec.decode_entry(taken.payload_type, taken.payload)
        assert fields == canonical.decode(taken.payload)
    assert len(entries) > 15


def test_every_bad_example_is_judged_alike(vectors: Vectors) -> None:
    for row in vectors("records.json")["bad"]:
        raw = row["envelope"].encode()
        taken = outcome(envelope.parse, raw)

        assert outcome(read_envelope, raw) == taken, row["why"]
        if isinstance(taken, envelope.Envelope):
            slow = outcome(codec.decode_entry, taken.payload_type, taken.payload)
            fast = outcome(read_entry, taken.payload_type, taken.payload)
            assert (fast if isinstance(slow, tuple) else fast[0]) == slow, row["why"]


def test_every_bit_of_an_envelope_is_judged_alike() -> None:
    raw = Township(1).fill(1).entries[0]

    for at in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[at // 8] ^= 1 << at % 8
        assert outcome(read_envelope, bytes(changed)) == outcome(envelope.parse, bytes(changed))


def test_damaged_payloads_are_judged_alike() -> None:
    chance = random.Random(3)
    payloads = [envelope.parse(raw).payload for raw in Township(2).fill(12).entries]

    for _ in range(4000):
        data = bytearray(chance.choice(payloads))
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.choice(b'{}[]",:0123456789-.eE\\ua\x80\xe7')
        slow = outcome(codec.decode_entry, KIND, bytes(data))
        fast = outcome(read_entry, KIND, bytes(data))
        assert (fast if isinstance(slow, tuple) else fast[0]) == slow


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=4))
def test_fields_that_nobody_knows_are_judged_alike(more: dict[str, Any]) -> None:
    payload = envelope.parse(Township(1).fill(7).entries[6]).payload
    fields = {**more, **canonical.decode(payload)}
    for ascii_only in (False, True):
        text = json.dumps(fields, ensure_ascii=ascii_only, sort_keys=True, separators=(",", ":"))
        data = text.encode(errors="surrogatepass")
        slow = outcome(codec.decode_entry, KIND, data)
        fast = outcome(read_entry, KIND, data)
        assert (fast if isinstance(slow, tuple) else fast[0]) == slow


@pytest.mark.parametrize("depth", [14, 15, 16, 17])
def test_depth_is_judged_alike(depth: int) -> None:
    payload = envelope.parse(Township(1).fill(7).entries[6]).payload
    data = payload[:-1] + b',"zzz":' + b"[" * depth + b"]" * depth + b"}"

    slow = outcome(codec.decode_entry, KIND, data)
    fast = outcome(read_entry, KIND, data)

    assert (fast if isinstance(slow, tuple) else fast[0]) == slow
