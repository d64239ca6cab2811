"""The authority for links: one key, one use for each certificate, an end for machines."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.ca import DAY_MS, open_authority
from gateway.errors import ConfigError, RequestRefusedError

T0_MS = 1_790_000_000_000


def spki(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def test_authority_is_made_once_and_its_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    first = open_authority(tmp_path / "ca", "gw-1")

    again = open_authority(tmp_path / "ca", "gw-1")

    assert again.fingerprint == first.fingerprint
    assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca").stat().st_mode & 0o777 == 0o700


def test_start_that_was_cut_between_key_and_certificate_goes_on_with_the_key(
    tmp_path: Path,
) -> None:
    open_authority(tmp_path, "gw-1")
    key = (tmp_path / "ca.key").read_bytes()
    (tmp_path / "ca.pem").unlink()

    open_authority(tmp_path, "gw-1")

    assert (tmp_path / "ca.key").read_bytes() == key


def test_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    open_authority(tmp_path, "gw-1")
    (tmp_path / "ca.key").unlink()

    with pytest.raises(ConfigError, match="only its certificate"):
        open_authority(tmp_path, "gw-1")


def test_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    open_authority(tmp_path, "gw-1")
    (tmp_path / "ca.key").chmod(0o640)

    with pytest.raises(ConfigError, match="0600"):
        open_authority(tmp_path, "gw-1")


def test_certificate_of_another_authority_beside_the_key_is_refused(tmp_path: Path) -> None:
    open_authority(tmp_path / "a", "gw-1")
    open_authority(tmp_path / "b", "gw-1")
    (tmp_path / "a" / "ca.pem").write_bytes((tmp_path / "b" / "ca.pem").read_bytes())

    with pytest.raises(ConfigError, match="found another"):
        open_authority(tmp_path / "a", "gw-1")


def test_machines_certificate_names_it_for_one_use_and_ends_soon(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, "gw-1")

    pem = authority.machine("m-1", spki(ec.generate_private_key(ec.SECP256R1())), T0_MS, 30)

    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    end = datetime.datetime.fromtimestamp((T0_MS + 30 * DAY_MS) / 1000, tz=datetime.UTC)
    assert [name.value for name in names] == ["m-1"]
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert certificate.not_valid_after_utc == end
    assert certificate.not_valid_before_utc.year == 1970
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pem))


@pytest.mark.parametrize(
    "public_key",
    [
        b"no key",
        spki(ed25519.Ed25519PrivateKey.generate()),
        spki(ec.generate_private_key(ec.SECP384R1())),
    ],
    ids=["bytes", "ed25519", "p-384"],
)
def test_other_keys_for_the_link_are_refused(tmp_path: Path, public_key: bytes) -> None:
    authority = open_authority(tmp_path, "gw-1")

    with pytest.raises(RequestRefusedError) as caught:
        authority.machine("m-1", public_key, T0_MS, 30)

    assert caught.value.reason == "link-key"


def test_certificate_of_a_clock_beyond_all_dates_is_still_made(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, "gw-1")
    late_ms = int(datetime.datetime(9999, 12, 30, tzinfo=datetime.UTC).timestamp() * 1000)

    pem = authority.machine("m-1", spki(ec.generate_private_key(ec.SECP256R1())), late_ms, 30)

    assert x509.load_pem_x509_certificate(pem).not_valid_after_utc.year == 9999
