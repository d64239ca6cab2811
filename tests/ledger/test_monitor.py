"""The monitor between two whole checks: keys, quorum, chains and silence, from visit to visit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec import structs

from bench.public_log import Author, publish, write_keys
from ledger import auditing, bookmark, checkpoint, codec, policy
from ledger.findings import Finding
from ledger.mirror import FolderMirror, UnreachableError, year_logs
from ledger.monitor import QUORUM_PATIENCE_S, SILENT_AFTER_S, WHOLE_EVERY_S, Monitor
from ledger.notes import SignatureType, key_of
from ledger.records import LogStart
from ledger.trusted_heads import Trust
from tests.ledger.founded_town import COUNTY, Founded
from tests.ledger.public_town import YEAR, Township, log_keys, make_signer, origin, vkey

NOW_S = 1_793_000_000
COUNTY_RECORD = codec.encode_message(COUNTY.record)
WITNESS = make_signer("county-1", "witness", 60)
WITNESS_KEY = key_of(WITNESS.record, "county.example", SignatureType.COSIGNATURE)


class Counted(FolderMirror, frozen=True):
    """A folder that writes down what is read, beside itself."""

    def read(self, path: str) -> bytes | None:
        with (Path(f"{self.root.parent}.asked")).open("a") as file:
            file.write(f"{path}\n")
        return super().read(path)

    def below(self, name: str) -> Counted:
        return Counted(self.root / name)


class County:
    """The county's monitor of one township; begun anew for every visit, as after a crash."""

    def __init__(self, folder: Path, town: Township, trust: Trust) -> None:
        self.folder, self.town, self.trust, self.now_s = folder, town, trust, NOW_S
        self.public = folder / "public"
        self.publish()

    def publish(self) -> bytes:
        return self.town.publish(self.public)

    @property
    def monitor(self) -> Monitor:
        return Monitor(self.folder / "state", Counted(self.public), self.trust)

    def visit(self, after_s: int = 600) -> list[Finding]:
        self.now_s += after_s
        seen = list(self.monitor.visit(self.now_s, YEAR))
        return [finding for one in seen for finding in one.findings]

    def codes(self, after_s: int = 600) -> list[str]:
        return [finding.code for finding in self.visit(after_s)]

    def asked(self) -> list[str]:
        """Return the bundles that were read since this was asked before."""
        path = Path(f"{self.public}.asked")
        lines = path.read_text().splitlines()
        path.write_text("")
        return sorted({line for line in lines if line.startswith("tile/entries")})


@pytest.fixture
def founded(tmp_path: Path) -> County:
    """The county trusts its own key and the log's, nothing else."""
    town = Founded()
    town.enrol(town.machines[0])
    for _ in range(600):
        town.beat(town.machines[0])
    trust = Trust(log_keys=log_keys(town), records=(COUNTY_RECORD,))
    return County(tmp_path, town, trust)


def enrolled(county: County) -> tuple[Founded, Author, Author]:
    town = county.town
    assert isinstance(town, Founded)
    return town, town.machines[0], town.machines[1]


def test_a_founded_log_is_followed_by_the_keys_in_it(founded: County) -> None:
    town, first, second = enrolled(founded)
    assert founded.codes() == []

    town.enrol(second)
    town.beat(second)
    town.beat(first)
    founded.publish()

    assert founded.codes() == []


def test_what_was_judged_is_not_read_again(founded: County) -> None:
    town, first, _ = enrolled(founded)
    founded.visit()
    whole = founded.asked()
    town.beat(first)
    founded.publish()

    founded.visit()

    assert len(whole) == 3
    assert founded.asked() == [f"tile/entries/002.p/{603 % 256}"]


def test_a_machine_without_enrolment_is_found_at_the_next_visit(founded: County) -> None:
    town, _, second = enrolled(founded)
    founded.visit()
    town.beat(second)
    founded.publish()

    assert founded.codes() == ["key-unknown"]
    assert founded.codes() == []  # told once


def test_a_key_revoked_before_the_visit_signs_no_more(founded: County) -> None:
    town, first, _ = enrolled(founded)
    town.revoke(first, last_seq=600)
    founded.publish()
    assert founded.codes() == []

    town.beat(first)
    founded.publish()

    assert founded.codes() == ["key-ended"]


def test_an_entry_missing_between_two_visits_is_found_at_once(founded: County) -> None:
    town, first, _ = enrolled(founded)
    founded.visit()
    town.beat(first)
    town.beat(first)
    del town.entries[-2]
    founded.publish()

    assert founded.codes() == ["chain-gap"]


def test_another_countys_log_is_refused(founded: County) -> None:
    other = codec.encode_message(make_signer("county-9", "county", 70).record)
    founded.trust = structs.replace(founded.trust, records=(other,))

    assert founded.codes() == ["key-county"]


def test_a_pinned_founding_takes_the_place_of_the_countys_key(founded: County) -> None:
    town, first, _ = enrolled(founded)
    founded.trust = structs.replace(founded.trust, records=(), founding=town.log)
    assert founded.codes() == []
    town.beat(first)
    founded.publish()
    assert founded.codes() == []

    founded.trust = structs.replace(founded.trust, founding="0" * 64)
    town.beat(first)
    founded.publish()

    assert founded.codes() == ["key-founding"]


def test_going_on_ends_where_a_whole_check_does(founded: County) -> None:
    town, first, second = enrolled(founded)
    _, logs = year_logs(FolderMirror(founded.public), YEAR)
    mark = auditing.audit(FolderMirror(founded.public), logs, founded.trust).bookmark
    town.enrol(second)
    for _ in range(300):
        town.beat(second)
        town.beat(first)
        town.beat(first)
    founded.publish()

    resumed = auditing.audit(FolderMirror(founded.public), logs, founded.trust, bookmark=mark)
    whole = auditing.audit(FolderMirror(founded.public), logs, founded.trust)

    assert mark is not None and mark.size == 512
    assert list(resumed.findings) == list(whole.findings) == []
    assert resumed.bookmark == whole.bookmark
    assert resumed.entries == len(town.entries) - 512
    assert bookmark.decode(bookmark.encode(mark)) == mark


def test_entries_that_do_not_lead_to_the_signed_root_are_found(founded: County) -> None:
    town, first, _ = enrolled(founded)
    founded.visit()
    honest = list(town.entries)
    town.beat(first)
    founded.publish()
    files = founded.public / "2026" / "tile" / "entries" / "002.p"
    town.entries[-1] = honest[-1]
    publish(founded.folder / "other", town.entries, origin(), town.log_signer)
    name = str(len(town.entries) % 256)
    shutil.copy(founded.folder / "other" / "tile" / "entries" / "002.p" / name, files / name)

    assert set(founded.codes()) >= {"tile-differs", "root-differs"}


def test_keys_and_chains_go_on_into_the_next_year(founded: County) -> None:
    town, first, second = enrolled(founded)
    founded.visit()
    note = founded.publish()
    first_year = len(town.entries)
    body = LogStart(origin=origin(2027), previous=note.decode(), cause="year")
    town.add(town.gateway, body)
    town.enrol(second)
    town.beat(second)
    town.beat(first)
    publish(founded.public / "2027", town.entries[first_year:], origin(2027), town.log_signer)
    assert founded.codes() == []

    town.beat(second)
    publish(founded.public / "2027", town.entries[first_year:], origin(2027), town.log_signer)

    assert founded.codes() == []
    assert founded.codes(WHOLE_EVERY_S + 1) == []


def test_a_whole_check_follows_once_a_day(founded: County) -> None:
    town, first, _ = enrolled(founded)
    founded.visit()
    founded.asked()
    town.beat(first)
    founded.publish()

    founded.visit(WHOLE_EVERY_S + 1)

    assert len(founded.asked()) == 3


class Cosigned(County):
    """A log whose checkpoints the county's witness has cosigned up to some size."""

    def cosign(self) -> bytes:
        note = self.publish()
        head = checkpoint.verify(note, (vkey(self.town.log_signer, origin()),))
        line = checkpoint.cosign(head, "county.example", WITNESS, self.now_s)
        path = self.public / "2026" / "checkpoint"
        path.write_bytes(note + line)
        shutil.copy(path, path.with_name("checkpoint.witnessed"))
        return note + line


@pytest.fixture
def witnessed(tmp_path: Path) -> Cosigned:
    town = Township(2).fill(300)
    log = vkey(town.log_signer, origin()).vkey
    rules = policy.parse(f"log {log}\nwitness w {WITNESS_KEY.vkey}\nquorum w\n".encode())
    trust = Trust(log_keys=log_keys(town), records=town.records, policy=rules)
    return Cosigned(tmp_path, town, trust)


def test_the_quorum_is_asked_for_at_every_visit(witnessed: Cosigned) -> None:
    witnessed.cosign()
    assert witnessed.codes() == []

    (witnessed.public / "2026" / "checkpoint.witnessed").unlink()
    witnessed.town.fill(310)
    witnessed.publish()

    assert witnessed.codes() == ["quorum"]
    assert witnessed.codes() == ["quorum"]  # as long as it lasts
    witnessed.cosign()
    assert witnessed.codes() == []


def test_a_head_on_its_way_to_the_witnesses_is_no_finding_for_an_hour(
    witnessed: Cosigned,
) -> None:
    witnessed.cosign()
    witnessed.visit()
    witnessed.town.fill(310)
    witnessed.publish()

    assert witnessed.codes() == []
    assert witnessed.codes(QUORUM_PATIENCE_S - 1) == []
    (finding,) = witnessed.visit(1)
    assert (finding.code, finding.place.index) == ("quorum", 300)
    witnessed.cosign()
    assert witnessed.codes() == []


def test_a_head_that_contradicts_the_cosigned_one_is_found(witnessed: Cosigned) -> None:
    cosigned = witnessed.cosign()
    witnessed.visit()
    other = Township(2).fill(260)
    other.beat(other.machines[1])
    shutil.rmtree(witnessed.public / "2026")
    note = other.fill(320).publish(witnessed.public)
    (witnessed.public / "2026" / "checkpoint.witnessed").write_bytes(cosigned)

    found = witnessed.codes()

    assert found == ["log-rewritten"]
    evidence = {path.read_bytes() for path in witnessed.monitor.memory.evidence.glob("*.note")}
    assert evidence == {cosigned, note}
    assert [one.code for one in witnessed.monitor.memory.findings()] == ["log-rewritten"]


def test_a_township_that_writes_nothing_is_a_finding_until_it_writes(founded: County) -> None:
    town, first, _ = enrolled(founded)
    founded.visit()
    begun_s = founded.now_s
    monitor = founded.monitor

    assert monitor.silence(begun_s + SILENT_AFTER_S - 1) is None
    silent = monitor.silence(begun_s + SILENT_AFTER_S)
    assert silent is not None and silent.code == "log-silent"
    assert (silent.place.log, silent.place.seen_ms) == (origin(), begun_s * 1000)

    town.beat(first)
    founded.publish()
    founded.visit(SILENT_AFTER_S)
    assert founded.monitor.silence(founded.now_s) is None


def test_a_township_that_was_never_reached_is_silent_too(founded: County, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path / "state", FolderMirror(tmp_path / "nowhere"), founded.trust)
    for at_s in (NOW_S, NOW_S + SILENT_AFTER_S):
        with pytest.raises(UnreachableError):
            list(monitor.visit(at_s, YEAR))
        silent = monitor.silence(at_s)

    assert silent is not None and silent.place.log == str(tmp_path / "nowhere")


def test_a_head_of_any_size_does_not_keep_the_monitor_busy(tmp_path: Path) -> None:
    town = Township(1).fill(300)
    county = County(tmp_path, town, Trust(log_keys=log_keys(town), records=town.records))
    shutil.rmtree(county.public / "2026" / "tile" / "entries")
    write_keys(county.public, town.records)
    head = checkpoint.Checkpoint(origin(), 2**50, b"\1" * 32)
    (county.public / "2026" / "checkpoint").write_bytes(checkpoint.sign(head, town.log_signer))

    found = county.codes()

    assert found.count("entries-missing") == 50
    assert not (county.folder / "state" / "log").exists()
    assert county.monitor.memory.good(origin()) is None


def test_a_young_log_is_judged_by_the_keys_that_it_names_later(tmp_path: Path) -> None:
    town = Founded()
    town.enrol(town.machines[0])
    county = County(tmp_path, town, Trust(log_keys=log_keys(town), records=(COUNTY_RECORD,)))
    county.visit()
    town.enrol(town.machines[1])
    town.beat(town.machines[1])
    raw = town.entries[-1]
    at = raw.index(b'"sig":"') + 20
    town.entries[-1] = raw[:at] + (b"A" if raw[at : at + 1] != b"A" else b"B") + raw[at + 1 :]
    county.publish()
    shutil.rmtree(county.public / "keys", ignore_errors=True)

    assert county.codes() == ["entry-signature"]
