"""Is this the page that was approved? Laid over each other, all ink must be on both pages.

What lies under red ink in either photo is not compared: impressions may be added, and hide what
is there. A page that was written on after its approval is another page. "Unclear" is said where
the photos do not allow an answer: too little print, or parts that lie outside of the common area.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.alignment import Alignment, Matrix, align, anchored, corners_laid
from vision.comparison import Difference, difference, print_map, red_map
from vision.dazzle import dazzled
from vision.decoding import Image
from vision.page import Gray, Page, find_page, flatten

_SETTLE_TILE_PX, _SETTLE_REACH_PX = 48, 14
_GRAIN_PX = 1.2  # takes three quarters of the grain; edges of print are as wide
_INKED = 0.02  # mean darkness from which a tile says something
_AGREES = 0.62  # correlation from which a tile shows the same ink
_MIN_INLIERS = 40
_MIN_INLIER_SHARE = 0.35
_MIN_TILES = 40  # two words
_FULL = 300  # features; two pages full of print that share no layout differ
# A tile's unexplained share grows with blur and noise for all tiles alike; another character, be
# it 曹 for 曾 or one digit for another, adds 0.15 and more to the tiles that hold it.
_WRONG, _DOUBTFUL, _PER_USUAL = 0.11, 0.08, 2.0
_MIN_WRONG_TILES = 2
_BLURRED = 0.07  # usual share over which a changed character could hide
_POOR = 0.3  # usual share over which the photos cannot be compared at all
_MANY_WRONG = 150  # tiles: more than any changed line has, as a desk beside the page does
_NEAR_PX = 40.0  # pixels around matched print that count as inside of it
_WHOLLY = 0.99  # of a pixel's neighbours on the seen page: others lie beyond its edge
_BORDER = 0.12  # of the page's sides: margins, where a desk shows when the page was cut wrongly
_OUTSIDE = 0.6  # share of wrong tiles beyond all matched print: then the pages were cut wrongly


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


def same_page(
    approved: Image,
    seen: Image,
    *,
    approved_page: Page | None = None,
    seen_page: Page | None = None,
) -> Match:
    """Compare two pictures of pages; displacement, rotation and lighting do not matter.

    Args:
        approved_page, seen_page: where the paper lies, when the caller knows; sought otherwise.
    """
    reference, moving = _flat(approved, approved_page), _flat(seen, seen_page)
    if reference is None or moving is None:
        return Match(0.0, None, 0.0)
    found = anchored(align(reference, moving), reference, moving)
    if _aligned(found):
        return _match(reference, moving, found)
    whole = _whole(approved), _whole(seen)  # one of the pages may have been cut out wrongly
    again = align(*whole)
    if _aligned(again):
        return _match(*whole, again)
    return _by_outlines(reference, moving, found)


def _match(reference: Image, moving: Image, found: Alignment) -> Match:
    """Compare two flat pages that lie over each other by `found`."""
    compared = _compared(reference, moving, found)
    if compared.shares.size < _MIN_TILES:
        return Match(0.0, None, found.turned_deg)
    wrong = compared.shares > _limit(compared, _WRONG)
    return Match(1.0 - float(wrong.mean()), _verdict(compared, found), found.turned_deg)


def _compared(reference: Image, moving: Image, found: Alignment) -> Difference:
    assert found.matrix is not None
    ink, ink_seen = (print_map(flat, grain_px=_GRAIN_PX) for flat in (reference, moving))
    matrix = settle(ink, ink_seen, found.matrix)
    size = (reference.shape[1], reference.shape[0])
    laid = np.asarray(cv2.warpPerspective(ink_seen, matrix, size), np.float32)
    within = cv2.warpPerspective(np.full(ink_seen.shape, 255, np.uint8), matrix, size)
    red = np.maximum(red_map(reference), cv2.warpPerspective(red_map(moving), matrix, size))
    seen_by_both = np.asarray(np.maximum(red, within < _WHOLLY * 255), np.float32)
    veil_seen = cv2.warpPerspective(dazzled(moving), matrix, size, flags=cv2.INTER_NEAREST)
    veils = dazzled(reference), np.asarray(veil_seen, np.float32)
    return difference(ink, laid, seen_by_both, veils)


def _by_outlines(reference: Image, moving: Image, found: Alignment) -> Match:
    """Compare pages whose features do not match, as in blurred photos, by their corners alone.

    Where the print does not agree then, the pages have no layout in common.
    """
    if found.features < _FULL:  # with little print nobody knows
        return Match(0.0, None, 0.0)
    for laid in corners_laid(reference, moving):
        compared = _compared(reference, moving, laid)
        many = compared.shares.size >= _MIN_TILES
        if many and float(np.percentile(compared.shares, 75)) < _BLURRED:
            return Match(1.0, _verdict(compared, laid), laid.turned_deg)
    return Match(0.0, False, 0.0)


def mirrored(approved: Image, seen: Image) -> bool:
    """Tell whether `seen` shows the approved page as a mirror does: the camera's picture is not
    what the lens saw."""
    return same_page(approved, np.ascontiguousarray(seen[:, ::-1])).same is True


def settle(reference: Gray, moving: Gray, matrix: Matrix) -> Matrix:
    """Return `matrix` corrected by what the print itself says, tile by tile.

    Features gather where print is dense, so a homography from them is some pixels off elsewhere.
    """
    size = (reference.shape[1], reference.shape[0])
    laid = cv2.warpPerspective(moving, matrix, size)
    reach, tile = _SETTLE_REACH_PX, _SETTLE_TILE_PX
    means = cv2.boxFilter(reference, -1, (tile, tile), anchor=(0, 0))
    here, there = [], []
    for y in range(reach, reference.shape[0] - tile - reach, tile):
        for x in range(reach, reference.shape[1] - tile - reach, tile):
            if float(means[y, x]) < _INKED:
                continue
            patch = reference[y : y + tile, x : x + tile]
            around = laid[y - reach : y + tile + reach, x - reach : x + tile + reach]
            if float(around.max()) < 0.2:
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


def _flat(image: Image, page: Page | None) -> Image | None:
    page = page or find_page(image)
    return None if page is None else flatten(image, page)


def _whole(image: Image) -> Image:
    height, width = image.shape[:2]
    return flatten(image, Page(((0, 0), (width, 0), (width, height), (0, height)), whole=True))


def _aligned(found: Alignment) -> bool:
    return (
        found.matrix is not None
        and found.inliers >= _MIN_INLIERS
        and found.inliers >= _MIN_INLIER_SHARE * found.matched
    )


def _limit(compared: Difference, least: float) -> float:
    return least + _PER_USUAL * float(np.median(compared.shares))


def _verdict(compared: Difference, found: Alignment) -> bool | None:
    """Judge the worst tiles against what this pair of photos reaches elsewhere."""
    if float(np.median(compared.shares)) > _POOR:
        return _verdict_of_poor(compared)
    wrong = (compared.shares > _limit(compared, _WRONG)) & compared.told
    doubtful = compared.shares > _limit(compared, _DOUBTFUL)
    if int(wrong.sum()) >= _MIN_WRONG_TILES:
        return (
            None
            if _share_beyond(compared.places[wrong], compared.places, found) > _OUTSIDE
            else False
        )
    unsure = bool(doubtful.any()) or float(np.median(compared.shares)) > _BLURRED
    return None if unsure else True


def _verdict_of_poor(compared: Difference) -> bool | None:
    """Most tiles differ although the layout fits: another filling, unless all is only blurred."""
    return False if float(np.percentile(compared.shares, 75)) > 2 * _POOR else None


def _share_beyond(
    places: NDArray[np.float32], compared: NDArray[np.float32], found: Alignment
) -> float:
    """Share of `places` at the border of what was compared and outside of all matched print."""
    if len(places) < _MANY_WRONG or not len(found.points):
        return 0.0
    low, high = compared.min(axis=0), compared.max(axis=0)
    border = _BORDER * (high - low)
    at_border = ((places < low + border) | (places > high - border)).any(axis=1)
    around = cv2.convexHull(found.points)
    off = [-cv2.pointPolygonTest(around, (float(x), float(y)), True) for x, y in places]
    return float((at_border & (np.array(off) > _NEAR_PX)).mean())
