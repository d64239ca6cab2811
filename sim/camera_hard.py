"""A camera that does a page no favours: askew, dim, tinted, blurred, noisy, glaring, in the way.

`Conditions` are everything that chance decides about one photo, drawn from a seed; the same
conditions give the same picture of a page. The page's true corners come with them.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from sim.render import HEIGHT_PX, WIDTH_PX, Picture

PHOTO_WIDTH_PX, PHOTO_HEIGHT_PX = 1920, 2560

Difficulty = Literal["normal", "hard"]
Points = NDArray[np.float32]

# Wood, grey tray, pale wood, black and light grey plastic: blue, green, red.
_DESKS = ((40, 60, 110), (60, 58, 52), (120, 150, 180), (30, 34, 40), (176, 180, 186))
_SKIN = (118, 152, 205)
_PAPER_SHARE = 0.9  # of the frame's height or width, whichever is the narrower


class Conditions(Struct, frozen=True, kw_only=True):
    """How one photo is taken.

    Args:
        corners: of the page in the photo, (x, y) clockwise from its own top left.
        desk: colour of what it lies on: blue, green, red.
        exposure: of white paper in the middle, 1 = as bright as can be.
        lamp: how much brighter it is at the right and at the bottom, as shares.
        balance: factors for blue, green and red.
        blur_px: sigma of the lens.
        noise: deviation in grey levels.
        quality: of the JPEG.
        glare: x, y and radius of a reflecting lamp, as shares of the frame; None without one.
        shade: angle and place of the edge of somebody's shadow; None without one.
        hand: x, y where a finger tip lies, as shares of the page; None without a hand.
    """

    corners: tuple[tuple[float, float], ...]
    desk: tuple[int, int, int]
    exposure: float
    lamp: tuple[float, float]
    balance: tuple[float, float, float]
    blur_px: float
    noise: float
    quality: int
    glare: tuple[float, float, float] | None
    shade: tuple[float, float] | None
    hand: tuple[float, float] | None


def conditions(rng: np.random.Generator, difficulty: Difficulty) -> Conditions:
    """Draw how a photo is taken: by a careful clerk (normal) or anyhow (hard)."""
    hard = difficulty == "hard"
    gradient = 0.4 if hard else 0.16
    lamp = rng.uniform(-gradient, gradient, 2)
    tint = rng.uniform(0.8, 1.1), rng.uniform(0.85, 1.08)
    mild = rng.uniform(0.94, 1.0), rng.uniform(0.97, 1.03)
    blue, red = tint if hard else mild
    glare = (rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0.03, 0.08))
    shade = (float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(-0.5, 0.5)))
    hand = (float(rng.choice([0.02, 0.98])), float(rng.uniform(0.3, 0.9)))
    chances = rng.random(3)
    return Conditions(
        corners=_laid(rng, hard),
        desk=_DESKS[int(rng.integers(len(_DESKS)))],
        exposure=float(rng.uniform(0.4, 0.95) if hard else rng.uniform(0.75, 1.0)),
        lamp=(float(lamp[0]), float(lamp[1])),
        balance=(float(blue), 1.0, float(red)),
        blur_px=float(rng.uniform(1.0, 2.4) if hard else rng.uniform(0.6, 1.2)),
        noise=6.0 if hard else 2.5,
        quality=int(rng.integers(45, 80) if hard else rng.integers(80, 93)),
        glare=glare if hard and chances[0] < 0.2 else None,
        shade=shade if hard and chances[1] < 0.3 else None,
        hand=hand if hard and chances[2] < 0.2 else None,
    )


def photograph(page: Picture, how: Conditions, seed: int) -> bytes:
    """Return the JPEG of `page` lying on the desk.

    Args:
        page: A4 at any resolution.
        seed: of the desk's grain and the sensor's noise.
    """
    rng = np.random.default_rng(seed)
    seen = through_lens(_on_desk(page, how, rng), how)
    seen += rng.standard_normal(seen.shape, np.float32) * np.float32(how.noise)
    return developed(seen, how)


def through_lens(lying: NDArray[np.float32], how: Conditions) -> NDArray[np.float32]:
    """Return what the sensor gets of what lies there; without its noise. Changes `lying`."""
    if how.hand is not None:
        _reach_in(lying, how)
    lying *= _light(how)
    seen = np.asarray(cv2.GaussianBlur(lying, (0, 0), how.blur_px), np.float32)
    if how.glare is not None:
        seen += _spot(how.glare)[..., None]
    return seen


def developed(seen: NDArray[np.float32], how: Conditions) -> bytes:
    """Return the JPEG of what the sensor got."""
    _, jpeg = cv2.imencode(
        ".jpg",
        np.clip(seen, 0, 255).astype(np.uint8),
        [cv2.IMWRITE_JPEG_QUALITY, how.quality],
    )
    return jpeg.tobytes()


def moved(points: Points, how: Conditions) -> Points:
    """Return where points of the page (x, y in its pixels) lie in the photo."""
    return np.asarray(cv2.perspectiveTransform(points[None], _matrix(how))[0], np.float32)


def _laid(rng: np.random.Generator, hard: bool) -> tuple[tuple[float, float], ...]:
    """Corners of a sheet of A4, turned and seen at a slant."""
    share = _PAPER_SHARE - (0.2 * float(rng.random()) if hard else 0.0)
    height = PHOTO_HEIGHT_PX * share
    width = height * WIDTH_PX / HEIGHT_PX
    if width > PHOTO_WIDTH_PX * share:
        width, height = PHOTO_WIDTH_PX * share, PHOTO_WIDTH_PX * share * HEIGHT_PX / WIDTH_PX
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    flat = flat + rng.normal(0, 45 if hard else 6, (4, 2))
    angle = np.deg2rad(rng.normal(0, 5 if hard else 1.5))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    placed = flat @ turn.T + (PHOTO_WIDTH_PX / 2, PHOTO_HEIGHT_PX / 2)
    low, high = (6.0, 6.0), (PHOTO_WIDTH_PX - 7.0, PHOTO_HEIGHT_PX - 7.0)
    return tuple((float(x), float(y)) for x, y in np.clip(placed, low, high))


def _matrix(how: Conditions, width: int = WIDTH_PX, height: int = HEIGHT_PX) -> NDArray[np.float64]:
    page = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(page, np.array(how.corners, np.float32))
    return np.asarray(matrix, np.float64)


def bare_desk(how: Conditions, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the desk alone, with its grain."""
    grain = rng.standard_normal((PHOTO_HEIGHT_PX // 2, PHOTO_WIDTH_PX // 2), np.float32)
    size = (PHOTO_WIDTH_PX, PHOTO_HEIGHT_PX)
    grain = cv2.resize(cv2.GaussianBlur(grain, (0, 0), 1.5), size) * np.float32(25)
    desk = np.clip(np.array(how.desk, np.float32) + grain[..., None], 0, 255)
    return np.asarray(desk, np.float32)


def _on_desk(page: Picture, how: Conditions, rng: np.random.Generator) -> NDArray[np.float32]:
    size = (PHOTO_WIDTH_PX, PHOTO_HEIGHT_PX)
    matrix = _matrix(how, page.shape[1], page.shape[0])
    cover = cv2.warpPerspective(np.ones(page.shape[:2], np.float32), matrix, size)[..., None]
    paper = cv2.warpPerspective(page, matrix, size).astype(np.float32)
    return np.asarray(paper + bare_desk(how, rng) * (1 - cover), np.float32)


def _reach_in(seen: NDArray[np.float32], how: Conditions) -> None:
    """A finger that holds the page down, from the nearest side of the frame."""
    assert how.hand is not None
    x, y = moved(np.array([[how.hand[0] * WIDTH_PX, how.hand[1] * HEIGHT_PX]], np.float32), how)[0]
    wide = round(0.045 * PHOTO_WIDTH_PX)
    outside = -wide if how.hand[0] < 0.5 else PHOTO_WIDTH_PX + wide
    tip, root = (round(float(x)), round(float(y))), (outside, round(float(y)) + 3 * wide)
    cv2.line(seen, tip, root, _SKIN, 2 * wide, cv2.LINE_AA)
    cv2.circle(seen, tip, wide, _SKIN, -1, cv2.LINE_AA)


def _light(how: Conditions) -> NDArray[np.float32]:
    y, x = np.mgrid[-1 : 1 : PHOTO_HEIGHT_PX * 1j, -1 : 1 : PHOTO_WIDTH_PX * 1j].astype(np.float32)
    light = (1 + how.lamp[0] * x + how.lamp[1] * y) * (1 - 0.12 * (x * x + y * y)) * how.exposure
    if how.shade is not None:
        angle, place = how.shade
        into = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) - np.float32(place)
        light = light * (1 - 0.35 * np.clip(8 * into, 0, 1))
    return np.asarray(light[..., None] * np.array(how.balance, np.float32), np.float32)


def _spot(glare: tuple[float, float, float]) -> NDArray[np.float32]:
    y, x = np.mgrid[0:PHOTO_HEIGHT_PX, 0:PHOTO_WIDTH_PX].astype(np.float32)
    off = np.hypot(x - glare[0] * PHOTO_WIDTH_PX, y - glare[1] * PHOTO_HEIGHT_PX)
    return np.asarray(220 * np.clip(1.6 - off / (glare[2] * PHOTO_WIDTH_PX), 0, 1), np.float32)
