"""What is written on one page and not on another, tile by tile, once they lie over each other.

Both ink maps are first made equally sharp and equally strong, and the second one is bent until
its print lies on the first's: what is left over is then not blur, light or curl but writing.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.dazzle import RIM, VEIL
from vision.decoding import Image
from vision.page import RED_INK, Gray, MatLike, redness, without_rim

_TILE_PX, _STEP_PX = 24, 8  # a character of 14 point; steps so short that one tile holds it whole
_BEND_TILE_PX, _BEND_REACH_PX = 64, 8  # paper curls over several lines, by some pixels at most
_BEND_AGREES = 0.5  # correlation from which a tile tells where it lies
_DROP = 0.15  # by which agreement has to fall four pixels beside the best place
# Bending leaves 1.5 pixels over: there lies the mean of what is one and what is two pixels aside.
# By how many pixels are averaged: where to begin, on a map with two pixels around it.
_STARTS = {1: (2,), 2: (0, 3)}
_REACH_PX = 4  # and where it leaves more over, in margins with little print
_DOUBTFUL, _MOST_DOUBTFUL = 0.08, 400  # share and number of tiles that are looked at closer
_LEAST_INK = 0.006  # mean square of a tile that says something: a comma has more
_MOST_RED = 0.15  # of a tile; under red ink nothing is compared
# Redness around strokes of a pale seal on the average, the least of a good one, and how far around.
_PALE, _PALEST_STRONG, _PALE_PX = 0.025, 0.2, 15
_BOLD = 0.35  # ink that print reaches and grain or the edge of a shadow does not
_AROUND = 25  # tiles, 35 mm: so far around grain is the same
_WASHED = 0.7  # of the other page's ink, mean squares: less light of the ink leaves over 0.03
_BLURS = (0.5, 0.8, 1.1, 1.5, 2.0, 2.6)  # pixels; more than the gate lets through


class Difference(Struct, frozen=True):
    """What was left over.

    Args:
        shares: for each tile with ink its unexplained share, 0 the same ink, 1 and more another.
        places: centre (x, y) of each of them, in pixels of the reference map.
        told: False where a reflection may have taken what is not there.
    """

    shares: NDArray[np.float32]
    places: NDArray[np.float32]
    told: NDArray[np.bool_]


def print_map(flat: Image, *, grain_px: float = 0.0) -> Gray:
    """Return black ink as 0 (paper) .. 1, free of light and shade; red ink is left out.

    Args:
        grain_px: sigma by which grain is evened out before the paper is sought. Without it grain
            in a dim photo counts as pale ink, as it should where all that may be print is left out.
    """
    blue, green, red = cv2.split(flat)
    lift = cv2.subtract(red, cv2.max(blue, green))
    even = cv2.GaussianBlur(red, (0, 0), grain_px) if grain_px else red
    bright = cv2.dilate(even, np.ones((9, 9), np.uint8))
    small = cv2.resize(bright, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.medianBlur(small, 9), (0, 0), 2.5)
    paper = cv2.resize(paper, (red.shape[1], red.shape[0]))
    ink = red * np.float32(1 / 0.6)
    ink += lift
    ink /= np.maximum(paper, 24)
    np.subtract(np.float32(0.95 / 0.6), ink, out=ink)
    return np.asarray(np.clip(ink, 0, 1, out=ink), np.float32)


def red_map(flat: Image) -> Gray:
    """Return 1 on and close to red ink, else 0; all around ink so pale that noise hides it."""
    half = cv2.resize(flat, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    red = redness(np.asarray(half, np.uint8))
    strong = cv2.dilate(red, np.ones((_PALE_PX, _PALE_PX), np.uint8)) > _PALEST_STRONG
    pale = (cv2.GaussianBlur(red, (0, 0), _PALE_PX / 5) > _PALE) & ~strong
    marked = ((red > RED_INK) | pale).astype(np.uint8)
    grown = cv2.dilate(marked, np.ones((5, 5), np.uint8)).astype(np.float32)
    return np.asarray(cv2.resize(grown, (flat.shape[1], flat.shape[0])), np.float32)


def difference(reference: Gray, laid: Gray, red: Gray, dazzled: tuple[Gray, Gray]) -> Difference:
    """Compare two print maps of one size; `laid` was aligned by a homography already.

    Args:
        red: 1 where red ink lies on either page.
        dazzled: of both, where reflections lie, as `vision.dazzle` tells.
    """
    bent = _bent(reference, laid)
    shown = without_rim(1 - red)
    veils = [without_rim(each) for each in dazzled]
    one, other = (
        np.asarray(without_rim(np.asarray(cv2.GaussianBlur(each, (0, 0), 1.0))) * shown, np.float32)
        for each in (reference, bent)
    )
    clear = np.asarray(np.maximum(*veils) == 0, np.uint8)
    one, other = _equally_sharp(one, other, None if clear.all() else clear)
    left_over, squares = _left_over(one, other), [_tiles(each * each) for each in (one, other)]
    grain = _grain(left_over, np.maximum(one, other))
    left_over = np.asarray(np.maximum(left_over - grain, 0), np.float32)
    ink = np.maximum(*squares) - grain
    counts = (_tiles(without_rim(red)) < _MOST_RED) & (ink > _LEAST_INK)
    rows, columns = np.nonzero(counts)
    rim = [(full - inside) // 2 for full, inside in zip(red.shape, one.shape, strict=True)]
    middle = np.stack([columns, rows], axis=1) * _STEP_PX + _TILE_PX // 2
    shares = np.asarray(left_over[counts] / ink[counts], np.float32)
    for i in _doubtful(shares):
        apart = _closest(one, other, middle[i]) - float(grain[rows[i], columns[i]])
        shares[i] = min(shares[i], max(apart, 0.0) / float(ink[rows[i], columns[i]]))
    return Difference(
        shares,
        np.asarray(middle + rim[::-1], np.float32),
        _told(squares, (one, other), veils)[counts],
    )


def _grain(left_over: Gray, ink: Gray) -> Gray:
    """What grain alone leaves over in each tile, as on the bare paper around it."""
    bare = (_most(ink) < _BOLD).astype(np.float32)
    around = (_AROUND, _AROUND)
    share = cv2.blur(bare, around)
    mean = cv2.blur(np.asarray(left_over * bare, np.float32), around) / np.maximum(share, 1e-6)
    usual = float((left_over * bare).sum() / max(float(bare.sum()), 1.0))
    return np.asarray(np.where(share > 1 / _AROUND, mean, usual), np.float32)


def _told(squares: list[Gray], ink: tuple[Gray, Gray], veils: list[Gray]) -> NDArray[np.bool_]:
    """Whether what is on one page alone would be seen on the other.

    Under a reflection ink is pale or gone, and its rim looks like pale ink.
    """
    told = np.ones(squares[0].shape, np.bool_)
    for i, veil in enumerate(_most(one) for one in veils):
        paler = (squares[i] < _WASHED * squares[1 - i]) | (_most(ink[i]) < _BOLD)
        told &= ~((veil >= VEIL) & paler | (veil >= RIM))
    return told


def _doubtful(shares: NDArray[np.float32]) -> NDArray[np.int64]:
    """The tiles worth a closer look; when there are many, the pages differ anyway."""
    found = np.flatnonzero(shares > _DOUBTFUL)
    return found if len(found) <= _MOST_DOUBTFUL else found[:0]


def _closest(one: Gray, other: Gray, middle: NDArray[np.float32]) -> float:
    """Mean square that stays different in one tile at the best of all moves by half pixels."""
    half, reach = _TILE_PX // 2, _REACH_PX
    x, y = (int(at) for at in middle)
    patch = one[max(y - half, 0) : y + half, max(x - half, 0) : x + half]
    top, left = max(y - half - reach, 0), max(x - half - reach, 0)
    around = other[top : y + half + reach, left : x + half + reach]
    twice = [cv2.resize(part, None, fx=2, fy=2) for part in (around, patch)]
    apart = cv2.matchTemplate(twice[0], twice[1], cv2.TM_SQDIFF)
    return max(float(apart.min()), 0.0) / twice[1].size


def _most(values: Gray) -> Gray:
    """The most in each tile, a step apart."""
    rows, columns = (side // _STEP_PX for side in values.shape)
    bands = values[: rows * _STEP_PX, : columns * _STEP_PX].reshape(rows, _STEP_PX, -1)
    cells = bands.max(axis=1).reshape(rows, columns, _STEP_PX).max(axis=2)
    steps = _TILE_PX // _STEP_PX
    tops = cv2.dilate(cells, np.ones((steps, steps), np.uint8), anchor=(0, 0))
    return np.asarray(tops[: rows - steps + 1, : columns - steps + 1], np.float32)


def _tiles(values: Gray) -> Gray:
    """Mean of each tile, a step apart."""
    rows, columns = (side // _STEP_PX for side in values.shape)
    whole = values[: rows * _STEP_PX, : columns * _STEP_PX]
    cells = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    steps = _TILE_PX // _STEP_PX
    means = cv2.blur(cells, (steps, steps), anchor=(0, 0))
    return np.asarray(means[: rows - steps + 1, : columns - steps + 1], np.float32)


def _left_over(one: Gray, other: Gray) -> Gray:
    """Mean square that stays different in each tile, at the best of nine small moves."""
    height, width = one.shape
    around = cv2.copyMakeBorder(other, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0)
    best: Gray | None = None
    apart = np.empty_like(one)
    for across in (1, 2):
        for down in (1, 2):
            means = cv2.blur(around, (across, down), anchor=(0, 0))
            for x in _STARTS[across]:
                for y in _STARTS[down]:
                    np.subtract(one, means[y : y + height, x : x + width], out=apart)
                    tiles = _tiles(np.multiply(apart, apart, out=apart))
                    best = tiles if best is None else np.minimum(best, tiles)
    assert best is not None
    return best


def _equally_sharp(one: Gray, other: Gray, clear: NDArray[np.uint8] | None) -> tuple[Gray, Gray]:
    """Bring both to the same strength, and the sharper one to the blur of the other.

    Args:
        clear: 0 where a reflection lies, which tells of neither; None without any.
    """
    strength = cv2.norm(one, cv2.NORM_L1, clear) / max(cv2.norm(other, cv2.NORM_L1, clear), 1.0)
    other = np.asarray(other * np.clip(strength, 0.5, 2.0), np.float32)
    goal = min(_edges(one, clear), _edges(other, clear))
    return _blurred_to(one, goal, clear), _blurred_to(other, goal, clear)


def _blurred_to(ink: Gray, goal: float, clear: NDArray[np.uint8] | None) -> Gray:
    if _edges(ink, clear) < 1.04 * goal:
        return ink
    for blur in _BLURS:
        softer = np.asarray(cv2.GaussianBlur(ink, (0, 0), blur), np.float32)
        if _edges(softer, clear) < goal:
            break
    return softer


def _edges(ink: Gray, clear: NDArray[np.uint8] | None) -> float:
    """Mean step from pixel to pixel, across and down, where it is clear."""
    beside, below = (None, None) if clear is None else (clear[:, 1:], clear[1:])
    across = cv2.norm(ink[:, 1:], ink[:, :-1], cv2.NORM_L1, beside)
    down = cv2.norm(ink[1:], ink[:-1], cv2.NORM_L1, below)
    return across / ink[:, 1:].size + down / ink[1:].size


def _bent(reference: Gray, laid: Gray) -> Gray:
    """Bend `laid` by what its tiles say, smoothly."""
    moves = _smooth(_moves(reference, laid))
    x, y = (_at_pixels(each, reference.shape) for each in cv2.split(moves))
    x += np.arange(x.shape[1], dtype=np.float32)[None, :]
    y += np.arange(y.shape[0], dtype=np.float32)[:, None]
    bent = cv2.remap(laid, x, y, cv2.INTER_LINEAR)
    return np.asarray(bent, np.float32)


def _at_pixels(tiles: MatLike, shape: tuple[int, ...]) -> Gray:
    """What tiles of _BEND_TILE_PX say, for each pixel."""
    tile, reach = _BEND_TILE_PX, _BEND_REACH_PX
    rows, columns = tiles.shape
    wide = cv2.resize(tiles, (columns * tile, rows * tile), interpolation=cv2.INTER_LINEAR)
    below, beside = shape[0] - reach - rows * tile, shape[1] - reach - columns * tile
    full = cv2.copyMakeBorder(wide, reach, below, reach, beside, cv2.BORDER_REPLICATE)
    return np.asarray(full, np.float32)


def _moves(reference: Gray, laid: Gray) -> Gray:
    """How far each tile of `laid` lies off (x, y); NaN where a tile cannot tell."""
    tile, reach = _BEND_TILE_PX, _BEND_REACH_PX
    rows = max((reference.shape[0] - 2 * reach) // tile, 1)
    columns = max((reference.shape[1] - 2 * reach) // tile, 1)
    moves = np.full((rows, columns, 2), np.nan, np.float32)
    for row in range(rows):
        for column in range(columns):
            y, x = reach + row * tile, reach + column * tile
            patch = reference[y : y + tile, x : x + tile]
            around = laid[y - reach : y + tile + reach, x - reach : x + tile + reach]
            if float(cv2.mean(patch)[0]) < 0.015 or min(around.shape) < tile:
                continue
            agreement = np.asarray(
                cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED), np.float32
            )
            _, best, _, at = cv2.minMaxLoc(agreement)
            if best > _BEND_AGREES and _is_single(agreement, at):
                moves[row, column] = (at[0] - reach, at[1] - reach)
    return moves


def _is_single(agreement: Gray, at: Sequence[int]) -> bool:
    """Whether only one place agrees: along a ruled line every place does."""
    x, y = at
    far = _BEND_REACH_PX // 2
    best = float(agreement[y, x])
    across = [float(agreement[y, i]) for i in (x - far, x + far) if 0 <= i < agreement.shape[1]]
    down = [float(agreement[i, x]) for i in (y - far, y + far) if 0 <= i < agreement.shape[0]]
    return best - max(across) > _DROP and best - max(down) > _DROP


def _smooth(moves: Gray) -> Gray:
    """The median move of each tile's neighbourhood, wider where few tiles can tell."""
    smooth = np.zeros_like(moves)
    for row, column in np.ndindex(moves.shape[:2]):
        for reach in (1, 2, 4, max(moves.shape)):
            near = moves[max(row - reach, 0) : row + reach + 1]
            near = near[:, max(column - reach, 0) : column + reach + 1].reshape(-1, 2)
            known = near[~np.isnan(near[:, 0])]
            if len(known) >= 4:
                ordered, half = np.sort(known, axis=0), len(known) // 2
                smooth[row, column] = (ordered[half] + ordered[-1 - half]) / 2
                break
    return smooth
