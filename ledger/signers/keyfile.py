"""Keys as files: an Ed25519 private key (PEM, mode 0600), an age identity, a folder of trust.

A key file that others may read is refused, and so is a key record that differs from its key.
"""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import algorithms, canonical, codec
from ledger.errors import LedgerError, UnknownKeyError
from ledger.keys import Domain, KeyRing, key_id
from ledger.messages import KeyRecord

PRIVATE = 0o600
_RECORD_TYPE = codec.payload_type(KeyRecord.kind)


class KeyFileSigner:
    """Signs with the Ed25519 key of a file; see `ledger.signers.Signer`."""

    def __init__(self, key: Ed25519PrivateKey, record: KeyRecord) -> None:
        public = key.public_key().public_bytes_raw()
        if base64.b64encode(public).decode() != record.public_key:
            raise UnknownKeyError(
                f"expected the key record of this private key, found the one of {record.holder}"
            )
        self._key = key
        self.record = record
        self.record_sha256 = codec.sha256(codec.encode_message(record))
        self.keyid = key_id(public)

    def sign(self, data: bytes) -> bytes:
        """Return the 64 byte signature over `data`."""
        return self._key.sign(data)


def create(key_path: Path, record_path: Path, **holder: object) -> KeyRecord:
    """Make a signing key and its record, both durable; `holder` are the record's other fields.

    Raises:
        FileExistsError: a key is there already; it is never overwritten.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return _store(key_path, pem, record_path, alg="ed25519", public_key=public, **holder)


def create_opener(key_path: Path, record_path: Path, **holder: object) -> KeyRecord:
    """Make an age identity (X25519) to open photos with, and its record."""
    identity = pyrage.x25519.Identity.generate()
    return _store(
        key_path,
        f"{identity}\n".encode(),
        record_path,
        alg="age-x25519",
        public_key=str(identity.to_public()),
        **holder,
    )


def complete(key_path: Path, record_path: Path, **holder: object) -> KeyRecord:
    """As `create`, but go on with what an earlier call left: a key, or a key and its record.

    Raises:
        UnknownKeyError: what is there is open to others, damaged, or of another holder.
    """
    if not key_path.exists():
        return create(key_path, record_path, **holder)
    if not record_path.exists():
        public = _private_key(key_path).public_key().public_bytes_raw()
        store_record(record_path, "ed25519", public, **holder)
    return _check_holder(load(key_path, record_path).record, record_path, **holder)


def complete_opener(key_path: Path, record_path: Path, **holder: object) -> KeyRecord:
    """As `create_opener`, but go on with what an earlier call left.

    Raises:
        UnknownKeyError: what is there is open to others, damaged, or of another holder.
    """
    if not key_path.exists():
        return create_opener(key_path, record_path, **holder)
    public = str(load_opener(key_path).to_public())
    if not record_path.exists():
        record = _record(alg="age-x25519", public_key=public, **holder)
        write_durable(record_path, codec.encode_message(record))
    record = _check_holder(read_record(record_path), record_path, **holder)
    if record.public_key != public:
        raise UnknownKeyError(f"expected the record of {key_path} at {record_path}, found another")
    return record


def load(key_path: Path, record_path: Path) -> KeyFileSigner:
    """Return the signer of a key file and its record.

    Raises:
        UnknownKeyError: missing, open to others, no Ed25519 key, or another record.
    """
    return KeyFileSigner(_private_key(key_path), read_record(record_path))


def load_opener(key_path: Path) -> pyrage.x25519.Identity:
    """Return the age identity of a key file."""
    text = read_private(key_path).decode(errors="replace").strip()
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError as error:
        raise UnknownKeyError(f"expected an age identity in {key_path}: {error}") from error


def read_record(path: Path) -> KeyRecord:
    """Return the key record of a file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnknownKeyError(f"expected a key record at {path}: {error.strerror}") from error
    record = codec.decode_message(_RECORD_TYPE, data)
    if not isinstance(record, KeyRecord):
        raise UnknownKeyError(f"expected a key record at {path}, found {record.kind}")
    return record


def read_ring(folder: Path, domain: Domain) -> KeyRing:
    """Return the ring of all key records (`*.json`) of a folder.

    Raises:
        LedgerError: no folder, or a record in it that is damaged or of the other domain.
    """
    if not folder.is_dir():
        raise UnknownKeyError(f"expected a folder of trusted key records at {folder}, found none")
    records = []
    for path in sorted(folder.glob("*.json")):
        try:
            records.append(read_record(path))
        except LedgerError as error:
            raise type(error)(f"{path}: {error}") from error
    return KeyRing(records, domain)


def read_private(path: Path) -> bytes:
    """Return the bytes of a private file.

    Raises:
        UnknownKeyError: missing, or its owner or mode let others read it.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read()
    except OSError as error:
        raise UnknownKeyError(f"expected a private key at {path}: {error.strerror}") from error
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise UnknownKeyError(
            f"expected mode 0600 on {path}, found {mode:04o}: run chmod 600, and make a new key "
            "if somebody else could have read it"
        )
    return data


def write_durable(path: Path, data: bytes, mode: int = 0o644, *, replace: bool = False) -> None:
    """Create a file that must not exist yet, whole or not at all; durable with its name on return.

    Args:
        replace: put it in the place of what may be there.

    Raises:
        FileExistsError: it exists.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)  # of a run that was cut; its mode may be another
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if replace:
        draft.replace(path)
    else:
        os.link(draft, path)  # unlike a rename, it refuses to replace
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def store_record(record_path: Path, alg: str, public_key: bytes, **holder: object) -> KeyRecord:
    """Write the record of a signing key that is kept elsewhere; durable on return.

    Raises:
        FileExistsError: a record is there already.
        UnknownKeyError: a public key that must not be trusted.
    """
    text = base64.b64encode(public_key).decode()
    record = _record(alg=alg, public_key=text, **holder)
    algorithms.read(record)
    write_durable(record_path, codec.encode_message(record))
    return record


def _private_key(key_path: Path) -> Ed25519PrivateKey:
    pem = read_private(key_path)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise UnknownKeyError(f"expected a PEM private key in {key_path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UnknownKeyError(f"expected an Ed25519 key in {key_path}, found {type(key).__name__}")
    return key


def _check_holder(record: KeyRecord, path: Path, **holder: object) -> KeyRecord:
    found = {name: getattr(record, name) for name in holder}
    if found != holder:
        raise UnknownKeyError(
            f"expected a key record of {holder} at {path}, found {found}: use another folder, or "
            "move that key away"
        )
    return record


def _store(key_path: Path, secret: bytes, record_path: Path, **fields: object) -> KeyRecord:
    record = _record(**fields)
    if record_path.exists():
        raise FileExistsError(f"expected no key record at {record_path}, found one")
    write_durable(key_path, secret, PRIVATE)
    write_durable(record_path, codec.encode_message(record))
    return record


def _record(**fields: object) -> KeyRecord:
    data = canonical.encode({**fields, "kind": KeyRecord.kind})
    record = codec.decode_message(_RECORD_TYPE, data)
    assert isinstance(record, KeyRecord)
    return record
