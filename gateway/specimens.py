"""Specimens: what a sample's photo gives for a registration, and how a later one compares. Pure.

Bytes in, plain values out; whoever imports this module loads OpenCV.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from gateway.stores.registrations import RegisteredSeal
from ledger.records_seals import SampleReason, SampleResult, SealShape
from vision import samples
from vision.decoding import decode, decode_drawing, encode_drawing
from vision.errors import ImageRefusedError, ReaderMissingError
from vision.lifting import Lifted, specimen
from vision.ring_text import StripReader
from vision.seal_state import State
from vision.seals import Shape
from vision.verification import Registered


class Specimen(Struct, frozen=True, kw_only=True):
    """What may be registered from one sample, as a page shows it.

    Args:
        png: the seal's ink alone on white.
        complete: whether the whole of it was pressed well; only then it can be registered.
        width, height: tenths of a millimetre, None where the sheet gives no scale.
        ring_text, line: as read, "" where nothing was.
        can_read: whether anything here reads print at all.
    """

    png: bytes
    shape: SealShape
    complete: bool
    width: int | None
    height: int | None
    ring_text: str
    line: str
    can_read: bool


class Compared(Struct, frozen=True, kw_only=True):
    """How a sample compares with the register; shares in thousandths."""

    result: SampleResult
    reason: SampleReason
    named: str | None = None
    agreeing: int | None = None
    seen: int | None = None


DAMAGED = Compared(result="unclear", reason="damaged")


def cut_out(jpeg: bytes) -> Specimen | None:
    """Return what a photo gives for a registration; None without a red impression on it.

    Raises:
        ImageRefusedError: the photo cannot be used.
    """
    reader = _reader()
    found = samples.propose(decode(jpeg), reader)
    if found is None:
        return None
    png = encode_drawing(found.drawing)
    width_mm, height_mm = found.size_mm or (None, None)
    return Specimen(
        png=png,
        shape=found.shape.value,
        complete=found.state is State.COMPLETE,
        width=_tenths(width_mm),
        height=_tenths(height_mm),
        ring_text=found.ring_text,
        line=found.line,
        can_read=reader is not None,
    )


def compare(
    jpeg: bytes, seal: str, register: tuple[RegisteredSeal, ...], pictures: Mapping[str, bytes]
) -> Compared:
    """Return how a sample of `seal` compares with the seals of its machine.

    Args:
        pictures: specimens by the hash of their encrypted file; a seal without one, or whose
            one cannot be used, is left out.
    """
    try:
        picture = decode(jpeg)
    except ImageRefusedError:
        return DAMAGED
    usable = (_entry(one, pictures.get(one.specimen.sealed_sha256)) for one in register)
    entries = [one for one in usable if one is not None]
    if not any(one.id == seal and one.specimen is not None for one in entries):
        return DAMAGED
    found = samples.check_sample(picture, seal, entries)
    return Compared(
        result=found.result.value,
        reason=found.reason.value,
        named=found.named,
        agreeing=_permille(found.agreeing),
        seen=_permille(found.seen),
    )


def _entry(one: RegisteredSeal, png: bytes | None) -> Registered | None:
    if png is None:
        return None
    shape = Shape(one.shape)
    try:
        lifted: Lifted | None = specimen(decode_drawing(png), shape)
    except ImageRefusedError:
        return None
    return Registered(
        id=one.seal, ring_text=one.ring_text, line=one.line, shape=shape, specimen=lifted
    )


def _reader() -> StripReader | None:
    """A reader of its own for each sample: registering is rare, and an engine holds much memory."""
    from vision.ocr import Reader

    try:
        return Reader()
    except ReaderMissingError:
        return None


def _tenths(length_mm: float | None) -> int | None:
    return None if length_mm is None else round(10 * length_mm)


def _permille(share: float | None) -> int | None:
    return None if share is None else round(1000 * min(max(share, 0.0), 1.0))
