"""Privacy: no published byte may identify a person by number, nor say what was withheld. Pure.

Looked for: numbers of identity cards (GB 11643, with their check digit) and of mobile phones,
fields that must be committed to but stand there in clear, and Chinese text in fields that
never hold any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

_DIGIT, _LETTER, _OTHER = b"0", b"a", b" "
_SHAPES = b"".join(
    _DIGIT if sign.isdigit() else _LETTER if sign.isalpha() else _OTHER
    for sign in (bytes([at]) for at in range(256))  # of bytes, so only ASCII letters are letters
)
_PHONE_SHAPE = b" 00000000000 "
_CARD_SHAPE = b" 00000000000000000"  # the last sign of the eighteen may be a letter
_PHONE = re.compile(rb"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
_CARD = re.compile(rb"(?<![0-9A-Za-z])([1-9][0-9]{16})([0-9Xx])(?![0-9A-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = b"10X98765432"

WITHHELD = frozenset(
    {
        "address",
        "amount",
        "applicant",
        "applicant_masked",
        "finding",
        "id_card",
        "id_number",
        "name",
        "note",
        "pages",
        "payee",
        "person",
        "persons",
        "phone",
        "purpose",
        "text",
    }
)
_CHINESE_FIELDS = frozenset({"matter", "place"})  # names of items and of places, never of people
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


def are_clean(payloads: Iterable[bytes], names: Iterable[frozenset[str]]) -> bool:
    """Return whether none of these payloads needs a closer look; most need none.

    Put together they hold every number that one of them holds.

    Args:
        names: of all fields that the payloads may have, once for each of them.
    """
    together = b"\n".join(payloads)
    shapes = together.translate(_SHAPES)
    return (
        together.isascii()
        and _PHONE_SHAPE not in shapes
        and _CARD_SHAPE not in shapes
        and WITHHELD.isdisjoint(chain.from_iterable(set(names)))
    )


def numbers(data: bytes) -> Iterator[str]:
    """Yield `identity-card` or `phone` for each such number that the bytes hold in clear."""
    shapes = b" " + data.translate(_SHAPES) + b" "
    if _PHONE_SHAPE in shapes:
        yield from ("phone" for _ in _PHONE.finditer(data))
    if _CARD_SHAPE in shapes:
        yield from ("identity-card" for match in _CARD.finditer(data) if _is_card(match))


def clear_fields(payload: bytes, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield each field of an entry that says in clear what must be committed to.

    Args:
        fields: the decoded payload.
    """
    if not WITHHELD.isdisjoint(fields):
        yield from sorted(WITHHELD & fields.keys())
    if payload.isascii():
        return
    for name, value in fields.items():
        if name not in _CHINESE_FIELDS and _CHINESE.search(str(value)):
            yield name


def _is_card(match: re.Match[bytes]) -> bool:
    digits, check = match.groups()
    total = sum((digit - ord("0")) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return check.upper() == _CHECK_DIGITS[total % 11 : total % 11 + 1]
