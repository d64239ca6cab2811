"""The MQTT bus against a real broker and a meddled link, and against brokers that misbehave."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_mock import MockerFixture
from structlog.testing import capture_logs

from gateway.broker import Broker
from gateway.broker import Options as BrokerOptions
from gateway.broker_config import User
from ledger.bus import Message
from ledger.mqtt import BusOptionsError, MqttBus, Options, connect
from sim.inbox import Inbox
from sim.meddler import Meddler

PASSWORD = "p" * 24
USERS = (
    User(name="all", password=PASSWORD),
    User(name="few", password=PASSWORD, publish=("own/#",), subscribe=("own/#",)),
)
Connect = Callable[..., tuple[MqttBus, Inbox]]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(BrokerOptions(state_dir=tmp_path_factory.mktemp("broker"), users=USERS))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def meddler(broker: Broker) -> Iterator[Meddler]:
    meddler = Meddler(broker.url, seed=1)
    meddler.start()
    yield meddler
    meddler.stop()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.touch(0o600)
    path.write_text(PASSWORD + "\n")
    return path


@pytest.fixture
def start(secret: Path) -> Iterator[Connect]:
    """Start a bus; by default it is linked when this returns."""
    buses: list[MqttBus] = []

    def build(
        url: str, name: str, *filters: str, linked: bool = True, **fields: object
    ) -> tuple[MqttBus, Inbox]:
        account = {"username": "all", "password_file": secret, "retry_min_s": 0.05} | fields
        bus = connect(Options(url=url, client_id=name, **account))  # type: ignore[arg-type]
        buses.append(bus)
        inbox = Inbox()
        for topic_filter in filters:
            bus.subscribe(topic_filter, 1)
        bus.start(inbox.on_message, inbox.on_link)
        if linked:
            inbox.wait(lambda box: box.links == [True])
        return bus, inbox

    yield build
    for bus in buses:
        bus.stop()


def _until(ready: Callable[[], bool], deadline_s: float = 15.0) -> None:
    """Wait for something that tells nobody, such as a log line."""
    end_s = time.monotonic() + deadline_s
    while not ready():
        assert time.monotonic() < end_s, "deadline"
        threading.Event().wait(0.01)


def test_link_that_was_cut_comes_back_with_its_subscriptions(
    broker: Broker, meddler: Meddler, start: Connect
) -> None:
    _, inbox = start(meddler.url, "cut-receiver", "cut/#")
    sender, _ = start(broker.url, "cut-sender")

    meddler.cut()

    inbox.wait(lambda box: box.links == [True, False, True])
    sender.publish("cut/1", b"after")
    inbox.wait(lambda box: box.payloads == [b"after"])


def test_publish_is_refused_while_cut_off_and_never_sent_later(
    broker: Broker, meddler: Meddler, start: Connect
) -> None:
    _, inbox = start(broker.url, "off-receiver", "off")
    sender, links = start(meddler.url, "off-sender")
    meddler.cut(refuse=True)
    links.wait(lambda box: box.links == [True, False])

    refused = [sender.publish("off", b"lost", qos=qos) for qos in (0, 1)]
    meddler.clear()
    links.wait(lambda box: box.links == [True, False, True])
    sender.publish("off", b"kept")

    inbox.wait(lambda box: b"kept" in box.payloads)
    assert refused == [False, False]
    assert inbox.payloads == [b"kept"]


def test_what_a_dead_link_swallowed_is_not_sent_again(
    broker: Broker, meddler: Meddler, start: Connect
) -> None:
    _, inbox = start(broker.url, "dead-receiver", "dead")
    sender, links = start(meddler.url, "dead-sender")
    meddler.stall()
    taken = [sender.publish("dead", b"swallowed", qos=qos) for qos in (0, 1)]

    meddler.cut(refuse=True)
    links.wait(lambda box: box.links == [True, False])
    meddler.clear()
    links.wait(lambda box: box.links == [True, False, True])
    sender.publish("dead", b"kept")

    inbox.wait(lambda box: b"kept" in box.payloads)
    assert taken == [True, True]
    assert inbox.payloads == [b"kept"]


def test_refused_subscription_is_an_error_and_the_link_never_counts_as_up(
    broker: Broker, start: Connect
) -> None:
    with capture_logs() as logs:
        _, inbox = start(broker.url, "few", "own/x", "foreign/#", linked=False, username="few")
        _until(lambda: len([one for one in logs if one["event"] == "subscription_refused"]) >= 2)

    refused = {one["filter"] for one in logs if one["event"] == "subscription_refused"}
    assert refused == {"foreign/#"}
    assert inbox.links == []


def test_subscription_refused_later_takes_the_link_down(broker: Broker, start: Connect) -> None:
    bus, inbox = start(broker.url, "few-later", "own/x", username="few")

    bus.subscribe("foreign/#", 1)

    inbox.wait(lambda box: box.links == [True, False])


def test_wrong_password_is_an_error_in_the_log(
    broker: Broker, start: Connect, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.touch(0o600)
    wrong.write_text("w" * 24)

    with capture_logs() as logs:
        _, inbox = start(broker.url, "wrong", linked=False, password_file=wrong)
        _until(lambda: any(one["event"] == "mqtt_refused" for one in logs))

    assert inbox.links == []


def test_link_comes_up_when_the_broker_appears_later(start: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    _, inbox = start(f"mqtt://127.0.0.1:{port}", "early", linked=False)

    late = _Speaker(port, _connack(0))

    inbox.wait(lambda box: box.links[:1] == [True])
    late.stop()


def test_callback_that_raises_does_not_end_the_bus(
    broker: Broker, secret: Path, start: Connect
) -> None:
    inbox = Inbox()

    def fail_first(message: Message) -> None:
        inbox.on_message(message)
        if message.payload == b"1":
            raise RuntimeError("a fault of the receiver")

    bus = connect(Options(url=broker.url, client_id="raises", username="all", password_file=secret))
    bus.subscribe("raises", 1)
    with capture_logs() as logs:
        bus.start(fail_first, inbox.on_link)
        inbox.wait(lambda box: box.links == [True])
        sender, _ = start(broker.url, "raises-sender")
        sender.publish("raises", b"1")
        sender.publish("raises", b"2")

        inbox.wait(lambda box: box.payloads == [b"1", b"2"])
    bus.stop()
    assert "bus_callback_failed" in [one["event"] for one in logs]


def test_messages_of_all_sizes_come_whole_and_in_order(broker: Broker, start: Connect) -> None:
    bus, inbox = start(broker.url, "sizes", "own/sizes")
    sizes = (0, 1, 125, 126, 127, 128, 16_380, 65_400, 65_536, 65_700, 200_000, 3)
    sent = [bytes([number]) * size for number, size in enumerate(sizes * 3)]

    for one in sent:
        assert bus.publish("own/sizes", one)
    inbox.wait(lambda box: len(box.messages) == len(sent))

    assert inbox.payloads == sent


@pytest.mark.slow
def test_queue_towards_a_stalled_broker_is_bounded(meddler: Meddler, start: Connect) -> None:
    bus, _ = start(meddler.url, "bounded", queued=50)
    meddler.stall()

    taken = {
        qos: sum(bus.publish("b", bytes(65536), qos=qos) for _ in range(400)) for qos in (0, 1)
    }

    assert 50 <= taken[0] < 400  # some left for the sockets' own buffers
    assert taken[1] == 50


@pytest.mark.slow
def test_stop_ends_in_time_though_the_broker_takes_nothing(
    meddler: Meddler, start: Connect
) -> None:
    bus, inbox = start(meddler.url, "stuck", queued=400, inflight=400)
    meddler.stall()
    for _ in range(400):
        bus.publish("b", bytes(65536))
    before_s = time.monotonic()

    bus.stop()

    assert time.monotonic() - before_s < 8
    assert inbox.links == [True, False]


def test_will_is_told_after_a_cut_and_not_after_stop(
    broker: Broker, meddler: Meddler, start: Connect
) -> None:
    _, inbox = start(broker.url, "will-receiver", "will/#")
    will = {"will_payload": b"gone", "will_retain": True}
    stopped, _ = start(broker.url, "will-1", will_topic="will/stopped", **will)
    start(meddler.url, "will-2", will_topic="will/cut", **will)

    stopped.stop()
    meddler.cut(refuse=True)

    inbox.wait(lambda box: len(box.messages) >= 1)
    _, later = start(broker.url, "will-later", "will/#")
    later.wait(lambda box: len(box.messages) >= 1)
    assert [message.topic for message in inbox.messages] == ["will/cut"]
    assert [message.topic for message in later.messages] == ["will/cut"]


def test_socket_sends_small_packets_at_once(broker: Broker, start: Connect) -> None:
    bus, _ = start(broker.url, "nodelay")

    sock = bus._client.socket()

    assert isinstance(sock, socket.socket)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize(
    "said",
    [
        b"\x30\x07\x00\x02\xff\xfehi!",  # PUBLISH with a topic that is not UTF-8
        b"\x30\x02\x00\x09",  # PUBLISH that ends inside its topic
        b"\x90\x02\x00\x63",  # SUBACK nobody asked for, with no grants
        b"\xff\xff\xff\xff\xff\xff",  # no MQTT at all
    ],
    ids=["topic-not-utf8", "publish-cut-short", "stray-suback", "garbage"],
)
def test_malformed_packets_do_not_end_the_bus(said: bytes, start: Connect) -> None:
    hostile = _Speaker(0, _connack(0) + said, _connack(0))

    _, inbox = start(hostile.url, "hostile", linked=False)
    hostile.hang_up()

    inbox.wait(lambda box: len(box.links) >= 2 and box.links[-1])
    hostile.stop()


def test_exception_inside_paho_leads_to_a_new_link(
    broker: Broker, start: Connect, mocker: MockerFixture
) -> None:
    bus, inbox = start(broker.url, "broken")
    mocker.patch("paho.mqtt.client._packet.decode_puback", side_effect=[KeyError("paho's fault")])

    with capture_logs() as logs:
        bus.publish("a", b"x")
        inbox.wait(lambda box: box.links == [True, False, True])

    assert "mqtt_loop_failed" in [one["event"] for one in logs]


@pytest.mark.slow
def test_handshake_that_never_ends_is_given_up(start: Connect, mocker: MockerFixture) -> None:
    mocker.patch("ledger.mqtt.HANDSHAKE_S", 0.3)
    mute = _Speaker(0, b"", _connack(0))

    _, inbox = start(mute.url, "mute", linked=False)

    inbox.wait(lambda box: box.links == [True])
    mute.stop()


@pytest.mark.parametrize(
    "url",
    ["http://host", "mqtt://", "mqtt://host:0", "mqtt://host:70000", "mqtt://u@host", "mqtt://h/x"],
)
def test_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(BusOptionsError, match="expected mqtt"):
        connect(Options(url=url, client_id="x"))


def test_password_file_open_to_others_is_refused(secret: Path) -> None:
    secret.chmod(0o640)

    with pytest.raises(BusOptionsError, match="0600"):
        connect(Options(url="mqtt://127.0.0.1", client_id="x", username="u", password_file=secret))


def test_missing_files_are_refused(tmp_path: Path) -> None:
    gone = tmp_path / "gone"

    with pytest.raises(BusOptionsError, match="gone"):
        connect(Options(url="mqtt://h", client_id="x", username="u", password_file=gone))
    with pytest.raises(BusOptionsError, match="gone"):
        connect(Options(url="mqtts://h", client_id="x", ca=gone))
    with pytest.raises(BusOptionsError, match="together"):
        connect(Options(url="mqtts://h", client_id="x", cert=gone))


@pytest.mark.parametrize("wrong", ["", "a/#/b", "a#", "a+/b"])
def test_malformed_filter_is_refused(wrong: str) -> None:
    bus = connect(Options(url="mqtt://127.0.0.1", client_id="x"))

    with pytest.raises(ValueError, match="topic filter"):
        bus.subscribe(wrong, 1)


def test_password_for_another_computer_in_clear_is_warned_of(secret: Path) -> None:
    with capture_logs() as logs:
        connect(Options(url="mqtt://192.0.2.1", client_id="x", username="u", password_file=secret))

    assert [one["event"] for one in logs] == ["mqtt_password_in_clear"]


def _connack(code: int) -> bytes:
    return struct.pack("!BBBB", 0x20, 2, 0, code)


class _Speaker:
    """A broker that says fixed bytes to each connection: the first once, then the last always."""

    def __init__(self, port: int, first: bytes, later: bytes = b"") -> None:
        self._answers = [first, later or first]
        self._listener = socket.create_server(("127.0.0.1", port))
        self.url = f"mqtt://127.0.0.1:{self._listener.getsockname()[1]}"
        self._welcomed = threading.Event()
        self._links: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
                self._links.append(link)
                link.recv(4096)
                link.sendall(self._answers[0])
            except OSError:
                return
            self._welcomed.set()
            self._answers = self._answers[-1:]

    def hang_up(self) -> None:
        """End the first connection after all was said."""
        assert self._welcomed.wait(10)
        self._links[0].close()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for link in self._links:
            link.close()
