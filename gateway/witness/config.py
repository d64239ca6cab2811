"""The witness's configuration: under which name it cosigns, and which logs it watches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct, structs

from gateway import toml
from gateway.errors import ConfigError
from gateway.toml import Table
from ledger import algorithms, notes
from ledger.errors import LedgerError
from ledger.keys import Domain
from ledger.messages import KeyRecord
from ledger.notes import NoteKey, SignatureType
from ledger.signers import Signer, keyfile

_YEAR = re.compile(r"[0-9]{4}(-[2-9])?", re.ASCII)  # as `ledger.checkpoint.origin` writes it

Port = Annotated[int, Meta(ge=0, le=65535)]


class WatchedConfig(Table, frozen=True, kw_only=True):
    """The logs of one township, of all years.

    Args:
        name: their origin without the year: `<domain>/<county>/<township>`.
        records: key records of the log; several after a renewal of its key.
    """

    name: Annotated[str, Meta(min_length=1, max_length=190)]
    records: Annotated[tuple[Path, ...], Meta(min_length=1)]


class WitnessConfig(Table, frozen=True, kw_only=True):
    """All settings of one witness.

    Args:
        name: the key name that it cosigns under, such as `witness.xiaoshan.example/county`.
        state: folder of what it has cosigned; losing it means losing the memory.
        signer, signer_record: its own key, of the role `witness`, and the record.
        host, port: where it answers; port 0 chooses a free one and prints it.
        logs: townships.
        vkeys: logs of others, each with its verifier key.
    """

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    domain: Domain
    state: Path
    signer: Path
    signer_record: Path
    host: str = "127.0.0.1"
    port: Port = 8090
    logs: tuple[WatchedConfig, ...] = ()
    vkeys: tuple[str, ...] = ()


class Watched(Struct, frozen=True):
    """The logs that a witness knows: townships by name, others by their very origin."""

    townships: dict[str, tuple[KeyRecord, ...]]
    others: tuple[NoteKey, ...] = ()

    def keys(self, origin: str) -> tuple[NoteKey, ...]:
        """Return the keys that may sign the log of this origin; empty: an unknown log."""
        name, _, year = origin.rpartition("/")
        records = self.townships.get(name, ()) if _YEAR.fullmatch(year) else ()
        return (
            *(notes.key_of(record, origin, SignatureType.ED25519) for record in records),
            *(key for key in self.others if key.name == origin),
        )


def load(path: Path) -> WitnessConfig:
    """Return the configuration of a file, its paths made absolute.

    Raises:
        ConfigError: it cannot be used; the message names file and place.
    """
    config = toml.read(path, WitnessConfig)
    folder = path.absolute().parent
    names = [one.name for one in config.logs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not (config.logs or config.vkeys):
        raise ConfigError(f"{path}: logs: expected one or more, each once, found {twice or 'none'}")
    logs = tuple(
        WatchedConfig(name=one.name, records=tuple(folder / record for record in one.records))
        for one in config.logs
    )
    return structs.replace(
        config,
        state=folder / config.state,
        signer=folder / config.signer,
        signer_record=folder / config.signer_record,
        logs=logs,
    )


def watched(config: WitnessConfig) -> Watched:
    """Return the logs to be witnessed.

    Raises:
        ConfigError: a key record is missing, or not that of a log of our domain.
    """
    try:
        return Watched(
            {one.name: tuple(_record(config, path) for path in one.records) for one in config.logs},
            tuple(_foreign(vkey) for vkey in config.vkeys),
        )
    except LedgerError as error:
        raise ConfigError(f"logs: {error}") from error


def load_signer(config: WitnessConfig) -> Signer:
    """Return our key.

    Raises:
        ConfigError: missing, open to others, not a witness's, or no name to sign under.
    """
    try:
        signer = keyfile.load(config.signer, config.signer_record)
        notes.cosigner_of(signer.record, config.name)
    except LedgerError as error:
        raise ConfigError(f"signer: {error}") from error
    if (signer.record.role, signer.record.domain) != ("witness", config.domain):
        raise ConfigError(
            f"expected a {config.domain} witness key in {config.signer_record}, found a "
            f"{signer.record.domain} {signer.record.role} key: make one with witness-keygen"
        )
    return signer


def _record(config: WitnessConfig, path: Path) -> KeyRecord:
    record = keyfile.read_record(path)
    if (record.role, record.domain) != ("log", config.domain):
        raise ConfigError(
            f"expected the key record of a {config.domain} log in {path}, found a "
            f"{record.domain} {record.role} key"
        )
    algorithms.demand_checkable(algorithms.read(record))
    return record


def _foreign(vkey: str) -> NoteKey:
    key = notes.parse_vkey(vkey)
    if key.type is not SignatureType.ED25519:
        raise ConfigError(f"vkeys: expected the key of a log (type 0x01), found {vkey}")
    return key
