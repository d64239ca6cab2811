"""Reading from SQLite what was erased, what shall be, and what has been kept for long enough."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.stores.calendar import OFFSET_S
from gateway.stores.erasures import KEPT_KINDS, DueEntry, DueMonth, ErasureView
from gateway.stores.sqlite_confirms import ConfirmQueries
from gateway.stores.sqlite_entries import related
from gateway.stores.sqlite_office import OfficeQueries
from gateway.stores.sqlite_registrations import RegistrationQueries
from gateway.stores.sqlite_sights import SightQueries
from gateway.stores.sqlite_signin import SignInQueries
from gateway.stores.views import StoredEntry
from ledger.records import CaseStep
from ledger.records_people import Delegation
from ledger.records_permits import StandingPermit
from ledger.records_retention import Erasure, RetentionPolicy
from ledger.records_seals import SealRegistration

_KEPT = ", ".join(f"'{kind}'" for kind in KEPT_KINDS)
_OF_MANY = (Delegation.kind, StandingPermit.kind, SealRegistration.kind)
_TYING_NOTHING = (Erasure.kind, *_OF_MANY)
_DUE = f"""
    SELECT idx, sha256, kind, received_ms, max(opening) AS opening, max(photos) AS photos,
        strftime('%Y-%m', received_ms / 1000 + {OFFSET_S}, 'unixepoch') AS month
    FROM (
        SELECT e.idx, e.sha256, e.kind, e.received_ms, 1 AS opening, 0 AS photos
        FROM openings o JOIN entries e ON e.sha256 = o.payload_sha256
        WHERE o.data IS NOT NULL AND e.received_ms < ?1 AND e.kind NOT IN ({_KEPT})
        UNION ALL
        SELECT e.idx, e.sha256, e.kind, e.received_ms, 0, 1
        FROM photo_refs r JOIN photos p USING (sealed_sha256)
        JOIN entries e ON e.sha256 = r.entry_sha256
        WHERE p.erased_ms IS NULL AND e.received_ms < ?2 AND e.kind NOT IN ({_KEPT})
    ) GROUP BY idx"""


class RetentionQueries(
    OfficeQueries, ConfirmQueries, RegistrationQueries, SignInQueries, SightQueries
):
    """See `gateway.stores.erasures.RetentionReader`."""

    def policy(self) -> RetentionPolicy | None:
        found = self._newest_policy()
        return None if found is None else _policy_of(found)

    def asked_policies(self) -> tuple[StoredEntry, ...]:
        newest = self._newest_policy()
        since = -1 if newest is None else newest.index
        return tuple(
            one for one in self._policies() if one.index > since and _policy_of(one).step == "asked"
        )

    def erasures(self, target: str) -> tuple[ErasureView, ...]:
        rows = self._tables.rows("SELECT asked FROM erasures WHERE target = ? ORDER BY idx", target)
        return tuple(self._erasure(asked) for (asked,) in rows)

    def erasure(self, asked: str) -> ErasureView | None:
        known = self._tables.value("SELECT 1 FROM erasures WHERE asked = ?", asked)
        return None if known is None else self._erasure(asked)

    def erasures_asked(self, since_ms: int) -> tuple[ErasureView, ...]:
        rows = self._tables.rows(
            "SELECT x.asked FROM erasures x JOIN entries e USING (idx)"
            " WHERE e.received_ms >= ? GROUP BY x.asked HAVING max(x.done) IS NULL"
            " ORDER BY x.idx DESC",
            since_ms,
        )
        return tuple(self._erasure(asked) for (asked,) in rows)

    def due_months(self, openings_before_ms: int, photos_before_ms: int) -> tuple[DueMonth, ...]:
        rows = self._tables.rows(
            f"SELECT month, count(*), sum(opening), sum(photos) FROM ({_DUE})"
            " GROUP BY month ORDER BY month",
            openings_before_ms,
            photos_before_ms,
        )
        return tuple(DueMonth(month=m, entries=n, openings=o, photos=p) for m, n, o, p in rows)

    def due(
        self,
        openings_before_ms: int,
        photos_before_ms: int,
        month: str,
        after: int = -1,
        limit: int = 50,
    ) -> tuple[DueEntry, ...]:
        rows = self._tables.rows(
            f"SELECT idx, sha256, kind, received_ms, opening, photos FROM ({_DUE})"
            " WHERE month = ?3 AND idx > ?4 ORDER BY idx LIMIT ?5",
            openings_before_ms,
            photos_before_ms,
            month,
            after,
            limit,
        )
        return tuple(
            DueEntry(
                index=index,
                sha256=sha256,
                kind=kind,
                received_ms=received_ms,
                opening=bool(opening),
                photos=bool(photos),
            )
            for index, sha256, kind, received_ms, opening, photos in rows
        )

    def affair(self, sha256: str) -> tuple[StoredEntry, ...]:
        found: dict[str, StoredEntry] = {}
        waiting = {sha256}
        while waiting:
            name = waiting.pop()
            entry = self.entry(name)
            if entry is None or name in found:
                continue
            found[name] = entry
            waiting |= self._beside(entry) - found.keys()
        return tuple(sorted(found.values(), key=lambda one: one.index))

    def erased_photo(self, sealed_sha256: str) -> int | None:
        size: int | None = self._tables.value(
            "SELECT sealed_size FROM photos WHERE sealed_sha256 = ? AND erased_ms IS NOT NULL",
            sealed_sha256,
        )
        return size

    def erased_files(self) -> tuple[str, ...]:
        return self._files(" AND unlinked = 0")

    def all_erased_files(self) -> tuple[str, ...]:
        return self._files("")

    def left_over(self) -> tuple[ErasureView, ...]:
        rows = self._tables.rows(
            "SELECT DISTINCT x.asked FROM erasures x WHERE x.done IS NOT NULL AND ("
            " EXISTS (SELECT 1 FROM openings o WHERE o.payload_sha256 = x.target"
            "  AND o.data IS NOT NULL)"
            " OR EXISTS (SELECT 1 FROM photo_refs r LEFT JOIN photos p USING (sealed_sha256)"
            "  WHERE r.entry_sha256 = x.target AND p.erased_ms IS NULL))"
        )
        return tuple(self._erasure(asked) for (asked,) in rows)

    def _files(self, condition: str) -> tuple[str, ...]:
        rows = self._tables.rows(
            f"SELECT sealed_sha256 FROM photos WHERE erased_ms IS NOT NULL{condition}"
        )
        return tuple(name for (name,) in rows)

    def _beside(self, entry: StoredEntry) -> set[str]:
        """Return what belongs to the same affair as one entry and is one step away.

        A delegation belongs to the affairs of all whom the substitute decided for, a standing
        permit to those of all its uses, a registration to those of all samples that were
        compared with it: they tie none.
        """
        if entry.kind in _OF_MANY:
            return set()
        near = {
            one.sha256
            for one in related(self._tables, entry)
            if one.role not in ("previous", "next") and one.kind not in _TYING_NOTHING
        }
        body = entry.body
        if isinstance(body, CaseStep):
            near |= self._of("SELECT e.sha256 FROM alerts a JOIN entries e USING (idx)"
                             " WHERE a.alert = ?", body.alert)  # fmt: skip
        if entry.kind == "alert":
            near |= self._of(
                "SELECT e.sha256 FROM alerts a JOIN cases c USING (alert) JOIN case_steps s"
                " USING (case_id) JOIN entries e ON e.idx = s.idx WHERE a.idx = ?",
                entry.index,
            )
        return near

    def _of(self, sql: str, *values: object) -> set[str]:
        return {sha256 for (sha256,) in self._tables.rows(sql, *values)}

    def _erasure(self, asked: str) -> ErasureView:
        rows = self._tables.rows(
            "SELECT idx, target, done FROM erasures WHERE asked = ? ORDER BY target", asked
        )
        entry = self._entry(rows[0][0])
        done = [(target, index) for _, target, index in rows if index is not None]
        answer = self._entry(done[0][1]) if done else None
        body = entry.body
        said = None if answer is None else answer.body
        assert isinstance(body, Erasure) and (said is None or isinstance(said, Erasure))
        return ErasureView(
            asked=asked,
            what=body.what,
            cause=body.cause,
            targets=tuple(row[0] for row in done) if done else tuple(row[1] for row in rows),
            asked_index=entry.index,
            asked_by=body.by,
            asked_ms=entry.received_ms,
            done_index=None if answer is None else answer.index,
            done_by=None if said is None else said.by,
            done_ms=None if answer is None else answer.received_ms,
        )

    def _newest_policy(self) -> StoredEntry | None:
        return next((one for one in self._policies() if _policy_of(one).step == "done"), None)

    def _policies(self) -> Iterable[StoredEntry]:
        rows = self._tables.rows(
            "SELECT idx FROM facets WHERE kind = ? ORDER BY idx DESC", RetentionPolicy.kind
        )
        return (self._entry(index) for (index,) in rows)


def _policy_of(entry: StoredEntry) -> RetentionPolicy:
    assert isinstance(entry.body, RetentionPolicy)
    return entry.body
