"""Spelling: what has a second spelling is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import spelling
from ledger.errors import MalformedError


@given(st.binary(max_size=80))
def test_base64_comes_back(data: bytes) -> None:
    assert spelling.unbase64(base64.b64encode(data).decode()) == data


@pytest.mark.parametrize(
    "text",
    ["QQ", "QR==", "QQ=", "QQ===", "QQ==\n", " QQ==", "Q Q==", "Q-==", "QQ==QQ==", "é"],
)
def test_another_spelling_of_base64_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="base64"):
        spelling.unbase64(text)


@given(st.integers(0, 2**63 - 1))
def test_a_decimal_number_comes_back(number: int) -> None:
    assert spelling.decimal(str(number)) == number


@pytest.mark.parametrize(
    "text",
    ["", "00", "01", "-1", "+1", "1 ", "1_0", "1e3", "0x1", "１", "²", str(2**63), "9" * 5000],
)
def test_another_spelling_of_a_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match=r"below 2\^63"):
        spelling.decimal(text)


def test_a_hash_comes_back() -> None:
    assert spelling.parse_hash(spelling.hash_text(bytes(range(32)))) == bytes(range(32))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(MalformedError, match=f"32 bytes, found {length}"):
        spelling.parse_hash(base64.b64encode(bytes(length)).decode())
