"""The meddler strikes exactly the packets it was told to, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.broker import Broker, Options
from gateway.broker_config import User
from ledger.mqtt import MqttBus, connect
from ledger.mqtt import Options as BusOptions
from sim.inbox import Inbox
from sim.meddler import Meddler, Meddling, Struck

PASSWORD = "p" * 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broker")
    secret = folder / "password"
    secret.touch(0o600)
    secret.write_text(PASSWORD)
    return folder


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[Broker]:
    broker = Broker(Options(state_dir=folder, users=(User(name="all", password=PASSWORD),)))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def meddler(broker: Broker) -> Iterator[Meddler]:
    meddler = Meddler(broker.url, seed=5)
    meddler.start()
    yield meddler
    meddler.stop()


class Pair:
    """A machine behind the meddler and a gateway beside it, which hear all of `t/#`."""

    def __init__(self, machine_url: str, gateway_url: str, secret: Path) -> None:
        self.machine, self.heard_by_machine = self._linked(machine_url, "machine", secret)
        self.gateway, self.heard_by_gateway = self._linked(gateway_url, "gateway", secret)

    def _linked(self, url: str, name: str, secret: Path) -> tuple[MqttBus, Inbox]:
        bus = connect(
            BusOptions(
                url=url, client_id=name, username="all", password_file=secret, retry_min_s=0.05
            )
        )
        inbox = Inbox()
        bus.subscribe("up/#" if name == "gateway" else "down/#", 1)
        bus.start(inbox.on_message, inbox.on_link)
        inbox.wait(lambda box: box.links == [True])
        return bus, inbox


@pytest.fixture
def pair(meddler: Meddler, broker: Broker, folder: Path) -> Iterator[Pair]:
    pair = Pair(meddler.url, broker.url, folder / "password")
    yield pair
    pair.machine.stop()
    pair.gateway.stop()


def test_nothing_is_changed_without_an_order(pair: Pair, meddler: Meddler) -> None:
    for number in range(200):
        assert pair.machine.publish("up/n", b"%d" % number)
    pair.gateway.publish("down/x", bytes(2_000_000))

    pair.heard_by_gateway.wait(lambda box: len(box.messages) >= 200)
    pair.heard_by_machine.wait(lambda box: len(box.messages) == 1)
    assert pair.heard_by_gateway.payloads == [b"%d" % number for number in range(200)]
    assert len(pair.heard_by_machine.payloads[0]) == 2_000_000
    assert meddler.struck == []


@pytest.mark.parametrize("qos", [0, 1])
def test_drop_takes_as_many_as_told_from_its_topics_only(
    pair: Pair, meddler: Meddler, qos: int
) -> None:
    meddler.order(Meddling("drop", "up", "up/a", count=2))

    for name in ("a", "b", "a", "a", "b"):
        pair.machine.publish(f"up/{name}", name.encode(), qos=qos)

    pair.heard_by_gateway.wait(lambda box: len(box.messages) >= 3)
    assert pair.heard_by_gateway.payloads == [b"b", b"a", b"b"]
    assert meddler.struck == [Struck("drop", "up", "up/a")] * 2


def test_drop_does_not_use_up_the_senders_window(pair: Pair, meddler: Meddler) -> None:
    meddler.order(Meddling("drop", "up", "up/a"))
    for _ in range(200):
        pair.machine.publish("up/a", b"lost")

    pair.machine.publish("up/b", b"kept")

    pair.heard_by_gateway.wait(lambda box: box.payloads == [b"kept"])


@pytest.mark.parametrize("qos", [0, 1])
def test_repeat_sends_a_packet_twice(pair: Pair, meddler: Meddler, qos: int) -> None:
    meddler.order(Meddling("repeat", "down", count=1))

    pair.gateway.publish("down/a", b"1", qos=qos)
    pair.gateway.publish("down/a", b"2", qos=qos)

    pair.heard_by_machine.wait(lambda box: len(box.messages) >= 3)
    assert pair.heard_by_machine.payloads == [b"1", b"1", b"2"]


def test_swap_lets_the_next_packet_pass(pair: Pair, meddler: Meddler) -> None:
    meddler.order(Meddling("swap", "up"))

    for number in range(1, 5):
        pair.machine.publish("up/n", b"%d" % number)

    pair.heard_by_gateway.wait(lambda box: len(box.messages) >= 4)
    assert pair.heard_by_gateway.payloads == [b"2", b"1", b"4", b"3"]


@pytest.mark.slow
def test_swap_gives_up_waiting_when_nothing_follows(pair: Pair, meddler: Meddler) -> None:
    meddler.order(Meddling("swap", "up"))

    pair.machine.publish("up/n", b"alone")

    pair.heard_by_gateway.wait(lambda box: box.payloads == [b"alone"])


def test_chance_comes_from_the_seed(broker: Broker, folder: Path) -> None:
    struck = []
    for _ in range(2):
        meddler = Meddler(broker.url, seed=9)
        meddler.start()
        meddler.order(Meddling("drop", "up", "up/n/#", chance=0.5))
        pair = Pair(meddler.url, broker.url, folder / "password")
        for number in range(100):
            pair.machine.publish(f"up/n/{number}", b"x")
        pair.machine.publish("up/end", b"end")
        pair.heard_by_gateway.wait(lambda box: b"end" in box.payloads)
        struck.append(meddler.struck)
        for bus in (pair.machine, pair.gateway):
            bus.stop()
        meddler.stop()

    assert struck[0] == struck[1]
    assert 30 < len(struck[0]) < 70


def test_stall_keeps_the_link_and_all_that_was_sent(pair: Pair, meddler: Meddler) -> None:
    meddler.stall()
    pair.machine.publish("up/n", b"late")
    with pytest.raises(TimeoutError):
        pair.heard_by_gateway.wait(lambda box: bool(box.messages), deadline_s=0.3)

    meddler.clear()

    pair.heard_by_gateway.wait(lambda box: box.payloads == [b"late"])
    assert pair.heard_by_machine.links == [True]


def test_cut_ends_links_and_refusing_keeps_them_down_until_cleared(
    pair: Pair, meddler: Meddler
) -> None:
    meddler.cut(refuse=True)
    pair.heard_by_machine.wait(lambda box: box.links == [True, False])
    refused = pair.machine.publish("up/n", b"x")

    meddler.clear()

    pair.heard_by_machine.wait(lambda box: box.links == [True, False, True])
    assert refused is False
    assert pair.heard_by_gateway.links == [True]


def test_address_that_is_no_broker_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mqtt\[s\]://host:port"):
        Meddler("http://127.0.0.1:1", seed=1)


def test_encrypted_link_can_be_cut_but_not_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        meddler = Meddler(f"mqtts://127.0.0.1:{broker.getsockname()[1]}", seed=1)
        meddler.start()
        address = ("127.0.0.1", int(meddler.url.removeprefix("mqtts://127.0.0.1:")))
        with socket.create_connection(address, timeout=10) as client:
            peer, _ = broker.accept()
            peer.settimeout(10)
            client.sendall(b"\x16\x03\x01 no packet of MQTT")
            heard = peer.recv(100)
            with pytest.raises(ValueError, match="in clear"):
                meddler.order(Meddling(act="drop", direction="up", topic_filter="#"))
            meddler.cut()
            with pytest.raises(ConnectionError):
                client.recv(1)
            peer.close()
        meddler.stop()

    assert heard == b"\x16\x03\x01 no packet of MQTT"
