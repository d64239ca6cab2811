"""What identifies a person is found in bytes; what only looks like it is not."""

from __future__ import annotations

import pytest

from ledger import records, records_keys
from ledger.verify_privacy import WITHHELD, clear_fields, numbers


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'"11010519491231002X"', ["identity-card"]),
        (b'"440524188001010014"', ["identity-card"]),
        (b"x 13800138000,", ["phone"]),
        ("电话13800138000号".encode(), ["phone"]),
        (b"13800138000", ["phone"]),
        (b'"11010519491231002X","13912345678"', ["phone", "identity-card"]),
        (b'"110105194912310021"', []),  # the check digit is wrong
        (b'"at_ms":1793000000000', []),
        (b'"m-420625103201"', []),
        (b'"12800138000"', []),
        (b"a13800138000", []),
        (b"0" * 30 + b"13800138000" + b"0" * 23, []),  # inside a hash
        (b'"2026-11-22"', []),
    ],
)
def test_numbers(data: bytes, expected: list[str]) -> None:
    assert sorted(numbers(data)) == sorted(expected)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"applicant_commitment": "a", "seal": "s"}, []),
        ({"applicant": "a", "seal": "s"}, ["applicant"]),
        ({"matter": "死亡证明", "place": "清溪镇"}, []),
        ({"operator": "王小明"}, ["operator"]),
        ({"flags": ["张三"]}, ["flags"]),
    ],
)
def test_fields(fields: dict[str, object], expected: list[str]) -> None:
    payload = str(fields).encode()

    assert list(clear_fields(payload, fields)) == expected


def test_no_record_of_ours_has_a_withheld_field() -> None:
    every = (*records.ENTRY_RECORDS, *records_keys.KEY_ENTRY_RECORDS)

    named = {name for record in every for name in record.__struct_fields__}

    assert named & WITHHELD == set()
