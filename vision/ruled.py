"""Straight lines in a seal's own colour that are not the seal's: red tables, red forms.

A seal ends at its ring or frame; what runs straight across a good part of it and on beyond was
printed. It hides what lies below it like any other print. Before a ring is known, lines longer
than a seal's are taken for such; the caller must not lose a seal that is made of them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.page import Gray, MatLike

_LEAST = 0.95  # of the radius: a star's arm is 0.63 long, a line of characters not joined
_VOTES, _BROKEN = 0.6, 0.06  # of the radius: points on a line, and gaps in it by grain
_BEYOND = 1.07  # reach: blurred and wiped rings end before it
_WIDE = 0.07  # of the radius, 1.5 mm: a thin line and its blurred edges
_INKED = 0.35  # of full ink
# On a whole page, in shares of its longest side: 30 mm on A4, longer than a name seal's frame.
_LONG, _LINE_PX, _THIN_PX, _GAP_PX = 0.1, 5, 9, 4
_BESIDE = 0.3  # share of both sides of a line where other ink may stand
_THIN = 0.15  # of the radius: wider things are light, shade and stars


def long_lines(layer: Gray, least: float) -> NDArray[np.bool_]:
    """Return where long thin lines of its ink run on `layer`, a page at working size.

    Args:
        least: ink from which anything counts.
    """
    thin = np.ones((_THIN_PX, _THIN_PX), np.uint8)
    strokes = cv2.morphologyEx(layer, cv2.MORPH_TOPHAT, thin)
    long_px = round(_LONG * max(layer.shape))
    inked = np.asarray(strokes > 1.5 * least, np.uint8)
    found = cv2.HoughLinesP(
        inked, 1, np.pi / 360, long_px // 2, minLineLength=long_px, maxLineGap=_GAP_PX
    )
    lines = np.zeros(layer.shape, np.uint8)
    for ends in _ends(found):
        if _is_alone(inked, ends):
            cv2.line(lines, ends[:2], ends[2:], (1,), _LINE_PX)
    return lines > 0


def _is_alone(inked: NDArray[np.uint8], ends: tuple[int, int, int, int]) -> bool:
    """Whether there is paper beside a line for the most part; a row of characters has strokes."""
    height, width = inked.shape
    x1, y1, x2, y2 = ends
    steps = np.linspace(0, 1, max(abs(x2 - x1), abs(y2 - y1)) + 1)
    across = np.array([y1 - y2, x2 - x1]) / max(float(np.hypot(x2 - x1, y2 - y1)), 1.0)
    beside = []
    for far in (-_LINE_PX, _LINE_PX):
        x = np.rint(x1 + (x2 - x1) * steps + far * across[0]).astype(int)
        y = np.rint(y1 + (y2 - y1) * steps + far * across[1]).astype(int)
        known = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        beside.append(float(inked[y[known], x[known]].mean()) if known.any() else 0.0)
    return sum(beside) / 2 < _BESIDE


def ruled(
    ink: Gray, known: NDArray[np.bool_], radius_px: float, *, square: bool = False
) -> NDArray[np.bool_]:
    """Return where such lines run through the seal in the middle of `ink`.

    Args:
        ink: of its colour.
        known: where that can be trusted.
        radius_px: of the seal, made round; half the side of a square one, made upright.
    """
    height, width = ink.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = np.abs(x - width / 2), np.abs(y - height / 2)
    reach = (np.maximum(x, y) if square else np.hypot(x, y)) / np.float32(radius_px)
    inside = known & (reach < 1)
    lines = np.zeros(ink.shape, np.uint8)
    if not inside.any():
        return lines > 0
    thin = np.ones((round(_THIN * radius_px),) * 2, np.uint8)
    strokes = cv2.morphologyEx(ink, cv2.MORPH_TOPHAT, thin)
    full = float(np.percentile(strokes[inside], 97))
    inked = np.asarray(known & (strokes > _INKED * full), np.uint8)
    found = cv2.HoughLinesP(
        inked,
        1,
        np.pi / 180,
        round(_VOTES * radius_px),
        minLineLength=_LEAST * radius_px,
        maxLineGap=_BROKEN * radius_px,
    )
    for x1, y1, x2, y2 in _ends(found):
        if max(reach[y1, x1], reach[y2, x2]) > _BEYOND:
            cv2.line(
                lines,
                (int(x1), int(y1)),
                (int(x2), int(y2)),
                (1,),
                max(round(_WIDE * radius_px), 1),
            )
    return lines > 0


def _ends(found: MatLike | None) -> list[tuple[int, int, int, int]]:
    """x, y of both ends of each line."""
    lines = [] if found is None else np.asarray(found, np.int64).reshape(-1, 4).tolist()
    return [(int(x1), int(y1), int(x2), int(y2)) for x1, y1, x2, y2 in lines]
