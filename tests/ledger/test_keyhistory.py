"""Key history: every act on a key needs its authority, every entry the key that may sign it."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from msgspec import structs

from ledger import keyhistory, keystatements
from ledger.errors import LedgerError, MalformedError, SignatureError, UnknownKeyError
from ledger.keystate import KeyHistory, KeyHistoryError
from ledger.records_keys import KEY_ENTRY_RECORDS, Enrolment
from tests.ledger.key_acts import Town, beat, make_key, text


@pytest.fixture
def town() -> Town:
    """A log that has been founded."""
    return Town().begin()


@pytest.fixture
def machine(town: Town) -> Any:
    """An enrolled machine's first key."""
    key = make_key("m-1", "device", 11)
    town.add(town.enrolment(key))
    return key


def test_a_founded_log_knows_its_gateway_and_its_county(town: Town) -> None:
    assert town.history.key_for("gateway", "gw-1", 1, 1).keyid == town.gateway.keyid
    assert town.history.county is not None
    assert town.history.county.public.keyid == town.county.keyid


def test_nothing_comes_before_the_founding() -> None:
    said = Town().refuse(beat(), "founding")

    assert "the township must begin the log" in said


def test_a_log_is_founded_once(town: Town) -> None:
    town.refuse(town.founding(), "founding")


@pytest.mark.parametrize("field", ["by_gateway", "by_county", "nonce"])
def test_a_founding_needs_both_signatures_over_this_founding(field: str) -> None:
    town = Town()
    wrong = "1" * 64 if field == "nonce" else base64.b64encode(bytes(64)).decode()
    reason = "agreement" if field == "by_county" else "possession"

    town.refuse(town.founding(**{field: wrong}), reason)


def test_a_founding_of_two_gateways_or_two_domains_is_refused() -> None:
    for county in (
        make_key("gw-2", "gateway", 2),
        make_key("county-1", "county", 2, domain="field"),
    ):
        town = Town()
        town.county = county

        town.refuse(town.founding(), "founding")


def test_a_founding_with_one_key_twice_is_refused() -> None:
    town = Town()
    town.county = make_key("county-1", "county", 1)

    town.refuse(town.founding(), "cloned")


def test_an_entry_out_of_turn_is_refused(town: Town) -> None:
    for index in (0, 2):
        with pytest.raises(KeyHistoryError, match="expected entry 1 of the log next") as raised:
            keyhistory.advance(town.history, index, town.entry(beat()))

        assert raised.value.reason == "index"


def test_an_enrolled_machine_signs_its_entries(town: Town, machine: Any) -> None:
    envelope, entry = town.signed(machine, 7)
    after = keyhistory.advance(town.history, 2, entry)

    assert keyhistory.check_signature(after, envelope, entry) == machine.record


def test_a_machine_that_nobody_enrolled_is_unknown(town: Town) -> None:
    envelope, entry = town.signed(make_key("m-9", "device", 99), 1)

    with pytest.raises(KeyHistoryError, match=r"m-9.*must enrol it, with the county") as raised:
        keyhistory.check_signature(town.history, envelope, entry)
    assert raised.value.reason == "unknown"


def test_an_entry_signed_by_another_enrolled_key_is_refused(town: Town, machine: Any) -> None:
    other = make_key("m-2", "device", 12)
    town.add(town.enrolment(other))
    other.record = machine.record  # the second machine speaks in the name of the first
    envelope, entry = town.signed(other, 7)

    with pytest.raises(KeyHistoryError, match="who holds that key") as raised:
        keyhistory.check_signature(town.history, envelope, entry)
    assert raised.value.reason == "signer"


def test_changed_bytes_under_the_right_key_are_refused(town: Town, machine: Any) -> None:
    envelope, entry = town.signed(machine, 7)
    changed = structs.replace(envelope, payload=envelope.payload + b" ")

    with pytest.raises(SignatureError):
        keyhistory.check_signature(town.history, changed, entry)


def test_an_enrolment_without_the_countys_agreement_is_refused(town: Town) -> None:
    new = make_key("m-1", "device", 11)
    own = town.enrolment(new)
    by_itself = own.by_key

    said = town.refuse(structs.replace(own, by_county=by_itself), "agreement")

    assert "county county-1 must sign this very statement" in said


def test_an_enrolment_without_proof_of_possession_is_refused(town: Town) -> None:
    new, thief = make_key("m-1", "device", 11), make_key("m-1", "device", 12)
    stolen = town.enrolment(thief).by_key

    town.refuse(town.enrolment(new, by_key=stolen), "possession")


@pytest.mark.parametrize(
    "change", [{"code_proof": "1" * 64}, {"closes": 3}, {"key": None}], ids=["code", "end", "key"]
)
def test_an_agreement_covers_every_field(town: Town, machine: Any, change: dict[str, Any]) -> None:
    back = make_key("m-1", "device", 13, epoch=2)
    other = make_key("m-1", "device", 14, epoch=2)
    change = {"key": text(other)} if "key" in change else change

    town.refuse(structs.replace(town.enrolment(back, closes=5), **change), "possession")


def test_an_agreement_counts_in_its_own_log_alone(town: Town) -> None:
    new, other = make_key("m-1", "device", 11), Town()
    other.add(_founding_with_nonce(other, "7" * 64))

    other.refuse(town.enrolment(new), "possession")


def _founding_with_nonce(town: Town, nonce: str) -> Any:
    statement = keystatements.founding(town.gateway.record_sha256, town.county.record_sha256, nonce)
    return town.founding(
        nonce=nonce,
        by_gateway=statement.sign(town.gateway),
        by_county=statement.sign(town.county),
    )


@pytest.mark.parametrize("holder", ["m-1", "m-2"])
def test_a_cloned_key_is_refused_whoever_brings_it(town: Town, machine: Any, holder: str) -> None:
    epoch = 2 if holder == "m-1" else 1
    clone = make_key(holder, "device", 11, epoch=epoch)
    closes = 4 if holder == "m-1" else None

    said = town.refuse(town.enrolment(clone, closes=closes), "cloned")

    assert "must make a new key; if it was copied, the township must revoke it" in said


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_return_under_any_but_the_next_epoch_is_refused(
    town: Town, machine: Any, epoch: int
) -> None:
    back = make_key("m-1", "device", 13, epoch=epoch)

    assert "under epoch 2" in town.refuse(town.enrolment(back, closes=4), "epoch")


def test_a_return_closes_the_epoch_before(town: Town, machine: Any) -> None:
    back = make_key("m-1", "device", 13, epoch=2)

    history = town.add(town.enrolment(back, closes=4))

    assert history.key_for("device", "m-1", 1, 4).keyid == machine.keyid
    assert history.key_for("device", "m-1", 2, 1).keyid == back.keyid
    with pytest.raises(KeyHistoryError, match="up to 4, found entry 5"):
        history.key_for("device", "m-1", 1, 5)


def test_a_return_without_an_end_of_the_epoch_before_is_refused(town: Town, machine: Any) -> None:
    back = make_key("m-1", "device", 13, epoch=2)

    assert "its last valid entry" in town.refuse(town.enrolment(back), "epoch")


def test_a_return_can_not_move_an_end_that_was_named(town: Town, machine: Any) -> None:
    back = make_key("m-1", "device", 13, epoch=2)
    town.add(town.revocation(machine, 4))

    town.refuse(town.enrolment(back, closes=9), "epoch")
    history = town.add(town.enrolment(back))

    assert history.key_for("device", "m-1", 2, 1).keyid == back.keyid


def test_a_first_enrolment_has_nothing_to_close(town: Town) -> None:
    town.refuse(town.enrolment(make_key("m-1", "device", 11), closes=0), "epoch")


@pytest.mark.parametrize(
    "new",
    [
        make_key("m-1", "device", 21, township="420625104000"),
        make_key("m-1", "device", 21, domain="field"),
        make_key("gw-2", "gateway", 21),
        make_key("county-2", "county", 21),
        make_key("county-1", "county", 21, epoch=2),
    ],
    ids=["township", "domain", "second gateway", "second county", "county again"],
)
def test_a_key_that_does_not_belong_to_this_log_is_refused(town: Town, new: Any) -> None:
    town.refuse(town.enrolment(new), "record")


def test_a_weak_key_is_refused_at_enrolment(town: Town) -> None:
    new = make_key("m-1", "device", 11)
    weak = text(new).replace(new.record.public_key, base64.b64encode(bytes(32)).decode())

    with pytest.raises(UnknownKeyError, match="full order"):
        town.add(town.enrolment(new, key=weak))


def test_a_key_record_in_another_spelling_is_refused(town: Town) -> None:
    new = make_key("m-1", "device", 11)

    with pytest.raises(MalformedError):
        town.add(town.enrolment(new, key=text(new).replace(":", ": ", 1)))


def test_a_gateway_comes_back_with_the_countys_agreement(town: Town) -> None:
    back = make_key("gw-1", "gateway", 41, epoch=2)

    history = town.add(town.enrolment(back, closes=6))

    assert history.key_for("gateway", "gw-1", 1, 6).keyid == town.gateway.keyid
    assert history.key_for("gateway", "gw-1", 2, 1).keyid == back.keyid
    with pytest.raises(KeyHistoryError):
        history.key_for("gateway", "gw-1", 1, 7)


def test_the_next_log_goes_on_with_the_same_keys(town: Town, machine: Any) -> None:
    history = keyhistory.next_log(town.history)

    after = keyhistory.advance(history, 0, town.entry(beat()))

    assert (after.size, after.log) == (1, town.history.log)
    assert after.key_for("device", "m-1", 1, 1).keyid == machine.keyid
    with pytest.raises(KeyHistoryError, match="another as entry 0"):
        keyhistory.advance(history, 0, town.entry(town.founding()))


def test_the_proof_of_a_code_is_worth_nothing_for_another_key() -> None:
    code, key, other = "K7PQ-2M4X", "a" * 64, "b" * 64

    proof = keystatements.code_proof(code, key)

    assert proof == keystatements.code_proof(code, key)
    assert proof != keystatements.code_proof(code, other)
    assert proof != keystatements.code_proof("K7PQ-2M4Y", key)


def test_key_entries_are_signed_by_the_gateway_and_survive_their_bytes(
    town: Town, machine: Any
) -> None:
    new = make_key("m-1", "device", 13)
    bodies = [
        town.founding(),
        town.enrolment(new),
        town.rotation(machine, new, 3),
        town.revocation(machine, 3),
    ]

    assert [type(body) for body in bodies] == list(KEY_ENTRY_RECORDS)
    for body in bodies:
        assert body.authors == ("gateway",)
        assert msgspec.convert(msgspec.to_builtins(body), type(body)) == body


@pytest.mark.parametrize(
    "signature",
    ["", "A" * 88, "A" * 85 + "B==", "A" * 85 + "A=", "-" * 85 + "A==", "A" * 85 + "A==\n"],
)
def test_a_signature_has_one_spelling_in_an_entry(town: Town, signature: str) -> None:
    fields = msgspec.to_builtins(town.enrolment(make_key("m-1", "device", 13)))

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**fields, "by_key": signature}, Enrolment)


def test_a_refusal_is_an_error_of_the_ledger_and_says_who_must_act() -> None:
    with pytest.raises(LedgerError, match=r"expected .*found .*must") as raised:
        KeyHistory().key_for("device", "m-1", 1, 1)

    assert raised.value.code == "key-history"
