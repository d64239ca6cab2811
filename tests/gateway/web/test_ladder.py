"""The ladder: every rung holds for honest bytes, and each kind of tampering breaks its own."""

from __future__ import annotations

import base64
import json

import pytest
from msgspec import structs

from gateway.web.evidence import gather
from gateway.web.ladder import climb
from gateway.web.texts import EN, ZH
from ledger import canonical
from ledger.matters import Answer, Matter, Verdict


@pytest.fixture
def machine(world):
    made = world.machines["m-1"]
    made.start()
    return made


@pytest.fixture
def evidence(world, machine, pages):
    """The stored bytes around one honest use, and the keys to check them with."""
    permit = world.approved(machine, world.photo(pages[0][0]))
    use = machine.use(permit, world.photo(pages[0][0]), world.photo(pages[0][1]))
    machine.intend(permit, n=2)
    world.until(lambda reader: not reader.pending_photos() and reader.entry(use))
    return collect(world, use)


def collect(world, key):
    with world.app.reader() as reader:
        return gather(reader, reader.entry(key), world.app.photo)


def rungs(evidence, world):
    return {rung.step: rung for rung in climb(evidence, world.app.keyring).rungs}


def said(evidence, world, step):
    rung = rungs(evidence, world)[step]
    return rung.result, rung.said.removeprefix(f"ladder.{step}.")


def edited(raw, change):
    """Change the signed payload inside an envelope, keeping the old signature."""
    envelope = json.loads(raw)
    payload = json.loads(base64.b64decode(envelope["payload"]))
    change(payload)
    envelope["payload"] = base64.b64encode(canonical.encode(payload)).decode()
    return canonical.encode(envelope)


def test_every_rung_holds_for_an_honest_use(evidence, world):
    ladder = climb(evidence, world.app.keyring)

    assert {rung.step: rung.result for rung in ladder.rungs} == dict.fromkeys(
        ("hash", "signature", "chain", "time", "permit", "list", "photo", "count"), "good"
    ) | {"values": "none"}
    assert ladder.overall == "good"


def test_every_rung_shows_the_values_that_were_compared(evidence, world):
    for rung in climb(evidence, world.app.keyring).rungs:
        assert rung.values or rung.result == "none", rung.step
        for name, _ in rung.values:
            assert f"value.{name}" in ZH


def test_every_sentence_of_the_ladder_exists_in_both_languages(evidence, world):
    for rung in climb(evidence, world.app.keyring).rungs:
        assert rung.said in ZH
        assert rung.said in EN


def test_changed_payload_breaks_hash_and_signature(evidence, world):
    forged = structs.replace(
        evidence, raw=edited(evidence.raw, lambda fields: fields.update(operator="somebody"))
    )

    assert said(forged, world, "hash") == ("bad", "other")
    assert said(forged, world, "signature") == ("bad", "broken")
    assert climb(forged, world.app.keyring).overall == "bad"


def test_bytes_that_are_no_record_break_the_first_two_rungs_and_stop(evidence, world):
    garbage = structs.replace(evidence, raw=b"not an envelope")

    steps = [(rung.step, rung.result) for rung in climb(garbage, world.app.keyring).rungs]

    assert steps == [("hash", "bad"), ("signature", "bad")]


def test_key_that_nobody_trusts_breaks_the_signature(evidence, world):
    envelope = json.loads(evidence.raw)
    envelope["signatures"][0]["keyid"] = "00" * 32

    stranger = structs.replace(evidence, raw=canonical.encode(envelope))

    assert said(stranger, world, "hash") == ("good", "same")
    assert said(stranger, world, "signature") == ("bad", "unknown-key")


def test_removed_previous_entry_breaks_the_chain(evidence, world):
    cut = structs.replace(evidence, previous=None)

    assert said(cut, world, "chain") == ("bad", "previous-missing")


def test_replaced_previous_entry_breaks_the_chain(evidence, world):
    other = edited(evidence.previous, lambda fields: fields.update(operator="somebody"))

    assert said(structs.replace(evidence, previous=other), world, "chain") == (
        "bad",
        "previous-other",
    )


def test_following_entry_that_names_another_breaks_the_chain(evidence, world):
    other = edited(evidence.following, lambda fields: fields.update(prev="00" * 32))

    assert said(structs.replace(evidence, following=other), world, "chain") == (
        "bad",
        "following-other",
    )


def test_newest_entry_of_a_chain_has_nothing_after_it(evidence, world):
    newest = structs.replace(evidence, following=None)

    assert said(newest, world, "chain") == ("good", "newest")


def test_first_entry_follows_the_key_record(world, machine):
    world.settle()
    with world.app.reader() as reader:
        first = reader.entry_at("device", "m-1", 1, 1)

    assert said(collect(world, first.sha256), world, "chain")[0] == "good"


def test_time_before_the_previous_entry_is_no_plausible_time(evidence, world):
    later = edited(evidence.previous, lambda fields: fields.update(at_ms=fields["at_ms"] + 10**9))

    assert said(structs.replace(evidence, previous=later), world, "time") == ("bad", "went-back")


def test_time_far_after_its_arrival_is_open(evidence, world):
    early = structs.replace(evidence, received_ms=evidence.received_ms - 10 * 60 * 1000)

    assert said(early, world, "time") == ("warn", "ahead")


def test_permit_that_was_never_issued_breaks_its_rung(evidence, world):
    assert said(structs.replace(evidence, permit=None), world, "permit") == ("bad", "missing")


def test_permit_that_was_changed_breaks_its_rung(evidence, world):
    more = edited(evidence.permit, lambda fields: fields.update(impressions=9))

    assert said(structs.replace(evidence, permit=more), world, "permit") == ("bad", "broken")


def test_permit_of_another_machine_breaks_its_rung(evidence, world, pages):
    other = world.approved(world.machines["m-2"], world.photo(pages[1][0]), matter="T-02")
    with world.app.reader() as reader:
        permit = reader.entry(reader.permit(other).sha256)

    swapped = structs.replace(evidence, permit=permit.envelope)

    assert said(swapped, world, "permit") == ("bad", "broken")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(verdict=Verdict.FORBIDDEN, reason="off-list", matter=None), ("bad", "off-list")),
        (None, ("warn", "unknown")),
    ],
)
def test_list_rung_follows_what_the_list_said(evidence, world, answer, expected):
    assert said(structs.replace(evidence, answer=answer), world, "list") == expected


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [(Verdict.FORBIDDEN, "bad"), (Verdict.DISCRETIONARY, "warn"), (Verdict.ALLOWED, "good")],
)
def test_list_rung_follows_the_verdict(evidence, world, verdict, expected):
    matter = Matter(code="T-01", name="x", verdict=verdict, layer="county", place="示范县")
    answer = Answer(verdict=verdict, reason="on-list", matter=matter)

    assert said(structs.replace(evidence, answer=answer), world, "list")[0] == expected


def test_photo_that_is_not_the_one_signed_breaks_its_rung(evidence, world):
    photos = dict.fromkeys(evidence.photos, b"another picture")

    assert said(structs.replace(evidence, photos=photos), world, "photo") == ("bad", "other")


def test_photo_on_its_way_leaves_the_rung_open(evidence, world):
    photos = dict.fromkeys(evidence.photos)

    assert said(structs.replace(evidence, photos=photos), world, "photo") == ("warn", "waiting")


def test_photo_that_another_entry_names_breaks_its_rung(evidence, world):
    twice = structs.replace(evidence, photo_owners=("ab" * 32,))

    assert said(twice, world, "photo") == ("bad", "used-twice")


def test_photo_used_for_two_impressions_is_found_in_the_store(world, machine, pages):
    permit = world.approved(machine, world.photo(pages[0][0]))
    before, after = world.photo(pages[0][0]), world.photo(pages[0][1])
    machine.use(permit, before, after, n=1)
    second = machine.use(permit, before, after, n=2)
    world.until(lambda reader: not reader.pending_photos() and reader.entry(second))

    assert said(collect(world, second), world, "photo") == ("bad", "used-twice")


def test_more_uses_than_permitted_break_the_count(evidence, world):
    assert said(structs.replace(evidence, uses=(1, 2, 3)), world, "count") == ("bad", "over")


def test_two_uses_of_one_number_break_the_count(evidence, world):
    assert said(structs.replace(evidence, uses=(1, 1)), world, "count") == ("bad", "repeated")
