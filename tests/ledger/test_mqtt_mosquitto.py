"""Redelivery on a new link, certificates on both sides, and the examples in deploy/."""

from __future__ import annotations

import datetime
import ipaddress
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from ledger import topics
from ledger.mqtt import MqttBus, Options, connect
from sim.inbox import Inbox
from sim.meddler import Meddler
from sim.mosquitto import Mosquitto

pytestmark = pytest.mark.broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.stop()


def _linked(options: Options, *filters: str) -> tuple[MqttBus, Inbox]:
    bus, inbox = connect(options), Inbox()
    for name in filters:
        bus.subscribe(name, 1)
    bus.start(inbox.on_message, inbox.on_link)
    inbox.wait(lambda box: box.links == [True])
    return bus, inbox


@pytest.mark.slow
def test_done_counts_only_for_the_connection_that_brought_the_message(broker: Mosquitto) -> None:
    meddler = Meddler(broker.url, seed=1)
    meddler.start()
    receiver, inbox = _linked(
        Options(url=meddler.url, client_id="kept", clean_session=False, retry_min_s=0.05), "a"
    )
    receiver.publish("a", b"once")
    inbox.wait(lambda box: len(box.messages) == 1)
    meddler.cut()
    inbox.wait(lambda box: len(box.messages) == 2 and box.links == [True, False, True])

    receiver.done(inbox.messages[0])
    meddler.cut()
    # It comes a third time: the token of the first connection did nothing on the second.
    inbox.wait(lambda box: len(box.messages) == 3 and box.links == [True, False, True, False, True])
    receiver.done(inbox.messages[2])
    receiver.publish("a", b"next")  # on the same connection, so it proves that done arrived
    inbox.wait(lambda box: len(box.messages) == 4)
    meddler.cut()
    inbox.wait(lambda box: len(box.messages) == 5)

    assert inbox.payloads == [b"once", b"once", b"once", b"next", b"next"]
    receiver.stop()
    meddler.stop()


@pytest.mark.slow
def test_of_many_done_together_only_the_one_left_out_comes_again(broker: Mosquitto) -> None:
    meddler = Meddler(broker.url, seed=1)
    meddler.start()
    receiver, inbox = _linked(
        Options(url=meddler.url, client_id="many", clean_session=False, retry_min_s=0.05), "m"
    )
    sent = [b"%d" % number for number in range(15)]
    for one in sent:
        receiver.publish("m", one)
    inbox.wait(lambda box: len(box.messages) == len(sent))

    for message in inbox.messages:
        if message.payload != b"7":
            receiver.done(message)
    receiver.publish("m", b"next")
    inbox.wait(lambda box: len(box.messages) == len(sent) + 1)
    receiver.publish("m", b"last")  # sent after all that was owed, so it proves that it arrived
    inbox.wait(lambda box: len(box.messages) == len(sent) + 2)
    meddler.cut()
    inbox.wait(lambda box: len(box.messages) == len(sent) + 5)

    assert inbox.payloads == [*sent, b"next", b"last", b"7", b"next", b"last"]
    receiver.stop()
    meddler.stop()


def test_certificates_on_both_sides_name_the_machine(tmp_path: Path) -> None:
    authority = _Authority(tmp_path)
    authority.issue("broker")
    authority.issue("m-1")
    (tmp_path / "rights").write_text("user m-1\ntopic write v/m-1/#\n\nuser m-2\ntopic read v/#\n")
    authority.issue("m-2")
    broker = Mosquitto(
        tmp_path,
        f"cafile {tmp_path / 'ca.pem'}",
        f"certfile {tmp_path / 'broker.pem'}",
        f"keyfile {tmp_path / 'broker.key'}",
        "require_certificate true",
        "use_identity_as_username true",
        f"acl_file {tmp_path / 'rights'}",
        scheme="mqtts",
    )
    broker.start()
    machine, _ = _linked(authority.options(broker.url, "m-1"))
    reader, inbox = _linked(authority.options(broker.url, "m-2"), "v/#")

    machine.publish("v/other/entry", b"forbidden")
    machine.publish("v/m-1/entry", b"own")

    inbox.wait(lambda box: len(box.messages) >= 1)
    assert inbox.payloads == [b"own"]
    for bus in (machine, reader):
        bus.stop()
    broker.stop()


# paho leaves the socket of a failed TLS handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_broker_of_another_authority_is_not_trusted(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    authority, foreign = _Authority(ours), _Authority(theirs)
    authority.issue("m-1")
    foreign.issue("broker")
    broker = Mosquitto(
        theirs,
        "allow_anonymous true",
        f"certfile {theirs / 'broker.pem'}",
        f"keyfile {theirs / 'broker.key'}",
        scheme="mqtts",
    )
    broker.start()
    inbox = Inbox()
    bus = connect(authority.options(broker.url, "m-1"))

    try:
        with capture_logs() as logs:
            bus.start(inbox.on_message, inbox.on_link)
            end_s = time.monotonic() + 10
            while not logs and time.monotonic() < end_s:
                threading.Event().wait(0.01)
    finally:
        bus.stop()
        broker.stop()

    assert "CERTIFICATE_VERIFY_FAILED" in logs[0]["reason"]
    assert inbox.links == []


DEPLOY = Path(__file__).parents[2] / "deploy"
OWN = "seal/v1/110101001000/m-0001"
DOWN = tuple(
    one.removeprefix(f"{OWN}/") for one in topics.filters("down", "110101001000", "m-0001")
)


@pytest.fixture
def field(tmp_path: Path) -> _Authority:
    authority = _Authority(tmp_path)
    for name in ("broker", "gateway", "m-0001"):
        authority.issue(name)
    return authority


def _prove_machine_can_work(url: str, field: _Authority) -> None:
    """Play gateway and machine over this broker, with a forged entry in between."""
    gateway, heard = _linked(field.options(url, "gateway"), "seal/v1/#")
    machine, inbox = _linked(field.options(url, "m-0001"), *(f"{OWN}/{leaf}" for leaf in DOWN))
    ups = ["entry", "opening/aa", "photo/aa/0", "status", "prove"]
    machine.publish("seal/v1/110101001000/m-0002/entry", b"forged")
    for leaf in ups:
        machine.publish(f"{OWN}/{leaf}", b"own")
    for leaf in DOWN:
        gateway.publish(f"{OWN}/{leaf.replace('#', '1')}", b"for you")
    heard.wait(lambda box: sum(one.payload == b"own" for one in box.messages) == len(ups))
    inbox.wait(lambda box: len(box.messages) == len(DOWN))
    assert b"forged" not in heard.payloads
    gateway.stop()
    machine.stop()


def test_example_for_mosquitto_lets_a_machine_do_its_work(
    tmp_path: Path, field: _Authority
) -> None:
    text = (DEPLOY / "mosquitto.conf").read_text().replace("/etc/sealkeeper", str(tmp_path))
    rights = [line[4:] for line in text.splitlines() if line.startswith("#   ")]
    (tmp_path / "mosquitto.acl").write_text("\n".join(rights) + "\n")
    field.issue("shut-out")
    field.revoke("shut-out")
    broker = Mosquitto(tmp_path, *text.replace("listener 8883", "").splitlines(), scheme="mqtts")
    broker.start()

    try:
        _prove_machine_can_work(broker.url, field)
    finally:
        broker.stop()


def test_example_for_nats_lets_a_machine_do_its_work(tmp_path: Path, field: _Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        place = f"127.0.0.1:{probe.getsockname()[1]}"
    text = (DEPLOY / "nats.conf").read_text().replace("0.0.0.0:8883", place)
    text = text.replace("/etc/sealkeeper", str(tmp_path)).replace("/var/lib", str(tmp_path))
    (tmp_path / "nats.conf").write_text(text)
    binary = shutil.which("nats-server", path=Path(sys.executable).parent)
    assert binary is not None
    with (tmp_path / "nats.log").open("wb") as said:
        process = subprocess.Popen([binary, "-c", str(tmp_path / "nats.conf")], stderr=said)

    try:
        _prove_machine_can_work(f"mqtts://{place}", field)
    finally:
        process.kill()
        process.wait()


class _Authority:
    """A certificate authority for one test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ca {folder.name}")])
        certificate = self._certificate(self._name, self._key.public_key(), authority=True)
        self._save("ca.pem", certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._certificate(subject, key.public_key(), authority=False)
        self._save(f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM))
        (self._folder / f"{name}.key").touch(0o600)
        self._save(
            f"{name}.key",
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )

    def revoke(self, name: str) -> None:
        """Write the list of what is revoked, with this certificate in it."""
        now = datetime.datetime.now(datetime.UTC)
        certificate = x509.load_pem_x509_certificate((self._folder / f"{name}.pem").read_bytes())
        revoked = x509.RevokedCertificateBuilder()
        revoked = revoked.serial_number(certificate.serial_number).revocation_date(now)
        crl = x509.CertificateRevocationListBuilder().issuer_name(self._name).last_update(now)
        crl = crl.next_update(now + datetime.timedelta(days=1))
        signed = crl.add_revoked_certificate(revoked.build()).sign(self._key, hashes.SHA256())
        self._save("crl.pem", signed.public_bytes(serialization.Encoding.PEM))

    def options(self, url: str, name: str) -> Options:
        return Options(
            url=url,
            client_id=name,
            ca=self._folder / "ca.pem",
            cert=self._folder / f"{name}.pem",
            key=self._folder / f"{name}.key",
        )

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _save(self, name: str, data: bytes) -> None:
        (self._folder / name).write_bytes(data)
