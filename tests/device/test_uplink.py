"""Uplink: whatever the broker does, the township ends with exactly the device's log."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from device.journal import Journal
from device.proofs import Proofs
from device.township_keys import TownshipKeys
from device.uplink import Uplink
from device.village_list import list_time_ms
from ledger import codec, disclosure, envelope, topics
from ledger.bus import Message
from ledger.messages import Acknowledgement
from ledger.policy import Policy
from ledger.records import Config, PhotoRef, Refusal
from ledger.signers import keyfile
from sim.bus import SimBroker
from tests.device.model_gateway import (
    LOG_NAME,
    MACHINE,
    TOWNSHIP,
    VILLAGE,
    Keys,
    ModelGateway,
)


class Line:
    """A journal and its uplink on a broker that may misbehave, with a clock that a test turns."""

    def __init__(self, folder: Path, kind: keyfile.Kind = keyfile.ED25519, **faults: float) -> None:
        self.now_s = 0.0
        self.keys = Keys(folder / "keys", kind)
        self.broker = SimBroker(seed=7, **faults)
        self.gateway = ModelGateway(self.keys, self.broker)
        signer = keyfile.load(self.keys.folder / "device.key", self.keys.trusted / "m-1.json")
        ring = keyfile.read_ring(self.keys.trusted, "sim")
        self.recipients = [pyrage.x25519.Recipient.from_str(one) for one in ring.recipients()]
        self.journal = Journal(
            folder / "state", signer, lambda data: pyrage.encrypt(data, self.recipients)
        )
        self.photos = folder / "state" / "photos"
        self.photos.mkdir()
        self.bus = self.broker.bus(MACHINE)
        for name, qos in topics.filters("down", TOWNSHIP, MACHINE).items():
            self.bus.subscribe(name, qos)
        self.ring = ring
        self.policy: Policy | None = None
        self.uplink = self.start_uplink()
        self.inbox: list[Message] = []
        self.bus.start(self.inbox.append, self.uplink.link)
        self.broker.pump()

    def start_uplink(self, founding: str | None = None) -> Uplink:
        """Return an uplink over the journal, as a start of the agent makes it."""
        topic = str(topics.Topic(TOWNSHIP, MACHINE, topics.Leaf.PROVE))
        keys = TownshipKeys(self.journal, self.ring, TOWNSHIP, founding)
        self.proofs = Proofs(
            self.journal,
            keys,
            LOG_NAME,
            lambda question: self.bus.publish(topic, question, qos=0),
            lambda: self.now_s,
            self.policy,
        )
        return Uplink(
            self.journal,
            self.bus,
            keys,
            self.photos,
            TOWNSHIP,
            VILLAGE,
            lambda: self.now_s,
            self.proofs,
        )

    def write(self, number: int) -> None:
        """Journal an entry; every third has an opening, every fourth a photo."""
        body: Any = Config(config_sha256=codec.sha256(b"x"), version=str(number))
        withheld, photos = None, []
        if number % 3 == 0:
            fields, withheld = disclosure.withhold({"text": f"第{number}件"})
            body = Refusal(
                about=None,
                permit=None,
                matter=None,
                seal="s-1",
                reason="off-list",
                list_version=1,
                filed_by="c-1",
                **fields,
            )
        if number % 4 == 0:
            photos.append(self.photo(b"%d" % number * 50_000))
        self.journal.append(body, number, mark_ms=None, withheld=withheld, photos=photos)

    def photo(self, jpeg: bytes) -> PhotoRef:
        """Keep a photo as the eyes would."""
        sealed = pyrage.encrypt(jpeg, self.recipients)
        ref = PhotoRef(
            sha256=codec.sha256(jpeg),
            size=len(jpeg),
            sealed_sha256=codec.sha256(sealed),
            sealed_size=len(sealed),
        )
        (self.photos / ref.sealed_sha256).write_bytes(sealed)
        return ref

    def run(self, seconds: float) -> None:
        """Let time pass and messages flow."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 0.1
            self.uplink.tick()
            self.broker.pump()
            taken, self.inbox[:] = list(self.inbox), []
            for message in taken:
                self.uplink.receive(message)

    def quiet(self) -> None:
        """End the broker's faults and wait until everything has arrived."""
        self.broker.drop = self.broker.repeat = self.broker.reorder = 0.0
        self.run(90)

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A line with a well-behaved broker."""
    made = Line(tmp_path)
    yield made
    made.close()


def delivered(line: Line) -> bool:
    """Return whether the township has exactly the device's log, openings and photos."""
    own = [line.journal.hash_at(n + 1) for n in range(line.journal.head.seq)]
    return (
        [entry.sha256 for entry in line.gateway.entries] == own
        and line.journal.openings_waiting(line.journal.head.seq, 99) == []
        and line.journal.count_photos_waiting() == 0
        and line.journal.unproved(line.journal.head.seq, 99) == []
    )


def test_everything_arrives_in_order_with_openings_and_photos(line: Line) -> None:
    for number in range(1, 41):
        line.write(number)

    line.run(5)

    assert delivered(line)
    assert len(line.gateway.photos) == 10


def test_no_photo_goes_ahead_of_its_entry(line: Line) -> None:
    line.gateway.answering = False
    line.write(4)
    line.run(3)

    assert line.gateway._parts == {}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    drop=st.floats(0, 0.4),
    repeat=st.floats(0, 0.4),
    reorder=st.floats(0, 0.4),
    cuts=st.lists(st.integers(1, 29), max_size=3),
)
def test_loss_repeats_order_and_cuts_change_nothing(
    drop: float, repeat: float, reorder: float, cuts: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder), drop=drop, repeat=repeat, reorder=reorder)
        for number in range(1, 31):
            line.write(number)
            if number in cuts:
                line.broker.cut(MACHINE)
                line.run(1)
                line.broker.mend(MACHINE)
            line.run(0.3)

        line.quiet()

        assert delivered(line)
        line.close()


def test_silence_of_the_gateway_ends_no_resending_and_floods_nothing(line: Line) -> None:
    line.gateway.answering = False
    line.write(1)
    sent_before = len(line.broker.trace)
    line.run(120)
    line.gateway.answering = True
    line.run(60)

    assert sent_before == 0
    assert delivered(line)


def test_entries_that_follow_a_lost_one_do_not_put_off_its_resending(line: Line) -> None:
    line.broker.drop = 1.0  # the gateway is away, its broker is not
    for number in range(1, 5):
        line.write(number)
        line.run(0.2)
    line.broker.drop = 0.0

    for number in range(5, 21):
        line.write(number)
        line.run(0.2)

    assert line.uplink.acked >= 16


def test_what_the_broker_keeps_is_asked_for_again_while_no_answer_is_believed(line: Line) -> None:
    line.broker.drop = 1.0  # the one time that it would have reached us
    line.gateway.send_list()
    line.run(1)
    line.broker.drop, line.gateway.answering = 0.0, False
    line.write(1)

    line.run(60)

    assert list_time_ms(line.journal) == 1


def test_a_forged_acknowledgement_ends_nothing(line: Line) -> None:
    line.gateway.answering = False
    line.write(1)
    topic = f"seal/v1/{TOWNSHIP}/{MACHINE}/ack"
    line.gateway.bus.publish(topic, b'{"payload":"","payloadType":"x","signatures":[]}')
    line.run(5)

    assert line.uplink.acked == 0


def test_what_was_acknowledged_is_known_after_a_restart(line: Line) -> None:
    line.write(1)
    line.run(3)
    line.uplink.close()

    again = line.start_uplink()

    assert again.acked == 1


def acknowledged(line: Line, seq: int, at_ms: int) -> None:
    """Let the gateway acknowledge everything up to `seq`."""
    ack = Acknowledgement(
        gateway="gw-1",
        device=MACHINE,
        epoch=1,
        seq=seq,
        head=str(line.journal.hash_at(seq)),
        at_ms=at_ms,
    )
    raw = envelope.sign(
        codec.payload_type(ack.kind), codec.encode_message(ack), line.gateway.signer
    )
    line.gateway.bus.publish(f"seal/v1/{TOWNSHIP}/{MACHINE}/ack", raw)


def test_two_acknowledgements_of_one_millisecond_both_count(line: Line) -> None:
    line.gateway.answering = False
    line.write(1)
    line.write(2)

    acknowledged(line, 1, at_ms=99)
    acknowledged(line, 2, at_ms=99)
    line.run(0.3)

    assert line.uplink.acked == 2


def test_an_older_acknowledgement_that_comes_again_takes_nothing_back(line: Line) -> None:
    line.gateway.answering = False
    line.write(1)
    line.write(2)
    acknowledged(line, 2, at_ms=99)
    line.run(0.3)

    acknowledged(line, 1, at_ms=99)
    acknowledged(line, 1, at_ms=98)
    line.run(0.3)

    assert line.uplink.acked == 2


def test_an_answer_signed_by_another_machine_is_not_believed(line: Line) -> None:
    line.gateway.answering = False
    line.write(1)
    line.run(1)
    device = keyfile.load(line.keys.folder / "device.key", line.keys.trusted / "m-1.json")
    forged = Acknowledgement(
        gateway="gw-1",
        device=MACHINE,
        epoch=1,
        seq=1,
        head=str(line.journal.hash_at(1)),
        at_ms=99,
    )
    raw = envelope.sign(codec.payload_type(forged.kind), codec.encode_message(forged), device)

    line.gateway.bus.publish(f"seal/v1/{TOWNSHIP}/{MACHINE}/ack", raw)
    line.run(1)

    assert line.uplink.acked == 0


def test_a_photo_whose_file_is_gone_does_not_hold_up_the_others(line: Line) -> None:
    line.write(4)
    line.write(8)
    missing = line.journal.photos_waiting(99, 1)[0].sealed_sha256
    (line.photos / missing).unlink()

    line.run(10)

    assert len(line.gateway.photos) == 1
    assert [one.sealed_sha256 for one in line.journal.photos_waiting(99, 9)] == [missing]


def test_a_log_that_the_township_knows_otherwise_stamps_no_more(line: Line) -> None:
    line.write(1)
    line.run(2)
    line.gateway.head = structs.replace(line.gateway.head, seq=2, sha256="f" * 64)

    line.write(2)
    line.run(2)

    assert line.journal.differs
