"""Entries about impressions that an approver releases one by one, looking at the live photo."""

from __future__ import annotations

from typing import Literal

from ledger.records import Hash, Identifier, Milliseconds, PhotoRef, Positive, Record

Form = Literal["plain", "seam", "make-up"]


class ImpressionAsk(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The page lies there and was compared; an approver shall release impression n.

    Args:
        before: the live photo; only what it shows may be stamped.
        until_ms: the machine waits so long and then stops.
        form: an impression on a sheet, over the edges of a fanned pile, or for a faint one.
    """

    kind = "confirm-ask"
    authors = ("device",)
    permit: Identifier
    request: Hash
    n: Positive
    seal: Identifier
    before: PhotoRef
    operator: Identifier
    until_ms: Milliseconds
    form: Form = "plain"


class ImpressionConfirm(Record, frozen=True, kw_only=True):
    """An approver releases exactly one impression, or refuses it.

    Args:
        ask: hash of the entry that asks.
        photo: hash of the JPEG that the approver saw.
    """

    kind = "confirm"
    authors = ("gateway",)
    ask: Hash
    machine: Identifier
    permit: Identifier
    n: Positive
    photo: Hash
    decision: Literal["release", "refuse"]
    not_after_ms: Milliseconds
    by: Identifier


def form_of(*, seam: bool, makes_up: bool) -> Form:
    """Return which kind an impression is: of an intent with or without the flag `seam`.

    Args:
        makes_up: its request makes up for a faint use. Over the edges that is `seam` all the same.
    """
    return "seam" if seam else "make-up" if makes_up else "plain"


CONFIRM_ENTRY_RECORDS: tuple[type[Record], ...] = (ImpressionAsk, ImpressionConfirm)
