"""What the simulated document camera sees: a sheet on a dark tray, under a lamp, through a lens.

Owns the geometry and the light; the words on the paper come from sim.render, the sensor's
noise from sim.camera_film. Every view carries the yellow 模拟机 band, outside of the paper.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sim.render import DPI, HEIGHT_PX, WIDTH_PX, Picture
from sim.typeface import typeface
from vision.marker_sheet import drawn

VIEW_WIDTH_PX, VIEW_HEIGHT_PX = 1200, 1600  # the camera is mounted upright, as A4 lies
BAND_PX = 48
BAND_TEXT = "模拟机　SIMULATED"
BAND_COLOUR = (0, 208, 255)  # blue, green, red

_PX_PER_MM = 4.84  # 123 dpi on the tray
_PAPER_WIDTH_PX, _PAPER_HEIGHT_PX = 210 * _PX_PER_MM, 297 * _PX_PER_MM
_PAPER_CENTRE = (VIEW_WIDTH_PX / 2, (VIEW_HEIGHT_PX - BAND_PX) / 2)
_TRAY_COLOUR = (74, 70, 62)
_AMBIENT, _LAMP = 0.42, 0.9  # exposure with the work light off and on
_BLACK_LEVEL = 4  # what a covered sensor still reads


class Laying(Struct, frozen=True):
    """How a sheet was laid: off the middle in millimetres, and turned."""

    right_mm: float = 0.0
    down_mm: float = 0.0
    turned_deg: float = 0.0


def laying(seed: int) -> Laying:
    """Return a careful clerk's placing: within 3 mm and 1.3 degrees of straight."""
    rng = np.random.default_rng(seed)
    right, down = rng.uniform(-3, 3, 2)
    return Laying(float(right), float(down), float(rng.uniform(-1.3, 1.3)))


def view(page: Picture | None, how: Laying, *, light: bool, seed: int) -> Picture:
    """Return the noiseless picture of the tray with `page` on it, or of the empty tray."""
    seen = _tray(seed).copy()
    if page is not None:
        _lay(seen, page, how)
    lit = cv2.multiply(
        cv2.GaussianBlur(seen, (0, 0), 0.7), _illumination(seed, light), dtype=cv2.CV_32F
    )
    picture = np.minimum(lit, 255, out=lit).astype(np.uint8)
    picture[-BAND_PX:] = _band()
    return picture


def black_view() -> Picture:
    """Return what a covered or dead sensor gives; the band is painted all the same."""
    picture = np.full((VIEW_HEIGHT_PX, VIEW_WIDTH_PX, 3), _BLACK_LEVEL, np.uint8)
    picture[-BAND_PX:] = _band()
    return picture


def corners(page: Picture, how: Laying) -> NDArray[np.float32]:
    """Return the four corners of `page` in view pixels (4 x 2 floats), clockwise from top left."""
    height, width = page.shape[:2]
    scale = min(_PAPER_WIDTH_PX / width, _PAPER_HEIGHT_PX / height)
    half = np.array([width, height]) * scale / 2
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    angle = np.deg2rad(how.turned_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = flat @ turn.T + np.array([how.right_mm, how.down_mm]) * _PX_PER_MM
    # The arm leans back a little: what lies higher on the tray is farther away.
    moved[:, 0] *= 1 + 0.012 * moved[:, 1] / (_PAPER_HEIGHT_PX / 2)
    return np.asarray(moved + np.array(_PAPER_CENTRE), np.float32)


def fitted(photo: Picture) -> Picture:
    """Return `photo` as a sheet at the scale of rendered pages: as large as fits on A4."""
    height, width = photo.shape[:2]
    scale = min(WIDTH_PX / width, HEIGHT_PX / height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(photo, size, interpolation=how), np.uint8)


def marker_page() -> Picture:
    """Return the sheet that a tray is calibrated with, as a printer gives it."""
    sheet = np.clip(drawn(DPI), 34, 252).astype(np.uint8)
    return np.repeat(sheet[..., None], 3, axis=2)


def _lay(seen: Picture, page: Picture, how: Laying) -> None:
    """Draw `page` and its shadow into the tray picture `seen`."""
    height, width = page.shape[:2]
    quad = corners(page, how)
    size = (VIEW_WIDTH_PX, VIEW_HEIGHT_PX)
    cast = np.zeros((VIEW_HEIGHT_PX, VIEW_WIDTH_PX), np.uint8)
    fallen = np.rint(quad + np.array([5, 7])).astype(np.int32)
    cv2.fillConvexPoly(cast, fallen, 150, cv2.LINE_AA)
    shadow = cv2.GaussianBlur(cast, (0, 0), 5)
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, quad)
    paper = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_LINEAR)
    sheet = np.full((height, width), 255, np.uint8)
    cover = cv2.warpPerspective(sheet, matrix, size, flags=cv2.INTER_LINEAR)
    tray, above = seen.reshape(-1, 3), paper.reshape(-1, 3)  # pixel after pixel
    shaded = np.flatnonzero((shadow > 0) & (cover < 255))
    light = 1 - shadow.ravel()[shaded, None].astype(np.float32) / 255 * 0.6
    tray[shaded] = (tray[shaded] * light).astype(np.uint8)
    rim = np.flatnonzero((cover > 0) & (cover < 255))
    share = cover.ravel()[rim, None].astype(np.float32) / 255
    tray[rim] = (above[rim] * share + tray[rim] * (1 - share)).astype(np.uint8)
    cv2.copyTo(paper, cv2.inRange(cover, 255, 255), seen)


@functools.lru_cache(maxsize=4)
def _tray(seed: int) -> Picture:
    """Brushed plastic: a dark colour with fine grain and a milled frame for A4."""
    rng = np.random.default_rng(seed)
    speckle = rng.normal(0, 5, (VIEW_HEIGHT_PX, VIEW_WIDTH_PX)).astype(np.float32)
    grain = (cv2.GaussianBlur(speckle, (0, 0), 1.2) * 2).astype(np.float64)
    tray = cv2.merge([np.clip(one + grain, 0, 255).astype(np.uint8) for one in _TRAY_COLOUR])
    x, y = _PAPER_CENTRE
    half_width, half_height = _PAPER_WIDTH_PX / 2 + 22, _PAPER_HEIGHT_PX / 2 + 22
    start = (round(x - half_width), round(y - half_height))
    end = (round(x + half_width), round(y + half_height))
    cv2.rectangle(tray, start, end, (52, 48, 42), 3, cv2.LINE_AA)
    return np.asarray(tray, np.uint8)


@functools.lru_cache(maxsize=4)
def _illumination(seed: int, light: bool) -> NDArray[np.float32]:
    """What the lamp, on or off, and the lens make of each pixel's channels, as factors."""
    return _lens(seed) * np.float32(_LAMP if light else _AMBIENT)


@functools.lru_cache(maxsize=4)
def _lens(seed: int) -> NDArray[np.float32]:
    """Lamp gradient, lens vignette and white balance of this machine, as factors per pixel."""
    rng = np.random.default_rng(seed + 1)
    y, x = np.ogrid[-1 : 1 : VIEW_HEIGHT_PX * 1j, -1 : 1 : VIEW_WIDTH_PX * 1j]
    lamp = 1 + rng.uniform(-0.07, 0.07) * x + rng.uniform(-0.08, 0.08) * y
    square = x**2 + y**2
    vignette = 1 - 0.11 * square / 2 - 0.03 * square**2 / 4
    balance = (rng.uniform(0.94, 1.0), 1.0, rng.uniform(0.97, 1.02))
    seen = lamp * vignette
    return np.stack([(seen * one).astype(np.float32) for one in balance], axis=2)


@functools.lru_cache(maxsize=1)
def _band() -> Picture:
    """The band that marks every simulated photo."""
    band = Image.new("RGB", (VIEW_WIDTH_PX, BAND_PX), BAND_COLOUR[::-1])
    draw = ImageDraw.Draw(band)
    for third in (1, 3, 5):
        middle = (VIEW_WIDTH_PX * third / 6, BAND_PX / 2)
        draw.text(middle, BAND_TEXT, (0, 0, 0), typeface(30, BAND_TEXT), "mm", stroke_width=1)
    return np.ascontiguousarray(np.asarray(band)[..., ::-1])
