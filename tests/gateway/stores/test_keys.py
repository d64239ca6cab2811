"""What the store knows for the keys: the newest entry of some kinds, and a machine's key."""

from __future__ import annotations

from typing import Any

Town = Any


def test_newest_entry_of_kinds_is_found_by_index_and_hash(town: Town) -> None:
    machine = town.machines["m-1"]
    with town.store.reader() as reader:
        before = reader.newest_of(("heartbeat",))
    town.take(*(machine.message(machine.beat()) for _ in range(3)))

    with town.store.reader() as reader:
        found = reader.newest_of(("heartbeat", "founding"))
        none = reader.newest_of(("founding", "enrolment"))

    assert before is None
    assert found == (2, machine.head.sha256)
    assert none is None


def test_key_of_a_configured_machine_is_noted_and_of_no_other(town: Town) -> None:
    with town.store.transaction() as transaction:
        transaction.set_key("m-1", "ab" * 32, 4, "cd" * 32)
        transaction.set_key("m-9", "ab" * 32, 4, "cd" * 32)

    with town.store.reader() as reader:
        view, none = reader.machine("m-1"), reader.machine("m-9")

    assert (view.keyid, view.epoch, view.head) == ("ab" * 32, 4, "cd" * 32)
    assert none is None
