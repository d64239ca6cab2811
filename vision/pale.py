"""Pale red ink, told by the green light that it takes.

A camera keeps light and dark sharp and colours coarse: a JPEG has one colour for four pixels or
more, and grain in the dusk is coloured. A pale ring that drowns in such redness still stands
out as a thin dark line. So darkness says where ink is here, and redness, averaged, whose it is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.page import Gray
from vision.seal_state import FAINT

_GROUND_PX = 41  # 12 mm of A4: wider than characters, narrower than shades of a hand
_COLOUR_PX = 2.5  # deviation over which colour is averaged: half of a JPEG's block of colour
# How red ink is for what it takes of green light: stamp pads' has 0.7, black print next to 0.
_RED_PART, _OWN = 0.7, (0.125, 0.375)  # from where on, and from where on wholly, it is its own
_LEAST_TAKEN = 0.01  # less is the paper's
_BESIDE_PX = 9  # around clear ink, which was looked at before: letterheads, tables, discs
_DEVIATIONS = 2.5  # of bare paper: a ring is the same over hundreds of pixels
_MEDIAN = 0.67  # of a deviation, of what lies on one side of the middle


def pale_red(shares: Gray, inside: NDArray[np.bool_]) -> tuple[Gray, float]:
    """Return how red pale ink is at each place of working size, as `Ink.red`, and its least rise.

    Args:
        shares: as `Ink.shares`.
        inside: at working size, where paper is.
    """
    blue, green, red = cv2.split(shares)
    taken = np.asarray(1.0 - green, np.float32)
    eight = np.asarray(np.clip(taken, 0, 1) * 255, np.uint8)
    rise = taken - cv2.medianBlur(eight, _GROUND_PX).astype(np.float32) / 255
    redness = cv2.GaussianBlur(red - np.maximum(green, blue), (0, 0), _COLOUR_PX)
    nearby = np.maximum(cv2.GaussianBlur(rise, (0, 0), _COLOUR_PX), _LEAST_TAKEN)
    own = np.clip((redness / nearby - _OWN[0]) / (_OWN[1] - _OWN[0]), 0, 1)
    below = -rise[::3, ::3][inside[::3, ::3] & (rise[::3, ::3] < 0)]
    deviation = float(np.median(below)) / _MEDIAN if below.size else 0.0
    pale = np.where(inside, _RED_PART * np.maximum(rise, 0) * own, 0)
    clear = np.asarray(pale > FAINT, np.uint8)
    pale[cv2.dilate(clear, np.ones((_BESIDE_PX, _BESIDE_PX), np.uint8)) > 0] = 0
    return np.asarray(pale, np.float32), _RED_PART * _DEVIATIONS * deviation
