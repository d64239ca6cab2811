"""The writer's tick: a request that nobody decided in time lapses, and its machine hears of it."""

from __future__ import annotations

from typing import Any

from gateway.commands import DraftPolicy, ReleasePolicy
from gateway.register.erasing import Eraser
from gateway.register.vault import Vault
from gateway.writer import Clock, Writer
from ledger import codec, envelope, topics
from ledger.records import Refusal
from sim.bus import SimBroker, SimBus

Town = Any
TOWNSHIP = "330109110000"
DAY_MS = 24 * 3600 * 1000
POLICY = """name = "n"
source = "s"
lapse_days = 10
[[otherwise]]
approvals = [{ offices = ["approver"] }]
"""


def writer_of(town: Town, bus: SimBus) -> Writer:
    """Return the town's writer on the test's own thread; its clock is the town's."""
    return Writer(
        town.store,
        bus,
        town.log,
        town.public,
        town.intake,
        town.orders,
        lambda history, now_ms: (),
        TOWNSHIP,
        ("便民服务中心", "0571-00000000"),
        Clock(lambda: town.now_ms),
        lambda: False,
        Eraser(town.store, Vault(town.folder / "photos", town.open_sealed), town.folder / "in"),
    )


def test_a_tick_after_the_last_day_refuses_the_request_and_tells_the_machine(desk: Town) -> None:
    desk.account("checker", "auditor")
    desk.order(DraftPolicy(by="chief", file=POLICY.encode(), from_date="2020-01-01"))
    desk.order(ReleasePolicy(by="checker", version=1))
    filed = desk.file()
    desk.submit(filed)
    broker = SimBroker(1)
    heard: list[Any] = []
    machine = broker.bus("m-1")
    for topic_filter, qos in topics.filters("down", TOWNSHIP, "m-1").items():
        machine.subscribe(topic_filter, qos)
    machine.start(lambda message: (heard.append(message), machine.done(message)), lambda up: None)
    bus = broker.bus("gw-1")
    writer = writer_of(desk, bus)
    bus.start(bus.done, writer.link)
    broker.pump()
    desk.now_ms += 10 * DAY_MS - 1000
    writer.tick()
    broker.pump()
    waiting = sum("answer" in one.topic for one in heard)

    desk.now_ms += 2000
    writer.tick()
    writer.tick()
    broker.pump()

    entry = desk.entries()[-1]
    assert waiting == 0
    assert isinstance(entry.body, Refusal)
    assert (entry.body.about, entry.body.reason, entry.body.by) == (filed.sha256, "lapsed", None)
    (message,) = [one for one in heard if "/answer/" in one.topic]
    parts = envelope.parse(message.payload)
    assert codec.decode_entry(parts.payload_type, parts.payload).sha256 == entry.sha256
    with desk.store.reader() as reader:
        assert reader.request(filed.sha256).state == "refused"
