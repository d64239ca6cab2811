"""Reading the log from SQLite: entries, openings, photos, and what belongs together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from gateway.errors import StoreError
from gateway.stores import searching
from gateway.stores.tables import Tables
from gateway.stores.views import (
    LogFilter,
    Opening,
    PhotoView,
    RelatedEntry,
    StoredEntry,
)
from ledger import codec, disclosure, envelope
from ledger.chain import Head
from ledger.errors import LedgerError
from ledger.records import Party
from ledger.records_permits import StandingPermit

_COLUMNS = "e.keyid, e.envelope, e.received_ms, e.connected_ms"
ENTRY = (
    f"SELECT e.idx, e.sha256, e.party, e.author, f.machine, {_COLUMNS}"
    " FROM entries e JOIN facets f USING (idx)"
)
UNDERIVED = f"SELECT e.idx, e.sha256, e.party, e.author, '', {_COLUMNS} FROM entries e"
_PHOTO_COLUMNS = (
    "sealed_sha256",
    "sealed_size",
    "sha256",
    "size",
    "role",
    "n",
    "machine",
    "entry_sha256",
    "named_ms",
    "stored_ms",
    "waited_ms",
    "erased_ms",
)
_PHOTO = (
    "SELECT r.sealed_sha256, r.sealed_size, r.sha256, r.size, r.role, r.n, r.machine,"
    " r.entry_sha256, r.named_ms, p.stored_ms,"
    " CASE WHEN p.stored_ms IS NULL"
    " THEN max(0, coalesce(l.connected_ms, 0) - r.named_connected_ms) ELSE 0 END AS waited_ms,"
    " p.erased_ms"
    " FROM photo_refs r LEFT JOIN photos p USING (sealed_sha256)"
    " LEFT JOIN links l ON l.machine = r.machine"
)
_CHUNK = 500  # entries decoded at once while the whole log is read
_EVERYTHING = LogFilter()


class EntryQueries:
    """See `gateway.stores.EntryReader`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def size(self) -> int:
        top = self._tables.value("SELECT max(idx) FROM entries")
        return 0 if top is None else int(top) + 1

    def entry(self, key: int | str) -> StoredEntry | None:
        column = "idx" if isinstance(key, int) else "sha256"
        row = self._tables.row(f"{ENTRY} WHERE e.{column} = ?", key)
        return None if row is None else decoded(row)

    def entries_at(self, indices: Iterable[int]) -> dict[int, StoredEntry]:
        """Return the entries at these indices, by index; one query for all."""
        rows = self._tables.rows(
            f"{ENTRY} WHERE e.idx IN (SELECT value FROM json_each(?))",
            msgspec.json.encode(sorted(indices)).decode(),
        )
        return {row[0]: decoded(row) for row in rows}

    def entry_at(self, party: Party, author: str, epoch: int, seq: int) -> StoredEntry | None:
        row = self._tables.row(
            f"{ENTRY} WHERE e.party = ? AND e.author = ? AND e.epoch = ? AND e.seq = ?",
            party,
            author,
            epoch,
            seq,
        )
        return None if row is None else decoded(row)

    def entries(
        self, which: LogFilter = _EVERYTHING, before: int | None = None, limit: int = 50
    ) -> tuple[StoredEntry, ...]:
        where, values = _conditions(which)
        if before is not None:
            where, values = [*where, "f.idx < ?"], [*values, before]
        # By the index of `facets`, whose order an index gives; with `e.idx` all matches are sorted.
        rows = self._tables.rows(
            f"{ENTRY}{_where(where)} ORDER BY f.idx DESC LIMIT ?", *values, limit
        )
        return tuple(decoded(row) for row in rows)

    def count_entries(self, which: LogFilter = _EVERYTHING) -> int:
        where, values = _conditions(which)
        return int(self._tables.value(f"SELECT count(*) FROM facets f{_where(where)}", *values))

    def newest_of(self, kinds: tuple[str, ...]) -> tuple[int, str] | None:
        # One seek in the index for each kind; with IN and ORDER BY the whole log may be read.
        found = (
            self._tables.value("SELECT max(idx) FROM facets WHERE kind = ?", kind) for kind in kinds
        )
        newest = max((int(index) for index in found if index is not None), default=None)
        if newest is None:
            return None
        return newest, str(self._tables.value("SELECT sha256 FROM entries WHERE idx = ?", newest))

    def all_entries(self, start: int = 0) -> Iterator[StoredEntry]:
        while rows := self._tables.rows(
            f"{ENTRY} WHERE e.idx >= ? ORDER BY e.idx LIMIT {_CHUNK}", start
        ):
            for row in rows:
                yield decoded(row)
            start = rows[-1][0] + 1

    def head(self, party: Party, author: str, epoch: int) -> Head | None:
        row = self._tables.row(
            "SELECT seq, sha256, at_ms FROM heads WHERE party = ? AND author = ? AND epoch = ?",
            party,
            author,
            epoch,
        )
        if row is None:
            return None
        return Head(
            party=party, author=author, epoch=epoch, seq=row[0], sha256=row[1], at_ms=row[2]
        )

    def opening(self, payload_sha256: str) -> Opening | None:
        return self.openings((payload_sha256,)).get(payload_sha256)

    def openings(self, payloads: Iterable[str]) -> dict[str, Opening]:
        """Return what is here of what was withheld from these entries; one query for all."""
        rows = self._tables.rows(
            "SELECT payload_sha256, data, received_ms, erased_ms FROM openings"
            " WHERE payload_sha256 IN (SELECT value FROM json_each(?))",
            msgspec.json.encode(sorted(payloads)).decode(),
        )
        return {
            payload_sha256: Opening(
                payload_sha256=payload_sha256,
                values=None if data is None else opened_values(data),
                received_ms=received_ms,
                erased_ms=erased_ms,
            )
            for payload_sha256, data, received_ms, erased_ms in rows
        }

    def opening_bytes(self, payload_sha256: str) -> bytes | None:
        found: bytes | None = self._tables.value(
            "SELECT data FROM openings WHERE payload_sha256 = ?", payload_sha256
        )
        return found

    def photos(self, entry_sha256: str) -> tuple[PhotoView, ...]:
        return self._photos(" WHERE r.entry_sha256 = ? ORDER BY r.role DESC, r.n", entry_sha256)

    def photo(self, sealed_sha256: str) -> tuple[PhotoView, ...]:
        return self._photos(" WHERE r.sealed_sha256 = ? ORDER BY r.named_ms", sealed_sha256)

    def pending_photos(self, machine: str | None = None) -> tuple[PhotoView, ...]:
        own = "" if machine is None else " AND r.machine = ?"
        return self._photos(
            f" WHERE p.stored_ms IS NULL AND r.role <> 'specimen'{own}"
            " ORDER BY waited_ms DESC, r.named_ms",
            *(() if machine is None else (machine,)),
        )

    def stored_photos(self) -> tuple[str, ...]:
        rows = self._tables.rows("SELECT sealed_sha256 FROM photos ORDER BY sealed_sha256")
        return tuple(row[0] for row in rows)

    def _photos(self, rest: str, *values: object) -> tuple[PhotoView, ...]:
        rows = self._tables.rows(_PHOTO + rest, *values)
        return tuple(PhotoView(**dict(zip(_PHOTO_COLUMNS, row, strict=True))) for row in rows)


def related(tables: Tables, entry: StoredEntry) -> tuple[RelatedEntry, ...]:
    """Return the entries that belong to one, in order of index."""
    found: dict[int, RelatedEntry] = {}
    permit = getattr(entry.body, "permit", None) or None
    intent = getattr(entry.body, "intent", None)
    intent_permit = tables.value("SELECT permit FROM intents WHERE sha256 = ?", intent)
    queries: list[tuple[str, tuple[object, ...]]] = [
        ("e.sha256 IN (SELECT target FROM refs WHERE source = ?)", (entry.index,)),
        ("e.idx IN (SELECT source FROM refs WHERE target = ?)", (entry.sha256,)),
    ]
    asked = tables.value("SELECT permit FROM requests WHERE request = ?", entry.sha256)
    for name in {permit, intent_permit, asked} - {None}:
        of_permit = "SELECT idx FROM permits WHERE permit = ?"
        queries += [
            (f"e.idx IN ({of_permit})", (name,)),
            (f"e.sha256 IN (SELECT target FROM refs WHERE source IN ({of_permit}))", (name,)),
        ]
        if not _is_standing(tables, name):  # else each use belongs to its own request alone
            kinds = "'intent', 'use', 'revocation', 'refusal'"
            queries.append((f"f.permit = ? AND e.kind IN ({kinds})", (name,)))
    for condition, values in queries:
        for index, sha256, kind in tables.rows(
            f"SELECT e.idx, e.sha256, e.kind FROM entries e JOIN facets f USING (idx)"
            f" WHERE {condition}",
            *values,
        ):
            found[index] = RelatedEntry(role=kind, index=index, sha256=sha256, kind=kind)
    found.pop(entry.index, None)
    return (*_neighbours(tables, entry), *(found[index] for index in sorted(found)))


def _is_standing(tables: Tables, permit: str) -> bool:
    found = tables.value(
        "SELECT 1 FROM permits JOIN facets f USING (idx) WHERE permits.permit = ? AND f.kind = ?",
        permit,
        StandingPermit.kind,
    )
    return found is not None


def _neighbours(tables: Tables, entry: StoredEntry) -> list[RelatedEntry]:
    """Return the entries before and after in the author's chain."""
    found = []
    for role, seq in (("previous", entry.position.seq - 1), ("next", entry.position.seq + 1)):
        row = tables.row(
            "SELECT idx, sha256, kind FROM entries"
            " WHERE party = ? AND author = ? AND epoch = ? AND seq = ?",
            entry.party,
            entry.author,
            entry.position.epoch,
            seq,
        )
        if row is not None:
            found.append(RelatedEntry(role=role, index=row[0], sha256=row[1], kind=row[2]))
    return found


def decoded(row: tuple[Any, ...]) -> StoredEntry:
    """Return the entry of a row of `ENTRY`.

    Raises:
        StoreError: the stored bytes are damaged.
    """
    index, sha256, party, author, machine, keyid, raw, received_ms, connected_ms = row
    try:
        parts = envelope.parse(raw)
        payload = codec.decode_entry(parts.payload_type, parts.payload)
    except LedgerError as error:
        raise StoreError(f"expected entry {index} as it was stored, found: {error}") from error
    return StoredEntry(
        index=index,
        sha256=sha256,
        kind=payload.body.kind,
        party=party,
        author=author,
        machine=machine,
        position=payload.position,
        body=payload.body,
        keyid=keyid,
        envelope=raw,
        received_ms=received_ms,
        connected_ms=connected_ms,
    )


def opened_values(data: bytes) -> dict[str, Any]:
    """Return the values of stored opening bytes, without their salts."""
    opening = msgspec.json.decode(data, type=disclosure.Opening)
    return {name: opened.value for name, opened in opening.values.items()}


_IN_SIGHT = (
    "(f.machine IN (SELECT value FROM json_each(?)) OR"
    " (f.kind = 'delegation' AND f.idx IN (SELECT idx FROM actors WHERE account = ?)))"
)


def _conditions(which: LogFilter) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []
    for column in ("machine", "seal", "permit"):
        if (wanted := getattr(which, column)) is not None:
            conditions.append(f"f.{column} = ?")
            values.append(wanted)
    if which.machines is not None:
        conditions.append(_IN_SIGHT)
        values += [msgspec.json.encode(which.machines).decode(), which.delegations_of]
    if which.matters:
        conditions.append("f.matter IN (SELECT value FROM json_each(?))")
        values.append(msgspec.json.encode(which.matters).decode())
    if which.kinds:
        conditions.append(f"f.kind IN ({', '.join('?' * len(which.kinds))})")
        values.extend(which.kinds)
    if which.flag is not None:
        conditions.append("f.idx IN (SELECT idx FROM flags WHERE flag = ?)")
        values.append(which.flag)
    if which.alert is not None:
        graded = "" if which.alert == "any" else " AND a.severity = ?"
        conditions.append(
            "(SELECT sha256 FROM entries WHERE idx = f.idx) IN"
            f" (SELECT a.entry FROM alerts a WHERE a.entry IS NOT NULL{graded})"
        )
        values.extend([] if which.alert == "any" else [which.alert])
    received = (("f.received_ms >= ?", which.from_ms), ("f.received_ms < ?", which.to_ms))
    for limit, moment in received:
        if moment is not None:
            conditions.append(limit)
            values.append(moment)
    if which.acts is not None:
        acted, given = searching.of_account(which.acts)
        conditions, values = [*conditions, acted], [*values, *given]
    if which.search is not None:
        found, given = searching.conditions(which.search)
        conditions, values = [*conditions, *found], [*values, *given]
    return conditions, values


def _where(conditions: list[str]) -> str:
    return " WHERE " + " AND ".join(conditions) if conditions else ""
