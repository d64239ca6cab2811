"""How the sheet lies in the picture: how finely it is seen, and how far from the border."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.page import Page

A4_MM = (210.0, 297.0)
_A4_OFF = 0.06  # of the sides' ratio; a quad found by its edges is within two hundredths
_MM_PER_INCH = 25.4


def on_a4(page: Page | None) -> NDArray[np.float64] | None:
    """Return the matrix from pixels to millimetres on the sheet, were it A4.

    None without an outlined sheet, and for one that has not the shape of the A series.
    """
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
    return np.asarray(cv2.getPerspectiveTransform(corners, flat), np.float64)


def a4_dpi(page: Page | None) -> float | None:
    """Return dots an inch at which the sheet is seen, on the average, were it A4; None as above.

    An A5 sheet is seen at 1.41 times as many.
    """
    if page is None or on_a4(page) is None:
        return None
    area_px = float(cv2.contourArea(np.array(page.corners, np.float32)))
    return float(np.sqrt(area_px / (A4_MM[0] * A4_MM[1]))) * _MM_PER_INCH


def margin(page: Page | None, width: int, height: int) -> float | None:
    """Return how near the sheet comes to the picture's border, as a share of its longer side.

    Args:
        width, height: of the picture in pixels.

    None without an outlined sheet: of a picture without any edge of paper nothing is known.
    """
    if page is None or page.whole:
        return None
    x, y = np.array(page.corners).T
    nearest = min(x.min(), y.min(), width - x.max(), height - y.max())
    return max(float(nearest), 0.0) / max(width, height)
