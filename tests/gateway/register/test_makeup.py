"""A request that makes up for a faint use is taken only where the use is of its own kind."""

from __future__ import annotations

from typing import Any

import pytest

Town = Any


def used(town: Town, machine: str = "m-1") -> str:
    """Have a machine say that it used a seal, and return the use's hash."""
    one = town.machines[machine]
    for raw in town.use("p-1", machine):
        town.take(one.message(raw))
    return str(one.head.sha256)


def state(town: Town, **fields: Any) -> tuple[str, str]:
    filed = town.file(**fields)
    town.submit(filed)
    with town.store.reader() as reader:
        view = reader.request(filed.sha256)
    return view.state, view.reason


def test_request_that_makes_up_for_a_use_is_linked_to_it(desk: Town) -> None:
    use = used(desk)

    assert state(desk, makes_up=use)[0] == "open"

    with desk.store.reader() as reader:
        asked = desk.entries()[-1].index
        first = reader.entry(use).index
        assert asked in {one.index for one in reader.detail(use).related}
        assert first in {one.index for one in reader.detail(asked).related}


@pytest.mark.parametrize("named", ["a" * 64, ""])
def test_request_that_makes_up_for_no_use_is_refused(desk: Town, named: str) -> None:
    used(desk)
    intent = next(one.sha256 for one in desk.entries() if one.kind == "intent")

    assert state(desk, makes_up=named or intent) == ("refused", "makeup-unfit")


def test_use_of_another_machine_or_item_is_not_made_up_for(desk: Town) -> None:
    other = used(desk, "m-2")
    own = used(desk)

    assert state(desk, makes_up=other) == ("refused", "makeup-unfit")
    assert state(desk, makes_up=own, matter="D-1") == ("refused", "makeup-unfit")
