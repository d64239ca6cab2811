"""Wiring: turns a configuration into an agent with all its parts; the one place that does so."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from device.agent import Agent, Input, Parts
from device.capture import Capture
from device.cards import Cards
from device.clock import DeviceClock, Mark, system_boottime_ms, system_power_on
from device.config import DeviceConfig, DriverConfig
from device.door import Door, make_link_key
from device.emergency_desk import EmergencyDesk
from device.errors import ConfigError
from device.eyes import Eyes
from device.house import CLOCK_KEY, House
from device.inbox import Inbox
from device.jobs import Jobs, page_hashes
from device.journal import Journal
from device.loading import (
    Keys,
    bus_options,
    check_broker,
    check_drivers,
    load_keys,
    wall_clock,
)
from device.lock import Lock
from device.pages import Pages
from device.proofs import Proofs
from device.recorder import Recorder
from device.references import References
from device.renewal import Renewal
from device.stamping import Stamping
from device.township_keys import TownshipKeys
from device.uplink import Uplink
from hardware import loader
from hardware.interfaces import Camera, CardReader, Controller
from ledger import codec, envelope, mqtt, topics
from ledger.bus import Bus
from ledger.messages import VillageList
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
        ConfigError, JournalError, DriverError: something it needs is missing or wrong.
    """
    world = world or World()
    keys = load_keys(config)
    there = {"controller": world.controller, "camera": world.camera}
    check_drivers(config, present=tuple(kind for kind, part in there.items() if part is not None))
    check_broker(config)
    journal = Journal(config.state, keys.signer, keys.seal)
    clock = DeviceClock(
        wall_clock(config),
        _kept_mark(journal),
        lambda: journal.head.at_ms,
        system_boottime_ms,
        system_power_on(),
    )
    recorder = Recorder(journal, clock, config.free_mb, world.now_s)
    bus = connect_bus(bus_options(config))
    return _assemble(config, config_bytes, keys, recorder, bus, world)


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


class _Core(Struct, frozen=True, kw_only=True):
    """What several parts of one machine work with."""

    config: DeviceConfig
    recorder: Recorder
    references: References
    lock: Lock
    eyes: Eyes
    now_s: Callable[[], float]


def _assemble(
    config: DeviceConfig,
    config_bytes: bytes,
    keys: Keys,
    recorder: Recorder,
    bus: Bus,
    world: World,
) -> Parts:
    """Put the parts together; how each is made stands in the function of its name."""
    journal, seal = recorder.journal, config.seal[0]
    inbox: Inbox[Input] = Inbox(bus)
    core = _Core(
        config=config,
        recorder=recorder,
        references=References(config.state / "references", keys.reference),
        lock=Lock(world.controller or _controller(config), world.now_s),
        eyes=_eyes(config, keys, inbox, world),
        now_s=world.now_s,
    )
    uplink = _uplink(config, keys, journal, bus, world.now_s)
    jobs = _jobs(core, lambda: uplink.online)
    house = _house(core, config_bytes)
    return Parts(
        machine=config.device,
        village_name=config.village_name,
        seals=((seal.id, seal.name),),
        simulated=config.domain == "sim",
        inbox=inbox,
        recorder=recorder,
        uplink=uplink,
        bus=bus,
        lock=core.lock,
        eyes=core.eyes,
        pages=Pages(core.eyes, core.references),
        jobs=jobs,
        stamping=_stamping(core, jobs, house, uplink),
        house=house,
        cards=Cards(_reader(config.reader)),
        emergencies=EmergencyDesk(recorder, world.now_s),
        village_list=ListCache(journal),
    )


def _controller(config: DeviceConfig) -> Callable[[], Controller]:
    named = config.controller
    return lambda: loader.load_controller(named.driver, named.options)


def _eyes(config: DeviceConfig, keys: Keys, inbox: Inbox[Input], world: World) -> Eyes:
    camera = world.camera or loader.load_camera(config.camera.driver, config.camera.options)
    return Eyes(Capture(camera, keys.seal, _photos(config)), inbox.put)


def _uplink(
    config: DeviceConfig, keys: Keys, journal: Journal, bus: Bus, now_s: Callable[[], float]
) -> Uplink:
    township = TownshipKeys(journal, keys.ring, config.township, config.log.founding)
    proofs = Proofs(journal, township, keys.log_name, _asker(config, bus), now_s)
    uplink = Uplink(
        journal, bus, township, _photos(config), config.township, config.village, now_s, proofs
    )
    uplink.subscribe()
    return uplink


def _jobs(core: _Core, online: Callable[[], bool]) -> Jobs:
    return Jobs(
        seal=core.config.seal[0].id,
        window_s=core.config.controller.window_s,
        lock=core.lock,
        eyes=core.eyes,
        recorder=core.recorder,
        references=core.references,
        online=online,
        confirm_s=core.config.confirm_s,
        now_s=core.now_s,
    )


def _house(core: _Core, config_bytes: bytes) -> House:
    config, panel = core.config, core.config.panel
    return House(
        seal=config.seal[0].id,
        version=metadata.version("sealkeeper"),
        config_sha256=hashlib.sha256(config_bytes).hexdigest(),
        township=config.township,
        recorder=core.recorder,
        references=core.references,
        panel=loader.load_panel(panel.driver, panel.options) if panel else None,
        photos=_photos(config),
        inbox=inbox_folder(config),
        photo_days=config.photo_days,
        heartbeat_s=config.heartbeat_s,
        now_s=core.now_s,
    )


def _stamping(core: _Core, jobs: Jobs, house: House, uplink: Uplink) -> Stamping:
    """Return the cycle; it and the clerk's jobs know each other from here on."""

    def reference(request: str) -> bytes:
        pages = page_hashes(core.recorder.journal.opened(request))
        return core.references.load(pages[0]) if pages else b""

    stamping = Stamping(
        seal=core.config.seal[0].id,
        window_s=core.config.controller.window_s,
        photo_patience_s=core.config.photo_patience_s,
        lock=core.lock,
        eyes=core.eyes,
        recorder=core.recorder,
        watcher=jobs,
        reference=reference,
        offline=lambda: not uplink.online,
        rebased=house.begin_again,
        now_s=core.now_s,
    )
    jobs.serve(stamping)
    return stamping


def _photos(config: DeviceConfig) -> Path:
    return config.state / "photos"


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


def _kept_mark(journal: Journal) -> Mark | None:
    raw = journal.get(CLOCK_KEY)
    return msgspec.json.decode(raw, type=Mark) if raw else None
