"""How good an impression is: what of its ring is there, how strong, how clean, how often.

The words are for people and rules; the figures behind each word stand beside it. A fault is
named by what must be done about it, worst first: a strip or a half is not the seal, a double or
smeared one is unreadable, a faint one may need a make-up stamp.
"""

from __future__ import annotations

import enum

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.ellipse import REACHES, Ellipse, Ring, contents, longest_run_deg, profile, ridge
from vision.page import Gray
from vision.squares import Square

# Redness of the strongest twentieth. A good press has 0.3 to 0.7, half the ink 0.17.
FAINT = 0.17
_CLEAR_ARC = 0.85  # share of the ring on the page; less is a seal cut by its edge
_WHOLE_RING = 0.86  # share of the ring with ink; three gaps of 16 degrees are wear
_LARGEST_GAP_DEG = 54.0  # a gap as long as two ring characters
_NOISY, _PALE_PART = 2, 0.5  # angles to each side that are averaged; of the usual rise there
_EMPTY_OCTANT = 0.25  # of the usual octant: there the press did not touch the paper
_KNOWN = 0.6  # of an eighth, and of the eighths, that must be free of lines to be judged
_SMEARED = 1.5  # ring across the smear against ring along it
_SMEAR_WIDTH = 0.13  # of the radius, at the widest; a clean ring has 0.06, seen blurred 0.09
_DOUBLED = 0.36  # likeness to itself a step aside; a single impression has 0.1, a pair 0.4 and more
_STEP = (0.12, 0.42)  # of the radius: less is a smear, more is another impression
_PATCH_PX, _AROUND = 96, 1.25  # size on which likeness is told, and how much paper it shows


class State(enum.StrEnum):
    """How an impression came out."""

    COMPLETE = "complete"
    FAINT = "faint"
    SMEARED = "smeared"
    DOUBLE = "double"
    PARTIAL = "partial"
    RIDING_SEAM = "riding-seam"


class Condition(Struct, frozen=True, kw_only=True):
    """Why an impression is called what it is called.

    Args:
        coverage: share of the visible ring (frame) that bears ink.
        visible: share of the ring that lies on the page.
        strength: redness of its ink, 0..0.9; darkness for a copy.
        largest_gap_deg: longest stretch of the visible ring without ink.
        octants: share of ink in each eighth of the disc, clockwise from the right, 1 = usual.
        smear: widest part of the ring over its narrowest.
        doubled: how alike it is to itself moved a step aside, 0..1.
    """

    state: State
    coverage: float
    visible: float
    strength: float
    largest_gap_deg: float = 0.0
    octants: tuple[float, ...] = ()
    smear: float = 1.0
    doubled: float = 0.0


def of_ring(
    ring: Ring, ink: Gray, hidden: NDArray[np.bool_] | None = None
) -> tuple[Condition, float]:
    """Judge a ring; return with it the reach at which its outer edge lies.

    Args:
        hidden: where lines of its own colour run over it.
    """
    _, strength = contents(ink, ring.ellipse)
    strength = max(strength, ring.strength)
    widths, edge_reach = _widths(ring, ink)
    smear = _smear(widths)
    doubled = _repeated(ring.ellipse, ink)
    coverage, gap = _pressed(ring, ink)
    octants = _octants(ring.ellipse, ink, hidden)
    partial = coverage < _WHOLE_RING or gap > _LARGEST_GAP_DEG
    partial = partial or min(octants) < _EMPTY_OCTANT
    if ring.on_map < _CLEAR_ARC:
        state = State.RIDING_SEAM
    elif doubled > _DOUBLED:
        state = State.DOUBLE
    elif smear > _SMEARED and float(np.nanmax(widths)) > _SMEAR_WIDTH:
        state = State.SMEARED
    elif partial:
        state = State.PARTIAL
    else:
        state = State.FAINT if strength < FAINT else State.COMPLETE
    condition = Condition(
        state=state,
        coverage=coverage,
        visible=ring.arc,
        strength=strength,
        largest_gap_deg=gap,
        octants=octants,
        smear=smear,
        doubled=doubled,
    )
    return condition, edge_reach


def of_square(square: Square) -> Condition:
    """Judge a square seal by its frame."""
    state = State.FAINT if square.strength < FAINT else State.COMPLETE
    return Condition(
        state=State.PARTIAL if square.coverage < _WHOLE_RING else state,
        coverage=square.coverage,
        visible=1.0,
        strength=square.strength,
    )


def of_strip(strength: float) -> Condition:
    """Judge a strip at a page's edge."""
    return Condition(state=State.RIDING_SEAM, coverage=0.0, visible=0.0, strength=strength)


def _pressed(ring: Ring, ink: Gray) -> tuple[float, float]:
    """Share of the visible ring that bears ink, and its longest stretch without, in degrees.

    Noise hides a pale ring here and there; over a character's width it is the same on the average,
    and a place that was not pressed is bare there all the same.
    """
    across = np.maximum(profile(ink, ring.ellipse), 0)
    around = np.concatenate([across[-_NOISY:], across, across[:_NOISY]])
    even = cv2.blur(around, (1, 2 * _NOISY + 1))[_NOISY:-_NOISY]
    middle = len(REACHES) // 2
    rises = ridge(np.asarray(even, np.float32))[:, middle - 3 : middle + 4].max(axis=1)
    if not ring.visible.any():
        return ring.coverage, ring.largest_gap_deg
    usual = float(np.quantile(rises[ring.visible], 0.75))
    hits = ring.hits | (ring.visible & (rises > _PALE_PART * usual))
    coverage = float(hits.sum() / max(int(ring.visible.sum()), 1))
    return coverage, longest_run_deg(ring.visible & ~hits)


def _octants(ellipse: Ellipse, ink: Gray, hidden: NDArray[np.bool_] | None) -> tuple[float, ...]:
    """Ink of each eighth of the disc against the usual eighth, ring included."""
    reaches = np.sqrt(np.linspace(0.1, 1.0, 24, dtype=np.float32))  # even by area
    sampled = np.maximum(_sampled(ink, ellipse, reaches), 0)
    if hidden is not None:
        lines = _sampled(np.asarray(hidden, np.float32), ellipse, reaches)
        sampled = np.where(lines > 0, np.nan, sampled).astype(np.float32)
    eighths = [part[np.isfinite(part)] for part in sampled.reshape(8, -1)]
    enough = sampled.size / 8 * _KNOWN
    shares = [float(part.mean()) if part.size >= enough else np.nan for part in eighths]
    if int(np.isfinite(shares).sum()) < _KNOWN * len(shares):
        return (1.0,) * len(shares)
    usual = max(float(np.nanmedian(shares)), 1e-6)
    return tuple(round(share / usual, 2) if np.isfinite(share) else 1.0 for share in shares)


def _widths(ring: Ring, ink: Gray) -> tuple[NDArray[np.float64], float]:
    """Width of the ring at each hit angle, as a share of the radius, and where its edge lies."""
    across = np.maximum(profile(ink, ring.ellipse), 0)
    middle = len(REACHES) // 2
    top = across[:, middle - 4 : middle + 5].max(axis=1)
    above = across > 0.5 * top[:, None]
    outer = np.argmin(above[:, middle:], axis=1)
    inner = np.argmin(above[:, middle::-1], axis=1)
    step = float(REACHES[1] - REACHES[0])
    widths = np.where(ring.hits, (outer + inner) * step, np.nan)
    outward = outer[ring.hits & (outer > 0)]
    edge_reach = 1.0 + step * float(np.median(outward)) if outward.size else 1.0
    return widths, min(edge_reach, 1.1)


def _smear(widths: NDArray[np.float64]) -> float:
    """How much wider the ring is in one direction: a wipe widens what lies across it."""
    eighths = [
        float(np.nanmedian(part)) if np.isfinite(part).sum() >= 4 else np.nan
        for part in np.split(np.nanmean(_folded(widths), axis=0), 6)
    ]
    known = [width for width in eighths if np.isfinite(width)]
    return max(known) / max(min(known), 0.02) if len(known) >= 4 else 1.0


def _folded(widths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Opposite angles over each other; where both miss, the usual width stands in."""
    usual = float(np.nanmedian(widths)) if np.isfinite(widths).any() else 0.0
    pairs = widths.reshape(2, -1)
    both = np.asarray(np.isnan(pairs).all(axis=0), np.bool_)
    return np.where(both.reshape(1, -1), usual, pairs)


def _repeated(ellipse: Ellipse, ink: Gray) -> float:
    """How alike the impression is to itself moved aside by 12 to 42 % of the radius.

    Ring, star and characters of a second strike lie off by one and the same step; of a single
    impression nothing repeats itself at all.
    """
    scale = _PATCH_PX / 2 / (_AROUND * ellipse.radius)
    move = np.array([-ellipse.x, -ellipse.y]) * scale + _PATCH_PX / 2
    matrix = np.array([[scale, 0, move[0]], [0, scale, move[1]]], np.float32)
    patch = cv2.warpAffine(ink, matrix, (_PATCH_PX, _PATCH_PX), flags=cv2.INTER_AREA)
    strokes = patch - cv2.GaussianBlur(patch, (0, 0), 0.06 * _PATCH_PX)
    waves = np.fft.rfft2(strokes, (2 * _PATCH_PX, 2 * _PATCH_PX))
    alike = np.fft.fftshift(np.fft.irfft2(np.abs(waves) ** 2)).astype(np.float32)
    y, x = np.mgrid[-_PATCH_PX:_PATCH_PX, -_PATCH_PX:_PATCH_PX]
    step = np.hypot(x, y) / (_PATCH_PX / 2 / _AROUND)
    tops = alike >= cv2.dilate(alike, np.ones((3, 3), np.uint8))
    tops &= (step > _STEP[0]) & (step < _STEP[1])
    return max(0.0, float(alike[tops].max(initial=0.0)) / max(float(alike.max()), 1e-6))


def _sampled(ink: Gray, ellipse: Ellipse, reaches: Gray) -> Gray:
    middle = np.array((ellipse.x, ellipse.y), np.float32)
    rays = ellipse.points() - middle
    x = (middle[0] + rays[:, :1] * reaches[None, :]).astype(np.float32)
    y = (middle[1] + rays[:, 1:] * reaches[None, :]).astype(np.float32)
    return np.asarray(
        cv2.remap(ink, x, y, cv2.INTER_LINEAR, None, cv2.BORDER_CONSTANT, 0.0), np.float32
    )
