"""Wiring: what the configuration names, loaded and put together; nothing here starts anything."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pyrage
from msgspec import Struct

from gateway import broker as brokers
from gateway import founding, witnesses
from gateway.audit import alerts
from gateway.broker_config import User, device_user
from gateway.ca import Authority, Credentials, open_authority
from gateway.config import GatewayConfig, directory, log_origin, trusted_keys
from gateway.errors import ConfigError
from gateway.eyes.worker import EyesWorker
from gateway.orders import Orders
from gateway.register.cosignatures import Cosignatures
from gateway.register.intake import Intake
from gateway.register.keybook import KeyBook
from gateway.register.keybook import Keys as LogKeys
from gateway.register.log import GatewayLog, JudgeTime
from gateway.register.publish import Publisher
from gateway.register.tree import Halt, PublicLog
from gateway.register.vault import Vault
from gateway.stores import Store, Transaction
from gateway.verifier import page
from gateway.writer import Writer, wall_ms
from ledger import mqtt
from ledger.errors import LedgerError
from ledger.keys import KeyRing
from ledger.signers import Signer, choice, keyfile


class Keys(Struct, frozen=True):
    """What this gateway signs with, opens with and trusts."""

    ring: KeyRing
    signer: Signer
    log_signer: Signer
    open: Callable[[bytes], bytes]


def load_keys(config: GatewayConfig) -> Keys:
    """Return our keys and those we trust.

    Raises:
        ConfigError: a key is missing, damaged, open to others, or not ours.
    """
    ring = trusted_keys(config)
    try:
        signer = choice.load(config.signer, config.token, config.signer_record)
        log_signer = keyfile.load(config.log.signer, config.log.signer_record)
        identity = keyfile.load_opener(config.opener)
    except LedgerError as error:
        raise ConfigError(str(error)) from error
    _check_own(config, signer, "gateway", config.signer_record)
    _check_own(config, log_signer, "log", config.log.signer_record)
    if str(identity.to_public()) not in ring.recipients():
        raise ConfigError(
            f"expected the key record of {config.opener} in {config.keys}: copy it there"
        )
    return Keys(ring, signer, log_signer, partial(_open, identity))


def _check_own(config: GatewayConfig, signer: Signer, role: str, path: Path) -> None:
    own = signer.record
    if (own.holder, own.role, own.domain) != (config.id, role, config.domain):
        raise ConfigError(
            f"expected the {config.domain} {role} key of {config.id} in {path}, found the "
            f"{own.domain} {own.role} key of {own.holder}"
        )


class Desk(Struct, frozen=True):
    """What carries out orders and takes entries, put together for one start of the gateway."""

    log: GatewayLog
    public: PublicLog
    intake: Intake
    orders: Orders
    judge_time: JudgeTime


def open_desk(
    config: GatewayConfig,
    keys: Keys,
    store: Store,
    halt: Halt | None = None,
    *,
    entering: bool = False,
) -> Desk:
    """Take over the configuration into the store and put the desk together.

    Args:
        halt: who may forbid all signing; None: nobody.
        entering: the first entry will bring in the key that we sign with; it is not asked for.

    Raises:
        ConfigError: the options of the alert rules cannot be used.
    """
    rules = alerts.load(config.rules)
    with store.transaction() as transaction:
        own_log = GatewayLog(keys.signer, transaction.start_boot())
    judge = partial(alerts.judge, rules=rules)
    intake = Intake(config.township, keys.ring, own_log, judge, keys.open)
    orders = _orders(config, keys, own_log, intake)
    public = PublicLog(own_log, keys.log_signer, partial(log_origin, config), halt)
    if config.founding is not None:
        founding.begin(config.founding, store, public, own_log, intake.keys)
    with store.transaction() as transaction:
        known = intake.keys.at(transaction)
        if not entering:
            founding.check_own(known, keys.signer, keys.log_signer)
        _take_over(transaction, config, known)
    return Desk(own_log, public, intake, orders, partial(alerts.judge_time, rules=rules))


def _orders(config: GatewayConfig, keys: Keys, own_log: GatewayLog, intake: Intake) -> Orders:
    keys_of_witnesses = tuple(one.key for one in witnesses.configured(config.log))
    return Orders(
        config.township,
        own_log,
        intake,
        config.permit_days,
        Cosignatures(intake.keys, keys_of_witnesses),
        own_keys=(keys.signer.record_sha256, keys.log_signer.record_sha256),
        keep_picture=Vault(config.state / "photos", keys.open).put,
    )


def _take_over(transaction: Transaction, config: GatewayConfig, known: LogKeys) -> None:
    """Write the directory of the configuration; nobody has heard of a machine yet."""
    transaction.set_directory(*directory(config, known.admitted))
    for machine in config.machines:
        transaction.set_online(machine.id, False, wall_ms())


def open_ca(config: GatewayConfig) -> Authority:
    """Return our own authority; it is made at the first call."""
    return open_authority(config.state / "ca", config.id)


def broker_users(config: GatewayConfig, admitted: Iterable[str]) -> tuple[User, ...]:
    """Return the accounts of the embedded broker: ours, and those of the admitted machines."""

    def secret(name: str) -> str | None:
        if config.broker.accounts == "certificates":
            return None
        return _password(config.broker.passwords / f"{name}.password")

    names = set(admitted)
    machines = (
        device_user(one.id, secret(one.id), config.township, one.id)
        for one in config.machines
        if one.id in names
    )
    return User(name=config.id, password=secret(config.id)), *machines


def embedded_broker(config: GatewayConfig, admitted: Iterable[str]) -> brokers.Broker | None:
    """Return the embedded broker with one account for us and one for each admitted machine."""
    if config.broker.url != "embedded":
        return None
    broker = config.broker
    tls = own = None
    if broker.accounts == "certificates":
        authority = open_ca(config)
        tls, own = server_credentials(config, authority), authority.own(config.id, "client")
    options = brokers.Options(
        state_dir=config.state / "broker",
        users=broker_users(config, admitted),
        tls=tls,
        own=own,
        listen=broker.listen,
        port=broker.port,
    )
    return brokers.Broker(options)


def server_credentials(config: GatewayConfig, authority: Authority) -> Credentials:
    """Return the certificate under which broker and enrolment answer."""
    hosts = dict.fromkeys(("127.0.0.1", "localhost", config.broker.listen, *config.broker.hosts))
    return authority.own(config.id, "server", *hosts)


def bus_options(config: GatewayConfig, url: str) -> mqtt.Options:
    """Return our own account at the broker that answers at `url`."""
    broker = config.broker
    if broker.url != "embedded":
        return mqtt.Options(
            url=url,
            client_id=config.id,
            username=broker.username,
            password_file=broker.password_file,
            ca=broker.ca,
            cert=broker.cert,
            key=broker.key,
        )
    if broker.accounts == "passwords":
        return mqtt.Options(
            url=url,
            client_id=config.id,
            username=config.id,
            password_file=broker.passwords / f"{config.id}.password",
        )
    own = open_ca(config).own(config.id, "client")
    return mqtt.Options(
        url=url, client_id=config.id, ca=own.ca, cert=own.cert, key=own.key, pinned=True
    )


def _password(path: Path) -> str:
    """Return the password of a file; a missing one is made, for its owner alone."""
    if not path.exists():
        keyfile.write_durable(path, secrets.token_urlsafe(24).encode(), keyfile.PRIVATE)
    try:
        return keyfile.read_private(path).decode("ascii").strip()
    except (LedgerError, UnicodeDecodeError) as error:
        raise ConfigError(f"broker: {error}") from error


def _open(identity: pyrage.x25519.Identity, sealed: bytes) -> bytes:
    """Decrypt what was encrypted to us; raises ValueError."""
    try:
        return bytes(pyrage.decrypt(sealed, [identity]))
    except pyrage.DecryptError as error:
        raise ValueError(str(error)) from error


def eyes_of(config: GatewayConfig, store: Store, writer: Writer, vault: Vault) -> EyesWorker | None:
    """Return what looks at the photos of uses; None: it is switched off."""
    if not config.eyes.on:
        return None
    return EyesWorker(store, writer, vault.open, config.eyes, wall_ms)


def publisher_of(config: GatewayConfig, keys: Keys, store: Store) -> Publisher:
    """Return what publishes, after it was compared with the store: nothing is signed before.

    Raises:
        RollbackError: the store has less than was published, or something else.
    """
    policy = partial(witnesses.policy_text, config.log)
    publisher = Publisher(config.log.public, KeyBook(keys.ring), policy)
    with store.reader() as reader:
        publisher.check(reader)
    publisher.publish_keys(keys.ring.records())
    page.write(config.log.public)
    return publisher
