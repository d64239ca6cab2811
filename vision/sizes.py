"""How large a seal is, measured on the sheet that it was pressed on, and whether that can be.

Sheets of the A series have one shape, so a sheet of A4 is its own ruler, wherever it lies. Which
of the series it is the shape does not tell: a size is refused only if it fits on none of them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.page import Page
from vision.seals import Seal
from vision.tray import Tray

A4_MM = (210.0, 297.0)
_A4_OFF = 0.06  # of the sides' ratio; a quad found by its edges is within two hundredths
_OTHER_SHEETS = (1.0, 2**-0.5, 2**0.5)  # A4, A5 and A3, against A4
_OFF = 0.08  # of the size; ink that spreads and an outline that is askew reach 0.04


def on_a4_mm(seal: Seal, page: Page | None) -> tuple[float, float] | None:
    """Return the longer and the shorter side of `seal` if the sheet is A4; None without a sheet."""
    if page is None or page.whole:
        return None
    corners = np.array(page.corners, np.float32)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    across, down = float(sides[0] + sides[2]), float(sides[1] + sides[3])
    short, long = A4_MM
    if abs(max(down, across) / max(min(down, across), 1.0) / (long / short) - 1) > _A4_OFF:
        return None
    wide, high = (short, long) if across < down else (long, short)
    flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    return _sides_mm(seal, np.asarray(cv2.getPerspectiveTransform(corners, flat), np.float64))


def on_tray_mm(seal: Seal, tray: Tray) -> tuple[float, float]:
    """Return the longer and the shorter side of `seal`, found on a picture of this tray."""
    return _sides_mm(seal, tray.matrix)


def _sides_mm(seal: Seal, matrix: NDArray[np.float64]) -> tuple[float, float]:
    """Measure `seal` on a plane, to which `matrix` takes pixels, in millimetres."""
    outline = seal.ellipse.points(count=180) if seal.ellipse else np.array(seal.outline, np.float32)
    at = cv2.perspectiveTransform(np.asarray(outline, np.float32)[:, None, :], matrix)[:, 0, :]
    _, (one, other), _ = cv2.minAreaRect(np.asarray(at, np.float32))
    return max(one, other), min(one, other)


def may_be(on_a4: tuple[float, float] | None, registered_mm: tuple[float, float] | None) -> bool:
    """Whether a seal of the registered size may have made what was measured, as far as is known."""
    if on_a4 is None or registered_mm is None or min(registered_mm) <= 0:
        return True
    long, short = max(registered_mm), min(registered_mm)
    return any(
        abs(sheet * on_a4[0] / long - 1) <= _OFF and abs(sheet * on_a4[1] / short - 1) <= _OFF
        for sheet in _OTHER_SHEETS
    )
