"""What is asked of a document: what the request knows, as far as papers say it letter by letter."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.eyes.asked import Asked, asked_of

Eyes = Any


def asked(eyes: Eyes, **filed: Any) -> Asked:
    use, request = eyes.use(b"before", b"after", **filed)
    with eyes.town.store.reader() as reader:
        return asked_of(reader, reader.entry(use), request)


def test_item_persons_and_amount_are_asked_for(eyes: Eyes) -> None:
    found = asked(eyes, payee="杭州萧山建材有限公司", amount=1_234_560)

    assert found.title == "建房"
    assert found.parties == ("张三", "杭州萧山建材有限公司")
    assert found.amount_fen == 1_234_560
    assert not found.several


@pytest.mark.parametrize(
    "payee", ["", "6222021202001122334", "李四 330109198503124517", "李四、王五", "李", "丁" * 50]
)
def test_what_is_no_plain_name_is_not_asked_for(eyes: Eyes, payee: str) -> None:
    assert asked(eyes, payee=payee).parties == ("张三",)


def test_short_name_of_a_village_is_not_asked_for(eyes: Eyes) -> None:
    assert asked(eyes).org is None  # 甲村: half of it would stand for any other village


def test_without_an_opening_only_what_is_public_is_asked_for(eyes: Eyes) -> None:
    use, request = eyes.use(b"before", b"after", amount=100)
    with eyes.town.store.transaction() as transaction:
        transaction.erase_opening(request, eyes.town.now_ms)
        found = asked_of(transaction, transaction.entry(use), request)
        unknown = asked_of(transaction, transaction.entry(use), None)

    assert found == Asked(title="建房")
    assert unknown == Asked(title="建房")
