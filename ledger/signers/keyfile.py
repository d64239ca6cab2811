"""Keys as files: a private key (PEM, mode 0600), an age identity, a folder of trust.

A key file that others may read is refused, and so is a key record that differs from its key. A
record's second key lies beside the first one's file (`ledger.signers.second`).
"""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pyrage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct, structs

from ledger import algorithms, canonical, codec, mldsa
from ledger.errors import LedgerError, UnknownKeyError
from ledger.keys import Domain, KeyRing, key_id
from ledger.messages import KeyRecord
from ledger.signers import second as seconds
from ledger.signers.second import Sm2Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

    PrivateKey = Ed25519PrivateKey | MLDSA44PrivateKey

PRIVATE = 0o600


class Kind(Struct, frozen=True):
    """Which keys to make: the first one's algorithm, and that of a second one beside it."""

    alg: str = "ed25519"
    second: seconds.Algorithm | None = None


ED25519 = Kind()
_RECORD_TYPE = codec.payload_type(KeyRecord.kind)


class KeyFileSigner:
    """Signs with the key of a file, and a second one beside it; see `ledger.signers.Signer`."""

    def __init__(self, key: PrivateKey, record: KeyRecord, second: Sm2Signer | None = None) -> None:
        public = key.public_key().public_bytes_raw()
        beside = None if second is None else base64.b64encode(second.public).decode()
        if (base64.b64encode(public).decode(), beside) != (
            record.public_key,
            record.second and record.second.public_key,
        ):
            raise UnknownKeyError(
                f"expected the key record of this private key, found the one of {record.holder}"
            )
        self._key = key
        self.record, self.second = record, second
        self.record_sha256 = codec.sha256(codec.encode_message(record))
        self.keyid = key_id(public)

    def sign(self, data: bytes) -> bytes:
        """Return the first key's signature over `data` (64 bytes, ML-DSA-44: 2420)."""
        return self._key.sign(data)


def create(
    key_path: Path, record_path: Path, kind: Kind = ED25519, /, **holder: object
) -> KeyRecord:
    """Make a signing key and its record, both durable; `holder` are the record's other fields.

    A second key gets a file beside the first one's.

    Raises:
        FileExistsError: a key is there already; it is never overwritten.
        MissingExtraError: the algorithm is not installed.
    """
    key = Ed25519PrivateKey.generate() if kind.alg == "ed25519" else mldsa.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    beside = None if kind.second is None else seconds.generate()
    record = _signing_record(kind.alg, key.public_key().public_bytes_raw(), beside, **holder)
    if record_path.exists():
        raise FileExistsError(f"expected no key record at {record_path}, found one")
    write_durable(key_path, pem, PRIVATE)
    if beside is not None:
        write_durable(seconds.path_of(key_path), beside.pem(), PRIVATE)
    write_durable(record_path, codec.encode_message(record))
    return record


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


def complete(
    key_path: Path, record_path: Path, kind: Kind = ED25519, /, **holder: object
) -> KeyRecord:
    """As `create`, but go on with what an earlier call left: a key, or keys and their record.

    Raises:
        UnknownKeyError: what is there is open to others, damaged, or of another holder.
        MissingExtraError: the second algorithm is not installed.
    """
    if not key_path.exists():
        return create(key_path, record_path, kind, **holder)
    if not record_path.exists():
        public = _private_key(key_path).public_key().public_bytes_raw()
        beside = None if kind.second is None else _complete_second(seconds.path_of(key_path))
        record = _signing_record(kind.alg, public, beside, **holder)
        write_durable(record_path, codec.encode_message(record))
    record = _check_holder(load(key_path, record_path).record, record_path, **holder)
    found = Kind(record.alg, None if record.second is None else record.second.alg)
    if found != kind:
        raise UnknownKeyError(
            f"expected the record of {kind} at {record_path}, found one of {found}: use another "
            "folder"
        )
    return record


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
        UnknownKeyError: missing, open to others, no signing key, or another record; the same
            for the second key that the record names.
        MissingExtraError: an algorithm is not installed.
    """
    record = read_record(record_path)
    key, path = _private_key(key_path), seconds.path_of(key_path)
    beside = None if record.second is None else seconds.read(read_private(path), path)
    algorithms.read(record)
    return KeyFileSigner(key, record, beside)


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


def _signing_record(
    alg: str, public: bytes, beside: Sm2Signer | None, **holder: object
) -> KeyRecord:
    record = _record(alg=alg, public_key=base64.b64encode(public).decode(), **holder)
    if beside is not None:
        record = structs.replace(record, second=beside.named_in(record))
    algorithms.read(record)
    return record


def _complete_second(path: Path) -> Sm2Signer:
    if path.exists():
        return seconds.read(read_private(path), path)
    made = seconds.generate()
    write_durable(path, made.pem(), PRIVATE)
    return made


def _private_key(key_path: Path) -> PrivateKey:
    pem = read_private(key_path)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise UnknownKeyError(f"expected a PEM private key in {key_path}: {error}") from error
    if isinstance(key, Ed25519PrivateKey) or mldsa.is_private(key):
        return key
    raise UnknownKeyError(f"expected an Ed25519 key in {key_path}, found {type(key).__name__}")


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
