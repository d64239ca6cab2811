"""Door: the township's pages for machines, asked over TLS under its own, pinned authority.

The dates on the township's certificate are not judged: a wrong clock must not lock us out.
"""

from __future__ import annotations

import base64
import http.client
import ssl
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from device.errors import EnrolmentError
from ledger import enrolcodes, keystatements
from ledger.enrolcodes import Code
from ledger.signers import Signer, keyfile
from ledger.tls import pinned

PATIENCE_S = 20.0
LARGEST = 1_000_000  # bytes of an answer


_Answer = TypeVar("_Answer")


class Certified(Struct, frozen=True):
    """A certificate for our link, and after how many seconds to ask for the next."""

    certificate: str
    renew_s: int


class Door:
    """Asks; every question opens a connection of its own.

    Args:
        url: `https://host:port`.
        ca: the pinned authority, a file or its PEM text.

    Raises:
        EnrolmentError: `address` or `authority`.
    """

    def __init__(self, url: str, ca: Path | str) -> None:
        self._host, self._port = _address(url)
        try:
            self._context = pinned(ca)
        except OSError as error:
            raise EnrolmentError(
                "authority", f"expected the township's authority in {ca}: {error}"
            ) from error

    def ask(self, path: str, question: dict[str, Any] | None = None) -> bytes:
        """Return the answer to a question.

        Raises:
            EnrolmentError: `unreachable`, or the reason of the township's refusal.
        """
        return _ask(self._host, self._port, self._context, path, question)

    def certificate(self, signer: Signer, link_key: Path) -> Certified:
        """Return a new certificate for the key of our link, proving that we hold `signer`.

        Raises:
            EnrolmentError: unreachable, refused, or no answer of this form.
            LedgerError: the link's key file is open to others, or the signer fails.
        """
        public = link_public(link_key)
        challenge = answer(self.ask("/v1/challenge"), dict[str, str]).get("challenge", "")
        record = signer.record
        statement = keystatements.link(record.holder, record.epoch, public, challenge)
        question = {
            "machine": record.holder,
            "epoch": record.epoch,
            "link_key": public,
            "challenge": challenge,
            "signature": statement.sign(signer),
        }
        return answer(self.ask("/v1/certificate", question), Certified)


def authority(url: str, code: Code) -> str:
    """Return the township's authority, PEM, if it is the one that the code names.

    Raises:
        EnrolmentError: unreachable, or `authority`: another one answers there.
    """
    unjudged = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unjudged.check_hostname = False
    unjudged.verify_mode = ssl.CERT_NONE  # what comes is judged by the code, below
    pem = _ask(*_address(url), unjudged, "/v1/authority", None).decode(errors="replace")
    check_authority(pem, code)
    return pem


def check_authority(pem: str, code: Code) -> None:
    """Return if this is the authority that the code names.

    Raises:
        EnrolmentError: `authority`.
    """
    try:
        found = x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex()
    except ValueError as error:
        raise EnrolmentError("authority", f"expected a certificate: {error}") from error
    if enrolcodes.pin(found) != code.pin:
        raise EnrolmentError(
            "authority",
            f"expected the authority that the code names ({code.pin}), found another "
            f"({enrolcodes.pin(found)}): compare code and address; if both are right, somebody "
            "stands between this machine and the township",
        )


def make_link_key(path: Path) -> None:
    """Make the private key of the link (P-256, mode 0600, durable), unless it is there."""
    if path.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    keyfile.write_durable(path, key, keyfile.PRIVATE)


def link_public(path: Path) -> str:
    """Return the public key of a link's private key file, DER in base64.

    Raises:
        EnrolmentError: `link-key`: no private key.
        UnknownKeyError: missing, or open to others.
    """
    try:
        key = serialization.load_pem_private_key(keyfile.read_private(path), password=None)
    except (ValueError, TypeError) as error:
        raise EnrolmentError("link-key", f"expected a private key in {path}: {error}") from error
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def answer(data: bytes, kind: type[_Answer]) -> _Answer:
    """Return an answer's JSON as `kind`.

    Raises:
        EnrolmentError: `malformed`.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except ValueError as error:
        raise EnrolmentError("malformed", f"expected the township's answer: {error}") from error


def _ask(
    host: str, port: int, context: ssl.SSLContext, path: str, question: dict[str, Any] | None
) -> bytes:
    link = http.client.HTTPSConnection(host, port, timeout=PATIENCE_S, context=context)
    try:
        if question is None:
            link.request("GET", path)
        else:
            headers = {"Content-Type": "application/json"}
            link.request("POST", path, msgspec.json.encode(question), headers)
        response = link.getresponse()
        data = response.read(LARGEST)
    except ssl.SSLCertVerificationError as error:
        raise EnrolmentError(
            "authority", f"expected the township's own authority at {host}:{port}: {error}"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise EnrolmentError("unreachable", f"expected an answer of {host}:{port}: {error}") from (
            error
        )
    finally:
        link.close()
    if response.status != 200:
        _refused(response.status, data)
    return data


def _refused(status: int, data: bytes) -> None:
    try:
        said = msgspec.json.decode(data, type=dict[str, Any])
    except ValueError:
        said = {}
    reason = str(said.get("error", "refused"))
    raise EnrolmentError(reason, f"the township refused ({status}): {said.get('message', '')}")


def _address(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme != "https" or not host or parts.path.strip("/") or parts.query:
        raise EnrolmentError("address", f"expected https://host:port, found {url!r}")
    return host, port or 443
