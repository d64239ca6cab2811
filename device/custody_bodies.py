"""Custody bodies: what the entries about an opened hatch say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from device.custody_book import Act, Order
from device.errors import CustodyRefusedError
from device.kiosk.port_custody import OpenHatch, ShutHatch
from ledger import disclosure
from ledger.custody import Standing
from ledger.disclosure import Opened
from ledger.records import PhotoRef
from ledger.records_custody import Handover, Hatch, Purpose, Service, TakeOut, Unsampled
from ledger.records_seals import SealSample

Proof = Literal["counter", "edges", "none"]
LONGEST_TEXT = 60
LONGEST_DAYS = 60  # a seal is lent for weeks at most
DAY_MS = 24 * 3600 * 1000
MOST_COUNTED = 1000  # more is a slip of the finger
_SAMPLED: frozenset[Purpose] = frozenset(("return", "handover", "sample"))


class Done(Struct, frozen=True, kw_only=True):
    """An entry that says what an opening was for, with what opens it and its photos."""

    body: Act
    withheld: dict[str, Opened] = {}
    photos: tuple[PhotoRef, ...] = ()


def opened(order: Order, command: OpenHatch, strokes: int) -> Hatch:
    """Return the entry that stands before the hatch is freed."""
    return Hatch(
        step="opened",
        permit=order.permit,
        seal=order.seal,
        purpose=order.purpose,
        by=command.by,
        second=command.second,
        asked=order.sha256,
        strokes_before=strokes,
    )


def closed(
    command: ShutHatch,
    standing: Standing,
    seal: str,
    present: bool,
    count: tuple[int, Proof],
    *,
    sampled: bool,
) -> Hatch:
    """Return the entry that ends an opening.

    Args:
        count: impressions that the machine knows of, and by what.
        sampled: what is written of the opening names the photo of an imprint.
    """
    made, proof = count
    assert standing.purpose is not None
    return Hatch(
        step="closed",
        permit=command.permit,
        seal=seal,
        purpose=standing.purpose,
        by=command.by,
        second=command.second,
        present=present,
        strokes_before=standing.strokes,
        strokes_after=standing.strokes + made,
        counted=command.counted,
        proof=proof,
        unsampled=None if sampled else _unsampled(command, standing.purpose, present, made),
    )


def act(
    command: ShutHatch,
    standing: Standing,
    seal: str,
    pages: Mapping[str, PhotoRef],
    present: bool,
    now_ms: int,
) -> Done | None:
    """Return what the opening was for; None where nothing came of it, or nothing more is said.

    Raises:
        CustodyRefusedError: an answer is missing or cannot be; where an imprint belongs to it,
            either its photo is named or the persons say that there is none.
    """
    _need(0 <= command.counted <= MOST_COUNTED, "count-wrong")
    match standing.purpose:
        case "takeout" if not present:
            return _out(command, standing, seal, now_ms)
        case "return" if present:
            return _returned(command, standing, seal, pages)
        case "handover" if present:
            return _handover(command, standing, seal, pages)
        case "sample" if present:
            return _sampled(command, standing, seal, pages)
        case "service":
            _need(bool(command.works), "works-missing")
            body = Service(
                permit=command.permit,
                seal=seal,
                hatch=standing.opened,
                technician=command.by,
                second=command.second,
                works=tuple(dict.fromkeys(command.works)),
            )
            return Done(body=body)
        case _:
            return None


def _out(command: ShutHatch, standing: Standing, seal: str, now_ms: int) -> Done:
    _need(1 <= command.days <= LONGEST_DAYS, "days-wrong")
    for text in (command.holder, command.place):
        _need(0 < len(text) <= LONGEST_TEXT, "answer-missing")
    fields, withheld = disclosure.withhold({"holder": command.holder, "place": command.place})
    body = TakeOut(
        step="out",
        permit=command.permit,
        seal=seal,
        hatch=standing.opened,
        by=command.by,
        second=command.second,
        from_ms=now_ms,
        until_ms=now_ms + command.days * DAY_MS,
        holder_commitment=fields["holder_commitment"],
        place_commitment=fields["place_commitment"],
    )
    return Done(body=body, withheld=withheld)


def _returned(
    command: ShutHatch, standing: Standing, seal: str, pages: Mapping[str, PhotoRef]
) -> Done:
    _need(command.check is not None, "check-missing")
    sample = _sample(command, pages)
    body = TakeOut(
        step="returned",
        permit=command.permit,
        seal=seal,
        hatch=standing.opened,
        by=command.by,
        second=command.second,
        taken=standing.taken or None,
        check=command.check,
        sample=sample,
    )
    return Done(body=body, photos=_photos(sample))


def _handover(
    command: ShutHatch, standing: Standing, seal: str, pages: Mapping[str, PhotoRef]
) -> Done:
    _need(command.witness not in ("", command.by, command.second), "witness-same")
    sample = _sample(command, pages)
    body = Handover(
        permit=command.permit,
        seal=seal,
        hatch=standing.opened,
        giver=command.by,
        receiver=command.second,
        witness=command.witness,
        sample=sample,
    )
    return Done(body=body, photos=_photos(sample))


def _sampled(
    command: ShutHatch, standing: Standing, seal: str, pages: Mapping[str, PhotoRef]
) -> Done | None:
    sample = _sample(command, pages)
    if sample is None:
        return None
    body = SealSample(
        permit=command.permit,
        seal=seal,
        hatch=standing.opened,
        by=command.by,
        second=command.second,
        sample=sample,
    )
    return Done(body=body, photos=(sample,))


def _sample(command: ShutHatch, pages: Mapping[str, PhotoRef]) -> PhotoRef | None:
    if command.unsampled and not command.page:
        return None
    _need(command.page in pages, "sample-missing")
    return pages[command.page]


def _photos(sample: PhotoRef | None) -> tuple[PhotoRef, ...]:
    return () if sample is None else (sample,)


def _unsampled(command: ShutHatch, purpose: Purpose, present: bool, made: int) -> Unsampled | None:
    """The machine's count says whether there is an imprint, and the persons' where it has none."""
    if purpose not in _SAMPLED or not present:
        return None
    return "no-photo" if made or command.counted else "not-pressed"


def _need(holds: bool, reason: str) -> None:
    if not holds:
        raise CustodyRefusedError(reason, f"{reason}: expected another answer; ask again")
