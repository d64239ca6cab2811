"""The words of a slip."""

from __future__ import annotations

from device.kiosk.slip import LONGEST, qr, text_of


def test_words_that_would_not_fit_the_code_are_cut() -> None:
    assert len(text_of(("长" * 400,))) == LONGEST
    assert text_of(("甲", "", "乙")) == "甲\n乙"


def test_code_holds_nothing_but_its_drawing() -> None:
    code = qr("<script>alert(1)</script>")

    assert "script" not in code and "style" not in code
