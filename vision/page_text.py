"""The words of a page: made flat, red ink lifted out, read line by line and put in rows.

A seal over a name hides it from a reader; seen through the red channel it is nearly as bright as
paper. A letterhead is printed red, so the upper part is read once more as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.channels import most
from vision.decoding import Image
from vision.ocr import Box, Line, Reader, cut
from vision.page import RED_INK, Page, find_page, flatten, lifted, redness
from vision.written import CELL, ROW, Written, written

READ_PX = 2000  # longest side; A4 at 170 dpi, body text of 4 mm is 27 px high
_LETTERHEAD = 0.35  # of the page's height
_LETTERHEAD_INK = 0.004  # share of that part; a seal's rim that reaches in has less
_RED_LINE = 0.4  # of RED_INK, as the mean of a line's box: a third of it is ink
_SAME_ROW = 0.5  # of a line's height between the middles of two lines
_GAP = 1.3  # of a line's height: wider ones part two cells
_FULL = 0.9  # of the widest row's right end: a row that ends before it ends its paragraph
_WIDENED = 0.12  # of a line's height, for the second look


class Row(Struct, frozen=True):
    """One row of the page, from left to right.

    Args:
        lines: its parts.
        height: of its largest part, in pixels of the flat page.
        top, left, right: in the same pixels.
        red: printed in red.
    """

    lines: tuple[Line, ...]
    height: float
    top: float
    left: float
    right: float
    red: bool = False


class PageText(Struct, frozen=True):
    """What a page says.

    Args:
        rows: from top to bottom, the black ones and then the red ones.
        all: every black word of the page.
        heading: every red one.
        height: of the flat page, in its pixels.
    """

    rows: tuple[Row, ...]
    all: Written
    heading: Written
    height: int


class Sight(Struct, frozen=True):
    """A page made ready for reading; `back` takes its pixels to those of the photo."""

    flat: Image
    black: Image
    back: NDArray[np.float64]


def prepare(image: Image, page: Page | None = None) -> Sight | None:
    """Make a page flat and lift the red out; None where there is no page.

    Args:
        page: where the paper lies, when the caller knows; it is sought otherwise.
    """
    page = page or find_page(image)
    if page is None:
        return None
    flat = flatten(image, page, READ_PX)
    return Sight(flat, without_red(flat), lifted(page, flat))


def read_page(sight: Sight, reader: Reader) -> tuple[Sight, PageText]:
    """Read everything; return with it the page as it is held to be read."""
    lines = reader.lines(sight.black)
    turns = _turns(lines)
    if turns:
        lines = tuple(_turned_line(line, turns, sight.flat.shape) for line in lines)
        sight = _turned(sight, turns)
    red = _rows(_letterhead(sight.flat, reader), red=True)
    return sight, of_rows((*_rows(lines, red=False), *red), len(sight.flat))


def read_again(sight: Sight, text: PageText, rows: Sequence[int], reader: Reader) -> PageText:
    """Look a second time at some rows, a little wider and harder; the others stay."""
    changed = list(text.rows)
    for i in rows:
        source = sight.flat if text.rows[i].red else sight.black
        strips = [_sharper(cut(source, _wider(line.box))) for line in text.rows[i].lines]
        read = reader.strips(strips)
        lines = tuple(
            Line(text=new.text, score=new.score, box=old.box, scores=new.scores)
            for new, old in zip(read, text.rows[i].lines, strict=True)
        )
        changed[i] = Row(*(lines, *_measures(text.rows[i])), red=text.rows[i].red)
    return of_rows(tuple(changed), text.height)


def of_rows(rows: tuple[Row, ...], height: int) -> PageText:
    """Return the text of a page of these rows; `height` in the same pixels."""
    black = [(i, row) for i, row in enumerate(rows) if not row.red]
    red = [(i, row) for i, row in enumerate(rows) if row.red]
    return PageText(rows, _joined(black), _joined(red), height)


def letter_px(row: Row) -> float:
    """Return how large a row's letters are, by its narrowest part.

    In tables the boxes of lines are as high as the cells, so their width tells more; a wide gap
    within a line makes it wide, so it is at most its height.
    """
    return min(min(_height(line), _letter_width(line)) for line in row.lines)


def corners_in_photo(sight: Sight, row: Row) -> Box:
    """Return where a row lies in the photo, (x, y) clockwise from top left."""
    left, right, top, bottom = row.left, row.right, row.top, row.top + row.height
    flat = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float32)
    at = cv2.perspectiveTransform(flat, sight.back)[0]
    return tuple((float(x), float(y)) for x, y in at)


def _turns(lines: Sequence[Line]) -> int:
    """Return by how many quarters, against the clock, the page must be turned to be read."""
    votes = np.zeros(4)
    for line in lines:
        (x0, y0), (x1, y1), _, _ = line.box
        # Reading rightwards, downwards, leftwards, upwards.
        votes[round(np.arctan2(y1 - y0, x1 - x0) / (np.pi / 2)) % 4] += len(line.text)
    return int(votes.argmax())


def _turned(sight: Sight, turns: int) -> Sight:
    """The page turned by quarters against the clock."""
    height, width = sight.flat.shape[:2]
    before = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    after = np.array([_turned_at(x, y, turns, sight.flat.shape) for x, y in before], np.float32)
    unturned = cv2.getPerspectiveTransform(after, before)
    return Sight(
        np.ascontiguousarray(np.rot90(sight.flat, turns)),
        np.ascontiguousarray(np.rot90(sight.black, turns)),
        np.asarray(sight.back @ unturned, np.float64),
    )


def _turned_line(line: Line, turns: int, shape: tuple[int, ...]) -> Line:
    box = tuple(_turned_at(x, y, turns, shape) for x, y in line.box)
    return Line(text=line.text, score=line.score, box=box, scores=line.scores)


def _turned_at(x: float, y: float, turns: int, shape: tuple[int, ...]) -> tuple[float, float]:
    height, width = shape[:2]
    for _ in range(turns):
        x, y = y, width - x
        height, width = width, height
    return float(x), float(y)


def without_red(flat: Image) -> Image:
    """Return the page as grey in three channels, its paper white; red ink is paper."""
    red = np.asarray(flat[..., 2])
    excess = cv2.subtract(red, most(flat[..., :2])).astype(np.float32)
    paper = cv2.dilate(red, np.ones((9, 9), np.uint8))
    paper = cv2.GaussianBlur(cv2.medianBlur(paper, 31), (0, 0), 9).astype(np.float32)
    share = (red.astype(np.float32) + 0.6 * excess) / np.maximum(paper, 24)
    grey = np.clip(share * 255, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _letterhead(flat: Image, reader: Reader) -> tuple[Line, ...]:
    """The red lines of the upper part; none where there is hardly any red."""
    upper = np.ascontiguousarray(flat[: round(len(flat) * _LETTERHEAD)])
    red = redness(upper)
    if float((red > RED_INK).mean()) < _LETTERHEAD_INK:
        return ()
    return tuple(
        line for line in reader.lines(upper) if _mean_in(red, line.box) > _RED_LINE * RED_INK
    )


def _mean_in(ink: NDArray[np.float32], box: Box) -> float:
    corners = np.array(box)
    left, top = np.maximum(corners.min(axis=0), 0).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    inside = ink[top:bottom, left:right]
    return float(inside.mean()) if inside.size else 0.0


def _rows(lines: Sequence[Line], *, red: bool) -> tuple[Row, ...]:
    """Put lines whose middles are at one height side by side."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=_middle):
        if rows and _middle(line) - _middle(rows[-1][0]) < _SAME_ROW * _height(rows[-1][0]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(_row(row, red) for row in rows)


def _row(lines: list[Line], red: bool) -> Row:
    ordered = tuple(sorted(lines, key=_left))
    corners = np.array([corner for line in ordered for corner in line.box])
    left, top = corners.min(axis=0)
    right = corners[:, 0].max()
    height = max(_height(line) for line in ordered)
    return Row(ordered, height, float(top), float(left), float(right), red)


def _measures(row: Row) -> tuple[float, float, float, float]:
    return row.height, row.top, row.left, row.right


def _joined(rows: list[tuple[int, Row]]) -> Written:
    """One running text: a row that reaches the margin goes on in the next one."""
    margin = max((row.right for _, row in rows), default=0.0)
    pieces: list[tuple[str, tuple[float, ...], int]] = []
    for i, row in rows:
        for k, line in enumerate(row.lines):
            if k and _left(line) - _right(row.lines[k - 1]) > _GAP * row.height:
                pieces.append((CELL, (1.0,), i))
            pieces.append((line.text, line.scores, i))
        if row.right < _FULL * margin:
            pieces.append((ROW, (1.0,), i))
    return written(pieces)


def _middle(line: Line) -> float:
    return sum(y for _, y in line.box) / len(line.box)


def _height(line: Line) -> float:
    (x0, y0), _, _, (x3, y3) = line.box
    return float(np.hypot(x3 - x0, y3 - y0))


def _letter_width(line: Line) -> float:
    """Width of a full-width character; figures and Latin letters have half of it."""
    said = [one for one in line.text if not one.isspace()]
    wide = sum(0.5 if one.isascii() else 1.0 for one in said)
    return (_right(line) - _left(line)) / max(wide, 0.5)  # a second look may read nothing


def _left(line: Line) -> float:
    return min(x for x, _ in line.box)


def _right(line: Line) -> float:
    return max(x for x, _ in line.box)


def _wider(box: Box) -> NDArray[np.float32]:
    """The box with a margin all around, its sides kept straight."""
    corners = np.array(box, np.float32)
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    unit = across / max(float(np.linalg.norm(across)), 1.0)
    by = _WIDENED * float(np.linalg.norm(down))
    fall = down / max(float(np.linalg.norm(down)), 1.0)
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    moved = [
        corner + by * (sx * unit + sy * fall)
        for corner, (sx, sy) in zip(corners, signs, strict=True)
    ]
    return np.array(moved, np.float32)


def _sharper(strip: Image) -> Image:
    soft = cv2.GaussianBlur(strip, (0, 0), 1.5)
    return np.asarray(cv2.addWeighted(strip, 1.6, soft, -0.6, 0), np.uint8)
