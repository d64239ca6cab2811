"""Wiring: turns a configuration into an agent with all its parts; the one place that does so."""

from __future__ import annotations

import hashlib
import importlib
import time
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import msgspec
import pyrage
import structlog
from msgspec import Struct

from device.agent import Agent, Input, Parts
from device.capture import Capture
from device.cards import Cards
from device.clock import (
    DeviceClock,
    Mark,
    system_boottime_ms,
    system_power_on,
    system_wall_ms,
)
from device.config import DeviceConfig, DriverConfig
from device.door import Door, make_link_key
from device.errors import ConfigError
from device.eyes import Eyes
from device.house import CLOCK_KEY, House
from device.inbox import Inbox
from device.jobs import Jobs, page_hashes
from device.journal import Journal
from device.kiosk.port import Person
from device.lock import Lock
from device.pages import Pages
from device.proofs import Proofs
from device.recorder import Recorder
from device.references import References
from device.renewal import Renewal
from device.rotating import check as check_rotation
from device.stamping import Stamping
from device.uplink import OFFLINE, Uplink
from hardware import loader
from hardware.interfaces import Camera, CardReader, Controller
from ledger import checkpoint, codec, envelope, mqtt, topics
from ledger.bus import Bus
from ledger.keys import KeyRing
from ledger.messages import KeyRecord, VillageList
from ledger.signers import choice, keyfile
from ledger.topics import RULES, Leaf

log = structlog.get_logger()


class ListCache:
    """The village's resolved list, decoded once per version."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._raw: bytes | None = None
        self._list: VillageList | None = None

    def __call__(self) -> VillageList | None:
        """Return the newest list that the gateway sent, or None."""
        raw = self._journal.get("list")
        if raw is not None and raw != self._raw:
            taken = envelope.parse(raw, envelope.LARGEST_LIST)
            record = codec.decode_message(taken.payload_type, taken.payload)
            self._list = record if isinstance(record, VillageList) else None
            self._raw = raw
        return self._list


class World(Struct, frozen=True, kw_only=True):
    """What the agent touches beside disk and broker; None stands for what the configuration names.

    Args:
        controller: connects to the controller, as often as it was lost.
        now_s: monotonic seconds.
    """

    controller: Callable[[], Controller] | None = None
    camera: Camera | None = None
    now_s: Callable[[], float] = time.monotonic


def build(
    config: DeviceConfig,
    config_bytes: bytes,
    connect_bus: Callable[[mqtt.Options], Bus] = mqtt.connect,
    world: World | None = None,
) -> Agent:
    """Return the agent of a configuration, see `build_parts`."""
    return Agent(build_parts(config, config_bytes, connect_bus, world))


def build_parts(
    config: DeviceConfig,
    config_bytes: bytes,
    connect_bus: Callable[[mqtt.Options], Bus] = mqtt.connect,
    world: World | None = None,
) -> Parts:
    """Return the parts of an agent; nothing moves and nothing connects yet.

    Args:
        config_bytes: the file as it was read; its hash goes into the log.
        world: the machine around the agent, if it is not the one that the configuration names.

    Raises:
        ConfigError, LedgerError, DeviceError: something it needs is missing or wrong.
    """
    signer = choice.load(config.keys.key, config.keys.token, config.keys.record)
    if signer.record.holder != config.device or signer.record.domain != config.domain:
        raise ConfigError(
            f"expected the {config.domain} key of {config.device} in {config.keys.record}, found "
            f"the {signer.record.domain} key of {signer.record.holder}"
        )
    check_rotation(config, signer)
    ring = keyfile.read_ring(config.keys.trusted, config.domain)
    seal_bytes = _sealing(ring)
    journal = Journal(config.state, signer, seal_bytes)
    clock = DeviceClock(
        _wall_clock(config),
        _kept_mark(journal),
        lambda: journal.head.at_ms,
        system_boottime_ms,
        system_power_on(),
    )
    world = world or World()
    recorder = Recorder(journal, clock, config.free_mb, world.now_s)
    bus = connect_bus(_bus_options(config))
    return _assemble(config, config_bytes, recorder, ring, seal_bytes, bus, world)


def renewal(config: DeviceConfig, linked: Callable[[], bool]) -> Renewal | None:
    """Return what renews the certificate of the link; None: the configuration names no door.

    Raises:
        ConfigError, LedgerError, DeviceError: something it needs is missing or wrong.
    """
    broker, keys = config.broker, config.keys
    if broker.door is None:
        return None
    if broker.ca_file is None or broker.cert_file is None or broker.key_file is None:
        raise ConfigError("expected ca_file, cert_file and key_file beside [broker] door")
    township, cert, key = Door(broker.door, broker.ca_file), broker.cert_file, broker.key_file
    make_link_key(key)
    # A signer belongs to one thread, so the renewal's thread has its own.
    signer = choice.load(keys.key, keys.token, keys.record)

    def keep(pem: str) -> None:
        keyfile.write_durable(cert, pem.encode(), keyfile.PRIVATE, replace=True)

    return Renewal(lambda: township.certificate(signer, key), keep, linked)


def people(config: DeviceConfig) -> tuple[Person, ...]:
    """Return the people who may sign in at this machine.

    Raises:
        ConfigError: the file is missing or not of its form.
    """
    path = config.people
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(raw.get("person", []), tuple[Person, ...])
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: expected [[person]] tables: {error}") from error


def _assemble(
    config: DeviceConfig,
    config_bytes: bytes,
    recorder: Recorder,
    ring: KeyRing,
    seal_bytes: Callable[[bytes], bytes],
    bus: Bus,
    world: World,
) -> Parts:
    journal, now_s = recorder.journal, world.now_s
    inbox: Inbox[Input] = Inbox(bus)
    photos = config.state / "photos"
    controller = config.controller
    connect = world.controller or (
        lambda: loader.load_controller(controller.driver, controller.options)
    )
    lock = Lock(connect, now_s)
    camera = world.camera or loader.load_camera(config.camera.driver, config.camera.options)
    eyes = Eyes(Capture(camera, seal_bytes, photos), inbox.put)
    references = References(config.state / "references", keyfile.load_opener(config.keys.reference))
    proofs = Proofs(journal, *_public_log(config, ring), _asker(config, bus), now_s)
    uplink = Uplink(journal, bus, ring, photos, config.township, config.village, now_s, proofs)
    uplink.subscribe()
    seal = config.seal[0]
    jobs = Jobs(
        seal=seal.id,
        window_s=controller.window_s,
        lock=lock,
        eyes=eyes,
        recorder=recorder,
        references=references,
        now_s=now_s,
    )

    house = House(
        seal=seal.id,
        version=metadata.version("sealkeeper"),
        config_sha256=hashlib.sha256(config_bytes).hexdigest(),
        township=config.township,
        recorder=recorder,
        references=references,
        panel=loader.load_panel(config.panel.driver, config.panel.options)
        if config.panel
        else None,
        photos=photos,
        inbox=inbox_folder(config),
        photo_days=config.photo_days,
        heartbeat_s=config.heartbeat_s,
        now_s=now_s,
    )

    def reference(request: str) -> bytes:
        pages = page_hashes(journal.opened(request))
        return references.load(pages[0]) if pages else b""

    stamping = Stamping(
        seal=seal.id,
        window_s=controller.window_s,
        photo_patience_s=config.photo_patience_s,
        lock=lock,
        eyes=eyes,
        recorder=recorder,
        watcher=jobs,
        reference=reference,
        offline=lambda: not uplink.online,
        rebased=house.begin_again,
        now_s=now_s,
    )
    jobs.serve(stamping)
    return Parts(
        machine=config.device,
        village_name=config.village_name,
        seals=((seal.id, seal.name),),
        simulated=config.domain == "sim",
        inbox=inbox,
        recorder=recorder,
        uplink=uplink,
        bus=bus,
        lock=lock,
        eyes=eyes,
        pages=Pages(eyes, references),
        jobs=jobs,
        stamping=stamping,
        house=house,
        cards=Cards(_reader(config.reader)),
        village_list=ListCache(journal),
    )


def _public_log(config: DeviceConfig, ring: KeyRing) -> tuple[KeyRecord, str]:
    """Return the key record of the township's public log and its origin without the year."""
    record = ring.log_of(config.township)
    if record is None:
        raise ConfigError(
            f"expected a log key record of township {config.township} in {config.keys.trusted}, "
            "found none: copy the gateway's record there"
        )
    name = checkpoint.origin(config.log.domain, config.log.county, config.township, 0)
    return record, name.rpartition("/")[0]


def _asker(config: DeviceConfig, bus: Bus) -> Callable[[bytes], bool]:
    topic = str(topics.Topic(config.township, config.device, Leaf.PROVE))
    return lambda question: bus.publish(topic, question, qos=RULES[Leaf.PROVE].qos)


def inbox_folder(config: DeviceConfig) -> Path:
    """Return the folder for signed release files."""
    folder = config.state / "inbox"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _reader(reader: DriverConfig | None) -> Callable[[], CardReader] | None:
    if reader is None:
        return None
    return lambda: loader.load_reader(reader.driver, reader.options)


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


def _wall_clock(config: DeviceConfig) -> Callable[[], int]:
    """Return the system's clock, or the one of a driver (the simulator's can be set wrong)."""
    if config.clock is None:
        return system_wall_ms
    if config.domain != "sim":
        raise ConfigError("expected no [clock] driver outside the sim domain, found one")
    module = importlib.import_module(config.clock.driver)
    connect = module.connect
    clock: Callable[[], int] = connect(msgspec.convert(config.clock.options, module.Options))
    return clock


def _kept_mark(journal: Journal) -> Mark | None:
    raw = journal.get(CLOCK_KEY)
    return msgspec.json.decode(raw, type=Mark) if raw else None


def _bus_options(config: DeviceConfig) -> mqtt.Options:
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
