"""Stamped pages with their truth: what was pressed where, and how the camera saw it.

A `Sheet` is a page with its seals, flat; `shot` photographs it. One sheet may be photographed
several times, pressed again in between, or changed, so that every verdict has a known answer.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from PIL import Image

from sim import seals
from sim.camera_hard import Conditions, Difficulty, conditions, moved, photograph
from sim.camera_ink import Fault, inked
from sim.render import DPI, INK, Mask, Picture, page_image

BLUE_INK = (170, 70, 40)  # blue, green, red
_SEEN = 0.05  # ink from which a pixel belongs to an impression
OWNERS = (
    "南京市浦口区江浦街道同心社区居民委员会",
    "青石镇柳树沟村村民委员会",
    "河西乡人民政府",
    "东山县长安镇上坝村经济合作社",
    "白云村股份经济合作社",
)
LINE, OVAL_LINE, NAME = "财务专用章", "专用章", "李庆国印"
_OVAL_CHARACTERS, _OVAL_HEIGHT = 10, 0.68  # how many it has room for; of its width
# The state that a fault leaves, in the words of the findings.
STATES = {
    Fault.NONE: "complete",
    Fault.FAINT: "faint",
    Fault.HALF: "partial",
    Fault.DRY: "partial",
    Fault.WIPED: "smeared",
    Fault.TWICE: "double",
}


class Impression(Struct, frozen=True, kw_only=True):
    """One impression on a page.

    Args:
        around: hull of its ink, (x, y) in page pixels.
        owner: what runs around the ring, or the name.
        line: what stands straight below the star.
    """

    around: tuple[tuple[float, float], ...]
    shape: str
    colour: str
    fault: Fault
    owner: str
    line: str = ""


class Sheet(Struct, frozen=True):
    """A page and what was pressed on it."""

    page: Picture
    impressions: tuple[Impression, ...] = ()


class Shot(Struct, frozen=True):
    """A photo with its truth: boxes are x, y, width, height in the photo, one per impression."""

    jpeg: bytes
    corners: tuple[tuple[float, float], ...]
    impressions: tuple[Impression, ...]
    boxes: tuple[tuple[float, float, float, float], ...]


def pressed(
    sheet: Sheet,
    rng: np.random.Generator,
    *,
    x: float,
    y: float,
    shape: str = "round",
    fault: Fault = Fault.NONE,
    colour: str = "red",
) -> Sheet:
    """Return `sheet` with one more impression at the page fractions `x`, `y`."""
    owner = OWNERS[int(rng.integers(len(OWNERS)))]
    stamp, owner, line, most_turned_deg = _stamp(shape, owner, rng)
    ink = inked(stamp, fault, rng)
    turned_deg = float(rng.uniform(-most_turned_deg, most_turned_deg))
    laid = _laid(ink, sheet.page, x, y, turned_deg)
    paint = np.array(BLUE_INK if colour == "blue" else INK, np.float32) / 255
    page = (sheet.page * (1 - laid[..., None] * (1 - paint))).astype(np.uint8)
    rows, columns = np.nonzero(laid > _SEEN)
    hull = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32))[:, 0, :]
    around = tuple((float(at[0]), float(at[1])) for at in hull)
    made = Impression(
        around=around, shape=shape, colour=colour, fault=fault, owner=owner, line=line
    )
    return Sheet(page, (*sheet.impressions, made))


def cut(shape: str, owner: str, line: str, width_px: int) -> Image.Image:
    """Return a seal as it is cut, white where rubber touches the paper."""
    if shape == "square":
        return seals.square_shape(owner, width_px)
    if shape == "oval":
        return seals.oval_shape(owner, width_px, round(width_px * _OVAL_HEIGHT), line)
    return seals.round_shape(owner, width_px, line)


def shot(sheet: Sheet, seed: int, difficulty: Difficulty) -> Shot:
    """Photograph `sheet`; the seed decides how it lies and everything about the light."""
    how = conditions(np.random.default_rng(seed), difficulty)
    return shot_under(sheet, how, seed)


def shot_under(sheet: Sheet, how: Conditions, seed: int) -> Shot:
    """Photograph `sheet` under given conditions; the seed decides the noise alone."""
    boxes = []
    for one in sheet.impressions:
        at = moved(np.array(one.around, np.float32), how)
        low, high = at.min(axis=0), at.max(axis=0)
        size = high - low
        boxes.append((float(low[0]), float(low[1]), float(size[0]), float(size[1])))
    jpeg = photograph(sheet.page, how, seed)
    return Shot(jpeg, how.corners, sheet.impressions, tuple(boxes))


def sheet(seed: int) -> Sheet:
    """Return a paper of this seed with no, one or two seals on it and some red bait."""
    rng = np.random.default_rng(seed)
    made = Sheet(_baited(page_image(int(rng.integers(1_000_000)), int(rng.integers(5))), rng))
    for i in range(int(rng.choice([0, 1, 1, 1, 1, 2]))):
        shape = str(rng.choice(["round", "round", "round", "oval", "square"]))
        round_faults = [Fault.NONE, Fault.NONE, *list(Fault)[1:]]
        faults = round_faults if shape == "round" else [Fault.NONE, Fault.NONE, Fault.FAINT]
        made = pressed(
            made,
            rng,
            x=0.25 + 0.45 * i + float(rng.uniform(-0.03, 0.05)),
            y=float(rng.uniform(0.3, 0.88)),
            shape=shape,
            fault=faults[int(rng.integers(len(faults)))],
        )
    return made


def _stamp(shape: str, owner: str, rng: np.random.Generator) -> tuple[Image.Image, str, str, float]:
    """The seal itself, what it says around and below, and how far it may be turned."""
    if shape == "square":
        return cut(shape, NAME, "", _px(rng.uniform(18, 24))), NAME, "", 180.0
    width = _px(rng.uniform(38, 45))
    if shape == "oval":
        owner = owner[-_OVAL_CHARACTERS:]
        return cut(shape, owner, OVAL_LINE, width), owner, OVAL_LINE, 20.0
    line = "" if rng.random() < 0.6 else LINE
    return cut(shape, owner, line, width), owner, line, 180.0


def _px(length_mm: float) -> int:
    return round(length_mm / 25.4 * DPI)


def _laid(ink: Mask, page: Picture, x: float, y: float, turned_deg: float) -> Mask:
    """The ink on an empty page of the same size; what falls off the page is lost."""
    height, width = page.shape[:2]
    middle = (ink.shape[1] / 2, ink.shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(middle, turned_deg, 1.0)
    matrix[:, 2] += (x * width - middle[0], y * height - middle[1])
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height)), np.float32)


def _baited(page: Picture, rng: np.random.Generator) -> Picture:
    """Red and blue things that are no seals: a table, a logo, a disc."""
    baited = page.copy()
    if rng.random() < 0.25:
        top = int(rng.integers(900, 1200))
        for k in range(5):
            cv2.line(baited, (180, top + k * 70), (1060, top + k * 70), (40, 40, 200), 3)
            cv2.line(baited, (180 + k * 220, top), (180 + k * 220, top + 280), (40, 40, 200), 3)
    if rng.random() < 0.2:
        cv2.circle(baited, (200, 130), 60, (170, 90, 30), 5)
        cv2.circle(baited, (200, 130), 30, (170, 90, 30), -1)
    if rng.random() < 0.15:
        cv2.circle(baited, (1050, 120), 55, (40, 40, 205), -1)
    return baited
