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


TWO = (("committee", "村委会"), ("party", "党支部"))


def chosen(village: Any, items: dict[str, tuple[str, ...]]) -> Draft:
    """Return the draft after the item was chosen on a machine of two seals."""
    village.change(seals=TWO, items=items)
    return questions.with_seal(Draft(matter="CM-05"), village.view())


def test_seal_is_asked_for_after_the_item_when_several_may_stamp_it(village: Any) -> None:
    draft = chosen(village, {})

    assert questions.first_open(Draft(), village.view()) == "matter"
    assert (draft.seal, questions.first_open(draft, village.view())) == ("", "seal")


@pytest.mark.parametrize("named", ["CM-05", "村民建房申请"])
def test_item_that_one_seal_may_stamp_chooses_it(village: Any, named: str) -> None:
    draft = chosen(village, {"committee": ("CM-09",), "party": (named,)})

    assert draft.seal == "party"
    assert "seal" not in questions.asked(draft, village.view())


def test_category_chooses_the_seal_too(village: Any) -> None:
    village.change(seals=TWO, items={"committee": ("重大事项",), "party": ("党建",)})

    draft = questions.with_seal(Draft(matter="GB52-03"), village.view())

    assert draft.seal == "committee"


def test_other_item_lets_go_of_a_seal_that_may_not_stamp_it(village: Any) -> None:
    village.change(seals=TWO, items={"committee": ("CM-05",), "party": ("CM-09",)})

    draft = questions.with_seal(Draft(matter="CM-09", seal="committee"), village.view())

    assert draft.seal == "party"


def test_money_is_asked_for_with_a_contract_only(village: Any) -> None:
    view = village.view()

    asked = {code: questions.asked(Draft(matter=code), view) for code in ("GB52-03", "CM-05")}

    assert ("amount" in asked["GB52-03"], "amount" in asked["CM-05"]) == (True, False)


@pytest.mark.parametrize("missing", ["matter", "applicant", "purpose", "pages"])
def test_what_is_not_answered_is_the_next_question(village: Any, missing: str) -> None:
    nothing = getattr(Draft(), missing)

    draft = structs.replace(FULL, **{missing: nothing})

    assert questions.first_open(draft, village.view()) == missing


def test_one_copy_is_not_asked_for_on_the_way(village: Any) -> None:
    draft = Draft(matter="CM-05", applicant="张三", purpose="交给学校")

    assert (draft.copies, questions.following("purpose", draft, village.view())) == (1, "pages")
    assert "copies" in questions.summary(draft, village.view())


def test_copies_that_are_too_many_for_another_item_are_asked_for(village: Any) -> None:
    draft = Draft(matter="CM-05", applicant="张三", purpose="交给学校", copies=0)

    assert questions.following("purpose", draft, village.view()) == "copies"


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
