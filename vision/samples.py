"""Imprint samples: what is registered of a seal, and whether a later sample is of that seal.

A sample is a sheet on which two persons pressed one seal, once or a few times. Its best
impression gives the specimen. A later sample is the same seal only when its strokes say so:
words would be those of a copy, too.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vision.decoding import Image
from vision.lifting import RADIUS_PX, SIDE_PX, lifted
from vision.page import Page, find_page
from vision.ring_text import FINE_PX, UNREAD, StripReader
from vision.seal_state import State
from vision.seals import Colour, Seal, Shape, find_seals
from vision.sizes import on_a4_mm
from vision.verification import CLEARLY_ANOTHER, UNLIKE, By, Registered, Score, read, verify

_WHOLE = frozenset({State.COMPLETE, State.FAINT})
MOST_COMPARED = 4  # impressions of one sample; each costs a third of a second
_SEEN = 0.5  # of the specimen's strokes that must be legible before nothing of it is there
_INK = (54, 43, 200)  # blue, green, red of a drawn specimen
_FULL = 97  # percentile of a specimen's ink that is drawn as full
_PAPER = 0.06  # of full ink: what is less is the paper's own grain
_OUTSIDE = 1.05  # reach beyond which nothing belongs to the seal
_MARGIN_PX = 24
_SQUARE_OFF = 0.03  # of its width, by which a round seal's height may differ: it is one


class Result(enum.StrEnum):
    """Whether a sample is of the registered seal."""

    SAME = "same"
    ANOTHER = "another"
    UNCLEAR = "unclear"


class Reason(enum.StrEnum):
    """Why."""

    STROKES = "strokes"  # every legible stroke is the specimen's
    NAMED = "named"  # it is another registered seal
    OTHER_STROKES = "other-strokes"  # the specimen lies over it, and others stand somewhere
    UNLIKE = "unlike"  # nothing of the specimen is there, although all can be seen
    SHAPE = "shape"  # one is square, the other is not
    NOT_LEGIBLE = "not-legible"
    NONE = "none"  # no red impression


class Checked(Struct, frozen=True, kw_only=True):
    """Whether a sample is of the registered seal.

    Args:
        named: the other registered seal that it is.
        agreeing, seen: shares of the specimen's strokes: legible ones that agree, and legible.
    """

    result: Result
    reason: Reason
    named: str | None = None
    agreeing: float | None = None
    seen: float | None = None


class Proposal(Struct, frozen=True, kw_only=True):
    """What may be registered from a sample.

    Args:
        drawing: its ink alone on white paper, upright as far as that is known.
        state: how the impression came out; a specimen should be complete.
        size_mm: width and height, None unless the sheet is a whole A4 page.
        ring_text, line: as read, "" where nothing was.
    """

    drawing: Image
    shape: Shape
    state: State
    size_mm: tuple[float, float] | None
    ring_text: str = ""
    line: str = ""


def check_sample(picture: Image, wanted: str, register: Sequence[Registered]) -> Checked:
    """Return whether a sample shows the seal `wanted` of `register`.

    The register holds the other seals of the same machine as well: one of them may be named. Of
    several impressions one that is the same decides, then one that is another.
    """
    impressions = _impressions(picture, find_page(picture))
    if not impressions:
        return Checked(result=Result.UNCLEAR, reason=Reason.NONE)
    found = [_checked(picture, one, wanted, register) for one in impressions[:MOST_COMPARED]]
    order = (Result.SAME, Result.ANOTHER, Result.UNCLEAR)
    return min(found, key=lambda one: order.index(one.result))


def propose(picture: Image, reader: StripReader | None) -> Proposal | None:
    """Return what a sample's best impression gives for a registration; None without one.

    Args:
        reader: reads its words, where that is installed.
    """
    page = find_page(picture)
    impressions = _impressions(picture, page)
    if not impressions:
        return None
    seal = impressions[0]
    reading = read(picture, seal, reader) if reader is not None else None
    turned_deg = reading.turned_deg if reading is not None else None
    line = reading.line if reading is not None and reading.line is not None else UNREAD
    return Proposal(
        drawing=_drawn(picture, seal, turned_deg),
        shape=seal.shape,
        state=seal.state,
        size_mm=_size_mm(seal, page),
        ring_text=reading.ring.text if reading is not None else "",
        line="" if line == UNREAD else line.text,
    )


def _impressions(picture: Image, page: Page | None) -> list[Seal]:
    """The red ones, the best first: complete ones before all others, then the most inked."""
    found = find_seals(picture, page, copies=False)
    red = [one for one in found if one.colour is Colour.RED and one.state is not State.RIDING_SEAM]
    return sorted(red, key=lambda one: (one.state is not State.COMPLETE, -one.condition.coverage))


def _checked(picture: Image, seal: Seal, wanted: str, register: Sequence[Registered]) -> Checked:
    verdict = verify(picture, seal, register)
    score = next((one for one in verdict.scores if one.id == wanted), None)
    if score is None:  # `verify` compares square seals with square ones alone
        if seal.state is State.COMPLETE:
            return Checked(result=Result.ANOTHER, reason=Reason.SHAPE)
        return Checked(result=Result.UNCLEAR, reason=Reason.NOT_LEGIBLE)
    result, reason, named = Result.UNCLEAR, Reason.NOT_LEGIBLE, None
    if verdict.by is By.SPECIMEN:
        same = verdict.id == wanted
        result = Result.SAME if same else Result.ANOTHER
        reason = Reason.STROKES if same else Reason.NAMED
        named = None if same else verdict.id
    elif (why := _why_another(score, seal)) is not None:
        result, reason = Result.ANOTHER, why
    return Checked(
        result=result, reason=reason, named=named, agreeing=score.agreeing, seen=score.seen
    )


def _why_another(score: Score, seal: Seal) -> Reason | None:
    """Why it is surely another seal; None when that can not be said."""
    if score.agreeing is None or score.seen is None:
        return None
    if seal.state not in _WHOLE:  # what was not pressed, or twice, differs by that alone
        return None
    worst = max(score.differing or 0.0, score.added or 0.0, score.lacking or 0.0)
    if score.agreeing > UNLIKE and worst > CLEARLY_ANOTHER:
        return Reason.OTHER_STROKES
    if seal.state is State.COMPLETE and score.seen > _SEEN and score.agreeing < UNLIKE:
        return Reason.UNLIKE
    return None


def _size_mm(seal: Seal, page: Page | None) -> tuple[float, float] | None:
    """Width and height on a sheet of A4, whose sides are the ruler."""
    found = on_a4_mm(seal, page)
    return None if found is None else _rounded(*found, seal.shape)


def _rounded(width_mm: float, height_mm: float, shape: Shape) -> tuple[float, float]:
    """To half a millimetre; a round seal is as high as wide, and so is a square that seems so."""
    if shape is Shape.ROUND or height_mm > (1 - _SQUARE_OFF) * width_mm:
        width_mm = height_mm = (width_mm + height_mm) / 2
    return round(2 * width_mm) / 2, round(2 * height_mm) / 2


def _drawn(picture: Image, seal: Seal, turned_deg: float | None) -> Image:
    """The seal's ink alone, red on white; an oval one lies with its longer axis across."""
    fine = lifted(picture, seal, FINE_PX)
    middle = FINE_PX / 2
    radius = RADIUS_PX * FINE_PX / SIDE_PX
    full = max(float(np.percentile(fine.ink[fine.clear], _FULL)) if fine.clear.any() else 1.0, 0.05)
    ink = np.clip((fine.ink / full - _PAPER) / (1 - _PAPER), 0, 1)
    ink = np.where(fine.clear, ink, 0).astype(np.float32)
    y, x = np.mgrid[:FINE_PX, :FINE_PX].astype(np.float32) - middle
    away = np.hypot(x, y) if seal.ellipse is not None else np.maximum(np.abs(x), np.abs(y))
    ink[away > _OUTSIDE * radius] = 0
    flat = cv2.warpAffine(ink, _upright(seal, turned_deg, middle), (FINE_PX, FINE_PX))
    wide = np.pad(np.asarray(flat, np.float32), _MARGIN_PX)[..., None]
    return np.asarray(255 * (1 - wide) + wide * np.array(_INK, np.float32), np.uint8)


def _upright(seal: Seal, turned_deg: float | None, middle: float) -> NDArray[np.float64]:
    """Turns a lifted seal upright; gives an oval one its own shape again."""
    if seal.ellipse is None or seal.shape is not Shape.OVAL:
        return np.asarray(cv2.getRotationMatrix2D((middle, middle), turned_deg or 0.0, 1.0))
    ellipse = seal.ellipse
    along_deg = ellipse.turned_deg + (0.0 if ellipse.a >= ellipse.b else 90.0)
    if np.cos(np.deg2rad(along_deg - (turned_deg or 0.0))) < 0:  # an axis has two ends
        along_deg += 180.0
    turn = cv2.getRotationMatrix2D((middle, middle), along_deg, 1.0)
    squeeze = np.array([[1, 0, 0], [0, 1 / ellipse.aspect, middle * (1 - 1 / ellipse.aspect)]])
    return np.asarray(squeeze @ np.vstack([turn, [0, 0, 1]]), np.float64)
