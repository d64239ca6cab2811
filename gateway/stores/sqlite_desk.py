"""Reading the desk from SQLite: requests, permits, lists and accounts."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.stores.sqlite_machines import MachineQueries, words
from gateway.stores.views import (
    Account,
    ApprovalView,
    ListView,
    PermitView,
    RequestState,
    RequestView,
    StoredEntry,
)
from ledger.matters import Matter, MatterList, normalise, resolve
from ledger.records import (
    Approval,
    ListRelease,
    Permit,
    Revocation,
    SealRequest,
)
from ledger.records_permits import EmergencyPermit, StandingPermit

_OPENED = "EXISTS (SELECT 1 FROM openings o WHERE o.payload_sha256 = r.request)"
_STATES = {
    None: "1",
    "filed": f"r.decided = '' AND NOT {_OPENED}",
    "open": f"r.decided = '' AND {_OPENED}",
    "refused": "r.decided = 'refused'",
    "permitted": "r.decided = 'permitted'",
}
_REQUEST = "SELECT r.request, r.idx, r.decided, r.reason, r.permit FROM requests r"


class DeskQueries(MachineQueries):
    """See `gateway.stores.DeskReader`."""

    def request(self, request: str) -> RequestView | None:
        row = self._tables.row(f"{_REQUEST} WHERE r.request = ?", request)
        return None if row is None else self._request(row)

    def requests(
        self,
        state: RequestState | None = None,
        before: int | None = None,
        limit: int = 50,
        machines: tuple[str, ...] | None = None,
    ) -> tuple[RequestView, ...]:
        only = None if machines is None else msgspec.json.encode(machines).decode()
        rows = self._tables.rows(
            f"{_REQUEST} WHERE {_STATES[state]} AND (? IS NULL OR r.idx < ?)"
            " AND (? IS NULL OR r.machine IN (SELECT value FROM json_each(?)))"
            " ORDER BY r.idx DESC LIMIT ?",
            before,
            before,
            only,
            only,
            limit,
        )
        return tuple(self._request(row) for row in rows)

    def permit(self, permit: str) -> PermitView | None:
        row = self._tables.row(
            "SELECT permit, idx, revocation FROM permits WHERE permit = ?", permit
        )
        return None if row is None else self._permit(row)

    def permits(
        self, machine: str | None = None, before: int | None = None, limit: int = 50
    ) -> tuple[PermitView, ...]:
        rows = self._tables.rows(
            "SELECT permit, idx, revocation FROM permits"
            " WHERE (? IS NULL OR machine = ?) AND (? IS NULL OR idx < ?)"
            " ORDER BY idx DESC LIMIT ?",
            machine,
            machine,
            before,
            before,
            limit,
        )
        return tuple(self._permit(row) for row in rows)

    def lists(self) -> tuple[ListView, ...]:
        found = []
        for version, index in self._tables.rows(
            "SELECT version, idx FROM releases ORDER BY version DESC"
        ):
            entry = self._entry(index)
            body = entry.body
            assert isinstance(body, ListRelease)
            content = self.matter_list(version)
            found.append(
                ListView(
                    version=version,
                    layer=body.layer,
                    place=body.place,
                    from_date=body.from_date,
                    file_sha256=body.file_sha256,
                    file_size=body.file_size,
                    by=body.by,
                    released_ms=entry.received_ms,
                    index=index,
                    matters_count=0 if content is None else len(content.matters),
                    released_by=body.released_by,
                )
            )
        return tuple(found)

    def list_version(self) -> int:
        return int(self._tables.value("SELECT coalesce(max(version), 0) FROM releases"))

    def matter_list(self, version: int) -> MatterList | None:
        data = self._tables.value("SELECT content FROM list_contents WHERE version = ?", version)
        return None if data is None else msgspec.json.decode(data, type=MatterList)

    def list_file(self, file_sha256: str) -> bytes | None:
        found: bytes | None = self._tables.value(
            "SELECT file FROM list_files WHERE file_sha256 = ?", file_sha256
        )
        return found

    def matter_codes(self, text: str) -> tuple[str, ...]:
        wanted = normalise(text)
        found = {
            matter.code
            for (content,) in self._tables.rows("SELECT content FROM list_contents")
            for matter in msgspec.json.decode(content, type=MatterList).matters
            if wanted and (wanted in normalise(matter.name) or wanted == normalise(matter.code))
        }
        return tuple(sorted(found))

    def matters(self, village: str, date: str, version: int | None = None) -> tuple[Matter, ...]:
        where = self.village(village)
        if where is None:
            return ()
        rows = self._tables.rows(
            "SELECT c.content, r.layer, r.place FROM releases r JOIN list_contents c"
            " USING (version) WHERE ? IS NULL OR r.version <= ?",
            version,
            version,
        )
        return resolve(
            (
                msgspec.json.decode(content, type=MatterList)
                for content, layer, place in rows
                if where.places.get(layer) == place
            ),
            date,
        )

    def account(self, account: str) -> Account | None:
        return next((one for one in self.accounts() if one.account == account), None)

    def accounts(self) -> tuple[Account, ...]:
        rows = self._tables.rows(
            "SELECT account, person, name, offices, keeps, password_hash, village FROM accounts"
            " ORDER BY 1"
        )
        return tuple(
            Account(
                account=row[0],
                person=row[1],
                name=row[2],
                offices=words(row[3]),
                keeps=words(row[4]),
                password_hash=row[5],
                village=row[6],
            )
            for row in rows
        )

    def _entry(self, index: int) -> StoredEntry:
        entry = self.entry(index)
        assert entry is not None, f"a derived row names entry {index}, which is not there"
        return entry

    def _request(self, row: tuple[Any, ...]) -> RequestView:
        request, index, decided, reason, permit = row
        entry = self._entry(index)
        body = entry.body
        assert isinstance(body, SealRequest)
        opening = self.opening(request)
        state: RequestState = decided or ("filed" if opening is None else "open")
        return RequestView(
            request=request,
            index=index,
            machine=entry.machine,
            seal=body.seal,
            matter=body.matter,
            list_version=body.list_version,
            copies=body.copies,
            pages_count=body.pages_count,
            filed_by=body.filed_by,
            applicant_account=body.applicant_account,
            at_ms=entry.position.at_ms,
            received_ms=entry.received_ms,
            state=state,
            reason=reason,
            permit=permit,
            opening=opening,
            pages=self.photos(request),
            approvals=self._approvals(request),
            seams=body.seams or 0,
        )

    def _approvals(self, request: str) -> tuple[ApprovalView, ...]:
        found = []
        for sha256, index in self._tables.rows(
            "SELECT sha256, idx FROM approvals WHERE request = ? ORDER BY idx", request
        ):
            entry = self._entry(index)
            body = entry.body
            assert isinstance(body, Approval)
            opening = self.opening(sha256)
            values = {} if opening is None or opening.values is None else opening.values
            found.append(
                ApprovalView(
                    sha256=sha256,
                    index=index,
                    request=request,
                    approver=body.approver,
                    office=body.office,
                    decision=body.decision,
                    at_ms=entry.position.at_ms,
                    note=values.get("note"),
                    documents=body.documents,
                    delegation=body.delegation,
                )
            )
        return tuple(found)

    def _permit(self, row: tuple[Any, ...]) -> PermitView:
        permit, index, revocation = row
        entry = self._entry(index)
        body = entry.body
        assert isinstance(body, Permit | StandingPermit | EmergencyPermit)
        document = body if isinstance(body, Permit) else None
        ended = None if revocation is None else self._entry(revocation)
        why = None if ended is None else ended.body
        assert why is None or isinstance(why, Revocation)
        spent = self._tables.value(
            "SELECT coalesce(sum(impressions), 0) FROM spending WHERE permit = ?", permit
        )
        reserved = self._tables.value(
            "SELECT count(*) FROM intents WHERE permit = ? AND outcome = 'open'", permit
        )
        return PermitView(
            permit=permit,
            index=index,
            sha256=entry.sha256,
            machine=entry.machine,
            seal=body.seal,
            matter=body.matter,
            list_version=body.list_version,
            impressions=body.total if isinstance(body, StandingPermit) else body.impressions,
            not_before_ms=document.not_before_ms if document else None,
            not_after_ms=body.not_after_ms,
            request="" if isinstance(body, StandingPermit) else body.request,
            approvals=document.approvals if document else (),
            per_day=body.per_day if isinstance(body, StandingPermit) else None,
            issued_ms=entry.position.at_ms,
            revocation_index=revocation,
            revoked_ms=None if ended is None else ended.position.at_ms,
            revoked_by=None if why is None else why.by,
            revoked_reason=None if why is None else why.reason,
            spent=spent,
            reserved=reserved,
            seams=self._seams(body),
        )

    def _seams(self, body: Permit | StandingPermit | EmergencyPermit) -> int:
        """Return how many seam stamps a permit allows; an emergency's, what its request asks."""
        if isinstance(body, Permit):
            return body.seams
        asked = self.entry(body.request) if isinstance(body, EmergencyPermit) else None
        return asked.body.seams or 0 if asked and isinstance(asked.body, SealRequest) else 0
