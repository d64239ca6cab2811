"""Openings: kept when they open exactly what was committed to; erasable."""

from __future__ import annotations

from typing import Any

import pyrage
from msgspec import structs

from ledger import codec, disclosure, envelope
from ledger.disclosure import Opening
from ledger.messages import OpeningStored
from ledger.topics import Leaf

Town = Any


def sealed(town: Town, data: bytes) -> bytes:
    recipients = [pyrage.x25519.Recipient.from_str(one) for one in town.ring.recipients()]
    return bytes(pyrage.encrypt(data, recipients))


def troubles(town: Town) -> list[str]:
    with town.store.reader() as reader:
        return [one.code for one in reader.troubles()]


def test_answer_is_signed_and_names_the_entry(desk: Town) -> None:
    filed = desk.file()
    machine = desk.machines["m-1"]
    desk.take(machine.message(filed.raw))

    batch = desk.take(machine.message(filed.opening, Leaf.OPENING, filed.sha256))

    signed, _ = envelope.verify(batch.letters[0].payload, desk.ring)
    said = codec.decode_message(signed.payload_type, signed.payload)
    assert isinstance(said, OpeningStored)
    assert (said.device, said.payload_sha256) == ("m-1", filed.sha256)


def test_opening_before_its_entry_is_left_unanswered(desk: Town) -> None:
    filed = desk.file()

    batch = desk.take(desk.machines["m-1"].message(filed.opening, Leaf.OPENING, filed.sha256))

    assert batch.letters == []
    assert troubles(desk) == []


def test_repeated_opening_is_answered_again_and_kept_once(desk: Town) -> None:
    filed = desk.file()
    machine = desk.machines["m-1"]
    message = machine.message(filed.opening, Leaf.OPENING, filed.sha256)
    desk.take(machine.message(filed.raw), message)

    batch = desk.take(message)

    assert len(batch.letters) == 1
    with desk.store.reader() as reader:
        assert len(reader.photos(filed.sha256)) == 1


def test_other_values_than_committed_are_quarantined(desk: Town) -> None:
    filed = desk.file()
    machine = desk.machines["m-1"]
    desk.take(machine.message(filed.raw))
    data = desk.open_sealed(filed.opening).replace("张三".encode(), "李四".encode())

    batch = desk.take(machine.message(sealed(desk, data), Leaf.OPENING, filed.sha256))

    assert batch.letters == []
    assert troubles(desk) == ["bad-opening"]


def test_opening_that_is_not_encrypted_to_us_is_quarantined(desk: Town) -> None:
    filed = desk.file()
    machine = desk.machines["m-1"]
    desk.take(machine.message(filed.raw))

    desk.take(machine.message(b"age-encryption.org/v1\nnonsense", Leaf.OPENING, filed.sha256))

    assert troubles(desk) == ["bad-opening"]


def test_opening_from_another_machine_is_quarantined(desk: Town) -> None:
    filed = desk.file()
    desk.take(desk.machines["m-1"].message(filed.raw))

    desk.take(desk.machines["m-2"].message(filed.opening, Leaf.OPENING, filed.sha256))

    assert troubles(desk) == ["bad-opening"]


def test_values_of_the_wrong_kind_are_quarantined_although_committed(desk: Town) -> None:
    machine = desk.machines["m-1"]
    values = {
        "applicant": 5,
        "applicant_masked": "张*",
        "purpose": "",
        "payee": "",
        "amount": None,
        "pages": "none",
    }
    commitments, opened = disclosure.withhold(values)
    body = codec.decode_entry(*_parts(desk.file().raw)).body

    raw = machine.sign(structs.replace(body, **commitments))
    sha256 = machine.head.sha256
    desk.take(machine.message(machine.raws[0]), machine.message(raw))
    data = disclosure.encode(Opening(sha256, opened))

    desk.take(machine.message(sealed(desk, data), Leaf.OPENING, sha256))

    assert troubles(desk) == ["bad-opening"]
    with desk.store.reader() as reader:
        view = reader.request(sha256)
    assert view is not None and view.state == "filed"


def test_erased_opening_stays_erased_although_it_is_sent_again(desk: Town) -> None:
    filed = desk.file()
    machine = desk.machines["m-1"]
    message = machine.message(filed.opening, Leaf.OPENING, filed.sha256)
    desk.take(machine.message(filed.raw), message)

    with desk.store.transaction() as transaction:
        assert transaction.erase_opening(filed.sha256, 5)
        assert not transaction.erase_opening(filed.sha256, 6)
    batch = desk.take(message)

    assert len(batch.letters) == 1
    with desk.store.reader() as reader:
        opening = reader.opening(filed.sha256)
        assert opening is not None and (opening.values, opening.erased_ms) == (None, 5)
        assert reader.photos(filed.sha256) == ()
    for file in (desk.folder / "state").glob("gateway.sqlite*"):
        assert "张三".encode() not in file.read_bytes(), file


def test_salts_are_kept_to_prove_the_values_later(desk: Town) -> None:
    filed = desk.file()
    machine = desk.machines["m-1"]
    desk.take(
        machine.message(filed.raw), machine.message(filed.opening, Leaf.OPENING, filed.sha256)
    )

    with desk.store.reader() as reader:
        kept = reader.opening_bytes(filed.sha256)
    entry = next(one for one in desk.entries() if one.sha256 == filed.sha256)
    assert disclosure.check(kept, entry.body, filed.sha256)["purpose"] == "建房"


def _parts(raw: bytes) -> tuple[str, bytes]:
    parsed = envelope.parse(raw)
    return parsed.payload_type, parsed.payload
