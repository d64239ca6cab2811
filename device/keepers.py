"""Keepers: who the persons at an opened hatch are, and whether one of them may open it. Pure.

A people list of the township says persons and offices. The file of the configuration does not:
then only accounts are compared, and the gateway raises an alert where two are one person.
"""

from __future__ import annotations

from msgspec import Struct

from device.kiosk.port import Person
from ledger.records_custody import Purpose

KEEPER = frozenset({"keeper"})
TECHNICIAN = frozenset({"technician"})
_WANTED: dict[Purpose, frozenset[str]] = {"service": KEEPER | TECHNICIAN}


class Held(Struct, frozen=True):
    """Whose an account is, and its offices; None: nobody has said."""

    person: str
    offices: tuple[str, ...] | None


def held(one: Person) -> Held:
    """Return what is known of somebody who may sign in."""
    return Held(one.person or one.account, one.offices)


def only_services(offices: tuple[str, ...] | None) -> bool:
    """Return whether somebody is here for the machine alone, and neither applies nor stamps."""
    return offices is not None and frozenset(offices) == TECHNICIAN


def wanted(purpose: Purpose, first: Held) -> bool:
    """Return whether the second person must be one who keeps the seal, since the first is not."""
    return first.offices is not None and _offices(purpose).isdisjoint(first.offices)


def objection(purpose: Purpose, first: Held, second: Held) -> str:
    """Return why these two may not open a hatch, "" if they may.

    `second-same`: they are one person. `keeper-missing`: neither keeps the seal; at a service a
    technician will do.
    """
    if first.person == second.person:
        return "second-same"
    if first.offices is None or second.offices is None:
        return ""
    there = {*first.offices, *second.offices}
    return "keeper-missing" if _offices(purpose).isdisjoint(there) else ""


def _offices(purpose: Purpose) -> frozenset[str]:
    return _WANTED.get(purpose, KEEPER)
