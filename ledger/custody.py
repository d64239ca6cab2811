"""Custody: where a seal is, as its entries say; the device and the gateway follow alike. Pure.

A seal is `in` its machine unless entries say otherwise. While a hatch is open, and in every state
but `in`, nothing is stamped with it.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, structs

from ledger.records import Party, Record
from ledger.records_custody import Hatch, Purpose, SealState, TakeOut

Place = Literal["in", "out", "removed", "lost", "void"]

# For which openings a seal must be where.
_FITS: dict[Purpose, tuple[Place, ...]] = {
    "seal-in": ("removed",),
    "seal-out": ("in", "void"),
    "service": ("in", "removed", "void"),
    "takeout": ("in",),
    "return": ("out",),
    "handover": ("in",),
    "sample": ("in",),
}
# Where a seal is that is not in its holder when the hatch is shut; `removed` after other openings.
_AFTER: dict[Purpose, Place] = {"takeout": "out"}


class Standing(Struct, frozen=True, kw_only=True):
    """Where one seal is.

    Args:
        opened: the hatch is open under this permit: hash of the entry that says so, or "".
        permit, purpose: of the open hatch.
        strokes: the counter as the hatch was opened.
        since_ms: when this state began, by the clock of its entry's author.
        taken: hash of the entry by which it was taken out, or "".
        until_ms: when it must be back, or None.
    """

    place: Place = "in"
    opened: str = ""
    permit: str = ""
    purpose: Purpose | None = None
    strokes: int = 0
    since_ms: int = 0
    taken: str = ""
    until_ms: int | None = None

    @property
    def trouble(self) -> str:
        """Return why nothing may be stamped with it, as a stable word, or ""."""
        if self.opened:
            return "seal-handled"
        return "" if self.place == "in" else f"seal-{self.place}"


NEVER_TOUCHED = Standing()


def fits(standing: Standing, purpose: Purpose) -> bool:
    """Return whether the hatch may be opened for this while the seal is where it is."""
    return not standing.opened and standing.place in _FITS[purpose]


def follow(standing: Standing, body: Record, party: Party, sha256: str, at_ms: int) -> Standing:
    """Return where the seal is after one entry about it.

    Entries of other kinds change nothing, nor does what its author may not say: only a machine
    opens and shuts its hatch, and only the gateway says that a lost seal is found or void.

    Args:
        party: who signed the entry.
        sha256: of the entry; `at_ms`: its author's time.
    """
    if _said_by(body) not in (party, "both"):
        return standing
    match body:
        case Hatch(step="opened"):
            return structs.replace(
                standing,
                opened=sha256,
                permit=body.permit,
                purpose=body.purpose,
                strokes=_counter(standing, body),
                since_ms=at_ms,
            )
        case Hatch(step="closed"):
            return _shut(standing, body, at_ms)
        case TakeOut(step="out", until_ms=until_ms):
            return structs.replace(standing, taken=sha256, until_ms=until_ms)
        case SealState():
            return _stated(standing, body, at_ms)
        case _:
            return standing


def _stated(standing: Standing, body: SealState, at_ms: int) -> Standing:
    """Loss holds at once; `found` and `void` only with the second person. Void is the end."""
    agreed = body.second is not None
    holds = {
        "lost": standing.place != "void",
        "found": agreed and standing.place == "lost",
        "void": agreed,
    }[body.state]
    if not holds:
        return standing
    places: dict[str, Place] = {"lost": "lost", "found": "removed", "void": "void"}
    return structs.replace(
        standing, place=places[body.state], since_ms=at_ms, taken="", until_ms=None
    )


def _said_by(body: Record) -> Literal["device", "gateway", "both"]:
    match body:
        case SealState(state="lost"):
            return "both"
        case SealState() | Hatch(step="asked" | "permitted" | "withdrawn"):
            return "gateway"
        case _:
            return "device"


def _counter(standing: Standing, body: Hatch) -> int:
    """The counter at the first opening counts: a hatch can be freed again before it is shut."""
    if standing.opened and standing.permit == body.permit:
        return standing.strokes
    return body.strokes_before or 0


def _shut(standing: Standing, body: Hatch, at_ms: int) -> Standing:
    """What was meant counts for little: a seal that is there is in, one that is not is not."""
    shut = structs.replace(standing, opened="", permit="", purpose=None, strokes=0)
    if standing.place in ("lost", "void"):
        return shut
    if body.present:
        return structs.replace(shut, place="in", since_ms=at_ms, taken="", until_ms=None)
    if standing.place == "out":
        return shut
    place = _AFTER.get(body.purpose, "removed")
    return structs.replace(shut, place=place, since_ms=at_ms)
