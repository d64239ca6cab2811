"""The account of one device: each intent with its grants, its outcome and the presses it covers.

Presses are the plant's own count. One made between a grant and the entry that closed its intent
belongs to that intent; every other press is a stray, which only an incident can cover.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ledger.codec import Payload
from ledger.records import (
    CountStatement,
    HoldRelease,
    Incident,
    Intent,
    SealUse,
    Void,
)
from sim.judge import bus
from sim.judge.bus import Grant
from sim.judge.evidence import Evidence

CLOCKS_AGREE_MS = 500  # device and plant read different clocks of one computer


class Bounds(Struct, frozen=True, kw_only=True):
    """How many impressions an entry answers for; `said` names the entry for people."""

    least: int
    most: int
    said: str


class Covered(Struct, kw_only=True):
    """One intent and all that belongs to it."""

    entry: Payload
    intent: Intent
    grants: list[Grant]
    closings: list[Payload]
    presses: int = 0

    @property
    def where(self) -> str:
        """Where it stands in the log."""
        return f"intent {self.entry.position.seq}"

    def granted_at(self, at_ms: int) -> bool:
        """Tell whether a moment lies between its first grant and its outcome."""
        if not self.grants or at_ms < self.grants[0].at_ms:
            return False
        ends = [one.position.at_ms for one in self.closings]
        return not ends or at_ms <= min(ends) + CLOCKS_AGREE_MS


class Account(Struct, frozen=True, kw_only=True):
    """The intents of a log, and what belongs to none of them."""

    intents: list[Covered]
    ownerless: list[Grant]
    strays: list[int]
    loose: list[Payload]


def account(evidence: Evidence) -> Account:
    """Return the account of a device."""
    intents = [
        Covered(entry=entry, intent=entry.body, grants=[], closings=[])
        for entry in evidence.entries
        if isinstance(entry.body, Intent)
    ]
    loose = _close(evidence, intents)
    ownerless = [one for one in bus.grants(evidence.trace) if not _give(one, intents)]
    strays = []
    for event in evidence.trace:
        if event.kind == "press":
            owner = next((one for one in reversed(intents) if one.granted_at(event.at_ms)), None)
            if owner is None:
                strays.append(event.at_ms)
            else:
                owner.presses += 1
    return Account(intents=intents, ownerless=ownerless, strays=strays, loose=loose)


def bounds(entry: Payload, counted: dict[str, int]) -> Bounds | None:
    """Return what a closing entry answers for, None for an entry that is none.

    Args:
        counted: incident -> impressions that a person has counted.
    """
    said = f"{entry.body.kind} {entry.position.seq}"
    match entry.body:
        case SealUse():
            return Bounds(least=1, most=1, said=said)
        case Void():
            return Bounds(least=0, most=0, said=said)
        case Incident() as incident:
            number = counted.get(entry.sha256)
            if number is not None:
                return Bounds(least=number, most=number, said=f"{said}, counted")
            return Bounds(least=incident.impressions_min, most=incident.impressions_max, said=said)
    return None


def counted(evidence: Evidence) -> dict[str, int]:
    """Return what people have counted: incident -> impressions."""
    found = {}
    for entry in (*evidence.issued, *evidence.entries):
        match entry.body:
            case HoldRelease(hold=incident, impressions=number):
                found[incident] = number
            case CountStatement(incident=incident, impressions=number):
                found[incident] = number
    return found


def _close(evidence: Evidence, intents: list[Covered]) -> list[Payload]:
    """Give each outcome to its intent; return incidents and outcomes that belong to none."""
    by_hash = {one.entry.sha256: one for one in intents}
    loose = []
    for entry, intent in _outcomes(evidence):
        owner = by_hash.get(intent) if intent is not None else None
        if owner is None:
            loose.append(entry)
        else:
            owner.closings.append(entry)
    return loose


def _outcomes(evidence: Evidence) -> Iterator[tuple[Payload, str | None]]:
    for entry in evidence.entries:
        match entry.body:
            case SealUse(intent=intent) | Void(intent=intent) | Incident(intent=intent):
                yield entry, intent


def _give(grant: Grant, intents: list[Covered]) -> bool:
    """Give a grant to its intent: the one it names, else the newest written before it."""
    for one in reversed(intents):
        if grant.job:
            if one.entry.sha256.startswith(grant.job):
                one.grants.append(grant)
                return True
        elif one.entry.position.at_ms <= grant.at_ms + CLOCKS_AGREE_MS:
            one.grants.append(grant)
            return True
    return False
