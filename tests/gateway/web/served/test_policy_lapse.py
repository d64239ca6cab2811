"""A request that nobody decided lapses in the running gateway, days later."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.app import App, load_keys
from gateway.commands import Delegate
from gateway.stores import sqlite
from gateway.wiring import open_desk
from ledger.records import Refusal
from tests.gateway.web.served.policies import enact

DAY_MS = 24 * 3600 * 1000


def days_on(world: Any, days: int) -> None:
    """Stop the gateway and start it again as if it were so many days from now.

    Its clock never stands behind the last entry: one entry of that day is enough.
    """
    later_ms = world.now_ms() + days * DAY_MS
    world.app.stop()
    keys = load_keys(world.config)
    store = sqlite.connect(sqlite.Options(folder=world.config.state))
    desk = open_desk(world.config, keys, store)
    command = Delegate(
        by="zheng",
        substitute="wang",
        offices=("station",),
        from_ms=later_ms,
        until_ms=later_ms + DAY_MS,
    )
    with desk.public.transaction(store, later_ms) as transaction:
        desk.orders.carry_out(transaction, command, later_ms)
    world.store = store
    world.app = App(world.config, keys, store, world.broker.bus("gateway"))
    world.app.start()
    world.broker.pump()


@pytest.mark.slow
def test_a_request_lapses_and_the_filer_reads_it(
    world: Any, pages: Any, serve: Any, browse: Any
) -> None:
    enact(world)
    machine = world.machines["m-1"]
    request = world.waiting(machine, world.photo(pages[0][0]), amount=1)
    days_on(world, 14)
    world.settle()
    with world.app.reader() as reader:
        before = reader.request(request).state
    days_on(world, 16)

    view = world.until(lambda reader: (found := reader.request(request)).reason and found)

    assert before == "open"
    assert (view.state, view.reason) == ("refused", "lapsed")
    with world.app.reader() as reader:
        newest = next(one.body for one in reader.entries() if isinstance(one.body, Refusal))
    assert (newest.about, newest.by) == (request, None)
    console = browse(serve(world))  # of the gateway that runs now
    assert console.sign_in("li").status_code == 303
    assert "超过期限没有办结" in console.get("/filed").text
