"""Is this one of the registered seals, and which? Only those can be the answer, or nobody.

Two witnesses. The specimen: every place where strokes are legible must bear the specimen's, and
another registered seal must explain the places where both differ clearly worse. The words, where
they could be read: ring and line must be those of one entry alone. A specimen that lies well over
the impression but differs somewhere is another seal with the same words: then words count for
nothing. And where a character was read surely as another one, likeness counts for nothing.

Thresholds are of likeness, not of pictures: 1 is the same stroke, 0 chance.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from msgspec import Struct

from vision.decoding import Image
from vision.laying import ways_up
from vision.lifting import Lifted, lifted
from vision.page import Page
from vision.ring_text import FINE_PX, UNREAD, Reading, StripReader, read_name, read_ring
from vision.seal_state import State
from vision.seals import Colour, Seal, Shape
from vision.sizes import may_be, may_be_elsewhere, on_a4_mm
from vision.specimens import Likeness, apart, explained, judged
from vision.written import READ, SURE, Written, plain

# Of legible strokes; a tenth may be spoilt by wear, print or a crease, and a tenth by noise.
_AGREEING, _SEEN = 0.8, 0.35
_ANOTHER = 0.8  # windows: a seventh of a character that is another, or is one too many
# Windows: two characters and a half in a row that cannot be seen; neighbours' seals differ so.
_UNSEEN = 15.0
CLEARLY_ANOTHER = 3.0  # windows: half a character
UNLIKE = 0.6  # agreeing strokes, under which the specimen was not even laid over it
# Likeness by which a rival must be worse where both specimens differ. What cannot be seen gives 0,
# other characters 0.15 and more, other digits of 1.5 mm at 5 px/mm 0.06 to 0.13.
_APART = 0.06
_COMPARED, _ALL = 6, 24  # specimens, the likeliest ones by their whole
_RING_READ, _LINE_READ = 0.8, 0.75  # similarity of what was read to what is registered
# Share of the votes that an expected character needs beside another one, which itself is in doubt;
# one of six characters may be so. A seal of other words has less than a twentieth there.
_THOUGHT_OF, _LIKENED_OF = 0.15, 6
_READ_AT_ALL = 0.6  # similarity, under which reading failed and tells nothing
_EXACT, _READ_WELL = 0.95, 0.8  # agreeing strokes; similarity likewise, beside an exact specimen
_WHOLE = frozenset({State.COMPLETE, State.FAINT})
_FOREIGN_READ, _FOREIGN_LEAST = 0.8, 4  # sure characters by share and count, to call it foreign
_TEXT_APART = 0.08  # similarity: one character of twelve


class By(enum.StrEnum):
    """What an impression was recognised by."""

    SPECIMEN = "specimen"  # its cut: every legible stroke is the specimen's
    WORDS = "words"  # what stands on it; that says whose name it bears, not who cut it


class Registered(Struct, frozen=True, kw_only=True):
    """An entry of the register.

    Args:
        line: what stands below the star, empty for nothing.
        specimen: its ink; None when there is no usable picture of it.
        size_mm: width and height; None where nobody has measured it.
    """

    id: str
    ring_text: str
    line: str = ""
    shape: Shape = Shape.ROUND
    specimen: Lifted | None = None
    size_mm: tuple[float, float] | None = None


class Score(Struct, frozen=True, kw_only=True):
    """How an impression compares with one entry; None where that was not compared."""

    id: str
    laid: float | None = None
    agreeing: float | None = None
    seen: float | None = None
    differing: float | None = None
    added: float | None = None
    lacking: float | None = None
    unseen: float | None = None
    similarity: float | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """Which seal it is.

    Args:
        id: of the one entry it is; None for a foreign seal, and for one that cannot be told.
        by: what it was recognised by.
        scores: of every entry, for people to look at.
    """

    id: str | None
    by: By | None
    scores: tuple[Score, ...]


_Way = tuple[int, int, int, int, int]  # edits, against, extra, doubtful, likened


class _Compared(Struct, frozen=True):
    entry: Registered
    likeness: Likeness | None
    fit: _Fit | None


class _Fit(Struct, frozen=True):
    """What was read beside what is registered.

    Args:
        against: characters that were surely read as others.
        extra: characters that were surely read, but are too many.
        doubtful: both, but read in doubt; guesses count for nothing.
        likened: read in doubt as others, but the reader thought of the registered ones, too.
    """

    similarity: float
    against: int
    extra: int
    doubtful: int
    likened: int


def read(picture: Image, seal: Seal, reader: StripReader) -> Reading | None:
    """Return what `seal` says; None for a strip of one."""
    if seal.state is State.RIDING_SEAM:
        return None
    fine = lifted(picture, seal, FINE_PX)
    if seal.ellipse is None:
        return read_name(fine, reader)
    ellipse = seal.ellipse
    axis_deg = ellipse.turned_deg + (0.0 if ellipse.a >= ellipse.b else 90.0)
    return read_ring(fine, ellipse.aspect, axis_deg, reader)


def verify(
    picture: Image,
    seal: Seal,
    register: Sequence[Registered],
    reading: Reading | None = None,
    page: Page | None = None,
) -> Verdict:
    """Return which entry of `register` made the impression `seal`, or that none is known to.

    Args:
        reading: what it says, where that was read.
        page: the sheet that it is on, where that was seen: the ruler for its size.

    An entry of another size is out of the question for a whole impression. One whose size fits only
    if the sheet is none of the A series is compared, so that no other entry gets its name, but is
    not named itself. Only red impressions can be verified: a copy was stamped elsewhere, if at all.
    """
    if seal.colour is not Colour.RED or seal.state is State.RIDING_SEAM:
        return Verdict(id=None, by=None, scores=())
    square = seal.shape is Shape.SQUARE
    entries = [one for one in register if (one.shape is Shape.SQUARE) == square]
    size_mm = on_a4_mm(seal, page) if seal.state in _WHOLE else None
    sized = {one.id for one in entries if may_be(size_mm, one.size_mm)}
    every = entries
    entries = [one for one in every if one.id in sized or may_be_elsewhere(size_mm, one.size_mm)]
    refused = [one for one in every if one not in entries]
    seen = lifted(picture, seal)
    # Where two strikes lie, the whole says little: it is unrolled around one of them at best.
    found = _with_likeness(entries, seen, _ALL if seal.state is State.DOUBLE else _COMPARED)
    compared = [
        _Compared(entry, found.get(entry.id), _ring_fit(entry, reading)) for entry in entries
    ]
    scores = (*(_score(one) for one in compared), *(Score(id=one.id) for one in refused))
    by, chosen = By.SPECIMEN, _by_specimen(compared)
    if chosen is None and reading is not None:
        by, chosen = By.WORDS, _by_words(compared, seal, reading)
    if chosen not in sized:
        return Verdict(id=None, by=None, scores=scores)
    return Verdict(id=chosen, by=by, scores=scores)


def is_foreign(seal: Seal, register: Sequence[Registered], reading: Reading | None) -> bool:
    """Tell whether `seal`, which is none of `register`, was surely read as another's.

    It is said of whole, clean impressions alone: each entry's words must be contradicted by a
    character that was surely read as another one.
    """
    if seal.colour is not Colour.RED or seal.state is not State.COMPLETE or reading is None:
        return False
    scores = reading.ring.scores
    sure = sum(score >= SURE for score in scores)
    if sure < _FOREIGN_LEAST or sure < _FOREIGN_READ * len(scores):
        return False
    square = seal.shape is Shape.SQUARE
    fits = [_ring_fit(one, reading) for one in register if (one.shape is Shape.SQUARE) == square]
    return all(fit is not None and fit.against > 0 for fit in fits)


def _with_likeness(entries: Sequence[Registered], seen: Lifted, most: int) -> dict[str, Likeness]:
    """The likeliest specimens as a whole, `most` of them, each laid over the impression."""
    specimens = {one.id: one.specimen for one in entries if one.specimen is not None}
    whole = {name: ways_up(one, seen)[0][0] for name, one in specimens.items()}
    chosen = sorted(whole, key=lambda name: -whole[name])[:most]
    tries = {name: explained(specimens[name], seen) for name in chosen}
    if tries:
        best = max(tries, key=lambda name: tries[name].laid)
        words = {one.ring_text for one in entries if one.id == best}
        sisters = [one.id for one in entries if one.ring_text in words and one.id in specimens]
        tries |= {name: explained(specimens[name], seen) for name in sisters if name not in tries}
    return dict(zip(tries, judged(tuple(tries.values())), strict=True))


def _by_specimen(compared: Sequence[_Compared]) -> str | None:
    same = [one for one in compared if one.likeness is not None and _is_same(one.likeness)]
    same = [one for one in same if not _is_contradicted(one)]
    best = [
        one for one in same if all(_is_worse(rival, one) for rival in compared if rival is not one)
    ]
    return best[0].entry.id if len(best) == 1 else None


def _is_contradicted(one: _Compared) -> bool:
    """Whether the ring was read, all in all, but a character of it surely as another one.

    Where every stroke is the specimen's, a reading with several errors is the reader's mistake.
    """
    least = _READ_WELL if one.likeness is not None and _is_exact(one.likeness) else _READ_AT_ALL
    return one.fit is not None and one.fit.similarity > least and one.fit.against > 0


def _is_exact(found: Likeness) -> bool:
    return found.agreeing > _EXACT and found.differing < _ANOTHER / 2 and found.seen > 2 * _SEEN


def _extra(one: _Compared) -> int:
    return one.fit.extra if one.fit is not None else 0


def _is_same(found: Likeness) -> bool:
    return (
        found.agreeing > _AGREEING
        and found.seen > _SEEN
        and found.unseen < _UNSEEN
        and max(found.differing, found.added) < _ANOTHER
        and found.lacking < CLEARLY_ANOTHER
    )


def _is_other(found: Likeness) -> bool:
    """Whether it is another seal that was cut alike: it lies well and differs somewhere."""
    worst = max(found.differing, found.added, found.lacking)
    return found.agreeing > UNLIKE and worst > CLEARLY_ANOTHER


def _is_worse(rival: _Compared, best: _Compared) -> bool:
    """Whether a rival is out of the question where `best` is a good answer."""
    if rival.likeness is None or best.likeness is None:
        return rival.likeness is None and rival.entry.ring_text != best.entry.ring_text
    if rival.likeness.agreeing < UNLIKE or _is_other(rival.likeness):
        return True
    return apart(best.likeness, rival.likeness) > _APART


def _by_words(compared: Sequence[_Compared], seal: Seal, reading: Reading) -> str | None:
    """The one entry whose words these are, unless its specimen shows another cut."""
    best = max((_similarity(one) for one in compared), default=0.0)
    if best < _RING_READ:
        return None
    near = [one for one in compared if _similarity(one) > best - _TEXT_APART]
    near = [one for one in near if not _is_contradicted(one) and not _extra(one)]
    whole = seal.state in _WHOLE
    fitting = [one for one in near if _line_fits(one.entry, reading, whole, len(near) == 1)]
    if len(fitting) != 1 or fitting[0].fit is None or fitting[0].fit.doubtful:
        return None
    if fitting[0].fit.likened > len(plain(fitting[0].entry.ring_text)) // _LIKENED_OF:
        return None
    chosen = fitting[0]
    if chosen.entry.shape is not seal.shape:
        return None
    if chosen.likeness is not None and _is_other(chosen.likeness):
        return None
    return chosen.entry.id


def _similarity(one: _Compared) -> float:
    return one.fit.similarity if one.fit is not None else 0.0


def _line_fits(entry: Registered, reading: Reading, whole: bool, alone: bool) -> bool:
    """Whether the line is the entry's.

    Args:
        whole: the seal was pressed everywhere, so bare paper means that there is no line.
        alone: no other entry has these words; then a line that is hidden may be none.
    """
    if entry.shape is Shape.SQUARE:
        return True
    if not entry.line and not whole:
        return False
    if reading.line is None:
        return alone and not entry.line
    if reading.line == UNREAD:
        return False
    if not entry.line:
        return all(one.isascii() for one in reading.line.text)
    return _fit(entry.line, reading.line).similarity >= _LINE_READ


def _ring_fit(entry: Registered, reading: Reading | None) -> _Fit | None:
    if reading is None or not reading.ring.text or not plain(entry.ring_text):
        return None
    others = [
        {one for one, chance in votes if chance >= _THOUGHT_OF} for votes in reading.others
    ] or [set()] * len(reading.ring.text)
    ways = [(reading.ring, others)]
    if reading.other is not None:
        ways.append((reading.other, [set()] * len(reading.other.text)))
    if not any(one.isascii() for one in plain(entry.ring_text)):
        ways = [_without_ascii(*way) for way in ways]  # a number may run around, too
    fits = [_fit(entry.ring_text, *way) for way in ways]
    return max(fits, key=lambda fit: (fit.similarity, -fit.likened))


def _without_ascii(read: Written, others: list[set[str]]) -> tuple[Written, list[set[str]]]:
    kept = [i for i, one in enumerate(read.text) if not one.isascii()]
    text, scores = "".join(read.text[i] for i in kept), tuple(read.scores[i] for i in kept)
    return Written(text, scores, (0,) * len(kept)), [others[i] for i in kept]


def _fit(registered: str, seen: Written, others: Sequence[set[str]] = ()) -> _Fit:
    """The fewest edits, and among the ways to make them the one with the least against it."""
    wanted = plain(registered)
    row: list[_Way] = [(i, 0, 0, 0, 0) for i in range(len(wanted) + 1)]
    for k, (one, score) in enumerate(zip(seen.text, seen.scores, strict=True)):
        sure, doubted = int(score >= SURE), int(READ <= score < SURE)
        maybe = others[k] if others and not sure else set()
        another, extra, missing = (
            (1, sure, 0, doubted, 0),
            (1, 0, sure, doubted, 0),
            (1, 0, 0, 0, 0),
        )
        following = [_plus(row[0], extra)]
        for i, character in enumerate(wanted, start=1):
            if character == one:
                here = row[i - 1]
            else:
                here = _plus(row[i - 1], (0, 0, 0, 0, 1) if character in maybe else another)
            following.append(min(here, _plus(row[i], extra), _plus(following[i - 1], missing)))
        row = following
    edits, against, more, doubtful, likened = row[-1]
    return _Fit(max(0.0, 1 - edits / max(len(wanted), 1)), against, more, doubtful, likened)


def _plus(way: _Way, step: _Way) -> _Way:
    edits, against, extra, doubtful, likened = (
        one + other for one, other in zip(way, step, strict=True)
    )
    return edits, against, extra, doubtful, likened


def _score(one: _Compared) -> Score:
    found = one.likeness
    similarity = round(one.fit.similarity, 3) if one.fit is not None else None
    if found is None:
        return Score(id=one.entry.id, similarity=similarity)
    return Score(
        id=one.entry.id,
        laid=round(found.laid, 3),
        agreeing=round(found.agreeing, 3),
        seen=round(found.seen, 3),
        differing=round(found.differing, 2),
        added=round(found.added, 2),
        lacking=round(found.lacking, 2),
        unseen=round(found.unseen, 2),
        similarity=similarity,
    )
