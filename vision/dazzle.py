"""Where a lamp's reflection lies on a page: its veil of light takes the ink, not the page.

A veil is added to the light that the paper gives back, so it shows as paper that is brighter than
all around it, whatever the lamp does across the whole page.
"""

from __future__ import annotations

import cv2
import numpy as np

from vision.channels import most
from vision.decoding import Image
from vision.page import Gray, MatLike

VEIL, RIM = 1.0, 2.0
_SHRUNK = 8  # a reflection is many times as wide as a stroke
_PRINT = 11  # of the shrunk page: print narrower than that is closed over, 18 mm
_LARGEST = 0.6  # of the page's shorter side; what is wider is the lamp's light and no spot
# Of the paper's light around it. Ink that gives back a quarter of what paper does loses 4 % of its
# contrast by so much; an edge of shadow makes a larger step, but a wide one.
_BRIGHTER = 1.2
# Bright paper cannot become a fifth brighter: there a reflection is what is clipped alone.
_CLIPPED, _LEAST = 250, 1.04
_NEAR = 9  # of the shrunk page: so wide the paper's light is averaged to tell ink from it
_STEEP = 1.5  # ratio over that width; the edge of a shadow that falls from a hand has 1.3


def dazzled(flat: Image) -> Gray:
    """Return VEIL where a reflection may have taken ink from a flat page, RIM where its light ends
    so steeply that what is ink cannot be told, else 0."""
    height, width = flat.shape[:2]
    size = (max(width // _SHRUNK, 1), max(height // _SHRUNK, 1))
    small = cv2.resize(most(flat), size, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((_PRINT, _PRINT), np.uint8))
    paper = cv2.medianBlur(np.asarray(paper, np.uint8), 5)
    side = max(round(_LARGEST * min(size)), 3)
    lamp = _lamp(_lit(paper))
    even = np.asarray(_lit(paper) / lamp, np.float32)
    around = lamp * cv2.morphologyEx(even, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    near = np.ones((_NEAR, _NEAR), np.uint8)
    bright = (paper > np.minimum(_BRIGHTER * around, _CLIPPED)) & (paper > _LEAST * around)
    spot = cv2.dilate(bright.astype(np.float32), near)
    steep = cv2.dilate(paper, near) > _STEEP * _lit(cv2.erode(paper, near))
    veils = np.where(spot > 0, np.where(steep, RIM, VEIL), 0.0).astype(np.float32)
    full = cv2.resize(veils, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(full, np.float32)


def _lamp(paper: Gray) -> Gray:
    """What grows evenly across the page; at its edges no opening could tell it."""
    level = np.log(paper)
    plane = np.full(paper.shape, level.mean(dtype=np.float64))
    for axis, length in enumerate(paper.shape):
        # On a whole grid each direction is fitted by itself, by the means square to it.
        at = np.linspace(-1, 1, length)
        means = level.mean(axis=1 - axis, dtype=np.float64)
        slope = float(at @ means) / max(float(at @ at), 1.0)
        plane += slope * (at[:, None] if axis == 0 else at[None, :])
    return np.asarray(np.exp(plane), np.float32)


def _lit(light: MatLike) -> Gray:
    """Brightness without what is only noise in the dark."""
    return np.maximum(light.astype(np.float32), 24)
