"""Is this the page that was approved? Layout by features, then word by word by its ink.

Honest limits. Pages from one template are told apart by the tiles whose ink disagrees, so the
difference has to be about one character of 12 point at 120 dpi, and its shape has to differ:
characters that look alike (曹 and 曾) pass as the same. Reading the words is what decides there,
and that is not done here. A page that was written on after its approval is another page. What
lies under red ink in either photo is not compared: impressions may be added, and hide what is
there.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.alignment import Alignment, Matrix, align
from vision.decoding import Image
from vision.page import Gray, darkness, find_page, flatten, red_cover, without_rim

_TILE_PX = 24  # a character of 14 point on the flat page
_STEP_PX = 12  # tiles overlap, so that one of them holds any character whole
_REACH_PX = 5  # how far a tile may lie off: curled paper, a rough homography
_SETTLE_TILE_PX, _SETTLE_REACH_PX = 48, 14
_INKED = 0.02  # mean darkness from which a tile says something
_AGREES = 0.62  # correlation from which a tile shows the same ink
_POOR = 0.6  # correlation that most tiles of two readable photos of one page stay over
_WRONG_BY, _DOUBTFUL_BY = 0.2, 0.12  # how far under the usual a tile with another word falls
_MIN_INLIERS = 40
_MIN_INLIER_SHARE = 0.35
_RED_SHARE = 0.1  # of a tile, from which an impression or a letterhead makes it useless
_MIN_TILES = 8


class Match(Struct, frozen=True):
    """What comparing two pages gave.

    Args:
        score: share of the inked tiles that show the same ink, 0..1; 0 without an alignment.
        same: True the same page or a copy, False another one, None cannot be told.
        turned_deg: how far the seen page is turned against the approved one.
    """

    score: float
    same: bool | None
    turned_deg: float


def same_page(approved: Image, seen: Image) -> Match:
    """Compare two pictures of pages; displacement, rotation and lighting do not matter."""
    reference, moving = _flat(approved), _flat(seen)
    if reference is None or moving is None:
        return Match(0.0, None, 0.0)
    found = align(reference, moving)
    if not _aligned(found) or found.matrix is None:
        return Match(0.0, _verdict_without_alignment(found), 0.0)
    ink, ink_seen = darkness(reference), darkness(moving)
    matrix = settle(ink, ink_seen, found.matrix)
    size = (reference.shape[1], reference.shape[0])
    laid = cv2.warpPerspective(ink_seen, matrix, size)
    red = np.maximum(red_cover(reference), cv2.warpPerspective(red_cover(moving), matrix, size))
    maps = (ink, np.asarray(laid, np.float32), np.asarray(red, np.float32))
    agreement = tile_agreement(*(without_rim(each) for each in maps))
    if agreement.size < _MIN_TILES:
        return Match(0.0, None, found.turned_deg)
    score = float((agreement >= _AGREES).mean())
    return Match(score, _verdict(agreement), found.turned_deg)


def settle(reference: Gray, moving: Gray, matrix: Matrix) -> Matrix:
    """Return `matrix` corrected by what the print itself says, tile by tile.

    Features gather where print is dense, so a homography from them is some pixels off elsewhere.
    """
    size = (reference.shape[1], reference.shape[0])
    laid = cv2.warpPerspective(moving, matrix, size)
    reach, tile = _SETTLE_REACH_PX, _SETTLE_TILE_PX
    here, there = [], []
    for y in range(reach, reference.shape[0] - tile - reach, tile):
        for x in range(reach, reference.shape[1] - tile - reach, tile):
            patch = reference[y : y + tile, x : x + tile]
            around = laid[y - reach : y + tile + reach, x - reach : x + tile + reach]
            if float(patch.mean()) < _INKED or float(around.max()) < 0.2:
                continue
            _, best, _, at = cv2.minMaxLoc(cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED))
            if best > _AGREES:
                there.append((x + at[0] - reach, y + at[1] - reach))
                here.append((x, y))
    if len(here) < 8:
        return matrix
    source, target = np.array(there, np.float32), np.array(here, np.float32)
    cv2.setRNGSeed(1)
    correction, _ = cv2.findHomography(source + tile / 2, target + tile / 2, cv2.RANSAC, 2.0)
    return matrix if correction is None else np.asarray(correction @ matrix, np.float64)


def tile_agreement(reference: Gray, laid: Gray, red: Gray) -> NDArray[np.float32]:
    """Return the correlation, -1..1, of each tile that bears ink in either picture.

    Tiles under `red` (1 where there is red ink in either) are left out.
    """
    height, width = reference.shape
    one = np.asarray(cv2.GaussianBlur(reference, (0, 0), 1.0), np.float32)
    other = np.asarray(cv2.GaussianBlur(laid, (0, 0), 1.0), np.float32)
    values = []
    for y in range(_REACH_PX, height - _TILE_PX - _REACH_PX, _STEP_PX):
        for x in range(_REACH_PX, width - _TILE_PX - _REACH_PX, _STEP_PX):
            if float(red[y : y + _TILE_PX, x : x + _TILE_PX].mean()) > _RED_SHARE:
                continue
            value = _agreement_at(one, other, y, x)
            if value is not None:
                values.append(value)
    return np.array(values, np.float32)


def _agreement_at(one: Gray, other: Gray, y: int, x: int) -> float | None:
    """Correlation of the tile at `y`, `x`; None when it bears no ink to speak of."""
    rows, columns = slice(y, y + _TILE_PX), slice(x, x + _TILE_PX)
    wide = (
        slice(y - _REACH_PX, y + _TILE_PX + _REACH_PX),
        slice(x - _REACH_PX, x + _TILE_PX + _REACH_PX),
    )
    ink, ink_seen = float(one[rows, columns].mean()), float(other[rows, columns].mean())
    if max(ink, ink_seen) < _INKED:
        return None
    if min(float(one[wide].mean()), float(other[wide].mean())) < _INKED / 8:
        return 0.0  # one of them is bare here, also nearby
    patch, around = (one[rows, columns], other[wide])
    if ink < _INKED / 2:
        patch, around = (other[rows, columns], one[wide])
    return float(cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED).max())


def _flat(image: Image) -> Image | None:
    page = find_page(image)
    return None if page is None else flatten(image, page)


def _aligned(found: Alignment) -> bool:
    return (
        found.matrix is not None
        and found.inliers >= _MIN_INLIERS
        and found.inliers >= _MIN_INLIER_SHARE * found.matched
    )


def _verdict_without_alignment(found: Alignment) -> bool | None:
    """Two pages full of print that share no layout differ; with little print nobody knows."""
    return False if found.features >= 300 else None


def _verdict(agreement: NDArray[np.float32]) -> bool | None:
    """Judge the worst tiles against what this pair of photos reaches elsewhere.

    Blur and noise lower all tiles alike; another word lowers a few of them.
    """
    usual = float(np.median(agreement))
    if usual < _POOR:
        return False
    wrong = int((agreement < usual - _WRONG_BY).sum())
    doubtful = int((agreement < usual - _DOUBTFUL_BY).sum())
    if wrong >= 2:
        return False
    return None if wrong or doubtful >= 2 else True
