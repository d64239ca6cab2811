"""What found seals say and which registered ones they are, and how often that is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import UNSET, Struct

from bench import eyes_folder
from bench.eyes_folder import Folder, LabelledSeal
from bench.eyes_scoring import Rate, characters_right, plain, rate
from vision import verification
from vision.decoding import Image, decode_drawing
from vision.errors import ImageRefusedError
from vision.lifting import Lifted, specimen
from vision.ocr import Reader
from vision.page import Page
from vision.seals import Seal, Shape
from vision.verification import Registered

Say = Callable[[str], None]

_SHAPES = {"circle": Shape.ROUND, "ellipse": Shape.OVAL, "rect": Shape.SQUARE}
LARGE_PX = 150  # from this size on vision.md asks for its rate


class Named(Struct, frozen=True):
    """What a found seal says; None where nothing was read or nobody may say so."""

    text: str | None = None
    line: str | None = None
    verified: str | None = None
    by: str | None = None


class Found(Protocol):
    """A found seal as the rows tell it."""

    @property
    def text(self) -> str | None:
        """What was read around it."""
        ...

    @property
    def verified(self) -> str | None:
        """Which entry it is."""
        ...


class Names(Struct, frozen=True, kw_only=True):
    """How right words and names are.

    Args:
        ring_characters_right: of all characters that people read on red whole seals; seals that
            were not found count as all wrong.
        name_verified: red whole seals of the register that were named rightly, found or not.
        name_verified_of_found: of those that were found.
        name_verified_of_state: the first of these by the true state, where labels tell it.
        wrong_accepted: findings that were given a name which is not theirs, of all findings.
        foreign_left_unnamed: seals that are not in the register and were given no name.
    """

    ring_characters_right: Rate
    ring_characters_right_from_150_px: Rate
    name_verified: Rate
    name_verified_of_found: Rate
    name_verified_of_state: dict[str, Rate]
    wrong_accepted: Rate
    foreign_left_unnamed: Rate


def load(folder: Folder, say: Say) -> tuple[Registered, ...]:
    """Return the register of `folder`; an entry whose specimen cannot be used is told and kept.

    Raises:
        ValueError: an entry's shape is none of round, oval and square.
    """
    return tuple(_entry(folder, one, say) for one in folder.registered)


def _entry(folder: Folder, one: eyes_folder.Registered, say: Say) -> Registered:
    shape = _SHAPES.get(one.shape) or Shape(one.shape)
    return Registered(
        id=one.id,
        ring_text=one.ring_text or one.name,
        line=one.line,
        shape=shape,
        specimen=_specimen(folder, one, shape, say) if one.specimen else None,
        size_mm=(one.size_mm[0], one.size_mm[1]) if len(one.size_mm) == 2 else None,
    )


def _specimen(
    folder: Folder, entry: eyes_folder.Registered, shape: Shape, say: Say
) -> Lifted | None:
    try:
        found = specimen(decode_drawing(folder.specimen_bytes(entry.specimen)), shape)
    except (ImageRefusedError, OSError, ValueError) as error:
        say(f"specimen of {entry.id}: {error}")
        return None
    if found is None:
        say(f"specimen of {entry.id}: expected a seal, found none in {entry.specimen}")
    return found


def named(
    picture: Image,
    seal: Seal,
    register: Sequence[Registered],
    reader: Reader | None,
    page: Page | None = None,
) -> Named:
    """Return what one found seal says and which entry it is."""
    reading = verification.read(picture, seal, reader) if reader is not None else None
    verdict = verification.verify(picture, seal, register, reading, page)
    line = reading.line if reading is not None else None
    return Named(
        text=reading.ring.text or None if reading is not None else None,
        line=line.text or None if line is not None else None,
        verified=verdict.id,
        by=str(verdict.by) if verdict.by is not None else None,
    )


def names(
    folder: Folder, pairs: Sequence[tuple[LabelledSeal, Found | None]], false: Sequence[Found]
) -> Names:
    """Score labelled seals with what was found for each, and findings that no label matches."""
    whole = [(label, one) for label, one in pairs if label.color == "red" and not label.partial]
    own = [(label, one, _right(folder, label)) for label, one in whole]
    ours = [(one, right) for _, one, right in own if right]
    stated = [
        (label.state, one is not None and one.verified in right)
        for label, one, right in own
        if right and label.state
    ]
    foreign = [one for _, one, right in own if not right and one is not None]
    every = [(one, _right(folder, label)) for label, one in pairs if one is not None]
    wrong = sum(one.verified is not None and one.verified not in right for one, right in every)
    wrong += sum(one.verified is not None for one in false)
    right = sum(one is not None and one.verified in right for one, right in ours)
    asked = bool(folder.registered)
    return Names(
        ring_characters_right=_characters(whole),
        ring_characters_right_from_150_px=_characters(
            [(label, one) for label, one in whole if max(label.bbox[2:]) >= LARGE_PX]
        ),
        name_verified=rate(right, len(ours)),
        name_verified_of_found=rate(right, sum(one is not None for one, _ in ours)),
        name_verified_of_state={
            state: rate(
                sum(ok for other, ok in stated if other == state),
                sum(other == state for other, _ in stated),
            )
            for state in sorted({state for state, _ in stated})
        },
        wrong_accepted=rate(wrong, len(every) + len(false) if asked else 0),
        foreign_left_unnamed=rate(
            sum(one.verified is None for one in foreign), len(foreign) if asked else 0
        ),
    )


def _right(folder: Folder, label: LabelledSeal) -> frozenset[str]:
    """The entries that a labelled seal may rightly be called."""
    if label.registered is not UNSET:
        return frozenset({label.registered} if label.registered else ())
    text = plain(label.text or "")
    same = (one.id for one in folder.registered if text and plain(one.ring_text) == text)
    return frozenset(same)


def _characters(pairs: Sequence[tuple[LabelledSeal, Found | None]]) -> Rate:
    right = of = 0
    for label, one in pairs:
        truth = plain(label.text or "")
        share = characters_right(truth, (one.text if one is not None else None) or "")
        right += round(share * len(truth))
        of += len(truth)
    return rate(right, of)
