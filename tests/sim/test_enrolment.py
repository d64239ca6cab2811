"""The whole ceremony: commands, the gateway's server with its broker, a machine that enrols."""

from __future__ import annotations

import base64
import re
import select
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from device import enrolling
from device.door import Door, link_public
from device.enrolling import Wish
from device.errors import EnrolmentError
from gateway.app import Addresses, Server
from gateway.ca import DAY_MS
from gateway.cli import main as gateway_main
from gateway.config import load
from gateway.wiring import open_ca
from ledger import enrolcodes, topics
from ledger.mqtt import Options, connect
from ledger.signers import keyfile
from sim.inbox import Inbox
from sim.township_files import CommandError, run_command

TOWNSHIP, VILLAGE, COUNTY = "330109110000", "330109110201", "330109000000"
JOIN_S = 60.0

CONFIG = f"""id = "gw-1"
domain = "sim"
township = "{TOWNSHIP}"
township_name = "示例镇"
window = "便民服务中心"
window_phone = "0571-00000000"
state = "state"
signer = "gateway.key"
signer_record = "gw-1-1.json"
opener = "opener.key"
keys = "trusted"
founding = "founding.json"
floor_mb = 1
photo_floor_mb = 1

[log]
domain = "seal.example"
county = "{COUNTY}"
signer = "log.key"
signer_record = "gw-1-1-log.json"

[web]
port = 0

[[villages]]
code = "{VILLAGE}"
name = "甲村"
province = "浙江省"
county = "萧山区"
township = "示例镇"

[[machines]]
id = "m-1"
village = "{VILLAGE}"
seals = ["committee"]
keepers = ["keeper-1"]

[[machines]]
id = "m-2"
village = "{VILLAGE}"
seals = ["committee"]
keepers = ["keeper-1"]
"""


class Place:
    """A township with its gateway's server, and a county with its own computer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "gateway.toml"
        self.county = folder / "county"
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.at = Addresses(console="", broker="")

    def run(self, *words: str) -> str:
        """Type a command of seal-gateway."""
        return run_command(gateway_main, *words)

    def found(self) -> None:
        """Make keys and founding, with the county's agreement."""
        self.run("keygen", "--id", "gw-1", "--township", TOWNSHIP, "--domain", "sim",
                 "--out", str(self.folder))  # fmt: skip
        trusted = self.folder / "trusted"
        trusted.mkdir()
        for record in self.folder.glob("gw-1-*.json"):
            (trusted / record.name).write_bytes(record.read_bytes())
        self.run("county-keygen", "--id", "county-1", "--township", COUNTY, "--domain", "sim",
                 "--out", str(self.county))  # fmt: skip
        (self.folder / "gateway.toml").write_text(CONFIG, encoding="utf-8")
        draft = self.folder / "founding-draft.json"
        self.run("found", "--config", str(self.config), "--county",
                 str(self.county / "county-1-1.json"), "--out", str(draft))  # fmt: skip
        self.agree(draft, self.folder / "founding.json")

    def agree(self, draft: Path, agreed: Path) -> None:
        """Agree on the county's computer."""
        own = ("--key", str(self.county / "county.key"))
        own += ("--record", str(self.county / "county-1-1.json"))
        self.run("county-agree", *own, "--yes", str(draft), str(agreed))

    def code(self, machine: str = "m-1") -> str:
        """Issue a one-time code."""
        said = self.run("enrol-code", "--config", str(self.config), "--machine", machine)
        found = re.search(r"^(?:[0-9A-Z]{5}-){7}[0-9A-Z]{5}$", said, re.MULTILINE)
        assert found is not None, said
        return found[0]

    def admit(self, machine: str = "m-1", number: int = 1) -> None:
        """Carry a machine's request to the county and back into the log."""
        request = self.folder / f"{machine}-{number}-request.json"
        agreed = self.folder / f"{machine}-{number}-agreed.json"
        self.run("enrol-request", "--config", str(self.config), "--machine", machine, "--out",
                 str(request))  # fmt: skip
        self.agree(request, agreed)
        self.run("enter-key", "--config", str(self.config), str(agreed))

    def wish(self, machine: str = "m-1", code: str = "") -> Wish:
        """Return the order to enrol a machine in a folder of its own."""
        return Wish(
            gateway=self.at.door,
            code=enrolcodes.read(code or self.code(machine)),
            out=self.folder / machine,
        )

    def options(self, machine: str = "m-1") -> Options:
        """Return how an enrolled machine connects."""
        own = self.folder / machine
        return Options(
            url=self.at.broker, client_id=machine, ca=own / "ca.pem", cert=own / "link.pem",
            key=own / "link.key", pinned=True, retry_min_s=0.05,
        )  # fmt: skip

    def start(self) -> None:
        """Start the gateway's server; it is ready on return."""
        ready = threading.Event()

        def told(at: Addresses) -> None:
            self.at = at
            ready.set()

        def serve() -> None:
            Server(load(self.config)).run(self._stopping, told)

        self._stopping.clear()
        self._thread = threading.Thread(target=serve, name="township")
        self._thread.start()
        assert ready.wait(JOIN_S)

    def stop(self) -> None:
        """Stop the server."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(JOIN_S)
            assert not self._thread.is_alive()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    made.found()
    made.start()
    yield made
    made.stop()


def link(options: Options) -> Any:
    """Return a bus that is linked."""
    bus, inbox = connect(options), Inbox()
    bus.subscribe(str(topics.Topic(TOWNSHIP, options.client_id, topics.Leaf.ACK)), 0)
    bus.start(inbox.on_message, inbox.on_link)
    inbox.wait(lambda box: box.links[:1] == [True], 30)
    return bus, inbox


def enrolled(place: Place, machine: str = "m-1") -> Wish:
    wish = place.wish(machine)
    assert enrolling.enrol(wish, lambda _: None).state == "waiting"
    place.admit(machine)
    assert enrolling.enrol(wish, lambda _: None).state == "admitted"
    return wish


@pytest.mark.slow
def test_machine_enrols_is_linked_and_is_thrown_out_when_its_key_is_revoked(place: Place) -> None:
    wish = enrolled(place)
    bus, inbox = link(place.options())

    modes = {path.name: path.stat().st_mode & 0o777 for path in wish.out.iterdir()}
    place.run("revoke-key", "--config", str(place.config), "--machine", "m-1", "--reason", "lost")

    inbox.wait(lambda box: False in box.links, 30)
    with pytest.raises(EnrolmentError) as caught:
        renew(wish, place.at.door)
    assert caught.value.reason == "shut-out"
    assert {mode for name, mode in modes.items() if name.endswith((".key", ".pem"))} == {0o600}
    bus.stop()


@pytest.mark.slow
def test_enrolled_keys_are_public_and_exported(place: Place) -> None:
    wish = enrolled(place)
    record = (wish.out / "m-1-1.json").read_bytes()

    place.run("export", "--config", str(place.config), str(place.folder / "export"))
    exported = {path.read_bytes() for path in (place.folder / "export" / "keys").iterdir()}
    end_s = time.monotonic() + 20
    keys = place.folder / "public" / "keys"
    while record not in {path.read_bytes() for path in keys.glob("*.json")}:
        assert time.monotonic() < end_s
        select.select([], [], [], 0.05)

    assert record in exported


@pytest.mark.slow
def test_run_that_is_cut_anywhere_comes_to_the_same_end_with_the_same_code(place: Place) -> None:
    wish = place.wish()
    for step in ("authority", "facts", "keys", "presented"):
        with pytest.raises(CutError):
            enrolling.enrol(wish, _cut(step))
    key = (wish.out / "m-1-1.key").read_bytes()
    (wish.out / "m-1-1.json").unlink()  # as if cut between key and record
    place.admit()

    for step in ("certificate", "trusted", "settings"):
        with pytest.raises(CutError):
            enrolling.enrol(wish, _cut(step))
    done = enrolling.enrol(wish, lambda _: None)

    assert done.state == "admitted"
    assert (wish.out / "m-1-1.key").read_bytes() == key
    bus, _ = link(place.options())
    bus.stop()


@pytest.mark.slow
def test_code_opens_for_one_key_alone_and_for_this_township_alone(place: Place) -> None:
    wish = place.wish()
    enrolling.enrol(wish, lambda _: None)

    thief = structs.replace(wish, out=place.folder / "thief")
    with pytest.raises(EnrolmentError) as used:
        enrolling.enrol(thief, lambda _: None)
    other = enrolcodes.Code(wish.code.secret, "0" * 24)
    with pytest.raises(EnrolmentError) as stranger:
        enrolling.enrol(structs.replace(wish, code=other, out=place.folder / "b"), lambda _: None)
    wrong = enrolcodes.Code("0" * 16, wish.code.pin)
    with pytest.raises(EnrolmentError) as unknown:
        enrolling.enrol(structs.replace(wish, code=wrong, out=place.folder / "c"), lambda _: None)

    assert used.value.reason == "code-used"
    assert stranger.value.reason == "authority"
    assert unknown.value.reason == "code-unknown"
    assert not (place.folder / "b" / "m-1-1.key").exists()


@pytest.mark.slow
def test_machine_with_an_expired_certificate_renews_it_and_is_back(place: Place) -> None:
    wish = enrolled(place)
    expired(place, wish)
    stranded, inbox = connect(place.options()), Inbox()
    with capture_logs() as logs:
        stranded.start(inbox.on_message, inbox.on_link)
        end_s = time.monotonic() + 30
        while not [one for one in logs if one["event"] == "mqtt_link_down"]:
            assert time.monotonic() < end_s
            select.select([], [], [], 0.02)
    before = list(inbox.links)

    renew(wish, place.at.door)

    inbox.wait(lambda box: box.links[:1] == [True], 60)  # the same bus took the new file
    assert before == []
    stranded.stop()


@pytest.mark.slow
def test_lost_machine_comes_back_under_the_next_epoch(place: Place) -> None:
    first = enrolled(place)
    place.run("revoke-key", "--config", str(place.config), "--machine", "m-1", "--reason", "lost")
    again = place.wish()

    enrolling.enrol(again, lambda _: None)
    place.admit(number=2)
    done = enrolling.enrol(again, lambda _: None)

    assert (done.state, done.facts.epoch, done.record.name) == ("admitted", 2, "m-1-2.json")
    old = keyfile.load(first.out / "m-1-1.key", first.out / "m-1-1.json")
    with pytest.raises(EnrolmentError) as caught:
        Door(place.at.door, first.out / "ca.pem").certificate(old, first.out / "link.key")
    assert caught.value.reason == "shut-out"


@pytest.mark.slow
def test_township_is_the_same_after_a_restart(place: Place) -> None:
    wish = enrolled(place)
    place.stop()
    door, broker = place.at.door, place.at.broker

    place.start()

    assert (place.at.door, place.at.broker) == (door, broker)
    assert enrolling.enrol(wish, lambda _: None).state == "admitted"
    bus, _ = link(place.options())
    bus.stop()


def test_county_asks_before_it_agrees_and_machine_without_request_has_none(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.found()

    with pytest.raises(CommandError, match="not-found"):
        place.run("enrol-request", "--config", str(place.config), "--machine", "m-1", "--out",
                  str(tmp_path / "r.json"))  # fmt: skip


def expired(place: Place, wish: Wish) -> None:
    """Put a certificate in the machine's place that ended yesterday."""
    authority = open_ca(load(place.config))
    public = base64.b64decode(link_public(wish.out / "link.key"))
    old_ms = time.time_ns() // 1_000_000 - 31 * DAY_MS
    (wish.out / "link.pem").write_bytes(authority.machine("m-1", public, old_ms, 30))


def renew(wish: Wish, door: str) -> None:
    """Ask for a new certificate as the agent does."""
    signer = keyfile.load(wish.out / "m-1-1.key", wish.out / "m-1-1.json")
    given = Door(door, wish.out / "ca.pem").certificate(signer, wish.out / "link.key")
    keyfile.write_durable(
        wish.out / "link.pem", given.certificate.encode(), keyfile.PRIVATE, replace=True
    )


class CutError(Exception):
    """The power failed."""


def _cut(at: str) -> Callable[[str], None]:
    def told(step: str) -> None:
        if step == at:
            raise CutError(step)

    return told
