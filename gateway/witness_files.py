"""Witness files: ask a witness without a network, and take back what it answered."""

from __future__ import annotations

from pathlib import Path

from gateway import local, witnesses
from gateway.commands import KeepCosignatures
from gateway.config import GatewayConfig, trusted_keys
from gateway.errors import NotFoundError, StoreError
from gateway.register.keybook import KeyBook
from gateway.register.publish import CHECKPOINT
from gateway.stores import sqlite, trees
from gateway.witnesses import Witness
from ledger import checkpoint, growth, proofs
from ledger.errors import SignatureError
from ledger.growth import Growth
from ledger.signers import keyfile


def request(config: GatewayConfig, name: str | None, old: int | None, target: Path) -> int:
    """Write the add-checkpoint request for a witness into a new file; return the size it is for.

    It is about the newest checkpoint that is published. The gateway may run meanwhile.

    Args:
        name: of the witness; None: the one that has no URL.
        old: size that the witness knows; None: what it cosigned last, as far as we know.

    Raises:
        NotFoundError: no such witness, or nothing is published.
        FileExistsError: the file is there already.
    """
    witness = _witness(config, name)
    keys = KeyBook(trusted_keys(config))
    store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
    try:
        with store.reader() as reader:
            view = reader.log()
            if view is None:
                raise NotFoundError("expected a log with entries, found none: nothing to cosign")
            path = config.log.public / view.origin.rpartition("/")[2] / CHECKPOINT
            note = _published(path)
            head = keys.at(reader).log_terms.verify(note)
            if old is None:
                sizes = [one.size for one in view.witnessed if one.witness == witness.key.vkey]
                old = sizes[0] if sizes else 0
            if old > head.size:
                raise NotFoundError(
                    f"expected at least {old} published entries, found {head.size}: the witness "
                    "knows more than this gateway; see docs/restore.md"
                )
            read = trees.hashes(reader, view, head.size)
            proof = proofs.prove_consistency(old, head.size, read)
    finally:
        store.close()
    keyfile.write_durable(target, growth.encode(Growth(old, proof, note)))
    return head.size


def answer(config: GatewayConfig, request_file: Path, answer_file: Path) -> int:
    """Keep the cosignature that a witness wrote for a request; return the size it is for.

    A running gateway publishes it within seconds.

    Raises:
        SignatureError: it is of none of our witnesses, or not for this request.
        GatewayError: it cannot be kept.
    """
    found = witnesses.configured(config.log)
    keys = tuple(one.key for one in found)
    asked = growth.parse(request_file.read_bytes())
    cosigned = checkpoint.add_cosignatures(asked.note, answer_file.read_bytes(), keys)
    if not checkpoint.verify_cosignatures(cosigned, keys):
        raise SignatureError(
            f"expected a cosignature of one of {[one.key.name for one in found]} on the checkpoint "
            f"in {request_file}, found none in {answer_file}"
        )
    size = local.carry_out(config, KeepCosignatures(by=local.operator(), note=cosigned))
    assert isinstance(size, int), "the order answers with the size"
    return size


def _witness(config: GatewayConfig, name: str | None) -> Witness:
    found = witnesses.configured(config.log)
    wanted = [one for one in found if (one.url is None if name is None else one.name == name)]
    if len(wanted) != 1:
        raise NotFoundError(
            f"expected the name of one of the witnesses {[one.name for one in found]} (--witness), "
            f"found {name or f'{len(wanted)} without a url'}"
        )
    return wanted[0]


def _published(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"expected a published checkpoint at {path}: {error.strerror}") from error
