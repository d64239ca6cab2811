"""Reading villages and machines from SQLite: one query for each aspect, however many there are."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.stores.sqlite_entries import EntryQueries
from gateway.stores.views import Gap, MachineView, StoredEntry, VillageView
from ledger.records import Heartbeat

_MACHINE = "SELECT machine, village, seals, keepers, keyid, epoch, genesis FROM machines"
_VILLAGE = "SELECT village, name, places FROM villages"
_THESE = "machine IN (SELECT value FROM json_each(?))"


class MachineQueries(EntryQueries):
    """See `gateway.stores.DeskReader`."""

    def villages(self) -> tuple[VillageView, ...]:
        return self._villages(self._tables.rows(f"{_VILLAGE} ORDER BY 1"))

    def village(self, village: str) -> VillageView | None:
        rows = self._tables.rows(f"{_VILLAGE} WHERE village = ?", village)
        return self._villages(rows)[0] if rows else None

    def is_machine(self, machine: str) -> bool:
        return self._tables.value("SELECT 1 FROM machines WHERE machine = ?", machine) is not None

    def machine(self, machine: str) -> MachineView | None:
        rows = self._tables.rows(f"{_MACHINE} WHERE machine = ?", machine)
        return self._machines(rows)[0] if rows else None

    def machines(self) -> tuple[MachineView, ...]:
        return self._machines(self._tables.rows(f"{_MACHINE} ORDER BY 1"))

    def _villages(self, rows: list[tuple[Any, ...]]) -> tuple[VillageView, ...]:
        machines: dict[str, list[str]] = {}
        for village, machine in self._tables.rows(
            "SELECT village, machine FROM machines"
            " WHERE village IN (SELECT value FROM json_each(?)) ORDER BY machine",
            names([row[0] for row in rows]),
        ):
            machines.setdefault(village, []).append(machine)
        return tuple(
            VillageView(
                village=village,
                name=name,
                places=msgspec.json.decode(places, type=dict[str, str]),
                machines=tuple(machines.get(village, ())),
            )
            for village, name, places in rows
        )

    def _machines(self, rows: list[tuple[Any, ...]]) -> tuple[MachineView, ...]:
        states = _States(self, [row[0] for row in rows])
        return tuple(states.view(row) for row in rows)

    def states_of(self, machines: list[str], sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on these machines, whose condition stands for `{these}`."""
        return self._tables.rows(sql.replace("{these}", _THESE), names(machines))


class _States:
    """What the store knows of some machines, fetched once."""

    def __init__(self, queries: MachineQueries, machines: list[str]) -> None:
        def rows(sql: str) -> dict[Any, tuple[Any, ...]]:
            return {row[0]: row[1:] for row in queries.states_of(machines, sql)}

        self._names = rows(
            "SELECT m.machine, v.name FROM machines m JOIN villages v USING (village)"
            " WHERE m.{these}"
        )
        self._heads = {
            (author, epoch): (seq, sha256)
            for author, epoch, seq, sha256 in queries.states_of(
                machines,
                "SELECT h.author, h.epoch, h.seq, h.sha256 FROM heads h JOIN machines m"
                " ON h.author = m.machine AND h.epoch = m.epoch"
                " WHERE h.party = 'device' AND m.{these}",
            )
        }
        self._latest = rows("SELECT machine, idx, heartbeat FROM latest WHERE {these}")
        self._links = rows(
            "SELECT machine, online, changed_ms, connected_ms FROM links WHERE {these}"
        )
        self._gaps = {
            row[0]: gap_of(row)
            for row in queries.states_of(
                machines,
                "SELECT machine, epoch, head_seq, seen_seq, since_ms FROM gaps WHERE {these}",
            )
        }
        self._pending = rows(
            "SELECT r.machine, count(*) FROM photo_refs r LEFT JOIN photos p USING (sealed_sha256)"
            " WHERE r.{these} AND p.stored_ms IS NULL AND r.role <> 'specimen' GROUP BY r.machine"
        )
        self._holds: dict[str, list[str]] = {}
        for machine, hold in queries.states_of(
            machines,
            "SELECT machine, hold FROM holds WHERE {these} AND release IS NULL ORDER BY idx",
        ):
            self._holds.setdefault(machine, []).append(hold)
        wanted = {index for pair in self._latest.values() for index in pair if index is not None}
        self._entries = queries.entries_at(wanted)

    def view(self, row: tuple[Any, ...]) -> MachineView:
        machine, village, seals, keepers, keyid, epoch, genesis = row
        seq, head = self._heads.get((machine, epoch), (0, genesis))
        last, beat = self._last(machine)
        heartbeat = beat.body if beat is not None and isinstance(beat.body, Heartbeat) else None
        online, changed_ms, connected_ms = self._links.get(machine, (False, None, 0))
        return MachineView(
            machine=machine,
            village=village,
            village_name=self._names.get(machine, ("",))[0],
            seals=words(seals),
            keepers=words(keepers),
            keyid=keyid,
            epoch=epoch,
            seq=seq,
            head=head,
            at_ms=None if last is None else last.position.at_ms,
            received_ms=None if last is None else last.received_ms,
            online=bool(online),
            online_changed_ms=changed_ms,
            connected_ms=connected_ms,
            heartbeat=heartbeat,
            heartbeat_ms=None if beat is None else beat.position.at_ms,
            waiting=0 if heartbeat is None else heartbeat.waiting,
            photos_pending=self._pending.get(machine, (0,))[0],
            holds=tuple(self._holds.get(machine, ())),
            gap=self._gaps.get(machine),
        )

    def _last(self, machine: str) -> tuple[StoredEntry | None, StoredEntry | None]:
        """Return a machine's last entry and last heartbeat."""
        last, beat = self._latest.get(machine, (None, None))
        return self._entries.get(last), self._entries.get(beat)


def gap_of(row: tuple[Any, ...]) -> Gap:
    """Return the gap of a row."""
    machine, epoch, head_seq, seen_seq, since_ms = row
    return Gap(
        machine=machine, epoch=epoch, head_seq=head_seq, seen_seq=seen_seq, since_ms=since_ms
    )


def words(text: str) -> tuple[str, ...]:
    """Return the words of a column that holds several."""
    return msgspec.json.decode(text, type=tuple[str, ...])


def names(values: object) -> str:
    """Return values as one parameter for `json_each`: their number has no bound there."""
    return msgspec.json.encode(values).decode()
