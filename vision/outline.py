"""The outline of a sheet: four straight edges with something brighter inside of all of them.

A threshold fails under a lamp at one side, so nothing here depends on how bright the paper is:
edges are ratios of neighbouring brightness, straight ones are voted for with the direction in
which they rise, and of all ways to choose four the one wins whose sides are edges from corner to
corner and no further.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.channels import least
from vision.decoding import Image
from vision.shrinking import shrunk

Points = NDArray[np.float32]
Floats = NDArray[np.float64]

_SEARCH_PX = 640  # the sheet is sought on a copy whose longest side is this
_PRINT_PX = 13  # dark things narrower than this are print and closed
_DARKEST = 12  # grey levels; ratios below it are noise
_LEAST_SLOPE = 0.02  # of the brightness for each pixel: a grey desk beside paper gives 0.06
_MOST_EDGES = 9_000
_THETA_BINS = 180  # 2 degrees each, all around, as an edge rises to one side only
_NEAR_THETA = 2  # bins: how far the direction of a noisy edge may be off
_RHO_PX = 2.0
_LINES_PER_SIDE = 9
_LEAST_LINE = 0.06  # of the longest side
_ON_LINE_PX = 2.5
_BRIDGED_PX = 5  # gaps in an edge, as noise leaves them
_CORNER_DEG = 50.0  # least angle at a corner: a slant of 40 degrees
_BEYOND = 0.15  # of a side: how far beyond its corners it must have ended
_FRAME_SUPPORT = 0.55  # what the picture's own border counts as; a sheet may reach beyond it
_MOST_FRAME_SIDES = 2
_LEAST_SUPPORT = 0.4  # share of each side that is an edge: a hand or a shadow may hide the rest
_USUAL_SUPPORT = 0.62
_LEAST_AREA = 0.1  # of the frame; an identity card on an A4 tray has 0.07
_MOST_TRIED = 12
_ASIDE_PX = (6, 12, 18, 24)  # how far inside and outside of a side brightness is compared
_STANDS_OUT = 0.07  # least ratio (logarithm) of inside to outside, on each side's usual place
_REFINE_STEPS, _REFINE_REACH = 96, 5.0  # profiles across each side; reach in search pixels


class Line(Struct, frozen=True):
    """An edge that rises towards its normal.

    Args:
        normal: unit vector to the brighter side.
        rho: normal . point for each of its points.
        support: running count of its edge pixels along it, one more for each pixel.
        start: position along it of the first count.
        frame: whether this is the picture's own border.
    """

    normal: tuple[float, float]
    rho: float
    support: NDArray[np.float32]
    start: float
    frame: bool = False


def find_outline(image: Image) -> Points | None:
    """Return the sheet's corners in pixels, in order around it; None when no sheet stands out."""
    small, scale = shrunk(image, _SEARCH_PX)
    light = _brightness(least(small))
    points, normals = _edges(light)
    sides = [_lines(points, normals, light.shape, turn) for turn in range(4)]
    for quad, frames in _best_quads(sides, light.shape):
        if _stands_out(light, quad, frames):
            return _refined(image, quad, frames, scale)
    return None


def _brightness(pale: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logarithm of the brightness with print closed, so that differences are ratios."""
    closed = cv2.morphologyEx(pale, cv2.MORPH_CLOSE, np.ones((_PRINT_PX, _PRINT_PX), np.uint8))
    soft = cv2.GaussianBlur(closed.astype(np.float32), (0, 0), 1.4)
    return np.asarray(np.log(np.maximum(soft, _DARKEST)), np.float32)


def _edges(light: NDArray[np.float32]) -> tuple[Points, Points]:
    """Crests of the slope: points (x, y) and unit vectors to the brighter side."""
    slope_x = cv2.Sobel(light, cv2.CV_32F, 1, 0) / 8
    slope_y = cv2.Sobel(light, cv2.CV_32F, 0, 1) / 8
    slope = cv2.magnitude(slope_x, slope_y)
    level = np.abs(slope_x) > np.abs(slope_y)
    across = cv2.dilate(slope, np.ones((1, 3), np.uint8))
    down = cv2.dilate(slope, np.ones((3, 1), np.uint8))
    crest = (slope >= np.where(level, across, down)) & (slope > _LEAST_SLOPE)
    crest[[0, -1], :] = False
    crest[:, [0, -1]] = False
    rows, columns = np.nonzero(crest)
    if len(rows) > _MOST_EDGES:
        kept = np.argpartition(-slope[rows, columns], _MOST_EDGES)[:_MOST_EDGES]
        rows, columns = rows[kept], columns[kept]
    normals = np.stack([slope_x[rows, columns], slope_y[rows, columns]], axis=1)
    normals = normals / slope[rows, columns, None]
    return np.stack([columns, rows], axis=1).astype(np.float32), normals.astype(np.float32)


def _lines(points: Points, normals: Points, shape: tuple[int, ...], turn: int) -> list[Line]:
    """Return the longest edges that rise towards the right (0), down (1), left (2) or up (3)."""
    height, width = shape
    middle = turn * 90.0
    angles = np.degrees(np.arctan2(normals[:, 1], normals[:, 0]))
    off = np.asarray((angles - middle + 180.0) % 360.0 - 180.0, np.float32)
    chosen = np.abs(off) < 50.0
    found = [_border(turn, width, height)]
    for theta, rho in _voted(points[chosen], off[chosen], middle, float(np.hypot(width, height))):
        line = _line_through(points[chosen], normals[chosen], theta, rho)
        if line is not None and line.support[-1] > _LEAST_LINE * max(shape):
            found.append(line)
    return found


def _voted(
    points: Points, off: NDArray[np.float32], middle: float, reach: float
) -> list[tuple[float, float]]:
    """Directions (radians) and distances of the lines that most points lie on."""
    step = 360.0 / _THETA_BINS
    rows, columns = int(100 / step) + 1, int(2 * reach / _RHO_PX) + 3
    votes = np.zeros(rows * columns, np.float32)
    nearest = np.rint((off + 50.0) / step).astype(np.int64)
    for move in range(-_NEAR_THETA, _NEAR_THETA + 1):
        row = nearest + move
        kept = (row >= 0) & (row < rows)
        theta = np.radians(middle - 50.0 + row[kept] * step)
        rho = points[kept, 0] * np.cos(theta) + points[kept, 1] * np.sin(theta)
        column = ((rho + reach) / _RHO_PX + 1).astype(np.int64)
        votes += np.bincount(row[kept] * columns + column, minlength=votes.size)[: votes.size]
    square = cv2.boxFilter(votes.reshape(rows, columns), -1, (3, 1), normalize=False)
    tops = (square >= cv2.dilate(square, np.ones((5, 5), np.uint8))) & (square > 8)
    row, column = np.nonzero(tops)
    order = np.argsort(-square[row, column])[:_LINES_PER_SIDE]
    return [
        (
            float(np.radians(middle - 50.0 + row[i] * step)),
            float((column[i] - 0.5) * _RHO_PX - reach),
        )
        for i in order
    ]


def _line_through(points: Points, normals: Points, theta: float, rho: float) -> Line | None:
    """The straight line through the edge points near (theta, rho), and where it has them."""
    normal = np.array((np.cos(theta), np.sin(theta)))
    for reach in (2 * _ON_LINE_PX, _ON_LINE_PX):
        along = normals @ normal > np.cos(np.radians(12.0))
        near = points[(np.abs(points @ normal - rho) < reach) & along]
        if len(near) < 12:
            return None
        centre = near.mean(axis=0)
        off = near - centre
        _, axes = np.linalg.eigh(off.T @ off)
        fitted = axes[:, 0] * np.sign(axes[:, 0] @ normal)
        normal, rho = fitted.astype(np.float64), float(centre @ fitted)
    positions = near @ np.array((-normal[1], normal[0]))
    start = float(np.floor(positions.min())) - 1
    bins = np.zeros(int(positions.max() - start) + 3, np.uint8)
    bins[(positions - start).astype(np.int64)] = 1
    solid = cv2.morphologyEx(bins[None], cv2.MORPH_CLOSE, np.ones((1, _BRIDGED_PX), np.uint8))[0]
    support = np.cumsum(solid, dtype=np.float32)
    return Line((float(normal[0]), float(normal[1])), rho, support, start)


def _border(turn: int, width: int, height: int) -> Line:
    """The frame's own left, top, right or bottom side as a line."""
    normal = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[turn]
    rho = (0.0, 0.0, 1.0 - width, 1.0 - height)[turn]
    return Line(normal, rho, np.zeros(1, np.float32), 0.0, frame=True)


def _best_quads(
    sides: list[list[Line]], shape: tuple[int, ...]
) -> list[tuple[Floats, tuple[bool, ...]]]:
    """The quadrilaterals with the best sides, best first, and which sides are the frame's."""
    corners = [_crossings(sides[i], sides[(i + 1) % 4]) for i in range(4)]
    # Axes of every table: which line is the left, top, right and bottom one.
    total = np.zeros([len(lines) for lines in sides])
    support = []
    for i in range(4):
        before, after = corners[i - 1], corners[i]
        gain, share = _side_scores(sides[i], before, after)
        order = [(i - 1) % 4, i, (i + 1) % 4]  # gain is indexed (line before, own, line after)
        total = total + _spread(gain, order)
        support.append(_spread(share, order) + np.zeros_like(total))
    weakest, usual = np.min(support, axis=0), np.mean(support, axis=0)
    total = np.where((weakest > _LEAST_SUPPORT) & (usual > _USUAL_SUPPORT), total, -np.inf)
    found: list[tuple[Floats, tuple[bool, ...]]] = []
    for place in np.argsort(-total, axis=None)[: 4 * _MOST_TRIED]:
        index = tuple(int(one) for one in np.unravel_index(place, total.shape))
        if not np.isfinite(total[index]) or len(found) == _MOST_TRIED:
            break
        quad = np.array([corners[i][index[i], index[(i + 1) % 4]] for i in range(4)])
        frames = tuple(sides[i][index[i]].frame for i in range(4))
        if sum(frames) <= _MOST_FRAME_SIDES and _is_sheet(quad, shape):
            found.append((quad, frames))
    return found


def _spread(table: Floats, order: list[int]) -> Floats:
    """`table` with its axes put at the places `order` of four."""
    moved = np.transpose(table, np.argsort(order))
    missing = next(axis for axis in range(4) if axis not in order)
    return np.expand_dims(moved, missing)


def _crossings(ones: list[Line], others: list[Line]) -> Floats:
    """Where each line of the one list meets each of the other: ones x others x 2; NaN if not."""
    a = np.array([one.normal for one in ones])[:, None, :]
    b = np.array([other.normal for other in others])[None, :, :]
    rho_a = np.array([one.rho for one in ones])[:, None]
    rho_b = np.array([other.rho for other in others])[None, :]
    cross = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    steep = np.abs(cross) > np.sin(np.radians(_CORNER_DEG))
    safe = np.where(steep, cross, 1.0)
    x = (rho_a * b[..., 1] - rho_b * a[..., 1]) / safe
    y = (a[..., 0] * rho_b - b[..., 0] * rho_a) / safe
    met = np.stack([x, y], axis=-1)
    return np.where(steep[..., None], met, np.nan)


def _side_scores(lines: list[Line], before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """Gain and supported share of each side, indexed (line before, own line, line after).

    Args:
        before: where each line before meets each own line.
        after: where each own line meets each line after.
    """
    shape = (before.shape[0], len(lines), after.shape[1])
    gain, share = np.full(shape, -np.inf), np.zeros(shape)
    for own, line in enumerate(lines):
        along = np.array((-line.normal[1], line.normal[0]))
        one, other = (before[:, own] @ along)[:, None], (after[own] @ along)[None, :]
        low, high = np.minimum(one, other), np.maximum(one, other)
        length = high - low
        known = np.isfinite(length) & (length > 20)
        if line.frame:
            inside = np.where(known, length, 0.0) * _FRAME_SUPPORT
            outside = np.zeros_like(inside)
        else:
            inside = _count(line, high) - _count(line, low)
            far = _BEYOND * np.where(known, length, 0.0)
            wider = _count(line, high + far) - _count(line, low - far)
            outside = np.maximum(wider - inside - 2 * _BRIDGED_PX, 0.0)
        gain[:, own] = np.where(known, 2 * inside - length - 2 * outside, -np.inf)
        share[:, own] = np.where(known, inside / np.where(known, length, 1.0), 0.0)
    return gain, share


def _count(line: Line, position: Floats) -> Floats:
    """Edge pixels of the line up to each position along it."""
    safe = np.nan_to_num(position, nan=0.0, posinf=0.0, neginf=0.0)
    at = np.clip((safe - line.start).astype(np.int64), -1, len(line.support) - 1)
    return np.where(at < 0, 0.0, line.support[np.maximum(at, 0)])


def _is_sheet(quad: Floats, shape: tuple[int, ...]) -> bool:
    """Whether the corners go around once, inside of the frame, around enough of it."""
    height, width = shape
    if not np.isfinite(quad).all():
        return False
    slack = 0.02 * max(shape)
    if (quad < -slack).any() or (quad > np.array((width, height)) + slack).any():
        return False
    area = cv2.contourArea(quad.astype(np.float32))
    convex = cv2.isContourConvex(quad.astype(np.float32))
    return bool(convex) and area > _LEAST_AREA * width * height


def _stands_out(light: NDArray[np.float32], quad: Floats, frames: tuple[bool, ...]) -> bool:
    """Whether it is brighter inside than further outside, along each side but the frame's."""
    middle = quad.mean(axis=0)
    for i, frame in enumerate(frames):
        if frame:
            continue
        start, end = quad[i - 1], quad[i]
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1.0)
        inward = np.array((-along[1], along[0]))
        inward = inward if inward @ (middle - start) > 0 else -inward
        places = start + np.linspace(0.1, 0.9, 48)[:, None] * (end - start)
        inside = np.median([_at(light, places + far * inward) for far in _ASIDE_PX[:2]], axis=0)
        outside = np.nanmax([_at(light, places - far * inward) for far in _ASIDE_PX], axis=0)
        known = np.isfinite(outside)
        if known.sum() >= 12 and float(np.median((inside - outside)[known])) < _STANDS_OUT:
            return False
    return True


def _at(light: NDArray[np.float32], places: Floats) -> NDArray[np.float32]:
    at = places.astype(np.float32)
    border = cv2.BORDER_CONSTANT
    sampled = cv2.remap(light, at[:, :1], at[:, 1:], cv2.INTER_LINEAR, None, border, float("nan"))
    return np.asarray(sampled[:, 0], np.float32)


def _refined(image: Image, quad: Floats, frames: tuple[bool, ...], scale: float) -> Points:
    """Corners in pixels of `image`: each side is fitted anew where the full picture rises."""
    full = (quad + 0.5) / scale - 0.5
    lines = [
        _side(full[i - 1], full[i]) if frame else _climbed(image, full[i - 1], full[i], scale)
        for i, frame in enumerate(frames)
    ]
    corners = np.array([_meeting(lines[i], lines[(i + 1) % 4]) for i in range(4)])
    far = np.abs(corners - full).max() > 2 * _REFINE_REACH / scale
    kept = full if far or not np.isfinite(corners).all() else corners
    height, width = image.shape[:2]
    return np.asarray(np.clip(kept, 0, (width, height)), np.float32)


def _side(start: Floats, end: Floats) -> tuple[Floats, float]:
    """Normal and distance of the line through two points."""
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    normal = np.array((-along[1], along[0]))
    return normal, float(normal @ start)


def _climbed(image: Image, start: Floats, end: Floats, scale: float) -> tuple[Floats, float]:
    """The line along which `image` rises most, near the one from `start` to `end`."""
    normal, rho = _side(start, end)
    reach = round(_REFINE_REACH / scale)
    steps = np.arange(-reach, reach + 1, dtype=np.float64)
    places = start + np.linspace(0.04, 0.96, _REFINE_STEPS)[:, None] * (end - start)
    at = (places[:, None] + steps[None, :, None] * normal).astype(np.float32)
    sampled = cv2.remap(image, at[..., 0], at[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
    across = cv2.GaussianBlur(
        least(np.asarray(sampled, np.uint8)).astype(np.float32), (0, 0), 1.5 / scale**0.5
    )
    rise = np.diff(np.log(np.maximum(across, _DARKEST)), axis=1)
    # The sides go around clockwise or not: the brighter half tells which way is up.
    rise = rise if float(rise.mean()) > 0 else -rise
    best = rise.argmax(axis=1)
    sure = rise[np.arange(len(best)), best] > 0.25 * float(np.median(rise.max(axis=1)))
    moved = (places + (steps[best] + 0.5)[:, None] * normal)[sure]
    if len(moved) < _REFINE_STEPS // 4:
        return normal, rho
    fitted = cv2.fitLine(moved.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    return _side(fitted[2:].astype(np.float64), (fitted[2:] + fitted[:2]).astype(np.float64))


def _meeting(one: tuple[Floats, float], other: tuple[Floats, float]) -> Floats:
    matrix = np.stack([one[0], other[0]])
    if abs(float(np.linalg.det(matrix))) < 1e-3:
        return np.full(2, np.nan)
    return np.asarray(np.linalg.solve(matrix, np.array((one[1], other[1]))), np.float64)
