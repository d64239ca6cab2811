"""How keys end: by rotation, by revocation, and what falls with them."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import keyhistory, keystatements
from ledger.keystate import KeyHistoryError
from tests.ledger.key_acts import Town, make_key


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


def test_a_rotation_keeps_the_chain(town: Town, machine: Any) -> None:
    new = make_key("m-1", "device", 13)

    history = town.add(town.rotation(machine, new, 10))

    assert history.key_for("device", "m-1", 1, 10).keyid == machine.keyid
    assert history.key_for("device", "m-1", 1, 11).keyid == new.keyid


@pytest.mark.parametrize(
    ("field", "reason"),
    [("by_old", "rotation"), ("by_key", "possession"), ("by_county", "agreement")],
)
def test_a_rotation_signed_by_a_wrong_key_is_refused(
    town: Town, machine: Any, field: str, reason: str
) -> None:
    new, thief = make_key("m-1", "device", 13), make_key("m-1", "device", 14)
    statement = keystatements.rotation(
        town.history.log, new.record_sha256, machine.record_sha256, 10
    )

    town.refuse(town.rotation(machine, new, 10, **{field: statement.sign(thief)}), reason)


def test_a_rotation_without_the_county_is_refused(town: Town, machine: Any) -> None:
    new = make_key("m-1", "device", 13)

    assert "found none" in town.refuse(town.rotation(machine, new, 10, by_county=None), "agreement")


@pytest.mark.parametrize(
    "new",
    [make_key("m-2", "device", 13), make_key("m-1", "device", 13, epoch=2)],
    ids=["another holder", "another epoch"],
)
def test_a_rotation_to_another_holder_or_epoch_is_refused(
    town: Town, machine: Any, new: Any
) -> None:
    town.refuse(town.rotation(machine, new, 10), "rotation")


def test_a_rotation_from_a_key_that_is_gone_is_refused(town: Town, machine: Any) -> None:
    new = make_key("m-1", "device", 13)
    town.add(town.revocation(machine, 4))

    assert "ended with entry 4" in town.refuse(town.rotation(machine, new, 10), "rotation")
    stranger = make_key("m-9", "device", 15)
    assert "no such key" in town.refuse(town.rotation(stranger, new, 10), "rotation")


def test_a_rotation_back_to_an_old_key_is_refused(town: Town, machine: Any) -> None:
    new = make_key("m-1", "device", 13)
    town.add(town.rotation(machine, new, 10))

    town.refuse(town.rotation(new, machine, 12), "cloned")


def test_a_rotation_can_not_end_a_key_before_it_began(town: Town, machine: Any) -> None:
    second, third = make_key("m-1", "device", 13), make_key("m-1", "device", 14)
    town.add(town.rotation(machine, second, 10))

    town.refuse(town.rotation(second, third, 9), "rotation")
    assert town.add(town.rotation(second, third, 10)).key_for("device", "m-1", 1, 11).keyid == (
        third.keyid
    )


def test_a_revoked_key_holds_up_to_its_last_valid_entry(town: Town, machine: Any) -> None:
    history = town.add(town.revocation(machine, 4))

    assert history.key_for("device", "m-1", 1, 4).keyid == machine.keyid
    envelope, entry = town.signed(machine, 5)
    with pytest.raises(KeyHistoryError, match="must find out who signed it") as raised:
        keyhistory.check_signature(history, envelope, entry)
    assert raised.value.reason == "ended"


def test_a_key_revoked_from_the_first_entry_on_signs_nothing(town: Town, machine: Any) -> None:
    history = town.add(town.revocation(machine, 0))

    with pytest.raises(KeyHistoryError, match="up to 0, found entry 1"):
        history.key_for("device", "m-1", 1, 1)


@pytest.mark.parametrize("last_seq", [4, 5, 2**53 - 1])
def test_a_revocation_is_never_undone_by_another(town: Town, machine: Any, last_seq: int) -> None:
    town.add(town.revocation(machine, 4))

    assert "only by enrolment" in town.refuse(town.revocation(machine, last_seq), "revocation")


def test_a_revocation_can_be_tightened(town: Town, machine: Any) -> None:
    town.add(town.revocation(machine, 4))

    history = town.add(town.revocation(machine, 2))

    with pytest.raises(KeyHistoryError, match="up to 2, found entry 3"):
        history.key_for("device", "m-1", 1, 3)


def test_what_a_stolen_key_handed_on_falls_with_it(town: Town, machine: Any) -> None:
    thief, next_thief = make_key("m-1", "device", 13), make_key("m-1", "device", 14)
    town.add(town.rotation(machine, thief, 10))
    town.add(town.rotation(thief, next_thief, 20))

    history = town.add(town.revocation(machine, 8))

    assert history.key_for("device", "m-1", 1, 8).keyid == machine.keyid
    for seq in (9, 10, 11, 20, 21, 500):
        with pytest.raises(KeyHistoryError, match="up to 8"):
            history.key_for("device", "m-1", 1, seq)
    town.refuse(town.rotation(next_thief, make_key("m-1", "device", 15), 30), "rotation")


def test_the_state_at_its_place_still_takes_what_a_later_revocation_takes_away(
    town: Town, machine: Any
) -> None:
    at_its_place = town.history

    town.add(town.revocation(machine, 4))

    envelope, entry = town.signed(machine, 9)
    assert keyhistory.check_signature(at_its_place, envelope, entry) == machine.record


def test_a_township_can_not_revoke_its_county(town: Town) -> None:
    assert "the county's" in town.refuse(town.revocation(town.county, 0), "revocation")


def test_the_revocation_of_an_unknown_key_is_refused(town: Town) -> None:
    town.refuse(town.revocation(make_key("m-9", "device", 99), 0), "revocation")


def test_a_county_rotates_itself_and_agrees_with_its_new_key_from_then_on(town: Town) -> None:
    old, town_county = town.county, make_key("county-1", "county", 31)
    town.add(town.rotation(old, town_county, 0))
    machine = make_key("m-1", "device", 11)

    town.refuse(town.enrolment(machine), "agreement")
    town.county = town_county

    assert town.add(town.enrolment(machine)).key_for("device", "m-1", 1, 1).keyid == machine.keyid


def test_a_countys_key_has_no_last_entry(town: Town) -> None:
    town.refuse(town.rotation(town.county, make_key("county-1", "county", 31), 3), "rotation")
