"""Witness start: what the witnesses know, asked before this gateway signs anything.

An old backup, an empty disk under an old key, a changed store and a second gateway with a copied
key all show themselves here: a witness knows more than we do, or something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future

import structlog

from gateway import witnesses
from gateway.commands import Command
from gateway.config import GatewayConfig, log_origin
from gateway.errors import RollbackError, WitnessError
from gateway.register.publish import Head
from gateway.register.tree import Halt
from gateway.stores import Reader, Store, trees
from gateway.stores.calendar import local_date
from gateway.stores.trees import LogView
from gateway.witness_worker import WitnessWorker
from gateway.witnesses import Asker, RefusedError, Witness
from ledger import checkpoint
from ledger.checkpoint import Checkpoint
from ledger.signers import Signer
from ledger.tree import EMPTY, Frontier

EVIDENCE = "evidence"

log = structlog.get_logger()


def agree(config: GatewayConfig, signer: Signer, store: Store, now_ms: int) -> None:
    """Return if no witness that can be reached contradicts the store; nothing is signed before.

    Raises:
        RollbackError: a witness knows more than the store, or something else.
        WitnessError: none could be asked, and the configuration requires one.
    """
    found = witnesses.configured(config.log)
    asker = Asker(config.state / EVIDENCE)
    year = int(local_date(now_ms)[:4])
    with store.reader() as reader:
        heads = tuple(_heads(config, signer, reader, year))
        answered = [one for one in found if _asked(one, asker, reader, heads)]
    if config.log.require_witness and not answered:
        raise WitnessError(
            f"expected an answer of one of the witnesses {[one.name for one in found]} before "
            "anything is signed, found none: the reason of each stands above in the log"
        )


def worker_of(
    config: GatewayConfig,
    store: Store,
    halt: Halt,
    submit: Callable[[Command], Future[object]],
    kept: Callable[[], None],
) -> WitnessWorker:
    """Return what asks the witnesses while the gateway runs."""
    found = witnesses.configured(config.log)
    names = {one.key.vkey: one.name for one in found}
    with store.reader() as reader:
        known = {
            (names[one.witness], view.origin): one.size
            for view in reader.logs()
            for one in view.witnessed
            if one.witness in names
        }
    asker = Asker(config.state / EVIDENCE)
    return WitnessWorker(store, found, asker, submit, kept, halt, known)


def _heads(
    config: GatewayConfig, signer: Signer, reader: Reader, year: int
) -> Iterator[tuple[Head, LogView]]:
    """Yield what to ask about: our newest log, and this year's where we have none of it.

    The head of an empty log promises nothing and contradicts nothing; a witness that knows more
    of that log says so.
    """
    newest = reader.log()
    if newest is not None and newest.size:
        yield Head(newest.origin, newest.size, newest.note), newest
    origin = log_origin(config, year)
    if newest is None or (newest.origin < origin or not newest.size):
        note = checkpoint.sign(Checkpoint(origin, 0, EMPTY), signer)
        empty = LogView(first=0, origin=origin, frontier=Frontier())
        yield Head(origin, 0, note), empty


def _asked(
    witness: Witness, asker: Asker, reader: Reader, heads: tuple[tuple[Head, LogView], ...]
) -> bool:
    """Tell whether the witness agrees with all that we hold; False: it could not be asked."""
    if witness.url is None:
        return False
    try:
        vkey = witness.key.vkey
        for head, view in heads:
            read = trees.hashes(reader, view)
            known = next((one.size for one in view.witnessed if one.witness == vkey), 0)
            asker.cosigned(witness, head, known, read, view.size)
            _check_successor(witness, asker, view)
    except (WitnessError, RefusedError) as error:
        log.warning("witness_not_asked", witness=witness.name, reason=str(error), hint=error.hint)
        return False
    log.info("witness_agreed", witness=witness.name, logs=[head.origin for head, _ in heads])
    return True


def _check_successor(witness: Witness, asker: Asker, view: LogView) -> None:
    """A lost log is not gone on with once it has a successor: the old disk may have come back."""
    name = successor(view.origin)
    if name is not None and asker.shown(witness, name) is not None:
        raise RollbackError(
            f"expected {view.origin} to be the newest log, found that the witness {witness.name} "
            f"knows its successor {name}: this store was given up"
        )


def successor(origin: str) -> str | None:
    """Return the origin of the log that continues a lost one in the same year; None: no more."""
    name, _, year = origin.rpartition("/")
    year, _, number = year.partition("-")
    after = int(number or "1") + 1
    return f"{name}/{year}-{after}" if after <= 9 else None
