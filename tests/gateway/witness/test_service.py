"""The witness as a process: over HTTP, killed, restarted, asked by many at once, and by file."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.witness.memory import origin_hash
from ledger import checkpoint, notes

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
Log = Any


class Running:
    """The witness as its own process; `doom` are the first arguments of dying_witness.py."""

    def __init__(self, config: Path, doom: tuple[str, ...] = ()) -> None:
        program = [str(HERE / "dying_witness.py"), *doom] if doom else ["-m", "gateway"]
        with (config.parent / "err").open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, *program, "witness", "--config", str(config)],
                stdout=subprocess.PIPE,
                stderr=err,
                cwd=ROOT,
                env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
                text=True,
            )
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        self.address, self.key = urlsplit(said["url"]).netloc, notes.parse_vkey(said["vkey"])

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.headers["content-type"], answer.read()
        finally:
            connection.close()

    def ask(self, raw: bytes) -> tuple[int, str, bytes]:
        return self.call("POST", "/add-checkpoint", raw)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def config(tmp_path: Path, log: Log, write_witness: Callable[..., Path]) -> Path:
    return write_witness(tmp_path / "county", log)


@pytest.fixture
def start(config: Path) -> Iterator[Callable[..., Running]]:
    """Return what starts the witness; all are ended at the end."""
    made: list[Running] = []

    def begin(*doom: str) -> Running:
        made.append(Running(config, doom))
        return made[-1]

    yield begin
    for one in made:
        if one.process.poll() is None:
            one.stop(signal.SIGKILL)
        elif one.process.stdout is not None:
            one.process.stdout.close()


@pytest.mark.slow
def test_answers_have_the_statuses_and_types_of_the_specification(
    start: Callable[..., Running], config: Path, log: Log, make_log: Any
) -> None:
    log.grow(3)
    witness = start()

    first = witness.ask(log.request(0))
    stale = witness.ask(log.request(0))
    other = make_log(log.record_path.parent)
    other.grow(3, "forged")
    forked = witness.ask(other.request(3))
    shown = witness.call("GET", f"/{origin_hash(log.origin)}/checkpoint")
    unknown = witness.call("GET", f"/{'0' * 64}/checkpoint")
    evidence = witness.call("GET", "/evidence")
    empty = witness.ask(b"")
    page = witness.call("GET", "/")

    assert first[0] == 200
    assert stale == (409, "text/x.tlog.size", b"3\n")
    assert (forked[0], empty[0], unknown[0]) == (422, 400, 404)
    assert checkpoint.verify_cosignatures(shown[2], (witness.key,))[0].key == witness.key
    (kept,) = json.loads(evidence[2]).values()
    assert kept["kind"] == "fork" and kept["found"].encode() == other.note()
    assert f"{log.origin} 3".encode() in page[2] and b"evidence: 1 forks" in page[2]
    assert "log_contradicts_itself" in (config.parent / "err").read_text()
    assert witness.stop() == 0


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "known"), [("before", 3), ("after", 5)])
def test_witness_killed_before_it_answers_never_forgets_nor_forks(
    start: Callable[..., Running], log: Log, make_log: Any, moment: str, known: int
) -> None:
    log.grow(3)
    doomed = start(moment, "1", origin_hash(log.origin)[-8:])
    assert doomed.ask(log.request(0))[0] == 200
    log.grow(2)

    with pytest.raises((http.client.HTTPException, OSError)):
        doomed.ask(log.request(3))
    assert doomed.process.wait(20) == -signal.SIGKILL
    witness = start()

    told = witness.ask(log.request(0))
    again = witness.ask(log.request(known))
    other = make_log(log.record_path.parent)
    other.grow(5, "forged")

    assert told == (409, "text/x.tlog.size", b"%d\n" % known)
    assert again[0] == 200
    assert witness.ask(other.request(5))[0] == 422


@pytest.mark.slow
def test_of_two_futures_of_one_log_sent_at_once_one_is_cosigned(
    start: Callable[..., Running], log: Log, make_log: Any
) -> None:
    log.grow(3)
    witness = start()
    witness.ask(log.request(0))
    bodies = []
    for number in range(24):
        future = make_log(log.record_path.parent)
        future.grow(3)
        future.grow(1 + number, f"future {number}")
        bodies.append(future.request(3))

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(witness.ask, bodies))

    statuses = [status for status, _, _ in answers]
    assert sorted(set(statuses)) == [200, 409] and statuses.count(200) == 1
    size = 4 + statuses.index(200)
    assert {body for status, _, body in answers if status == 409} == {b"%d\n" % size}


@pytest.mark.slow
def test_file_and_service_share_one_memory(
    start: Callable[..., Running], config: Path, log: Log, tmp_path: Path
) -> None:
    log.grow(3)
    witness = start()
    witness.ask(log.request(0))
    log.grow(2)
    words = ["cosign", "--config", str(config)]
    request, answer = tmp_path / "request", tmp_path / "answer"

    request.write_bytes(log.request(0))
    stale = CliRunner().invoke(main, [*words, str(request), str(answer)])
    request.write_bytes(log.request(3))
    done = CliRunner().invoke(main, [*words, str(request), str(answer)])
    known = witness.ask(log.request(0))

    assert stale.exit_code == 1 and "--from 3" in stale.output
    assert done.exit_code == 0
    raw = checkpoint.add_cosignatures(log.note(), answer.read_bytes(), (witness.key,))
    assert len(checkpoint.verify_cosignatures(raw, (witness.key,))) == 1
    assert known[2] == b"5\n"


def test_refused_file_says_why_and_writes_nothing(
    config: Path, log: Log, make_log: Any, tmp_path: Path
) -> None:
    words = ["cosign", "--config", str(config)]
    request, answer = tmp_path / "request", tmp_path / "answer"
    log.grow(3)
    request.write_bytes(log.request(0))
    CliRunner().invoke(main, [*words, str(request), str(tmp_path / "first")])
    other = make_log(log.record_path.parent)
    other.grow(3, "forged")
    request.write_bytes(other.request(3))

    result = CliRunner().invoke(main, [*words, str(request), str(answer)])

    assert result.exit_code == 4 and "not-cosigned: 422" in result.output
    assert not answer.exists()


def test_keygen_makes_a_witness_that_others_can_verify(tmp_path: Path) -> None:
    words = ["witness-keygen", "--id", "county", "--name", "w.example/county"]
    words += ["--township", "330109000000", "--domain", "sim", "--out", str(tmp_path / "new")]

    result = CliRunner().invoke(main, words)

    assert result.exit_code == 0
    vkey = (tmp_path / "new" / "county-1-witness.vkey").read_text().strip()
    assert notes.parse_vkey(vkey).name == "w.example/county" and vkey in result.output


def test_wrong_key_or_log_is_refused_with_what_to_do(config: Path) -> None:
    text = config.read_text()
    results = []
    for old, new in (
        ('signer_record = "w.json"', 'signer_record = "missing.json"'),
        ('domain = "sim"', 'domain = "field"'),
        ("[[logs]]", "[[log]]"),
    ):
        config.write_text(text.replace(old, new))
        results.append(CliRunner().invoke(main, ["witness", "--config", str(config)]))

    assert [result.exit_code for result in results] == [1, 1, 1]
    assert all(result.output.startswith("config: ") for result in results)
