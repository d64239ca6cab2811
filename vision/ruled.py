"""Straight lines in a seal's own colour that are not the seal's: red tables, red forms.

A seal ends at its ring; what runs straight across a good part of it and on beyond the ring was
printed. It hides what lies below it like any other print.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.page import Gray

_LEAST = 0.95  # of the radius: a star's arm is 0.63 long, a line of characters not joined
_VOTES, _BROKEN = 0.6, 0.06  # of the radius: points on a line, and gaps in it by grain
_BEYOND = 1.07  # reach: blurred and wiped rings end before it
_WIDE = 0.07  # of the radius, 1.5 mm: a thin line and its blurred edges
_INKED = 0.35  # of full ink


def ruled(ink: Gray, known: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Return where such lines run through a round or oval seal in the middle of `ink`.

    Args:
        ink: of its colour.
        known: where that can be trusted.
        radius_px: of the seal, made round.
    """
    height, width = ink.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    reach = np.hypot(x - width / 2, y - height / 2) / np.float32(radius_px)
    inside = known & (reach < 1)
    lines = np.zeros(ink.shape, np.uint8)
    if not inside.any():
        return lines > 0
    full = float(np.percentile(ink[inside], 97))
    inked = np.asarray(known & (ink > _INKED * full), np.uint8)
    found = cv2.HoughLinesP(
        inked,
        1,
        np.pi / 180,
        round(_VOTES * radius_px),
        minLineLength=_LEAST * radius_px,
        maxLineGap=_BROKEN * radius_px,
    )
    for x1, y1, x2, y2 in [] if found is None else found.reshape(-1, 4).tolist():
        if max(reach[y1, x1], reach[y2, x2]) > _BEYOND:
            cv2.line(
                lines,
                (int(x1), int(y1)),
                (int(x2), int(y2)),
                (1,),
                max(round(_WIDE * radius_px), 1),
            )
    return lines > 0
