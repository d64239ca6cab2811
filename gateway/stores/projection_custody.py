"""Projection of custody: where each seal is, and what became of each permit for the hatch."""

from __future__ import annotations

import msgspec

from gateway.stores.tables import Tables
from gateway.stores.views import StoredEntry
from ledger import custody
from ledger.custody import NEVER_TOUCHED, Standing
from ledger.records_custody import Handover, Hatch, SealState, Service, TakeOut

Keeping = Hatch | TakeOut | Handover | Service | SealState
_COLUMNS = {"permitted": "released", "withdrawn": "withdrawn", "opened": "opened"}


def apply(tables: Tables, entry: StoredEntry, body: Keeping) -> None:
    """Derive what follows from one entry about a seal's keeping."""
    if isinstance(body, Hatch):
        _hatch(tables, entry, body)
    for target in _named(body):
        tables.run(
            "INSERT OR IGNORE INTO refs (source, target, role) VALUES (?, ?, ?)",
            entry.index,
            target,
            entry.kind,
        )
    for role in ("sample",):
        photo = getattr(body, role, None)
        if photo is not None:
            _sample(tables, entry, photo)
    before = standing_of(tables, entry.machine, body.seal)
    now = custody.follow(before, body, entry.party, entry.sha256, entry.position.at_ms)
    tables.run(
        "INSERT OR REPLACE INTO custody (machine, seal, idx, standing) VALUES (?, ?, ?, ?)",
        entry.machine,
        body.seal,
        entry.index,
        msgspec.json.encode(now).decode(),
    )


def standing_of(tables: Tables, machine: str, seal: str) -> Standing:
    """Return where a seal is as far as entries have said."""
    found = tables.value(
        "SELECT standing FROM custody WHERE machine = ? AND seal = ?", machine, seal
    )
    return NEVER_TOUCHED if found is None else msgspec.json.decode(found, type=Standing)


def _hatch(tables: Tables, entry: StoredEntry, body: Hatch) -> None:
    """Only the machine opens and shuts; only the gateway asks, permits and withdraws."""
    by_device = body.step in ("opened", "closed")
    if by_device != (entry.party == "device"):
        return
    if body.step == "asked":
        tables.run(
            "INSERT OR IGNORE INTO hatches (permit, idx, machine) VALUES (?, ?, ?)",
            body.permit,
            entry.index,
            entry.machine,
        )
        return
    column = {**_COLUMNS, "closed": "closed"}[body.step]
    tables.run(
        f"UPDATE hatches SET {column} = ? WHERE permit = ? AND machine = ? AND {column} IS NULL",
        entry.index,
        body.permit,
        entry.machine,
    )


def _named(body: Keeping) -> tuple[str, ...]:
    found = (getattr(body, name, None) for name in ("asked", "hatch", "taken"))
    return tuple(one for one in found if one is not None)


def _sample(tables: Tables, entry: StoredEntry, photo: msgspec.Struct) -> None:
    tables.insert(
        "photo_refs",
        **msgspec.structs.asdict(photo),
        entry_sha256=entry.sha256,
        role="sample",
        n=1,
        machine=entry.machine,
        named_ms=entry.received_ms,
        named_connected_ms=entry.connected_ms,
    )
