"""What people may order about the keeping of seals; see `gateway.commands`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gateway.commands_seals import SealOrder
from ledger.records_custody import Purpose


class AskHatch(Struct, frozen=True, kw_only=True):
    """Ask that a hatch may be opened once within so many days. Answer: the permit's id."""

    by: str
    machine: str
    seal: str
    purpose: Purpose
    days: int
    reason: str


class PermitHatch(Struct, frozen=True, kw_only=True):
    """Permit what another person asks for. Answer: the entry's index."""

    by: str
    permit: str


class WithdrawHatch(Struct, frozen=True, kw_only=True):
    """Take a permit or its asking back, at once. Answer: the entry's index."""

    by: str
    permit: str


class StateSeal(Struct, frozen=True, kw_only=True):
    """Say that a seal is lost, at once; or ask that it counts as found or void.

    Answer: the entry's hash, which another person confirms unless it is lost.
    """

    by: str
    machine: str
    seal: str
    state: Literal["lost", "found", "void"]
    reason: str


class ConfirmSeal(Struct, frozen=True, kw_only=True):
    """Confirm what another person's entry (its hash) asks for. Answer: the entry's index."""

    by: str
    asked: str


CustodyOrder = AskHatch | PermitHatch | WithdrawHatch | StateSeal | ConfirmSeal | SealOrder
