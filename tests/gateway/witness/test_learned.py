"""A witness without a network learns the log's new key from the files on the stick."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.public_log import publish
from gateway.cli import main
from ledger import checkpoint, codec, growth, notes, proofs
from ledger.growth import Growth
from ledger.signers import keyfile
from ledger.tree import MemoryHashes, leaf_hash
from tests.ledger.founded_town import COUNTY, Founded
from tests.ledger.public_town import make_signer, origin

NAME = "witness.example/county"


class Place:
    """A founded township, and a county's computer that has only sticks."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.public = folder, folder / "stick"
        self.town = Founded()
        self.old = self.town.log_signer
        self.new = make_signer(self.old.record.holder, "log", 90)
        (folder / "county").mkdir()
        (folder / "county" / "1.json").write_bytes(codec.encode_message(COUNTY.record))
        (folder / "log.json").write_bytes(codec.encode_message(self.old.record))
        fields = {"holder": "county", "township": "420625000000", "domain": "sim", "epoch": 1}
        self.record = keyfile.create(folder / "w.key", folder / "w.json", role="witness", **fields)
        self.config = folder / "witness.toml"
        self.write("keys = 'county'")
        self.town.publish(self.public)

    def write(self, monitor: str) -> None:
        self.config.write_text(
            f"name = '{NAME}'\ndomain = 'sim'\nstate = 'state'\nsigner = 'w.key'\n"
            f"signer_record = 'w.json'\n[monitor]\nenabled = false\n{monitor}\n"
            f"[[logs]]\nname = '{origin().rpartition('/')[0]}'\nrecords = ['log.json']\n"
        )

    def renew(self) -> None:
        """Replace the log's key with everybody's agreement; the new one signs from here on."""
        self.town.name_log_key(self.old)
        self.town.replace_log_key(self.old, self.new)
        self.town.log_signer = self.new
        self.town.publish(self.public)

    @property
    def note(self) -> bytes:
        return (self.public / "2026" / "checkpoint").read_bytes()

    def cosign(self, old: int, *words: str) -> tuple[Result, Path]:
        hashes = MemoryHashes(map(leaf_hash, self.town.entries))
        path = proofs.prove_consistency(old, len(self.town.entries), hashes)
        request, answer = self.folder / "request", self.folder / f"answer-{old}"
        request.write_bytes(growth.encode(Growth(old, path, self.note)))
        called = ["cosign", "--config", str(self.config), *words, str(request), str(answer)]
        return CliRunner().invoke(main, called), answer


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_new_key_of_the_log_is_learned_from_the_stick_and_kept(place: Place) -> None:
    place.cosign(0)
    known = len(place.town.entries)
    place.renew()

    refused, _ = place.cosign(known)
    done, answer = place.cosign(known, "--public", str(place.public))
    again, _ = place.cosign(len(place.town.entries))

    assert refused.exit_code == 4 and "not-cosigned: 403" in refused.output
    assert done.exit_code == 0, done.output
    key = notes.cosigner_of(place.record, NAME)
    raw = checkpoint.add_cosignatures(place.note, answer.read_bytes(), (key,))
    assert len(checkpoint.verify_cosignatures(raw, (key,))) == 1
    assert again.exit_code == 0


def test_a_key_that_the_county_did_not_agree_to_is_not_learned(place: Place) -> None:
    place.cosign(0)
    known = len(place.town.entries)
    place.town.county = make_signer("county-1", "county", 51)
    place.renew()

    result, answer = place.cosign(known, "--public", str(place.public))

    assert result.exit_code == 4 and "not-cosigned: 403" in result.output
    assert not answer.exists()


def test_files_of_before_take_no_key_away(place: Place) -> None:
    before = place.folder / "before"
    place.renew()
    first, _ = place.cosign(0, "--public", str(place.public))
    publish(before / "2026", place.town.entries[:1], origin(), place.old)

    known = len(place.town.entries)
    result, _ = place.cosign(known, "--public", str(before))

    assert (first.exit_code, result.exit_code) == (0, 0)


def test_without_the_countys_key_it_says_what_to_do(place: Place) -> None:
    place.write("")

    result, _ = place.cosign(0, "--public", str(place.public))

    assert result.exit_code != 0
    assert "give the new key record by hand" in result.output


def test_a_stick_without_a_log_is_told(place: Place) -> None:
    shutil.rmtree(place.public / "2026" / "tile")
    note = place.note
    (place.public / "2026" / "checkpoint").unlink()
    request = place.folder / "request"
    request.write_bytes(growth.encode(Growth(0, (), note)))

    result = CliRunner().invoke(
        main,
        ["cosign", "--config", str(place.config), "--public", str(place.public), str(request), "x"],
    )

    assert result.exit_code != 0
    assert "expected YEAR/checkpoint or checkpoint" in result.output
