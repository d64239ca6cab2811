"""Book: whatever order things come in, a restart knows what the running agent knew."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from device.book import Book
from device.journal import Journal
from ledger import chain, codec, envelope
from ledger.codec import Payload
from ledger.records import (
    HoldRelease,
    Incident,
    Intent,
    Permit,
    PhotoRef,
    Record,
    SealUse,
    Start,
    Void,
)
from ledger.signers import keyfile

COMMON = {"township": "420625103000", "epoch": 1, "domain": "sim"}
PHOTO = PhotoRef(sha256="a" * 64, size=1, sealed_sha256="b" * 64, sealed_size=1)


class Scene:
    """A journal, and a gateway that answers it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, role in (("m-1", "device"), ("gw-1", "gateway")):
            keyfile.create(
                folder / f"{name}.key", folder / f"{name}.json", holder=name, role=role, **COMMON
            )
        self.gateway = keyfile.load(folder / "gw-1.key", folder / "gw-1.json")
        self.own = chain.Head(
            party="gateway", author="gw-1", epoch=1, seq=0, sha256=self.gateway.record_sha256
        )
        self.journal = self.open()

    def open(self) -> Journal:
        """Open the journal, as at a start."""
        signer = keyfile.load(self.folder / "m-1.key", self.folder / "m-1.json")
        return Journal(self.folder / "state", signer, lambda data: data)

    def write(self, body: Record) -> Payload:
        """Journal an entry."""
        return self.journal.append(body, 1, mark_ms=None)

    def hear(self, body: Record) -> None:
        """Receive an entry of the gateway."""
        position = chain.follow(self.own, 1, 1, None)
        kind = codec.payload_type(body.kind)
        payload = codec.encode_entry(position, body)
        entry = codec.decode_entry(kind, payload)
        self.own = chain.advance(self.own, entry)
        self.journal.receive(entry, envelope.sign(kind, payload, self.gateway))

    def reserve(self, permit: str) -> Payload:
        """Journal an intent from the counter as the book knows it."""
        return self.write(
            Intent(
                permit=permit,
                n=1,
                of=9,
                seal="s-1",
                page="a" * 64,
                operator="c-1",
                counter_before=self.journal.book.strokes.get("s-1", 0),
                controller="A",
            )
        )

    def use(self, intent: Payload) -> None:
        """Close an intent with a use."""
        body = intent.body
        assert isinstance(body, Intent)
        self.write(
            SealUse(
                permit=body.permit,
                intent=intent.sha256,
                n=1,
                of=9,
                seal="s-1",
                matter="CM-09",
                before=PHOTO,
                after=PHOTO,
                counter_before=body.counter_before,
                counter_after=body.counter_before + 1,
                findings=(),
                operator="c-1",
                flags=(),
                controller="A",
            )
        )

    def hold(self, intent: Payload) -> Payload:
        """Close an intent with an incident that nobody can settle yet."""
        return self.write(
            Incident(
                intent=intent.sha256,
                seal="s-1",
                code="outcome-unknown",
                impressions_min=0,
                impressions_max=7,
                held=True,
                photos=(),
                text_commitment=None,
            )
        )

    def release(self, incident: Payload, impressions: int) -> None:
        """Release a hold with a count."""
        self.hear(
            HoldRelease(machine="m-1", hold=incident.sha256, impressions=impressions, by="a-1")
        )


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """An empty journal."""
    return Scene(tmp_path)


def known(book: Book) -> dict[str, object]:
    """Return all that a book knows."""
    return {**vars(book), "custody": vars(book.custody)}


def test_an_incident_spends_all_it_may_hide_until_a_person_has_counted(scene: Scene) -> None:
    incident = scene.hold(scene.reserve("p-1"))
    before = scene.journal.book.spent("p-1")

    scene.release(incident, 1)

    assert (before, scene.journal.book.spent("p-1")) == (7, 1)
    assert scene.journal.book.strokes == {"s-1": 1}
    assert scene.journal.book.holds == {}


def test_an_open_intent_counts_as_spent_and_a_void_gives_it_back(scene: Scene) -> None:
    intent = scene.reserve("p-1")
    reserved = scene.journal.book.spent("p-1")

    scene.write(Void(intent=intent.sha256, evidence="edges"))

    assert (reserved, scene.journal.book.spent("p-1")) == (1, 0)


def test_a_new_start_is_the_new_base_of_the_counter(scene: Scene) -> None:
    scene.use(scene.reserve("p-1"))

    scene.write(Start(version="1", controller="B", strokes={"s-1": 40}, reason="recovered"))

    assert scene.journal.book.strokes == {"s-1": 40}


@pytest.mark.parametrize("seed", range(20))
def test_a_restart_knows_what_the_running_agent_knew(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(12):
        permit = f"p-{chance.randint(1, 3)}"
        if chance.random() < 0.3:
            scene.hear(make_permit(f"p-{number + 10}"))
        intent = scene.reserve(permit)
        match chance.choice(["use", "void", "hold", "hold late"]):
            case "use":
                scene.use(intent)
            case "void":
                scene.write(Void(intent=intent.sha256, evidence="edges"))
            case "hold":
                scene.release(scene.hold(intent), chance.randint(0, 3))
            case "hold late":
                incident = scene.hold(intent)
                scene.use(scene.reserve(permit))
                scene.release(incident, chance.randint(0, 3))
    live = known(scene.journal.book)
    scene.journal.close()

    again = scene.open()

    assert known(again.book) == live
    again.close()


def make_permit(permit: str) -> Permit:
    """Return a permit of this machine."""
    return Permit(
        permit=permit,
        scope="document",
        machine="m-1",
        seal="s-1",
        matter="CM-09",
        list_version=1,
        impressions=9,
        not_before_ms=None,
        not_after_ms=1,
        request="c" * 64,
        approvals=(),
    )
