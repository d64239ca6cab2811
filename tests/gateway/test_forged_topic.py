"""A machine whose rights do not cover its topics: the broker stays silent, the machine does not."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest
from msgspec import structs

from device.journal import Journal
from device.proofs import Proofs
from device.silence import ALARM_S
from device.township_keys import TownshipKeys
from device.uplink import Uplink
from gateway.broker import Broker, Options
from gateway.broker_config import User, device_user
from gateway.ca import Credentials, open_authority
from ledger import codec, topics
from ledger.keys import KeyRing
from ledger.mqtt import Options as BusOptions
from ledger.mqtt import connect
from ledger.records import Config
from ledger.signers import keyfile
from sim.inbox import Inbox
from tests.gateway.test_broker_tls import issue

TOWNSHIP = "110101001000"
FIELDS = {"township": TOWNSHIP, "domain": "sim", "epoch": 1}


@pytest.mark.broker
def test_puback_of_a_dropped_entry_ends_in_an_alarm_on_the_machine(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "ca", "gateway")
    keyfile.create(tmp_path / "k", tmp_path / "k.json", holder="m-1", role="device", **FIELDS)
    keyfile.create(tmp_path / "l", tmp_path / "l.json", holder="gateway", role="log", **FIELDS)
    opener = pyrage.x25519.Identity.generate().to_public()
    signer = keyfile.load(tmp_path / "k", tmp_path / "k.json")
    journal = Journal(tmp_path / "state", signer, lambda data: pyrage.encrypt(data, [opener]))
    journal.append(Config(config_sha256=codec.sha256(b""), version="1"), 1, mark_ms=None)
    rights = device_user("m-1", None, TOWNSHIP, "m-1")
    entry = str(topics.Topic(TOWNSHIP, "m-1", topics.Leaf.ENTRY))
    rights = structs.replace(
        rights, publish=tuple(one for one in rights.publish or () if one != entry)
    )
    users = (User(name="gateway", password=None), rights)
    server, ours = authority.own("g", "server"), authority.own("gateway", "client")
    broker = Broker(Options(state_dir=tmp_path / "broker", users=users, tls=server, own=ours))
    broker.start()
    own, inbox, now_s = issue(authority, tmp_path, "m-1"), Inbox(), [0.0]
    bus = connect(_options(broker.url, own))
    township, heard = connect(structs.replace(_options(broker.url, ours), client_id="g")), Inbox()
    township.subscribe("seal/v1/#", 1)
    township.start(heard.on_message, heard.on_link)
    heard.wait(lambda box: box.links == [True])
    keys = TownshipKeys(journal, KeyRing([signer.record], "sim"), TOWNSHIP, None)
    proofs = Proofs(journal, keys, "a/b/c", lambda _: True, lambda: now_s[0])
    uplink = Uplink(journal, bus, keys, tmp_path, TOWNSHIP, TOWNSHIP, lambda: now_s[0], proofs)
    bus.subscribe(str(topics.Topic(TOWNSHIP, "m-1", topics.Leaf.ACK)), 0)
    bus.start(inbox.on_message, inbox.on_link)
    inbox.wait(lambda box: box.links == [True])
    uplink.link(True)
    uplink.tick()
    status = str(topics.Topic(TOWNSHIP, "m-1", topics.Leaf.STATUS))
    bus.publish(status, b"after the entry")
    heard.wait(lambda box: b"after the entry" in box.payloads)

    now_s[0] = ALARM_S
    uplink.tick()

    assert entry not in {one.topic for one in heard.messages}
    assert inbox.links == [True]  # no refusal: the broker acknowledged and dropped
    assert uplink.unanswered is True
    assert (uplink.acked, journal.head.seq) == (0, 1)
    bus.stop()
    township.stop()
    broker.stop()
    journal.close()


def _options(url: str, own: Credentials) -> BusOptions:
    return BusOptions(url=url, client_id="m-1", ca=own.ca, cert=own.cert, key=own.key, pinned=True)
