"""Draws the simulated papers and the seal's red impression on them; Pillow and numpy only.

Images are numpy arrays, height x width x 3, uint8, in OpenCV's channel order (blue first).
Everything is seeded: the same arguments give the same pixels on every machine.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sim.documents import COMMITTEE, Document, document
from sim.seals import round_shape
from sim.typeface import typeface

DPI = 150
WIDTH_PX, HEIGHT_PX = 1240, 1754  # A4 at 150 dpi
# 42 mm: the seal of a township under the State Council's rule of 1999 (国发〔1999〕25号),
# which most counties also set for village committees.
DIAMETER_PX = round(42 / 25.4 * DPI)
INK = (46, 38, 205)  # blue, green, red of fresh stamp-pad ink on white paper

_MARGIN_PX = 160
_TITLE_PX, _BODY_PX, _LINE_PX = 52, 34, 62
_BLACK, _RED = (34, 32, 30), (206, 32, 36)  # printed colours, red first as Pillow wants them

Picture = NDArray[np.uint8]
Mask = NDArray[np.float32]
Box = tuple[int, int, int, int]  # x, y, width, height in page pixels


class RenderedPage(Struct, frozen=True):
    """A page with its truth: the words on it and where each printed line lies."""

    image: Picture
    document: Document
    lines: tuple[tuple[str, Box], ...]


def page_image(seed: int, n: int) -> Picture:
    """Return the n-th page (n from 0) of the world `seed`, A4 at 150 dpi, flat and unlit."""
    return render_page(document(seed, n)).image


def blank_page() -> Picture:
    """Return an empty sheet of A4."""
    return np.full((HEIGHT_PX, WIDTH_PX, 3), 252, np.uint8)


def render_page(paper: Document) -> RenderedPage:
    """Print `paper` on an empty sheet."""
    sheet = _Sheet()
    if paper.letterhead:
        sheet.centred(paper.letterhead, 56, _RED)
        sheet.rule(_RED, 5)
    sheet.down(40)
    sheet.centred(paper.title, _TITLE_PX, _BLACK)
    sheet.down(30)
    if paper.addressee:
        sheet.paragraph(paper.addressee, indent=0)
    for text in paper.paragraphs:
        sheet.paragraph(text, indent=2)
    sheet.table(paper.rows)
    sheet.down(150)
    sheet.right(paper.signed_by)
    sheet.right(paper.date)
    return RenderedPage(sheet.image(), paper, tuple(sheet.lines))


def impression(
    text: str = COMMITTEE, *, seed: int = 0, diameter_px: int = DIAMETER_PX, strength: float = 1.0
) -> Mask:
    """Return the ink of one impression: 0 no ink .. 1 full ink, `diameter_px` square.

    Args:
        text: runs around the ring.
        seed: texture of the ink; one press, one seed.
        strength: 1 a good press, 0.3 a faint one.
    """
    shape = round_shape(text, 2 * diameter_px).resize(
        (diameter_px, diameter_px), Image.Resampling.LANCZOS
    )
    ink = np.asarray(shape, np.float32) / 255
    rng = np.random.default_rng(seed)
    pressure = clouds(rng, diameter_px, 5, 0.72, 1.0)
    grain = clouds(rng, diameter_px, diameter_px // 2, 0.55, 1.25)
    covered: Mask = np.clip(ink * pressure * grain * strength, 0, 0.94).astype(np.float32)
    return covered


def stamped(page: Picture, ink: Mask, x: float, y: float, rotation_deg: float = 0.0) -> Picture:
    """Return `page` with `ink` pressed on it, centred at the page fractions `x`, `y`.

    Ink multiplies with what is printed under it; what falls off the page is lost, as on paper.
    """
    turned = Image.fromarray(np.uint8(ink * 255)).rotate(
        rotation_deg, Image.Resampling.BICUBIC, expand=True
    )
    sheet = Image.new("L", (page.shape[1], page.shape[0]))
    left = round(x * page.shape[1] - turned.width / 2)
    top = round(y * page.shape[0] - turned.height / 2)
    sheet.paste(turned, (left, top))
    inked = np.s_[max(top, 0) : top + turned.height, max(left, 0) : left + turned.width]
    alpha = np.asarray(sheet)[inked][..., None].astype(np.float32) / 255
    colour = 1 - alpha * (1 - np.array(INK, np.float32) / 255)
    made = page.copy()
    made[inked] = (page[inked] * colour).astype(np.uint8)
    return made


class _Sheet:
    """A page while it is being printed, top to bottom."""

    def __init__(self) -> None:
        self._image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), (252, 252, 250))
        self._draw = ImageDraw.Draw(self._image)
        self._y = 150
        self.lines: list[tuple[str, Box]] = []

    def image(self) -> Picture:
        return np.ascontiguousarray(np.asarray(self._image)[..., ::-1])

    def down(self, by_px: int) -> None:
        self._y += by_px

    def centred(self, text: str, size_px: int, colour: tuple[int, int, int]) -> None:
        room = WIDTH_PX - 2 * _MARGIN_PX + 60
        size_px = min(size_px, room // max(len(text), 1))
        width = typeface(size_px, text).getlength(text)
        self._print(text, round((WIDTH_PX - width) / 2), size_px, colour, bold=1)
        self._y += round(size_px * 1.7)

    def rule(self, colour: tuple[int, int, int], width_px: int) -> None:
        self._draw.line(
            (_MARGIN_PX - 30, self._y, WIDTH_PX - _MARGIN_PX + 30, self._y), colour, width_px
        )
        self._y += 20

    def paragraph(self, text: str, indent: int) -> None:
        for line in _wrapped(text, indent, WIDTH_PX - 2 * _MARGIN_PX):
            self._print(line, _MARGIN_PX, _BODY_PX, _BLACK)
            self._y += _LINE_PX

    def right(self, text: str) -> None:
        width = typeface(_BODY_PX, text).getlength(text)
        self._print(text, round(WIDTH_PX - _MARGIN_PX - width), _BODY_PX, _BLACK)
        self._y += _LINE_PX

    def table(self, rows: tuple[tuple[str, ...], ...]) -> None:
        for row in rows:
            width = (WIDTH_PX - 2 * _MARGIN_PX) // len(row)
            for i, cell in enumerate(row):
                left = _MARGIN_PX + i * width
                self._draw.rectangle((left, self._y, left + width, self._y + 76), None, _BLACK, 2)
                if cell:
                    length = typeface(30, cell).getlength(cell)
                    self._y += 18
                    self._print(cell, round(left + (width - length) / 2), 30, _BLACK)
                    self._y -= 18
            self._y += 76

    def _print(
        self, text: str, left: int, size_px: int, colour: tuple[int, int, int], bold: int = 0
    ) -> None:
        font = typeface(size_px, text)
        self._draw.text((left, self._y), text, colour, font, stroke_width=bold, stroke_fill=colour)
        x0, y0, x1, y1 = self._draw.textbbox((left, self._y), text.strip("　"), font)
        self.lines.append((text, (int(x0), int(y0), int(x1 - x0), int(y1 - y0))))


def _wrapped(text: str, indent: int, width_px: int) -> list[str]:
    """Break `text` into lines of `width_px`, the first one indented by `indent` characters."""
    font = typeface(_BODY_PX, text)
    lines, line = [], "　" * indent
    for character in text:
        if font.getlength(line + character) > width_px and character not in "，。、：！）":
            lines.append(line)
            line = ""
        line += character
    return [*lines, line]


def clouds(rng: np.random.Generator, size: int, cells: int, low: float, high: float) -> Mask:
    """Smooth random field of `cells` x `cells` waves between `low` and `high`."""
    coarse = Image.fromarray(rng.random((max(cells, 2),) * 2, dtype=np.float32))
    field = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC), np.float32)
    return (low + (high - low) * np.clip(field, 0, 1)).astype(np.float32)
