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

from vision.ellipse import ANGLES, REACHES, Ellipse, Ring, contents, longest_run_deg, profile, ridge
from vision.page import Gray
from vision.squares import Square

# Redness of the strongest twentieth. A good press has 0.3 to 0.7, half the ink 0.17.
FAINT = 0.17
_CLEAR_ARC = 0.85  # share of the ring on the page; less is a seal cut by its edge
_WHOLE_RING = 0.86  # share of the ring with ink; three gaps of 16 degrees are wear
_LARGEST_GAP_DEG = 54.0  # a gap as long as two ring characters
_NOISY, _PALE_PART = 2, 0.5  # angles to each side that are averaged; of the usual rise there
_EMPTY_OCTANT = 0.25  # of the usual octant: there the press did not touch the paper
_RING_THERE = 0.75  # of the visible ring of an eighth; half of it is where a dry patch begins
_KNOWN = 0.6  # of an eighth, and of the eighths, that must be free of lines to be judged
# Ring across the smear against ring along it: clean rings reach 1.17, wipes of 1 mm on 42 mm begin
# at 1.4 (300 rings in normal and hard photos); the middle by ratio.
_SMEARED = 1.28
_SMEAR_WIDTH = 0.1  # of the radius, where it is widest; clean rings have 0.06, blurred up to 0.1
_ENOUGH = 2 / 3  # of the angles, opposite ones taken together, to tell one direction from another
_ROUNDS = 5  # of the fit; further ones change nothing
_LEAST_WIDTH = 0.02  # of the radius; a ratio to less means nothing
# Likeness to itself a step aside: a single impression has 0.15 and on a table 0.2, a pair 0.37 and
# more, and on a table 0.3.
_DOUBLED = 0.28
_STEP = (0.12, 0.42)  # of the radius: less is a smear, more is another impression
_PATCH_PX, _AROUND = 96, 1.25  # size on which likeness is told, and how much paper it shows
_EVEN_PX = 0.06 * _PATCH_PX  # what is wider than strokes
_CLEAR, _LEAST_SEEN = 0.2, 0.3  # of a place that a line hides; of the strokes, to compare at all
_BESIDE = 6  # hundredths of the radius, to both sides of the ring


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
        smear: width of the ring in the direction in which it is widest over that square to it.
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
    if hidden is not None:  # the blurred edges of a line are as little the seal's as itself
        hidden = cv2.dilate(hidden.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    widths, edge_reach = _widths(ring, ink, _cut(ring.ellipse, hidden))
    smear, widest = _smear(ring.ellipse, widths)
    doubled = _repeated(ring.ellipse, np.minimum(ink, np.float32(strength)), hidden)
    coverage, gap, pressed = _pressed(ring, ink)
    octants = _octants(ring.ellipse, ink, hidden)
    partial = coverage < _WHOLE_RING or gap > _LARGEST_GAP_DEG
    partial = partial or _is_bare(octants, pressed & ring.visible, ring.visible)
    smeared = smear > _SMEARED and widest > _SMEAR_WIDTH
    condition = Condition(
        state=_named(ring, strength, double=doubled > _DOUBLED, smeared=smeared, partial=partial),
        coverage=coverage,
        visible=ring.arc,
        strength=strength,
        largest_gap_deg=gap,
        octants=octants,
        smear=smear,
        doubled=doubled,
    )
    return condition, edge_reach


def _named(ring: Ring, strength: float, *, double: bool, smeared: bool, partial: bool) -> State:
    """The word for what is worst of all that is true."""
    if ring.on_map < _CLEAR_ARC:
        return State.RIDING_SEAM
    if double:
        return State.DOUBLE
    if smeared:
        return State.SMEARED
    if partial:
        return State.PARTIAL
    return State.FAINT if strength < FAINT else State.COMPLETE


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


def _pressed(ring: Ring, ink: Gray) -> tuple[float, float, NDArray[np.bool_]]:
    """Share of the visible ring that bears ink, its longest stretch without, in degrees, and where
    it bears some.

    Noise hides a pale ring here and there; over a character's width it is the same on the average,
    and a place that was not pressed is bare there all the same.
    """
    across = np.maximum(profile(ink, ring.ellipse), 0)
    around = np.concatenate([across[-_NOISY:], across, across[:_NOISY]])
    even = cv2.blur(around, (1, 2 * _NOISY + 1))[_NOISY:-_NOISY]
    middle = len(REACHES) // 2
    rises = ridge(np.asarray(even, np.float32))[:, middle - 3 : middle + 4].max(axis=1)
    if not ring.visible.any():
        return ring.coverage, ring.largest_gap_deg, ring.hits
    usual = float(np.quantile(rises[ring.visible], 0.75))
    hits = ring.hits | (ring.visible & (rises > _PALE_PART * usual))
    coverage = float(hits.sum() / max(int(ring.visible.sum()), 1))
    return coverage, longest_run_deg(ring.visible & ~hits), hits


def _is_bare(
    octants: tuple[float, ...], pressed: NDArray[np.bool_], visible: NDArray[np.bool_]
) -> bool:
    """Whether an eighth was not pressed: there is next to no ink and the ring is not there either.

    Between the end of the words and their beginning a whole seal has nothing but its ring.
    """
    hits, seen = (one.reshape(len(octants), -1).sum(axis=1) for one in (pressed, visible))
    bare = np.array(octants) < _EMPTY_OCTANT
    return bool((bare & (hits < _RING_THERE * np.maximum(seen, 1))).any())


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


def _cut(ellipse: Ellipse, hidden: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """At which angles a line runs over the ring; there it has no width of its own."""
    middle = len(REACHES) // 2
    if hidden is None:
        return np.zeros(ANGLES, np.bool_)
    lines = profile(np.asarray(hidden, np.float32), ellipse)
    return np.asarray(lines[:, middle - _BESIDE : middle + _BESIDE + 1].max(axis=1) > 0, np.bool_)


def _widths(ring: Ring, ink: Gray, cut: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Width of the ring at each hit angle, as a share of the radius, and where its edge lies."""
    across = np.maximum(profile(ink, ring.ellipse), 0)
    middle = len(REACHES) // 2
    hits = ring.hits & ~cut
    top = across[:, middle - 4 : middle + 5].max(axis=1)
    above = across > 0.5 * top[:, None]
    outer = np.argmin(above[:, middle:], axis=1)
    inner = np.argmin(above[:, middle::-1], axis=1)
    step = float(REACHES[1] - REACHES[0])
    widths = np.where(hits, (outer + inner) * step, np.nan)
    outward = outer[hits & (outer > 0)]
    edge_reach = 1.0 + step * float(np.median(outward)) if outward.size else 1.0
    return widths, min(edge_reach, 1.1)


def _smear(ellipse: Ellipse, widths: NDArray[np.float64]) -> tuple[float, float]:
    """How much wider the ring is in one direction, and how wide there, as a share of the radius.

    A wipe widens what lies across it. The ring of an oval may be as wide all around, or that of a
    circle in a picture that was stretched; only what neither explains is a wipe.
    """
    found = np.isfinite(widths)
    if found.reshape(2, -1).any(axis=0).mean() < _ENOUGH:
        return 1.0, 0.0
    return min(_crest(widths, found), _crest(widths * _square_to(ellipse), found))


def _crest(widths: NDArray[np.float64], found: NDArray[np.bool_]) -> tuple[float, float]:
    """The crest over the trough of a wave with two crests, laid through what was found; the crest.

    A wipe widens opposite sides alike; grain, and characters that touch the ring, do not come
    twice around.
    """
    turn = np.linspace(0, 4 * np.pi, ANGLES, endpoint=False)
    waves = np.stack([np.ones(ANGLES), np.cos(turn), np.sin(turn)], axis=1)[found]
    seen = widths[found]
    trust = np.ones(len(seen))
    for _ in range(_ROUNDS):
        mean, *wave = np.linalg.lstsq(waves * trust[:, None], seen * trust, rcond=None)[0]
        off = np.abs(seen - waves @ (mean, *wave))
        trust = 1 / np.sqrt(1 + (off / (3 * max(float(np.median(off)), 1e-6))) ** 2)
    high = float(np.hypot(*wave))
    return float((mean + high) / max(mean - high, _LEAST_WIDTH)), float(mean + high)


def _square_to(ellipse: Ellipse) -> NDArray[np.float64]:
    """How long a share of the reach is at each angle, square to the ring, in radii."""
    turn = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    across = np.hypot(np.cos(turn) / ellipse.a, np.sin(turn) / ellipse.b)
    return np.asarray(1 / (across * ellipse.radius), np.float64)


def _repeated(ellipse: Ellipse, ink: Gray, hidden: NDArray[np.bool_] | None) -> float:
    """How alike the impression is to itself moved aside by 12 to 42 % of the radius.

    Ring, star and characters of a second strike lie off by one and the same step; of a single
    impression nothing repeats itself at all. Where a line hides one of two places nothing is
    compared, as the lines of a table repeat themselves.
    """
    patch = _patch(ink, ellipse)
    known = np.ones_like(patch)
    if hidden is not None:
        known = np.asarray(_patch(hidden.astype(np.float32), ellipse) < _CLEAR, np.float32)
    even = cv2.GaussianBlur(patch * known, (0, 0), _EVEN_PX) / np.maximum(
        cv2.GaussianBlur(known, (0, 0), _EVEN_PX), 1e-3
    )
    strokes = np.asarray((patch - even) * known, np.float32)
    alike = _correlated(strokes, strokes)
    if hidden is not None:  # of all strokes those whose counterpart can be seen
        squares = np.asarray(strokes * strokes, np.float32)
        of_all = _correlated(squares, known) / max(float(squares.sum()), 1e-6)
        seen = np.sqrt(np.maximum(of_all * of_all[::-1, ::-1], _LEAST_SEEN**2))
        alike = np.asarray(alike / seen, np.float32)
    y, x = np.mgrid[-_PATCH_PX:_PATCH_PX, -_PATCH_PX:_PATCH_PX]
    step = np.hypot(x, y) / (_PATCH_PX / 2 / _AROUND)
    tops = alike >= cv2.dilate(alike, np.ones((3, 3), np.uint8))
    tops &= (step > _STEP[0]) & (step < _STEP[1])
    return max(0.0, float(alike[tops].max(initial=0.0)) / max(float(alike.max()), 1e-6))


def _patch(layer: Gray, ellipse: Ellipse) -> Gray:
    """The impression with the paper around it, `_PATCH_PX` square."""
    scale = _PATCH_PX / 2 / (_AROUND * ellipse.radius)
    move = np.array([-ellipse.x, -ellipse.y]) * scale + _PATCH_PX / 2
    matrix = np.array([[scale, 0, move[0]], [0, scale, move[1]]], np.float32)
    patch = cv2.warpAffine(layer, matrix, (_PATCH_PX, _PATCH_PX), flags=cv2.INTER_AREA)
    return np.asarray(patch, np.float32)


def _correlated(one: Gray, other: Gray) -> Gray:
    """Sum of products for each move of `other` over `one`; no move stands in the middle."""
    size = (2 * _PATCH_PX, 2 * _PATCH_PX)
    waves = np.fft.rfft2(one, size) * np.conj(np.fft.rfft2(other, size))
    return np.asarray(np.fft.fftshift(np.fft.irfft2(waves)), np.float32)


def _sampled(ink: Gray, ellipse: Ellipse, reaches: Gray) -> Gray:
    middle = np.array((ellipse.x, ellipse.y), np.float32)
    rays = ellipse.points() - middle
    x = (middle[0] + rays[:, :1] * reaches[None, :]).astype(np.float32)
    y = (middle[1] + rays[:, 1:] * reaches[None, :]).astype(np.float32)
    return np.asarray(
        cv2.remap(ink, x, y, cv2.INTER_LINEAR, None, cv2.BORDER_CONSTANT, 0.0), np.float32
    )
