"""What is no stamped paper: the same page on a screen, and printed with its seal on it."""

from __future__ import annotations

import cv2
import numpy as np

from sim import seals
from sim.camera_ink import Fault
from sim.camera_scenes import Impression, Sheet
from sim.documents import COMMITTEE
from sim.render import DPI, INK, WIDTH_PX, Mask, Picture

_SCREEN_PX = (1000, 1414)  # the page as a display shows it, about 120 pixels an inch
_CELL = 3  # one display pixel: three stripes, and a gap below them
_SEAL_MM = 42.0


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


def _dots(side: int, apart_px: float) -> Mask:
    """Round dots in rows at 45 degrees, half the area covered and more."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    along, across = (x + y) * np.sqrt(0.5), (x - y) * np.sqrt(0.5)
    wave = np.cos(2 * np.pi * along / apart_px) + np.cos(2 * np.pi * across / apart_px)
    return np.asarray(np.clip(0.75 + 0.5 * wave, 0, 1), np.float32)
