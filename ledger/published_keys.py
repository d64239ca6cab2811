"""Published keys: the key records that lie beside the logs, and those in their entries.

None of them is believed: they say by which key a signature could be verified at all. Whose word
counts follows from the trusted folder, or from the log's own history (`ledger.verify_chains`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ledger import codec, envelope
from ledger.errors import MalformedError
from ledger.findings import MOST_OF_ONE_CODE
from ledger.mirror import Mirror
from ledger.records_keys import KEY_ENTRY_RECORDS, Enrolment, Founding, Rotation
from ledger.tiles import WIDTH, Tile
from ledger.verify import read_bundle
from ledger.verify_spans import open_key_records

FOLDER = "keys"


def read(root: Mirror) -> tuple[bytes, ...]:
    """Return the key records that are published beside the logs and can be read at all."""
    names = root.names(FOLDER, ".json")
    found = (root.read(f"{FOLDER}/{name}") for name in names or ())
    texts = (data.decode(errors="replace") for data in found if data is not None)
    return tuple(open_key_records(texts))


def is_founded(mirror: Mirror, size: int) -> bool:
    """Return whether a log of this size begins with a founding, and so keeps its own keys."""
    try:
        entries = read_bundle(Tile(None, 0, min(size, WIDTH)), mirror.read) if size else None
    except MalformedError:
        return False
    return entries is not None and codec.payload_type(Founding.kind).encode() in entries[0]


def in_log(mirror: Mirror, start: int, size: int) -> Iterator[bytes]:
    """Yield the key records in the entries about keys from a full tile on; nothing is judged."""
    for _, raw in acts_in_log(mirror, start, size):
        yield from open_key_records(_texts(raw))


def acts_in_log(mirror: Mirror, start: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the entries about keys from a full tile on, with their indices; nothing is judged.

    Raises:
        UnreachableError: files cannot be read.
    """
    marks = [codec.payload_type(kind.kind).encode() for kind in KEY_ENTRY_RECORDS]
    malformed = 0
    for first in range(start, size, WIDTH):
        try:
            bundle = Tile(None, first // WIDTH, min(WIDTH, size - first))
            entries = read_bundle(bundle, mirror.read)
        except MalformedError:
            malformed += 1
            if malformed > MOST_OF_ONE_CODE:
                return
            continue
        if entries is None:
            return  # the log cannot pass; nobody makes us ask for what is not there
        for index, raw in enumerate(entries, first):
            if any(mark in raw for mark in marks):
                yield index, raw


def in_payloads(payloads: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield the key records in entries about keys, given by kind and payload."""
    for kind, payload in payloads:
        yield from open_key_records(_of_payload(codec.payload_type(kind), payload))


def _texts(raw: bytes) -> list[str]:
    try:
        taken = envelope.parse(raw)
    except MalformedError:
        return []
    return _of_payload(taken.payload_type, taken.payload)


def _of_payload(payload_type: str, payload: bytes) -> list[str]:
    try:
        body = codec.decode_entry(payload_type, payload).body
    except MalformedError:
        return []
    match body:
        case Founding():
            return [body.gateway_key, body.county_key]
        case Enrolment() | Rotation():
            return [body.key]
        case _:
            return []
