"""Inbox: bounded, and what found no room comes again."""

from __future__ import annotations

import pytest

from device.inbox import Inbox
from ledger.bus import Message
from sim.bus import SimBroker, SimBus


@pytest.fixture
def broker() -> SimBroker:
    return SimBroker(seed=1)


@pytest.fixture
def bus(broker: SimBroker) -> SimBus:
    return broker.bus("m-1")


def test_a_message_without_room_is_not_done_before_there_is_room(
    broker: SimBroker, bus: SimBus
) -> None:
    inbox: Inbox[str] = Inbox(bus, size=2)
    bus.subscribe("t/#", 1)
    bus.start(inbox.message, inbox.linked)
    broker.pump()
    inbox.offer("one")
    inbox.offer("two")
    broker.bus("gw-1").start(lambda _: None, lambda _: None)
    broker.pump()
    broker.bus("gw-1").publish("t/1", b"permit")
    broker.pump()

    full = inbox.ask_again()
    inbox.take(0)
    roomy = inbox.ask_again()

    assert (full, roomy) == (False, True)
    assert not inbox.ask_again()
    broker.cut("m-1")
    broker.mend("m-1")
    broker.pump()
    assert inbox.take(0) == "two"
    assert inbox.take(0) is None  # the broker forgot it: it is asked for, not redelivered


def test_a_message_that_nothing_could_note_stays_with_the_broker(
    broker: SimBroker, bus: SimBus
) -> None:
    inbox: Inbox[str] = Inbox(bus, size=1)
    bus.subscribe("t/#", 1)
    bus.start(inbox.message, inbox.linked)
    gateway = broker.bus("gw-1")
    gateway.start(lambda _: None, lambda _: None)
    broker.pump()
    inbox.offer("one")
    for n in (1, 2):
        gateway.publish(f"t/{n}", b"permit")
    broker.pump()
    inbox.take(0)

    inbox.ask_again()
    broker.cut("m-1")
    broker.mend("m-1")
    broker.pump()

    found = inbox.take(0)
    assert isinstance(found, Message)
    assert found.topic == "t/2"


def test_an_offer_to_a_full_inbox_is_refused(bus: SimBus) -> None:
    inbox: Inbox[str] = Inbox(bus, size=1)

    assert (inbox.offer("one"), inbox.offer("two")) == (True, False)


def test_the_link_is_known_however_full_the_inbox_is(bus: SimBus) -> None:
    inbox: Inbox[str] = Inbox(bus, size=1)
    inbox.offer("one")

    inbox.linked(True)
    came = inbox.link_changed()
    same = inbox.link_changed()
    inbox.linked(False)
    inbox.linked(True)
    again = inbox.link_changed()

    assert came is not None and came.online
    assert same is None
    assert again is not None and again.online
