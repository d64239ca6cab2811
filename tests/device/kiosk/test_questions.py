"""The order of the questions, and what counts as an answer."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from device.kiosk import questions
from device.kiosk.amounts import fen_from, yuan_text
from device.kiosk.port import PagePhoto
from device.kiosk.sessions import Draft
from ledger.matters import look_up

FULL = Draft(
    seal="committee",
    matter="CM-05",
    applicant="张三",
    purpose="交给学校",
    copies=1,
    pages=(PagePhoto(page="a", jpeg=b"", findings=()),),
)


def test_one_seal_is_not_asked_for(village: Any) -> None:
    assert "seal" not in questions.asked(Draft(), village.view())


def test_one_of_several_seals_is_asked_for_first(village: Any) -> None:
    village.change(seals=(("a", "甲"), ("b", "乙")))

    assert questions.first_open(Draft(), village.view()) == "seal"


def test_money_is_asked_for_with_a_contract_only(village: Any) -> None:
    view = village.view()

    asked = {code: questions.asked(Draft(matter=code), view) for code in ("GB52-03", "CM-05")}

    assert ("amount" in asked["GB52-03"], "amount" in asked["CM-05"]) == (True, False)


@pytest.mark.parametrize("missing", ["matter", "applicant", "purpose", "copies", "pages"])
def test_what_is_not_answered_is_the_next_question(village: Any, missing: str) -> None:
    nothing = getattr(Draft(), missing)

    draft = structs.replace(FULL, **{missing: nothing})

    assert questions.first_open(draft, village.view()) == missing


def test_a_full_draft_leads_to_the_summary(village: Any) -> None:
    assert questions.first_open(FULL, village.view()) == questions.CONFIRM


def test_a_change_after_the_summary_leads_back_to_it(village: Any) -> None:
    draft = structs.replace(FULL, reviewed=True)

    assert questions.following("applicant", draft, village.view()) == questions.CONFIRM


def test_a_new_item_about_money_asks_for_it_after_the_summary(village: Any) -> None:
    draft = structs.replace(FULL, reviewed=True, matter="GB52-03")

    assert questions.following("matter", draft, village.view()) == "payee"


def test_copies_are_limited_by_the_list(village: Any) -> None:
    matter = look_up(village.view().matters, "XY-P04").matter

    assert questions.most_copies(matter, 50) == 3


@pytest.mark.parametrize(
    ("text", "amount_fen"),
    [("1200", 120000), ("1200.5", 120050), ("0.01", 1), ("1,200.50", 120050), ("7.", 700)],
)
def test_an_amount_is_read_as(text: str, amount_fen: int) -> None:
    assert fen_from(text) == amount_fen


@pytest.mark.parametrize("text", ["", "0", "0.00", "-5", "1.234", "1e3", "1.2.3", "一百", "9" * 12])
def test_no_amount_is(text: str) -> None:
    assert fen_from(text) is None


def test_an_amount_is_shown_in_yuan() -> None:
    assert yuan_text(120050) == "1,200.50"
