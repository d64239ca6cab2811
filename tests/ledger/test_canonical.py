"""Canonical JSON: one spelling for each value."""

from __future__ import annotations

import json
from collections.abc import Callable
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


FOREIGN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=6), FOREIGN, max_size=4), st.booleans())
def test_what_is_decoded_is_what_encodes_to_these_bytes(value: dict[str, Any], plain: bool) -> None:
    text = json.dumps(value, ensure_ascii=plain, sort_keys=True, separators=(",", ":"))
    data = text.encode(errors="surrogatepass")
    try:
        expected = value if canonical.encode(value) == data else None
    except MalformedError:
        expected = None

    try:
        found = canonical.decode(data)
    except MalformedError:
        found = None

    assert found == expected


@pytest.mark.parametrize("depth", [14, 15, 16, 17, 18])
@pytest.mark.parametrize("text", ["", "章"])
def test_nesting_is_refused_below_the_same_depth_for_all(depth: int, text: str) -> None:
    value: object = text
    for _ in range(depth):
        value = [value]
    data = json.dumps({"a": value}, ensure_ascii=False).replace(" ", "").encode()

    assert _accepts(lambda: canonical.decode(data)) == _accepts(
        lambda: canonical.encode({"a": value})
    )


@pytest.mark.parametrize("number", [2**53 - 1, 2**53, -(2**53) + 1, -(2**53), 10**15, 2**64])
def test_integers_are_refused_from_the_same_size_on_everywhere(number: int) -> None:
    data = json.dumps({"a": {"b": [number]}}).replace(" ", "").encode()

    assert _accepts(lambda: canonical.decode(data)) == (abs(number) < 2**53)


def _accepts(act: Callable[[], object]) -> bool:
    try:
        act()
    except MalformedError:
        return False
    return True


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(MalformedError, match="surrogate"):
        canonical.encode({"a": "\ud800"})
