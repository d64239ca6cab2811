"""A machine in a township that signs twice: everything arrives, and one signature is not enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from device.cli import main
from device.proofs import LOG_KEY
from ledger import canonical, codec, envelope, growth, notes
from ledger.bus import Message
from ledger.growth import Growth
from ledger.messages import Acknowledgement
from ledger.notes import Note
from ledger.signers import keyfile
from ledger.signers.keyfile import Kind
from ledger.topics import Leaf, Topic
from tests.device.model_gateway import MACHINE, TOWNSHIP
from tests.device.test_uplink import Line, delivered

REQUEST = "ab" * 32


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A line on which machine, gateway and log have second keys."""
    made = Line(tmp_path, Kind(second="sm2"))
    yield made
    made.close()


def test_twice_signed_entries_arrive_and_get_receipts_and_permits(line: Line) -> None:
    permit = line.gateway.permit(REQUEST)
    for number in range(1, 6):
        line.write(number)

    line.run(20)

    assert delivered(line)
    assert set(line.journal.book.permits) == {permit}
    raw = line.journal.envelope_of(str(line.journal.hash_at(1)))
    assert len(canonical.decode(raw)["signatures"]) == 2


def test_an_answer_with_the_first_signature_alone_is_not_believed(line: Line) -> None:
    line.gateway.answering = False
    line.write(1)
    line.run(1)
    signer = keyfile.load(line.keys.folder / "gateway.key", line.keys.trusted / "gw-1.json")
    said = Acknowledgement(
        gateway="gw-1",
        device=MACHINE,
        epoch=1,
        seq=1,
        head=str(line.journal.hash_at(1)),
        at_ms=99,
    )
    raw = envelope.sign(codec.payload_type(said.kind), codec.encode_message(said), signer)
    fields = canonical.decode(raw)
    stripped = canonical.encode({**fields, "signatures": fields["signatures"][:1]})
    topic = f"seal/v1/{TOWNSHIP}/{MACHINE}/ack"

    line.gateway.bus.publish(topic, stripped)
    line.run(1)
    before = line.uplink.acked
    line.gateway.bus.publish(topic, raw)
    line.run(1)

    assert (before, line.uplink.acked) == (0, 1)


def test_a_checkpoint_with_the_first_line_alone_is_not_believed(line: Line) -> None:
    line.gateway.proving = False
    line.gateway.permit(REQUEST)
    line.run(3)
    whole = line.gateway.log.note()
    note = notes.parse(whole)
    stripped = notes.encode(Note(note.text, note.lines[:1]))
    topic = str(Topic(TOWNSHIP, MACHINE, Leaf.CHECKPOINT))

    line.uplink.receive(Message(topic, growth.encode(Growth(0, (), stripped))))
    before = list(line.journal.kept(LOG_KEY))
    line.uplink.receive(Message(topic, growth.encode(Growth(0, (), whole))))

    assert before == []
    assert [kept for _, kept in line.journal.kept(LOG_KEY)] == [whole]


def test_keygen_makes_a_second_key_that_the_record_names(tmp_path: Path) -> None:
    words = ["keygen", "--id", "m-9", "--township", TOWNSHIP, "--domain", "field"]

    result = CliRunner().invoke(main, [*words, "--second", "sm2", "--out", str(tmp_path)])

    assert result.exit_code == 0, result.output
    signer = keyfile.load(tmp_path / "device.key", tmp_path / "m-9-1.json")
    assert signer.second is not None and signer.record.second is not None
    assert (tmp_path / "device.sm2.key").stat().st_mode & 0o777 == 0o600
