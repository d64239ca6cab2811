"""The gateway's configuration: one TOML file, frozen structs, unknown keys refused.

Paths are relative to the file. Secrets are paths to files, never values.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, field, structs

from gateway import notify_config, toml
from gateway.desk.permits import LONGEST_DAYS
from gateway.errors import ConfigError
from gateway.notify_config import NotifyConfig
from gateway.stores.views import MachineView, VillageView
from gateway.toml import Table
from ledger import checkpoint, codec
from ledger.errors import LedgerError
from ledger.keys import Domain, KeyRing, key_id, public_bytes
from ledger.matters import LAYERS
from ledger.messages import KeyRecord
from ledger.records import DivisionCode, Identifier
from ledger.signers import keyfile, pkcs11

VARIABLE = "SEAL_CONFIG"
NATION = "全国"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LOG_PATHS = ("signer", "signer_record", "public")

Port = Annotated[int, Meta(ge=0, le=65535)]
Days = Annotated[int, Meta(ge=1, le=LONGEST_DAYS)]
Megabytes = Annotated[int, Meta(ge=1)]
PublicUrl = Annotated[str, Meta(pattern=r"^https?://[a-z0-9.:-]+(/[A-Za-z0-9._~/-]*)?\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=60)]


class BrokerConfig(Table, frozen=True, kw_only=True):
    """The pipe to the machines.

    Args:
        url: `embedded` runs nats-server as our child; else `mqtt[s]://host[:port]`.
        listen, port: of the embedded broker; port 0 chooses a free one once and keeps it.
        username, password_file, ca, cert, key: of our own account at another broker.
        accounts: how the embedded broker knows its clients: by `certificates` of our own
            authority, or, on loopback alone, by `passwords`.
        hosts: further names and addresses under which machines reach this computer.
        certificate_days: how long a machine's certificate holds; it is renewed in time.
        passwords: folder with a file `<machine>.password` (mode 0600) for each account, with
            `accounts = "passwords"`; a missing one is made at the start.
    """

    url: str = "embedded"
    listen: str = "127.0.0.1"
    port: Port = 0
    username: str | None = None
    password_file: Path | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    accounts: Literal["certificates", "passwords"] = "certificates"
    hosts: tuple[str, ...] = ()
    certificate_days: Annotated[int, Meta(ge=1, le=397)] = 30
    passwords: Path = Path("broker")


class PasskeyConfig(Table, frozen=True, kw_only=True):
    """Where passkeys are used.

    Args:
        site: the host name of the console as browsers know it.
        origin: its address without a path, `https://...` (`http://localhost...` for trials).
    """

    site: str
    origin: str


class WebConfig(Table, frozen=True, kw_only=True):
    """Where the console answers; port 0 chooses a free one and logs it.

    Args:
        second_factor: offices that nobody uses without a second factor; None: in the field all
            but clerk and keeper, in a simulation none.
        passkeys: None: there are none. Needs the `passkeys` extra.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    second_factor: tuple[Identifier, ...] | None = None
    passkeys: PasskeyConfig | None = None


class WitnessEntry(Table, frozen=True, kw_only=True):
    """One witness of the public log.

    Args:
        name: how our log lines, errors and the policy file call it.
        vkey: its verifier key, as witness-keygen prints it.
        url: of its service, `http[s]://...`; None: requests and answers are carried as files.
        ca: certificates that its service is judged by; None: those of the system.
    """

    name: Identifier
    vkey: str
    url: str | None = None
    ca: Path | None = None


class DoorConfig(Table, frozen=True, kw_only=True):
    """Where machines enrol and renew their certificates, over TLS.

    Args:
        port: 0 chooses a free one once and keeps it. The address is `broker.listen`.
        code_hours: how long a one-time code may be used for the first time.
    """

    port: Port = 0
    code_hours: Annotated[int, Meta(ge=1, le=24 * 31)] = 24


class LogConfig(Table, frozen=True, kw_only=True):
    """The public log of this township; its origin is `<domain>/<county>/<township>/<year>`.

    Args:
        domain: the name under which the gateway's log is known for ever, in lower case.
        county: division code of the county.
        signer, signer_record: the log's own key, which signs checkpoints only, and its record.
        public: folder of the public files, for a web server or a USB stick.
        witnesses: who cosigns the checkpoints.
        quorum: how many of them must have cosigned, as the published policy file says.
        require_witness: start only after at least one of them was asked.
        url: where people find that folder, without the name of a file; None: nowhere on the web.
    """

    domain: str
    county: DivisionCode
    signer: Path
    signer_record: Path
    public: Path = Path("public")
    witnesses: tuple[WitnessEntry, ...] = ()
    quorum: Annotated[int, Meta(ge=1)] | Literal["none", "any", "all"] = "any"
    require_witness: bool = False
    url: PublicUrl | None = None


class EyesConfig(Table, frozen=True, kw_only=True):
    """What is looked at on the photos of each use; see docs/sights.md.

    Args:
        on: False: nothing is looked at here.
        read: read print, where the extra `ocr` is installed; False: never.
        exact: which of title and org (the item's and the village's name) must stand on the paper
            as in our lists; a difference elsewhere only leaves the document unclear.
    """

    on: bool = True
    read: bool = True
    exact: tuple[Literal["title", "org"], ...] = ()


class VillageConfig(Table, frozen=True, kw_only=True):
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


class MachineConfig(Table, frozen=True, kw_only=True):
    """A machine, the village where it stands, its seals, and who keeps them (account ids)."""

    id: Identifier
    village: DivisionCode
    seals: Annotated[tuple[Identifier, ...], Meta(min_length=1)]
    keepers: Annotated[tuple[Identifier, ...], Meta(min_length=1)]


class GatewayConfig(Table, frozen=True, kw_only=True):
    """All settings of one gateway.

    Args:
        id: the gateway's holder name in its key record.
        domain: `field` refuses every key of the simulator.
        state: folder for the store, photos and the broker.
        signer, signer_record: our private signing key and its record.
        token: our signing key in a PKCS#11 token, instead of `signer`.
        founding: the founding of the log, agreed by the county (`seal-gateway found`); the log
            begins with it. Needed in the field, and for enrolment.
        opener: our age identity, which opens photos and openings.
        keys: folder of trusted key records; ours are among them.
        log: the public log.
        window, window_phone: where people are sent when nothing else is published.
        permit_days: how long a permit holds.
        floor_mb: below this much free space nothing is taken any more.
        photo_floor_mb: below this much free space photos have to wait.
        rules: options of the alert rules, by file name.
        eyes: how the photos of each use are looked at.
        notify: messages to approvers; none without it.
    """

    id: Identifier
    domain: Domain
    township: DivisionCode
    township_name: Name
    window: str
    window_phone: str
    state: Path
    signer: Path | None = None
    signer_record: Path
    token: pkcs11.Options | None = None
    founding: Path | None = None
    opener: Path
    keys: Path
    log: LogConfig
    villages: tuple[VillageConfig, ...]
    machines: tuple[MachineConfig, ...]
    broker: BrokerConfig = BrokerConfig()
    web: WebConfig = WebConfig()
    door: DoorConfig = DoorConfig()
    permit_days: Days = 7
    floor_mb: Megabytes = 64
    photo_floor_mb: Megabytes = 512
    eyes: EyesConfig = EyesConfig()
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    notify: NotifyConfig | None = None


def load(path: Path) -> GatewayConfig:
    """Return the configuration of a file, its paths made absolute.

    Raises:
        ConfigError: missing, not TOML, an unknown key, a value out of bounds, or parts that
            contradict each other; the message names file and place.
    """
    config = toml.read(path, GatewayConfig)
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
    for machine in config.machines if config.founding is None else ():
        if ring.of(machine.id, "device") is None:
            raise ConfigError(
                f"expected a key record of machine {machine.id} in {config.keys}: copy it there "
                "from the machine, or found the log and enrol the machine"
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
    config: GatewayConfig, key_of: Callable[[str], KeyRecord | None]
) -> tuple[tuple[VillageView, ...], tuple[MachineView, ...]]:
    """Return the villages and machines as the store keeps them.

    Args:
        key_of: gives the record of the key that a machine works with; None: it has none yet.
    """
    villages = tuple(
        VillageView(village=one.code, name=one.name, places=one.places, machines=())
        for one in config.villages
    )
    return villages, tuple(_machine(one, key_of(one.id)) for one in config.machines)


def _machine(machine: MachineConfig, record: KeyRecord | None) -> MachineView:
    return MachineView(
        machine=machine.id,
        village=machine.village,
        village_name="",
        seals=machine.seals,
        keepers=machine.keepers,
        keyid="" if record is None else key_id(public_bytes(record)),
        epoch=0 if record is None else record.epoch,
        seq=0,
        head="" if record is None else codec.sha256(codec.encode_message(record)),
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
    if config.broker.accounts == "passwords" and config.broker.listen not in LOOPBACK:
        raise ConfigError(
            f"{path}: broker.listen: expected a loopback address with passwords, found "
            f"{config.broker.listen}: they would travel in clear; use certificates"
        )
    if config.domain == "field" and config.founding is None:
        raise ConfigError(
            f"{path}: founding: expected the log's founding in the field, found none: make it with "
            "seal-gateway found and have the county agree"
        )
    if config.photo_floor_mb < config.floor_mb:
        raise ConfigError(
            f"{path}: photo_floor_mb: expected at least floor_mb ({config.floor_mb}), "
            f"found {config.photo_floor_mb}"
        )


def _absolute(config: GatewayConfig, folder: Path) -> GatewayConfig:
    names = ("state", "signer", "signer_record", "opener", "keys", "founding")
    log = structs.replace(
        config.log,
        **{name: folder / getattr(config.log, name) for name in _LOG_PATHS},
    )
    log = structs.replace(
        log,
        witnesses=tuple(
            one if one.ca is None else structs.replace(one, ca=folder / one.ca)
            for one in log.witnesses
        ),
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
        config,
        broker=broker,
        log=log,
        notify=notify_config.absolute(config.notify, folder),
        token=_absolute_token(config.token, folder),
        **{name: folder / value for name in names if (value := getattr(config, name)) is not None},
    )


def _absolute_token(token: pkcs11.Options | None, folder: Path) -> pkcs11.Options | None:
    if token is None:
        return None
    return structs.replace(token, module=folder / token.module, pin_file=folder / token.pin_file)
