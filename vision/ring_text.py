"""What a seal says: its ring unrolled into strips, the line under its star, a name's four cells.

Nobody knows which way up a seal lies, so every likely beginning is read and the surest reading
counts. Print that hides the ink was taken away before; the gap that it leaves is filled from
around it. Reading needs the extra `ocr`; unrolling does not.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from msgspec import Struct, structs

from vision.decoding import Image
from vision.lifting import RADIUS_PX, SIDE_PX, Lifted
from vision.page import Gray
from vision.phrases import completed
from vision.seals import OVAL_ASPECT
from vision.unrolling import STEPS, Oval, unrolled
from vision.voted import Look, begun, chosen, joined_part, named_part, voted
from vision.written import Written, words_only, written

FINE_PX = 2 * SIDE_PX  # of a lifted seal that is to be read: characters 40 px high
# Reaches between which characters stand: seal cutters leave 0.04 to 0.1 to the ring.
_BANDS = ((0.56, 0.93), (0.5, 0.9), (0.47, 0.95))  # the last two with room around them
_OTHER_BANDS = ((0.62, 0.95), (0.66, 0.9), (0.58, 0.84))  # read where the usual ones say little
_OUTER, _ON_RING = (0.68, 0.9), 0.3  # where no other line reaches; of the usual share of ink
# A second look: strokes made clearer, characters wider, begun elsewhere.
_SHARP_PX, _SHARP, _WIDER = 3.0, 1.5, 1.4  # deviation in pixels; how much; times as wide
_PRINT_OVER = 0.003  # of the square: print that hides a stroke
_BESIDE_STEPS = 8  # a third of a character to each side
_LITTLE = 1.5  # six sure characters
_GAP_WIDER = 1.5  # times the gap before the first character
_CHARACTERS = (0.6, 0.9)
_LIKELY = 0.75  # how sure a character is on the whole; parts of others are read with less
_STAR, _TIPS = (0.16, 0.32), 5  # reaches at which its tips stand apart
_HEIGHT_PX = 64  # of a strip; the recogniser takes 48
_GAPS, _GAP_APART = 2, 60  # beginnings that are tried, and how many steps lie between them
_GAP_DEG = 24.0  # at least: a character and a half
_MARGIN_PX = 24  # white paper before and after a strip
# Of the radius, in a seal that lies upright: where a line stands below the star.
_LINE_X, _LONG_LINE_X, _LINE_Y = 0.58, 0.8, (0.34, 0.72)
_GHOST_PX = 9  # around black print, where its blurred edge still looks red
_LINE_REACH = 0.52  # further out the ends of the ring's own words may stand
# Share of full ink that is a stroke; share of strokes on bare paper, where a line has 0.1.
_INKED, _BARE = 0.3, 0.035
_SEEN = 0.5  # of a place that must be free of other print before it is called bare
# Cells of a name, (x, y) of their corner in shares of the side, in the order of reading.
_BY_COLUMNS = ((0.51, 0.06), (0.51, 0.5), (0.06, 0.06), (0.06, 0.5))
_BY_ROWS = ((0.06, 0.06), (0.51, 0.06), (0.06, 0.5), (0.51, 0.5))
_CELL = 0.44
_LAST = ("印", "章")  # with which a name seal ends, whatever its order


UNREAD = Written("?", (0.0,), (0,))


class Line(Protocol):
    """One line that was read."""

    @property
    def text(self) -> str:
        """As read."""
        ...

    @property
    def scores(self) -> tuple[float, ...]:
        """How sure each character is, 0..1."""
        ...

    @property
    def places(self) -> tuple[float, ...]:
        """How far along the strip each character stands, 0..1; empty where nobody knows."""
        ...

    @property
    def others(self) -> tuple[tuple[tuple[str, float], ...], ...]:
        """What each character may be besides, as (character, chance); empty likewise."""
        ...


class StripReader(Protocol):
    """Reads straight strips of print, as `vision.ocr.Reader` does."""

    def strips(self, images: list[Image]) -> tuple[Line, ...]:
        """Return what each of several strips says."""
        ...


class Reading(Struct, frozen=True, kw_only=True):
    """What a seal says.

    Args:
        ring: what runs around it, or the whole of a square seal.
        line: what stands straight below the star, "" for bare paper, "?" for what cannot be read;
            None where other print hides the place.
        other: a name's characters in the other order; `ring` has the likelier one.
        others: what each character of `ring` may be besides, as (character, chance).
        turned_deg: how far it lies clockwise from upright, None when nothing tells.
    """

    ring: Written
    others: tuple[tuple[tuple[str, float], ...], ...] = ()
    other: Written | None = None
    line: Written | None = None
    turned_deg: float | None = None


def read_ring(lifted: Lifted, aspect: float, axis_deg: float, reader: StripReader) -> Reading:
    """Read a round or oval seal.

    Args:
        lifted: its ink, `FINE_PX` square.
        aspect: longer axis over the shorter one.
        axis_deg: where its longer axis lies.
    """
    ink = _filled(lifted)
    oval = Oval(aspect, axis_deg)
    starts = _beginnings(ink, oval)
    tries = [(starts[0], band) for band in _BANDS]
    again = [(starts[-1], band) for band in _BANDS]
    clear = _sharpened(ink)
    looks = _looks(ink, oval, tries, reader) + _looks(clear, oval, again, reader, _WIDER)
    if aspect > OVAL_ASPECT:
        stretched = Oval(aspect, axis_deg, even=False)
        looks += _looks(ink, stretched, tries, reader)
        looks += _looks(clear, stretched, again, reader, _WIDER)
    if max(look.weight for look in looks) < _LITTLE:  # other cutters: two rings, small words
        others = [(start, band) for start in starts for band in _OTHER_BANDS]
        looks += _looks(ink, oval, others, reader)
    # What print hides was filled from around it; what is seen with it is sometimes read better.
    print_over = float((~lifted.clear & (_reach(ink.shape[0]) < 1)).mean()) > _PRINT_OVER
    voices = _looks(_unfilled(lifted), oval, tries, reader) if print_over else []
    look = completed(joined_part(begun(named_part(voted(looks, voices)), _GAP_WIDER)))
    if not look.said.text:
        return Reading(ring=look.said)
    # The gap lies below, so the seal is turned by what its middle misses to 90 degrees.
    roughly_deg = oval.angle_deg(_gap(look)) - 90.0
    line, turned_deg = _line_below(ink, lifted, _by_star(ink, roughly_deg), reader)
    if aspect > OVAL_ASPECT and line is not None and not line.text:
        line = None  # ovals have theirs higher up, in the middle
    return Reading(ring=look.said, others=look.others, line=line, turned_deg=turned_deg)


def _looks(
    ink: Gray,
    oval: Oval,
    tries: list[tuple[int, tuple[float, float]]],
    reader: StripReader,
    wider: float = 1.0,
) -> list[Look]:
    """What each (beginning, band) of `tries` reads as, with the place of each character."""
    strips = [_strip(ink, oval, start, band, wider) for start, band in tries]
    inked = (unrolled(ink, oval, _OUTER, 12) > _INKED).mean(axis=0)
    looks = []
    for (start, _), strip, line in zip(tries, strips, reader.strips(strips), strict=True):
        kept = [i for i, one in enumerate(line.text) if one.isalnum()]
        said = _said(line)
        bare = _MARGIN_PX / strip.shape[1]
        within = [(place - bare) / (1 - 2 * bare) for place in line.places]
        told = len(within) == len(line.others) == len(line.text) and len(kept) == len(said.text)
        around = (
            [within[i] for i in kept]
            if told
            else [(i + 0.5) / len(said.text) for i in range(len(said.text))]
        )
        angles = tuple((start / STEPS + one) % 1.0 for one in around)
        others = tuple(line.others[i] for i in kept) if told else ((),) * len(said.text)
        look = Look(said, angles, _weight(said), others)
        looks.append(_on_ring(look, inked) if told else look)
    return looks


def _on_ring(look: Look, inked: Gray) -> Look:
    """`look` without what stands further in, in the gap of the ring: the ends of another line.

    Args:
        inked: share of ink further out, step by step.
    """
    beside = range(-_BESIDE_STEPS, _BESIDE_STEPS + 1)
    at = [round(angle * STEPS) for angle in look.angles]
    shares = [float(np.mean([inked[(place + i) % STEPS] for i in beside])) for place in at]
    usual = float(np.median(shares)) if shares else 0.0
    kept = [i for i, share in enumerate(shares) if share > _ON_RING * usual]
    if len(kept) == len(shares):
        return look
    part = chosen(look, kept)
    return structs.replace(part, weight=_weight(part.said))


def _gap(look: Look) -> float:
    """The middle between the last character and the first, in shares of the ring."""
    first, last = look.angles[0], look.angles[-1]
    return (last + ((first - last) % 1.0) / 2) % 1.0


def read_name(lifted: Lifted, reader: StripReader) -> Reading:
    """Read a square seal: two columns from the right or two rows from the left, in four turns."""
    ink = _filled(lifted)
    turns = (0.0, 90.0, 180.0, 270.0)
    strips = [_name_strip(_upright(ink, turned), _BY_COLUMNS) for turned in turns]
    read = [_said(line) for line in reader.strips(strips)]
    best = max(range(4), key=lambda i: _weight(read[i]))
    rows = _said(reader.strips([_name_strip(_upright(ink, turns[best]), _BY_ROWS)])[0])
    one, other = read[best], rows
    if other.text.endswith(_LAST) and not one.text.endswith(_LAST):
        one, other = other, one
    return Reading(ring=one, other=other, line=Written("", (), ()), turned_deg=turns[best])


def _unfilled(lifted: Lifted) -> Gray:
    """Ink from 0 to 1, print that lies over it included."""
    inside = lifted.clear & (_reach(lifted.ink.shape[0]) < 1.0)
    full = float(np.percentile(lifted.ink[inside], 97)) if inside.any() else 1.0
    return np.asarray(np.clip(lifted.ink / max(full, 0.04), 0, 1), np.float32)


def _sharpened(ink: Gray) -> Gray:
    around = cv2.GaussianBlur(ink, (0, 0), _SHARP_PX)
    return np.asarray(np.clip(ink + _SHARP * (ink - around), 0, 1), np.float32)


def _filled(lifted: Lifted) -> Gray:
    """Ink from 0 to 1, what is hidden filled from its edges."""
    reach = _reach(lifted.ink.shape[0])
    ink = _unfilled(lifted)
    hidden = (~lifted.clear & (reach < 1.05)).astype(np.uint8)
    eight = np.asarray(ink * 255, np.uint8)
    filled = cv2.inpaint(eight, hidden, 3, cv2.INPAINT_TELEA)
    return np.asarray(filled.astype(np.float32) / 255, np.float32)


def _beginnings(ink: Gray, oval: Oval) -> list[int]:
    """Middles of the widest gaps between characters, as steps; the ring's text begins after."""
    strip = unrolled(ink, oval, _CHARACTERS, 24)
    inked = (strip > _INKED).mean(axis=0)
    width = round(_GAP_DEG / 360 * STEPS)
    around = np.concatenate([inked[-width:], inked, inked[:width]])
    empty = np.convolve(around, np.ones(2 * width + 1) / (2 * width + 1), "valid")
    found: list[int] = []
    for _ in range(_GAPS):
        best = int(empty.argmin())
        found.append(best)
        empty[(best + np.arange(-_GAP_APART, _GAP_APART + 1)) % STEPS] = np.inf
    return found


def _strip(
    ink: Gray, oval: Oval, start: int, band: tuple[float, float], wider: float = 1.0
) -> Image:
    """A ring laid straight: clockwise becomes left to right, outside becomes above.

    Args:
        wider: how much wider than in the seal; cutters narrow characters where there are many.
    """
    flat = np.roll(unrolled(ink, oval, band, _HEIGHT_PX), -start, axis=1)
    size = (round(wider * oval.proportion(band) * _HEIGHT_PX), _HEIGHT_PX)
    return _printed(np.asarray(cv2.resize(flat, size), np.float32))


def _upright(ink: Gray, turned_deg: float) -> Gray:
    """`ink` turned back by `turned_deg` (clockwise)."""
    middle = ink.shape[0] / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), turned_deg, 1.0)
    return np.asarray(cv2.warpAffine(ink, matrix, ink.shape[::-1]), np.float32)


def _by_star(ink: Gray, roughly_deg: float) -> tuple[float, ...]:
    """Turns at which a star stands on two of its tips, the nearest first; the gap's without one."""
    round_it = unrolled(ink, Oval(1.0, 0.0), _STAR, 12).mean(axis=0)
    waves = np.fft.rfft(round_it)
    strength = np.abs(waves[1:13])
    if strength.argmax() + 1 != _TIPS:
        return (roughly_deg,)
    tip_deg = -np.rad2deg(np.angle(waves[_TIPS])) / _TIPS  # of one of them, clockwise from right
    step = 360 / _TIPS
    nearest = tip_deg + 90 + step * round((roughly_deg - tip_deg - 90) / step)
    beside = step if roughly_deg > nearest else -step
    return float(nearest), float(nearest + beside)


def _line_below(
    ink: Gray, lifted: Lifted, turns_deg: tuple[float, ...], reader: StripReader
) -> tuple[Written | None, float]:
    """The line below the star, and the turn at which it is read best."""
    found = [
        (_line(_upright(ink, turned_deg), lifted, turned_deg, reader), turned_deg)
        for turned_deg in turns_deg
    ]
    read = [one for one in found if one[0] is not None and _weight(one[0]) > 1]
    return max(read, key=lambda one: _weight(one[0] or UNREAD)) if read else found[0]


def _line(ink: Gray, lifted: Lifted, turned_deg: float, reader: StripReader) -> Written | None:
    """What stands below the star of an upright seal."""
    place = _line_place(ink.shape[0])
    clear = _upright(np.asarray(lifted.clear, np.float32), turned_deg)[place]
    away = cv2.erode(clear, np.ones((_GHOST_PX, _GHOST_PX), np.uint8)) > 0.5  # from other print
    within = _reach(ink.shape[0])[place] < _LINE_REACH
    seen = float(away[within].mean()) > _SEEN
    inked = ink[place][within & away] > _INKED
    if not inked.size or float(inked.mean()) < _BARE:
        return Written("", (), ()) if seen else None
    places = (place, _line_place(ink.shape[0], _LONG_LINE_X))
    read = [_said(line) for line in reader.strips([_printed(ink[one]) for one in places])]
    best = max(read, key=_weight)
    return best if _weight(best) > 0 else UNREAD if seen else None


def _line_place(side_px: int, half_width: float = _LINE_X) -> tuple[slice, slice]:
    middle, radius = side_px / 2, RADIUS_PX * side_px / SIDE_PX
    top, bottom = (round(middle + radius * y) for y in _LINE_Y)
    left, right = (round(middle + radius * x) for x in (-half_width, half_width))
    return slice(top, bottom), slice(left, right)


def _name_strip(ink: Gray, order: tuple[tuple[float, float], ...]) -> Image:
    """The four characters of a name in the order in which they are read."""
    middle, half = ink.shape[0] / 2, 0.88 * RADIUS_PX * ink.shape[0] / SIDE_PX
    cells = []
    for x, y in order:
        left, top = (round(middle - half + 2 * half * at) for at in (x, y))
        side = round(2 * half * _CELL)
        cells.append(cv2.resize(ink[top : top + side, left : left + side], (_HEIGHT_PX,) * 2))
    return _printed(np.asarray(np.hstack(cells), np.float32))


def _printed(ink: Gray) -> Image:
    """Ink as black print on white paper, with paper on both sides."""
    gray = np.asarray(255 - 255 * np.clip(ink, 0, 1), np.uint8)
    wide = cv2.copyMakeBorder(gray, 4, 4, _MARGIN_PX, _MARGIN_PX, cv2.BORDER_CONSTANT, value=(255,))
    return np.asarray(cv2.cvtColor(wide, cv2.COLOR_GRAY2BGR), np.uint8)


def _said(line: Line) -> Written:
    return words_only(written([(line.text, line.scores, 0)]))


def _weight(read: Written) -> float:
    """How much was read, and how surely: guesses count against it."""
    return sum(score - _LIKELY for score in read.scores)


def _reach(side_px: int) -> Gray:
    y, x = np.mgrid[:side_px, :side_px].astype(np.float32) - side_px / 2
    return np.asarray(np.hypot(x, y) / (RADIUS_PX * side_px / SIDE_PX), np.float32)
