"""A log that founds its own keys is verified by them, with the county's key alone as trust."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.public_log import SEAL
from ledger import codec, keystatements, records
from ledger.errors import UnknownKeyError
from ledger.records_keys import KeyRevocation
from ledger.signers.keyfile import KeyFileSigner
from ledger.verify_heads import LogKey, LogKeys
from tests.ledger.founded_town import COUNTY, Founded
from tests.ledger.public_town import Township, audit, codes, make_signer, origin


@pytest.fixture
def town() -> Founded:
    return Founded()


def found(town: Founded, folder: Path, *trusted: KeyFileSigner) -> list[str]:
    town.publish(folder)
    records_ = tuple(codec.encode_message(one.record) for one in trusted or (COUNTY,))
    return codes(audit(folder, town, records=records_))


def test_enrolled_machines_need_no_folder(town: Founded, tmp_path: Path) -> None:
    town.enrol(town.machines[0])
    town.stamp(town.machines[0])
    town.enrol(town.machines[1])
    town.stamp(town.machines[1])
    town.stamp(town.machines[0])

    assert found(town, tmp_path) == []


def test_a_machine_has_no_entry_before_its_key(town: Founded, tmp_path: Path) -> None:
    town.beat(town.machines[0])
    town.enrol(town.machines[0])
    town.beat(town.machines[0])

    assert found(town, tmp_path) == ["key-unknown", "chain-gap"]  # entry 1 counts for nothing


def test_a_revoked_key_signs_no_more(town: Founded, tmp_path: Path) -> None:
    machine = town.machines[0]
    town.enrol(machine)
    town.beat(machine)
    town.beat(machine)
    town.revoke(machine, last_seq=2)
    assert found(town, tmp_path / "a") == []

    town.beat(machine)

    assert found(town, tmp_path / "b") == ["key-ended"]


def test_an_enrolment_without_the_county_is_refused(town: Founded, tmp_path: Path) -> None:
    forged = keystatements.enrolment("0" * 64, "0" * 64, "1" * 64, None).sign(town.gateway.signer)
    town.enrol(town.machines[0], by_county=forged)
    town.beat(town.machines[0])

    assert found(town, tmp_path) == ["key-act", "key-unknown"]


def test_a_log_of_another_county_is_refused(tmp_path: Path) -> None:
    town = Founded(make_signer("county-1", "county", 51))

    assert found(town, tmp_path) == ["key-county"]


def test_a_key_act_without_a_founding_is_refused(tmp_path: Path) -> None:
    town = Township(1)
    town.stamp(town.machines[0])
    body = KeyRevocation(
        key=town.machines[0].signer.record_sha256, last_seq=1, by="a-li", reason="stolen"
    )
    town.add(town.gateway, body)
    town.publish(tmp_path)

    assert codes(audit(tmp_path, town)) == ["key-act"]


def test_the_history_of_keys_is_reported(town: Founded, tmp_path: Path) -> None:
    town.enrol(town.machines[0])
    town.publish(tmp_path)

    report = audit(tmp_path, town, records=(codec.encode_message(COUNTY.record),))

    assert report.history is not None
    assert {key.record.holder for key in report.history.all_keys()} == {
        "gw-420625103", "county-1", "m-1",
    }  # fmt: skip


def test_names_of_seals_are_no_secret(town: Founded, tmp_path: Path) -> None:
    town.enrol(town.machines[0])
    town.add(
        town.machines[0],
        records.Start(version="0.1.0", controller="B", strokes={SEAL: 1}, reason="started"),
    )

    assert found(town, tmp_path) == []


def test_keys_of_one_township_count_in_its_own_log_only(tmp_path: Path) -> None:
    town = Township(1).fill(8)
    town.publish(tmp_path)
    foreign = tuple(data.replace(b"420625103000", b"420625104000") for data in town.records)

    assert set(codes(audit(tmp_path, town, records=foreign))) == {"key-unconfirmed"}


def test_a_log_key_of_one_township_signs_for_no_other() -> None:
    keys = LogKeys((LogKey(b"\x01" * 32, "420625104000"),))

    with pytest.raises(UnknownKeyError, match="expected a trusted log key"):
        keys.of(origin(), 1)
