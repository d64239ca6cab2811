"""Certificates at both brokers: who gets in, who does not; no forged topic is delivered."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct
from structlog.testing import capture_logs

from gateway.broker import Broker, Options
from gateway.broker_config import User, device_user
from gateway.ca import DAY_MS, Authority, Credentials, open_authority
from ledger import topics
from ledger.mqtt import MqttBus, connect
from ledger.mqtt import Options as BusOptions
from sim.inbox import Inbox
from sim.mosquitto import Mosquitto

TOWNSHIP = "110101001000"
MINE = f"seal/v1/{TOWNSHIP}/m-1"
OTHER = f"seal/v1/{TOWNSHIP}/m-2"
DEPLOY = Path(__file__).parents[2] / "deploy"

pytestmark = [
    pytest.mark.broker,
    # paho leaves the socket of a failed TLS handshake to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Place(Struct, frozen=True):
    """A broker that runs, and the authority that it believes."""

    url: str
    authority: Authority
    folder: Path
    kind: str


def issue(authority: Authority, folder: Path, name: str, age_days: int = 0) -> Credentials:
    """Return a machine's certificate of 30 days that was issued so long ago."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    now_ms = time.time_ns() // 1_000_000 - age_days * DAY_MS
    own = Credentials(
        cert=folder / f"{name}-{age_days}.pem",
        key=folder / f"{name}-{age_days}.key",
        ca=authority.path,
    )
    own.cert.write_bytes(authority.machine(name, public, now_ms, 30))
    own.key.touch(0o600)
    own.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return own


@pytest.fixture(params=["nats-server", "mosquitto"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    authority = open_authority(tmp_path / "ca", "gateway")
    server = authority.own("gateway", "server", "127.0.0.1")
    broker: Broker | Mosquitto
    if request.param == "nats-server":
        users = (
            User(name="gateway", password=None),
            device_user("m-1", None, TOWNSHIP, "m-1"),
            device_user("m-2", None, TOWNSHIP, "m-2"),
        )
        own = authority.own("gateway", "client")
        broker = Broker(Options(state_dir=tmp_path / "broker", users=users, tls=server, own=own))
    else:
        broker = mosquitto(tmp_path, authority, server)
    broker.start()
    yield Place(broker.url, authority, tmp_path, request.param)
    broker.stop()


def mosquitto(folder: Path, authority: Authority, server: Credentials) -> Mosquitto:
    """Return mosquitto with the configuration that deploy/ shows."""
    authority.admit((), 0)
    text = (DEPLOY / "mosquitto.conf").read_text()
    rights = "\n".join(line[4:] for line in text.splitlines() if line.startswith("#   "))
    (folder / "mosquitto.acl").write_text(rights + "\n")
    for name, path in (
        ("ca.pem", authority.path),
        ("crl.pem", authority.crl),
        ("broker.pem", server.cert),
        ("broker.key", server.key),
        ("mosquitto.acl", folder / "mosquitto.acl"),
    ):
        text = text.replace(f"/etc/sealkeeper/{name}", str(path))
    lines = text.replace("listener 8883", "").splitlines()
    return Mosquitto(folder, *lines, scheme="mqtts")


def bus(place: Place, name: str, own: Credentials, url: str = "") -> MqttBus:
    return connect(
        BusOptions(
            url=url or place.url,
            client_id=name,
            ca=own.ca,
            cert=own.cert,
            key=own.key,
            pinned=True,
            retry_min_s=0.05,
        )
    )


@pytest.fixture
def linked(place: Place) -> Iterator[Callable[..., tuple[MqttBus, Inbox]]]:
    buses: list[MqttBus] = []

    def link(name: str, *filters: str) -> tuple[MqttBus, Inbox]:
        own = (
            place.authority.own("gateway", "client")
            if name == "gateway"
            else issue(place.authority, place.folder, name)
        )
        made, inbox = bus(place, name, own), Inbox()
        for one in filters:
            made.subscribe(one, topics.RULES[topics.Leaf.PERMIT].qos)
        buses.append(made)
        made.start(inbox.on_message, inbox.on_link)
        inbox.wait(lambda box: box.links[:1] == [True])
        return made, inbox

    yield link
    for one in buses:
        one.stop()


def refused(place: Place, name: str, own: Credentials) -> str:
    """Return what the client heard; it must never have been linked."""
    inbox, client = Inbox(), bus(place, name, own)
    with capture_logs() as logs:
        client.start(inbox.on_message, inbox.on_link)
        end_s = time.monotonic() + 15
        while len([one for one in logs if one["event"] == "mqtt_link_down"]) < 2:
            assert time.monotonic() < end_s, logs
            select.select([], [], [], 0.01)
    client.stop()
    assert inbox.links == []
    return " ".join(str(one.get("reason")) for one in logs)


def test_machine_works_under_its_own_certificate(
    place: Place, linked: Callable[..., tuple[MqttBus, Inbox]]
) -> None:
    down = topics.filters("down", TOWNSHIP, "m-1")
    gateway, heard = linked("gateway", *topics.filters("up", TOWNSHIP, "+"))
    machine, inbox = linked("m-1", *down)

    ups = [one.replace("/#", "/aa/0") for one in topics.filters("up", TOWNSHIP, "m-1")]
    for topic in ups:
        machine.publish(topic, b"own")
    for one in down:
        gateway.publish(one.replace("/#", "/p1"), b"for you")

    heard.wait(lambda box: {one.topic for one in box.messages} >= set(ups))
    inbox.wait(lambda box: len({one.topic for one in box.messages}) == len(down))


def test_forged_topic_is_dropped_by_the_broker(
    place: Place, linked: Callable[..., tuple[MqttBus, Inbox]]
) -> None:
    _, heard = linked("gateway", "seal/v1/#")
    machine, _ = linked("m-1")

    machine.publish(f"{OTHER}/entry", b"forged")
    machine.publish(f"{MINE}/permit/p1", b"forged", retain=True)
    machine.publish(f"{MINE}/entry", b"own")

    heard.wait(lambda box: b"own" in box.payloads)
    assert b"forged" not in heard.payloads


def test_client_without_a_certificate_is_refused(place: Place) -> None:
    host, _, port = place.url.removeprefix("mqtts://").rpartition(":")
    context = ssl.create_default_context(cafile=place.authority.path)
    context.check_hostname = False

    with (  # TLS 1.3: the refusal comes with the first bytes that are read
        pytest.raises((ssl.SSLError, ConnectionError)),
        socket.create_connection((host, int(port)), timeout=10) as link,
        context.wrap_socket(link) as secured,
    ):
        secured.sendall(b"\x10\x14\x00\x04MQTT\x04\x02\x00\x05\x00\x08intruder")
        if not secured.recv(1):
            raise ConnectionResetError


def test_client_without_tls_is_refused(place: Place) -> None:
    host, _, port = place.url.removeprefix("mqtts://").rpartition(":")

    with socket.create_connection((host, int(port)), timeout=10) as link:
        link.sendall(b"\x10\x14\x00\x04MQTT\x04\x02\x00\x05\x00\x08intruder")
        try:
            said = link.recv(4)
        except ConnectionError:
            said = b""

    assert not said.startswith(b"\x20")  # no CONNACK; a TLS alert at most


def test_old_tls_is_refused(place: Place) -> None:
    host, _, port = place.url.removeprefix("mqtts://").rpartition(":")
    own = issue(place.authority, place.folder, "m-1")
    context = ssl.create_default_context(cafile=own.ca)
    context.check_hostname = False
    context.load_cert_chain(own.cert, own.key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    with (
        pytest.raises((ssl.SSLError, ConnectionError)),
        socket.create_connection((host, int(port)), timeout=10) as link,
    ):
        context.wrap_socket(link)


def test_certificate_of_a_foreign_authority_is_refused(place: Place) -> None:
    foreign = open_authority(place.folder / "foreign", "gateway")
    theirs = issue(foreign, place.folder, "m-1")

    refused(place, "m-1", Credentials(cert=theirs.cert, key=theirs.key, ca=place.authority.path))


def test_expired_certificate_is_refused(place: Place) -> None:
    refused(place, "m-1", issue(place.authority, place.folder, "m-1", age_days=31))


def test_machine_without_an_account_is_refused_or_unheard(
    place: Place, linked: Callable[..., tuple[MqttBus, Inbox]]
) -> None:
    own = issue(place.authority, place.folder, "stranger")

    if place.kind == "nats-server":
        refused(place, "stranger", own)
        return
    _, heard = linked("gateway", "seal/v1/#")
    stranger, inbox = bus(place, "stranger", own), Inbox()
    stranger.start(inbox.on_message, inbox.on_link)
    inbox.wait(lambda box: box.links == [True])
    stranger.publish(f"{MINE}/entry", b"forged")
    stranger.publish(f"seal/v1/{TOWNSHIP}/stranger/entry", b"its own")
    heard.wait(lambda box: b"its own" in box.payloads)
    stranger.stop()
    assert b"forged" not in heard.payloads  # intake quarantines what a stranger says of itself


def test_machines_certificate_makes_no_broker(place: Place) -> None:
    machine = issue(place.authority, place.folder, "m-1")
    folder = place.folder / "false"
    folder.mkdir()
    false = Mosquitto(
        folder,
        "allow_anonymous true",
        f"certfile {machine.cert}",
        f"keyfile {machine.key}",
        scheme="mqtts",
    )
    false.start()
    own = place.authority.own("gateway", "client")

    said = refused(Place(false.url, place.authority, folder, "false"), "gateway", own)

    assert "CERTIFICATE_VERIFY_FAILED" in said
    false.stop()
