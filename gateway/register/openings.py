"""Openings: what an entry withholds arrives encrypted, is compared with what was committed to,
and is kept beside the log, where it can be erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from gateway.register.log import GatewayLog, Letter
from gateway.register.quarantine import ArrivalError
from gateway.stores import Transaction
from ledger import disclosure
from ledger.errors import LedgerError
from ledger.messages import OpeningStored
from ledger.records import Count, PhotoRef, SealRequest
from ledger.topics import Leaf, Topic

LARGEST = 256 * 1024  # bytes, encrypted
LONGEST_TEXT = 2_000

Opener = Callable[[bytes], bytes]
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]


class RequestValues(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request withholds; `amount` in fen."""

    applicant: Text
    applicant_masked: Text
    purpose: Text
    payee: Text
    amount: Count | None
    pages: Annotated[tuple[PhotoRef, ...], Meta(min_length=1, max_length=60)]


def take(
    transaction: Transaction,
    log: GatewayLog,
    opener: Opener,
    topic: Topic,
    sealed: bytes,
    now_ms: int,
) -> Letter | None:
    """Keep the opening that a topic names and return the answer; None: its entry is not here.

    Without an answer the machine sends it again, after its entry.

    Args:
        opener: decrypts what was encrypted to the township; raises ValueError.

    Raises:
        ArrivalError: it cannot be decrypted, or opens something else than was committed to.
    """
    payload_sha256 = topic.rest[0]
    entry = transaction.entry(payload_sha256)
    if entry is None:
        return None
    if (entry.party, entry.author) != ("device", topic.device):
        raise ArrivalError("bad-opening", f"expected one for an entry of {topic.device}")
    if transaction.opening(payload_sha256) is None:
        data = _decrypted(opener, sealed)
        try:
            values = disclosure.check(data, entry.body, payload_sha256)
        except LedgerError as error:
            raise ArrivalError("bad-opening", str(error)) from error
        if isinstance(entry.body, SealRequest):
            _check_request(entry.body, values)
        transaction.put_opening(payload_sha256, data, now_ms)
    said = OpeningStored(
        gateway=log.gateway, device=topic.device, payload_sha256=payload_sha256, at_ms=now_ms
    )
    answer = Topic(topic.township, topic.device, Leaf.STORED)
    return Letter(topic=str(answer), payload=log.seal(said))


def _decrypted(opener: Opener, sealed: bytes) -> bytes:
    if len(sealed) > LARGEST:
        raise ArrivalError("bad-opening", f"expected at most {LARGEST} bytes: {len(sealed)}")
    try:
        return opener(sealed)
    except ValueError as error:
        raise ArrivalError("bad-opening", f"expected one encrypted to us: {error}") from error


def _check_request(request: SealRequest, values: dict[str, object]) -> None:
    try:
        opened = msgspec.convert(values, RequestValues)
    except msgspec.ValidationError as error:
        raise ArrivalError("bad-opening", f"expected a request's values: {error}") from error
    if len(opened.pages) != request.pages_count:
        raise ArrivalError(
            "bad-opening", f"expected {request.pages_count} pages, found {len(opened.pages)}"
        )
