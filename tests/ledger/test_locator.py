"""The short address on paper: one spelling, bound to the key and to the entry."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import locator
from ledger.errors import MalformedError, UnknownKeyError
from ledger.locator import LETTERS, Locator

ORIGIN = "seal.example/420625000000/420625103000/2026"
KEY = bytes(range(32))
PLACE = locator.locate(ORIGIN, 7, KEY, b"entry")
# RFC 4648's base32 of the same 80 bits, written with Crockford's letters.
CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", LETTERS)


def crockford(digest: bytes) -> str:
    return base64.b32encode(digest[:10]).decode().translate(CROCKFORD)


def test_codes_are_the_first_80_bits_of_key_id_and_leaf_hash() -> None:
    assert PLACE.key_code == crockford(hashlib.sha256(b"\x01" + KEY).digest())
    assert PLACE.entry_code == crockford(hashlib.sha256(b"\x00entry").digest())
    assert PLACE.key_code == locator.key_code(KEY)
    assert (PLACE.year, PLACE.index) == ("2026", 7)


def test_another_key_or_entry_has_another_code() -> None:
    assert locator.locate(ORIGIN, 7, KEY[::-1], b"entry").key_code != PLACE.key_code
    assert locator.locate(ORIGIN, 7, KEY, b"entry.").entry_code != PLACE.entry_code


def test_a_key_of_no_known_length_has_no_code() -> None:
    with pytest.raises(UnknownKeyError):
        locator.key_code(b"short")


codes = st.text(LETTERS, min_size=16, max_size=16)


@given(st.builds(Locator, st.just("2026"), st.integers(0, 2**63 - 1), codes, codes))
def test_a_locator_comes_back(place: Locator) -> None:
    assert locator.parse(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026/7",
        str(PLACE).lower(),
        str(PLACE).replace("/7/", "/07/"),
        str(PLACE).replace("/7/", "/-7/"),
        str(PLACE).replace("2026", "26"),
        str(PLACE).replace("2026", "２０２６"),
        str(PLACE) + "/",
        str(PLACE)[:-1],
        str(PLACE)[:-1] + "U",
        str(PLACE) + "\n",
    ],
)
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="expected"):
        locator.parse(text)


def test_a_code_is_shown_in_groups_of_four() -> None:
    assert locator.grouped("0123456789ABCDEF") == "0123-4567-89AB-CDEF"
