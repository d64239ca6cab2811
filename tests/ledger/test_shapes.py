"""Shapes read nothing that the long way would not read alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import canonical, codec, shapes
from ledger.errors import MalformedError
from ledger.records import ENTRY_RECORDS, Heartbeat, Record, SealRequest, SealUse
from ledger.records_confirms import CONFIRM_ENTRY_RECORDS
from ledger.records_custody import CUSTODY_ENTRY_RECORDS
from ledger.records_keys import KEY_ENTRY_RECORDS
from ledger.records_office import OFFICE_ENTRY_RECORDS
from ledger.records_people import PEOPLE_ENTRY_RECORDS
from ledger.records_permits import PERMIT_ENTRY_RECORDS
from ledger.records_retention import RETENTION_ENTRY_RECORDS
from ledger.records_seals import SEAL_ENTRY_RECORDS

VECTORS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "records.json").read_text(encoding="utf-8")
)
KINDS: dict[str, type[Record]] = {
    record.kind: record
    for record in (
        *ENTRY_RECORDS,
        *KEY_ENTRY_RECORDS,
        *RETENTION_ENTRY_RECORDS,
        *PEOPLE_ENTRY_RECORDS,
        *OFFICE_ENTRY_RECORDS,
        *PERMIT_ENTRY_RECORDS,
        *CUSTODY_ENTRY_RECORDS,
        *CONFIRM_ENTRY_RECORDS,
        *SEAL_ENTRY_RECORDS,
    )
}
ROWS = [row for row in VECTORS["good"] if '"prev":' in row["payload"]]
PAYLOADS = {row["kind"]: row["payload"].encode() for row in ROWS}
HASH = "0123456789abcdef" * 4


def by_shape(kind: str, payload: bytes) -> bool:
    return any(one.read(payload) is not None for one in shapes.of(KINDS[kind]))


def outcome(kind: str, payload: bytes) -> object:
    try:
        return codec.read_entry(codec.payload_type(kind), payload)[0]
    except MalformedError:
        return None


def agrees(kind: str, payload: bytes) -> None:
    expected = outcome(kind, payload)
    type_text = codec.payload_type(kind)
    if expected is None:
        assert not by_shape(kind, payload)
        with pytest.raises(MalformedError):
            codec.decode_entry(type_text, payload)
        with pytest.raises(MalformedError):
            codec.skim_entry(type_text, payload)
        return
    assert isinstance(expected, codec.Payload)
    said, at = codec.skim_entry(type_text, payload), expected.position
    assert codec.decode_entry(type_text, payload) == expected
    assert (said.kind, (said.party, said.author), said.sha256) == (
        expected.body.kind, at.author, expected.sha256,
    )  # fmt: skip
    assert (said.epoch, said.seq, said.prev, said.at_ms, said.mark) == (
        at.epoch, at.seq, at.prev, at.at_ms, at.mark,
    )  # fmt: skip
    assert set(said.names) >= canonical.decode(payload).keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_shape_for_each_party_that_signs_it(kind: str) -> None:
    found = shapes.of(KINDS[kind])

    assert tuple(one.party for one in found) == KINDS[kind].authors


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["kind"]))
def test_the_published_bytes_of_each_kind_are_read_by_a_shape(row: dict[str, str]) -> None:
    payload = row["payload"].encode()

    assert by_shape(row["kind"], payload)
    agrees(row["kind"], payload)


@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_field_that_is_taken_away_or_added_is_judged_alike(kind: str) -> None:
    fields = json.loads(PAYLOADS[kind])

    for name in fields:
        agrees(kind, canonical.encode({key: fields[key] for key in fields if key != name}))
        agrees(kind, canonical.encode({**fields, name: None}))
    for party in ("device", "gateway"):
        agrees(kind, canonical.encode({**fields, party: "m-other"}))
    later = canonical.encode({**fields, "zone": 1})
    agrees(kind, later)
    assert outcome(kind, later) is not None


BAD_TEXTS: list[Any] = [
    *("", "A", "a" * 41, "a_b", "ä", "a\n", "\n", "0" * 12, "\u0660" * 12, "\x00"),
    *(HASH.upper(), HASH[:-1], HASH + "0", HASH[:-1] + "g", HASH[:-1] + "\n", "2026-02-30\n"),
    *(5, True, ["a"], {}),
]
NUMBERS: list[Any] = [0, 1, -1, 200, 201, 2**53 - 1, "1", True, None]


@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_value_out_of_bounds_is_judged_alike_in_every_field(kind: str) -> None:
    fields = json.loads(PAYLOADS[kind])

    for name, value in fields.items():
        for other in NUMBERS if isinstance(value, int) else BAD_TEXTS:
            agrees(kind, canonical.encode({**fields, name: other}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"seq":', b'"seq": '),
        (b'"boot":', b'"boot":0,"boot":'),
        (b'{"', b' {"'),
        (b'"at_ms":1', b'"at_ms":1.0'),
        (b'"kind":"heartbeat"', b'"kind":"heart\\u0062eat"'),
        (b'"mark":', b'"mark":9007199254740992,"x":'),
        (b'"mark":null', b'"mark":9007199254740992'),
        (b'"waiting":', b'"waiting":-'),
        (b"}", b"},"),
        (b"}", b"}\n"),
        (b'"state":"', b'"state":"\\ud800'),
        (b'"state":"', b'"state":"\xff'),
    ],
)
def test_another_spelling_is_read_by_no_shape(old: bytes, new: bytes) -> None:
    body = Heartbeat(
        state="idle", strokes={"b": 1, "a": 2}, impressions=0, waiting=3, free_mb=1, alarms=()
    )
    fields = json.loads(PAYLOADS["heartbeat"])
    own = {**fields, **msgspec.to_builtins(body), "mark": None, "at_ms": 1}
    payload = canonical.encode(own)
    assert by_shape("heartbeat", payload)

    changed = payload.replace(old, new, 1)

    assert changed != payload
    assert not by_shape("heartbeat", changed)
    agrees("heartbeat", changed)


def test_keys_of_a_table_in_another_order_are_read_by_no_shape() -> None:
    fields = json.loads(PAYLOADS["heartbeat"])
    payload = canonical.encode({**fields, "strokes": {"a": 1, "b": 2}})

    changed = payload.replace(b'{"a":1,"b":2}', b'{"b":2,"a":1}')

    assert by_shape("heartbeat", payload)
    assert not by_shape("heartbeat", changed)
    agrees("heartbeat", changed)


def test_a_kind_with_a_number_that_canonical_json_refuses_has_no_shape() -> None:
    class Large(Record, frozen=True, kw_only=True):
        kind = "large"
        authors = ("device",)
        number: int

    class Loose(Record, frozen=True, kw_only=True):
        kind = "loose"
        authors = ("device",)
        number: float

    assert shapes.of(Large) == shapes.of(Loose) == ()


@pytest.mark.parametrize("record", [SealRequest, SealUse])
@given(st.data())
def test_a_changed_byte_is_judged_alike(record: type[Record], data: st.DataObject) -> None:
    good = PAYLOADS[record.kind]
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]

    agrees(record.kind, changed)
