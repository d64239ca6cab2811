"""Sights in SQLite.

A row of `sights` without `data` is a use that waits to be looked at. It is made with the arrival
of its second photo, so the table is the queue: a restart goes on where it stood. What was erased
has no row and gets none again, because its photos or its opening are noted as erased.
"""

from __future__ import annotations

import msgspec

from gateway.stores.sights import Sight
from gateway.stores.sqlite_desk import DeskQueries
from gateway.stores.sqlite_entries import EntryQueries
from ledger.records import Intent, SealUse

_AT_ONCE = 200  # uses of one transaction: some milliseconds of the writer
_USES = """
    SELECT f.idx, e.sha256, NOT EXISTS (SELECT 1 FROM sights s WHERE s.entry_sha256 = e.sha256)
    AND NOT EXISTS (SELECT 1 FROM photo_refs r LEFT JOIN photos p USING (sealed_sha256)
        WHERE r.entry_sha256 = e.sha256 AND (p.stored_ms IS NULL OR p.erased_ms IS NOT NULL))
    FROM facets f JOIN entries e USING (idx)
    WHERE f.kind = 'use' AND f.idx >= ? ORDER BY f.idx LIMIT ?"""


class SightQueries(EntryQueries):
    """See `gateway.stores.sights.SightReader`."""

    def sight(self, entry_sha256: str) -> Sight | None:
        data = self._tables.value("SELECT data FROM sights WHERE entry_sha256 = ?", entry_sha256)
        return None if data is None else _decoded(data)

    def sights_waiting(self, limit: int) -> tuple[tuple[str, str | None], ...]:
        rows = self._tables.rows(
            "SELECT entry_sha256, request FROM sights WHERE data IS NULL ORDER BY idx DESC LIMIT ?",
            limit,
        )
        return tuple((name, request) for name, request in rows)

    def doubtful_sights(self, since_ms: int) -> tuple[Sight, ...]:
        rows = self._tables.rows(
            "SELECT data FROM sights WHERE doubtful = 1 AND at_ms >= ? ORDER BY at_ms", since_ms
        )
        return tuple(_decoded(data) for (data,) in rows)

    def fingerprints(self, machine: str) -> tuple[tuple[str, bytes], ...]:
        rows = self._tables.rows(
            "SELECT entry_sha256, fingerprint FROM sights"
            " WHERE machine = ? AND fingerprint IS NOT NULL ORDER BY idx DESC",
            machine,
        )
        return tuple((name, bytes(fingerprint)) for name, fingerprint in rows)


class SightWrites(DeskQueries):
    """See `gateway.stores.sights.SightWriter`; `erased` asks for a clean file after the commit."""

    erased: bool

    def await_sights(self, start: int = 0, limit: int = _AT_ONCE) -> int | None:
        rows = self._tables.rows(_USES, start, limit)
        for _, name, unnoted in rows:
            if unnoted:
                self._await(name)
        return rows[-1][0] + 1 if len(rows) == limit else None

    def begin_sight(self, entry_sha256: str) -> int | None:
        self._tables.run(
            "UPDATE sights SET tries = tries + 1 WHERE entry_sha256 = ? AND data IS NULL",
            entry_sha256,
        )
        tries: int | None = self._tables.value(
            "SELECT tries FROM sights WHERE entry_sha256 = ? AND data IS NULL", entry_sha256
        )
        return tries

    def leave_sight(self, entry_sha256: str) -> None:
        self._tables.run(
            "UPDATE sights SET tries = tries - 1 WHERE entry_sha256 = ? AND tries > 0",
            entry_sha256,
        )

    def put_sight(self, sight: Sight, fingerprint: bytes | None) -> bool:
        changed = self._tables.run(
            "UPDATE sights SET at_ms = ?, doubtful = ?, fingerprint = ?, data = ?"
            " WHERE entry_sha256 = ? AND data IS NULL AND tries > 0",
            sight.at_ms,
            sight.is_doubtful,
            fingerprint,
            msgspec.json.encode(sight),
            sight.entry,
        )
        return changed == 1

    def await_sights_of(self, sealed_sha256: str) -> None:
        """Note the uses whose photos are here now that this one has come."""
        rows = self._tables.rows(
            "SELECT entry_sha256 FROM photo_refs"
            " WHERE sealed_sha256 = ? AND role IN ('before', 'after')",
            sealed_sha256,
        )
        for (name,) in rows:
            if all(photo.is_kept for photo in self.photos(name)):
                self._await(name)

    def look_again(self, request: str) -> None:
        """Have the uses of a request looked at once more: its opening has come only now."""
        self._tables.run(
            "UPDATE sights SET tries = 0, doubtful = 0, data = NULL WHERE request = ?", request
        )

    def erase_sights(self, *, entry: str = "", photo: str = "") -> None:
        """Forget what was seen of a use, of the uses of a request, or on a photo."""
        gone = self._tables.run(
            "DELETE FROM sights WHERE entry_sha256 = ?1 OR request = ?1 OR entry_sha256 IN"
            " (SELECT entry_sha256 FROM photo_refs WHERE sealed_sha256 = ?2)",
            entry,
            photo,
        )
        self.erased = self.erased or gone > 0

    def _await(self, name: str) -> None:
        """Note one use, unless it is noted or a value of it was erased."""
        entry = self.entry(name)
        if entry is None or not isinstance(entry.body, SealUse):
            return
        request = self._request_of(entry.body, entry.machine)
        openings = [self.opening(one) for one in (name, request) if one is not None]
        if any(one is not None and one.erased_ms is not None for one in openings):
            return
        self._tables.run(
            "INSERT OR IGNORE INTO sights (entry_sha256, idx, machine, request)"
            " VALUES (?, ?, ?, ?)",
            name,
            entry.index,
            entry.machine,
            request,
        )

    def _request_of(self, use: SealUse, machine: str) -> str | None:
        """Return the request that a use was made for; under a standing permit each has its own.

        A machine may name anything: the request of another one is none of its own, and what was
        applied for there is not to be read here.
        """
        named, intent = None, self.entry(use.intent)
        if intent is not None and isinstance(intent.body, Intent):
            named = intent.body.request or None
        if named is None and (permit := self.permit(use.permit)) is not None:
            named = permit.request or None
        request = None if named is None else self.entry(named)
        return named if request is not None and request.machine == machine else None


def _decoded(data: bytes) -> Sight:
    return msgspec.json.decode(data, type=Sight)
