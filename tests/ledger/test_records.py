"""Every record against its published bytes, and every bad envelope refused."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import canonical, chain, codec, envelope
from ledger.errors import LedgerError
from ledger.keys import KeyRing
from ledger.messages import MESSAGE_RECORDS
from ledger.records import ENTRY_RECORDS
from ledger.records_confirms import CONFIRM_ENTRY_RECORDS
from ledger.records_custody import CUSTODY_ENTRY_RECORDS
from ledger.records_office import OFFICE_ENTRY_RECORDS
from ledger.records_people import PEOPLE_ENTRY_RECORDS
from ledger.records_permits import PERMIT_ENTRY_RECORDS
from ledger.records_retention import RETENTION_ENTRY_RECORDS
from ledger.records_seals import SEAL_ENTRY_RECORDS
from ledger.signers.keyfile import KeyFileSigner

VECTORS = Path(__file__).parent.parent / "vectors"
RECORDS = json.loads((VECTORS / "records.json").read_text(encoding="utf-8"))
ENTRIES = (
    *ENTRY_RECORDS,
    *RETENTION_ENTRY_RECORDS,
    *PEOPLE_ENTRY_RECORDS,
    *OFFICE_ENTRY_RECORDS,
    *PERMIT_ENTRY_RECORDS,
    *CUSTODY_ENTRY_RECORDS,
    *CONFIRM_ENTRY_RECORDS,
    *SEAL_ENTRY_RECORDS,
)
ENTRY_ROWS = [row for row in RECORDS["good"] if '"prev":' in row["payload"]]


def test_every_kind_of_record_has_a_vector() -> None:
    kinds = {record.kind for record in (*ENTRIES, *MESSAGE_RECORDS)}

    assert {row["kind"] for row in RECORDS["good"]} == kinds


def test_todays_code_writes_the_published_bytes() -> None:
    path = VECTORS / "make_records.py"
    spec = importlib.util.spec_from_file_location("make_records", path)
    assert spec is not None and spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)

    assert maker.good() == RECORDS["good"]


@pytest.mark.parametrize("row", RECORDS["good"], ids=lambda row: str(row["kind"]))
def test_a_good_envelope_verifies_and_says_what_it_says(row: dict[str, str], ring: KeyRing) -> None:
    taken, _ = envelope.verify(row["envelope"].encode(), ring)

    assert taken.payload == row["payload"].encode()
    assert codec.sha256(taken.payload) == row["sha256"]
    assert codec.kind_of(taken.payload_type) == row["kind"]


@pytest.mark.parametrize("row", RECORDS["bad"], ids=lambda row: str(row["why"]))
def test_a_bad_envelope_is_refused(row: dict[str, str], ring: KeyRing) -> None:
    raw = row["envelope"].encode()

    with pytest.raises(LedgerError):
        taken, _ = envelope.verify(raw, ring)
        codec.decode_entry(taken.payload_type, taken.payload)


def test_the_entries_of_the_vectors_form_two_chains(
    device: KeyFileSigner, gateway: KeyFileSigner, start: Callable[[KeyFileSigner], chain.Head]
) -> None:
    heads = {"device": start(device), "gateway": start(gateway)}

    for row in ENTRY_ROWS:
        entry = codec.decode_entry(codec.payload_type(row["kind"]), row["payload"].encode())
        party = entry.position.author[0]
        heads[party] = chain.advance(heads[party], entry)

    assert heads["device"].seq + heads["gateway"].seq == len(ENTRY_ROWS) >= len(ENTRIES)


def test_a_field_that_we_do_not_know_yet_is_left_alone(
    vectors: Callable[[str], dict[str, Any]],
) -> None:
    row = vectors("records.json")["good"][0]
    fields = json.loads(row["payload"])
    payload = canonical.encode({**fields, "zone": "new"})

    entry = codec.decode_entry(codec.payload_type("start"), payload)

    assert entry.body.kind == "start"


def test_an_envelope_over_the_limit_is_refused_before_it_is_read(ring: KeyRing) -> None:
    raw = b'{"payload":"' + b"A" * envelope.LARGEST_ENTRY + b'"}'

    with pytest.raises(LedgerError, match="at most 60000 bytes"):
        envelope.verify(raw, ring)
