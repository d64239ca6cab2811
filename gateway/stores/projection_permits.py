"""Projection of permits: where each stands in the log, and which requests standing ones cover."""

from __future__ import annotations

from gateway.stores.tables import Tables
from gateway.stores.views import StoredEntry
from ledger.records import SealRequest
from ledger.records_people import Delegation
from ledger.records_permits import StandingPermit
from ledger.withdrawals import WITHDRAWN


def file(tables: Tables, entry: StoredEntry, request: SealRequest) -> None:
    """Note a request; one that a standing permit covers needs no decision."""
    standing = standing_of(tables, entry, request)
    tables.insert(
        "requests",
        request=entry.sha256,
        idx=entry.index,
        machine=entry.machine,
        filed_by=request.filed_by,
        decided="" if standing is None else "permitted",
        reason="",
        permit=standing,
    )


def issue(tables: Tables, entry: StoredEntry, permit: str, machine: str, not_after_ms: int) -> None:
    """Note a permit by the entry that says all of it."""
    tables.insert(
        "permits", permit=permit, idx=entry.index, machine=machine, not_after_ms=not_after_ms
    )


def standing_of(tables: Tables, entry: StoredEntry, request: SealRequest) -> str | None:
    """Return the standing permit that a request names, if there is one that covers it."""
    found: str | None = tables.value(
        "SELECT p.permit FROM permits p JOIN facets f USING (idx) WHERE p.permit = ?"
        " AND f.kind = ? AND f.machine = ? AND f.seal = ? AND f.matter = ?",
        request.permit or "",
        StandingPermit.kind,
        entry.machine,
        request.seal,
        request.matter,
    )
    return found


def end_standing(tables: Tables, entry: StoredEntry, request: str, reason: str) -> None:
    """Settle a request under a standing permit that the township refuses nevertheless."""
    tables.run(
        "UPDATE requests SET decided = 'refused', reason = ?"
        " WHERE request = ? AND machine = ? AND decided = 'permitted' AND permit IN"
        " (SELECT permit FROM facets WHERE kind = ?)",
        reason,
        request,
        entry.machine,
        StandingPermit.kind,
    )


def take_back(tables: Tables, entry: StoredEntry, request: str) -> None:
    """Settle a request that its machine takes back though it has a permit.

    One of which an impression was begun stays permitted: what is left of it ends with its permit.
    """
    tables.run(
        "UPDATE requests SET decided = 'refused', reason = ?"
        " WHERE request = ? AND machine = ? AND decided = 'permitted'"
        " AND NOT EXISTS (SELECT 1 FROM refs WHERE target = requests.request AND role = 'intent')"
        " AND (permit IN (SELECT permit FROM facets WHERE kind = ?)"
        " OR NOT EXISTS (SELECT 1 FROM intents i WHERE i.permit = requests.permit))",
        WITHDRAWN,
        request,
        entry.machine,
        StandingPermit.kind,
    )


def delegate(tables: Tables, entry: StoredEntry, delegation: Delegation) -> bool:
    """Note that somebody stands in for another; True if it ends an earlier delegation."""
    if delegation.ends is None:
        tables.insert(
            "delegations",
            delegation=entry.sha256,
            idx=entry.index,
            until_ms=delegation.until_ms,
        )
        return False
    tables.run(
        "UPDATE delegations SET ended = ? WHERE delegation = ? AND ended IS NULL",
        entry.index,
        delegation.ends,
    )
    return True
