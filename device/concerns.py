"""Concerns: which entries of the gateway a device keeps, beside what waits for proof. Pure."""

from __future__ import annotations

from collections.abc import Container

from ledger.records import Approval, HoldRelease, Record, Refusal, Revocation
from ledger.records_confirms import ImpressionConfirm
from ledger.records_custody import Hatch, SealState


def concerns(body: Record, device: str, filed: Container[str]) -> bool:
    """Return whether an entry is about this device.

    Args:
        filed: the requests of this device.
    """
    match body:
        case (
            Revocation(machine=machine)
            | HoldRelease(machine=machine)
            | Hatch(machine=machine, step="withdrawn")
            | SealState(machine=machine)
            | ImpressionConfirm(machine=machine)
        ):
            return machine == device
        case Approval(request=about) | Refusal(about=str() as about):
            return about in filed
        case _:
            return False
