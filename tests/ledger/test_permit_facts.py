"""Permit facts: whatever a permit rule asks for comes to it, as it was signed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from msgspec import UNSET, structs

from ledger import (
    codec,
    makeups,
    permit_facts,
    verify_confirms,
    verify_emergency,
    verify_makeups,
    verify_permits,
    verify_seams,
    verify_standing,
    verify_withdrawals,
    withdrawals,
)
from ledger.permit_facts import RECORDS, UNASKED
from ledger.records_permits import EmergencyTerms, StandingPermit
from tests.ledger.test_shapes import PAYLOADS

RULES = (
    makeups,
    verify_confirms,
    verify_emergency,
    verify_makeups,
    verify_permits,
    verify_seams,
    verify_standing,
    verify_withdrawals,
    withdrawals,
)


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("later", [b"", b',"zz_later":1'], ids=["ours", "of a later version"])
def test_what_was_signed_comes_to_the_rules(kind: str, later: bytes) -> None:
    type_text = codec.payload_type(kind)
    payload = PAYLOADS[kind][:-1] + later + b"}"
    body = codec.decode_entry(type_text, payload).body
    facts = permit_facts.of(kind)

    found = facts.read(facts.pack(codec.skim_entry(type_text, payload).body))

    for name in (one.name for one in structs.fields(type(body)) if one.name not in UNASKED):
        expected = getattr(body, name)
        assert getattr(found, name) == (None if expected is UNSET else expected), name


@pytest.mark.parametrize("module", RULES, ids=lambda one: str(one.__name__))
def test_no_rule_asks_for_what_is_left_out(module: object) -> None:
    tree = ast.parse(Path(str(vars(module)["__file__"])).read_text(encoding="utf-8"))

    asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

    assert asked & UNASKED == set()


@pytest.mark.parametrize("record", [StandingPermit, EmergencyTerms])
def test_what_is_compared_with_its_draft_comes_whole(record: type) -> None:
    assert UNASKED.isdisjoint(one.name for one in structs.fields(record))
