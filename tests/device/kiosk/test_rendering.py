"""What the templates do to texts."""

from __future__ import annotations

from device.kiosk.rendering import unbroken


def test_a_number_with_hyphens_is_kept_together_as_it_is() -> None:
    told = unbroken("3 号窗口，电话 0000-1234567。编号 6A79-3AE1")

    assert told == (
        '3 号窗口，电话 <span class="unbroken">0000-1234567</span>。'
        '编号 <span class="unbroken">6A79-3AE1</span>'
    )


def test_a_text_beside_such_a_number_is_no_html() -> None:
    assert "<b>" not in unbroken("<b>1-2</b>")
