"""The agent's configuration: one TOML file, frozen, unknown keys refused, secrets as paths."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from device.errors import ConfigError
from ledger.records import DivisionCode, Hash, Identifier
from ledger.signers import pkcs11

Port = Annotated[int, Meta(ge=0, le=65535)]


class DriverConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A driver by name with the options it declares."""

    driver: str
    options: dict[str, Any] = {}


class ControllerConfig(DriverConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The seal controller; `window_s` is how long the lever is free for one impression."""

    window_s: Annotated[float, Meta(gt=0, le=10)] = 3.0


class SealConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A seal in this machine: its identifier and the name that the clerk reads.

    Args:
        unit: its controller's address on the serial line, where a machine has several.
        options: of its controller, where they differ from those under [controller].
        matters: codes, names or categories of the items that it may stamp; none: every item.
    """

    id: Identifier
    name: str
    unit: Annotated[int, Meta(ge=1, le=247)] | None = None
    options: dict[str, Any] = {}
    matters: tuple[str, ...] = ()


class BrokerConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the broker is: `mqtt://` or `mqtts://`; secrets lie in files of mode 0600.

    Args:
        ca_file: who signed the broker's certificate.
        cert_file, key_file: our own certificate, which names us at the broker.
        door: where the certificate is renewed, `https://host:port`.
        pinned: `ca_file` is the township's own authority; see `ledger.mqtt_options`.
    """

    url: str
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    pinned: bool = False
    door: str | None = None


class LogConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The township's public log: its origin is `<domain>/<county>/<township>/<year>`.

    Args:
        founding: hash of its founding statement, which every act about keys names.
        policy: whose witnesses must have cosigned before a proof counts (c2sp.org/tlog-policy);
            from the county, not from the township.
    """

    domain: str
    county: DivisionCode
    founding: Hash | None = None
    policy: Path | None = None


class KioskConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clerk's screen; loopback only."""

    port: Port = 8080
    idle_s: Annotated[int, Meta(ge=30, le=3600)] = 180


class KeysConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Own keys and the folder of key records that this device trusts.

    Args:
        key, token: the signing key as a file or in a PKCS#11 token; one of the two.
    """

    key: Path | None = None
    token: pkcs11.Options | None = None
    record: Path
    reference: Path
    trusted: Path


class DeviceConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that one agent needs to know.

    Args:
        people: TOML file with the people who may sign in until the township's list has come.
        free_mb: below this no new impression is begun, so that begun ones can be written.
        photo_days: how long delivered photos are kept here; less when room is short.
        confirm_s: how long an approver has who releases an impression by its live photo.
        photo_patience_s: how long an unusable after-photo is retaken before it is an incident.
        heartbeat_s: the longest silence between two entries.
    """

    device: Identifier
    township: DivisionCode
    village: DivisionCode
    village_name: str
    domain: Literal["sim", "field"]
    state: Path
    people: Path | None = None
    keys: KeysConfig
    log: LogConfig
    seal: Annotated[tuple[SealConfig, ...], Meta(min_length=1, max_length=8)]
    controller: ControllerConfig
    camera: DriverConfig
    broker: BrokerConfig
    reader: DriverConfig | None = None
    panel: DriverConfig | None = None
    clock: DriverConfig | None = None
    kiosk: KioskConfig = KioskConfig()
    free_mb: Annotated[int, Meta(ge=1)] = 200
    photo_days: Annotated[int, Meta(ge=1)] = 30
    confirm_s: Annotated[float, Meta(gt=0, le=600)] = 120.0
    photo_patience_s: Annotated[float, Meta(gt=0, le=600)] = 60.0
    heartbeat_s: Annotated[float, Meta(gt=0)] = 600.0

    def __post_init__(self) -> None:
        """Refuse seals that could not be told apart, or that would share a controller."""
        ids = [one.id for one in self.seal]
        if len(set(ids)) != len(ids):
            raise ValueError(f"expected [[seal]] with different ids, found {ids}")
        options = [self.controller_options(one) for one in self.seal]
        places = [(str(one.get("port")), one.get("unit")) for one in options]
        if len(self.seal) > 1 and len(set(places)) != len(places):
            raise ValueError(f"expected a unit of its own in each [[seal]], found {places}")

    def controller_options(self, seal: SealConfig) -> dict[str, Any]:
        """Return the options of a seal's controller."""
        unit = {} if seal.unit is None else {"unit": seal.unit}
        return {**self.controller.options, **unit, **seal.options}


def load(path: Path) -> DeviceConfig:
    """Return the configuration of a file; relative paths in it start at the file's folder.

    Raises:
        ConfigError: names the file, the key and what was expected there.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
        config = msgspec.convert(raw, DeviceConfig, dec_hook=_path(path.parent), strict=True)
    except OSError as error:
        raise ConfigError(f"expected a configuration at {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error
    return config


def _path(folder: Path) -> Any:
    def decode(kind: type, value: object) -> object:
        if kind is Path and isinstance(value, str) and value:
            return folder / value
        raise ValueError(f"expected a path, found {value!r}")

    return decode
