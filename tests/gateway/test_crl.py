"""A machine that is shut out is refused by mosquitto, too, and stays so."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from gateway import crl
from gateway.ca import DAY_MS, Authority, Credentials, open_authority
from gateway.errors import ConfigError
from sim.inbox import Inbox
from tests.gateway.test_broker_tls import Place, bus, issue, mosquitto

NOW_MS = 1_790_000_000_000


def serial(own: Credentials) -> int:
    """Return the serial number of a certificate."""
    return x509.load_pem_x509_certificate(own.cert.read_bytes()).serial_number


def revoked(authority: Authority) -> set[int]:
    """Return what the list holds, after its signature was verified."""
    found = x509.load_pem_x509_crl(authority.crl.read_bytes())
    key = x509.load_pem_x509_certificate(authority.pem).public_key()
    assert found.is_signature_valid(key)  # type: ignore[arg-type]
    return {one.serial_number for one in found}


def test_list_holds_the_certificates_of_machines_that_are_shut_out(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "ca", "gw-1")
    lost, staying = (issue(authority, tmp_path, name) for name in ("m-1", "m-2"))

    authority.admit(("m-1", "m-2"), NOW_MS)
    before = revoked(authority)
    authority.admit(("m-2",), NOW_MS)

    assert before == set()
    assert revoked(authority) == {serial(lost)}
    assert serial(staying) not in revoked(authority)


def test_a_certificate_stays_revoked_when_its_machine_comes_back(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "ca", "gw-1")
    old = issue(authority, tmp_path, "m-1")
    authority.admit((), NOW_MS)
    new = issue(authority, tmp_path, "m-1", age_days=1)

    open_authority(tmp_path / "ca", "gw-1").admit(("m-1",), NOW_MS)

    assert revoked(authority) == {serial(old)}
    authority.admit((), NOW_MS)
    assert revoked(authority) == {serial(old), serial(new)}


def test_a_certificate_that_has_ended_leaves_the_list(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "ca", "gw-1")
    now_s = time.time_ns() // 10**9
    issue(authority, tmp_path, "m-1", age_days=40)
    authority.admit((), NOW_MS)
    fresh = issue(authority, tmp_path, "m-1")

    authority.admit((), now_s * 1000 + DAY_MS)

    assert revoked(authority) == {serial(fresh)}


@pytest.mark.parametrize("kept", [b"[", b'[{"serial": "\xff"}]'])
def test_a_damaged_list_is_told_and_not_replaced(tmp_path: Path, kept: bytes) -> None:
    authority = open_authority(tmp_path / "ca", "gw-1")
    issue(authority, tmp_path, "m-1")
    path = tmp_path / "ca" / crl.ISSUED / "m-1.json"
    path.write_bytes(kept)

    with pytest.raises(ConfigError, match="expected the certificates"):
        authority.admit((), NOW_MS)


@pytest.mark.broker
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_mosquitto_refuses_a_revoked_machine_and_takes_the_others(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "ca", "gateway")
    broker = mosquitto(tmp_path, authority, authority.own("gateway", "server", "127.0.0.1"))
    lost, staying = (issue(authority, tmp_path, name) for name in ("m-1", "m-2"))
    broker.start()
    place = Place(broker.url, authority, tmp_path, "mosquitto")
    assert answers(place, lost)

    authority.admit(("m-2",), NOW_MS)
    broker.reload()
    end_s = time.monotonic() + 20
    while answers(place, lost):
        assert time.monotonic() < end_s
    link, inbox = bus(place, "m-2", staying), Inbox()
    link.start(inbox.on_message, inbox.on_link)

    inbox.wait(lambda box: box.links[:1] == [True])
    link.stop()
    broker.stop()


def answers(place: Place, own: Credentials) -> bool:
    """Tell whether the broker lets this certificate in."""
    context = ssl.create_default_context(cafile=str(own.ca))
    context.check_hostname = False
    context.load_cert_chain(own.cert, own.key)
    at = urlsplit(place.url)
    with (
        socket.create_connection((str(at.hostname), int(at.port or 0)), 10) as raw,
        context.wrap_socket(raw) as link,
    ):
        try:
            link.sendall(bytes.fromhex("100d00044d5154540402000a00016d"))  # MQTT CONNECT as "m"
            link.settimeout(10)
            return link.recv(4)[:1] == b"\x20"
        except (ssl.SSLError, ConnectionError):
            return False
