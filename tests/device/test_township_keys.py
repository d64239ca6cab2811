"""Whose signature a machine believes after the township's own keys have changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from msgspec import structs

from device.errors import JournalError
from device.township_keys import STEPS_KEY, TownshipKeys
from ledger import chain, codec, envelope, keyacts, keystatements, lineage
from ledger.chain import Head
from ledger.codec import Payload
from ledger.errors import LedgerError, MalformedError, UnknownKeyError
from ledger.keystate import KeyHistoryError
from ledger.lineage import Step
from ledger.messages import OpeningStored
from ledger.records import LogStart, Permit, Record
from ledger.records_keys import Enrolment, Founding, KeyRevocation, Rotation
from ledger.signers import Signer, keyfile
from ledger.topics import Leaf
from tests.device.model_gateway import ORIGIN, TOWNSHIP
from tests.device.test_proofs import hear
from tests.device.test_uplink import Line

NONCE = "0" * 64


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A line whose township says nothing by itself."""
    made = Line(tmp_path)
    made.gateway.proving = False
    yield made
    made.close()


@pytest.fixture
def town(line: Line, tmp_path: Path) -> Town:
    return Town(line, tmp_path)


class Town:
    """A founded township, the entries about its own keys, and what a machine makes of them."""

    def __init__(self, line: Line, folder: Path) -> None:
        self.line, self._folder = line, folder
        self.gateway, self.log = line.gateway.signer, line.gateway.log._signer
        self.county = self.make("county")
        self.statement = keystatements.founding(
            self.gateway.record_sha256, self.county.record_sha256, NONCE
        )
        self._head = self._chain(self.gateway)
        self.steps: list[Step] = []
        self._log, self._index = ORIGIN, 0
        self.found()
        self.machine = self.restarted()

    def restarted(self) -> TownshipKeys:
        """Return what a start of the machine makes of its journal."""
        return TownshipKeys(self.line.journal, self.line.ring, TOWNSHIP, self.statement.sha256)

    def make(self, role: str, epoch: int = 1) -> Signer:
        """Make a key."""
        name = f"{role}-{epoch}-{len(list(self._folder.glob('*.key')))}"
        key, record = self._folder / f"{name}.key", self._folder / f"{name}.json"
        holder = "county-1" if role == "county" else "gw-1"
        fields = {"township": TOWNSHIP, "domain": "sim", "epoch": epoch}
        keyfile.create(key, record, holder=holder, role=role, **fields)
        return keyfile.load(key, record)

    def found(self) -> None:
        """Begin the log."""
        own, county = keyacts.text(self.gateway.record), keyacts.text(self.county.record)
        body = Founding(
            gateway_key=own, county_key=county, nonce=NONCE,
            by_gateway=self.statement.sign(self.gateway),
            by_county=self.statement.sign(self.county),
        )  # fmt: skip
        self.add(body, self.gateway)

    def rotate(self, new: Signer, county: Signer | None = None) -> None:
        """Let the gateway's key be followed by a new one."""
        old, log = self.gateway, self.statement.sha256
        said = keystatements.rotation(log, new.record_sha256, old.record_sha256, 0)
        body = Rotation(
            key=keyacts.text(new.record), replaces=old.record_sha256, last_seq=0,
            by_old=said.sign(old), by_key=said.sign(new),
            by_county=said.sign(county or self.county),
        )  # fmt: skip
        self.add(body, new)
        self.gateway = new

    def revoke(self, last_seq: int) -> None:
        """Revoke the gateway's key; this is the last entry that it signs, if it may."""
        key = self.gateway.record_sha256
        self.add(
            KeyRevocation(key=key, last_seq=last_seq, by="a-li", reason="copied"), self.gateway
        )

    def come_back(self, new: Signer, first: tuple[Record, Signer] | None = None) -> None:
        """Let the gateway enter under the next epoch, after an entry that begins a successor."""
        said = keystatements.enrolment(self.statement.sha256, new.record_sha256, NONCE, None)
        body = Enrolment(
            key=keyacts.text(new.record), code_proof=NONCE, closes=None, by_key=said.sign(new),
            by_county=said.sign(self.county),
        )  # fmt: skip
        self._head = self._chain(new)
        if first is not None:
            self._log, self._index = f"{ORIGIN}-2", 0
            self.add(*first)
        self.add(body, new)
        self.gateway = new

    def add(self, body: Record, signer: Signer) -> None:
        """Append the gateway's next entry."""
        position = chain.follow(self._head, 1, 1, None)
        payload, kind = codec.encode_entry(position, body), codec.payload_type(body.kind)
        self._head = chain.advance(self._head, codec.decode_entry(kind, payload))
        raw = envelope.sign(kind, payload, signer).decode()
        self.steps.append(Step(log=self._log, index=self._index, entry=raw))
        self._index += 1

    def tell(self, *steps: Step) -> bool:
        """Let the machine hear the lineage."""
        return self.machine.hear(lineage.encode(steps or tuple(self.steps)))

    def prove(self) -> None:
        """Let the machine have the receipts that it wants."""
        for sha256, step in self.machine.unproved().items():
            self.machine.proved(sha256, step.place)

    def _chain(self, signer: Signer) -> Head:
        epoch, sha256 = signer.record.epoch, signer.record_sha256
        return Head(party="gateway", author="gw-1", epoch=epoch, seq=0, sha256=sha256)


def believes(machine: TownshipKeys, signer: Signer) -> bool:
    """Tell whether a message under this key is believed."""
    body = OpeningStored(gateway="gw-1", device="m-1", payload_sha256=NONCE, at_ms=1)
    raw = envelope.sign(codec.payload_type(body.kind), codec.encode_message(body), signer)
    try:
        machine.message(raw, 9999)
    except UnknownKeyError:
        return False
    return True


def test_new_key_is_believed_with_its_proof_and_not_before(town: Town) -> None:
    old, new = town.gateway, town.make("gateway")
    town.tell()
    town.prove()
    town.rotate(new)
    town.tell()

    before = (believes(town.machine, old), believes(town.machine, new))
    town.prove()

    assert before == (True, False)
    assert (believes(town.machine, old), believes(town.machine, new)) == (False, True)
    again = town.restarted()
    assert (believes(again, old), believes(again, new)) == (False, True)


def test_revocation_counts_at_once_without_proof_and_after_a_restart(town: Town) -> None:
    town.tell()
    town.prove()
    town.revoke(2)
    assert not town.machine.shut

    town.tell()

    assert town.machine.shut and not believes(town.machine, town.gateway)
    assert town.restarted().shut


def test_revocation_is_not_taken_back_by_an_older_lineage(town: Town) -> None:
    town.tell()
    town.prove()
    founding = town.steps[0]
    town.revoke(2)
    town.tell()
    other = town.make("gateway")
    town.steps = [founding]
    town._head = head_after(town, 1)
    town.rotate(other)

    assert town.tell(founding) is False  # an older one, held back by the broker
    with pytest.raises(MalformedError, match="what was revoked"):
        town.tell()

    assert town.machine.shut and town.restarted().shut


def head_after(town: Town, seq: int) -> Head:
    """Return the end of the gateway's chain after the founding."""
    entry = town.steps[seq - 1]
    parsed = envelope.parse(entry.raw)
    payload = codec.decode_entry(parsed.payload_type, parsed.payload)
    return Head(party="gateway", author="gw-1", epoch=1, seq=seq, sha256=payload.sha256, at_ms=1)


def test_next_epoch_ends_the_time_without_a_key(town: Town) -> None:
    town.tell()
    town.prove()
    town.revoke(2)
    back = town.make("gateway", epoch=2)
    town.come_back(back)
    town.tell()
    between = town.machine.shut

    town.prove()

    assert between
    assert not town.machine.shut and believes(town.machine, back)


def test_permits_after_the_last_valid_entry_are_withdrawn(town: Town) -> None:
    line = town.line
    line.uplink = line.start_uplink(town.statement.sha256)
    own, thiefs = permit(town, "p-1"), permit(town, "p-2", ahead=2)
    for entry, raw in (own, thiefs):
        line.journal.receive(entry, raw)
    town.revoke(3)

    hear(line, Leaf.LINEAGE, lineage.encode(tuple(town.steps)))
    withdrawn = set(line.journal.book.revoked)
    line.journal.book.revoked.clear()  # what a start reads from the journal knows nothing of it
    again = line.start_uplink(town.statement.sha256)

    assert withdrawn == line.journal.book.revoked == {"p-2"}
    assert line.uplink.shut and again.shut


def permit(town: Town, name: str, ahead: int = 0) -> tuple[Payload, bytes]:
    """Return a permit as entry and envelope; a thief's is so many entries ahead of the log."""
    body = Permit(
        permit=name, scope="document", machine="m-1", seal="s-1", matter="CM-09", list_version=1,
        impressions=1, not_before_ms=None, not_after_ms=2**50, request="ab" * 32, approvals=(),
    )  # fmt: skip
    before = structs.replace(town._head, seq=town._head.seq + ahead)
    payload = codec.encode_entry(chain.follow(before, 1, 1, None), body)
    entry = codec.decode_entry(codec.payload_type(body.kind), payload)
    if not ahead:
        town._head = chain.advance(before, entry)
    return entry, envelope.sign(codec.payload_type(body.kind), payload, town.gateway)


def test_another_founding_is_another_township(town: Town) -> None:
    stranger = Town(town.line, town._folder / "stranger")

    with pytest.raises(UnknownKeyError, match="another log calls itself"):
        town.tell(*stranger.steps)


def test_rotation_without_the_countys_agreement_changes_nothing(town: Town) -> None:
    town.tell()
    town.prove()
    new, thief = town.make("gateway"), town.make("county")
    town.rotate(new, county=thief)

    with pytest.raises(KeyHistoryError) as caught:
        town.tell()

    assert caught.value.reason == "agreement"
    assert town.machine.unproved() == {} and not believes(town.machine, new)


@pytest.mark.parametrize("thief", [False, True])
def test_a_successor_is_believed_when_the_key_that_began_it_is_enrolled(
    town: Town, thief: bool
) -> None:
    town.tell()
    town.prove()
    town.revoke(2)
    back, other = town.make("gateway", epoch=2), town.make("gateway", epoch=2)
    start = LogStart(origin=f"{ORIGIN}-2", previous="x", cause="lost")

    with expected(thief):
        town.come_back(back, first=(start, other if thief else back))
        town.tell()

    assert town.machine.lineage.starts == ({} if thief else {start.origin: start})
    assert believes(town.machine, other) is False


def expected(thief: bool) -> AbstractContextManager[object]:
    """Return what refuses a thief's entry."""
    refused = pytest.raises(KeyHistoryError, match="found key")
    return refused if thief else nullcontext()


def test_a_proof_of_another_place_proves_nothing(town: Town) -> None:
    town.tell()
    (sha256,) = town.machine.unproved()

    with pytest.raises(MalformedError, match="expected the proof"):
        town.machine.proved(sha256, (ORIGIN, 7))

    assert list(town.machine.unproved()) == [sha256]


def test_machine_does_not_start_with_damaged_keys(town: Town) -> None:
    town.tell()
    town.line.journal.put(
        STEPS_KEY, lineage.encode(tuple(town.steps)).replace(b"founding", b"foundinh")
    )

    with pytest.raises(JournalError, match="enrol again"):
        town.restarted()


def test_without_a_founding_the_folder_decides_and_key_acts_do_not(line: Line, town: Town) -> None:
    machine = TownshipKeys(line.journal, line.ring, TOWNSHIP, None)
    assert believes(machine, line.gateway.signer)

    with pytest.raises(LedgerError):
        machine.hear(lineage.encode(tuple(town.steps)))
