"""Things that lie on each other under the camera: sheets, strips, a display; and films of them.

Every layer hides what is below and throws a narrow shadow on it, as paper of a tenth of a
millimetre does that never lies quite flat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from sim.camera_hard import (
    PHOTO_HEIGHT_PX,
    PHOTO_WIDTH_PX,
    Conditions,
    bare_desk,
    developed,
    moved,
    through_lens,
)
from sim.render import DPI, Picture

Corners = tuple[tuple[float, float], ...]

_SIZE = (PHOTO_WIDTH_PX, PHOTO_HEIGHT_PX)
_ROLLED_PX = (97, 61)  # how far the one field of noise is moved from frame to frame


class Layer(Struct, frozen=True):
    """One flat thing.

    Args:
        corners: where those of `picture` lie in the photo, clockwise from its top left.
        shadow: how much darker it makes what lies beside it, as a share.
    """

    picture: Picture
    corners: Corners
    shadow: float = 0.0


def film(
    layers: Sequence[Layer], how: Conditions, seeds: tuple[int, int], count: int
) -> tuple[bytes, ...]:
    """Return `count` photos of the layers, the lowest first; only the sensor's noise differs.

    Args:
        seeds: of the desk's grain, and of the noise.
    """
    lying = bare_desk(how, np.random.default_rng(seeds[0]))
    rng = np.random.default_rng(seeds[1])
    for layer in layers:
        _lay(lying, layer)
    seen = through_lens(lying, how)
    noise = rng.standard_normal(seen.shape, np.float32) * np.float32(how.noise)
    return tuple(_frames(seen, noise, how, count))


def page_layer(page: Picture, how: Conditions) -> Layer:
    """The page itself, where `how` lays it."""
    return Layer(page, how.corners)


def piece(
    picture: Picture, how: Conditions, middle_mm: tuple[float, float], turned_deg: float
) -> Layer:
    """A piece of paper at its own size, its middle at millimetres (x, y) of the page."""
    height, width = picture.shape[:2]
    angle = np.deg2rad(turned_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    at = flat @ turn.T + np.array(middle_mm) / 25.4 * DPI
    seen = moved(np.asarray(at, np.float32), how)
    return Layer(picture, tuple((float(x), float(y)) for x, y in seen))


def nudged(how: Conditions, rng: np.random.Generator, deviation_px: float) -> Conditions:
    """The same photo with the page moved a little, as the press does when it lets go."""
    move = rng.normal(0, deviation_px, 2)
    corners = np.array(how.corners) + move + rng.normal(0, deviation_px / 4, (4, 2))
    return structs.replace(how, corners=tuple((float(x), float(y)) for x, y in corners))


def _lay(lying: NDArray[np.float32], layer: Layer) -> None:
    height, width = layer.picture.shape[:2]
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, np.array(layer.corners, np.float32))
    cover = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, _SIZE)
    if layer.shadow:
        fallen = cv2.GaussianBlur(np.roll(cover, (2, 1), (0, 1)), (0, 0), 1.5)
        lying *= 1 - layer.shadow * np.asarray(fallen, np.float32)[..., None]
    paper = cv2.warpPerspective(layer.picture, matrix, _SIZE).astype(np.float32)
    lying *= 1 - cover[..., None]
    lying += paper


def _frames(
    seen: NDArray[np.float32], noise: NDArray[np.float32], how: Conditions, count: int
) -> Iterator[bytes]:
    for i in range(count):
        by = (i * _ROLLED_PX[0], i * _ROLLED_PX[1])
        yield developed(seen + np.roll(noise, by, (0, 1)), how)
