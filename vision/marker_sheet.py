"""The sheet that a tray is calibrated with: A4, markers at known millimetres, a ruler to check.

`drawn` makes its picture, `encoded` a file to print. Print it at 100 %: a printer that fits pages
makes all of it smaller, which the ruler shows to a person and the paper's edge to `vision.tray`.
"""

from __future__ import annotations

import base64
import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from vision.errors import VisionError

SHEET_MM = (210.0, 297.0)
MARKER_MM = 30.0  # 24 pixels a cell at 5 pixels a millimetre, 12 on a camera half as fine
DICTIONARY = cv2.aruco.DICT_4X4_50  # few large cells: found from far and through some blur
# Left and upper corner by number; the outer ones are as far apart as printers' margins allow.
PLACES_MM = {
    3 * row + column: (15.0 + 75.0 * column, 14.0 + 68.0 * row)
    for row in range(4)
    for column in range(3)
}
FORMATS = ("pdf", "png", "svg")

_DPI = 300
_RULER_MM = (55.0, 286.0, 100.0)  # left end, height on the sheet, length
_LINES = (  # upper edge and size in millimetres
    ("托盘标定页：按 100% 打印在 A4 纸上，不要“适合页面”。下面的线须正好长 100 毫米。", 253.0, 4.3),
    ("平放在托盘正中，四角不翘，什么也不压；然后运行 seal-device calibrate。", 260.0, 4.3),
    (
        "Print on A4 at 100 %, never fitted to the page: the line below must be 100 mm long.",
        267.5,
        4,
    ),
    (
        "Lay it flat in the middle of the tray, nothing on it; then run seal-device calibrate.",
        273,
        4,
    ),
)


def corners_mm(marker: int) -> NDArray[np.float32]:
    """Return the four corners (x, y) of a marker on the sheet, clockwise from its upper left."""
    left, top = PLACES_MM[marker]
    far_x, far_y = left + MARKER_MM, top + MARKER_MM
    return np.array([[left, top], [far_x, top], [far_x, far_y], [left, far_y]], np.float32)


def drawn(dpi: int = _DPI) -> NDArray[np.uint8]:
    """Return the sheet as a picture of one channel, 255 for bare paper."""
    scale = dpi / 25.4
    width, height = (round(side * scale) for side in SHEET_MM)
    sheet = np.full((height, width), 255, np.uint8)
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    for marker in PLACES_MM:
        (left, top), (right, bottom) = np.rint(corners_mm(marker)[[0, 2]] * scale).astype(int)
        cells = cv2.aruco.generateImageMarker(dictionary, marker, 6)
        size = (int(right - left), int(bottom - top))
        sheet[top:bottom, left:right] = cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST)
    _rule(sheet, scale)
    # OpenCV's own typeface has Chinese, so that no font has to be there.
    face = cv2.FontFace("uni")
    for text, top_mm, size_mm in _LINES:
        at = (round(15 * scale), round((top_mm + size_mm) * scale))
        cv2.putText(sheet, text, at, (0, 0, 0), face, round(size_mm * scale), 400)
    return sheet


def encoded(kind: str) -> bytes:
    """Return the sheet as a file of one of `FORMATS`, which prints at its true size.

    Raises:
        VisionError: another kind.
    """
    if kind not in FORMATS:
        raise VisionError(f"expected a sheet as {', '.join(FORMATS)}, found {kind!r}: name another")
    picture = PillowImage.fromarray(drawn()).convert("1", dither=PillowImage.Dither.NONE)
    file = io.BytesIO()
    if kind == "pdf":
        picture.save(file, "PDF", resolution=_DPI)
        return file.getvalue()
    picture.save(file, "PNG", dpi=(_DPI, _DPI))
    return file.getvalue() if kind == "png" else _svg(file.getvalue())


def _svg(png: bytes) -> bytes:
    width, height = SHEET_MM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}"><image width="{width:g}" height="{height:g}" '
        f'href="data:image/png;base64,{base64.b64encode(png).decode()}"/></svg>\n'
    ).encode()


def _rule(sheet: NDArray[np.uint8], scale: float) -> None:
    """Draw the ruler: a tick each centimetre, 100 mm between the outer edges of the outer ones."""
    left, y, length = _RULER_MM
    thick = max(round(0.3 * scale), 1)
    start, end, at = round(left * scale), round((left + length) * scale), round(y * scale)
    sheet[at : at + thick, start:end] = 0
    for tick in range(11):
        x = min(round((left + length * tick / 10) * scale), end - thick)
        high = round((4.0 if tick % 5 == 0 else 2.0) * scale)
        sheet[at - high : at + thick, x : x + thick] = 0
