"""What the clerk's screen shows and asks about the keeping of seals: hatch, take-out, loss."""

from __future__ import annotations

from msgspec import Struct

from ledger.custody import Place
from ledger.records_custody import Check, Purpose, Work


class OrderView(Struct, frozen=True, kw_only=True):
    """A hatch permit that can be used now, or (`fits` false) not while the seal is there."""

    permit: str
    purpose: Purpose
    not_after_ms: int
    fits: bool


class SealView(Struct, frozen=True, kw_only=True):
    """One seal of this machine.

    Args:
        trouble: why nothing may be stamped with it, as a stable word, or "".
        permit, purpose: of the hatch opening in hand, or "" and None.
        shut: the hatch is shut; `present`: the seal is in its holder.
        until_ms: when a seal that is out must be back.
        made: impressions that the machine has counted since the hatch was opened.
    """

    seal: str
    name: str
    place: Place
    trouble: str
    permit: str
    purpose: Purpose | None
    since_ms: int
    until_ms: int | None
    shut: bool
    present: bool
    made: int
    orders: tuple[OrderView, ...]


class OpenHatch(Struct, frozen=True, kw_only=True):
    """Free the hatch under a permit, two persons standing there. Answer: None.

    While it is open under the same permit it is freed again. Raises CustodyRefusedError.
    """

    by: str
    second: str
    permit: str


class ShutHatch(Struct, frozen=True, kw_only=True):
    """The hatch is shut; write down what was done. Answer: None.

    Args:
        counted: impressions that the two persons say were made meanwhile.
        holder, place, days: of a take-out.
        check: of a return; `page`: the photo of the imprint's sheet (also of a handover);
            `unsampled`: the persons say that there is none, and the entry says so.
        works: of a service; `witness`: of a handover.
    """

    by: str
    second: str
    permit: str
    counted: int
    holder: str = ""
    place: str = ""
    days: int = 0
    check: Check | None = None
    works: tuple[Work, ...] = ()
    witness: str = ""
    page: str = ""
    unsampled: bool = False


class ReportLost(Struct, frozen=True, kw_only=True):
    """A seal is gone; nothing is stamped with it from now on. Answer: None."""

    by: str
    seal: str


CustodyCommand = OpenHatch | ShutHatch | ReportLost
