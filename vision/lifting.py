"""A seal lifted off its page: its own ink alone, on a square of one size, whatever lay under it.

Tilt and size are taken away here: the outer edge of a ring becomes a circle, a square seal a
square. Which way up it lies is not known yet. Black print and pens that run over the ink hide
it; those places are told, never guessed.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.channels import least
from vision.decoding import Image
from vision.ellipse import Ellipse
from vision.page import Gray, MatLike, Page
from vision.ruled import ruled
from vision.seal_state import State
from vision.seals import Colour, Seal, Shape, find_seals
from vision.shrinking import shrunk

SIDE_PX, RADIUS_PX = 224, 100  # a seal of 42 mm at 120 dpi: strokes of 0.5 mm are 2 px wide
_HALF_SIDE = 0.88  # of the radius: half the side of a square seal, its corners inside of the square
_AROUND = 0.15  # of a seal's size: paper by which its own ink is judged
_MOST_PX = 640  # of the part that is looked at; finer than this no lens draws
_GROUND_PX = 64
_LEAST_PAPER = 24  # grey levels, as in `vision.ink`
_CLIPPED, _CLEAR_PAPER = 248, 236  # grey levels: as bright as can be; paper that is not
# Ink of another colour: darker than a pale seal, and less than a third as red as it is dark.
_FOREIGN_INK, _OWN_PART = 0.25, 0.3
_FOREIGN_EDGE, _EDGE_PX = 0.08, 9  # its blurred edge: above JPEG's noise, and how far a lens blurs
_SPECIMEN_MARGIN = 0.12  # white paper around a specimen that was cropped to its ring
_FILLS = 0.4  # of a specimen's longest side
_SEEN_INK = 0.2  # of a specimen


class Lifted(Struct, frozen=True):
    """A seal's ink, `SIDE_PX` square, its middle in the middle.

    Args:
        ink: 0 paper .. 1.
        clear: False where other print hides what is there, and outside of the picture.
        size_px: diameter (side) in the picture that it was lifted from.
    """

    ink: Gray
    clear: NDArray[np.bool_]
    size_px: float


def lifted(picture: Image, seal: Seal, side_px: int = SIDE_PX) -> Lifted:
    """Return the ink of `seal`, which was found on `picture`.

    Args:
        side_px: of the result; its radius grows with it.
    """
    corner, part = _part(picture, seal.box)
    part, scale = shrunk(part, max(_MOST_PX, side_px))
    ink, hidden = own_ink(part, seal.colour)
    to_picture = _matrix(seal, side_px)
    to_part = np.diag([scale, scale, 1.0]) @ _moved(-corner[0], -corner[1]) @ to_picture
    size = (side_px, side_px)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    flat = cv2.warpPerspective(ink, to_part, size, flags=flags)
    known = cv2.warpPerspective(1 - hidden, to_part, size, flags=flags)
    lifted_ink, clear = np.asarray(flat, np.float32), np.asarray(known > 0.5, np.bool_)
    clear &= ~_ruled(lifted_ink, clear, seal)
    return Lifted(lifted_ink, clear, max(_size_px(seal), 1.0))


def specimen(picture: Image, shape: Shape) -> Lifted | None:
    """Return the ink of the one seal that `picture` shows; None when there is none.

    It may be a photo, a scan or a drawing, in any colour, cropped close or not.

    Args:
        shape: of the registered seal; a square one has no ring, whatever bends in it.
    """
    margin = round(_SPECIMEN_MARGIN * max(picture.shape[:2]))
    wide = cv2.copyMakeBorder(
        picture, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(255, 255, 255)
    )
    wide, _ = shrunk(np.asarray(wide, np.uint8), 2 * _MOST_PX)
    height, width = wide.shape[:2]
    whole = Page(((0, 0), (width, 0), (width, height), (0, height)), whole=True)
    found = [
        seal
        for seal in find_seals(wide, whole)
        if (seal.shape is Shape.SQUARE) == (shape is Shape.SQUARE)
        and _is_specimen(seal, max(wide.shape))
    ]
    if not found:
        return _bounded(wide)
    return lifted(wide, max(found, key=lambda seal: seal.box[2] * seal.box[3]))


def _is_specimen(seal: Seal, longest_px: int) -> bool:
    """A seal that fills a drawing, or a clear red one on a sheet of samples."""
    large = max(seal.box[2:]) > _FILLS * longest_px
    return large or (seal.colour is Colour.RED and seal.state in (State.COMPLETE, State.FAINT))


def _ruled(ink: Gray, clear: NDArray[np.bool_], seal: Seal) -> NDArray[np.bool_]:
    radius = RADIUS_PX * ink.shape[0] / SIDE_PX
    if seal.ellipse is not None:
        return ruled(ink, clear, radius)
    return ruled(ink, clear, _HALF_SIDE * radius, square=True)


def own_ink(part: Image, colour: Colour) -> tuple[Gray, Gray]:
    """Return the ink of `colour`, 0 .. 1, and a map that is 1 where other ink hides it.

    Ink is told by what it takes from green light, which pictures keep sharp; their colours are
    only half as sharp and merely tell whose ink it is.
    """
    ground = _ground(part)
    share = part.astype(np.float32) / np.maximum(ground, _LEAST_PAPER)
    blue, green, red = cv2.split(share)
    if colour is Colour.GREY:
        ink = np.asarray(1 - np.maximum(np.maximum(red, green), blue), np.float32)
        return np.clip(ink, 0, 1), np.zeros_like(ink)
    dazzled = _dazzled(part, ground)
    own, other = (blue, red) if colour is Colour.BLUE else (red, blue)
    ink = np.clip(1 - (green if colour is Colour.RED else np.minimum(green, other)), 0, 1)
    coloured = cv2.GaussianBlur(own - np.minimum(green, other), (0, 0), 1.0)
    foreign = ((ink > _FOREIGN_INK) & (coloured < _OWN_PART * ink)).astype(np.uint8)
    core = cv2.morphologyEx(foreign, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    edges = (ink > _FOREIGN_EDGE) & (coloured < _OWN_PART * ink)
    near = cv2.dilate(core, np.ones((_EDGE_PX, _EDGE_PX), np.uint8)) > 0
    hidden = cv2.dilate(core, np.ones((3, 3), np.uint8)) > 0
    return np.asarray(ink, np.float32), np.asarray(hidden | (edges & near) | dazzled, np.float32)


def _dazzled(part: Image, ground: Gray) -> NDArray[np.bool_]:
    """Where a lamp's reflection is all that the lens saw, on paper that is darker elsewhere."""
    paper = float(np.median(least(ground)))
    if paper > _CLEAR_PAPER:
        return np.zeros(part.shape[:2], np.bool_)
    white = np.asarray(least(part) >= _CLIPPED, np.uint8)
    wide = cv2.dilate(white, np.ones((_EDGE_PX, _EDGE_PX), np.uint8))
    return np.asarray(cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((15, 15), np.uint8)) > 0)


def _ground(part: Image) -> Gray:
    """The paper under a seal: ink narrower than a quarter, as stars are, is closed over; the edge
    of a shadow or of a lamp's reflection stays where it is."""
    height, width = part.shape[:2]
    tiny = cv2.resize(part, (_GROUND_PX, _GROUND_PX), interpolation=cv2.INTER_AREA)
    widest = np.ones((_GROUND_PX // 4 + 1,) * 2, np.uint8)
    bright = cv2.morphologyEx(cv2.medianBlur(tiny, 3), cv2.MORPH_CLOSE, widest)
    smooth = cv2.GaussianBlur(bright, (0, 0), _GROUND_PX / 32)
    return np.asarray(cv2.resize(smooth, (width, height)), np.float32)


def _part(picture: Image, box: tuple[float, float, float, float]) -> tuple[tuple[int, int], Image]:
    x, y, width, height = box
    reach = _AROUND * max(width, height)
    left, top = max(round(x - reach), 0), max(round(y - reach), 0)
    right, bottom = round(x + width + reach), round(y + height + reach)
    return (left, top), np.ascontiguousarray(picture[top : max(bottom, 1), left : max(right, 1)])


def _matrix(seal: Seal, side_px: int) -> NDArray[np.float64]:
    """Takes a pixel of the result to one of the picture."""
    middle, radius = side_px / 2, RADIUS_PX * side_px / SIDE_PX
    if seal.ellipse is not None:
        return (
            _of_ellipse(seal.ellipse)
            @ np.diag([1 / radius, 1 / radius, 1])
            @ _moved(-middle, -middle)
        )
    half = _HALF_SIDE * radius
    flat = np.array([[-half, -half], [half, -half], [half, half], [-half, half]]) + middle
    corners = np.array(seal.outline[:4], np.float32)
    matrix = cv2.getPerspectiveTransform(flat.astype(np.float32), corners)
    return np.asarray(matrix, np.float64)


def _of_ellipse(ellipse: Ellipse) -> NDArray[np.float64]:
    """Takes the unit circle to the ellipse without turning it."""
    turn = np.deg2rad(ellipse.turned_deg)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.eye(3)
    matrix[:2, :2] = axes @ np.diag([ellipse.a, ellipse.b]) @ axes.T
    matrix[:2, 2] = (ellipse.x, ellipse.y)
    return matrix


def _moved(x: float, y: float) -> NDArray[np.float64]:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def _size_px(seal: Seal) -> float:
    return 2 * seal.ellipse.radius if seal.ellipse is not None else max(seal.box[2:])


def _bounded(picture: Image) -> Lifted | None:
    """A drawing in which no ring was recognised: whatever ink there is, edge to edge."""
    gray = least(picture)
    ink = np.asarray(1 - gray.astype(np.float32) / 255, np.float32)
    places: MatLike | None = cv2.findNonZero((ink > _SEEN_INK).astype(np.uint8))
    if places is None:
        return None
    x, y, width, height = cv2.boundingRect(places)
    half = _HALF_SIDE * RADIUS_PX
    scale = np.diag([2 * half / max(width, 1), 2 * half / max(height, 1), 1.0])
    matrix = _moved(SIDE_PX / 2 - half, SIDE_PX / 2 - half) @ scale @ _moved(-x, -y)
    flat = cv2.warpPerspective(ink, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_AREA)
    clear = np.ones((SIDE_PX, SIDE_PX), np.bool_)
    return Lifted(np.asarray(flat, np.float32), clear, float(max(width, height)))
