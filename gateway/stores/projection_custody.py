"""Projection of custody: where each seal is, what became of each permit for the hatch, and what
answers what about how a seal looks."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gateway.stores.tables import Tables
from gateway.stores.views import StoredEntry
from ledger import custody
from ledger.custody import NEVER_TOUCHED, Standing
from ledger.records import PhotoRef
from ledger.records_custody import Handover, Hatch, SealState, Service, TakeOut
from ledger.records_seals import SampleCheck, SealRegistration, SealSample

Keeping = Hatch | TakeOut | Handover | Service | SealState | SealSample
_COLUMNS = {"permitted": "released", "withdrawn": "withdrawn", "opened": "opened"}


def apply(tables: Tables, entry: StoredEntry, body: Keeping) -> None:
    """Derive what follows from one entry about a seal's keeping."""
    if isinstance(body, Hatch):
        _hatch(tables, entry, body)
    _refer(tables, entry, (getattr(body, name, None) for name in ("asked", "hatch", "taken")))
    sample = getattr(body, "sample", None)
    if sample is not None:
        _name(tables, entry, "sample", sample)
    before = standing_of(tables, entry.machine, body.seal)
    now = custody.follow(before, body, entry.party, entry.sha256, entry.position.at_ms)
    tables.run(
        "INSERT OR REPLACE INTO custody (machine, seal, idx, standing) VALUES (?, ?, ?, ?)",
        entry.machine,
        body.seal,
        entry.index,
        msgspec.json.encode(now).decode(),
    )


def looks(tables: Tables, entry: StoredEntry, body: SealRegistration | SampleCheck) -> None:
    """Derive what follows from an entry about what a seal looks like."""
    if isinstance(body, SampleCheck):
        _refer(tables, entry, (body.sample, body.registration))
        return
    _refer(tables, entry, (body.asked, body.sample))
    if body.specimen is not None:
        _name(tables, entry, "specimen", body.specimen)


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


def _name(tables: Tables, entry: StoredEntry, role: str, photo: PhotoRef) -> None:
    """Note that an entry names a picture."""
    tables.insert(
        "photo_refs",
        **msgspec.structs.asdict(photo),
        entry_sha256=entry.sha256,
        role=role,
        n=1,
        machine=entry.machine,
        named_ms=entry.received_ms,
        named_connected_ms=entry.connected_ms,
    )


def _refer(tables: Tables, entry: StoredEntry, targets: Iterable[str | None]) -> None:
    for target in targets:
        if target is not None:
            tables.run(
                "INSERT OR IGNORE INTO refs (source, target, role) VALUES (?, ?, ?)",
                entry.index,
                target,
                entry.kind,
            )
