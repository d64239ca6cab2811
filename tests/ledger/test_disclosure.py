"""Disclosure: a commitment is opened by its value and salt alone."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from ledger import disclosure
from ledger.disclosure import Opened, Opening
from ledger.errors import MalformedError
from ledger.records import Refusal

SHA256 = "a" * 64


@pytest.fixture
def refusal() -> tuple[Refusal, dict[str, Opened]]:
    """A record with one withheld value, and what opens it."""
    fields, opened = disclosure.withhold({"text": "张三的房子"})
    body = Refusal(
        about=None,
        permit=None,
        matter=None,
        seal="s-1",
        reason="off-list",
        list_version=1,
        filed_by="c-1",
        **fields,
    )
    return body, opened


def test_the_right_opening_gives_the_values(refusal: tuple[Refusal, dict[str, Opened]]) -> None:
    body, opened = refusal
    data = disclosure.encode(Opening(SHA256, opened))

    assert disclosure.check(data, body, SHA256) == {"text": "张三的房子"}


@pytest.mark.parametrize(
    "change", [{"value": "李四的房子"}, {"salt": "00" * 16}, {"salt": "00"}, {"salt": "no hex"}]
)
def test_another_value_or_salt_is_refused(
    refusal: tuple[Refusal, dict[str, Opened]], change: dict[str, Any]
) -> None:
    body, opened = refusal
    data = disclosure.encode(Opening(SHA256, {"text": structs.replace(opened["text"], **change)}))

    with pytest.raises(MalformedError):
        disclosure.check(data, body, SHA256)


def test_the_opening_of_another_entry_is_refused(
    refusal: tuple[Refusal, dict[str, Opened]],
) -> None:
    body, opened = refusal
    data = disclosure.encode(Opening("b" * 64, opened))

    with pytest.raises(MalformedError, match="opening of"):
        disclosure.check(data, body, SHA256)


def test_a_missing_value_is_refused(refusal: tuple[Refusal, dict[str, Opened]]) -> None:
    body, _ = refusal

    with pytest.raises(MalformedError, match="expected values for"):
        disclosure.check(disclosure.encode(Opening(SHA256, {})), body, SHA256)


def test_equal_values_have_different_commitments() -> None:
    first, _ = disclosure.withhold({"name": "张三"})
    second, _ = disclosure.withhold({"name": "张三"})

    assert first != second


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("欧阳修", "欧**"), ("李", "李*"), ("", "")]
)
def test_a_published_name_shows_the_first_character(name: str, masked: str) -> None:
    assert disclosure.mask_name(name) == masked
