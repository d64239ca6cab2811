"""Rotating: this machine goes on under a new signing key, in the same epoch and chain.

Old and new key sign the same statement, which names the last entry of the old one. From then on
the agent starts with the new key alone: one more entry under the old one would be worth nothing.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from device.config import DeviceConfig
from device.errors import ConfigError
from device.journal import Journal
from ledger import keyacts, keystatements
from ledger.keyacts import RotationDraft
from ledger.signers import Signer, choice, keyfile

MARK = "rotating.json"


class Mark(Struct, frozen=True):
    """A rotation that was begun: hashes of the records of the old and the new key."""

    replaces: str
    key: str


class Rotated(Struct, frozen=True):
    """The new key's files, and the request for the county."""

    key: Path
    record: Path
    request: Path
    last_seq: int


def rotate(config: DeviceConfig, out: Path) -> Rotated:
    """Make a new key and the request to let it take over; may be repeated, also after a cut.

    Raises:
        ConfigError: the configuration names no founding.
        JournalError: the agent runs, or its journal does not hold.
        LedgerError: a key can not be used.
    """
    if config.log.founding is None:
        raise ConfigError(
            "expected [log] founding, found none: township.toml has it since the enrolment"
        )
    old = choice.load(config.keys.key, config.keys.token, config.keys.record)
    last = _last_seq(config, old)
    name = f"{old.record.holder}-{old.record.epoch}-after-{last}"
    key, record, request = out / f"{name}.key", out / f"{name}.json", out / f"{name}-request.json"
    fields = ("holder", "role", "township", "epoch", "domain")
    second = None if old.record.second is None else old.record.second.alg
    keyfile.complete(
        key,
        record,
        keyfile.Kind(second=second),
        **{one: getattr(old.record, one) for one in fields},
    )
    new = keyfile.load(key, record)
    statement = keystatements.rotation(
        config.log.founding, new.record_sha256, old.record_sha256, last
    )
    draft = RotationDraft(
        log=config.log.founding,
        key=keyacts.text(new.record),
        replaces=old.record_sha256,
        last_seq=last,
        by_old=statement.sign(old),
        by_key=statement.sign(new),
    )
    # First the mark: a request that is out must find no agent that goes on with the old key.
    mark = msgspec.json.encode(Mark(old.record_sha256, new.record_sha256))
    keyfile.write_durable(config.state / MARK, mark, keyfile.PRIVATE, replace=True)
    keyfile.write_durable(request, keyacts.encode(draft), replace=True)
    return Rotated(key, record, request, last)


def cancel(config: DeviceConfig) -> None:
    """Go on with the old key: the request was not entered into the log, and will not be."""
    (config.state / MARK).unlink(missing_ok=True)


def check(config: DeviceConfig, signer: Signer) -> None:
    """Return if this key may write the next entry.

    Raises:
        ConfigError: a rotation to another key was begun.
    """
    path = config.state / MARK
    if not path.exists():
        return
    try:
        mark = msgspec.json.decode(path.read_bytes(), type=Mark)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"expected a begun rotation in {path}: {error}") from error
    if signer.record_sha256 == mark.replaces:
        raise ConfigError(
            f"expected the new key of {signer.record.holder}, found the one that a rotation "
            "replaces: put the new one into the configuration, or, if the township has not "
            "entered it, give it up with seal-device rotate --cancel"
        )


def _last_seq(config: DeviceConfig, signer: Signer) -> int:
    journal = Journal(config.state, signer, lambda data: data)  # it appends nothing
    try:
        return journal.head.seq
    finally:
        journal.close()
