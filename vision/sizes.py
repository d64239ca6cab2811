"""How large a seal is, measured on the sheet that it was pressed on, and whether that can be.

Sheets of the A series have one shape, so a sheet of A4 is its own ruler, wherever it lies. Which
of the series it is the shape does not tell: a size is refused only if it fits on none of them.
Nor does it tell A4 from 16 kai and B5: what would fit on those is neither refused nor granted.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.framing import on_a4
from vision.page import Page
from vision.seals import Seal
from vision.tray import Tray

_OTHER_SHEETS = (1.0, 2**-0.5, 2**0.5)  # A4, A5 and A3, against A4
# Nearly of that shape, against A4: 16 kai (185 x 260 mm), B5 of JIS (182 x 257) and ISO (176 x 250)
_LIKE_A4 = (260 / 297, 257 / 297, 250 / 297)
_OFF = 0.08  # of the size; ink that spreads and an outline that is askew reach 0.04


def on_a4_mm(seal: Seal, page: Page | None) -> tuple[float, float] | None:
    """Return the longer and the shorter side of `seal` if the sheet is A4; None without a sheet."""
    matrix = on_a4(page)
    return None if matrix is None else _sides_mm(seal, matrix)


def on_tray_mm(seal: Seal, tray: Tray) -> tuple[float, float]:
    """Return the longer and the shorter side of `seal`, found on a picture of this tray."""
    return _sides_mm(seal, tray.matrix)


def _sides_mm(seal: Seal, matrix: NDArray[np.float64]) -> tuple[float, float]:
    """Measure `seal` on a plane, to which `matrix` takes pixels, in millimetres."""
    outline = seal.ellipse.points(count=180) if seal.ellipse else np.array(seal.outline, np.float32)
    at = cv2.perspectiveTransform(np.asarray(outline, np.float32)[:, None, :], matrix)[:, 0, :]
    _, (one, other), _ = cv2.minAreaRect(np.asarray(at, np.float32))
    return max(one, other), min(one, other)


def may_be(measured: tuple[float, float] | None, registered_mm: tuple[float, float] | None) -> bool:
    """Whether a seal of the registered size may have made what was measured, as far as is known."""
    return _fits(measured, registered_mm, _OTHER_SHEETS)


def may_be_elsewhere(
    measured: tuple[float, float] | None, registered_mm: tuple[float, float] | None
) -> bool:
    """Whether it may if the sheet is one that is taken for A4 and is none."""
    return _fits(measured, registered_mm, _LIKE_A4)


def _fits(
    measured: tuple[float, float] | None,
    registered_mm: tuple[float, float] | None,
    sheets: tuple[float, ...],
) -> bool:
    if measured is None or registered_mm is None or min(registered_mm) <= 0:
        return True
    long, short = max(registered_mm), min(registered_mm)
    return any(
        abs(sheet * measured[0] / long - 1) <= _OFF and abs(sheet * measured[1] / short - 1) <= _OFF
        for sheet in sheets
    )
