"""Contact sheets for people: each picture that was not understood, with what was and what is.

Green is what people labelled, red what was found. Sheets are PNG files of a few rows each.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from msgspec import Struct

from bench.eyes_folder import Box
from vision.decoding import Image

_CELL_PX, _CAPTION_PX = 420, 26
_COLUMNS, _ROWS = 4, 3
_LABELLED, _FOUND = (60, 160, 30), (40, 40, 230)  # blue, green, red
_PAPER, _INK = 245, (20, 20, 20)


class Cell(Struct, frozen=True):
    """One picture of a sheet with boxes in its own pixels."""

    picture: Image
    labelled: tuple[Box, ...]
    found: tuple[Box, ...]
    caption: str


def shrunk(picture: Image, labelled: Sequence[Box], found: Sequence[Box], caption: str) -> Cell:
    """Return a cell that holds no more pixels than its sheet will show."""
    factor = min(1.0, _CELL_PX / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    scaled = [
        tuple((x * factor, y * factor, w * factor, h * factor) for x, y, w, h in boxes)
        for boxes in (labelled, found)
    ]
    return Cell(np.asarray(small, np.uint8), scaled[0], scaled[1], caption)


def write_sheets(cells: Sequence[Cell], folder: Path, name: str) -> list[Path]:
    """Write `cells` as NAME-1.png, NAME-2.png ... into `folder`; return the paths.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    each = _COLUMNS * _ROWS
    for start in range(0, len(cells), each):
        path = folder / f"{name}-{start // each + 1}.png"
        done, data = cv2.imencode(".png", _sheet(cells[start : start + each]))
        if not done:
            raise OSError(f"expected a picture that PNG can hold for {path}")
        path.write_bytes(data.tobytes())
        paths.append(path)
    return paths


def _sheet(cells: Sequence[Cell]) -> Image:
    rows = -(-len(cells) // _COLUMNS)
    tall, wide = _CELL_PX + _CAPTION_PX, _CELL_PX
    sheet = np.full((rows * tall, _COLUMNS * wide, 3), _PAPER, np.uint8)
    for place, cell in enumerate(cells):
        top, left = place // _COLUMNS * tall, place % _COLUMNS * wide
        sheet[top : top + tall, left : left + wide] = _drawn(cell)
    return sheet


def _drawn(cell: Cell) -> Image:
    tile = np.full((_CELL_PX + _CAPTION_PX, _CELL_PX, 3), _PAPER, np.uint8)
    height, width = cell.picture.shape[:2]
    tile[:height, :width] = cell.picture
    for boxes, colour, thick in ((cell.labelled, _LABELLED, 3), (cell.found, _FOUND, 1)):
        for x, y, w, h in boxes:
            start, end = (round(x), round(y)), (round(x + w), round(y + h))
            cv2.rectangle(tile, start, end, colour, thick, cv2.LINE_AA)
    words = cell.caption.encode("ascii", "replace").decode()[:56]
    place = (4, _CELL_PX + _CAPTION_PX - 8)
    cv2.putText(tile, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    return tile
