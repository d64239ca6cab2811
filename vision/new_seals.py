"""Which seals the later photo of a page bears and the earlier one does not.

New is what has ink where the aligned earlier photo has clearly less. A seal whose ink is mostly
new is a new seal; new ink of a seal's size beside all new seals is one too, however it came out:
pale, half, or struck over an old one.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.alignment import Matrix, align, anchored
from vision.decoding import Image
from vision.ink import ink
from vision.page import Gray, Page, find_page, flatten, lifted
from vision.seal_state import FAINT, State
from vision.seals import MOST_LEAN, Colour, Seal, find_seals

_LEAST_RED = 0.05  # a pale press; paper, however noisy, stays below after smoothing
_OLD_SHARE = 0.45  # of the new redness: with so much before, it was there already
_NEAR_PX = 7  # at working size: how far two aligned photos may be off
_MOSTLY_NEW = 0.5  # of a seal's ink: the rest may lie over older red
_STILL_THERE = 0.6  # of an earlier seal's ink, for the same sheet
_AROUND = 1.15  # a seal's own fringe
_MIN_INK = 0.0004  # share of the page; a 42 mm seal covers 0.006, a third of its ring 0.001
_JOIN = 0.035  # of the page's longer side: gaps that one seal bridges between its own strokes
_MIN_SIDE = 0.06  # of the longer side; a seal of 42 mm on A4 has 0.14
_MAX_SIDE = 0.26
_MIN_INLIERS = 40
MASK_PX = 800  # longer side of the picture of what is new
_RIM = 0.015  # of each side: the table shows there when the outline is a little off


class NewSeals(Struct, frozen=True, kw_only=True):
    """What was added between two photos.

    Args:
        seals: new ones that were recognised, in pixels of the later photo.
        others: how strong the new red ink is in each patch as large as a seal in which none
            was recognised.
        aligned: whether the photos could be laid over each other by their print.
    """

    seals: tuple[Seal, ...]
    others: tuple[float, ...]
    aligned: bool

    @property
    def faint(self) -> bool:
        """Whether one, whole or in part, is so pale that a make-up stamp may be needed."""
        pale = any(strength < FAINT for strength in self.others)
        return pale or any(
            seal.state is State.FAINT
            or (seal.state is State.PARTIAL and seal.condition.strength < FAINT)
            for seal in self.seals
        )

    @property
    def count(self) -> int:
        """How many seals are new; one that was struck double is one."""
        return len(self.seals) + len(self.others)


class _Pair(Struct, frozen=True):
    """Both red maps over each other, on the later page made flat, and what its seals are."""

    old: Gray
    new: Gray
    least: float
    scale: float
    flat: Image
    page: Page
    aligned: bool


def new_seals(
    before: Image,
    after: Image,
    *,
    before_page: Page | None = None,
    after_page: Page | None = None,
    seals: tuple[Seal, ...] | None = None,
) -> NewSeals:
    """Return what `after` bears and `before` does not; how either page lies does not matter.

    Args:
        before_page, after_page: where the paper lies, when the caller knows; sought otherwise.
        seals: those on `after`, when the caller knows.
    """
    pair = _laid_over(before, after, before_page, after_page)
    if seals is None:
        seals = find_seals(after, pair.page, copies=False)
    near = np.ones((_NEAR_PX, _NEAR_PX), np.uint8)
    bears = pair.new > pair.least
    fresh = bears & (cv2.dilate(pair.old, near) < _OLD_SHARE * pair.new)
    new, left = [], _without_rim(fresh)
    for seal in seals:
        if seal.colour is not Colour.RED:
            continue
        inside = _inside(seal, pair)
        own = bears & inside
        if int(own.sum()) and float(fresh[own].mean()) > _MOSTLY_NEW:
            new.append(seal)
            left &= ~_inside(seal, pair, _AROUND)
    return NewSeals(seals=tuple(new), others=_patches(left, pair.new), aligned=pair.aligned)


def newly_red(
    before: Image,
    after: Image,
    *,
    before_page: Page | None = None,
    after_page: Page | None = None,
) -> bytes | None:
    """Return where `after` bears red ink that `before` does not, as a PNG of one channel.

    It lies over the whole of `after`, at most `MASK_PX` long; 255 is new ink.

    Returns:
        None: the photos could not be laid over each other by their print.
    """
    pair = _laid_over(before, after, before_page, after_page)
    if not pair.aligned:
        return None
    near = np.ones((_NEAR_PX, _NEAR_PX), np.uint8)
    fresh = (pair.new > pair.least) & (cv2.dilate(pair.old, near) < _OLD_SHARE * pair.new)
    # Single pixels are noise; ink is at least two wide somewhere.
    marked = np.asarray(_without_rim(fresh), np.uint8) * np.uint8(255)
    solid = cv2.morphologyEx(marked, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    height, width = after.shape[:2]
    scale = min(1.0, MASK_PX / max(height, width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    to_flat = np.diag([1 / pair.scale, 1 / pair.scale, 1.0])
    to_mask = np.diag([scale, scale, 1.0]) @ lifted(pair.page, pair.flat) @ to_flat
    laid = np.asarray(cv2.warpPerspective(solid, to_mask, size))
    _, png = cv2.imencode(".png", np.where(laid > 127, np.uint8(255), np.uint8(0)))
    return png.tobytes()


def seals_still_there(
    earlier: Image,
    later: Image,
    *,
    earlier_page: Page | None = None,
    later_page: Page | None = None,
) -> bool | None:
    """Tell whether every red seal of `earlier` is on `later` in its place; None without a seal.

    Two sheets of one print are told apart by this: nobody stamps two of them alike by hand.
    """
    pair = _laid_over(later, earlier, later_page, earlier_page)
    near = np.ones((_NEAR_PX, _NEAR_PX), np.uint8)
    seen = cv2.dilate(pair.old, near)
    answers = []
    for seal in find_seals(earlier, pair.page, copies=False):
        own = (pair.new > pair.least) & _inside(seal, pair)
        if seal.colour is Colour.RED and int(own.sum()):
            found = seen[own] > _OLD_SHARE * pair.new[own]
            answers.append(float(found.mean()) > _STILL_THERE)
    return all(answers) if answers else None


def _laid_over(
    before: Image, after: Image, before_page: Page | None, after_page: Page | None
) -> _Pair:
    page = after_page or find_page(after) or _whole(after)
    flat, old_flat = flatten(after, page), flatten(before, before_page or _page(before))
    found = anchored(align(flat, old_flat), flat, old_flat)
    aligned = found.matrix is not None and found.inliers >= _MIN_INLIERS
    stretched = np.diag([flat.shape[1] / old_flat.shape[1], flat.shape[0] / old_flat.shape[0], 1.0])
    matrix: Matrix = found.matrix if aligned and found.matrix is not None else stretched
    new, old = ink(flat), ink(old_flat)
    orange = cv2.blur(new.lean, (5, 5)) > MOST_LEAN * np.maximum(cv2.blur(new.red, (5, 5)), 1e-3)
    size = (new.red.shape[1], new.red.shape[0])
    between = np.diag([new.scale, new.scale, 1.0]) @ matrix @ np.diag([1, 1, old.scale])
    laid = np.asarray(cv2.warpPerspective(old.red, between, size), np.float32)
    least = max(_LEAST_RED, new.noise, old.noise)
    return _Pair(
        laid, np.where(orange, np.float32(0), new.red), least, new.scale, flat, page, aligned
    )


def _page(image: Image) -> Page:
    return find_page(image) or _whole(image)


def _whole(image: Image) -> Page:
    height, width = image.shape[:2]
    return Page(((0, 0), (width, 0), (width, height), (0, height)), whole=True)


def _inside(seal: Seal, pair: _Pair, grown: float = 1.0) -> NDArray[np.bool_]:
    """Where on the maps a seal of the later photo lies."""
    to_flat = np.linalg.inv(lifted(pair.page, pair.flat))
    outline = np.array([seal.outline], np.float64)
    around = cv2.perspectiveTransform(outline, to_flat)[0] * pair.scale
    middle = around.mean(axis=0)
    mask = np.zeros(pair.new.shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(middle + (around - middle) * grown).astype(np.int32)], (1.0,))
    return np.asarray(mask > 0, np.bool_)


def _without_rim(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    kept = np.zeros_like(marked)
    rim = max(round(_RIM * max(marked.shape)), 1)
    kept[rim:-rim, rim:-rim] = marked[rim:-rim, rim:-rim]
    return kept


def _patches(fresh: NDArray[np.bool_], red: Gray) -> tuple[float, ...]:
    """Return how strong the ink is of each seal that new ink of this extent is worth."""
    longest = max(fresh.shape)
    mask = cv2.morphologyEx(fresh.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    join = max(round(_JOIN * longest), 3)
    joined = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (join, join)))
    count, labels = cv2.connectedComponents(joined)
    found: list[float] = []
    for label in range(1, count):
        patch = np.asarray((labels == label) & (mask > 0), np.bool_)
        if worth := _worth(patch):
            found += [float(np.percentile(red[patch], 95))] * worth
    return tuple(found)


def _worth(ink: NDArray[np.bool_]) -> int:
    """Return how many seals one patch is; one is expected until it is larger than any seal."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size or int(ink.sum()) < _MIN_INK * ink.size:
        return 0
    longest = int(max(ink.shape))
    side = max(int(rows[-1]) - int(rows[0]), int(columns[-1]) - int(columns[0])) + 1
    if side < _MIN_SIDE * longest:
        return 0
    return max(1, round(side / (_MAX_SIDE * longest)))
