"""seal-verify and logs that sign twice: what was checked, what was not, and what was taken away."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.public_log import Author, Township, origin, write
from ledger import auditing, canonical, codec, notes, proofs, receipts
from ledger.cli import main
from ledger.notes import Note
from ledger.receipts import Receipt
from ledger.signers import keyfile
from ledger.signers.keyfile import KeyFileSigner, Kind
from ledger.tree import MemoryHashes, leaf_hash

Run = Callable[..., Result]
SIZE = 12


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, KeyFileSigner]:
    """The keys of a town in which everybody has a second one."""
    folder = tmp_path_factory.mktemp("keys")
    fields = {"township": "420625103000", "epoch": 1, "domain": "sim"}
    found = {}
    for holder, role in (("gw-1", "gateway"), ("m-1", "device"), ("gw-1", "log")):
        paths = folder / f"{role}.key", folder / f"{role}.json"
        keyfile.create(*paths, Kind(second="sm2"), holder=holder, role=role, **fields)
        found[role] = keyfile.load(*paths)
    return found


@pytest.fixture
def town(keys: dict[str, KeyFileSigner]) -> Township:
    """Its entries."""
    made = Township(1)
    made.gateway, made.machines = Author(keys["gateway"]), [Author(keys["device"])]
    made.log_signer = keys["log"]
    return made.fill(SIZE)


@pytest.fixture
def public(town: Township, tmp_path: Path) -> Path:
    """Its public files; the trusted key records lie in `trusted`."""
    town.publish(tmp_path / "public")
    for number, record in enumerate(town.records):
        write(tmp_path / "trusted" / f"{number}.json", record)
    return tmp_path / "public"


@pytest.fixture
def run(tmp_path: Path, public: Path) -> Run:
    """Run seal-verify."""

    def call(*words: object, keys: bool = True) -> Result:
        given = ["--keys", str(tmp_path / "trusted")] if keys else []
        given += ["--lang", "en"]
        return CliRunner().invoke(main, [*map(str, words), *given], catch_exceptions=False)

    return call


@pytest.fixture
def receipt(town: Township, public: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The files of a receipt and its entry."""
    hashes = MemoryHashes(map(leaf_hash, town.entries))
    path = proofs.prove_inclusion(5, SIZE, hashes)
    note = (public / "2026" / "checkpoint").read_bytes()
    write(tmp_path / "r.tlog-proof", receipts.encode(Receipt(5, path, note)))
    write(tmp_path / "e.dsse", town.entries[5])
    return tmp_path / "r.tlog-proof", tmp_path / "e.dsse"


@pytest.fixture
def remove_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return what lets the package of the extra not be there, as for a program that starts."""

    def remove() -> None:
        monkeypatch.setitem(sys.modules, "gmalg", None)
        auditing._keyring.cache_clear()

    yield remove
    auditing._keyring.cache_clear()


def test_a_log_that_signs_twice_holds(run: Run, public: Path) -> None:
    result = run("log", public)

    assert result.exit_code == 0, result.output
    assert f"{SIZE} entries" in result.output
    assert "NOT checked" not in result.output


def test_without_the_extra_it_is_said_aloud_what_was_not_checked(
    run: Run, public: Path, receipt: tuple[Path, Path], remove_extra: Callable[[], None]
) -> None:
    remove_extra()

    log = run("log", public)
    others = [
        run("receipt", receipt[0], "--entry", receipt[1]),
        run("entry", receipt[1]),
        run("keys", public),
    ]

    assert log.exit_code == 0, log.output
    assert f"{SIZE} entries also have an SM2 signature, which was NOT checked" in log.output
    for result in (log, *others):
        assert result.exit_code == 0, result.output
        assert "SM2 signatures were NOT checked" in result.output
        assert "install sealkeeper[sm]" in result.output


@pytest.mark.parametrize("extra", [True, False])
def test_a_second_signature_that_was_taken_away_is_found_with_the_extra_or_without(
    run: Run,
    public: Path,
    receipt: tuple[Path, Path],
    extra: bool,
    remove_extra: Callable[[], None],
    town: Township,
) -> None:
    fields = canonical.decode(town.entries[5])
    town.entries[5] = canonical.encode({**fields, "signatures": fields["signatures"][:1]})
    town.publish(public)  # whoever can do that can forge the log's key, too
    receipt[1].write_bytes(town.entries[5])
    if not extra:
        remove_extra()

    log, entry = run("log", public), run("entry", receipt[1])

    assert (log.exit_code, entry.exit_code) == (4, 4)
    for result in (log, entry):
        assert "expected a second signature of " in result.output
        assert "somebody took it away" in result.output


@pytest.mark.parametrize("extra", [True, False])
def test_a_second_line_that_was_taken_away_is_found_with_the_extra_or_without(
    run: Run, public: Path, extra: bool, remove_extra: Callable[[], None]
) -> None:
    path = public / "2026" / "checkpoint"
    note = notes.parse(path.read_bytes())
    path.write_bytes(notes.encode(Note(note.text, note.lines[:1])))
    if not extra:
        remove_extra()

    result = run("log", public)

    assert result.exit_code == 4
    assert f"expected a second signature of {origin()}" in result.output


def test_who_trusts_a_verifier_key_alone_checks_the_first_line_alone(
    run: Run, public: Path, receipt: tuple[Path, Path]
) -> None:
    key = public / "2026" / "log.vkey"

    result = run("receipt", receipt[0], "--entry", receipt[1], "--key", key, keys=False)

    assert result.exit_code == 0, result.output
    assert "1 more signature lines" in result.output


def test_the_ids_of_the_published_records_are_those_of_the_first_keys(
    town: Township, run: Run, public: Path
) -> None:
    result = run("keys", public)

    assert result.exit_code == 0
    assert town.machines[0].signer.keyid in result.output
    assert all(b'"second":' in record for record in town.records)
    assert codec.sha256(town.records[0]) == town.gateway.signer.record_sha256
