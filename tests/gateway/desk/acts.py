"""What tests of the desk do again and again: file, decide, look, and be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from gateway.commands import Decide
from gateway.errors import RequestRefusedError

Town = Any


def without_seal(town: Town, seal: str) -> None:
    """Have the configuration name m-1 without a seal, as after it was moved elsewhere."""
    with town.store.transaction() as transaction:
        machines = tuple(
            structs.replace(one, seals=tuple(name for name in one.seals if name != seal))
            if one.machine == "m-1"
            else one
            for one in transaction.machines()
        )
        transaction.set_directory(transaction.villages(), machines)


def filed(town: Town, **fields: Any) -> str:
    one = town.file(**fields)
    town.submit(one)
    return str(one.sha256)


def decide(town: Town, request: str, by: str, decision: Any = "approve", **fields: Any) -> Any:
    note = "" if decision == "approve" else "请补正"
    return town.order(Decide(by=by, request=request, decision=decision, note=note, **fields))


def permits(town: Town) -> Any:
    with town.store.reader() as reader:
        return reader.permits()


def state(town: Town, request: str) -> tuple[str, str]:
    with town.store.reader() as reader:
        view = reader.request(request)
    assert view is not None
    return view.state, view.reason


def refused(town: Town, reason: str, act: Callable[[], object]) -> None:
    before = len(town.entries())
    with pytest.raises(RequestRefusedError) as caught:
        act()
    assert caught.value.reason == reason
    assert len(town.entries()) == before
