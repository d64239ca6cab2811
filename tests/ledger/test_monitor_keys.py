"""The monitor follows the log's own keys from those it trusts at first, and nobody else's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec import structs

from bench.public_log import publish
from ledger import checkpoint, codec, notes, policy
from ledger.errors import UnknownKeyError
from ledger.records import LogStart
from ledger.signers.keyfile import KeyFileSigner
from ledger.trusted_heads import Trust
from tests.ledger.founded_town import COUNTY, Founded
from tests.ledger.public_town import log_keys, make_signer, origin, vkey
from tests.ledger.test_monitor import WITNESS_KEY, County

COUNTY_RECORD = codec.encode_message(COUNTY.record)


class Renewing(County):
    """A county that trusts its own key and the first key of a founded log, nothing else."""

    def __init__(self, folder: Path) -> None:
        self.founded = Founded()
        self.founded.enrol(self.founded.machines[0])
        self.old = self.founded.log_signer
        self.new = self.key(90)
        trust = Trust(log_keys=log_keys(self.founded), records=(COUNTY_RECORD,))
        super().__init__(folder, self.founded, trust)

    def key(self, seed: int) -> KeyFileSigner:
        """Return a key that calls itself the log's."""
        return make_signer(self.old.record.holder, "log", seed)

    def beat(self, count: int = 1) -> None:
        """Let the machine write, and publish."""
        for _ in range(count):
            self.founded.beat(self.founded.machines[0])
        self.publish()

    def renew(self) -> None:
        """Replace the log's key with everybody's agreement, and publish under the new one."""
        self.founded.name_log_key(self.old)
        self.founded.replace_log_key(self.old, self.new)
        self.founded.log_signer = self.new
        self.publish()

    def good(self) -> bytes:
        """Return the last good checkpoint."""
        known = self.monitor.memory.good(origin())
        assert known is not None
        return known.note


@pytest.fixture
def county(tmp_path: Path) -> Renewing:
    return Renewing(tmp_path)


@pytest.mark.parametrize("before", [3, 600])
def test_a_new_log_key_is_followed_from_visit_to_visit(county: Renewing, before: int) -> None:
    county.beat(before)
    assert county.codes() == []

    county.renew()

    assert county.codes() == []
    county.beat()
    assert county.codes() == []
    assert county.good() == (county.public / "2026" / "checkpoint").read_bytes()


def test_a_monitor_that_comes_after_the_change_follows_it_too(county: Renewing) -> None:
    county.renew()
    county.beat(600)

    assert county.codes() == []
    county.beat()
    assert county.codes() == []


@pytest.mark.parametrize("lost", ["bookmark", "named"])
def test_what_the_monitor_forgot_it_learns_again(county: Renewing, lost: str) -> None:
    county.renew()
    county.beat(300)
    assert county.codes() == []

    (path,) = (county.folder / "state").glob(f"source-*/{lost}")
    path.write_bytes(b"\xc1")
    county.beat()

    assert county.codes() == []


def test_the_replaced_key_signs_no_more_from_the_first_visit_on(county: Renewing) -> None:
    county.renew()
    county.founded.log_signer = county.old
    county.beat()

    assert county.codes() == ["checkpoint-unknown-key"]


def test_a_fork_by_the_replaced_key_is_no_word_of_the_township(county: Renewing) -> None:
    county.beat(600)
    county.renew()
    county.visit()
    honest = county.good()
    entries = [*county.founded.entries[:-2], *county.founded.entries[:2]]
    publish(county.public / "2026", entries, origin(), county.old)

    assert county.codes() == ["checkpoint-unknown-key"]
    assert county.codes() == ["checkpoint-unknown-key"]  # as long as it lies there
    assert county.good() == honest


def test_a_key_that_nobody_trusted_signed_in_is_a_finding(county: Renewing) -> None:
    county.beat()
    county.visit()
    honest, thief = county.good(), county.key(91)
    county.founded.county = make_signer("county-1", "county", 92)
    county.founded.name_log_key(thief)
    county.founded.log_signer = thief
    county.beat()

    assert county.codes() == ["checkpoint-unknown-key"]
    assert county.good() == honest
    assert county.monitor.memory.named == ()


def test_a_rewritten_log_under_a_foreign_key_does_not_accuse_the_township(
    county: Renewing,
) -> None:
    county.beat(300)
    county.visit()
    other = Founded()
    other.log_signer = county.key(91)
    other.name_log_key(other.log_signer)
    shutil.rmtree(county.public)
    for _ in range(300):
        other.beat(other.machines[0])
    other.county = COUNTY
    other.publish(county.public)

    found = county.codes()

    assert "log-rewritten" not in found and "log-fork" not in found
    assert county.monitor.memory.findings() == []


def test_keys_of_another_countys_log_are_not_followed(county: Renewing) -> None:
    stranger = codec.encode_message(make_signer("county-9", "county", 70).record)
    county.trust = structs.replace(county.trust, records=(stranger,))
    county.renew()

    assert county.codes() == ["checkpoint-unknown-key"]


def test_what_was_learned_ends_with_the_trust_that_it_rests_on(county: Renewing) -> None:
    county.renew()
    assert county.codes() == []

    county.trust = structs.replace(county.trust, founding="0" * 64)
    county.beat()

    with pytest.raises(UnknownKeyError, match="good"):
        county.visit()


def test_the_next_years_log_is_followed_under_its_own_new_key(county: Renewing) -> None:
    county.renew()
    county.visit()
    note = county.publish()
    first_year, town = len(county.founded.entries), county.founded
    town.add(town.gateway, LogStart(origin=origin(2027), previous=note.decode(), cause="year"))
    newest = county.key(93)
    town.replace_log_key(county.new, newest)
    publish(county.public / "2027", town.entries[first_year:], origin(2027), newest)

    assert county.codes() == []
    publish(county.public / "2027", town.entries[first_year:], origin(2027), county.new)
    assert county.codes() == ["checkpoint-unknown-key"]


def test_a_new_key_counts_before_the_witnesses_have_cosigned_it(tmp_path: Path) -> None:
    county = Renewing(tmp_path)
    log = vkey(county.old, origin()).vkey
    rules = policy.parse(f"log {log}\nwitness w {WITNESS_KEY.vkey}\nquorum w\n".encode())
    county.trust = structs.replace(county.trust, policy=rules)
    county.visit()

    county.renew()

    assert county.codes() == ["quorum"]
    named = county.monitor.memory.named
    assert named is not None and [one.record for one in named] == [
        county.old.record,
        county.new.record,
    ]
    head = checkpoint.parse(notes.parse(county.publish()).text)
    assert head.size - 1 == named[1].place[1]
