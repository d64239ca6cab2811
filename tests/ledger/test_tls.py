"""The pinned authority: another one is refused, and no date is, whatever the clock says."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger.tls import pinned

YEAR = datetime.timedelta(days=365)
NOW = datetime.datetime.now(datetime.UTC)


class Issuer:
    """An authority of a test, valid for as long as the test says."""

    def __init__(self, folder: Path, name: str, begin: datetime.datetime) -> None:
        self._folder, self._begin = folder, begin
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.path = folder / f"{name}.pem"
        own = self._sign(self._name, self._key.public_key(), authority=True)
        self.path.write_bytes(own)

    def server(self, use: x509.ObjectIdentifier) -> ssl.SSLContext:
        """Return the context of a server that this authority certified."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        cert = self._folder / "server.pem"
        cert.write_bytes(
            self._sign(subject, key.public_key(), authority=False, use=use)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert)
        return context

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        authority: bool,
        use: x509.ObjectIdentifier | None = None,
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._begin)
            .not_valid_after(self._begin + YEAR)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if use is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        signed = builder.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


@contextlib.contextmanager
def serving(context: ssl.SSLContext) -> Iterator[int]:
    """Answer one TLS connection with a byte."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with contextlib.suppress(OSError):
            peer, _ = listener.accept()
            with peer, context.wrap_socket(peer, server_side=True) as secured:
                secured.sendall(b"!")

    thread = threading.Thread(target=answer)
    thread.start()
    yield int(listener.getsockname()[1])
    thread.join(10)
    listener.close()


def ask(port: int, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as link,
        context.wrap_socket(link, server_hostname="another.example") as secured,
    ):
        return secured.recv(1)


@pytest.mark.parametrize(
    "begin",
    [NOW - 3 * YEAR, NOW + 2 * YEAR, NOW - YEAR / 2],
    ids=["our clock is two years ahead", "two years behind", "right"],
)
def test_wrong_clock_and_new_address_do_not_lock_out(
    tmp_path: Path, begin: datetime.datetime
) -> None:
    issuer = Issuer(tmp_path, "ours", begin)

    with serving(issuer.server(ExtendedKeyUsageOID.SERVER_AUTH)) as port:
        said = ask(port, pinned(issuer.path))

    assert said == b"!"


def test_dates_would_lock_out_without_pinning(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path, "ours", NOW - 3 * YEAR)
    context = ssl.create_default_context(cafile=issuer.path)
    context.check_hostname = False

    with (
        serving(issuer.server(ExtendedKeyUsageOID.SERVER_AUTH)) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="expired"),
    ):
        ask(port, context)


def test_another_authority_is_refused(tmp_path: Path) -> None:
    ours, theirs = Issuer(tmp_path, "ours", NOW), Issuer(tmp_path, "theirs", NOW - YEAR / 2)

    with (
        serving(theirs.server(ExtendedKeyUsageOID.SERVER_AUTH)) as port,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ask(port, pinned(ours.path))


def test_client_certificate_of_the_same_authority_makes_no_server(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path, "ours", NOW - YEAR / 2)

    with (
        serving(issuer.server(ExtendedKeyUsageOID.CLIENT_AUTH)) as port,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ask(port, pinned(issuer.path.read_text()))
