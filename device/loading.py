"""Loading: what a configuration names, read and checked; nothing here moves or connects.

A mistake that a person made is found here, before the first frame goes out: the agent does not
start with it, and `seal-device check-config` says it without starting anything.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING

import argon2
import msgspec
import pyrage
from msgspec import Struct

from device.clock import system_wall_ms
from device.config import DeviceConfig, DriverConfig
from device.errors import ConfigError
from device.kiosk.port import Person
from device.rotating import check as check_rotation
from device.uplink import OFFLINE
from hardware import loader
from ledger import checkpoint, mqtt, mqtt_options, mqtt_secrets, policy, topics
from ledger.errors import LedgerError
from ledger.keys import KeyRing
from ledger.policy import Policy
from ledger.signers import Signer, choice, keyfile
from ledger.topics import Leaf
from vision.errors import TrayError

if TYPE_CHECKING:
    from vision.tray import Tray


class Keys(Struct, frozen=True, kw_only=True):
    """What this machine signs with, trusts, and hides its pictures and values with.

    Args:
        log_name: origin of the township's public log without the year.
        policy: whose witnesses must have cosigned the log's checkpoints, None for nobody.
        seal: encrypts to the township and the county.
        reference: opens this machine's own copies of approved pages.
    """

    signer: Signer
    ring: KeyRing
    log_name: str
    policy: Policy | None
    seal: Callable[[bytes], bytes]
    reference: pyrage.x25519.Identity


class Summary(Struct, frozen=True, kw_only=True):
    """What a configuration that was checked names, in figures."""

    recipients: int
    people: int
    drivers: tuple[str, ...]
    tray: str = ""  # what is kept of its calibration, or why that cannot be used


def check(config: DeviceConfig) -> Summary:
    """Return what the configuration names, if the agent could start with all of it.

    Raises:
        ConfigError: a file is missing, damaged or open to others, or parts contradict each other.
        DriverError: a driver, a board or an option of theirs does not exist.
    """
    keys = load_keys(config)
    drivers = check_drivers(config)
    check_broker(config)
    named = people(config)
    _check_people(config, named)
    tray = load_tray(config)[1]
    return Summary(
        recipients=len(keys.ring.recipients()), people=len(named), drivers=drivers, tray=tray
    )


def load_keys(config: DeviceConfig) -> Keys:
    """Return our own keys and those we trust.

    Raises:
        ConfigError: one is missing, damaged, open to others, or not this machine's.
    """
    try:
        signer = choice.load(config.keys.key, config.keys.token, config.keys.record)
        reference = keyfile.load_opener(config.keys.reference)
        ring = keyfile.read_ring(config.keys.trusted, config.domain)
    except LedgerError as error:
        raise ConfigError(f"keys: {error}") from error
    own = signer.record
    if (own.holder, own.domain) != (config.device, config.domain):
        raise ConfigError(
            f"expected the {config.domain} key of {config.device} in {config.keys.record}, found "
            f"the {own.domain} key of {own.holder}"
        )
    check_rotation(config, signer)
    if ring.log_of(config.township) is None:
        raise ConfigError(
            f"expected a log key record of township {config.township} in {config.keys.trusted}, "
            "found none: copy the gateway's record there"
        )
    return Keys(
        signer=signer,
        ring=ring,
        log_name=_log_name(config),
        policy=load_policy(config),
        seal=_sealing(ring),
        reference=reference,
    )


def load_tray(config: DeviceConfig) -> tuple[Tray | None, str]:
    """Return the tray as it was calibrated, if that can be used, and what is to be said of it."""
    from device import trays  # OpenCV

    try:
        found = trays.kept(config)
    except TrayError as error:
        return None, f"not used: {error}"
    return (None, "") if found is None else (found.tray, found.said)


def load_policy(config: DeviceConfig) -> Policy | None:
    """Return whose witnesses must have cosigned the log's checkpoints, None for nobody.

    Raises:
        ConfigError: the file cannot be read, or asks for no quorum.
    """
    path = config.log.policy
    if path is None:
        return None
    try:
        found = policy.parse(path.read_bytes())
    except (OSError, LedgerError) as error:
        raise ConfigError(f"log.policy: {path}: {error}") from error
    if found.quorum == policy.NONE:
        raise ConfigError(
            f"log.policy: {path}: expected a quorum of witnesses, found none: get the file from "
            "the county, or leave log.policy out"
        )
    return found


def check_drivers(config: DeviceConfig, *, present: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the drivers that are named, if each could be connected with its options.

    Args:
        present: kinds of parts that are there already, so that their drivers are not used.

    Raises:
        DriverError: no such driver or board, or a wrong option; says which.
    """
    named: dict[str, DriverConfig | None] = {
        "controller": config.controller,
        "camera": config.camera,
        "reader": config.reader,
        "panel": config.panel,
    }
    used = {kind: one for kind, one in named.items() if one is not None and kind not in present}
    for kind, one in used.items():
        if kind != "controller":
            loader.check_options(kind, one.driver, one.options)
    for seal in config.seal if "controller" in used else ():
        options = config.controller_options(seal)
        loader.check_options("controller", config.controller.driver, options)
    return tuple(f"{kind} {one.driver}" for kind, one in used.items())


def check_broker(config: DeviceConfig) -> None:
    """Return if address, password and certificates of the broker can be used.

    Raises:
        ConfigError: one cannot; says which.
    """
    options = bus_options(config)
    try:
        scheme, _, _ = mqtt_options.address(options.url)
        mqtt_secrets.password(options)
        if scheme == "mqtts":
            mqtt_secrets.tls(options)
    except mqtt.BusOptionsError as error:
        raise ConfigError(f"broker: {error}") from error


def people(config: DeviceConfig) -> tuple[Person, ...]:
    """Return the people of the configuration's file, nobody without one.

    Raises:
        ConfigError: the file is missing or not of its form.
    """
    path = config.people
    if path is None:
        return ()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(raw.get("person", []), tuple[Person, ...])
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: expected [[person]] tables: {error}") from error


def bus_options(config: DeviceConfig) -> mqtt.Options:
    """Return how the broker is reached, and what it says of us when we are gone."""
    broker = config.broker
    status = topics.Topic(config.township, config.device, Leaf.STATUS)
    return mqtt.Options(
        url=broker.url,
        client_id=f"seal-{config.device}",
        username=broker.username,
        password_file=broker.password_file,
        ca=broker.ca_file,
        cert=broker.cert_file,
        key=broker.key_file,
        pinned=broker.pinned,
        will_topic=str(status),
        will_payload=OFFLINE,
        will_retain=True,
    )


def wall_clock(config: DeviceConfig) -> Callable[[], int]:
    """Return the system's clock, or the one of a driver (the simulator's can be set wrong).

    Raises:
        ConfigError: a driver outside the sim domain.
    """
    if config.clock is None:
        return system_wall_ms
    if config.domain != "sim":
        raise ConfigError("expected no [clock] driver outside the sim domain, found one")
    module = importlib.import_module(config.clock.driver)
    connect = module.connect
    clock: Callable[[], int] = connect(msgspec.convert(config.clock.options, module.Options))
    return clock


def _check_people(config: DeviceConfig, named: tuple[Person, ...]) -> None:
    for what in ("account", "card"):
        values = [getattr(person, what) for person in named]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ConfigError(f"{config.people}: expected each {what} once, found {twice} again")
    for person in named:
        try:
            argon2.extract_parameters(person.pin_hash)
        except argon2.exceptions.InvalidHashError as error:
            raise ConfigError(
                f"{config.people}: expected the pin_hash of {person.account} as seal-device pin "
                "prints it, found something else"
            ) from error


def _log_name(config: DeviceConfig) -> str:
    try:
        name = checkpoint.origin(config.log.domain, config.log.county, config.township, 0)
    except LedgerError as error:
        raise ConfigError(f"log.domain: {error}") from error
    return name.rpartition("/")[0]


def _sealing(ring: KeyRing) -> Callable[[bytes], bytes]:
    recipients = [pyrage.x25519.Recipient.from_str(text) for text in ring.recipients()]
    if not recipients:
        raise ConfigError(
            "expected an age-x25519 key record of the township among the trusted keys, found none"
        )

    def seal(data: bytes) -> bytes:
        sealed: bytes = pyrage.encrypt(data, recipients)
        return sealed

    return seal
