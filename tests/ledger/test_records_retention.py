"""Entries about erasing keep their bounds."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import chain, codec
from ledger.chain import Head
from ledger.errors import MalformedError
from ledger.records import Record
from ledger.records_retention import Erasure, RetentionPolicy

HASH = "a" * 64
HEAD = Head(party="gateway", author="gw-1", epoch=1, seq=0, sha256=HASH)


def encoded(body: Record, head: Head = HEAD) -> bytes:
    return codec.encode_entry(chain.follow(head, 1, 1, None), body)


def policy(**fields: Any) -> RetentionPolicy:
    given: dict[str, Any] = {"openings_years": 3, "photos_years": 3, "step": "asked"}
    return RetentionPolicy(**{**given, "asked": None, "by": "a-li", **fields})


def erasure(**fields: Any) -> Erasure:
    given: dict[str, Any] = {"entries": (HASH,), "what": "both", "cause": "court", "step": "asked"}
    return Erasure(**{**given, "asked": None, "by": "a-li", **fields})


@pytest.mark.parametrize(
    "body",
    [
        policy(openings_years=0),
        policy(photos_years=101),
        policy(step="half"),
        erasure(entries=()),
        erasure(entries=(HASH,) * 257),
        erasure(what="everything"),
        erasure(cause="whim"),
        erasure(asked="A" * 64),
    ],
    ids=str,
)
def test_what_lies_outside_the_bounds_is_not_signed(body: Record) -> None:
    with pytest.raises(MalformedError):
        encoded(body)


def test_the_longest_erasure_fits_into_an_envelope() -> None:
    payload = encoded(erasure(entries=(HASH,) * 256, step="done", asked=HASH))

    assert len(payload) * 4 // 3 < 30_000


def test_a_machine_may_not_say_that_something_is_erased() -> None:
    device = Head(party="device", author="m-1", epoch=1, seq=0, sha256=HASH)

    with pytest.raises(MalformedError, match="signed by gateway"):
        encoded(erasure(), device)
