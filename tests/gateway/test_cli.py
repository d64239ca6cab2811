"""seal-gateway: the commands, with and without a running gateway."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.stores import sqlite
from ledger.cli import main as verify
from ledger.signers import keyfile

ROOT = Path(__file__).resolve().parents[2]
LIST = "code,name,verdict\nA-1,建房,可以\nF-1,死亡证明,禁止\n"
IMPORT = ["--layer", "township", "--place", "示例镇", "--from", "2020-01-01"]


@pytest.fixture
def config_path(tmp_path: Path, town: Any, write_config: Callable[..., Path]) -> Path:
    town.store.close()
    for file in (tmp_path / "state").iterdir():
        file.unlink()
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    (tmp_path / "password").write_text("correct horse\n")
    return write_config(tmp_path)


@pytest.fixture
def seal(config_path: Path) -> Callable[..., Result]:
    """Return what runs one command with the configuration."""
    runner = CliRunner(env={"SEAL_CONFIG": str(config_path)})

    def run(*words: object) -> Result:
        return runner.invoke(main, [str(word) for word in words])

    return run


def add_chair(seal: Callable[..., Result], folder: Path, office: str = "approver") -> Result:
    return seal(
        "account", "add", "chair", "--name", "王主任", "--office", office,
        "--password-file", folder / "password",
    )  # fmt: skip


def test_keygen_makes_keys_that_only_the_owner_reads(tmp_path: Path) -> None:
    out = tmp_path / "new"
    words = ["keygen", "--id", "gw-9", "--township", "330109110000", "--domain", "field"]

    result = CliRunner().invoke(main, [*words, "--out", str(out)])
    again = CliRunner().invoke(main, [*words, "--out", str(out)])

    assert (result.exit_code, again.exit_code) == (0, 1)
    signer = keyfile.load(out / "gateway.key", out / "gw-9-1.json")
    assert (signer.record.role, signer.record.domain) == ("gateway", "field")
    assert str(keyfile.load_opener(out / "opener.key").to_public()).startswith("age1")


def test_keygen_makes_second_keys_of_gateway_and_log(tmp_path: Path) -> None:
    words = ["keygen", "--id", "gw-9", "--township", "330109110000", "--domain", "field"]

    result = CliRunner().invoke(main, [*words, "--second", "sm2", "--out", str(tmp_path)])

    assert result.exit_code == 0, result.output
    for key, record in (("gateway.key", "gw-9-1.json"), ("log.key", "gw-9-1-log.json")):
        signer = keyfile.load(tmp_path / key, tmp_path / record)
        assert signer.second is not None and signer.record.second is not None


def test_keygen_without_the_extra_says_what_to_install_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gmalg", None)  # what an import finds when it is not there
    words = ["keygen", "--id", "gw-9", "--township", "330109110000", "--domain", "field"]

    result = CliRunner().invoke(main, [*words, "--second", "sm2", "--out", str(tmp_path)])

    assert result.exit_code == 4
    assert "install sealkeeper with its sm extra" in result.output
    assert not list(tmp_path.iterdir())


def test_check_config_says_what_it_found(seal: Callable[..., Result]) -> None:
    result = seal("check-config")

    assert result.exit_code == 0
    assert "2 machines" in result.output


def test_wrong_config_is_refused_with_one_line(config_path: Path) -> None:
    config_path.write_text("id = 1", encoding="utf-8")

    result = CliRunner().invoke(main, ["check-config", "--config", str(config_path)])

    assert result.exit_code == 1
    assert str(config_path) in result.output and "Traceback" not in result.output


def test_missing_option_is_a_usage_error() -> None:
    assert CliRunner().invoke(main, ["list", "import"]).exit_code == 2


def test_list_is_imported_shown_and_compared(seal: Callable[..., Result], tmp_path: Path) -> None:
    dry = seal("list", "import", tmp_path / "list.csv", *IMPORT, "--dry-run")
    done = seal("list", "import", tmp_path / "list.csv", *IMPORT)
    shown = seal("list", "show", "死亡证明", "--village", "330109110201")
    nowhere = seal("list", "show", "别的事", "--village", "330109110201")
    again = seal("list", "import", tmp_path / "list.csv", *IMPORT)

    assert (dry.exit_code, done.exit_code, shown.exit_code) == (0, 0, 0)
    assert "新增 2 项" in dry.output and "version" not in dry.output
    assert "version 1: 2 items" in done.output
    assert "清单明确不得用印" in shown.output and "0571-00000000" in shown.output
    assert "不在用印事项清单内" in nowhere.output
    assert again.exit_code == 1 and "list-same" in again.output


def test_wrong_list_rows_are_named(seal: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("code,name,verdict\nA,,可以\n", encoding="utf-8")

    result = seal("list", "import", tmp_path / "list.csv", *IMPORT)

    assert result.exit_code == 1
    assert "第 2 行：事项名称（name） 为空" in result.output


def test_list_for_a_place_without_villages_is_refused(
    seal: Callable[..., Result], tmp_path: Path
) -> None:
    words = ["--layer", "county", "--place", "别处", "--from", "2020-01-01"]

    result = seal("list", "import", tmp_path / "list.csv", *words)

    assert result.exit_code == 1
    assert "list-place" in result.output


def test_account_is_kept_with_a_hash_only(seal: Callable[..., Result], tmp_path: Path) -> None:
    assert add_chair(seal, tmp_path).exit_code == 0

    store = sqlite.connect(sqlite.Options(folder=tmp_path / "state", writable=False))
    with store.reader() as reader:
        account = reader.account("chair")
    store.close()

    assert account is not None and account.offices == ("approver",)
    assert account.password_hash.startswith("$argon2id$")
    assert "correct horse" not in account.password_hash


@pytest.mark.parametrize("form", ["sheet", "label"])
def test_paper_of_an_entry_is_one_file_without_scripts(
    seal: Callable[..., Result], tmp_path: Path, form: str
) -> None:
    seal("list", "import", tmp_path / "list.csv", *IMPORT)
    out = tmp_path / "paper.html"

    done = seal("label", 0, out, "--form", form)
    again = seal("label", 0, out, "--form", form)
    beyond = seal("label", 99, tmp_path / "none.html")

    assert (done.exit_code, again.exit_code, beyond.exit_code) == (0, 1, 1)
    text = out.read_text(encoding="utf-8")
    assert "<svg" in text and "@page" in text
    assert "<script" not in text and "src=" not in text and "href=" not in text
    assert "not-found" in beyond.output and not (tmp_path / "none.html").exists()


def test_door_sheet_of_a_village_is_written(seal: Callable[..., Result], tmp_path: Path) -> None:
    done = seal("door-sheet", "330109110201", tmp_path / "door.html", "--language", "en")
    unknown = seal("door-sheet", "330109110999", tmp_path / "none.html")

    assert (done.exit_code, unknown.exit_code) == (0, 1)
    assert "甲村" in (tmp_path / "door.html").read_text(encoding="utf-8")
    assert "not-found" in unknown.output


def test_export_proves_every_entry_to_whoever_holds_public_keys(
    seal: Callable[..., Result], tmp_path: Path
) -> None:
    imported = seal("list", "import", tmp_path / "list.csv", *IMPORT)
    (tmp_path / "list.csv").write_text(LIST.replace("禁止", "可以"), encoding="utf-8")
    add_chair(seal, tmp_path, "administrator")
    words = ["--by", "chair", "--password-file", tmp_path / "password"]
    changed = seal("list", "import", tmp_path / "list.csv", *IMPORT, *words)
    out = tmp_path / "out"

    done, again = seal("export", out), seal("export", out)

    assert [one.exit_code for one in (imported, changed, done, again)] == [0, 0, 0, 1]
    entries = sorted(path.stem for path in (out / "entries").iterdir())
    assert entries == sorted(path.stem for path in (out / "receipts").iterdir())
    assert len(entries) == 3  # a list, an account, a draft of a list
    for name in entries:
        words = ["receipt", out / "receipts" / f"{name}.tlog-proof"]
        words += ["--entry", out / "entries" / f"{name}.dsse", "--keys", out / "keys"]
        proved = CliRunner().invoke(verify, [str(word) for word in words])
        assert proved.exit_code == 0, proved.output
    words[1] = out / "receipts" / f"{entries[0]}.tlog-proof"
    swapped = CliRunner().invoke(verify, [str(word) for word in words])
    assert swapped.exit_code == 4


@pytest.mark.parametrize(("holder", "township"), [("GW", "330109110000"), ("gw-9", "3301")])
@pytest.mark.parametrize("command", ["keygen", "county-keygen", "witness-keygen"])
def test_keys_of_a_malformed_name_are_a_slip_of_the_hand(
    tmp_path: Path, command: str, holder: str, township: str
) -> None:
    words = [command, "--id", holder, "--township", township, "--domain", "sim"]
    words += ["--name", "seal.example/w"] if command == "witness-keygen" else []

    result = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "new")])

    assert result.exit_code == 2
    assert "expected" in result.output
    assert not (tmp_path / "new").exists()


class Running:
    """The gateway as its own process."""

    def __init__(self, config: Path) -> None:
        with (config.parent / "err").open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "run", "--config", str(config)],
                stdout=subprocess.PIPE,
                stderr=err,
                cwd=ROOT,
                text=True,
            )
        assert self.process.stdout is not None
        self.addresses = json.loads(self.process.stdout.readline())

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.mark.slow
def test_running_gateway_serves_and_takes_orders_from_the_command_line(
    seal: Callable[..., Result], config_path: Path, tmp_path: Path
) -> None:
    running = Running(config_path)
    try:
        with urllib.request.urlopen(running.addresses["console"], timeout=10) as page:
            status = page.status
        imported = seal("list", "import", tmp_path / "list.csv", *IMPORT)
        refused = seal("list", "import", tmp_path / "list.csv", *IMPORT)
        chair = add_chair(seal, tmp_path)
        exported = seal("export", tmp_path / "out")
        second = subprocess.run(
            [sys.executable, "-m", "gateway", "run", "--config", str(config_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        code = running.stop()

    assert status == 200
    assert (imported.exit_code, chair.exit_code) == (0, 0)
    assert refused.exit_code == 1 and "list-same" in refused.output
    assert exported.exit_code == 0
    assert {one.name for one in (tmp_path / "out").iterdir()} == {
        "entries", "photos", "acks", "receipts", "keys",
    }  # fmt: skip
    assert (tmp_path / "out" / "entries" / "000000000000.dsse").exists()
    assert len(list((tmp_path / "out" / "acks").iterdir())) == 2
    assert second.returncode == 1 and "running gateway" in second.stderr
    assert code == 0
    assert not (tmp_path / "state" / "control.sock").exists()


@pytest.mark.slow
def test_killed_gateway_starts_again(
    seal: Callable[..., Result], config_path: Path, tmp_path: Path
) -> None:
    Running(config_path).stop(signal.SIGKILL)

    imported = seal("list", "import", tmp_path / "list.csv", *IMPORT)
    running = Running(config_path)
    code = running.stop(signal.SIGINT)

    assert (imported.exit_code, code) == (0, 0)
    with pytest.raises(OSError):
        urllib.request.urlopen(running.addresses["console"], timeout=2)
