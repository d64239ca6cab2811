"""What the press left: newly red ink, from the photos before and after it."""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct

from vision.alignment import Matrix, align
from vision.decoding import Image
from vision.page import Gray, Page, find_page, flatten, redness

_RED = 0.07  # redness from which a pixel bears new ink; fresh paper has under 0.03
_MIN_INK = 0.00025  # share of the page; a 42 mm seal covers 0.006, a third of its ring 0.001
_JOIN = 0.035  # of the page's longer side: gaps that one seal bridges between its own strokes
_MIN_SIDE, _MAX_SIDE = 0.05, 0.26  # of the longer side; a seal of 42 mm on A4 has 0.14
_FAINT = 0.165  # upper quartile of its redness; a good press has 0.32, one of half the ink 0.175
_MIN_INLIERS = 40


class Impression(Struct, frozen=True, kw_only=True):
    """What is newly red.

    Args:
        found: something the size of a seal.
        count_hint: how many seal-sized patches; impressions over each other count as one.
        where: x, y, width, height around all of them, as fractions of the page; None if none.
        faint: there, but so pale that a make-up stamp may be needed.
    """

    found: bool
    count_hint: int
    where: tuple[float, float, float, float] | None
    faint: bool


NOTHING = Impression(found=False, count_hint=0, where=None, faint=False)


def impression_seen(before: Image, after: Image) -> Impression:
    """Compare two photos of one page, before and after a press.

    Red that was there before (letterhead, earlier seals) does not count, nor does a page that
    was moved in between. Black-and-white copies of seals are not seen: nothing on them is red.
    """
    old, new = flatten(before, _page(before)), flatten(after, _page(after))
    size = (new.shape[1], new.shape[0])
    laid = cv2.warpPerspective(
        old, _moved(new, old), size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    reach = np.ones((7, 7), np.uint8)
    red = redness(new)
    fresh = red - cv2.dilate(redness(np.asarray(laid, np.uint8)), reach)
    return _patches(np.asarray(fresh, np.float32), red)


def _page(image: Image) -> Page:
    height, width = image.shape[:2]
    whole = Page(((0, 0), (width, 0), (width, height), (0, height)), whole=True)
    return find_page(image) or whole


def _moved(new: Image, old: Image) -> Matrix:
    """The homography from `old` to `new`; plain scaling when print does not tell it."""
    found = align(new, old)
    if found.matrix is not None and found.inliers >= _MIN_INLIERS:
        return found.matrix
    return np.diag([new.shape[1] / old.shape[1], new.shape[0] / old.shape[0], 1.0])


def _patches(fresh: Gray, red: Gray) -> Impression:
    """Gather new ink into patches of a seal's size; how strong it is says the redness itself."""
    longest = max(fresh.shape)
    speckled = (fresh > _RED).astype(np.uint8)
    mask = cv2.morphologyEx(speckled, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    join = max(round(_JOIN * longest), 3)
    joined = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (join, join)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    boxes, inks = [], []
    for label in range(1, count):
        if max(stats[label, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1]) < _MIN_SIDE * longest:
            continue
        ink = (labels == label) & (mask > 0)
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        if not rows.size or ink.sum() < _MIN_INK * fresh.size:
            continue
        box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        if max(box[2] - box[0], box[3] - box[1]) >= _MIN_SIDE * longest:
            boxes.append(box)
            inks.append(red[ink])
    if not boxes:
        return NOTHING
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    height, width = fresh.shape
    where = (left / width, top / height, (right - left) / width, (bottom - top) / height)
    hint = sum(_seals_in(box, longest) for box in boxes)
    faint = min(float(np.percentile(ink, 75)) for ink in inks) < _FAINT
    return Impression(found=True, count_hint=hint, where=where, faint=faint)


def _seals_in(box: tuple[int, int, int, int], longest: int) -> int:
    """One patch is one seal unless it is larger than any seal can be."""
    side = max(box[2] - box[0], box[3] - box[1])
    return max(1, round(side / (_MAX_SIDE * longest) + 0.3)) if side > _MAX_SIDE * longest else 1
