"""The private half of a second key: an SM2 key as PKCS #8, in a file beside that of the first.

OpenSSL reads and writes the same file. Needs the `sm` extra. Signing is arithmetic on Python's
numbers, whose time depends on the key: see docs/decisions 0024.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Literal

from ledger import algorithms, sm2
from ledger.errors import SignatureError, UnknownKeyError
from ledger.messages import KeyRecord, SecondKey

Algorithm = Literal["sm2"]
_BEGIN, _END = "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n"
_LINE = 64  # characters


class Sm2Signer:
    """Signs with an SM2 key; see `ledger.signers.SecondSigner`."""

    def __init__(self, secret: bytes, public: bytes) -> None:
        self._secret, self.public = secret, public
        self._holds = sm2.verifier("this second key", public)
        self.keyid = algorithms.sm2_key_id(public)

    def sign(self, data: bytes) -> bytes:
        """Return the 64 byte signature over `data`, verified.

        Raises:
            SignatureError: it does not hold; nothing is handed out.
        """
        signature = sm2.sign(self._secret, self.public, data)
        if not self._holds(data, signature):
            raise SignatureError("expected an SM2 signature that holds, found another: try again")
        return signature

    def pem(self) -> bytes:
        """Return the key pair as the text of a key file."""
        text = base64.b64encode(sm2.to_pkcs8(self._secret, self.public)).decode()
        lines = [f"{text[at : at + _LINE]}\n" for at in range(0, len(text), _LINE)]
        return "".join([_BEGIN, *lines, _END]).encode()

    def named_in(self, record: KeyRecord) -> SecondKey:
        """Return this key as the second one of a record, with the proof that we have it."""
        public = base64.b64encode(self.public).decode()
        shown = self.sign(algorithms.second_statement(record, "sm2", public))
        return SecondKey(alg="sm2", public_key=public, possession=base64.b64encode(shown).decode())


def path_of(key_path: Path) -> Path:
    """Return where the second key of a key file lies: `device.key` has `device.sm2.key`."""
    return key_path.with_name(f"{key_path.stem}.sm2.key")


def generate() -> Sm2Signer:
    """Return the signer of a new key.

    Raises:
        MissingExtraError: the `sm` extra is not installed.
    """
    return Sm2Signer(*sm2.generate())


def read(pem: bytes, path: Path) -> Sm2Signer:
    """Return the signer of a key file's text.

    Raises:
        UnknownKeyError: it is no SM2 key pair; the message names `path`.
        MissingExtraError: the `sm` extra is not installed.
    """
    text = pem.decode("ascii", errors="replace").replace("\r\n", "\n")
    body = text.removeprefix(_BEGIN).removesuffix(_END)
    if len(body) != len(text) - len(_BEGIN) - len(_END):
        raise UnknownKeyError(f"expected a PEM private key in {path}, found something else")
    try:
        der = base64.b64decode(body.replace("\n", ""), validate=True)
        return Sm2Signer(*sm2.of_pkcs8(der))
    except binascii.Error as error:
        raise UnknownKeyError(f"expected a PEM private key in {path}: {error}") from error
    except UnknownKeyError as error:
        raise type(error)(f"{path}: {error}") from error
