"""Canonical JSON: one spelling for each value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import canonical
from ledger.errors import MalformedError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=4)
    ),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.text(st.characters(max_codepoint=127)), VALUES, max_size=6)


@given(OBJECTS)
def test_what_is_encoded_decodes_to_the_same(value: dict[str, Any]) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@given(OBJECTS, st.data())
def test_no_changed_byte_gives_the_same_value(value: dict[str, Any], data: Any) -> None:
    good = canonical.encode(value)
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]

    try:
        found: object = canonical.decode(changed)
    except MalformedError:
        return

    assert changed == good or found != value


def test_control_characters_are_spelled_as_rfc_8785_says() -> None:
    value = {"text": '\x00\b\t\n\f\r\x1f"\\/\x7f章'}

    data = canonical.encode(value)

    assert data == '{"text":"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\x7f章"}'.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"1",
        b'{"a":1.5}',
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"a":9007199254740992}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"a":1e2}',
        '{"章":1}'.encode(),
        b'{"a":"\\u7ae0"}',
        b'{"a":"\xff"}',
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b"[" * 100_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        canonical.decode(data)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(MalformedError, match="surrogate"):
        canonical.encode({"a": "\ud800"})
