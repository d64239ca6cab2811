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
_PRINT = 5  # of the shrunk page: print narrower than that is closed over, 8 mm
_LARGEST = 0.6  # of the page's shorter side; what is wider is the lamp's light and no spot
# Of the paper's light around it. Ink that gives back a quarter of what paper does loses 4 % of its
# contrast by so much; an edge of shadow makes a larger step, but a wide one.
_BRIGHTER = 1.2
_NEAR = 9  # of the shrunk page: so wide the paper's light is averaged to tell ink from it
_STEEP = 1.5  # ratio over that width; the edge of a shadow that falls from a hand has 1.3


def dazzled(flat: Image) -> Gray:
    """Return VEIL where a reflection may have taken ink from a flat page, RIM where its light ends
    so steeply that what is ink cannot be told, else 0."""
    height, width = flat.shape[:2]
    size = (max(width // _SHRUNK, 1), max(height // _SHRUNK, 1))
    small = cv2.resize(most(flat), size, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((_PRINT, _PRINT), np.uint8))
    paper = cv2.medianBlur(np.asarray(paper, np.uint8), _PRINT)
    side = max(round(_LARGEST * min(size)), 3)
    around = cv2.morphologyEx(paper, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    near = np.ones((_NEAR, _NEAR), np.uint8)
    spot = cv2.dilate((paper > _BRIGHTER * _lit(around)).astype(np.float32), near)
    steep = cv2.dilate(paper, near) > _STEEP * _lit(cv2.erode(paper, near))
    veils = np.where(spot > 0, np.where(steep, RIM, VEIL), 0.0).astype(np.float32)
    full = cv2.resize(veils, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(full, np.float32)


def _lit(light: MatLike) -> Gray:
    """Brightness without what is only noise in the dark."""
    return np.maximum(light.astype(np.float32), 24)
