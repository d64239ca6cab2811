"""Spelling: numbers, base64 and hashes as text, each with one spelling only. Pure.

What a reader accepts in two forms somebody can change without being noticed; the formats of
c2sp.org allow one form, and so do we.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable

from ledger.errors import MalformedError
from ledger.tree import HASH_BYTES

_MOST_DIGITS = 19  # of 2^63 - 1


def unbase64(text: str) -> bytes:
    """Return the bytes of padded base64 (RFC 4648, section 4), in its only spelling.

    Raises:
        MalformedError: another spelling.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(f"expected padded base64, found {text[:100]!r}: {error}") from error
    if binascii.b2a_base64(data, newline=False).decode() != text:
        raise MalformedError(f"expected canonical base64, found {text[:100]!r}")
    return data


def decimal(text: str) -> int:
    """Return a number from 0 to 2^63 - 1 written in ASCII digits without leading zeros.

    Raises:
        MalformedError: another spelling, or too large.
    """
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and str(int(text)) == text:
        number = int(text)
        if number < 2**63:
            return number
    raise MalformedError(f"expected a decimal number below 2^63, found {text[:40]!r}")


def hash_text(value: bytes) -> str:
    """Return a hash in base64."""
    return binascii.b2a_base64(value, newline=False).decode()


def hash_lines(values: Iterable[bytes]) -> bytes:
    """Return hashes in base64, one a line."""
    return b"".join(map(binascii.b2a_base64, values))


def parse_hash(text: str) -> bytes:
    """Return the 32 bytes of a hash in base64.

    Raises:
        MalformedError: another spelling or length.
    """
    value = unbase64(text)
    if len(value) != HASH_BYTES:
        raise MalformedError(f"expected a hash of {HASH_BYTES} bytes, found {len(value)}")
    return value
