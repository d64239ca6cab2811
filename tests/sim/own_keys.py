"""Builders for tests of the township's own keys: a machine on the real broker, and renewals."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from device.config import DeviceConfig
from device.inbox import Inbox
from device.journal import Journal
from device.proofs import Proofs
from device.township_keys import PROVED_KEY, TownshipKeys
from device.uplink import Uplink
from ledger import codec, topics
from ledger.mqtt import connect
from ledger.policy import Policy
from ledger.records import Config
from ledger.signers import choice, keyfile
from tests.sim.test_enrolment import COUNTY, TOWNSHIP, VILLAGE, Place

WAIT_S = 60.0


class Machine:
    """An enrolled machine without hands: journal and uplink on the township's real broker."""

    def __init__(self, place: Place, config: DeviceConfig, policy: Policy | None = None) -> None:
        signer = choice.load(config.keys.key, config.keys.token, config.keys.record)
        ring = keyfile.read_ring(config.keys.trusted, "sim")
        self.journal = Journal(config.state, signer, lambda data: data)
        self.keys = TownshipKeys(self.journal, ring, TOWNSHIP, config.log.founding)
        self.bus = connect(place.options())
        self.inbox: Inbox[None] = Inbox(self.bus)
        prove = str(topics.Topic(TOWNSHIP, "m-1", topics.Leaf.PROVE))
        proofs = Proofs(
            self.journal,
            self.keys,
            f"seal.example/{COUNTY}/{TOWNSHIP}",
            lambda question: self.bus.publish(prove, question, qos=0),
            time.monotonic,
            policy,
        )
        self.uplink = Uplink(
            self.journal, self.bus, self.keys, config.state, TOWNSHIP, VILLAGE,
            time.monotonic, proofs,
        )  # fmt: skip

    def link(self) -> None:
        """Connect, and again by itself whenever the link is lost."""
        self.uplink.subscribe()
        self.bus.start(self.inbox.message, self.inbox.linked)

    def write(self) -> None:
        """Journal an entry."""
        body = Config(config_sha256=codec.sha256(b""), version="1")
        self.journal.append(body, self.journal.head.at_ms + 1, mark_ms=None)

    def until(self, holds: Callable[[], bool]) -> None:
        """Work as the agent's loop does until something holds."""
        end_s = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < end_s
            message = self.inbox.take(0.05)
            if link := self.inbox.link_changed():
                self.uplink.link(link.online)
            if message is not None:
                self.uplink.receive(message)
            self.uplink.tick()

    def deliver(self) -> None:
        """Journal an entry, and work until all is acknowledged and proved."""
        self.write()
        seq = self.journal.head.seq
        self.until(lambda: self.uplink.acked == seq and not self.journal.unproved(seq, 1))

    def learn(self, steps: int) -> None:
        """Work until so many steps of the township's lineage are proved."""
        kept = b"%d" % steps
        self.until(lambda: self.journal.get(PROVED_KEY) == kept)

    def close(self) -> None:
        """Switch off."""
        self.bus.stop()
        self.journal.close()


def request(place: Place, role: str, *more: str) -> Path:
    """Ask for a new key of the gateway or the log; the request goes to the county and back."""
    out = place.folder / "renewed"
    said = place.run("renew-key", "--config", str(place.config), "--role", role, "--out",
                     str(out), *more)  # fmt: skip
    found = re.search(r"^(/.*-request\.json): ", said, re.MULTILINE)
    assert found is not None, said
    asked = Path(found[1])
    agreed = asked.with_name(f"{asked.stem}-agreed.json")
    place.agree(asked, agreed)
    return agreed


def enter(place: Place, agreed: Path) -> None:
    """Enter what the county has agreed to."""
    place.run("enter-key", "--config", str(place.config), str(agreed))


def name_new(place: Place, role: str, stem: str) -> None:
    """Put the new key into the configuration and its record into the trusted folder."""
    old = {"gateway": ("gateway.key", "gw-1-1.json"), "log": ("log.key", "gw-1-1-log.json")}[role]
    text = place.config.read_text(encoding="utf-8")
    text = text.replace(f'signer = "{old[0]}"', f'signer = "renewed/{stem}.key"')
    text = text.replace(f'signer_record = "{old[1]}"', f'signer_record = "renewed/{stem}.json"')
    place.config.write_text(text, encoding="utf-8")
    record = place.folder / "renewed" / f"{stem}.json"
    (place.folder / "trusted" / record.name).write_bytes(record.read_bytes())
