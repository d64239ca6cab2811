"""Successor: begin a new log where the newest entries of the old one are lost for good.

Its first entry names the last checkpoint that others hold of the lost log, so that everybody can
see that entries are missing, and how many. It is signed with a gateway key of a new epoch: the
old chain may have gone on in the part that is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import structlog
from msgspec import Struct

from gateway import founding
from gateway.config import GatewayConfig, log_origin
from gateway.errors import ConfigError, RestoreError, WitnessError
from gateway.register.keybook import KeyBook
from gateway.register.log import GatewayLog
from gateway.register.mirror import Signed, verified
from gateway.register.tree import PublicLog
from gateway.stores import Reader, Store, Transaction, trees
from gateway.stores.calendar import local_date
from gateway.stores.trees import LogView
from gateway.wiring import Keys
from gateway.witness_start import EVIDENCE, successor
from gateway.witnesses import Asker, Witness, configured
from ledger import keyacts, tree
from ledger.errors import ProofError
from ledger.messages import KeyRecord
from ledger.records import LogStart
from ledger.tree import Frontier

log = structlog.get_logger()


class Lost(Struct, frozen=True):
    """What others know of our logs beyond the store.

    Args:
        last: the newest checkpoint that speaks of entries which the store does not hold.
        taken: origins that a witness knows.
    """

    last: Signed | None
    taken: frozenset[str]


def look(
    config: GatewayConfig,
    records: tuple[KeyRecord, ...],
    store: Store,
    known: Iterable[Signed],
    now_ms: int,
) -> Lost:
    """Return what is known to be lost; witnesses that answer are asked.

    Args:
        records: trusted key records.
        known: checkpoints at hand.

    Raises:
        ProofError: a checkpoint contradicts the store.
        LedgerError: what a witness shows is not signed by our log.
    """
    shown = tuple(_shown(config, records, store, now_ms))
    with store.reader() as reader:
        last = max(
            (one for one in (*known, *shown) if _beyond(reader, one)),
            key=lambda one: (one.head.origin, one.head.size),
            default=None,
        )
    return Lost(last, frozenset(one.head.origin for one in shown))


def begin(
    config: GatewayConfig,
    keys: Keys,
    store: Store,
    lost: Lost,
    now_ms: int,
    agreed: bytes | None = None,
) -> str:
    """Begin the successor of what is lost and return its origin.

    Args:
        agreed: the enrolment of our key of the next epoch, as the county agreed to it; needed
            where the log began with a founding.

    Raises:
        RestoreError: nothing is known to be lost, or the agreement is missing or another's.
        ConfigError: the gateway's key has signed already.
        LedgerError: the agreement is none.
    """
    if lost.last is None:
        raise RestoreError(
            "expected a checkpoint that speaks of more than was restored, found none: nothing is "
            "known to be lost, restore without --successor"
        )
    _check_epoch(store, keys)
    with store.reader() as reader:
        newest = reader.log()
    base = max(lost.last.head.origin, "" if newest is None else newest.origin)
    origin = _next(base, log_origin(config, int(local_date(now_ms)[:4])), lost.taken)
    with store.transaction() as transaction:
        own = GatewayLog(keys.signer, transaction.start_boot())
        public = PublicLog(own, keys.log_signer, lambda _year: origin)
        transaction.begin_log(LogView(first=transaction.size(), origin=origin, frontier=Frontier()))
        body = LogStart(origin=origin, previous=lost.last.note.decode(), cause="lost")
        own.append(transaction, body, now_ms)
        _enter(keys, transaction, own, agreed, now_ms)
        public.grow(transaction)
    return origin


def _enter(
    keys: Keys, transaction: Transaction, own: GatewayLog, agreed: bytes | None, now_ms: int
) -> None:
    """Enrol our key of the next epoch, right after the entry with which it began the log."""
    book = KeyBook(keys.ring)
    if not book.at(transaction).founded:
        return
    draft = None if agreed is None else keyacts.decode(agreed)
    if draft is None or keyacts.key_hash(draft) != keys.signer.record_sha256:
        found = "none" if draft is None else "one to another key"
        raise RestoreError(
            f"expected the county's agreement to the new key of {keys.signer.record.holder}, found "
            f"{found}: seal-gateway renew-key --role gateway --lost, seal-gateway county-agree, "
            "then restore --successor --agreed FILE"
        )
    own.append(transaction, keyacts.body(draft), now_ms)
    founding.check_own(book.at(transaction), keys.signer, keys.log_signer)


def _shown(
    config: GatewayConfig, records: tuple[KeyRecord, ...], store: Store, now_ms: int
) -> Iterator[Signed]:
    """Yield what the witnesses show of our newest log, this year's, and their successors."""
    asker = Asker(config.state / EVIDENCE)
    with store.reader() as reader:
        origins = {view.origin for view in reader.logs()[-1:]}
    origins.add(log_origin(config, int(local_date(now_ms)[:4])))
    for witness in configured(config.log):
        for origin in sorted(origins) if witness.url is not None else ():
            yield from _line(asker, witness, origin, records)


def _line(
    asker: Asker, witness: Witness, first: str, records: tuple[KeyRecord, ...]
) -> Iterator[Signed]:
    """Yield what a witness shows of a log and of each successor that it knows."""
    origin: str | None = first
    while origin is not None:
        try:
            note = asker.shown(witness, origin)
        except WitnessError as error:
            log.warning("witness_not_asked", witness=witness.name, reason=str(error))
            return
        if note is None:
            return
        yield verified(note, records, f"the witness {witness.name}")
        origin = successor(origin)


def _beyond(reader: Reader, signed: Signed) -> bool:
    """Tell whether a checkpoint speaks of entries that the store does not hold."""
    view = reader.log(signed.head.origin)
    if view is None:
        newest = reader.log()
        return signed.head.size > 0 and (newest is None or newest.origin < signed.head.origin)
    if view.size < signed.head.size:
        return True
    if tree.root(signed.head.size, trees.hashes(reader, view)) != signed.head.root:
        raise ProofError(
            f"expected {signed.where} to agree with the store on {signed.head.origin} at "
            f"{signed.head.size}, found another root: restore from another backup"
        )
    return False


def _check_epoch(store: Store, keys: Keys) -> None:
    record = keys.signer.record
    with store.reader() as reader:
        used = reader.head("gateway", record.holder, record.epoch) is not None
    if used:
        raise ConfigError(
            f"expected a gateway key that has signed nothing, found epoch {record.epoch}, whose "
            "chain may have gone on in the part that is lost: seal-gateway keygen --epoch "
            f"{record.epoch + 1}, name the new keys in the configuration, and copy their records "
            "to the machines"
        )


def _next(base: str, this_year: str, taken: frozenset[str]) -> str:
    """Return the first origin after `base` that nobody has seen."""
    origin: str | None = this_year if this_year > base else successor(base)
    while origin is not None and origin in taken:
        origin = successor(origin)
    if origin is None:
        raise RestoreError(f"expected at most eight successors in a year, found {base} taken")
    return origin
