"""The gateway's configuration: one TOML file, frozen structs, unknown keys refused.

Paths are relative to the file. Secrets are paths to files, never values.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from gateway.desk.permits import LONGEST_DAYS
from gateway.errors import ConfigError
from gateway.stores.views import MachineView, VillageView
from ledger import checkpoint, codec
from ledger.errors import LedgerError
from ledger.keys import Domain, KeyRing, key_id, public_bytes
from ledger.matters import LAYERS
from ledger.records import DivisionCode, Identifier
from ledger.signers import keyfile

VARIABLE = "SEAL_CONFIG"
NATION = "全国"
_LOG_PATHS = ("signer", "signer_record", "public")

Port = Annotated[int, Meta(ge=0, le=65535)]
Days = Annotated[int, Meta(ge=1, le=LONGEST_DAYS)]
Megabytes = Annotated[int, Meta(ge=1)]
PublicUrl = Annotated[str, Meta(pattern=r"^https?://[a-z0-9.:-]+(/[A-Za-z0-9._~/-]*)?\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=60)]


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class BrokerConfig(_Table, frozen=True, kw_only=True):
    """The pipe to the machines.

    Args:
        url: `embedded` runs nats-server as our child; else `mqtt[s]://host[:port]`.
        listen, port: of the embedded broker; port 0 chooses a free one once and keeps it.
        username, password_file, ca, cert, key: of our own account at another broker.
        passwords: folder with a file `<machine>.password` (mode 0600) for each machine of the
            embedded broker; a missing one is made at the start.
    """

    url: str = "embedded"
    listen: str = "127.0.0.1"
    port: Port = 0
    username: str | None = None
    password_file: Path | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    passwords: Path = Path("broker")


class WebConfig(_Table, frozen=True, kw_only=True):
    """Where the console answers; port 0 chooses a free one and logs it."""

    host: str = "127.0.0.1"
    port: Port = 8080


class LogConfig(_Table, frozen=True, kw_only=True):
    """The public log of this township; its origin is `<domain>/<county>/<township>/<year>`.

    Args:
        domain: the name under which the gateway's log is known for ever, in lower case.
        county: division code of the county.
        signer, signer_record: the log's own key, which signs checkpoints only, and its record.
        public: folder of the public files, for a web server or a USB stick.
        url: where people find that folder, without the name of a file; None: nowhere on the web.
    """

    domain: str
    county: DivisionCode
    signer: Path
    signer_record: Path
    public: Path = Path("public")
    url: PublicUrl | None = None


class VillageConfig(_Table, frozen=True, kw_only=True):
    """A village and the jurisdiction whose items lists apply there."""

    code: DivisionCode
    name: Name
    province: str
    county: str
    township: str

    @property
    def places(self) -> dict[str, str]:
        """The jurisdiction by layer."""
        names = (NATION, self.province, self.county, self.township)
        return dict(zip(LAYERS, names, strict=True))


class MachineConfig(_Table, frozen=True, kw_only=True):
    """A machine, the village where it stands, its seals, and who keeps them (account ids)."""

    id: Identifier
    village: DivisionCode
    seals: Annotated[tuple[Identifier, ...], Meta(min_length=1)]
    keepers: Annotated[tuple[Identifier, ...], Meta(min_length=1)]


class GatewayConfig(_Table, frozen=True, kw_only=True):
    """All settings of one gateway.

    Args:
        id: the gateway's holder name in its key record.
        domain: `field` refuses every key of the simulator.
        state: folder for the store, photos and the broker.
        signer, signer_record: our private signing key and its record.
        opener: our age identity, which opens photos and openings.
        keys: folder of trusted key records; ours are among them.
        log: the public log.
        window, window_phone: where people are sent when nothing else is published.
        permit_days: how long a permit holds.
        floor_mb: below this much free space nothing is taken any more.
        photo_floor_mb: below this much free space photos have to wait.
        rules: options of the alert rules, by file name.
    """

    id: Identifier
    domain: Domain
    township: DivisionCode
    township_name: Name
    window: str
    window_phone: str
    state: Path
    signer: Path
    signer_record: Path
    opener: Path
    keys: Path
    log: LogConfig
    villages: tuple[VillageConfig, ...]
    machines: tuple[MachineConfig, ...]
    broker: BrokerConfig = BrokerConfig()
    web: WebConfig = WebConfig()
    permit_days: Days = 7
    floor_mb: Megabytes = 64
    photo_floor_mb: Megabytes = 512
    rules: dict[str, dict[str, Any]] = {}


def load(path: Path) -> GatewayConfig:
    """Return the configuration of a file, its paths made absolute.

    Raises:
        ConfigError: missing, not TOML, an unknown key, a value out of bounds, or parts that
            contradict each other; the message names file and place.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        config = msgspec.convert(data, GatewayConfig, dec_hook=_path)
    except OSError as error:
        raise ConfigError(f"expected a configuration at {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error
    _check(config, path)
    log_origin(config, 2000)
    return _absolute(config, path.absolute().parent)


def trusted_keys(config: GatewayConfig) -> KeyRing:
    """Return the ring of all trusted keys.

    Raises:
        ConfigError: the folder is missing, damaged, of the other domain, or lacks our own keys
            or the key of a machine.
    """
    try:
        ring = keyfile.read_ring(config.keys, config.domain)
    except LedgerError as error:
        raise ConfigError(f"keys: {error}") from error
    for role in ("gateway", "log"):
        if ring.of(config.id, role) is None:
            raise ConfigError(f"expected a {role} key record of {config.id} in {config.keys}")
    for machine in config.machines:
        if ring.of(machine.id, "device") is None:
            raise ConfigError(
                f"expected a key record of machine {machine.id} in {config.keys}: copy it there "
                "from the machine"
            )
    return ring


def log_origin(config: GatewayConfig, year: int) -> str:
    """Return the origin of this township's log of a year.

    Raises:
        ConfigError: the domain cannot be part of one.
    """
    try:
        return checkpoint.origin(config.log.domain, config.log.county, config.township, year)
    except LedgerError as error:
        raise ConfigError(f"log.domain: {error}") from error


def directory(
    config: GatewayConfig, ring: KeyRing
) -> tuple[tuple[VillageView, ...], tuple[MachineView, ...]]:
    """Return the villages and machines as the store keeps them."""
    villages = tuple(
        VillageView(village=one.code, name=one.name, places=one.places, machines=())
        for one in config.villages
    )
    return villages, tuple(_machine(one, ring) for one in config.machines)


def _machine(machine: MachineConfig, ring: KeyRing) -> MachineView:
    record = ring.of(machine.id, "device")
    assert record is not None, "trusted_keys has checked it"
    return MachineView(
        machine=machine.id,
        village=machine.village,
        village_name="",
        seals=machine.seals,
        keepers=machine.keepers,
        keyid=key_id(public_bytes(record)),
        epoch=record.epoch,
        seq=0,
        head=codec.sha256(codec.encode_message(record)),
        at_ms=None,
        received_ms=None,
        online=False,
        online_changed_ms=None,
        connected_ms=0,
        heartbeat=None,
        heartbeat_ms=None,
        waiting=0,
        photos_pending=0,
        holds=(),
        gap=None,
    )


def _check(config: GatewayConfig, path: Path) -> None:
    villages = [one.code for one in config.villages]
    machines = [one.id for one in config.machines]
    for what, names in (("villages", villages), ("machines", machines)):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"{path}: {what}: expected each once, found {twice} again")
    for machine in config.machines:
        if machine.village not in villages:
            raise ConfigError(
                f"{path}: machines.{machine.id}.village: expected one of {villages}, "
                f"found {machine.village}"
            )
    if config.photo_floor_mb < config.floor_mb:
        raise ConfigError(
            f"{path}: photo_floor_mb: expected at least floor_mb ({config.floor_mb}), "
            f"found {config.photo_floor_mb}"
        )


def _absolute(config: GatewayConfig, folder: Path) -> GatewayConfig:
    names = ("state", "signer", "signer_record", "opener", "keys")
    log = structs.replace(
        config.log,
        **{name: folder / getattr(config.log, name) for name in _LOG_PATHS},
    )
    broker = structs.replace(
        config.broker,
        **{
            name: folder / value
            for name in ("password_file", "ca", "cert", "key", "passwords")
            if (value := getattr(config.broker, name)) is not None
        },
    )
    return structs.replace(
        config, broker=broker, log=log, **{name: folder / getattr(config, name) for name in names}
    )


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise NotImplementedError(f"expected a path as text, found {value!r}")
