"""Reading from SQLite what went wrong and what is done about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from gateway.stores.alerts import ANSWER_ROLE, About
from gateway.stores.answered import AnswerView, AnswerWord, Outcome
from gateway.stores.audit_reader import Dropped
from gateway.stores.sqlite_entries import opened_values, related
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
        without_answer: bool = False,
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
        if without_answer:
            conditions.append(
                "NOT EXISTS (SELECT 1 FROM refs r JOIN entries own ON own.sha256 = r.target"
                f" WHERE own.idx = a.idx AND r.role = '{ANSWER_ROLE}')"
            )
        rows = self._tables.rows(
            f"{_ALERT} WHERE {' AND '.join(conditions)} ORDER BY a.idx DESC LIMIT ?",
            *values,
            limit,
        )
        return self._alerts(rows)

    def outcomes(self, from_ms: int, to_ms: int) -> tuple[Outcome, ...]:
        rows = self._tables.rows(
            "SELECT a.idx, o.data, (SELECT max(r.source) FROM refs r"
            f" WHERE r.target = e.sha256 AND r.role = '{ANSWER_ROLE}') AS said"
            " FROM alerts a JOIN entries e USING (idx)"
            " LEFT JOIN openings o ON o.payload_sha256 = e.sha256"
            " WHERE e.received_ms >= ? AND e.received_ms < ? ORDER BY a.idx",
            from_ms,
            to_ms,
        )
        answers = dict(
            self._tables.rows(
                "SELECT e.idx, o.data FROM entries e JOIN openings o ON o.payload_sha256 = e.sha256"
                " WHERE e.idx IN (SELECT value FROM json_each(?))",
                names([said for _, _, said in rows if said is not None]),
            )
        )
        return tuple(
            Outcome(rule=self._rule(index, about), answer=_answer(said, answers.get(said)))
            for index, about, said in rows
        )

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
        answers = self._answers([entry.sha256 for entry in entries.values()])
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
                    answers=answers.get(entry.sha256, ()),
                )
            )
        return tuple(found)

    def _rule(self, index: int, about: bytes | None) -> str | None:
        """Return the rule of an alert, from the opening of its entry."""
        values = {} if about is None else opened_values(about)
        if "about" in values:
            found: str = values["about"]["rule"]
            return found
        return getattr(self._entry(index).body, "rule", None)  # from before it was withheld

    def _answers(self, alerts: Iterable[str]) -> dict[str, tuple[AnswerView, ...]]:
        """Return what was said about the alerts of these entries, by payload hash."""
        rows = self._tables.rows(
            f"SELECT r.target, r.source FROM refs r WHERE r.role = '{ANSWER_ROLE}'"
            " AND r.target IN (SELECT value FROM json_each(?)) ORDER BY r.source",
            names(sorted(alerts)),
        )
        entries = self.entries_at(index for _, index in rows)
        openings = self.openings(entry.sha256 for entry in entries.values())
        found: dict[str, tuple[AnswerView, ...]] = {}
        for target, index in rows:
            entry = entries[index]
            opening = openings.get(entry.sha256)
            values = {} if opening is None or opening.values is None else opening.values
            one = AnswerView(
                answer=values.get("answer"),
                by=values.get("by", ""),
                at_ms=entry.position.at_ms,
                text=values.get("text"),
                index=index,
            )
            found[target] = (*found.get(target, ()), one)
        return found

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


def _answer(said: int | None, data: bytes | None) -> AnswerWord | Literal["erased"] | None:
    """Return what the entry `said` answers, from its opening."""
    if said is None:
        return None
    if data is None:
        return "erased"
    found: AnswerWord = opened_values(data)["answer"]
    return found


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
