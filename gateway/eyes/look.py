"""One look at the two photos of a use: everything that `vision` tells of them, as a Sight.

Pure but for its time: bytes in, words out. It takes seconds; between its steps it asks whether it
should go on. Importing it loads OpenCV, so only the thread that looks does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct, structs

from gateway.eyes.asked import Asked
from gateway.stores.sights import FieldSight, PhotoSight, SealSight, SealVerdict, Verdict
from vision import document_fields, verification
from vision.decoding import Image, decode
from vision.document_check import check_document
from vision.document_fields import Application, Field
from vision.duplicates import bits_apart, fingerprint, same_sheet
from vision.errors import ReaderMissingError
from vision.new_seals import new_seals, newly_red
from vision.ocr import Reader
from vision.page import Page, find_page
from vision.reproduction import impression, origin
from vision.ring_text import UNREAD, Reading
from vision.seals import Seal, find_seals
from vision.verification import Registered

# Of 256: photos of one sheet differ by 36 at most, sheets of other forms by 38 and more.
NEAR_BITS = 44

Wanted = Literal["title", "org"]


class StoppedError(Exception):
    """The look was given up because the program ends; it is no failure of the photos."""


class Task(Struct, frozen=True):
    """What a use is looked at with.

    Args:
        before, after: the two photos, JPEG.
        seal: the seal that the permit names.
        exact: of title and org, those of which a difference is a mismatch.
    """

    before: bytes
    after: bytes
    seal: str
    asked: Asked
    register: tuple[Registered, ...]
    names: dict[str, str]
    exact: frozenset[Wanted] = frozenset()


class Seen(Struct, frozen=True, kw_only=True):
    """What was seen; the fields are those of `gateway.stores.sights.Sight`.

    Args:
        fingerprint: of the page before the impression; None without a page.
    """

    before: PhotoSight
    after: PhotoSight
    seals: tuple[SealSight, ...]
    new_red: bytes | None
    fields: tuple[FieldSight, ...]
    verdict: Verdict | None
    origin: str | None
    impression: str | None
    fingerprint: bytes | None
    reader_present: bool


def open_reader() -> Reader | None:
    """Return what reads print; None where the extra is not installed."""
    try:
        return Reader()
    except ReaderMissingError:
        return None


def look(task: Task, reader: Reader | None, go_on: Callable[[], bool]) -> Seen:
    """Look at both photos.

    Args:
        go_on: asked between steps.

    Raises:
        ImageRefusedError: a photo cannot be decoded.
        StoppedError: `go_on` said no.
    """
    before, after = decode(task.before), decode(task.after)
    pages = find_page(before), find_page(after)
    _check(go_on)
    found = find_seals(after, pages[1])
    new = new_seals(before, after, before_page=pages[0], after_page=pages[1], seals=found)
    red = newly_red(before, after, before_page=pages[0], after_page=pages[1])
    _check(go_on)
    seals = []
    for seal in found:
        seals.append(_seal(after, seal, task, reader, seal in new.seals, pages[1]))
        _check(go_on)
    said = origin(after, pages[1])
    made = impression(after, pages[1], found)
    mark = fingerprint(before, pages[0])
    _check(go_on)
    fields, verdict = _document(after, pages[1], task, reader)
    return Seen(
        before=_photo(before, pages[0]),
        after=_photo(after, pages[1]),
        seals=tuple(seals),
        new_red=red,
        fields=fields,
        verdict=verdict,
        origin=None if said is None else str(said),
        impression=None if made is None else str(made),
        fingerprint=mark,
        reader_present=reader is not None,
    )


def weigh(
    fields: Sequence[Field], asked: Asked, exact: frozenset[Wanted]
) -> tuple[tuple[Field, ...], Verdict]:
    """Return fields and verdict, differences that prove nothing taken for unclear.

    Items are seldom named as their papers are, nor villages as their letterheads; and a request of
    several pages names its persons and amounts on some of them. Where persons, amounts or what is
    exact are compared, the verdict is theirs alone.
    """
    counting = [one.name in exact or one.name not in ("title", "org") for one in fields]
    weighed = tuple(
        structs.replace(one, verdict=document_fields.Verdict.UNCLEAR)
        if one.verdict is document_fields.Verdict.MISMATCH and (asked.several or not counts)
        else one
        for one, counts in zip(fields, counting, strict=True)
    )
    told = [one for one, counts in zip(weighed, counting, strict=True) if counts]
    return weighed, document_fields.overall(told or weighed).value


def words_of(reading: Reading | None) -> str | None:
    """Return what a seal says, the line below its star last; None for nothing that was read."""
    if reading is None:
        return None
    line = "" if reading.line is None or reading.line == UNREAD else reading.line.text
    return f"{reading.ring.text} {line}".strip() or None


def judge_seal(
    permitted: str, register: Sequence[Registered], chosen: str | None, foreign: bool
) -> SealVerdict | None:
    """Return what a new impression is; None where nothing is registered.

    Args:
        chosen: the registered seal that it is; None: of none, or nobody can tell.
        foreign: it was surely read as none of the register.

    While the seal of the permit itself is not registered, nothing is said against an impression.
    """
    if not register:
        return None
    if all(one.id != permitted for one in register):
        return "unclear"
    if chosen is not None:
        return "match" if chosen == permitted else "other"
    return "foreign" if foreign else "unclear"


def nominees(own: bytes, others: Sequence[tuple[str, bytes]]) -> tuple[str, ...]:
    """Return the uses whose pages look most alike, for `is_same` to judge."""
    near = ((bits_apart(own, one), name) for name, one in others)
    return tuple(name for bits, name in sorted(near) if bits <= NEAR_BITS)


def is_same(earlier: bytes, before: bytes) -> bool:
    """Tell whether the sheet of an earlier use's photo after is the one of this photo before.

    Raises:
        ImageRefusedError: a photo cannot be decoded.
    """
    return same_sheet(decode(earlier), decode(before)).same is True


def _check(go_on: Callable[[], bool]) -> None:
    if not go_on():
        raise StoppedError


def _photo(image: Image, page: Page | None) -> PhotoSight:
    height, width = image.shape[:2]
    corners = None if page is None or page.whole else page.corners
    return PhotoSight(sealed_sha256="", width_px=width, height_px=height, page=corners)


def _seal(
    image: Image, seal: Seal, task: Task, reader: Reader | None, new: bool, page: Page | None
) -> SealSight:
    reading = None if reader is None else verification.read(image, seal, reader)
    said = None
    if task.register:
        said = verification.verify(image, seal, task.register, reading, page)
    chosen = None if said is None else said.id
    foreign = chosen is None and verification.is_foreign(seal, task.register, reading)
    verdict = judge_seal(task.seal, task.register, chosen, foreign) if new else None
    return SealSight(
        corners=seal.outline,
        text=words_of(reading),
        registered=chosen,
        name=None if chosen is None else task.names.get(chosen),
        score=None if said is None else _score(said),
        verdict=verdict,
        state=str(seal.state),
        color=str(seal.colour),
        shape=str(seal.shape),
        is_new=new,
    )


def _score(said: verification.Verdict) -> float | None:
    """How much it is like the chosen entry, or else like the likeliest one."""
    every = [one for one in said.scores if said.id in (None, one.id)]
    found = [max(one.agreeing or 0.0, one.similarity or 0.0) for one in every]
    return max(found, default=None)


def _document(
    image: Image, page: Page | None, task: Task, reader: Reader | None
) -> tuple[tuple[FieldSight, ...], Verdict | None]:
    asked = task.asked
    wanted = Application(asked.title, asked.org, asked.parties, asked.amount_fen)
    if reader is None or wanted == Application():
        return (), None
    checked = check_document(image, wanted, reader, page)
    fields, verdict = weigh(checked.fields, asked, task.exact)
    told = tuple(
        FieldSight(
            name=one.name,
            asked=one.wanted,
            seen=one.read,
            score=one.score,
            verdict=one.verdict.value,
            why=str(one.why),
            corners=box,
        )
        for one, box in zip(fields, checked.boxes, strict=True)
    )
    return told, verdict
