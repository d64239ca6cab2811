"""Renewing: the gateway's own signing key, or the log's, is followed by a new one.

Old and new key sign the same statement; the county agrees as to every key. The entry is written
by the gateway that starts with the new key, so that the old one ends exactly there. Where the old
key is lost, its holder comes back under the next epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from msgspec import Struct

from gateway.config import GatewayConfig, trusted_keys
from gateway.errors import RequestRefusedError
from gateway.register.keybook import KeyBook, Keys
from gateway.stores import Reader, sqlite
from ledger import codec, keyacts, keystatements
from ledger.keyacts import EnrolmentDraft, RotationDraft
from ledger.messages import KeyRecord
from ledger.signers import Signer, choice, keyfile

OwnRole = Literal["gateway", "log"]

_Asked = TypeVar("_Asked")


class Renewal(Struct, frozen=True):
    """The request for the county; `key` and `record` are None if it names the key that is there."""

    request: Path
    key: Path | None = None
    record: Path | None = None


def renew(config: GatewayConfig, role: OwnRole, out: Path, *, lost: bool = False) -> Renewal:
    """Make a new key, and the request to let it follow the one of the configuration.

    May be repeated, also after a cut. The log's key has to be named in the log before it can be
    replaced; until then the request does that.

    Args:
        lost: the old key is not there any more, or in other hands; the gateway is stopped.

    Raises:
        RequestRefusedError: the log has no founding, or the old key is not the one that holds.
        ConfigError, StoreError, LedgerError: keys or log can not be read.
        OSError: the folder can not be written.
    """
    record = keyfile.read_record(
        config.signer_record if role == "gateway" else config.log.signer_record
    )
    # A store that is being restored is read, too: its successor needs a key that is agreed to.
    options = sqlite.Options(folder=config.state, writable=False, restoring=lost)
    keys, last = _read(config, options, lambda known, reader: (known, _last_seq(reader, record)))
    sha256 = codec.sha256(keyacts.text(record).encode())
    known = keys.history.find(sha256)
    if not keys.founded or (known is None and role == "gateway"):
        raise RequestRefusedError(
            "not-founded", f"expected a log that names the key of {record.holder}, found none"
        )
    if lost:
        closes = None if known is None or known.last_seq is not None else last
        return _return(keys, record, role, closes, out)
    old = _signer(config, role)
    if known is None:
        return _name(keys, old, out)
    if known.last_seq is not None:
        raise RequestRefusedError(
            "key-ended",
            f"expected the {role} key that holds, found one that has ended: if there is no other, "
            "come back under the next epoch with --lost",
        )
    return _rotate(keys, old, len(keys.history.chains[known.chain]), out)


def _rotate(keys: Keys, old: Signer, number: int, out: Path) -> Renewal:
    new, key, record = _make(old.record, old.record.epoch, f"-{number + 1}", out)
    log, replaces = keys.history.log, old.record_sha256
    statement = keystatements.rotation(log, new.record_sha256, replaces, 0)
    draft = RotationDraft(
        log=log,
        key=keyacts.text(new.record),
        replaces=replaces,
        last_seq=0,
        by_old=statement.sign(old),
        by_key=statement.sign(new),
    )
    request = record.with_name(f"{record.stem}-request.json")
    keyfile.write_durable(request, keyacts.encode(draft), replace=True)
    return Renewal(request, key, record)


def _return(keys: Keys, lost: KeyRecord, role: OwnRole, closes: int | None, out: Path) -> Renewal:
    newest = keys.history.newest(role, lost.holder)
    epoch = (lost if newest is None else newest.record).epoch + 1
    new, key, record = _make(lost, epoch, "", out)
    request = record.with_name(f"{record.stem}-request.json")
    _write_enrolment(keys, new, closes, request)
    return Renewal(request, key, record)


def _name(keys: Keys, own: Signer, out: Path) -> Renewal:
    record = own.record
    request = out / f"{record.holder}-{record.epoch}-{record.role}-named-request.json"
    _write_enrolment(keys, own, None, request)
    return Renewal(request)


def _write_enrolment(keys: Keys, signer: Signer, closes: int | None, request: Path) -> None:
    """Write the request to let a key in; the township's own enter without a one-time code."""
    log, proof = keys.history.log, keystatements.code_proof("", signer.record_sha256)
    statement = keystatements.enrolment(log, signer.record_sha256, proof, closes)
    draft = EnrolmentDraft(
        log=log,
        key=keyacts.text(signer.record),
        code_proof=proof,
        closes=closes,
        by_key=statement.sign(signer),
    )
    keyfile.write_durable(request, keyacts.encode(draft), replace=True)


def _make(before: KeyRecord, epoch: int, mark: str, out: Path) -> tuple[Signer, Path, Path]:
    """Return the new key, from its files if they are there already."""
    name = f"{before.holder}-{epoch}-{before.role}{mark}"
    key, record = out / f"{name}.key", out / f"{name}.json"
    fields = {one: getattr(before, one) for one in ("holder", "role", "township", "domain")}
    keyfile.complete(key, record, **fields, epoch=epoch)
    return keyfile.load(key, record), key, record


def _signer(config: GatewayConfig, role: OwnRole) -> Signer:
    if role == "gateway":
        return choice.load(config.signer, config.token, config.signer_record)
    return keyfile.load(config.log.signer, config.log.signer_record)


def _last_seq(reader: Reader, record: KeyRecord) -> int:
    """Return the last entry of the gateway in an epoch; a log's key signs none."""
    head = reader.head("gateway", record.holder, record.epoch)
    return 0 if head is None or record.role == "log" else head.seq


def _read(
    config: GatewayConfig, options: sqlite.Options, ask: Callable[[Keys, Reader], _Asked]
) -> _Asked:
    book = KeyBook(trusted_keys(config))
    store = sqlite.connect(options)
    try:
        with store.reader() as reader:
            return ask(book.at(reader), reader)
    finally:
        store.close()
