"""Coloured and dark ink on a picture, each pixel judged against the paper around it.

Dividing by the local paper colour takes lamp, shade and white balance away, so one scale holds
for a bright scan and a bluish photo in the dusk: 0 is paper, 0.3 and more is a good impression,
0.05 is a faint one.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct

from vision.decoding import Image
from vision.page import Gray
from vision.shrinking import shrunk

WORK_PX = 1000  # longest side; an A4 ring of 1.2 mm is 4 px wide, enough to fit an ellipse
_PAPER_PX = 125  # paper is estimated on a copy this large, where print has been averaged away
_MOST_NOISE = 0.08  # a pale impression; ink under more noise than this is found by its shape
_LEAST_PAPER = 24  # grey levels; below that nothing is lit and shares would be noise


class Ink(Struct, frozen=True):
    """What the picture bears, at working size.

    Args:
        red, blue: how much redder or bluer than its paper, about 0..0.9.
        lean: how much greener than bluer; ink that leans as much as it is red is orange.
        dark: how much darker than its paper in its brightest channel, 0..1: black print, never
            red or blue ink.
        shares: each channel (blue, green, red) as a share of its paper's, 1 on bare paper.
        scale: working pixels for each pixel of the picture.
        noise: what redness reaches by chance on bare paper (four deviations).
    """

    red: Gray
    blue: Gray
    lean: Gray
    dark: Gray
    shares: Gray
    scale: float
    noise: float


def ink(picture: Image) -> Ink:
    """Return the maps of `picture`, which should be a page or a crop of one."""
    small, scale = shrunk(picture, WORK_PX)
    shares = _shares(small)
    blue, green, red = cv2.split(shares)
    redness = np.asarray(red - np.maximum(green, blue), np.float32)
    # Green lies between: bluish ink has little red, and violet ink has little green.
    blueness = np.asarray(blue - np.maximum(red, 0.5 * (red + green)), np.float32)
    dark = np.clip(1.0 - np.maximum(np.maximum(red, green), blue), 0, 1)
    return Ink(
        red=np.maximum(redness, 0),
        blue=np.maximum(blueness, 0),
        lean=np.asarray(green - blue, np.float32),
        dark=np.asarray(dark, np.float32),
        shares=shares,
        scale=scale,
        noise=_noise(redness),
    )


def _shares(small: Image) -> Gray:
    """Each channel of a picture at working size as a share of the paper's around it."""
    smooth = np.asarray(cv2.GaussianBlur(small, (0, 0), 0.8), np.uint8)
    return np.divide(smooth, np.maximum(_paper(small), _LEAST_PAPER), dtype=np.float32)


def _paper(small: Image) -> Image:
    """The brightest thing nearby, channel by channel, at the size of `small`."""
    height, width = small.shape[:2]
    factor = min(1.0, _PAPER_PX / max(height, width))
    tiny = cv2.resize(small, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    bright = cv2.medianBlur(cv2.dilate(tiny, np.ones((5, 5), np.uint8)), 11)
    return np.asarray(cv2.resize(bright, (width, height)), np.uint8)


def _noise(redness: Gray) -> float:
    """Four deviations of bare paper, told by what lies under zero: no ink makes paper greener.

    Two estimates, each too large for one kind of picture, so the smaller one counts: the middle
    of all that is under zero errs where only black print's fringes are, the tenth of all pixels
    where there is much print in other colours.
    """
    sample = redness[::3, ::3]
    below = -sample[sample < 0]
    middle = float(np.median(below)) / 0.67 if below.size else 0.0
    tenth = max(0.0, float(-np.percentile(sample, 10))) / 1.1
    return min(4 * middle, 4 * tenth, _MOST_NOISE)
