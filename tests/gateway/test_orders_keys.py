"""Keys in the log: who enters, with whose agreement, and what a key that ended may still sign."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from gateway import founding
from gateway.audit import alerts
from gateway.commands_keys import RevokeKey
from gateway.errors import ConfigError, NotAllowedError, NotFoundError, RequestRefusedError
from ledger import codec, envelope, keyacts
from ledger.chain import Head
from ledger.errors import LedgerError
from ledger.records_keys import Enrolment, KeyRevocation
from ledger.signers import keyfile
from tests.gateway.key_acts import Keys

Town = Any


@pytest.fixture
def keys(town: Town) -> Keys:
    return Keys(town).found()


def troubles(town: Town) -> list[str]:
    with town.store.reader() as reader:
        return [one.code for one in reader.troubles()]


def revoke(town: Town, machine: str = "m-1", last_seq: int | None = None, by: str = "cli-x") -> Any:
    order = RevokeKey(by=by, machine=machine, last_seq=last_seq, reason="machine-lost")
    return town.order(order, operator=by.startswith("cli-")).answer


def under(town: Town, signer: Any, name: str = "m-1") -> Any:
    """Let the machine work under another key: a new epoch begins a new chain."""
    machine = town.machines[name]
    machine.signer = signer
    if signer.record.epoch != machine.head.epoch:
        machine.head = Head(
            party="device",
            author=name,
            epoch=signer.record.epoch,
            seq=0,
            sha256=signer.record_sha256,
        )
    return machine


def test_founded_log_begins_with_its_keys_and_is_in_the_tree(keys: Keys) -> None:
    first = keys.town.entries()[0]

    with keys.town.store.reader() as reader:
        view = reader.log()

    assert first.kind == "founding"
    assert view is not None and view.size == 1
    assert keys.history().county is not None


def test_second_start_finds_its_founding_and_writes_nothing(keys: Keys) -> None:
    town = keys.town
    town.restart()

    founding.begin(
        town.folder / "founding.json", town.store, town.public, town.log, town.intake.keys
    )

    assert len(town.entries()) == 1


def test_log_that_began_without_a_founding_gets_none_later(town: Town) -> None:
    machine = town.machines["m-1"]
    town.take(machine.message(machine.beat()))

    with pytest.raises(ConfigError, match="begins with heartbeat"):
        Keys(town).found()


def test_founding_that_the_county_has_not_signed_is_refused(town: Town) -> None:
    acts = Keys(town)
    path = acts.founding(by_county=None)

    with pytest.raises(ConfigError, match="county-agree"):
        founding.begin(path, town.store, town.public, town.log, town.intake.keys)

    assert town.entries() == []


def test_founding_with_another_signature_leaves_the_store_empty(town: Town) -> None:
    path = Keys(town).founding(by_county="A" * 86 + "==")

    with pytest.raises(ConfigError, match="county"):
        founding.begin(path, town.store, town.public, town.log, town.intake.keys)

    assert town.entries() == []


def test_gateway_with_another_key_than_the_logs_does_not_start(keys: Keys) -> None:
    with keys.town.store.reader() as reader:
        known = keys.town.intake.keys.at(reader)

    founding.check_own(known, keys.town.signer, keys.town.log_signer)
    with pytest.raises(ConfigError, match="the log names"):
        founding.check_own(
            known, keys.make("gw-1", "gateway", name="stranger"), keys.town.log_signer
        )


def test_enrolled_machine_is_taken_and_shown_with_its_key(keys: Keys) -> None:
    town = keys.town
    signer = keys.make("m-1", "device")
    keys.enrol(signer)
    machine = under(town, signer)
    machine.head = structs.replace(machine.head, sha256=signer.record_sha256)

    town.take(machine.message(machine.beat()))

    with town.store.reader() as reader:
        view = reader.machine("m-1")
    assert view is not None and (view.keyid, view.seq) == (signer.keyid, 1)
    assert troubles(town) == []
    assert [type(one.body) for one in town.entries()][1:2] == [Enrolment]


def test_folder_counts_no_more_for_a_machine_that_the_log_knows(keys: Keys) -> None:
    town = keys.town
    keys.enrol(keys.make("m-1", "device"))
    machine, other = town.machines["m-1"], town.machines["m-2"]

    town.take(machine.message(machine.beat()), other.message(other.beat()))

    assert troubles(town) == ["unknown-key"]
    assert (len(town.log_of("m-1")), len(town.log_of("m-2"))) == (0, 1)


def test_enrolment_without_the_county_is_refused(keys: Keys) -> None:
    draft = keys.enrolment(keys.make("m-1", "device"))

    with pytest.raises(RequestRefusedError, match="county-agree"):
        keys.enter(draft, agreed=False)

    assert len(keys.town.entries()) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"by_county": "A" * 86 + "=="}, "key-agreement"),
        ({"log": "1" * 64}, "bad-signature"),
        ({"closes": 3}, "bad-signature"),
        ({"code_proof": "1" * 64}, "bad-signature"),
        ({"by_key": "A" * 86 + "=="}, "bad-signature"),
    ],
)
def test_changed_enrolment_is_refused_and_nothing_is_written(
    keys: Keys, changes: dict[str, Any], reason: str
) -> None:
    agreed = keys.agree(keys.enrolment(keys.make("m-1", "device")))

    with pytest.raises(RequestRefusedError) as caught:
        keys.enter(structs.replace(agreed, **changes), agreed=False)

    assert caught.value.reason == reason
    assert len(keys.town.entries()) == 1


def test_enrolment_for_another_log_is_refused(keys: Keys) -> None:
    draft = keys.enrolment(keys.make("m-1", "device"), log="1" * 64)

    with pytest.raises(RequestRefusedError) as caught:
        keys.enter(draft)

    assert caught.value.reason == "other-log"


def test_machine_that_the_configuration_does_not_name_is_refused(keys: Keys) -> None:
    with pytest.raises(NotFoundError, match="m-9"):
        keys.enrol(keys.make("m-9", "device"))


def test_undone_enrolment_leaves_no_trace_in_what_is_believed(keys: Keys) -> None:
    town, signer = keys.town, keys.make("m-1", "device")
    with pytest.raises(RequestRefusedError):
        keys.enter(structs.replace(keys.agree(keys.enrolment(signer)), by_county="A" * 86 + "=="),
                   agreed=False)  # fmt: skip
    machine = town.machines["m-1"]

    town.take(machine.message(machine.beat()))

    assert keys.history().newest("device", "m-1") is None
    assert len(town.log_of("m-1")) == 1  # the folder's key still counts


def test_revoked_key_signs_nothing_more_and_what_it_signed_stands(keys: Keys) -> None:
    town = keys.town
    machine = town.machines["m-1"]
    keys.enrol(machine.signer)
    first, second = machine.beat(), machine.beat()
    town.take(machine.message(first))

    revoke(town)
    town.take(machine.message(second), machine.message(first))

    (end,) = [one.body for one in town.entries() if isinstance(one.body, KeyRevocation)]
    assert end.last_seq == 1
    assert town.log_of("m-1") == [first]
    assert troubles(town) == ["revoked-key"]
    with town.store.reader() as reader:
        known = town.intake.keys.at(reader)
        assert known.admitted("m-1") is None
        assert known.admitted("m-2") is not None


def test_what_a_revoked_key_signs_is_a_red_alert_and_kept(keys: Keys) -> None:
    town = keys.town
    machine = town.machines["m-1"]
    keys.enrol(machine.signer)
    revoke(town)
    raw = machine.beat()
    town.take(machine.message(raw))

    with town.store.transaction() as transaction:
        found = list(alerts.judge_time(transaction.history(town.now_ms), town.now_ms))
        kept = transaction.trouble_bytes(1)

    assert [(one.code, one.severity, one.machine) for one in found if one.code != "gap"] == [
        ("bad-signature", "red", "m-1")
    ]
    assert found[0].finding.key == "finding.trouble.revoked-key"
    assert kept == raw


def test_revocation_may_name_an_earlier_last_entry_and_only_ever_lowers_it(keys: Keys) -> None:
    town = keys.town
    machine = town.machines["m-1"]
    keys.enrol(machine.signer)
    town.take(*(machine.message(machine.beat()) for _ in range(3)))

    revoke(town, last_seq=2)
    with pytest.raises(RequestRefusedError) as caught:
        revoke(town, last_seq=3)

    key = keys.history().newest("device", "m-1")
    assert key is not None and key.last_seq == 2
    assert caught.value.reason == "key-revocation"


def test_machine_comes_back_under_the_next_epoch_alone(keys: Keys) -> None:
    town = keys.town
    machine = town.machines["m-1"]
    keys.enrol(machine.signer)
    town.take(machine.message(machine.beat()))
    revoke(town)

    with pytest.raises(RequestRefusedError) as caught:
        keys.enrol(keys.make("m-1", "device", name="again"))
    keys.enrol(keys.make("m-1", "device", epoch=2))
    back = under(town, keys.make("m-1", "device", epoch=2, name="copy"))
    town.take(back.message(back.beat()))  # a key of that epoch which nobody enrolled
    back = under(town, _signer(town, "m-1-2"))
    back.head = structs.replace(back.head, seq=0, sha256=back.signer.record_sha256)
    town.take(back.message(back.beat()))

    assert caught.value.reason == "key-epoch"
    assert troubles(town) == ["unknown-key"]
    with town.store.reader() as reader:
        view = reader.machine("m-1")
    assert view is not None and (view.epoch, view.seq) == (2, 1)


def test_rotated_key_takes_over_at_the_stated_entry(keys: Keys) -> None:
    town = keys.town
    machine = town.machines["m-1"]
    old, new = machine.signer, keys.make("m-1", "device", name="new")
    keys.enrol(old)
    town.take(*(machine.message(machine.beat()) for _ in range(2)))

    keys.enter(keys.rotation(old, new, last_seq=2))
    late = machine.sign(codec.decode_entry(*_parts(machine.raws[0])).body, head=machine.head)
    under(town, new)
    town.take(machine.message(late), machine.message(machine.beat()))

    assert len(town.log_of("m-1")) == 3
    assert troubles(town) == ["revoked-key"]


def test_rotation_that_the_old_key_has_not_signed_is_refused(keys: Keys) -> None:
    old, new = keys.town.machines["m-1"].signer, keys.make("m-1", "device", name="new")
    keys.enrol(old)
    draft = structs.replace(keys.rotation(old, new, last_seq=0), by_old="A" * 86 + "==")

    with pytest.raises(RequestRefusedError) as caught:
        keys.enter(draft)

    assert caught.value.reason == "key-rotation"


def test_county_does_not_sign_for_a_newcomer_who_has_not_the_key(keys: Keys) -> None:
    draft = keys.enrolment(keys.make("m-1", "device"))
    other = keys.enrolment(keys.make("m-2", "device"))

    with pytest.raises(LedgerError):
        keyacts.agree(structs.replace(draft, by_key=other.by_key), keys.county)


def test_only_a_county_can_agree(keys: Keys) -> None:
    draft = keys.enrolment(keys.make("m-1", "device"))

    with pytest.raises(LedgerError, match="key of a county"):
        keyacts.agree(draft, keys.town.signer)


@pytest.mark.parametrize(
    ("office", "enters", "shuts_out"),
    [("administrator", True, True), ("auditor", False, True), ("approver", False, False)],
)
def test_offices_decide_who_may_order_about_keys(
    keys: Keys, office: str, enters: bool, shuts_out: bool
) -> None:
    town = keys.town
    town.account("li", office)
    draft = keys.enrolment(town.machines["m-1"].signer)
    if enters:
        keys.enter(draft, by="li")
    else:
        with pytest.raises(NotAllowedError):
            keys.enter(draft, by="li")
        keys.enter(draft)

    if shuts_out:
        revoke(town, by="li")
    else:
        with pytest.raises(NotAllowedError):
            revoke(town, by="li")

    assert (keys.history().newest("device", "m-1").last_seq is not None) is shuts_out  # type: ignore[union-attr]


def test_keys_are_believed_the_same_after_a_restart(keys: Keys) -> None:
    town = keys.town
    machine = town.machines["m-1"]
    keys.enrol(machine.signer)
    town.take(machine.message(machine.beat()))
    revoke(town)
    before = _outline(keys)

    town.restart()

    assert _outline(keys) == before
    assert len(before) == 3


def _outline(keys: Keys) -> dict[str, tuple[int, int | None]]:
    return {key.sha256: (key.index, key.last_seq) for key in keys.history().all_keys()}


def _parts(raw: bytes) -> tuple[str, bytes]:
    parsed = envelope.parse(raw)
    return parsed.payload_type, parsed.payload


def _signer(town: Town, name: str) -> Any:
    folder: Path = town.folder / "keys"
    return keyfile.load(folder / f"{name}.key", folder / f"{name}.json")
