"""A founded log and a machine's export, checked from a web address with the county's word alone."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.public_log import publish, write_keys
from ledger import codec
from ledger.cli import main
from tests.ledger.founded_town import COUNTY, Founded, export
from tests.ledger.public_town import Township, make_signer, origin

Run = Callable[..., Result]


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        pass

    def list_directory(self, path: object) -> None:  # type: ignore[override]
        self.send_error(403)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A static web server that lists nothing."""
    (tmp_path / "public").mkdir()
    serve = functools.partial(Handler, directory=str(tmp_path / "public"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    thread = threading.Thread(target=server.serve_forever, name="web")
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def town(tmp_path: Path, url: str) -> Founded:
    town = Founded()
    for machine in town.machines:
        town.enrol(machine)
    for _ in range(10):
        for machine in town.machines:
            town.stamp(machine)
    town.publish(tmp_path / "public")
    return town


@pytest.fixture
def trusted(tmp_path: Path, town: Founded) -> Path:
    """What somebody pinned: the county's record and the log's, nothing of machines."""
    write_keys(tmp_path / "pinned", (codec.encode_message(COUNTY.record), town.records[-1]))
    return tmp_path / "pinned" / "keys"


@pytest.fixture
def run(trusted: Path) -> Run:
    def call(*words: object, keys: Path | None = trusted) -> Result:
        given = () if keys is None else ("--keys", str(keys))
        words = (*words, *given, "--lang", "en")
        return CliRunner().invoke(main, [*map(str, words)], catch_exceptions=False)

    return call


def test_published_keys_are_found_over_http(run: Run, town: Founded, url: str) -> None:
    result = run("log", url, "--trust-published", keys=None)

    assert result.exit_code == 0, result.output
    for said in ("county county-1, epoch 1: ", "log gw-420625103, epoch 1: ", town.log):
        assert said in result.output
    assert "nobody has confirmed them" in result.output


def test_published_keys_of_a_log_without_founding_are_found_over_http(
    run: Run, tmp_path: Path, url: str
) -> None:
    Township(2).fill(60).publish(tmp_path / "public")

    result = run("log", url, "--trust-published", keys=None)

    assert result.exit_code == 0, result.output
    assert "device m-2, epoch 1: " in result.output
    assert "nobody has confirmed them" in result.output


def test_numbers_to_compare_are_not_called_confirmed(run: Run, town: Founded, url: str) -> None:
    result = run("keys", url, "--trust-published", keys=None)

    assert result.exit_code == 0
    assert town.log in result.output
    assert "nobody has confirmed them" in result.output


def test_a_file_that_is_no_key_among_the_trusted_ones_is_named(
    run: Run, town: Founded, trusted: Path, tmp_path: Path
) -> None:
    (trusted / "letter.json").write_text("{}")
    (tmp_path / "one.dsse").write_bytes(town.entries[1])

    result = run("entry", tmp_path / "one.dsse")

    assert result.exit_code == 2
    assert f"expected a key record in {trusted / 'letter.json'}" in result.stderr


def test_an_index_leads_nowhere_else(run: Run, tmp_path: Path, url: str) -> None:
    Township(2).fill(60).publish(tmp_path / "public")
    (tmp_path / "secret.json").write_bytes((tmp_path / "public/keys/index").read_bytes())
    index = tmp_path / "public" / "keys" / "index"
    index.write_text(
        index.read_text() + "../../secret.json\nhttp://other.example/k.json\n\0.json\n"
    )

    assert run("log", url, "--trust-published", keys=None).exit_code == 0


def test_a_founded_log_needs_the_countys_and_the_logs_key_only(
    run: Run, town: Founded, url: str
) -> None:
    assert run("log", url).exit_code == 0


def test_a_founding_may_be_pinned_in_place_of_the_countys_record(
    run: Run, town: Founded, url: str, trusted: Path, tmp_path: Path
) -> None:
    write_keys(tmp_path / "log-only", (town.records[-1],))
    own = tmp_path / "log-only" / "keys"

    good = run("log", url, "--founding", town.log, keys=own)
    other = run("log", url, "--founding", "0" * 64, keys=own)
    unpinned = run("log", url, keys=own)

    assert (good.exit_code, other.exit_code, unpinned.exit_code) == (0, 4, 4)
    assert "does not begin with the founding that you named" in other.output
    assert f"the founding is {town.log}" in unpinned.output


def test_an_export_is_checked_by_the_public_log_with_pinned_trust_alone(
    run: Run, town: Founded, url: str, tmp_path: Path
) -> None:
    folder = export(town, tmp_path / "m-1")

    alone = run("device", folder)
    result = run("device", folder, "--source", url)

    assert result.exit_code == 0, result.output
    assert "All good: 40 entries, 40 with a receipt." in result.output
    assert alone.exit_code == 4  # without the log nobody knows the machine's key
    assert "This entry was signed with a key that nobody knows." in alone.output


def test_an_export_of_a_machine_that_was_never_enrolled_is_found(
    run: Run, town: Founded, url: str, tmp_path: Path
) -> None:
    folder = export(town, tmp_path / "m-1")
    stranger = Founded()
    stranger.machines[0] = type(town.machines[0])(make_signer("m-1", "device", 900))
    stranger.beat(stranger.machines[0])
    (folder / "entries" / f"{1:012d}.dsse").write_bytes(stranger.entries[-1])

    result = run("device", folder, "--source", url)

    assert result.exit_code == 4
    assert "This entry was signed with somebody else's key." in result.output


def test_entries_after_a_revocation_count_no_more_in_an_export(
    run: Run, town: Founded, url: str, tmp_path: Path
) -> None:
    folder = export(town, tmp_path / "m-1")
    town.revoke(town.machines[0], last_seq=12)
    town.publish(tmp_path / "public")

    result = run("device", folder, "--source", url)

    assert result.exit_code == 4
    assert "A key signed entries after it was revoked or replaced." in result.output


def test_a_log_that_has_not_kept_a_machines_receipts_is_found(
    run: Run, town: Founded, url: str, tmp_path: Path
) -> None:
    folder = export(town, tmp_path / "m-1")
    town.beat(town.machines[1])
    entries = [*town.entries[:40], town.entries[-1]]
    publish(tmp_path / "public" / "2026", entries, origin(), town.log_signer)

    result = run("device", folder, "--source", url)

    assert result.exit_code == 4
    assert "The log is shorter than before: its end was cut off" in result.output
