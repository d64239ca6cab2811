"""Reading from SQLite what went wrong and what is done about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from gateway.stores.alerts import About
from gateway.stores.audit_reader import Dropped
from gateway.stores.sqlite_entries import related
from gateway.stores.sqlite_machines import gap_of, names
from gateway.stores.sqlite_retention import RetentionQueries
from gateway.stores.views import (
    AlertView,
    CaseStepView,
    CaseView,
    EntryDetail,
    Finding,
    Gap,
    HoldView,
    Trouble,
)
from ledger.records import AlertRecord, CaseStep, HoldRelease, Incident

_ALERT = (
    "SELECT a.alert, a.idx, a.entry, e.idx, c.case_id FROM alerts a"
    " LEFT JOIN entries e ON e.sha256 = a.entry LEFT JOIN cases c ON c.alert = a.alert"
)
_TROUBLE = (
    "SELECT number, code, machine, topic, sha256, size, data IS NOT NULL, detail, received_ms"
    " FROM quarantine"
)


class AuditQueries(RetentionQueries):
    """See `gateway.stores.AuditReader`."""

    def detail(self, key: int | str) -> EntryDetail | None:
        entry = self.entry(key)
        if entry is None:
            return None
        return EntryDetail(
            entry=entry,
            opening=self.opening(entry.sha256),
            photos=self.photos(entry.sha256),
            related=related(self._tables, entry),
            alerts=self.alerts_about((entry.sha256,)).get(entry.sha256, ()),
        )

    def alerts_about(self, entries: Iterable[str]) -> dict[str, tuple[AlertView, ...]]:
        rows = self._tables.rows(
            f"{_ALERT} WHERE a.entry IN (SELECT value FROM json_each(?)) ORDER BY a.idx",
            names(sorted(entries)),
        )
        found: dict[str, tuple[AlertView, ...]] = {}
        for one in self._alerts(rows):
            found[one.entry or ""] = (*found.get(one.entry or "", ()), one)
        return found

    def holds(self, open_only: bool = True) -> tuple[HoldView, ...]:
        rows = self._tables.rows(
            "SELECT hold, idx, release FROM holds WHERE release IS NULL OR NOT ? ORDER BY idx DESC",
            open_only,
        )
        return tuple(self._hold(row) for row in rows)

    def hold(self, hold: str) -> HoldView | None:
        row = self._tables.row("SELECT hold, idx, release FROM holds WHERE hold = ?", hold)
        return None if row is None else self._hold(row)

    def alert(self, alert: str) -> AlertView | None:
        rows = self._tables.rows(f"{_ALERT} WHERE a.alert = ?", alert)
        return self._alerts(rows)[0] if rows else None

    def alert_keyed(self, key: str) -> AlertView | None:
        rows = self._tables.rows(f"{_ALERT} WHERE a.key = ?", key)
        return self._alerts(rows)[0] if rows else None

    def alerts(
        self,
        severity: str | None = None,
        machine: str | None = None,
        without_case: bool = False,
        before: int | None = None,
        limit: int = 50,
    ) -> tuple[AlertView, ...]:
        conditions: list[str] = ["1"]
        values: list[object] = []
        for condition, value in (
            ("a.severity = ?", severity),
            ("a.machine = ?", machine),
            ("a.idx < ?", before),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        if without_case:
            conditions.append("c.case_id IS NULL")
        rows = self._tables.rows(
            f"{_ALERT} WHERE {' AND '.join(conditions)} ORDER BY a.idx DESC LIMIT ?",
            *values,
            limit,
        )
        return self._alerts(rows)

    def case(self, case: str) -> CaseView | None:
        row = self._tables.row("SELECT case_id, alert, idx FROM cases WHERE case_id = ?", case)
        return None if row is None else self._case(row)

    def cases(self) -> tuple[CaseView, ...]:
        rows = self._tables.rows("SELECT case_id, alert, idx FROM cases ORDER BY idx DESC")
        return tuple(self._case(row) for row in rows)

    def gaps(self) -> tuple[Gap, ...]:
        rows = self._tables.rows(
            "SELECT machine, epoch, head_seq, seen_seq, since_ms FROM gaps ORDER BY since_ms"
        )
        return tuple(gap_of(row) for row in rows)

    def troubles(self, before: int | None = None, limit: int = 50) -> tuple[Trouble, ...]:
        rows = self._tables.rows(
            f"{_TROUBLE} WHERE ? IS NULL OR number < ? ORDER BY number DESC LIMIT ?",
            before,
            before,
            limit,
        )
        return tuple(_trouble(row) for row in rows)

    def trouble_bytes(self, number: int) -> bytes | None:
        found: bytes | None = self._tables.value(
            "SELECT data FROM quarantine WHERE number = ?", number
        )
        return found

    def dropped(self) -> tuple[Dropped, ...]:
        rows = self._tables.rows("SELECT machine, count, last_ms FROM dropped ORDER BY 1")
        return tuple(Dropped(machine=row[0], count=row[1], last_ms=row[2]) for row in rows)

    def _hold(self, row: tuple[Any, ...]) -> HoldView:
        hold, index, release = row
        entry = self._entry(index)
        body = entry.body
        assert isinstance(body, Incident)
        released = None if release is None else self._entry(release)
        answer = None if released is None else released.body
        assert answer is None or isinstance(answer, HoldRelease)
        return HoldView(
            hold=hold,
            index=index,
            machine=entry.machine,
            seal=body.seal,
            code=body.code,
            impressions_min=body.impressions_min,
            impressions_max=body.impressions_max,
            since_ms=entry.position.at_ms,
            released_index=release,
            released_by=None if answer is None else answer.by,
            released_ms=None if released is None else released.position.at_ms,
            counted=None if answer is None else answer.impressions,
        )

    def _alerts(self, rows: list[tuple[Any, ...]]) -> tuple[AlertView, ...]:
        """Return the alerts of these rows, in their order."""
        entries = self.entries_at(row[1] for row in rows)
        openings = self.openings(entry.sha256 for entry in entries.values())
        found = []
        for alert, index, about, about_index, case in rows:
            entry = entries[index]
            body = entry.body
            assert isinstance(body, AlertRecord)
            opening = openings.get(entry.sha256)
            values = None if opening is None or opening.values is None else opening.values
            meant = _meant(body, values)
            found.append(
                AlertView(
                    alert=alert,
                    index=index,
                    code=meant.rule,
                    severity=meant.severity,
                    machine=meant.machine or "",
                    entry=about,
                    entry_index=about_index,
                    raised_ms=entry.position.at_ms,
                    finding=None if values is None else msgspec.convert(values["finding"], Finding),
                    case=case,
                )
            )
        return tuple(found)

    def _case(self, row: tuple[Any, ...]) -> CaseView:
        case, alert, _ = row
        steps = [
            self._entry(index)
            for (index,) in self._tables.rows(
                "SELECT idx FROM case_steps WHERE case_id = ? ORDER BY idx", case
            )
        ]
        views = []
        assigned_to = None
        for entry in steps:
            body = entry.body
            assert isinstance(body, CaseStep)
            opening = self.opening(entry.sha256)
            values = {} if opening is None or opening.values is None else opening.values
            text = values.get("text")
            if body.step == "assigned":
                assigned_to = text
            views.append(
                CaseStepView(
                    step=body.step,
                    by=body.by or values.get("by", ""),
                    at_ms=entry.position.at_ms,
                    text=text,
                    index=entry.index,
                )
            )
        return CaseView(
            case=case,
            alert=alert,
            opened_ms=views[0].at_ms,
            opened_by=views[0].by,
            assigned_to=assigned_to,
            steps=tuple(views),
        )


def _meant(body: AlertRecord, values: dict[str, Any] | None) -> About:
    """Return what an alert is about; one whose opening was lost is red and says just that."""
    if values is not None and "about" in values:
        return msgspec.convert(values["about"], About)
    return About(
        rule=body.rule or "opening-missing",
        severity=body.severity or "red",
        entry=body.entry,
        machine=body.machine,
        key="",
    )


def _trouble(row: tuple[Any, ...]) -> Trouble:
    number, code, machine, topic, sha256, size, kept, detail, received_ms = row
    return Trouble(
        number=number,
        code=code,
        machine=machine,
        topic=topic,
        sha256=sha256,
        size=size,
        kept=bool(kept),
        detail=detail,
        received_ms=received_ms,
    )
