"""What is no stamped paper: the same page on a screen, and printed with its seal on it."""

from __future__ import annotations

import cv2
import numpy as np

from sim import seals
from sim.camera_ink import Fault
from sim.camera_scenes import Impression, Sheet
from sim.documents import COMMITTEE
from sim.render import DPI, HEIGHT_PX, INK, WIDTH_PX, Mask, Picture

_SCREEN_PX = (1000, 1414)  # the page as a display shows it, about 120 pixels an inch
_CELL = 3  # one display pixel: three stripes, and a gap below them
_SEAL_MM = 42.0
_DISPLAYS = (72, 96, 120, 160, 220)  # pixels an inch: a wall of a screen .. a good tablet
_PHOTO_RASTERS = (60, 75, 100, 133)  # dots an inch of the printer of a photo
_RASTERS = (None, 50, 75, 100, 133, 150)  # likewise of a seal; None: plain colour


def on_screen(
    page: Picture, rng: np.random.Generator, size_px: tuple[int, int] = _SCREEN_PX
) -> Picture:
    """Return what a display shows of `page`, stripe by stripe.

    Args:
        size_px: width and height that the page has on the display.
    """
    shown = cv2.resize(page, size_px, interpolation=cv2.INTER_AREA)
    large = np.repeat(np.repeat(shown, _CELL, axis=0), _CELL, axis=1)
    cell = np.full((_CELL, _CELL, 3), rng.uniform(0.25, 0.45), np.float32)
    for stripe, channel in enumerate((2, 1, 0)):
        cell[:, stripe, channel] = 1.0
    cell[_CELL - 1] *= rng.uniform(0.5, 0.8)
    lit = np.tile(cell, (size_px[1], size_px[0], 1))
    seen = large * (lit / lit.mean(axis=(0, 1)) * 0.92)
    return np.asarray(np.clip(cv2.blur(seen, (2, 2)), 0, 255), np.uint8)


def displayed(page: Picture, rng: np.random.Generator) -> Picture:
    """Return what some display of A4's size shows of `page`, as a sensor averages it."""
    inch = int(rng.choice(_DISPLAYS))
    size = round(WIDTH_PX / DPI * inch), round(HEIGHT_PX / DPI * inch)
    return _averaged(on_screen(page, rng, size))


def photo_printed(page: Picture, rng: np.random.Generator) -> Picture:
    """Return a photo of `page` that some printer printed; the same chance, the same printer."""
    apart_px = DPI / float(rng.choice(_PHOTO_RASTERS))
    fine = cv2.resize(page, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    tinted = np.asarray(cv2.GaussianBlur(fine, (0, 0), 2.0) * 0.93, np.uint8)
    return _averaged(dotted(tinted, 2 * apart_px))


def seal_printed(page: Picture, x: float, y: float, rng: np.random.Generator) -> Picture:
    """Return `page` as some printer prints it with a seal on it, in plain colour or in dots."""
    inch = _RASTERS[int(rng.integers(len(_RASTERS)))]
    fine = np.asarray(cv2.resize(page, None, fx=2, fy=2), np.uint8)
    return _averaged(with_printed_seal(fine, x, y, inch).page)


def with_printed_seal(page: Picture, x: float, y: float, dots_per_inch: float | None) -> Sheet:
    """Return `page` with a seal that a printer made at the page fractions `x`, `y`.

    Args:
        page: A4 at any resolution; fine dots need a fine one.
        dots_per_inch: of its raster; None: a plain colour.
    """
    dpi = DPI * page.shape[1] / WIDTH_PX
    side = round(_SEAL_MM / 25.4 * dpi)
    ink = np.asarray(seals.round_shape(COMMITTEE, 2 * side).resize((side, side)), np.float32) / 255
    if dots_per_inch is not None:
        ink = ink * _dots(side, dpi / dots_per_inch)
    left, top = round(x * page.shape[1] - side / 2), round(y * page.shape[0] - side / 2)
    made = page.copy()
    part = made[top : top + side, left : left + side]
    paint = np.array(INK, np.float32) / 255
    part[:] = (part * (1 - 0.9 * ink[..., None] * (1 - paint))).astype(np.uint8)
    corners = ((left, top), (left + side, top), (left + side, top + side), (left, top + side))
    around = tuple((float(at[0] * DPI / dpi), float(at[1] * DPI / dpi)) for at in corners)
    one = Impression(around=around, shape="round", colour="red", fault=Fault.NONE, owner=COMMITTEE)
    return Sheet(made, (one,))


def dotted(page: Picture, apart_px: float) -> Picture:
    """Return `page` as a printer puts it on paper: tints in dots, full black as it is."""
    height, width = page.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    along, across = (x + y) * np.sqrt(0.5), (x - y) * np.sqrt(0.5)
    wave = np.cos(2 * np.pi * along / apart_px) + np.cos(2 * np.pi * across / apart_px)
    share = page.astype(np.float32) / 255
    ink = np.clip((share - (0.5 - 0.25 * wave[..., None])) * 3 + 0.5, 0, 1)
    return np.asarray(cv2.GaussianBlur(40 + 212 * ink, (0, 0), 0.5), np.uint8)


def _averaged(fine: Picture) -> Picture:
    """A page about as large as in the photo: what is finer, the sensor's own pixels average."""
    size = (round(WIDTH_PX * 1.3), round(HEIGHT_PX * 1.3))
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.uint8)


def _dots(side: int, apart_px: float) -> Mask:
    """Round dots in rows at 45 degrees, half the area covered and more."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    along, across = (x + y) * np.sqrt(0.5), (x - y) * np.sqrt(0.5)
    wave = np.cos(2 * np.pi * along / apart_px) + np.cos(2 * np.pi * across / apart_px)
    return np.asarray(np.clip(0.75 + 0.5 * wave, 0, 1), np.float32)
