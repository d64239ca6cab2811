"""Entries about a seal's keeping: hatch, take-out, handover, service, loss and voiding.

A hatch is opened by a permit of its own: one township person asks, another one releases it, and
two persons at the machine carry it out, with one entry before the hatch is freed and one after
it is shut. What the opening was for is said by the entry of its kind that stands before the
closing one. `ledger.custody` says what follows from them for a seal.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger.records import Count, Hash, Identifier, Milliseconds, PhotoRef, Record

Purpose = Literal["seal-in", "seal-out", "service", "takeout", "return", "handover", "sample"]
Work = Literal["ink", "cleaning", "repair", "inspection"]
Check = Literal["sound", "damaged"]
Unsampled = Literal["not-pressed", "no-photo"]


class Hatch(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An opening of the hatch is asked for, permitted, withdrawn, begun or over.

    Args:
        step: `asked`, `permitted`, `withdrawn` by the gateway; `opened` before the pulse that
            frees the hatch, and `closed`, by the machine.
        permit: names the opening in all its steps; it serves once.
        machine: given by the gateway.
        by: the account that asks, releases, withdraws or acts.
        second: the other person at the machine.
        asked: hash of the step that a release or withdrawal answers.
        not_after_ms: the permit's end, UTC.
        present: the seal was in its holder when the hatch was shut.
        strokes_before, strokes_after: the machine's counter at opening and closing.
        counted: impressions that the two persons say were made meanwhile.
        proof: by what the machine knows its own count; `none`: it was off meanwhile.
        unsampled: of a closing that is for an imprint and has no photo of one: nothing was
            pressed, or what was pressed could not be photographed.
    """

    kind = "hatch"
    authors = ("device", "gateway")
    step: Literal["asked", "permitted", "withdrawn", "opened", "closed"]
    permit: Identifier
    seal: Identifier
    purpose: Purpose
    by: Identifier
    machine: Identifier | None = None
    second: Identifier | None = None
    asked: Hash | None = None
    not_after_ms: Milliseconds | None = None
    reason_commitment: Hash | None = None
    present: bool | None = None
    strokes_before: Count | None = None
    strokes_after: Count | None = None
    counted: Count | None = None
    proof: Literal["counter", "edges", "none"] | None = None
    unsampled: Unsampled | None = None


class TakeOut(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A seal leaves the machine for a time, or is back; `until_ms` is when it must be back.

    Args:
        hatch: hash of the entry that opened the hatch.
        taken: of the return: hash of the entry by which it went out.
        holder_commitment, place_commitment: who has it, and where.
        check: of the return: what the two persons found; `sample` is its imprint on paper, None
            if there is no photo of one (`Hatch.unsampled` says why).
    """

    kind = "takeout"
    authors = ("device",)
    step: Literal["out", "returned"]
    permit: Identifier
    seal: Identifier
    hatch: Hash
    by: Identifier
    second: Identifier
    from_ms: Milliseconds | None = None
    until_ms: Milliseconds | None = None
    taken: Hash | None = None
    holder_commitment: Hash | None = None
    place_commitment: Hash | None = None
    check: Check | None = None
    sample: PhotoRef | None = None


class Handover(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The keeper changes: giver, receiver and witness stood there; `sample` is the imprint.

    Without one `Hatch.unsampled` says why.
    """

    kind = "handover"
    authors = ("device",)
    permit: Identifier
    seal: Identifier
    hatch: Hash
    giver: Identifier
    receiver: Identifier
    witness: Identifier
    sample: PhotoRef | None = None


class Service(Record, frozen=True, kw_only=True):
    """What a technician did behind the opened hatch, with a second person beside him."""

    kind = "service"
    authors = ("device",)
    permit: Identifier
    seal: Identifier
    hatch: Hash
    technician: Identifier
    second: Identifier
    works: Annotated[tuple[Work, ...], Meta(min_length=1, max_length=4)]


class SealState(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A seal is lost, found again or void.

    `lost` takes one person and holds at once. `found` and `void` take two: without `second` the
    entry only asks, and the one that confirms names it as `asked`. Void is for ever.
    """

    kind = "seal-state"
    authors = ("device", "gateway")
    seal: Identifier
    state: Literal["lost", "found", "void"]
    by: Identifier
    machine: Identifier | None = None
    second: Identifier | None = None
    asked: Hash | None = None
    reason_commitment: Hash | None = None


CUSTODY_ENTRY_RECORDS: tuple[type[Record], ...] = (Hatch, TakeOut, Handover, Service, SealState)
CUSTODY_KINDS: tuple[str, ...] = tuple(record.kind for record in CUSTODY_ENTRY_RECORDS)
