"""Keys in a token: an HSM, a smart card or a TPM behind PKCS#11; the private key never leaves it.

Needs the `hsm` extra. A signature leaves here only after it was verified, for ES256 in the only
spelling that verifiers take. One signer belongs to one thread, as its session does.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct

from ledger import algorithms, codec
from ledger.errors import LedgerError, SignatureError, UnknownKeyError
from ledger.messages import KeyRecord
from ledger.signers import keyfile

if TYPE_CHECKING:
    import pkcs11
    from pkcs11.types import SignMixin

_PROBE = b"sealkeeper: does this token sign with the key of its record?\n"
_MECHANISMS = {"ed25519": "EDDSA", "es256": "ECDSA"}
_KEY_TYPES = {"ed25519": "EC_EDWARDS", "es256": "EC"}


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the key is.

    Args:
        module: the token maker's PKCS#11 library, such as /usr/lib/softhsm/libsofthsm2.so.
        token: the token's label.
        key: the label of the private key in it.
        pin_file: file with the user PIN, mode 0600.
    """

    module: Path
    token: str
    key: str
    pin_file: Path


class TokenError(LedgerError):
    """The token does not do what it is needed for; the message says who must act."""

    code = "token"
    hint = "Check that the token is plugged in and its driver installed, then start again."


class Pkcs11Signer:
    """Signs with a key inside a token; see `ledger.signers.Signer`. Made by `load`."""

    def __init__(self, session: pkcs11.Session, key: SignMixin, record: KeyRecord) -> None:
        self._session = session
        self._key = key
        self._public = algorithms.read(record)
        self.record, self.second = record, None
        self.record_sha256 = codec.sha256(codec.encode_message(record))
        self.keyid = self._public.keyid

    def sign(self, data: bytes) -> bytes:
        """Return the 64 byte signature over `data`, verified.

        Raises:
            TokenError: the token is gone or refused.
            SignatureError: what it returned is no signature of this record's key.
        """
        import pkcs11

        try:
            if self.record.alg == "es256":
                # Every token has plain ECDSA; hashing inside the token is an option of few.
                digest = hashlib.sha256(data).digest()
                signature = self._key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
                signature = algorithms.lower_es256(signature)
            else:
                signature = self._key.sign(data, mechanism=pkcs11.Mechanism.EDDSA)
        except pkcs11.PKCS11Error as error:
            raise TokenError(
                f"expected a signature of {self.record.holder} from the token, found "
                f"{_name(error)}: the technician must plug the token in and start again"
            ) from error
        self._public.verify(data, signature)
        return signature

    def close(self) -> None:
        """End the session; the signer signs no more."""
        self._session.close()


def load(options: Options, record_path: Path) -> Pkcs11Signer:
    """Return the signer of a token's key and its record, tried once.

    Raises:
        LedgerError: no driver, token, right PIN, key or mechanism, or another record's key.
    """
    record = keyfile.read_record(record_path)
    algorithms.read(record)
    if record.second is not None or record.alg not in _MECHANISMS:
        raise UnknownKeyError(
            f"expected a single Ed25519 or ES256 key for a token at {record_path}, found the "
            f"record of {'a second key' if record.second else record.alg}: keep such keys in files"
        )
    session = _sign_in(options, record.alg, writing=False)
    try:
        signer = Pkcs11Signer(session, _find(session, options, record), record)
        signer.sign(_PROBE)
    except SignatureError as error:
        session.close()
        raise UnknownKeyError(
            f"expected the key record of {options.key!r} in token {options.token!r} at "
            f"{record_path}, found the record of another key of {record.holder}: the technician "
            "must correct the configuration"
        ) from error
    except LedgerError:
        session.close()
        raise
    return signer


def create(options: Options, record_path: Path, alg: str, **holder: object) -> KeyRecord:
    """Make a key pair inside the token and its record; `holder` are the record's other fields.

    The private key is made in the token, can not be taken out, and outlives the session.

    Raises:
        FileExistsError: a record is there already.
        LedgerError: as for `load`, or the token has a key of this label already.
    """
    if record_path.exists():
        raise FileExistsError(f"expected no key record at {record_path}, found one")
    if alg not in _MECHANISMS:
        raise UnknownKeyError(f"expected one of {', '.join(_MECHANISMS)}, found {alg!r}")
    session = _sign_in(options, alg, writing=True)
    import pkcs11  # it is there, or signing in would have said so

    try:
        if any(True for _ in session.get_objects({pkcs11.Attribute.LABEL: options.key})):
            raise TokenError(
                f"expected no key {options.key!r} in token {options.token!r}, found one: choose "
                "another label; a key is never overwritten"
            )
        public, private = _generate(session, options.key, alg)
        try:
            attribute = bytes(public[pkcs11.Attribute.EC_POINT])
            point = point_of(attribute, algorithms.KEY_LENGTHS[alg])
            return keyfile.store_record(record_path, alg, point, **holder)
        except BaseException:
            public.destroy()  # a key without a record is of no use and would keep its label
            private.destroy()
            raise
    except pkcs11.PKCS11Error as error:
        _refuse_mechanism(options, alg, error)
    finally:
        session.close()


def _sign_in(options: Options, alg: str, writing: bool) -> pkcs11.Session:
    token = _token(options)
    import pkcs11

    mechanism = _MECHANISMS[alg]
    if getattr(pkcs11.Mechanism, mechanism) not in token.slot.get_mechanisms():
        _refuse_mechanism(options, alg, None)
    spent = token.flags & (pkcs11.TokenFlag.USER_PIN_LOCKED | pkcs11.TokenFlag.USER_PIN_FINAL_TRY)
    if spent:
        raise TokenError(
            f"expected token {options.token!r} with PIN tries left, found {spent}: the last try is "
            f"left to a person; correct {options.pin_file}, sign in once by hand or unblock it"
        )
    pin = keyfile.read_private(options.pin_file).decode(errors="replace").strip()
    try:
        return token.open(rw=writing, user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        return token.open(rw=writing)  # signing in is per program and token, not per session
    except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange) as error:
        raise TokenError(
            f"expected the user PIN of token {options.token!r} in {options.pin_file}, found "
            "another: the technician must correct the file before the token locks itself"
        ) from error
    except pkcs11.PKCS11Error as error:
        raise TokenError(
            f"expected to sign in to token {options.token!r}, found {_name(error)}: the technician "
            "must set its user PIN, unblock it or plug it in again"
        ) from error


def _token(options: Options) -> pkcs11.Token:
    try:
        import pkcs11
    except ImportError as error:
        raise TokenError(
            "expected the package python-pkcs11, found none: the technician must install "
            "sealkeeper with its hsm extra"
        ) from error

    try:
        tokens = list(pkcs11.lib(str(options.module)).get_tokens())
    except pkcs11.PKCS11Error as error:
        raise TokenError(
            f"expected a PKCS#11 module at {options.module}, found: {error or _name(error)}: the "
            "technician must install the token's driver or correct the path"
        ) from error
    named = [token for token in tokens if token.label == options.token]
    if len(named) != 1:
        labels = ", ".join(repr(token.label) for token in tokens) or "no token"
        raise TokenError(
            f"expected one token {options.token!r}, found {labels}: the technician must plug it "
            "in or correct the label"
        )
    return named[0]


def _find(session: pkcs11.Session, options: Options, record: KeyRecord) -> SignMixin:
    import pkcs11
    from pkcs11.types import SignMixin

    wanted = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY,
        pkcs11.Attribute.LABEL: options.key,
    }
    keys: list[Any] = list(session.get_objects(wanted))
    if len(keys) != 1:
        raise TokenError(
            f"expected one private key {options.key!r} in token {options.token!r}, found "
            f"{len(keys)}: the technician must make the key or correct the label"
        )
    key = keys[0]
    of_type = key.key_type == getattr(pkcs11.KeyType, _KEY_TYPES[record.alg])
    if of_type and isinstance(key, SignMixin):
        return key
    raise UnknownKeyError(
        f"expected {options.key!r} in token {options.token!r} to sign with {record.alg} as the "
        f"record of {record.holder} says, found {key!r} of type {key.key_type!r}: the technician "
        "must correct the configuration"
    )


def _generate(
    session: pkcs11.Session, label: str, alg: str
) -> tuple[pkcs11.PublicKey, pkcs11.PrivateKey]:
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    curve = {"ed25519": "1.3.101.112", "es256": "secp256r1"}[alg]
    parameters = session.create_domain_parameters(
        getattr(pkcs11.KeyType, _KEY_TYPES[alg]),
        {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)},
        local=True,
    )
    identity = hashlib.sha256(label.encode()).digest()[:8]
    return parameters.generate_keypair(
        store=True, label=label, id=identity, capabilities=pkcs11.MechanismFlag.SIGN
    )


def point_of(attribute: bytes, length: int) -> bytes:
    """Return the public key in a CKA_EC_POINT: bare, or in a DER octet string or bit string.

    Raises:
        UnknownKeyError: none of the three.
    """
    point = attribute[-length:]
    wrappings = (b"", bytes([4, length]), bytes([3, length + 1, 0]))
    if len(point) == length and attribute[:-length] in wrappings:
        return point
    raise UnknownKeyError(
        f"expected a public key of {length} bytes from the token, found {attribute.hex()}"
    )


def _refuse_mechanism(options: Options, alg: str, error: Exception | None) -> NoReturn:
    found = "no such mechanism" if error is None else _name(error)
    raise TokenError(
        f"expected token {options.token!r} to sign with CKM_{_MECHANISMS[alg]} for {alg}, found "
        f"{found}: the technician must make a key of another algorithm or take another token"
    ) from error


def _name(error: Exception) -> str:
    return type(error).__name__
