"""Reading from SQLite where seals are, and permits for the hatch."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.stores import projection_custody
from gateway.stores.custody import HatchView, SealStanding
from gateway.stores.sqlite_policies import PolicyQueries
from ledger.custody import Standing
from ledger.records_custody import Hatch

_HATCH = "SELECT idx, machine, released, withdrawn, opened, closed FROM hatches"


class CustodyQueries(PolicyQueries):
    """See `gateway.stores.custody.CustodyReader`."""

    def seal_standings(self) -> tuple[SealStanding, ...]:
        rows = self._tables.rows(
            "SELECT machine, seal, idx, standing FROM custody ORDER BY machine, seal"
        )
        return tuple(
            SealStanding(
                machine=machine,
                seal=seal,
                standing=msgspec.json.decode(standing, type=Standing),
                index=index,
            )
            for machine, seal, index, standing in rows
        )

    def seal_standing(self, machine: str, seal: str) -> Standing:
        return projection_custody.standing_of(self._tables, machine, seal)

    def hatches(self, limit: int = 200) -> tuple[HatchView, ...]:
        rows = self._tables.rows(f"{_HATCH} ORDER BY idx DESC LIMIT ?", limit)
        return tuple(self._hatch(row) for row in rows)

    def hatch(self, permit: str) -> HatchView | None:
        row = self._tables.row(f"{_HATCH} WHERE permit = ?", permit)
        return None if row is None else self._hatch(row)

    def _hatch(self, row: tuple[Any, ...]) -> HatchView:
        index, machine, released, withdrawn, opened, closed = row
        entry = self._entry(index)
        body = _body(entry.body)
        opening = self.opening(entry.sha256)
        values = None if opening is None else opening.values
        return HatchView(
            permit=body.permit,
            machine=machine,
            seal=body.seal,
            purpose=body.purpose,
            asked=entry.sha256,
            asked_index=index,
            asked_by=body.by,
            asked_ms=entry.received_ms,
            not_after_ms=body.not_after_ms or 0,
            reason=None if values is None else str(values.get("reason", "")),
            released_index=released,
            released_by=self._by(released),
            withdrawn_by=self._by(withdrawn),
            opened_index=opened,
            closed_index=closed,
        )

    def _by(self, index: int | None) -> str | None:
        return None if index is None else _body(self._entry(index).body).by


def _body(body: object) -> Hatch:
    assert isinstance(body, Hatch)
    return body
