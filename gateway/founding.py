"""Founding: a log that was founded begins with the keys on which all others rest."""

from __future__ import annotations

from pathlib import Path

from gateway.errors import ConfigError, StoreError
from gateway.register.keybook import KeyBook, Keys
from gateway.register.log import GatewayLog
from gateway.register.tree import PublicLog
from gateway.stores import Store
from gateway.writer import wall_ms
from ledger import keyacts, logterms
from ledger.errors import LedgerError
from ledger.records_keys import Founding
from ledger.signers import Signer


def begin(path: Path, store: Store, public: PublicLog, own: GatewayLog, keys: KeyBook) -> None:
    """Write the founding as the first entry of an empty log; do nothing if it is there.

    Raises:
        ConfigError: the file is no agreed founding of ours, or the log began without or with
            another one; nothing was written.
    """
    body = read(path)
    with store.reader() as reader:
        empty = reader.size() == 0
        first = reader.entry(0)
    if not empty:
        if first is None or first.body != body:
            raise ConfigError(
                f"expected a log that begins with the founding of {path}, found one that begins "
                f"with {'nothing' if first is None else first.kind}: name the right file; a log "
                "without a founding can not get one later, begin a new one"
            )
        return
    try:
        with public.transaction(store, wall_ms()) as transaction:
            own.append(transaction, body, wall_ms())
            keys.at(transaction)
    except (StoreError, LedgerError) as error:
        raise ConfigError(f"{path}: {error}") from error


def read(path: Path) -> Founding:
    """Return the founding of a file.

    Raises:
        ConfigError: there is none, or the county has not agreed yet.
    """
    try:
        body = keyacts.body(keyacts.decode(path.read_bytes()))
    except OSError as error:
        raise ConfigError(f"expected a founding at {path}: {error.strerror}") from error
    except LedgerError as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(body, Founding):
        raise ConfigError(f"expected a founding in {path}, found {body.kind}")
    return body


def check_own(keys: Keys, signer: Signer, log_signer: Signer) -> None:
    """Return if our keys are those that may sign the log's next entry of ours and checkpoint.

    Raises:
        ConfigError: the log knows another one, or none that still holds.
    """
    record = signer.record
    newest = keys.history.newest("gateway", record.holder)
    if not keys.founded:
        return
    try:
        logterms.only_current(keys.log_terms, log_signer.record)
    except LedgerError as error:
        raise ConfigError(str(error)) from error
    if newest is None or newest.last_seq is not None or newest.public.keyid != signer.keyid:
        raise ConfigError(
            f"expected the key of {record.holder} that the log names, found key "
            f"{signer.keyid[:16]}...: use that one, or enter this one with the county's agreement: "
            "seal-gateway renew-key, or after a loss renew-key --lost"
        )
