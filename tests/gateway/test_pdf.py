"""PDF files: what they say can be read back, and no character is silently lost."""

from __future__ import annotations

import io

import pytest
from fontTools.ttLib import TTFont
from fpdf import FPDF
from pypdf import PdfReader
from pytest_mock import MockerFixture

from gateway.pdf import FONT, Frame, printable, to_pdf
from gateway.sheets import Sheet

FRAME = Frame(
    above="2026-11-01 至 2026-11-30",
    below="填表人：王",
    band="模拟机",
    page="第 {n} 页，共 {of} 页",
)
HOSTILE = "=cmd|' /C calc'!A0 <b>x</b> \\(PDF\\) {nb} \u202e\u200b"


def pages_of(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def sheet(*rows: tuple[str, ...]) -> Sheet:
    return Sheet(name="台账", title="示范镇用印登记台账", headings=("序号", "申请人"), rows=rows)


@pytest.fixture(scope="module")
def known() -> dict[int, str]:
    font = TTFont(FONT)
    found: dict[int, str] = font.getBestCmap()
    font.close()
    return found


def test_font_has_the_national_table_gb2312_and_ascii(known: dict[int, str]) -> None:
    table = (FONT.parent / "characters.txt").read_text(encoding="utf-8").replace("\n", "")
    gb2312 = {
        bytes([first, second]).decode("gb2312")
        for first in range(0xB0, 0xF8)
        for second in range(0xA1, 0xFF)
        if (first, second) < (0xD7, 0xFA) or first > 0xD7
    }

    missing = [
        one for one in {*table, *gb2312, *map(chr, range(0x20, 0x7F))} if ord(one) not in known
    ]

    assert (len(table), len(gb2312), missing) == (8105, 6763, [])


def test_font_ships_with_its_licence_under_its_own_name() -> None:
    font = TTFont(FONT)
    names = {one.nameID: one.toUnicode() for one in font["name"].names}
    font.close()

    assert "SIL OPEN FONT LICENSE" in (FONT.parent / "LICENSE.txt").read_text(encoding="utf-8")
    assert "SIL Open Font License" in names[13]
    assert "Noto" not in names[1] + names[4] + names[6]


def test_character_that_the_font_has_not_prints_as_a_box_with_its_number(
    known: dict[int, str],
) -> None:
    data = to_pdf([sheet(("1", "王堃\U0002a6d6"))], FRAME)

    assert printable("王\U0002a6d6\U0001f600", known) == "王□U+2A6D6□U+1F600"
    assert "王堃□U+2A6D6" in "".join(pages_of(data)[0].split())


def test_rows_go_on_with_headings_band_and_number_on_each_page() -> None:
    rows = tuple((str(n), f"张三{n}") for n in range(1, 101))

    pages = pages_of(to_pdf([sheet(*rows)], FRAME))

    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert (
            "申请人" in page and "模拟机" in page and f"第 {number} 页，共 {len(pages)} 页" in page
        )
    assert all(any(f"张三{n}" in page for page in pages) for n in range(1, 101))
    assert "填表人：王" in pages[-1] and "2026-11-01 至" in pages[0]


def test_hostile_and_endless_text_stays_text_and_ends() -> None:
    (page,) = pages_of(
        to_pdf([sheet(("1", HOSTILE), ("2", "长" * 3_000), ("3", "行\n" * 60))], FRAME)
    )

    assert "=cmd|'" in page and "<b>x</b>" in page and "……" in page


def test_each_character_is_measured_once(mocker: MockerFixture) -> None:
    asked = mocker.spy(FPDF, "get_string_width")
    row = ("居住情况说明", "张三")

    to_pdf([sheet(*[row] * 60)], FRAME)

    measured = [one.args[1] for one in asked.call_args_list if len(one.args[1]) == 1]
    assert sorted(measured) == sorted({*"序号申请人", *"".join(row)})
