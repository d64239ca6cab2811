"""Spending: which permit an entry spends from, and when; shared by several rules. Pure."""

from __future__ import annotations

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import StoredEntry
from ledger.records import Incident, Intent, SealUse


class Spending(Struct, frozen=True, kw_only=True):
    """An entry that made, or may have made, impressions under a permit.

    `n` is the impression's number, or None where an incident leaves it open.
    """

    permit: str
    machine: str
    seal: str
    matter: str | None
    n: int | None
    at_ms: int


def spending(entry: StoredEntry | None, history: History) -> Spending | None:
    """Return what an entry spends: a use, or an incident that may hide an impression."""
    if entry is None:
        return None
    body = entry.body
    if isinstance(body, SealUse):
        return Spending(
            permit=body.permit,
            machine=entry.machine,
            seal=body.seal,
            matter=body.matter,
            n=body.n,
            at_ms=entry.position.at_ms,
        )
    if not isinstance(body, Incident) or body.intent is None or body.impressions_max == 0:
        return None
    intent = history.entry(body.intent)
    if intent is None or not isinstance(intent.body, Intent):
        return None
    return Spending(
        permit=intent.body.permit,
        machine=entry.machine,
        seal=body.seal,
        matter=None,
        n=None,
        at_ms=intent.position.at_ms,
    )
