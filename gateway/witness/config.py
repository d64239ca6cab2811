"""The witness's configuration: under which name it cosigns, and which logs it watches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct, structs

from gateway import toml
from gateway.errors import ConfigError
from gateway.toml import Table
from ledger import algorithms, logterms, notes
from ledger.errors import LedgerError
from ledger.keys import Domain
from ledger.logterms import Named
from ledger.messages import KeyRecord
from ledger.notes import NoteKey, SignatureType
from ledger.signers import Signer, keyfile
from ledger.verify_heads import township_of

_YEAR = re.compile(r"[0-9]{4}(-[2-9])?", re.ASCII)  # as `ledger.checkpoint.origin` writes it

Port = Annotated[int, Meta(ge=0, le=65535)]


class WatchedConfig(Table, frozen=True, kw_only=True):
    """The logs of one township, of all years.

    Args:
        name: their origin without the year: `<domain>/<county>/<township>`.
        records: key records of the log, as it was when the county was given them; the monitor
            learns from the log itself how they were replaced.
        place: what people call the township.
        public: where its public files lie, an address or a folder: the monitor reads them.
        policy: whose cosignatures the monitor asks for (c2sp.org/tlog-policy).
        founding: hash of the founding, in place of the county's key record.
    """

    name: Annotated[str, Meta(min_length=1, max_length=190)]
    records: Annotated[tuple[Path, ...], Meta(min_length=1)]
    place: str = ""
    public: str = ""
    policy: Path | None = None
    founding: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""

    @property
    def code(self) -> str:
        """The division code of the township."""
        return township_of(f"{self.name}/")

    @property
    def title(self) -> str:
        """What people read."""
        return self.place or self.name


class MonitorConfig(Table, frozen=True, kw_only=True):
    """The monitor that runs with the witness.

    Args:
        enabled: false turns it off; the witness says so wherever it is asked.
        keys: folder of the key records that the county trusts: its own, and for logs without a
            founding those of gateways and machines.
        every_s: from look to look.
        silent_hours: without a new entry, after which a township is a finding.
        patience_s: for one visit to one township, a whole check included.
        memory_mb: that a visit may take.
        notify: a program and its arguments; gets what is new on its standard input.
    """

    enabled: bool = True
    keys: Path | None = None
    every_s: Annotated[int, Meta(ge=1)] = 600
    silent_hours: Annotated[float, Meta(gt=0)] = 24
    patience_s: Annotated[int, Meta(ge=1)] = 4 * 3600
    memory_mb: Annotated[int, Meta(ge=64)] = 2048
    notify: tuple[str, ...] = ()


class TlsConfig(Table, frozen=True, kw_only=True):
    """The certificate (with its chain) and the key that the witness answers https with, PEM."""

    certificate: Path
    key: Path


class WitnessConfig(Table, frozen=True, kw_only=True):
    """All settings of one witness.

    Args:
        name: the key name that it cosigns under, such as `witness.xiaoshan.example/county`.
        state: folder of what it has cosigned; losing it means losing the memory.
        signer, signer_record: its own key, of the role `witness`, and the record.
        host, port: where it answers; port 0 chooses a free one and prints it.
        logs: townships.
        vkeys: logs of others, each with its verifier key; the monitor does not follow them.
        tls: answers https, without a proxy before it.
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
    monitor: MonitorConfig = MonitorConfig()
    tls: TlsConfig | None = None


class Watched(Struct, frozen=True):
    """The logs that a witness knows: townships by name, others by their very origin."""

    townships: dict[str, tuple[KeyRecord, ...]]
    others: tuple[NoteKey, ...] = ()

    def keys(self, origin: str, size: int, named: tuple[Named, ...] = ()) -> tuple[NoteKey, ...]:
        """Return the keys that may sign the log of this origin at a size; empty: an unknown log.

        Args:
            named: keys that the township's logs themselves have named, in their order; from there
                on they alone count (`ledger.logterms`).
        """
        name, _, year = origin.rpartition("/")
        records = self.townships.get(name, ()) if _YEAR.fullmatch(year) else ()
        return (
            *(logterms.terms(records, named if records else ()).keys(origin, size)),
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
        structs.replace(
            one,
            records=tuple(folder / record for record in one.records),
            public=_place(folder, one.public),
            policy=None if one.policy is None else folder / one.policy,
        )
        for one in config.logs
    )
    _check_followed(path, config)
    keys, tls = config.monitor.keys, config.tls
    return structs.replace(
        config,
        state=folder / config.state,
        signer=folder / config.signer,
        signer_record=folder / config.signer_record,
        logs=logs,
        monitor=structs.replace(config.monitor, keys=None if keys is None else folder / keys),
        tls=None
        if tls is None
        else TlsConfig(certificate=folder / tls.certificate, key=folder / tls.key),
    )


def _place(folder: Path, public: str) -> str:
    """Return an address as it is, a folder in full, nothing for nothing."""
    return str(folder / public) if public and "://" not in public else public


def _check_followed(path: Path, config: WitnessConfig) -> None:
    """Every township is followed, unless somebody says that none is."""
    lost = [one.name for one in config.logs if not one.public]
    if config.monitor.enabled and lost:
        raise ConfigError(
            f'{path}: logs: expected public = "..." (where the public files lie) for each '
            f"township, since the monitor follows all of them, found none for {', '.join(lost)}; "
            "to run without the monitor write enabled = false below [monitor]"
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
