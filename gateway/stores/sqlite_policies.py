"""Reading approval policies, delegations and requests by time from SQLite."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.stores.policies import DelegationView, PaymentView, PolicyView
from gateway.stores.sqlite_desk import DeskQueries
from gateway.stores.sqlite_entries import opened_values
from gateway.stores.views import RequestView, StoredEntry
from ledger.records_people import Delegation, PolicyRelease


class PolicyQueries(DeskQueries):
    """See `gateway.stores.policies.PolicyReader`."""

    def approval_policies(self) -> tuple[PolicyView, ...]:
        drafts: dict[int, StoredEntry] = {}
        releases: dict[int, StoredEntry] = {}
        rows = self._tables.rows(
            "SELECT idx FROM facets WHERE kind = ? ORDER BY idx", PolicyRelease.kind
        )
        for (index,) in rows:
            entry = self._entry(index)
            body = _release_of(entry)
            (drafts if body.released_by is None else releases)[body.version] = entry
        return tuple(
            _policy(drafts[version], releases.get(version))
            for version in sorted(drafts, reverse=True)
        )

    def policy_content(self, file_sha256: str) -> bytes | None:
        found: bytes | None = self._tables.value(
            "SELECT content FROM policy_files WHERE file_sha256 = ?", file_sha256
        )
        return found

    def policy_file(self, file_sha256: str) -> bytes | None:
        found: bytes | None = self._tables.value(
            "SELECT file FROM policy_files WHERE file_sha256 = ?", file_sha256
        )
        return found

    def delegations(self, after_ms: int) -> tuple[DelegationView, ...]:
        rows = self._tables.rows(
            "SELECT idx, ended FROM delegations WHERE until_ms > ? ORDER BY idx DESC", after_ms
        )
        return tuple(self._delegation(row) for row in rows)

    def delegation(self, delegation: str) -> DelegationView | None:
        row = self._tables.row(
            "SELECT idx, ended FROM delegations WHERE delegation = ?", delegation
        )
        return None if row is None else self._delegation(row)

    def payments_between(
        self, machines: tuple[str, ...], from_ms: int, to_ms: int
    ) -> tuple[PaymentView, ...]:
        rows = self._tables.rows(
            "SELECT r.request, f.matter, f.received_ms, o.data FROM facets f"
            " JOIN requests r USING (idx) LEFT JOIN openings o ON o.payload_sha256 = r.request"
            " WHERE f.machine IN (SELECT value FROM json_each(?)) AND f.kind = 'request'"
            " AND f.received_ms BETWEEN ? AND ? AND r.decided != 'refused' ORDER BY f.idx",
            msgspec.json.encode(machines).decode(),
            from_ms,
            to_ms,
        )
        return tuple(
            PaymentView(
                request=request,
                matter=matter,
                filed_ms=filed_ms,
                values=None if data is None else opened_values(data),
            )
            for request, matter, filed_ms, data in rows
        )

    def undecided_before(self, before_ms: int, limit: int) -> tuple[str, ...]:
        rows = self._tables.rows(
            "SELECT r.request FROM requests r JOIN facets f USING (idx)"
            " WHERE r.decided = '' AND f.received_ms < ? ORDER BY r.idx LIMIT ?",
            before_ms,
            limit,
        )
        return tuple(request for (request,) in rows)

    def filed_by(self, accounts: tuple[str, ...], limit: int) -> tuple[RequestView, ...]:
        found = self._requests(
            "r.filed_by IN (SELECT value FROM json_each(?)) ORDER BY r.idx DESC LIMIT ?",
            msgspec.json.encode(accounts).decode(),
            limit,
        )
        return tuple(found)

    def _requests(self, condition: str, *values: object) -> list[RequestView]:
        rows = self._tables.rows(
            "SELECT r.request, r.idx, r.decided, r.reason, r.permit FROM requests r"
            f" JOIN facets f USING (idx) WHERE {condition}",
            *values,
        )
        return [self._request(row) for row in rows]

    def _delegation(self, row: tuple[Any, ...]) -> DelegationView:
        index, ended = row
        entry = self._entry(index)
        end = None if ended is None else self._entry(ended)
        body = _delegation_of(entry)
        return DelegationView(
            delegation=entry.sha256,
            index=index,
            absent=body.absent,
            substitute=body.substitute,
            offices=body.offices,
            from_ms=body.from_ms,
            until_ms=body.until_ms,
            by=body.by,
            ended_by=None if end is None else _delegation_of(end).by,
            ended_ms=None if end is None else end.received_ms,
        )


def _policy(draft: StoredEntry, release: StoredEntry | None) -> PolicyView:
    body = _release_of(draft)
    return PolicyView(
        version=body.version,
        from_date=body.from_date,
        file_sha256=body.file_sha256,
        by=body.by,
        index=draft.index,
        sha256=draft.sha256,
        drafted_ms=draft.received_ms,
        released_index=None if release is None else release.index,
        released_by=None if release is None else _release_of(release).released_by,
        released_ms=None if release is None else release.received_ms,
    )


def _release_of(entry: StoredEntry) -> PolicyRelease:
    assert isinstance(entry.body, PolicyRelease)
    return entry.body


def _delegation_of(entry: StoredEntry) -> Delegation:
    assert isinstance(entry.body, Delegation)
    return entry.body
