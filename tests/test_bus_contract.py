"""Every bus keeps the contract of ledger.bus: in memory, nats-server, Debian's mosquitto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.broker import Broker
from gateway.broker import Options as BrokerOptions
from gateway.broker_config import User
from ledger.bus import Bus, Message
from ledger.mqtt import Options, connect
from sim.bus import SimBroker
from sim.inbox import Inbox
from sim.mosquitto import Mosquitto
from sim.waiting import until

PASSWORD = "p" * 24


class Wire:
    """A broker and the way to reach it; ends all its buses at the end of the test."""

    def __init__(self, make: Callable[[str], Bus], pump: Callable[[], object]) -> None:
        self._make = make
        self.pump = pump
        self._buses: list[Bus] = []

    def bus(self, client_id: str) -> Bus:
        bus = self._make(client_id)
        self._buses.append(bus)
        return bus

    def linked(self, client_id: str, *filters: str, qos: int = 1) -> tuple[Bus, Inbox]:
        bus, inbox = self.bus(client_id), Inbox()
        for name in filters:
            bus.subscribe(name, qos)
        bus.start(inbox.on_message, inbox.on_link)
        self.wait(inbox, lambda box: box.links == [True])
        return bus, inbox

    def wait(self, inbox: Inbox, ready: Callable[[Inbox], bool]) -> None:
        self.pump()
        inbox.wait(ready)

    def stop(self) -> None:
        for bus in self._buses:
            bus.stop()


def _sim(_: Path) -> Iterator[Wire]:
    broker = SimBroker(seed=1)
    yield Wire(broker.bus, broker.pump)


def _nats(folder: Path) -> Iterator[Wire]:
    broker = Broker(BrokerOptions(state_dir=folder, users=(User(name="all", password=PASSWORD),)))
    secret = folder.parent / "password"
    secret.touch(0o600)
    secret.write_text(PASSWORD)
    broker.start()
    yield Wire(
        lambda name: connect(
            Options(url=broker.url, client_id=name, username="all", password_file=secret)
        ),
        lambda: None,
    )
    broker.stop()


def _mosquitto(folder: Path) -> Iterator[Wire]:
    folder.mkdir()
    broker = Mosquitto(folder)
    broker.start()
    yield Wire(lambda name: connect(Options(url=broker.url, client_id=name)), lambda: None)
    broker.stop()


WORLDS = {"sim": _sim, "nats": _nats, "mosquitto": _mosquitto}


@pytest.fixture(
    params=[
        "sim",
        "nats",
        pytest.param("mosquitto", marks=pytest.mark.broker),
    ]
)
def wire(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wire]:
    world = WORLDS[request.param](tmp_path / "broker")
    wire = next(world)
    yield wire
    wire.stop()
    next(world, None)


def test_message_arrives_with_topic_payload_and_token(wire: Wire) -> None:
    _, inbox = wire.linked("receiver", "a/b")
    sender, _ = wire.linked("sender")

    taken = sender.publish("a/b", b"\x00\xff", qos=1)

    assert taken is True
    wire.wait(inbox, lambda box: len(box.messages) == 1)
    assert inbox.messages[0].topic == "a/b"
    assert inbox.messages[0].payload == b"\x00\xff"
    assert inbox.messages[0].token != 0


def test_qos_0_message_needs_no_done(wire: Wire) -> None:
    bus, inbox = wire.linked("receiver", "a/b", qos=0)
    sender, _ = wire.linked("sender")

    sender.publish("a/b", b"x", qos=0)

    wire.wait(inbox, lambda box: len(box.messages) == 1)
    assert inbox.messages[0].token == 0
    bus.done(inbox.messages[0])


def test_publish_is_refused_before_start_and_never_sent_later(wire: Wire) -> None:
    _, inbox = wire.linked("receiver", "#")
    sender = wire.bus("sender")

    refused = [sender.publish("a", b"early", qos=qos) for qos in (0, 1)]
    box = Inbox()
    sender.start(box.on_message, box.on_link)
    wire.wait(box, lambda box: box.links == [True])
    sender.publish("a", b"late")

    wire.wait(inbox, lambda box: b"late" in box.payloads)
    assert refused == [False, False]
    assert inbox.payloads == [b"late"]


def test_subscription_made_while_linked_takes_effect(wire: Wire) -> None:
    bus, inbox = wire.linked("receiver", "a")
    sender, own = wire.linked("sender", "b/+")
    sender.publish("b/c", b"kept", retain=True)
    wire.wait(own, lambda box: box.payloads == [b"kept"])

    bus.subscribe("b/+", 1)

    wire.wait(inbox, lambda box: box.payloads == [b"kept"])


def test_retained_message_reaches_a_later_subscriber_until_cleared(wire: Wire) -> None:
    sender, own = wire.linked("sender", "permit/#")
    sender.publish("permit/1", b"one", retain=True)
    sender.publish("permit/2", b"two", retain=True)
    sender.publish("permit/1", b"", retain=True)
    wire.wait(own, lambda box: len(box.messages) == 3)

    _, inbox = wire.linked("receiver", "permit/#")

    wire.wait(inbox, lambda box: len(box.messages) >= 1)
    assert inbox.payloads == [b"two"]


def test_retained_message_comes_again_when_it_is_asked_for_again(wire: Wire) -> None:
    bus, inbox = wire.linked("receiver", "permit/#")
    bus.publish("permit/1", b"one", retain=True)
    wire.wait(inbox, lambda box: box.payloads == [b"one"])

    def came_again() -> bool:  # nats-server keeps a message a moment after it has delivered it
        bus.subscribe("permit/#", 1)
        wire.pump()
        return len(inbox.payloads) > 1

    until("the retained message again", came_again, 15.0)
    assert set(inbox.payloads) == {b"one"}


def test_filters_with_wildcards_select_levels(wire: Wire) -> None:
    _, inbox = wire.linked("receiver", "v/+/entry", "v/1/photo/#")
    sender, _ = wire.linked("sender")

    for topic in ("v/1/status", "v/entry", "v/1/entry/2", "v/2/photo/x", "w/1/entry"):
        sender.publish(topic, b"no")
    for topic in ("v/1/entry", "v/2/entry", "v/1/photo", "v/1/photo/a/0"):
        sender.publish(topic, b"yes")

    wire.wait(inbox, lambda box: len(box.messages) >= 4)
    topics = {message.topic for message in inbox.messages}  # order holds within one filter only
    assert topics == {"v/1/entry", "v/2/entry", "v/1/photo", "v/1/photo/a/0"}


def test_order_is_kept_and_done_makes_room_for_more_than_one_window(wire: Wire) -> None:
    receiver, inbox = wire.bus("receiver"), Inbox()

    def take(message: Message) -> None:
        inbox.on_message(message)
        receiver.done(message)

    receiver.subscribe("n", 1)
    receiver.start(take, inbox.on_link)
    wire.wait(inbox, lambda box: box.links == [True])
    sender, _ = wire.linked("sender")

    taken = [sender.publish("n", b"%d" % number) for number in range(400)]

    wire.wait(inbox, lambda box: len(box.messages) >= 400)
    assert all(taken)
    assert inbox.payloads == [b"%d" % number for number in range(400)]


def test_payload_of_a_mebibyte_arrives_whole(wire: Wire) -> None:
    _, inbox = wire.linked("receiver", "big")
    sender, _ = wire.linked("sender")
    payload = bytes(range(256)) * 4096

    sender.publish("big", payload)

    wire.wait(inbox, lambda box: len(box.messages) == 1)
    assert inbox.payloads == [payload]


def test_done_twice_and_done_of_a_foreign_message_are_harmless(wire: Wire) -> None:
    bus, inbox = wire.linked("receiver", "a")
    sender, _ = wire.linked("sender")
    sender.publish("a", b"1")
    wire.wait(inbox, lambda box: len(box.messages) == 1)

    bus.done(inbox.messages[0])
    bus.done(inbox.messages[0])
    bus.done(Message("a", b"1", token=12345 << 16 | 1))
    sender.publish("a", b"2")

    wire.wait(inbox, lambda box: box.payloads == [b"1", b"2"])


def test_stopped_bus_tells_the_link_went_and_refuses(wire: Wire) -> None:
    bus, inbox = wire.linked("receiver", "a")

    bus.stop()

    wire.wait(inbox, lambda box: box.links == [True, False])
    assert bus.publish("a", b"x") is False
    bus.stop()


def test_stop_before_start_is_harmless(wire: Wire) -> None:
    wire.bus("receiver").stop()
