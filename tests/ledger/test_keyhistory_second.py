"""Second keys in a log: the record in force at an entry says how many signatures it needs."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from ledger import canonical, envelope, keyhistory
from ledger.envelope import Envelope
from ledger.errors import SignatureError, UnknownKeyError
from ledger.keys import KeyRing
from ledger.keystate import KeyHistory
from ledger.lineage import Lineage
from ledger.signers import second
from ledger.signers.keyfile import KeyFileSigner
from ledger.signers.second import Sm2Signer
from tests.ledger.key_acts import Town, make_key


def make_twice(
    holder: str, role: str, seed: int, beside: Sm2Signer | None = None, **other: Any
) -> KeyFileSigner:
    """Return a signer with a second key."""
    record = make_key(holder, role, seed, **other).record
    beside = beside or second.generate()
    record = structs.replace(record, second=beside.named_in(record))
    return KeyFileSigner(
        Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big")), record, beside
    )


def stripped(whole: Envelope) -> Envelope:
    """Return an envelope without its second signature."""
    fields = canonical.decode(whole.raw)
    return envelope.parse(canonical.encode({**fields, "signatures": fields["signatures"][:1]}))


def check(town: Town, after: KeyHistory, signer: KeyFileSigner, seq: int) -> None:
    """Check an entry of a signer, and that its second signature can not be left out."""
    signed, entry = town.signed(signer, seq)
    assert keyhistory.check_signature(after, signed, entry) == signer.record
    if signer.second is not None:
        with pytest.raises(SignatureError, match="expected a second signature"):
            keyhistory.check_signature(after, stripped(signed), entry)


@pytest.fixture
def town() -> Town:
    """A town whose gateway founded its log with two keys."""
    made = Town()
    made.gateway = make_twice("gw-1", "gateway", 1)
    return made.begin()


def test_founding_and_enrolment_bring_both_keys_in_with_one_agreement(town: Town) -> None:
    machine = make_twice("m-1", "device", 11)

    after = town.add(town.enrolment(machine))

    check(town, after, machine, 1)
    check(town, after, town.gateway, 3)


def test_the_rule_changes_with_the_record_and_at_its_place(town: Town) -> None:
    once, twice = make_key("m-1", "device", 11), make_twice("m-1", "device", 12)
    back = make_key("m-1", "device", 13, epoch=2)
    town.add(town.enrolment(once))

    town.add(town.rotation(once, twice, 5))
    after = town.add(town.enrolment(back, closes=9))

    for signer, seq in ((once, 5), (twice, 6), (twice, 9), (back, 1)):
        check(town, after, signer, seq)


def test_a_second_key_of_somebody_else_is_a_cloned_one(town: Town) -> None:
    shared = second.generate()
    town.add(town.enrolment(make_twice("m-1", "device", 11, shared)))

    said = town.refuse(town.enrolment(make_twice("m-2", "device", 12, shared)), "cloned")

    assert "found the one of m-1" in said


def test_a_record_that_claims_a_second_key_is_not_enrolled(town: Town) -> None:
    whole = make_twice("m-1", "device", 11)
    moved = structs.replace(whole.record, holder="m-2")
    thief = KeyFileSigner(Ed25519PrivateKey.from_private_bytes((11).to_bytes(32, "big")), moved,
                          whole.second)  # fmt: skip

    with pytest.raises(UnknownKeyError, match="to show that it has its second key"):
        town.add(town.enrolment(thief))


def test_a_county_with_a_second_key_founds_nothing() -> None:
    made = Town()
    made.county = make_twice("county-1", "county", 2)

    with pytest.raises(UnknownKeyError, match="of a device, a gateway or a log"):
        made.begin()


def test_a_message_of_the_gateway_needs_both_signatures_of_a_machine_that_follows_it(
    town: Town,
) -> None:
    followed = Lineage(founding=None, trusted=KeyRing((), "sim"), keys=town.history)
    signed, _ = town.signed(town.gateway, 3)

    found, record = followed.gateway_key(signed.raw, envelope.LARGEST_ENTRY)

    assert (found, record) == (signed, town.gateway.record)
    with pytest.raises(SignatureError, match="expected a second signature"):
        followed.gateway_key(stripped(signed).raw, envelope.LARGEST_ENTRY)
