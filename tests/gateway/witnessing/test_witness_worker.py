"""The running gateway and its witness: cosigned heads are published, a fork ends the gateway."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import main
from ledger import policy

ROOT = Path(__file__).resolve().parents[3]
Town = Any
Running = Any


@pytest.fixture
def config_path(
    town: Town, county: Any, witnessed_config: Callable[..., Path], tmp_path: Path
) -> Path:
    town.store.close()
    return witnessed_config(tmp_path)


@pytest.mark.slow
def test_cosigned_checkpoint_is_published_in_place_of_the_plain_one(
    start: Callable[[Path], Running], until: Any, cosigned_size: Any, config_path: Path, county: Any
) -> None:
    public = config_path.parent / "public"
    gateway = start(config_path)

    for name in ("A", "B"):
        before = cosigned_size(public, county.key)
        assert gateway.grow(name).exit_code == 0
        until(lambda before=before: cosigned_size(public, county.key) > before, "a cosignature")

    (year,) = (path for path in public.iterdir() if path.name.isdigit())
    rules = policy.parse((year / "tlog-policy").read_bytes())
    head = policy.verify(rules, (year / "checkpoint").read_bytes())
    assert (year / "checkpoint.witnessed").read_bytes() == (year / "checkpoint").read_bytes()
    assert head.size == 2
    assert gateway.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_second_gateway_on_a_copied_key_is_ended_by_the_witness(
    start: Callable[[Path], Running], until: Any, cosigned_size: Any, config_path: Path, county: Any
) -> None:
    first = start(config_path)
    first.grow("A")
    until(lambda: cosigned_size(config_path.parent / "public", county.key) == 1, "a cosignature")
    first.end(signal.SIGTERM)
    copy = config_path.parent / "copy"
    shutil.copytree(
        config_path.parent,
        copy,
        ignore=shutil.ignore_patterns("county", "copy", "broker", "door.port"),
    )
    first, second = start(config_path), start(copy / "gateway.toml")
    assert first.started and second.started

    first.grow("B")
    until(lambda: cosigned_size(config_path.parent / "public", county.key) == 2, "a cosignature")
    second.grow("C")
    code = second.end()

    assert code == 4
    assert (
        "rollback: expected the log seal.xiaoshan.example/330109000000/330109110000/"
    ) in second.said()
    assert "to begin with the 2 entries that the witness county has cosigned" in second.said()
    assert "a second gateway with the same key" in second.said()
    assert first.process.poll() is None
    (kept,) = (json.loads(one.read_text()) for one in (copy / "state" / "evidence").iterdir())
    heads = [kept[who].partition("\n\n")[0].split("\n") for who in ("ours", "theirs")]
    assert heads[0][:2] == heads[1][:2] and heads[0][2] != heads[1][2]
    assert second.grow("D").exit_code == 4, "nor does the command line sign on"


@pytest.mark.slow
def test_gateway_that_is_behind_its_witness_does_not_start(
    start: Callable[[Path], Running], until: Any, cosigned_size: Any, config_path: Path, county: Any
) -> None:
    gateway = start(config_path)
    gateway.grow("A")
    until(lambda: cosigned_size(config_path.parent / "public", county.key) == 1, "a cosignature")
    gateway.end(signal.SIGTERM)
    shutil.rmtree(config_path.parent / "state")
    shutil.rmtree(config_path.parent / "public")

    again = start(config_path)

    assert not again.started and again.end() == 4
    assert "rollback: expected the log" in again.said()
    assert "with the 1 entries that the witness county has cosigned" in again.said()
    assert "docs/restore.md" in again.said()


@pytest.mark.slow
def test_witness_that_is_away_delays_nobody_and_is_caught_up_with(
    start: Callable[[Path], Running], until: Any, cosigned_size: Any, config_path: Path, county: Any
) -> None:
    public = config_path.parent / "public"
    address = county.url.rstrip("/").rpartition(":")[2]
    county.stop()
    gateway = start(config_path)
    gateway.grow("A")
    until(lambda: any(public.glob("*/checkpoint")), "a publication")
    away = cosigned_size(public, county.key)
    county.path.write_text(county.path.read_text().replace("port = 0", f"port = {address}"))
    service = subprocess.Popen(
        [sys.executable, "-m", "gateway", "witness", "--config", str(county.path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: cosigned_size(public, county.key) == 1, "a cosignature")
    finally:
        service.terminate()
        service.wait(20)

    assert away == 0
    assert gateway.said().count("witness_not_asked") == 1
    assert gateway.said().count("witness_failed") == 1
    assert "witness_answers_again" in gateway.said()


@pytest.mark.slow
def test_files_carry_a_request_there_and_the_cosignature_back(
    start: Callable[[Path], Running],
    until: Any,
    cosigned_size: Any,
    town: Town,
    county: Any,
    witnessed_config: Callable[..., Path],
    tmp_path: Path,
) -> None:
    town.store.close()
    county.stop()
    gateway = start(witnessed_config(tmp_path, url=None))
    public = tmp_path / "public"
    cosign = ["cosign", "--config", str(county.path)]
    results = []
    for name, size in (("A", 1), ("B", 2)):
        gateway.grow(name)
        heads = tmp_path / "public"
        until(lambda size=size, heads=heads: f"\n{size}\n" in _newest(heads), "a publication")
        request, answer = tmp_path / f"request-{name}", tmp_path / f"answer-{name}"
        results.append(gateway.command("witness-request", request))
        results.append(CliRunner().invoke(main, [*cosign, str(request), str(answer)]))
        results.append(gateway.command("witness-answer", request, answer))
        until(lambda size=size: cosigned_size(public, county.key) == size, "the cosignature")

    assert [result.exit_code for result in results] == [0] * 6
    wrong = gateway.command("witness-answer", tmp_path / "request-A", tmp_path / "answer-B")
    assert wrong.exit_code == 4 and "expected a cosignature of one of" in wrong.output
    unknown = gateway.command("witness-request", "--witness", "x", tmp_path / "r")
    assert unknown.exit_code == 1 and "county" in unknown.output


def _newest(public: Path) -> str:
    found = sorted(public.glob("*/checkpoint"))
    return found[-1].read_text() if found else ""
