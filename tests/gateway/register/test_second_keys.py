"""A township whose machines, gateway and log sign twice: taken, answered, published, refused."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.register import checking
from ledger import canonical, checkpoint, envelope, keyacts, keystatements, notes
from ledger.errors import MissingExtraError
from ledger.keyacts import EnrolmentDraft
from ledger.notes import SignatureType
from ledger.signers.keyfile import Kind

Town = Any


@pytest.fixture
def town(make_town: Callable[..., Town], tmp_path: Path) -> Iterator[Town]:
    """A town in which everybody has a second key."""
    made = make_town(tmp_path, kind=Kind(second="sm2"))
    yield made
    made.store.close()


def without_second(raw: bytes) -> bytes:
    """Return an envelope as an attacker leaves it who can forge the first signature only."""
    fields = canonical.decode(raw)
    return canonical.encode({**fields, "signatures": fields["signatures"][:1]})


def troubles(town: Town) -> list[str]:
    with town.store.reader() as reader:
        return [one.code for one in reader.troubles()]


def test_a_twice_signed_entry_is_stored_and_answered_with_two_signatures(town: Town) -> None:
    machine = town.machines["m-1"]
    raw = machine.beat()

    batch = town.take(machine.message(raw))
    letter = town.intake.acknowledgements(batch, town.now_ms)[0]

    answer, record = envelope.verify(letter.payload, town.ring)
    assert town.log_of("m-1") == [raw]
    assert troubles(town) == []
    assert record == town.signer.record
    assert answer.beside is not None and answer.beside.keyid == town.signer.second.keyid


def test_an_entry_whose_second_signature_was_taken_away_is_kept_apart(town: Town) -> None:
    machine = town.machines["m-1"]
    raw = without_second(machine.beat())

    town.take(machine.message(raw))

    assert town.log_of("m-1") == []
    assert troubles(town) == ["bad-signature"]
    with town.store.reader() as reader:
        assert reader.trouble_bytes(1) == raw


def test_every_checkpoint_has_two_lines_and_the_stored_trees_hold(town: Town) -> None:
    machine = town.machines["m-1"]
    for _ in range(3):
        town.take(machine.message(machine.beat()))

    with town.store.reader() as reader:
        view, size = reader.log(), reader.size()
        checking.check_trees(reader, size, (town.log_signer.record,))
    key = notes.key_of(town.log_signer.record, view.origin, SignatureType.ED25519)

    assert [line.name for line in notes.parse(view.checkpoint).lines] == [view.origin] * 2
    assert checkpoint.verify(view.checkpoint, (key,)).size == 3


def test_a_newcomer_with_a_second_key_is_refused_where_it_can_not_be_verified(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = town.machines["m-1"].signer
    proof = keystatements.code_proof("code", signer.record_sha256)
    statement = keystatements.enrolment("a" * 64, signer.record_sha256, proof, None)
    draft = EnrolmentDraft(
        log="a" * 64,
        key=keyacts.text(signer.record),
        code_proof=proof,
        closes=None,
        by_key=statement.sign(signer),
    )

    assert keyacts.newcomer(draft).key_ids == {signer.keyid, signer.second.keyid}
    monkeypatch.setitem(sys.modules, "gmalg", None)  # what an import finds without the extra
    with pytest.raises(MissingExtraError, match=r"install sealkeeper with its sm extra"):
        keyacts.newcomer(draft)
