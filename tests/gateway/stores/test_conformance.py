"""What every store must do; a new store is added to `open_store`."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from gateway.commands import Decide
from gateway.errors import StoreError
from gateway.stores import schema, sqlite
from gateway.stores.views import Alert, Finding, LogFilter, Signed
from ledger import chain, codec, envelope
from ledger.errors import ChainError

Town = Any


def signed(raw: bytes, received_ms: int = 1) -> Signed:
    parsed = envelope.parse(raw)
    payload = codec.decode_entry(parsed.payload_type, parsed.payload)
    return Signed(payload=payload, keyid=parsed.keyid, envelope=raw, received_ms=received_ms)


def test_entries_get_indices_in_order_and_are_found_by_index_hash_and_place(town: Town) -> None:
    machine = town.machines["m-1"]
    genesis = machine.head
    raws = [machine.beat(), machine.beat()]

    with town.store.transaction() as transaction:
        first = transaction.append(signed(raws[0]), genesis)
        head = chain.advance(genesis, signed(raws[0]).payload)
        second = transaction.append(signed(raws[1]), head)

    with town.store.reader() as reader:
        assert [first.index, second.index, reader.size()] == [0, 1, 2]
        assert reader.entry(1) == reader.entry(second.sha256) == second
        assert reader.entry_at("device", "m-1", 1, 1) == first
        assert reader.entry(7) is None
        assert reader.head("device", "m-1", 1) == machine.head


def test_append_refuses_a_head_that_has_moved(town: Town) -> None:
    machine = town.machines["m-1"]
    genesis = machine.head
    raw = machine.beat()
    machine.head = genesis
    other = machine.sign(codec.decode_entry(*_parts(raw)).body, at_ms=9)
    with town.store.transaction() as transaction:
        transaction.append(signed(raw), genesis)

    with (
        pytest.raises(StoreError, match="somebody else writes"),
        town.store.transaction() as transaction,
    ):
        transaction.append(signed(other), genesis)

    assert town.log_of("m-1") == [raw]


def test_append_refuses_a_head_that_has_moved_later_on(town: Town) -> None:
    machine = town.machines["m-1"]
    genesis = machine.head
    raws = [machine.beat() for _ in range(2)]
    first = codec.decode_entry(*_parts(raws[0]))
    machine.head = chain.advance(genesis, first)
    other = machine.sign(codec.decode_entry(*_parts(raws[1])).body, at_ms=9)
    with town.store.transaction() as transaction:
        transaction.append(signed(raws[0]), genesis)
        transaction.append(signed(raws[1]), chain.advance(genesis, first))

    with (
        pytest.raises(StoreError, match="somebody else writes"),
        town.store.transaction() as transaction,
    ):
        transaction.append(signed(other), chain.advance(genesis, first))

    assert town.log_of("m-1") == raws


def test_a_transaction_with_a_refused_entry_cannot_be_committed(town: Town) -> None:
    machine = town.machines["m-1"]
    genesis = machine.head
    raw = machine.beat()
    with town.store.transaction() as transaction:
        transaction.append(signed(raw), genesis)
    stale = chain.advance(genesis, codec.decode_entry(*_parts(raw)))
    second = machine.beat()
    with town.store.transaction() as transaction:
        transaction.append(signed(second), stale)
    newest, machine.head = machine.head, stale
    other = machine.sign(codec.decode_entry(*_parts(second)).body, at_ms=9)

    with pytest.raises(StoreError), town.store.transaction() as transaction:
        transaction.append(signed(other), stale)
        with pytest.raises(StoreError):
            transaction.head("device", "m-1", 1)

    machine.head = newest
    third = machine.beat()
    town.take(machine.message(third))  # nothing of the refused one is left
    assert town.log_of("m-1") == [raw, second, third]


def test_what_a_transaction_appends_it_reads_at_once(town: Town) -> None:
    machine = town.machines["m-1"]
    head = machine.head

    with town.store.transaction() as transaction:
        for n in range(1, 4):
            raw = machine.beat()
            entry = transaction.append(signed(raw), head)
            head = machine.head
            assert transaction.head("device", "m-1", 1).seq == n
            assert transaction.entry(entry.sha256).envelope == raw
            assert transaction.machine("m-1").seq == n


def test_append_refuses_an_entry_that_does_not_follow(town: Town) -> None:
    machine = town.machines["m-1"]
    genesis = machine.head
    machine.beat()
    raw = machine.beat()

    with pytest.raises(ChainError), town.store.transaction() as transaction:
        transaction.append(signed(raw), genesis)

    assert town.entries() == []


def test_transaction_that_fails_leaves_nothing(town: Town) -> None:
    machine = town.machines["m-1"]
    genesis = machine.head

    with pytest.raises(ZeroDivisionError), town.store.transaction() as transaction:
        transaction.append(signed(machine.beat()), genesis)
        raise ZeroDivisionError

    assert town.entries() == []
    assert all(rows == [] for rows in town.store.derived().values())


def test_reader_sees_one_snapshot_and_never_what_is_not_committed(town: Town) -> None:
    machine = town.machines["m-1"]
    genesis = machine.head
    with town.store.reader() as before:
        assert before.size() == 0
        with town.store.transaction() as transaction:
            transaction.append(signed(machine.beat()), genesis)
            assert transaction.size() == 1
            assert before.size() == 0
        inside = before.size()

    with town.store.reader() as after:
        assert (inside, after.size()) == (0, 1)


def test_each_thread_reads_with_its_own_connection(town: Town) -> None:
    town.take(town.machines["m-1"].message(town.machines["m-1"].beat()))
    sizes: list[int] = []

    def read() -> None:
        with town.store.reader() as reader:
            sizes.append(reader.size())

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sizes == [1] * 4


def test_everything_is_there_after_reopening(town: Town) -> None:
    town.take(town.machines["m-1"].message(town.machines["m-1"].beat()))
    before = town.store.derived()

    town.restart()

    assert town.store.derived() == before
    assert len(town.entries()) == 1


def test_second_writer_is_refused(town: Town) -> None:
    with pytest.raises(StoreError, match="running gateway"):
        town.connect()


def test_reader_without_a_writer_cannot_write(town: Town) -> None:
    store = sqlite.connect(sqlite.Options(folder=town.folder / "state", writable=False))

    with pytest.raises(StoreError, match="read-only"), store.transaction():
        pass
    with store.reader() as reader:
        assert reader.size() == 0
    store.close()


def test_store_of_another_version_is_refused(town: Town) -> None:
    with town.store.transaction() as transaction:
        transaction._tables.run("PRAGMA user_version = 99")
    town.store.close()

    with pytest.raises(StoreError, match="expected store version"):
        town.connect()

    connection = sqlite3.connect(town.folder / "state" / "gateway.sqlite")
    connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    connection.close()
    town.store = town.connect()


def test_full_disk_loses_nothing_and_takes_again_when_there_is_room(town: Town) -> None:
    machine = town.machines["m-1"]
    taken = machine.beat()
    town.take(machine.message(taken))
    with town.store.transaction() as transaction:
        limit = transaction._tables.value("PRAGMA page_count")
        transaction._tables.rows(f"PRAGMA max_page_count = {limit}")
    more = [machine.beat() for _ in range(400)]

    with pytest.raises(StoreError, match="FULL"):
        town.take(*(machine.message(raw) for raw in more))

    assert town.log_of("m-1") == [taken]
    with town.store.transaction() as transaction:
        transaction._tables.rows("PRAGMA max_page_count = 1000000")
    town.take(*(machine.message(raw) for raw in more))
    assert town.log_of("m-1") == [taken, *more]


def test_connections_of_ended_threads_are_used_again(town: Town) -> None:
    def read() -> None:
        with town.store.reader() as reader:
            reader.size()

    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    read()
    before = open_files()
    for _ in range(50):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()

    assert open_files() == before


def test_foreign_errors_come_out_as_store_errors(town: Town) -> None:
    with pytest.raises(StoreError), town.store.transaction() as transaction:
        transaction._tables.run("SELECT nonsense FROM nowhere")


def test_log_is_filtered_and_paged_newest_first(desk: Town) -> None:
    permit = _permit(desk)
    machine = desk.machines["m-1"]
    for n in (1, 2):
        desk.now_ms += 1000
        desk.take(*(machine.message(raw) for raw in desk.use(permit, n=n)))
    desk.take(desk.machines["m-2"].message(desk.machines["m-2"].beat()))

    with desk.store.reader() as reader:

        def kinds(**fields: Any) -> list[str]:
            return [one.kind for one in reader.entries(LogFilter(**fields))]

        assert kinds(machine="m-2") == ["heartbeat"]
        assert kinds(permit=permit) == ["use", "intent", "use", "intent", "permit"]
        assert kinds(permit=permit, kinds=("use",)) == ["use", "use"]
        assert kinds(flag="offline") == ["use", "use"]
        assert kinds(seal="committee", matters=("A-1", "none")) == [
            "use",
            "use",
            "permit",
            "request",
        ]
        assert kinds(from_ms=desk.now_ms, kinds=("use",)) == ["use"]
        assert kinds(to_ms=desk.now_ms - 500, kinds=("use",)) == ["use"]
        assert kinds(alert="any") == []
        assert reader.count_entries(LogFilter(kinds=("use",))) == 2
        everything = [one.index for one in reader.entries(limit=100)]
        first = reader.entries(limit=3)
        second = reader.entries(before=first[-1].index, limit=3)
        assert [one.index for one in (*first, *second)] == everything[:6]
        assert [one.index for one in reader.all_entries(2)] == list(range(2, reader.size()))


def test_items_are_found_by_a_part_of_their_name_in_any_version(desk: Town) -> None:
    desk.release(
        "code,name,verdict\nB-1,村民 户籍迁移,可以\nB-2,户籍证明,禁止\n", "national", "全国"
    )
    desk.release("code,name,verdict\nC-1,分户,可以\n", "national", "全国")

    with desk.store.reader() as reader:
        assert reader.matter_codes("户籍") == ("B-1", "B-2")
        assert reader.matter_codes(" 民户籍 ") == ("B-1",)
        assert reader.matter_codes("a-1") == ("A-1",)
        assert reader.matter_codes("A") == ()
        assert reader.matter_codes("，") == ()


def test_alerts_of_many_entries_are_those_of_each(desk: Town) -> None:
    machine = desk.machines["m-1"]
    hashes = []
    for n in range(3):
        desk.take(machine.message(machine.beat()))
        hashes.append(machine.head.sha256)
        with desk.store.transaction() as transaction:
            for rule in range(n):
                desk.log.raise_alert(transaction, _alert(machine.head.sha256, rule), desk.now_ms)

    with desk.store.reader() as reader:
        found = reader.alerts_about(hashes)
        alone = {one: reader.detail(one) for one in hashes}

    assert {name: len(alerts) for name, alerts in found.items()} == {hashes[1]: 1, hashes[2]: 2}
    for name, detail in alone.items():
        assert detail is not None and detail.alerts == found.get(name, ())
    assert [one.finding for one in found[hashes[2]]] == [
        Finding(key="finding.gap", values={"first": rule}) for rule in (0, 1)
    ]


def test_machines_together_are_told_as_each_alone(desk: Town) -> None:
    for machine in desk.machines.values():
        desk.take(machine.message(machine.beat()))
    one = desk.machines["m-1"]
    desk.take(one.message(desk.incident()))
    skipped, later = one.beat(), one.beat()
    desk.take(one.message(later))

    with desk.store.reader() as reader:
        together = reader.machines()
        assert together == tuple(reader.machine(view.machine) for view in together)

    first, second = together
    assert (first.seq, second.seq, first.holds) == (2, 1, (desk.entries()[-1].sha256,))
    assert first.gap is not None and second.gap is None and skipped
    assert (first.village_name, first.online, first.heartbeat) == ("甲村", True, second.heartbeat)


def _alert(entry: str, rule: int) -> Alert:
    return Alert(
        code="gap",
        severity="red",
        machine="m-1",
        entry=entry,
        finding=Finding(key="finding.gap", values={"first": rule}),
        key=f"{entry}/{rule}",
    )


def _permit(town: Town) -> str:
    filed = town.file()
    town.submit(filed)
    town.order(Decide(by="chair", request=filed.sha256, decision="approve", note=""))
    with town.store.reader() as reader:
        found: str = reader.permits()[0].permit
    return found


def _parts(raw: bytes) -> tuple[str, bytes]:
    parsed = envelope.parse(raw)
    return parsed.payload_type, parsed.payload
