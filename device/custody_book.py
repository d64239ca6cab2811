"""Custody book: where this machine's seals are, and which hatch permits are good. In memory.

It follows from entries alone, the machine's own and those of the gateway (`ledger.custody`).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ledger import custody
from ledger.codec import Payload
from ledger.custody import NEVER_TOUCHED, Standing
from ledger.records_custody import Handover, Hatch, Purpose, SealState, Service, TakeOut
from ledger.records_seals import SealSample

Act = Handover | SealSample | Service | TakeOut


class Order(Struct, frozen=True, kw_only=True):
    """A hatch permit that is neither used nor withdrawn; `sha256` names its entry."""

    permit: str
    seal: str
    purpose: Purpose
    not_after_ms: int
    sha256: str


class CustodyBook:
    """Where each seal is; belongs to the journal's book."""

    def __init__(self) -> None:
        self._standings: dict[str, Standing] = {}
        self._orders: dict[str, Order] = {}
        self._ended: set[str] = set()
        self._acts: dict[str, bool] = {}  # by permit, whether the entry names an imprint's photo

    def standing(self, seal: str) -> Standing:
        """Return where a seal is."""
        return self._standings.get(seal, NEVER_TOUCHED)

    def order(self, permit: str) -> Order | None:
        """Return a hatch permit that was neither used nor withdrawn."""
        return None if permit in self._ended else self._orders.get(permit)

    def orders(self) -> Iterator[Order]:
        """Yield the hatch permits that were neither used nor withdrawn, newest last."""
        return (one for one in self._orders.values() if one.permit not in self._ended)

    def acted(self, permit: str) -> bool:
        """Return whether the entry that says what an opening was for is written already."""
        return permit in self._acts

    def sampled(self, permit: str) -> bool:
        """Return whether that entry names the photo of an imprint."""
        return self._acts.get(permit, False)

    def apply(self, entry: Payload) -> None:
        """Take over an entry of this device or of the gateway."""
        match entry.body:
            case Hatch(step="permitted") as hatch if entry.position.gateway is not None:
                self._permit(hatch, entry.sha256)
            case Hatch(step="withdrawn") as hatch if entry.position.gateway is not None:
                self._ended.add(hatch.permit)
            case Hatch(step="closed") as hatch if entry.position.device is not None:
                self._ended.add(hatch.permit)
            case Handover() | SealSample() | Service() | TakeOut() as act:
                sampled = getattr(act, "sample", None) is not None
                self._acts.setdefault(act.permit, sampled)
            case _:
                pass
        match entry.body:
            case Hatch(seal=seal) | TakeOut(seal=seal) | SealState(seal=seal):
                party, at_ms = entry.position.author[0], entry.position.at_ms
                now = custody.follow(self.standing(seal), entry.body, party, entry.sha256, at_ms)
                self._standings[seal] = now
            case _:
                pass

    def _permit(self, hatch: Hatch, sha256: str) -> None:
        if hatch.not_after_ms is None:
            return
        order = Order(
            permit=hatch.permit,
            seal=hatch.seal,
            purpose=hatch.purpose,
            not_after_ms=hatch.not_after_ms,
            sha256=sha256,
        )
        self._orders.setdefault(hatch.permit, order)
