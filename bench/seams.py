"""Seam stamps on fanned piles: how often a good one is called faint, and a faint one is not.

Each pile has a paper, a number of sheets, a width of its strips and a place of the seal of its own,
drawn from a seed, and is photographed by the simulated machine's camera before and after the
press. The machine's own eyes are asked, as they are after every press.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from msgspec import Struct

from bench.eyes_scoring import Rate, rate
from bench.figures import Machine, this_machine
from device.verdicts import after, gravest
from sim import camera_view
from sim.camera_film import snapshot
from sim.render import DPI, Picture, impression, page_image, stamped
from vision.decoding import decode
from vision.findings import Finding
from vision.page import find_page

Say = Callable[[str], None]

STRENGTHS = {"good": (0.75, 1.0), "faint": (0.22, 0.38)}  # of the ink; a dry pad gives the latter
_WIDTHS_MM = (3.0, 12.0)  # of the strip that each sheet shows
_MOST_SHEETS = 6
_MOST_FAN_MM = 36.0  # more does not fit under the camera beside A4
_PAPER, _EDGE = 252, 150  # how bright they are


class Seen(Struct, frozen=True, kw_only=True):
    """What the eyes said of one pile's stamp."""

    seed: int
    ink: str
    sheets: int
    strip_mm: float
    words: tuple[str, ...]


class Seams(Struct, frozen=True, kw_only=True):
    """How the stamps fared.

    Args:
        good_called_faint: of the good ones; each is offered a make-up that nobody needs.
        good_silent: of the good ones, of which the clerk hears nothing at all.
        faint_told: of the faint ones, that they are faint.
    """

    machine: Machine
    good_called_faint: Rate
    good_silent: Rate
    faint_told: Rate
    seen: tuple[Seen, ...]


def measure(seeds: Sequence[int], say: Say) -> Seams:
    """Stamp and judge a pile of each seed, once well and once with a pale pad."""
    cv2.setNumThreads(1)
    seen = []
    for seed, ink in itertools.product(seeds, STRENGTHS):
        seen.append(_look(seed, ink))
        if (Finding.IMPRESSION_FAINT in seen[-1].words) != (ink == "faint"):
            one = seen[-1]
            say(f"{seed} {ink} {one.sheets} x {one.strip_mm:.1f} mm: {', '.join(one.words)}")
    return scored(seen)


def scored(seen: Sequence[Seen]) -> Seams:
    """Count what was said."""
    good = [one.words for one in seen if one.ink == "good"]
    pale = [one.words for one in seen if one.ink == "faint"]
    return Seams(
        machine=this_machine(),
        good_called_faint=_share(Finding.IMPRESSION_FAINT in one for one in good),
        good_silent=_share(gravest(one, seam=True) == "" for one in good),
        faint_told=_share(Finding.IMPRESSION_FAINT in one for one in pale),
        seen=tuple(seen),
    )


def table(figures: Seams) -> str:
    """Return the lines for people."""
    rows = {
        "good, called faint": figures.good_called_faint,
        "good, nothing to tell": figures.good_silent,
        "faint, called so": figures.faint_told,
    }
    return "\n".join(
        f"{name:22} {one.right:3} of {one.of:3}  {one.low or 0:.3f}..{one.high or 0:.3f}"
        for name, one in rows.items()
    )


def fanned(pages: Sequence[Picture], strip_px: int) -> Picture:
    """Return pages fanned to the right, the first on top, each looking out so far."""
    height, width = pages[0].shape[:2]
    pile = np.full((height, width + strip_px * (len(pages) - 1), 3), _PAPER, np.uint8)
    for n, page in reversed(tuple(enumerate(pages))):
        right = n * strip_px + width
        pile[:, right - width : right] = page
        pile[:, right - 2 : right] = _EDGE
    return pile


def _look(seed: int, ink: str) -> Seen:
    rng = np.random.default_rng((seed, len(ink)))
    strip_mm = float(rng.uniform(*_WIDTHS_MM))
    most = min(_MOST_SHEETS, int(_MOST_FAN_MM // strip_mm) + 1)
    sheets = int(rng.integers(2, most + 1))
    pages = [page_image(seed, n) for n in range(sheets)]
    strip_px = round(strip_mm * DPI / 25.4)
    pile = fanned(pages, strip_px)
    top_px = pages[0].shape[1]
    middle_px = top_px + strip_px * (sheets - 2) / 2 + rng.uniform(-0.5, 0.5) * strip_px
    mark = impression(seed=seed, strength=float(rng.uniform(*STRENGTHS[ink])))
    bearing = stamped(
        pile, mark, middle_px / pile.shape[1], float(rng.uniform(0.2, 0.8)), rng.uniform(-20, 20)
    )
    how = camera_view.laying(seed)
    before, later = (
        snapshot(camera_view.view(one, how, light=True, seed=seed), seed, exposure)
        for exposure, one in enumerate((pile, bearing))
    )
    photo = decode(later)
    words = after(before, photo, find_page(photo))
    return Seen(
        seed=seed, ink=ink, sheets=sheets, strip_mm=round(strip_mm, 1), words=tuple(sorted(words))
    )  # fmt: skip


def _share(found: Iterable[bool]) -> Rate:
    told = list(found)
    return rate(sum(told), len(told))
