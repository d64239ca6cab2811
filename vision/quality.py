"""The first quality gate: is this photo good enough to rely on, in under 150 ms?

Every reason is something that the clerk can put right at once. Fail closed: what cannot be
judged for lack of a page is refused as such.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.decoding import Image
from vision.findings import UNUSABLE, Reason
from vision.framing import a4_dpi, margin
from vision.page import Page, find_page, flatten, tile_ranges

_BLACK_LEVEL = 30  # 9 of 10 pixels below this: nothing is lit (the band may still be bright)
_CLIPPED = 250
_GLARE_SHARE = 0.01  # of the page, in one blob
_GLARE_PAPER = 238  # paper brighter than this all over is a scan or overexposed, not glare
_WASHED_OUT = 150  # the darkest hundredth of an overexposed page
_INKED = 0.35  # contrast of a tile, as a share of its paper, from which it holds print
_NO_EDGE_PX = 14.0  # wider than any edge of print: nothing crosses the tile in this direction
_MIN_TILES = 6  # fewer inked tiles say nothing about focus
# Edge width in pixels of the flat page (120 dpi when large enough): contrast / steepest slope,
# which is 2.5 sigma of the blur. Characters of 12 point are illegible from about sigma 2.
MAX_EDGE_PX = 5.0
LEAST_DPI = 150.0  # a character of 12 point has 25 dots then; readers need 14, 曹 and 曾 more
# Which sheet of the A series it is nobody knows: coarse is what even an A5 sheet would be.
_LEAST_A4_DPI = LEAST_DPI / 2**0.5
# Of the picture's longer side. Outlines are good to 0.004 of it; as much again is paper beyond it
# that cannot be told from none.
LEAST_MARGIN = 0.008


class Quality(Struct, frozen=True, kw_only=True):
    """What the gate measured.

    Args:
        reasons: what is wrong, worst first; empty for a good photo.
        page: where the paper lies, None when there is none.
        edge_px: width of printed edges on the flat page, of the paper's own edge when there is
            too little print; None when neither tells.
        paper: brightness of the paper, 0..255; 0 without a page.
        a4_dpi: dots an inch if the sheet is A4; None where its shape or outline does not tell.
        margin: the sheet's least distance from the picture's border, as a share of the picture's
            longer side; None where no edge of paper is seen.
    """

    reasons: tuple[Reason, ...]
    page: Page | None
    edge_px: float | None
    paper: float
    a4_dpi: float | None = None
    margin: float | None = None

    @property
    def usable(self) -> bool:
        """Whether the photo can serve as evidence; glare, for one, is only noted."""
        return not UNUSABLE.intersection(self.reasons)


def judge(image: Image) -> Quality:
    """Judge one photo by itself; whether it is frozen only `same_frame` can tell."""
    if _is_black(image):
        return Quality(reasons=(Reason.BLACK,), page=None, edge_px=None, paper=0.0)
    page = find_page(image)
    if page is None:
        return Quality(reasons=(Reason.NO_PAGE,), page=None, edge_px=None, paper=0.0)
    gray = np.asarray(
        cv2.cvtColor(_without_rim(flatten(image, page)), cv2.COLOR_BGR2GRAY), np.uint8
    )
    edge_px = edge_width_px(gray) or _paper_edge_px(image, page)
    paper = float(np.percentile(gray[::4, ::4], 70))
    reasons = []
    if edge_px is not None and edge_px > MAX_EDGE_PX:
        reasons.append(Reason.BLURRED)
    if _washed_out(gray):
        reasons.append(Reason.OVEREXPOSED)
    elif paper < _GLARE_PAPER and _clipped_blob_share(gray) > _GLARE_SHARE:
        reasons.append(Reason.GLARE)
    dpi, inside = a4_dpi(page), margin(page, image.shape[1], image.shape[0])
    if inside is not None and inside < LEAST_MARGIN:
        reasons.append(Reason.PAGE_EDGE)
    if dpi is not None and dpi < _LEAST_A4_DPI:
        reasons.append(Reason.COARSE)
    return Quality(
        reasons=tuple(reasons), page=page, edge_px=edge_px, paper=paper, a4_dpi=dpi, margin=inside
    )


def same_frame(one: Image, other: Image) -> bool:
    """Tell whether two pictures are one frame given twice.

    Two pictures of a living sensor always differ by its noise, so equal pixels mean frozen.
    """
    return one.shape == other.shape and bool(np.array_equal(one, other))


def edge_width_px(gray: NDArray[np.uint8]) -> float | None:
    """Return how wide printed edges are, in the worse of the two directions; None without print.

    Only tiles with print are measured and the sharpest tenth of them counts, so that empty paper
    does not look like blur. Ruled lines have no edge in one direction: it then says nothing.
    """
    dark, bright = tile_ranges(gray)
    contrast = bright - dark
    inked = contrast > np.maximum(_INKED * bright, 30)
    if int(inked.sum()) < _MIN_TILES:
        return None
    widths = []
    for kernel in (np.array([[-1, 0, 1]]), np.array([[-1], [0], [1]])):
        slope = np.minimum(np.abs(cv2.filter2D(gray, cv2.CV_16S, kernel)), 255).astype(np.uint8)
        _, steepest = tile_ranges(slope)
        width = (contrast / np.maximum(steepest / 2, 0.5))[inked]
        crossed = width[width < _NO_EDGE_PX]
        if crossed.size >= _MIN_TILES:
            sharpest = max(_MIN_TILES, crossed.size // 10) - 1
            widths.append(float(np.partition(crossed, sharpest)[sharpest]))
    return max(widths) if widths else float(_NO_EDGE_PX)


def _paper_edge_px(image: Image, page: Page) -> float | None:
    """Width of the paper's own edge, for a sheet with too little print to tell.

    The paper was found by its edge, so one that is nowhere steep is out of focus.
    """
    if page.whole:
        return None
    corners = np.array(page.corners)
    grown = corners.mean(axis=0) + (corners - corners.mean(axis=0)) * 1.03
    outline = Page(tuple((float(x), float(y)) for x, y in grown), whole=False)
    gray = np.asarray(cv2.cvtColor(flatten(image, outline), cv2.COLOR_BGR2GRAY), np.uint8)
    return edge_width_px(gray) or _NO_EDGE_PX


def _without_rim(flat: Image) -> Image:
    """Cut off the outer 3 %: the paper's own edge and its shadow are no print."""
    rim_y, rim_x = (max(round(side * 0.03), 1) for side in flat.shape[:2])
    return flat[rim_y:-rim_y, rim_x:-rim_x]


def _is_black(image: Image) -> bool:
    sample = image[::8, ::8].max(axis=2)
    return float(np.percentile(sample, 90)) < _BLACK_LEVEL


def _washed_out(gray: NDArray[np.uint8]) -> bool:
    sample = gray[::2, ::2]
    clipped = float((sample >= _CLIPPED).mean())
    return clipped > 0.5 and float(np.percentile(sample, 1)) > _WASHED_OUT


def _clipped_blob_share(gray: NDArray[np.uint8]) -> float:
    """Share of the page that its largest clipped spot covers."""
    small = cv2.resize(gray, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    clipped = (small >= _CLIPPED).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(clipped)
    if count < 2:
        return 0.0
    return float(stats[1:, cv2.CC_STAT_AREA].max()) / small.size
