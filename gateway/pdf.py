"""PDF: sheets as pages to be filed, in a font that ships with the program.

The font has 8,105 characters of the national table, GB 2312 and Latin. A character that it has not
still prints: as a box with its number (□U+2A6D6), so that no name is silently cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from gateway.sheets import Sheet, Value

if TYPE_CHECKING:
    from fpdf import FPDF

FONT = Path(__file__).parent / "data" / "fonts" / "ledger-sc.ttf"
FACE = "ledger"
BOX = "\u25a1"
SIZE_PT, TITLE_PT, SMALL_PT = 9, 15, 8
LINE_MM = 5.2
MARGIN_MM = 12
PADDING_MM = 0.8
MOST_LINES = 12  # of one cell; the workbook has the whole text


class Frame(Struct, frozen=True, kw_only=True):
    """What stands around the sheets of one document.

    Args:
        above: a line under the title, such as the period. below: at the end, such as who signs.
        band: a line on every page, such as that the data are simulated; "" for none.
        page: "第 {n} 页，共 {of} 页", as people read it.
    """

    above: str
    below: str
    band: str
    page: str


def to_pdf(sheets: Iterable[Sheet], frame: Frame) -> bytes:
    """Return the sheets as A4 pages in landscape, each with its title and repeated headings."""
    document = _document(frame)
    known = document.fonts[FACE].cmap  # type: ignore[union-attr]  # fonts with a file have one
    for sheet in sheets:
        document.add_page()
        document.set_font(FACE, size=TITLE_PT)
        document.multi_cell(
            0, 9, printable(sheet.title, known), align="C", new_x="LMARGIN", new_y="NEXT"
        )
        document.set_font(FACE, size=SIZE_PT)
        document.multi_cell(
            0, 6, printable(frame.above, known), align="C", new_x="LMARGIN", new_y="NEXT"
        )
        _Grid(document, sheet, known).draw(sheet.rows)
    document.ln(4)
    document.multi_cell(0, 7, printable(frame.below, known), new_x="LMARGIN", new_y="NEXT")
    return bytes(document.output())


def printable(text: str, known: Mapping[int, object]) -> str:
    """Return the text with a box and the number for every character that the font has not."""
    return "".join(
        one if ord(one) in known or one == "\n" else f"{BOX}U+{ord(one):04X}" for one in text
    )


def _document(frame: Frame) -> FPDF:
    from fpdf import FPDF

    class Filed(FPDF):
        """Pages with a band above and the page's number below."""

        def header(self) -> None:
            if frame.band:
                self.set_font(FACE, size=SMALL_PT)
                self.set_fill_color(255, 212, 0)
                self.cell(0, 5, frame.band, align="C", fill=True, new_x="LMARGIN", new_y="NEXT")

        def footer(self) -> None:
            self.set_y(-MARGIN_MM)
            self.set_font(FACE, size=SMALL_PT)
            self.cell(0, 5, frame.page.format(n=self.page_no(), of="{nb}"), align="C")

    document = Filed(orientation="landscape", format="A4")
    document.set_margin(MARGIN_MM)
    document.set_auto_page_break(True, MARGIN_MM + 4)
    document.add_font(FACE, "", FONT)
    document.set_lang("zh-CN")
    return document


class _Grid:
    """Draws one sheet as a table, page after page; cells are wrapped between any characters.

    The library's own table measures every cell several times: it takes half a minute for what is
    done here in one second.
    """

    def __init__(self, document: FPDF, sheet: Sheet, known: Mapping[int, object]) -> None:
        self._document, self._known = document, known
        document.set_font(FACE, size=SMALL_PT)
        shares = _widths(sheet)
        self._widths = [document.epw * one / sum(shares) for one in shares]
        self._wide: dict[str, float] = {}
        self._headings = self._wrapped(sheet.headings)

    def draw(self, rows: Iterable[Sequence[Value]]) -> None:
        """Draw the headings and the rows, with the headings again on each further page."""
        self._row(self._headings, is_heading=True)
        for row in rows:
            lines = self._wrapped(row)
            if self._document.will_page_break(_height(lines)):
                self._document.add_page()
                self._document.set_font(FACE, size=SMALL_PT)
                self._row(self._headings, is_heading=True)
            self._row(lines)

    def _row(self, cells: list[list[str]], *, is_heading: bool = False) -> None:
        document, height = self._document, _height(cells)
        x, y = document.l_margin, document.y
        document.set_fill_color(230, 238, 248)
        for width, lines in zip(self._widths, cells, strict=True):
            document.rect(x, y, width, height, style="DF" if is_heading else "D")
            for number, line in enumerate(lines):
                if line:
                    document.text(x + PADDING_MM, y + LINE_MM * (number + 0.78), line)
            x += width
        document.set_y(y + height)

    def _wrapped(self, row: Sequence[Value]) -> list[list[str]]:
        pairs = zip(self._widths, row, strict=True)
        return [self._lines(printable(_said(one), self._known), width) for width, one in pairs]

    def _lines(self, text: str, width_mm: float) -> list[str]:
        """Return a cell's lines; a very long one ends after `MOST_LINES` with an ellipsis."""
        found, room = [""], width_mm - 2 * PADDING_MM
        left = room
        for one in text:
            wide = self._wide_mm(one)
            if one == "\n" or wide > left:
                found.append("")
                left = room
            if one != "\n":
                found[-1] += one
                left -= wide
        if len(found) > MOST_LINES:
            found = [*found[: MOST_LINES - 1], "……"]
        return found

    def _wide_mm(self, one: str) -> float:
        """Return how wide a character is; the library is asked once for each."""
        if (known := self._wide.get(one)) is None:
            known = self._wide[one] = self._document.get_string_width(one)
        return known


def _height(cells: list[list[str]]) -> float:
    return LINE_MM * max(len(lines) for lines in cells)


def _widths(sheet: Sheet) -> tuple[int, ...]:
    """Return relative widths that follow what stands in the columns, within bounds."""
    widths = [_width(one) for one in sheet.headings]
    for row in sheet.rows[:300]:
        widths = [max(now, _width(_said(one))) for now, one in zip(widths, row, strict=True)]
    return tuple(min(max(one, 5), 26) + 1 for one in widths)  # one for what stands round a text


def _width(text: str) -> int:
    return sum(2 if ord(one) > 0x2E7F else 1 for one in text)


def _said(value: Value) -> str:
    return "" if value is None else str(value)
