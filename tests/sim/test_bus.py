"""The in-memory bus: its faults strike as often as told, by seed, and QoS 1 waits for done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.bus import Message
from sim.bus import SimBroker, SimBus, matches
from sim.inbox import Inbox


def _linked(broker: SimBroker, client_id: str, *filters: str) -> tuple[SimBus, Inbox]:
    bus, inbox = broker.bus(client_id), Inbox()
    for name in filters:
        bus.subscribe(name, 1)
    bus.start(inbox.on_message, inbox.on_link)
    broker.pump()
    return bus, inbox


def _sent(broker: SimBroker, count: int) -> tuple[list[int], SimBus]:
    """Send numbers to a receiver; return what it got, in its order, and the receiver."""
    receiver, inbox = _linked(broker, "receiver", "n")
    sender, _ = _linked(broker, "sender")
    for number in range(count):
        assert sender.publish("n", b"%d" % number)
    broker.pump()
    return [int(payload) for payload in inbox.payloads], receiver


def test_nothing_arrives_before_the_pump() -> None:
    broker = SimBroker(seed=1)
    _, inbox = _linked(broker, "receiver", "a")
    sender, _ = _linked(broker, "sender")

    sender.publish("a", b"x")

    assert inbox.messages == []
    assert broker.pump() == 1
    assert inbox.payloads == [b"x"]


def test_dropped_messages_are_gone_and_in_the_trace() -> None:
    broker = SimBroker(seed=7, drop=0.3)

    got, _ = _sent(broker, 1000)

    dropped = [stroke for stroke in broker.trace if stroke.fault == "drop"]
    assert len(got) == 1000 - len(dropped)
    assert 200 < len(dropped) < 400
    assert got == sorted(set(got))


def test_repeated_messages_come_twice() -> None:
    broker = SimBroker(seed=7, repeat=0.3)

    got, _ = _sent(broker, 1000)

    repeated = len(broker.trace)
    assert 200 < repeated < 400
    assert len(got) == 1000 + repeated
    assert set(got) == set(range(1000))


def test_reordered_messages_all_come_but_in_another_order() -> None:
    broker = SimBroker(seed=7, reorder=0.3)

    got, _ = _sent(broker, 1000)

    assert got != sorted(got)
    assert sorted(got) == list(range(1000))
    assert 200 < len(broker.trace) < 400


def test_same_seed_does_the_same_again() -> None:
    first = _sent(SimBroker(seed=3, drop=0.2, repeat=0.2, reorder=0.2), 300)[0]
    again = _sent(SimBroker(seed=3, drop=0.2, repeat=0.2, reorder=0.2), 300)[0]
    other = _sent(SimBroker(seed=4, drop=0.2, repeat=0.2, reorder=0.2), 300)[0]

    assert first == again
    assert first != other


def test_retained_message_survives_a_drop() -> None:
    broker = SimBroker(seed=1, drop=1.0)
    sender, _ = _linked(broker, "sender")
    sender.publish("list", b"the list", retain=True)

    _, inbox = _linked(broker, "later", "list")

    assert inbox.payloads == [b"the list"]


def test_message_not_done_comes_again_after_a_cut() -> None:
    broker = SimBroker(seed=1)
    receiver, inbox = _linked(broker, "receiver", "a")
    sender, _ = _linked(broker, "sender")
    sender.publish("a", b"1")
    sender.publish("a", b"2")
    broker.pump()
    receiver.done(inbox.messages[0])

    broker.cut("receiver")
    broker.pump()
    broker.mend("receiver")
    broker.pump()

    assert inbox.payloads == [b"1", b"2", b"2"]
    assert inbox.links == [True, False, True]


def test_token_of_an_earlier_link_does_nothing() -> None:
    broker = SimBroker(seed=1)
    receiver, inbox = _linked(broker, "receiver", "a")
    sender, _ = _linked(broker, "sender")
    sender.publish("a", b"1")
    broker.pump()
    old = inbox.messages[0]
    broker.cut("receiver")
    broker.mend("receiver")
    broker.pump()

    receiver.done(old)

    broker.cut("receiver")
    broker.mend("receiver")
    broker.pump()
    assert inbox.payloads == [b"1"] * 3


def test_publish_is_refused_while_cut_and_kept_for_a_receiver_that_is_cut() -> None:
    broker = SimBroker(seed=1)
    _, inbox = _linked(broker, "receiver", "a")
    sender, _ = _linked(broker, "sender")
    broker.cut()
    refused = sender.publish("a", b"lost")
    broker.mend("sender")
    broker.pump()

    taken = sender.publish("a", b"kept", qos=1)
    sender.publish("a", b"not kept", qos=0)

    broker.mend()
    broker.pump()
    assert (refused, taken) == (False, True)
    assert inbox.payloads == [b"kept"]


def test_broker_that_forgets_loses_sessions_and_retained_messages() -> None:
    broker = SimBroker(seed=1)
    _, inbox = _linked(broker, "receiver", "a", "list")
    sender, _ = _linked(broker, "sender")
    sender.publish("list", b"old", retain=True)
    broker.pump()

    broker.restart(keep=False)
    broker.pump()
    sender.publish("a", b"new")
    broker.pump()

    assert inbox.payloads == [b"old", b"new"]


def test_program_that_died_and_starts_again_gets_what_was_not_done() -> None:
    broker = SimBroker(seed=1)
    _linked(broker, "receiver", "a")
    sender, _ = _linked(broker, "sender")
    sender.publish("a", b"1")
    broker.pump()

    _, inbox = _linked(broker, "receiver", "a")

    assert inbox.payloads == [b"1"]
    assert inbox.links == [True]


def test_clients_that_answer_each_other_for_ever_are_found() -> None:
    broker = SimBroker(seed=1)
    bus = broker.bus("echo")
    bus.subscribe("a", 0)

    def echo(message: Message) -> None:
        bus.publish("a", message.payload, qos=0)

    bus.start(echo, lambda up: None)
    broker.pump()
    bus.publish("a", b"x", qos=0)

    with pytest.raises(RuntimeError, match="fall silent"):
        broker.pump()


@pytest.mark.parametrize(
    ("topic_filter", "topic", "covered"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/+", "a", False),
        ("+", "/a", False),
        ("+/+", "/a", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
    ],
)
def test_filters_cover_topics_as_mqtt_says(topic_filter: str, topic: str, covered: bool) -> None:
    assert matches(topic_filter, topic) is covered


LEVELS = st.lists(st.text("ab", min_size=0, max_size=2), min_size=1, max_size=4)


@given(LEVELS, st.data())
def test_filter_made_from_a_topic_covers_it(levels: list[str], data: st.DataObject) -> None:
    wild = [data.draw(st.sampled_from([level, "+"])) for level in levels]
    end = data.draw(st.integers(0, len(levels)))

    assert matches("/".join(wild), "/".join(levels))
    assert matches("/".join([*wild[:end], "#"]), "/".join(levels))
