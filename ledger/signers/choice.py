"""Which signer a configuration names: a key file or a token, never both."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import UnknownKeyError
from ledger.signers import Signer, keyfile, pkcs11


def load(key: Path | None, token: pkcs11.Options | None, record: Path) -> Signer:
    """Return the signer of a key file or of a token, with its record.

    Raises:
        LedgerError: both or neither are named, or the one named can not sign for this record.
    """
    if token is not None and key is None:
        return pkcs11.load(token, record)
    if key is not None and token is None:
        return keyfile.load(key, record)
    raise UnknownKeyError(
        "expected either a key file or a token in the configuration, found "
        f"{'both' if key else 'neither'}: the technician must name one"
    )
