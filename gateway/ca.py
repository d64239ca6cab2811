"""CA: the township's own authority for the links to its machines; it vouches for no entry.

Rules kept here:
- A certificate names one holder (CN = device id or gateway id) and one use: client or server.
- Machines' certificates end soon. The authority, the broker and the gateway itself have no end:
  whoever reads their keys reads this folder, and an end would only strand a village.
- No certificate has a beginning that a wrong clock could stand before.
- `crl.pem` revokes the certificates of machines that are shut out (`gateway.crl`), for brokers
  that others run.
- A certificate that ended is no judgement on its holder: the key record is (docs/enrolment.md).
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from gateway import crl, files
from gateway.crl import BEGINNING, NO_END
from gateway.errors import ConfigError, RequestRefusedError
from ledger.errors import LedgerError
from ledger.signers import keyfile

DAY_MS = 24 * 3600 * 1000

_USES = {"client": ExtendedKeyUsageOID.CLIENT_AUTH, "server": ExtendedKeyUsageOID.SERVER_AUTH}


class Credentials(Struct, frozen=True):
    """A certificate and its private key as PEM files, and who signed the other side's."""

    cert: Path
    key: Path
    ca: Path


class Authority:
    """Signs certificates with the key of one folder. Made by `open_authority`; never changes."""

    def __init__(self, folder: Path, key: ec.EllipticCurvePrivateKey, cert: bytes) -> None:
        self._folder, self._key = folder, key
        self._certificate = x509.load_pem_x509_certificate(cert)
        self.path, self.crl = folder / "ca.pem", folder / crl.FILE
        self.pem = cert
        self.fingerprint = fingerprint(cert)

    def machine(self, device: str, public_key: bytes, now_ms: int, days: int) -> bytes:
        """Return a machine's client certificate, PEM.

        Args:
            public_key: of its key for the link, SubjectPublicKeyInfo in DER; P-256.

        Raises:
            RequestRefusedError: `link-key`: another kind of key.
        """
        try:
            key = serialization.load_der_public_key(public_key)
        except ValueError as error:
            raise _refused("something else") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise _refused(type(key).__name__)
        end_s = min((now_ms + days * DAY_MS) // 1000, int(NO_END.timestamp()))
        end = datetime.datetime.fromtimestamp(end_s, tz=datetime.UTC)
        signed = self._sign(device, key, "client", end)
        serial = x509.load_pem_x509_certificate(signed).serial_number
        crl.note(self._folder, device, serial, end_s, now_ms // 1000)
        return signed

    def admit(self, machines: Collection[str], now_ms: int) -> None:
        """Revoke the certificates of all other machines, in `crl.pem`.

        Raises:
            OSError: the disk does not take it.
            ConfigError: the list of issued certificates is damaged.
        """
        if crl.shut_out(self._folder, machines, now_ms // 1000) or not self.crl.exists():
            files.replace(self.crl, crl.render(self._folder, self._certificate, self._key))

    def own(self, name: str, use: Literal["client", "server"], *hosts: str) -> Credentials:
        """Return a certificate without an end for a program that runs beside this folder.

        The key is made once; the certificate anew each time, since `hosts` may have changed.

        Raises:
            ConfigError: the key file cannot be used.
        """
        key_path, cert_path = self._folder / f"{use}.key", self._folder / f"{use}.pem"
        key = _private(key_path)
        files.replace(cert_path, self._sign(name, key.public_key(), use, NO_END, *hosts))
        return Credentials(cert=cert_path, key=key_path, ca=self.path)

    def _sign(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        use: Literal["client", "server"],
        end: datetime.datetime,
        *hosts: str,
    ) -> bytes:
        builder = _builder(name, self._certificate.subject, key, end)
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([_USES[use]]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def open_authority(folder: Path, holder: str) -> Authority:
    """Return the authority of a folder; key and certificate are made at the first call.

    Raises:
        ConfigError: its key is missing beside its certificate, damaged, or open to others.
    """
    key_path, cert_path = folder / "ca.key", folder / "ca.pem"
    if cert_path.exists() and not key_path.exists():
        raise ConfigError(
            f"expected the authority's key at {key_path}, found only its certificate: restore it "
            "from the backup, or remove the folder and enrol every machine again"
        )
    files.make_folder(folder, 0o700)
    key = _private(key_path)
    if not cert_path.exists():
        files.replace(cert_path, _self_signed(f"sealkeeper {holder}", key))
    cert = cert_path.read_bytes()
    authority = Authority(folder, key, cert)
    if x509.load_pem_x509_certificate(cert).public_key() != key.public_key():
        raise ConfigError(f"expected the certificate of {key_path} at {cert_path}, found another")
    return authority


def fingerprint(pem: bytes) -> str:
    """Return the lowercase hex SHA-256 of a certificate's DER bytes."""
    der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    return hashlib.sha256(der).hexdigest()


def _private(path: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key of a file, made if missing."""
    if not path.exists():
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        files.replace(path, pem, keyfile.PRIVATE)
    try:
        key = serialization.load_pem_private_key(keyfile.read_private(path), password=None)
    except (LedgerError, ValueError, TypeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError(f"expected a P-256 key in {path}, found {type(key).__name__}")
    return key


def _self_signed(name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(name, subject, key.public_key(), NO_END)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, end: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINNING)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _refused(found: str) -> RequestRefusedError:
    return RequestRefusedError(
        "link-key", f"expected the machine's P-256 key for the link, found {found}"
    )
