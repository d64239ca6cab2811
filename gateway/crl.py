"""CRL: which certificates of machines were issued, and which of them hold no more.

The embedded broker knows its machines by a list of accounts. A broker that others run learns from
this file whom to refuse; see deploy/mosquitto.conf. What was revoked once stays so, also if its
machine comes back: it has new certificates then.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct, structs

from gateway import files
from gateway.errors import ConfigError

FILE = "crl.pem"
ISSUED = "issued"
BEGINNING = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
NO_END = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)  # RFC 5280, 4.1.2.5


class Issued(Struct, frozen=True):
    """A machine's certificate: its serial number (hex), its end and its revocation, UTC seconds."""

    serial: str
    end_s: int
    revoked_s: int | None = None


def note(folder: Path, machine: str, serial: int, end_s: int, now_s: int) -> None:
    """Write down that a certificate is issued, durably; those that have ended are forgotten.

    Raises:
        OSError: the disk does not take it.
        ConfigError: what was written down is damaged.
    """
    with _locked(folder):
        path = folder / ISSUED / f"{machine}.json"
        before = (one for one in _read(path) if one.end_s > now_s)
        _write(path, (*before, Issued(f"{serial:x}", end_s)))


def shut_out(folder: Path, admitted: Collection[str], now_s: int) -> bool:
    """Revoke every certificate of machines that are not admitted; tell whether any is new.

    Raises:
        OSError: the disk does not take it.
        ConfigError: what was written down is damaged.
    """
    changed = False
    with _locked(folder):
        for path in sorted((folder / ISSUED).glob("*.json")):
            found = _read(path)
            if path.stem in admitted or all(one.revoked_s is not None for one in found):
                continue
            _write(path, tuple(_revoked(one, now_s) for one in found))
            changed = True
    return changed


def render(folder: Path, authority: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the list of the revoked certificates, PEM; no clock can stand outside its dates.

    Raises:
        ConfigError: what was written down is damaged.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(BEGINNING)
        .next_update(NO_END)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
    )
    for path in sorted((folder / ISSUED).glob("*.json")):
        for one in _read(path):
            if one.revoked_s is not None:
                at = datetime.datetime.fromtimestamp(one.revoked_s, tz=datetime.UTC)
                revoked = x509.RevokedCertificateBuilder().serial_number(int(one.serial, 16))
                builder = builder.add_revoked_certificate(revoked.revocation_date(at).build())
    signed = builder.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def _revoked(one: Issued, now_s: int) -> Issued:
    return one if one.revoked_s is not None else structs.replace(one, revoked_s=now_s)


def _read(path: Path) -> tuple[Issued, ...]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Issued, ...])
    except FileNotFoundError:
        return ()
    except ValueError as error:
        raise ConfigError(
            f"expected the certificates that were issued in {path}: {error}; remove the file, "
            "revoked certificates then end by themselves"
        ) from error


def _write(path: Path, issued: tuple[Issued, ...]) -> None:
    files.make_folder(path.parent, 0o700)
    files.replace(path, msgspec.json.encode(issued), 0o600)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one thread or program at a time change the list."""
    with (folder / "issued.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
