"""Wiring: turns a configuration into an agent with all its parts; the one place that does so."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from device.agent import Agent, Input, Parts
from device.capture import Capture
from device.cards import Cards
from device.clock import DeviceClock, Mark, system_boottime_ms, system_power_on
from device.config import DeviceConfig, DriverConfig, SealConfig
from device.custody import Bench, Custody
from device.cycle import State
from device.door import Door, make_link_key
from device.emergency_desk import EmergencyDesk
from device.errors import ConfigError
from device.eyes import Eyes
from device.house import CLOCK_KEY, House
from device.inbox import Inbox
from device.job import page_hashes
from device.jobs import Jobs
from device.journal import Journal
from device.kiosk.port import Person
from device.loading import (
    Keys,
    bus_options,
    check_broker,
    check_drivers,
    load_keys,
    load_tray,
    wall_clock,
)
from device.loading import people as file_people
from device.lock import Lock
from device.neighbours import Neighbours
from device.pages import Pages
from device.people import People
from device.proofs import Proofs
from device.recorder import Recorder
from device.references import References
from device.renewal import Renewal
from device.stamping import Stamping
from device.township_keys import TownshipKeys
from device.uplink import Uplink
from device.village_list import ListCache
from hardware import loader
from hardware.controller.line import Lines
from hardware.interfaces import Camera, CardReader, Controller
from ledger import mqtt, topics
from ledger.bus import Bus
from ledger.messages import VillageList
from ledger.records import Intent
from ledger.signers import choice, keyfile
from ledger.topics import RULES, Leaf

log = structlog.get_logger()

FIRST_TOKEN = 10_000_000  # of the first cycle's questions to the eyes; far above the others'


class World(Struct, frozen=True, kw_only=True):
    """What the agent touches beside disk and broker; None stands for what the configuration names.

    Args:
        controllers: by seal, connect to its controller, as often as it was lost.
        now_s: monotonic seconds.
    """

    controllers: Mapping[str, Callable[[], Controller]] | None = None
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
    there = {"controller": world.controllers, "camera": world.camera}
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
    inbox: Inbox[Input]
    recorder: Recorder
    references: References
    locks: Mapping[str, Lock]
    neighbours: Neighbours
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
    core = _core(config, keys, recorder, bus, world)
    township = TownshipKeys(recorder.journal, keys.ring, config.township, config.log.founding)
    people = People(recorder.journal, township, keys.reference, _first_people(config))
    uplink = _uplink(config, keys, recorder.journal, bus, world.now_s, township, people)
    jobs = _jobs(core, lambda: uplink.online, people.person_of)
    village_list = ListCache(recorder.journal)
    house = _house(core, config_bytes, village_list)
    pages = Pages(core.eyes, core.references)
    stampings = _stampings(core, jobs, house, uplink)
    return Parts(
        machine=config.device,
        village_name=config.village_name,
        seals=tuple((one.id, one.name) for one in config.seal),
        simulated=config.domain == "sim",
        inbox=core.inbox,
        recorder=recorder,
        uplink=uplink,
        bus=bus,
        locks=core.locks,
        eyes=core.eyes,
        pages=pages,
        jobs=jobs,
        stampings=tuple(stampings.values()),
        items={one.id: one.matters for one in config.seal},
        custody=_custody(core, stampings, jobs, pages, people),
        house=house,
        cards=Cards(_reader(config.reader)),
        emergencies=EmergencyDesk(recorder, world.now_s),
        village_list=village_list,
        people=people,
    )


def _core(config: DeviceConfig, keys: Keys, recorder: Recorder, bus: Bus, world: World) -> _Core:
    locks = _locks(config, world)
    inbox: Inbox[Input] = Inbox(bus)
    return _Core(
        config=config,
        inbox=inbox,
        recorder=recorder,
        references=References(config.state / "references", keys.reference),
        locks=locks,
        neighbours=Neighbours(locks),
        eyes=_eyes(config, keys, inbox, world),
        now_s=world.now_s,
    )


def _custody(
    core: _Core, stampings: Mapping[str, Stamping], jobs: Jobs, pages: Pages, people: People
) -> Custody:
    return Custody(
        benches={
            seal: Bench(lock=core.locks[seal], hold=one.hold) for seal, one in stampings.items()
        },
        recorder=core.recorder,
        busy=jobs.busy,
        pages=pages.taken,
        held=people.held,
        now_s=core.now_s,
    )


def _locks(config: DeviceConfig, world: World) -> dict[str, Lock]:
    """Return a lock for each seal; controllers that name one port share its line."""
    lines, named = Lines(), config.controller

    def connect(seal: SealConfig) -> Callable[[], Controller]:
        if world.controllers is not None:
            return world.controllers[seal.id]
        options = config.controller_options(seal)
        return lambda: loader.load_controller(named.driver, options, lines)

    return {one.id: Lock(connect(one), world.now_s) for one in config.seal}


def _eyes(config: DeviceConfig, keys: Keys, inbox: Inbox[Input], world: World) -> Eyes:
    camera = world.camera or loader.load_camera(config.camera.driver, config.camera.options)
    tray, said = load_tray(config)
    if said and tray is None:
        log.warning("tray_not_used", why=said)
    return Eyes(Capture(camera, keys.seal, _photos(config), tray), inbox.put)


def _first_people(config: DeviceConfig) -> Callable[[], tuple[Person, ...]] | None:
    return None if config.people is None else lambda: file_people(config)


def _uplink(
    config: DeviceConfig,
    keys: Keys,
    journal: Journal,
    bus: Bus,
    now_s: Callable[[], float],
    township: TownshipKeys,
    people: People,
) -> Uplink:
    proofs = Proofs(journal, township, keys.log_name, _asker(config, bus), now_s, keys.policy)
    uplink = Uplink(
        journal,
        bus,
        township,
        _photos(config),
        config.township,
        config.village,
        now_s,
        proofs,
        people,
    )
    uplink.subscribe()
    return uplink


def _jobs(core: _Core, online: Callable[[], bool], person_of: Callable[[str], str]) -> Jobs:
    return Jobs(
        locks=core.locks,
        neighbours=core.neighbours,
        window_s=core.config.controller.window_s,
        eyes=core.eyes,
        recorder=core.recorder,
        references=core.references,
        online=online,
        confirm_s=core.config.confirm_s,
        now_s=core.now_s,
        person_of=person_of,
    )


def _house(
    core: _Core, config_bytes: bytes, village_list: Callable[[], VillageList | None]
) -> House:
    config, panel = core.config, core.config.panel
    return House(
        seals=tuple(one.id for one in config.seal),
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
        village_list=village_list,
    )


def _stampings(core: _Core, jobs: Jobs, house: House, uplink: Uplink) -> dict[str, Stamping]:
    """Return a cycle for each seal; they and the clerk's jobs know each other from here on."""

    def reference(intent: Intent, request: str) -> bytes:
        pages = page_hashes(core.recorder.journal.opened(request))
        known = core.references.before(intent.page)
        return known or (core.references.load(pages[0]) if pages else b"")

    def cycle(number: int, seal: str) -> Stamping:
        return Stamping(
            seal=seal,
            window_s=core.config.controller.window_s,
            photo_patience_s=core.config.photo_patience_s,
            lock=core.locks[seal],
            eyes=core.eyes,
            recorder=core.recorder,
            watcher=jobs,
            keep_before=core.references.keep_before,
            reference=reference,
            offline=lambda: not uplink.online,
            rebased=house.begin_again,
            others=lambda: core.neighbours.trouble(seal),
            first_token=FIRST_TOKEN * (number + 1),
            now_s=core.now_s,
        )

    stampings = {seal: cycle(number, seal) for number, seal in enumerate(core.locks)}
    for seal, stamping in stampings.items():
        core.neighbours.add(seal, _state_of(stamping))
    jobs.serve(stampings)
    return stampings


def _state_of(stamping: Stamping) -> Callable[[], State]:
    return lambda: stamping.state


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
