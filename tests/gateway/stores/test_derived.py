"""Derived rows: what follows from the entries, and that replaying them gives the same."""

from __future__ import annotations

from typing import Any

from gateway.commands import Decide, Delegate, OpenCase, ReleaseHold, RevokePermit
from gateway.commands_custody import AskHatch, PermitHatch
from gateway.stores.views import Alert, Finding
from ledger import codec, envelope
from ledger.chain import Head
from ledger.records import CountStatement, Start, Void
from ledger.records_custody import Hatch
from ledger.records_retention import Erasure
from ledger.topics import Leaf

Town = Any


def test_detail_gathers_what_belongs_to_a_use(desk: Town) -> None:
    permit = _permit(desk)
    machine = desk.machines["m-1"]
    intent, use = desk.use(permit)
    desk.take(machine.message(intent), machine.message(use))

    with desk.store.reader() as reader:
        detail = reader.detail(reader.size() - 1)

    assert detail is not None
    roles = [one.role for one in detail.related]
    assert roles == ["previous", "request", "approval", "permit", "intent"]
    assert [(one.role, one.stored_ms) for one in detail.photos] == [
        ("before", None),
        ("after", None),
    ]


def test_spending_counts_uses_and_bounds_until_somebody_counted(desk: Town) -> None:
    permit = _permit(desk)
    machine = desk.machines["m-1"]
    intent, _ = desk.use(permit)
    desk.take(machine.message(intent))

    def spent() -> tuple[int, int]:
        with desk.store.reader() as reader:
            view = reader.permit(permit)
        assert view is not None
        return view.spent, view.reserved

    reserved = spent()
    machine.head = codec_head(machine, machine.raws[-2])
    machine.raws.pop()
    incident = desk.incident(codec.decode_entry(*_parts(intent)).sha256)
    desk.take(machine.message(incident))
    bounded = spent()
    hold = machine.head.sha256
    counted_raw = machine.sign(CountStatement(incident=hold, impressions=1, by="clerk-1"))
    desk.take(machine.message(counted_raw))
    counted = spent()
    desk.order(ReleaseHold(by="chief", hold=hold, impressions=0))

    assert (reserved, bounded, counted, spent()) == ((0, 1), (2, 0), (1, 0), (0, 0))


def test_void_gives_the_reserved_impression_back(desk: Town) -> None:
    permit = _permit(desk)
    machine = desk.machines["m-1"]
    intent, _ = desk.use(permit)
    machine.head = codec_head(machine, intent)
    void = machine.sign(Void(intent=machine.head.sha256, evidence="grant-not-sent"))

    desk.take(machine.message(intent), machine.message(void))

    with desk.store.reader() as reader:
        view = reader.permit(permit)
    assert view is not None and (view.spent, view.reserved) == (0, 0)


def test_machine_cannot_count_another_machines_incident_away(desk: Town) -> None:
    permit = _permit(desk)
    one, other = desk.machines["m-1"], desk.machines["m-2"]
    intent, _ = desk.use(permit)
    one.head = codec_head(one, intent)
    incident = desk.incident(one.head.sha256)
    desk.take(one.message(intent), one.message(incident))

    false = other.sign(CountStatement(incident=one.head.sha256, impressions=0, by="clerk-1"))
    desk.take(other.message(false))

    with desk.store.reader() as reader:
        view = reader.permit(permit)
    assert view is not None and view.spent == 2


def test_machine_view_follows_what_came(town: Town) -> None:
    machine = town.machines["m-1"]
    with town.store.reader() as reader:
        fresh = reader.machine("m-1")
    assert fresh is not None
    assert (fresh.seq, fresh.head, fresh.heartbeat) == (0, machine.signer.record_sha256, None)

    town.take(machine.message(machine.beat()), machine.message(town.incident()))
    with town.store.transaction() as transaction:
        transaction.add_connected(5000)

    with town.store.reader() as reader:
        view = reader.machine("m-1")
    assert view is not None and view.heartbeat is not None
    assert (view.seq, view.head) == (2, machine.head.sha256)
    assert (view.online, view.connected_ms) == (True, 5000)
    assert view.holds == (machine.head.sha256,)
    assert view.village_name == "甲村"


def test_photo_waits_for_connected_time_only(desk: Town) -> None:
    machine = desk.machines["m-1"]
    desk.take(machine.message(desk.incident()), machine.message(desk.use("p-1")[0]))
    raw = machine.raws[-1]
    with desk.store.transaction() as transaction:
        transaction.add_connected(1000)
    desk.take(machine.message(raw))
    desk.take(machine.message(b'{"online":false}', Leaf.STATUS))

    with desk.store.transaction() as transaction:
        transaction.add_connected(9000)
    desk.take(machine.message(b'{"online":true}', Leaf.STATUS))
    with desk.store.transaction() as transaction:
        transaction.add_connected(50)

    with desk.store.reader() as reader:
        assert {one.waited_ms for one in reader.pending_photos("m-1")} == {50}
        assert reader.pending_photos("m-2") == ()


def test_rebuilding_gives_the_same_derived_rows(desk: Town) -> None:
    _everything(desk)
    before = desk.store.derived()
    empty = [name for name, rows in before.items() if not rows]

    desk.store.rebuild()

    assert empty == [], "the scene must fill every derived table, or this test proves too little"
    assert desk.store.derived() == before


def test_rebuilding_repairs_a_derived_row_that_was_changed(desk: Town) -> None:
    _everything(desk)
    before = desk.store.derived()
    with desk.store.transaction() as transaction:
        transaction._tables.run("UPDATE spending SET impressions = 99")
        transaction._tables.run("DELETE FROM requests")

    desk.store.rebuild()

    assert desk.store.derived() == before


def codec_head(machine: Any, raw: bytes) -> Head:
    """Return the machine's head as it was after this entry."""
    entry = codec.decode_entry(*_parts(raw))
    return Head(
        party="device",
        author=machine.name,
        epoch=1,
        seq=entry.position.seq,
        sha256=entry.sha256,
        at_ms=entry.position.at_ms,
    )


def _permit(town: Town) -> str:
    filed = town.file()
    town.submit(filed)
    town.order(Decide(by="chair", request=filed.sha256, decision="approve", note=""))
    with town.store.reader() as reader:
        found: str = reader.permits()[0].permit
    return found


def _everything(town: Town) -> None:
    """Let happen what fills every derived table."""
    town.account("auditor", "auditor")
    machine = town.machines["m-1"]
    town.take(
        machine.message(
            machine.sign(
                Start(version="1", controller="A", strokes={}, reason="started"), town.now_ms
            )
        ),
        machine.message(machine.beat()),
    )
    permit = _permit(town)
    intent, use = town.use(permit)
    town.take(machine.message(intent), machine.message(use))
    intent, _ = town.use(permit, n=2)
    machine.head = codec_head(machine, intent)
    incident = town.incident(machine.head.sha256)
    town.take(machine.message(intent), machine.message(incident))
    town.order(ReleaseHold(by="chief", hold=machine.head.sha256, impressions=1))
    town.order(RevokePermit(by="chief", permit=permit, reason="mistake"))
    town.account("deputy")
    week_ms = town.now_ms + 7 * 24 * 3600 * 1000
    town.order(
        Delegate(
            by="chair",
            substitute="deputy",
            offices=("approver",),
            from_ms=town.now_ms,
            until_ms=week_ms,
        )
    )
    refused = town.file("F-1")
    town.take(machine.message(refused.raw))
    alert = Alert(
        code="test",
        severity="yellow",
        machine="m-1",
        entry=refused.sha256,
        finding=Finding(key="finding.test", values={}),
        key="k",
    )
    with town.store.transaction() as transaction:
        town.log.raise_alert(transaction, alert, town.now_ms)
        name = transaction.alerts()[0].alert
    town.order(OpenCase(by="auditor", alert=name, note="see"))
    _open_a_hatch(town)
    erased = town.file()
    town.submit(erased)
    wish: dict[str, Any] = {"entries": (erased.sha256,), "what": "opening", "cause": "court"}
    with town.store.transaction() as transaction:
        asked = Erasure(**wish, step="asked", asked=None, by="auditor")
        entry = town.log.append(transaction, asked, town.now_ms)
        done = Erasure(**wish, step="done", asked=entry.sha256, by="chief")
        town.log.append(transaction, done, town.now_ms)
        transaction.erase_opening(erased.sha256, town.now_ms)


def _open_a_hatch(town: Town) -> None:
    machine = town.machines["m-1"]
    asked = AskHatch(
        by="chief", machine="m-1", seal="committee", purpose="service", days=1, reason="ink"
    )
    permit = str(town.order(asked).answer)
    town.order(PermitHatch(by="auditor", permit=permit))
    opened = Hatch(
        step="opened",
        permit=permit,
        seal="committee",
        purpose="service",
        by="clerk-1",
        second="keeper-1",
        strokes_before=1,
    )
    town.take(machine.message(machine.sign(opened, town.now_ms)))


def _parts(raw: bytes) -> tuple[str, bytes]:
    parsed = envelope.parse(raw)
    return parsed.payload_type, parsed.payload
