"""Writing to SQLite: one transaction of the writer thread. See `gateway.stores.Transaction`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import structs

from gateway.errors import StoreError
from gateway.stores import projection, schema, sqlite_log
from gateway.stores.about import machine_of
from gateway.stores.sqlite_entries import UNDERIVED, decoded, opened_values
from gateway.stores.sqlite_history import SqliteHistory
from gateway.stores.sqlite_log import LogQueries
from gateway.stores.sqlite_registrations import SampleWrites
from gateway.stores.sqlite_sights import SightWrites
from gateway.stores.sqlite_signin import SignInWrites
from gateway.stores.tables import Tables, inserting
from gateway.stores.trees import LogView, Witnessed
from gateway.stores.views import (
    Account,
    Gap,
    MachineView,
    Signed,
    StoredEntry,
    Trouble,
    VillageView,
)
from ledger import chain, codec
from ledger.chain import Head
from ledger.matters import MatterList

_INSERT_ENTRY = inserting(
    "entries",
    "idx",
    "sha256",
    "kind",
    "party",
    "author",
    "epoch",
    "seq",
    "keyid",
    "envelope",
    "received_ms",
    "connected_ms",
)
_MOVE_HEAD = (
    "UPDATE heads SET seq = ?, sha256 = ?, at_ms = ?"
    " WHERE party = ? AND author = ? AND epoch = ? AND seq = ? AND sha256 = ?"
)


class SqliteTransaction(SignInWrites, SightWrites, SampleWrites, LogQueries):
    """Reads see what this transaction wrote; `erased` asks for a clean file after the commit."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self.erased = False
        # Both are asked once: within a transaction nobody else appends or counts.
        self._size: int | None = None
        self._connected: dict[str, int] | None = None

    def append(self, signed: Signed, before: Head) -> StoredEntry:
        payload = signed.payload
        after = chain.advance(before, payload)
        self._move(before, after)
        party, author = payload.position.author
        index = self.size()
        entry = StoredEntry(
            index=index,
            sha256=payload.sha256,
            kind=payload.body.kind,
            party=party,
            author=author,
            machine=machine_of(self._tables, party, author, payload.body),
            position=payload.position,
            body=payload.body,
            keyid=signed.keyid,
            envelope=signed.envelope,
            received_ms=signed.received_ms,
            connected_ms=self._connected_ms(author) if party == "device" else 0,
        )
        self._tables.put_off(
            _INSERT_ENTRY,
            entry.index,
            entry.sha256,
            entry.kind,
            party,
            author,
            payload.position.epoch,
            payload.position.seq,
            entry.keyid,
            entry.envelope,
            entry.received_ms,
            entry.connected_ms,
        )
        self._size = index + 1
        projection.apply(self._tables, entry)
        return entry

    def size(self) -> int:
        if self._size is None:
            self._size = super().size()
        return self._size

    def begin_log(self, view: LogView) -> None:
        sqlite_log.begin_log(self._tables, view)

    def grow_log(
        self, before: LogView, after: LogView, tiles: Mapping[tuple[int, int], bytes]
    ) -> None:
        sqlite_log.grow_log(self._tables, before, after, tiles)

    def put_witnessed(self, first: int, one: Witnessed) -> None:
        sqlite_log.put_witnessed(self._tables, first, one)

    def history(self, now_ms: int) -> SqliteHistory:
        return SqliteHistory(self._tables, now_ms)

    def put_opening(self, payload_sha256: str, data: bytes, received_ms: int) -> bool:
        entry = self.entry(payload_sha256)
        if entry is None or self.opening(payload_sha256) is not None:
            return False
        self._tables.insert(
            "openings",
            payload_sha256=payload_sha256,
            data=data,
            received_ms=received_ms,
            connected_ms=self._connected_ms(entry.author),
        )
        projection.apply_opening(self._tables, entry, opened_values(data))
        self.look_again(payload_sha256)
        return True

    def erase_opening(self, payload_sha256: str, now_ms: int) -> bool:
        self.erased = True
        changed = self._tables.run(
            "UPDATE openings SET data = NULL, erased_ms = ?"
            " WHERE payload_sha256 = ? AND data IS NOT NULL",
            now_ms,
            payload_sha256,
        )
        if self.opening(payload_sha256) is None:  # it never came: let it not come later
            self._tables.insert(
                "openings",
                payload_sha256=payload_sha256,
                received_ms=now_ms,
                connected_ms=0,
                erased_ms=now_ms,
            )
        self._tables.run(
            "DELETE FROM photo_refs WHERE entry_sha256 = ? AND role = 'page'", payload_sha256
        )
        self.erase_sights(entry=payload_sha256)
        return changed == 1

    def erase_photo(self, sealed_sha256: str, size: int, now_ms: int) -> None:
        self._tables.run(
            "INSERT INTO photos (sealed_sha256, sealed_size, stored_ms, erased_ms)"
            " VALUES (?, ?, ?, ?) ON CONFLICT (sealed_sha256)"
            " DO UPDATE SET erased_ms = coalesce(erased_ms, excluded.erased_ms), unlinked = 0",
            sealed_sha256,
            size,
            now_ms,
            now_ms,
        )
        self.erase_sights(photo=sealed_sha256)

    def photos_unlinked(self, sealed: Iterable[str]) -> None:
        self._tables.run_many(
            "UPDATE photos SET unlinked = 1 WHERE sealed_sha256 = ? AND erased_ms IS NOT NULL",
            [(name,) for name in sealed],
        )

    def photo_stored(self, sealed_sha256: str, size: int, now_ms: int) -> None:
        self._tables.run(
            "INSERT INTO photos (sealed_sha256, sealed_size, stored_ms) VALUES (?, ?, ?)"
            " ON CONFLICT (sealed_sha256) DO UPDATE SET unlinked = 0",  # erased: away with it again
            sealed_sha256,
            size,
            now_ms,
        )
        self.await_sights_of(sealed_sha256)

    def put_list_file(self, file_sha256: str, file: bytes, content: MatterList) -> None:
        self._tables.run(
            "INSERT OR IGNORE INTO list_files (file_sha256, file) VALUES (?, ?)", file_sha256, file
        )
        self._tables.insert(
            "list_contents", version=content.version, content=msgspec.json.encode(content)
        )

    def put_list_draft(self, draft: str, file: bytes, content: MatterList) -> None:
        self._tables.run(
            "INSERT OR IGNORE INTO list_files (file_sha256, file) VALUES (?, ?)",
            codec.sha256(file),
            file,
        )
        self._tables.insert("list_drafts", draft=draft, content=msgspec.json.encode(content))

    def put_policy_file(self, file_sha256: str, file: bytes, content: bytes) -> None:
        self._tables.run(
            "INSERT OR IGNORE INTO policy_files (file_sha256, file, content) VALUES (?, ?, ?)",
            file_sha256,
            file,
            content,
        )

    def put_people_file(self, file_sha256: str, file: bytes) -> None:
        self._tables.run(
            "INSERT OR IGNORE INTO people_files (file_sha256, file) VALUES (?, ?)",
            file_sha256,
            file,
        )

    def quarantine(self, trouble: Trouble, data: bytes | None) -> int:
        self._tables.insert(
            "quarantine",
            code=trouble.code,
            machine=trouble.machine,
            topic=trouble.topic,
            sha256=trouble.sha256,
            size=trouble.size,
            data=data,
            detail=trouble.detail,
            received_ms=trouble.received_ms,
        )
        return int(self._tables.value("SELECT last_insert_rowid()"))

    def quarantined(self, machine: str, fork: bool) -> tuple[int, int]:
        row = self._tables.row(
            "SELECT count(*), coalesce(sum(size) FILTER (WHERE data IS NOT NULL), 0)"
            " FROM quarantine WHERE machine = ? AND (code = 'fork') = ?",
            machine,
            fork,
        )
        assert row is not None
        return int(row[0]), int(row[1])

    def is_quarantined(self, sha256: str, topic: str) -> bool:
        found = self._tables.value(
            "SELECT 1 FROM quarantine WHERE sha256 = ? AND topic = ?", sha256, topic
        )
        return found is not None

    def drop(self, machine: str, now_ms: int) -> None:
        self._tables.run(
            "INSERT INTO dropped (machine, count, last_ms) VALUES (?, 1, ?)"
            " ON CONFLICT (machine) DO UPDATE SET count = count + 1, last_ms = excluded.last_ms",
            machine,
            now_ms,
        )

    def set_gap(self, gap: Gap | None, machine: str) -> None:
        self._tables.run("DELETE FROM gaps WHERE machine = ?", machine)
        if gap is not None:
            self._tables.insert(
                "gaps",
                machine=machine,
                epoch=gap.epoch,
                head_seq=gap.head_seq,
                seen_seq=gap.seen_seq,
                since_ms=gap.since_ms,
            )

    def set_online(self, machine: str, online: bool, now_ms: int) -> None:
        self._tables.run(
            "INSERT INTO links (machine, online, changed_ms, connected_ms)"
            " SELECT machine, ?, ?, 0 FROM machines WHERE machine = ?"
            " ON CONFLICT (machine) DO UPDATE SET online = excluded.online,"
            " changed_ms = excluded.changed_ms WHERE online != excluded.online",
            online,
            now_ms,
            machine,
        )

    def add_connected(self, elapsed_ms: int) -> None:
        self._tables.run(
            "UPDATE links SET connected_ms = connected_ms + ? WHERE online", elapsed_ms
        )
        self._connected = None

    def put_account(self, account: Account) -> None:
        self._tables.run("DELETE FROM accounts WHERE account = ?", account.account)
        self._tables.insert(
            "accounts",
            account=account.account,
            person=account.person,
            name=account.name,
            offices=_json(account.offices),
            keeps=_json(account.keeps),
            password_hash=account.password_hash,
            village=account.village,
        )

    def set_key(self, machine: str, keyid: str, epoch: int, genesis: str) -> None:
        self._tables.run(
            "UPDATE machines SET keyid = ?, epoch = ?, genesis = ? WHERE machine = ?",
            keyid,
            epoch,
            genesis,
            machine,
        )

    def set_directory(
        self, villages: tuple[VillageView, ...], machines: tuple[MachineView, ...]
    ) -> None:
        self._tables.run("DELETE FROM villages")
        self._tables.run("DELETE FROM machines")
        for village in villages:
            self._tables.insert(
                "villages", village=village.village, name=village.name, places=_json(village.places)
            )
        for machine in machines:
            self._tables.insert(
                "machines",
                machine=machine.machine,
                village=machine.village,
                seals=_json(machine.seals),
                keepers=_json(machine.keepers),
                keyid=machine.keyid,
                epoch=machine.epoch,
                genesis=machine.head,
            )

    def start_boot(self) -> int:
        self._tables.run("INSERT INTO boots DEFAULT VALUES")
        return int(self._tables.value("SELECT last_insert_rowid()"))

    def rebuild(self) -> None:
        """Derive everything again from the entries and openings."""
        for name in schema.DERIVED_TABLES:
            self._tables.run(f"DELETE FROM {name}")
        for index in range(self.size()):
            entry = self._replayed(index)
            projection.apply(self._tables, entry)
            data = self.opening_bytes(entry.sha256)
            if data is not None:
                projection.apply_opening(self._tables, entry, opened_values(data))

    def _replayed(self, index: int) -> StoredEntry:
        """Return an entry whose facets are not derived yet; those before it are."""
        row = self._tables.row(f"{UNDERIVED} WHERE e.idx = ?", index)
        if row is None:
            raise StoreError(f"expected entry {index}, found none: the log has a hole")
        entry = decoded(row)
        machine = machine_of(self._tables, entry.party, entry.author, entry.body)
        return structs.replace(entry, machine=machine)

    def _connected_ms(self, machine: str) -> int:
        if self._connected is None:
            self._connected = dict(self._tables.rows("SELECT machine, connected_ms FROM links"))
        return self._connected.get(machine, 0)

    def _move(self, before: Head, after: Head) -> None:
        """Move a chain's head on, if it still is `before`."""
        if before.seq == 0:
            self._begin_chain(after)
            return
        whose = before.party, before.author, before.epoch
        row = (after.seq, after.sha256, after.at_ms, *whose, before.seq, before.sha256)
        self._tables.put_off_one(_MOVE_HEAD, whose, row, _moved_on)

    def _begin_chain(self, first: Head) -> None:
        changed = self._tables.run(
            "INSERT OR IGNORE INTO heads (party, author, epoch, seq, sha256, at_ms)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            first.party,
            first.author,
            first.epoch,
            first.seq,
            first.sha256,
            first.at_ms,
        )
        if changed != 1:
            raise StoreError(
                f"expected no entry of {first.author} yet, found some: somebody else writes this "
                "store"
            )


def _moved_on(first: tuple[Any, ...], then: tuple[Any, ...]) -> tuple[object, ...] | None:
    """Join two moves of a head, rows of `_MOVE_HEAD`, if one begins where the other ends."""
    return (*then[:6], *first[6:]) if then[6:] == first[:2] else None


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
