"""Every command that docs/verify.md shows can be typed as it stands there, and holds."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.public_log import write_keys
from ledger import codec
from ledger.cli import main
from tests.ledger.founded_town import COUNTY, Founded, export

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verify.md"
SHOWN = re.findall(r"`(seal-verify [^`]+)`", PAGE.read_text(encoding="utf-8"))
COMMANDS = sorted({one for one in SHOWN if "SOURCE" in one or "回执" in one})


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clerk's folder: public files, trusted keys, an old head, a receipt, an export."""
    town = Founded()
    town.enrol(town.machines[0])
    town.stamp(town.machines[0])
    (tmp_path / "旧封签").write_bytes(town.publish(tmp_path / "public"))
    town.stamp(town.machines[0])
    town.publish(tmp_path / "public")
    write_keys(tmp_path / "pinned", (codec.encode_message(COUNTY.record), town.records[-1]))
    (tmp_path / "pinned" / "keys").rename(tmp_path / "trusted")
    folder = export(town, tmp_path / "导出文件夹")
    (tmp_path / "记录").write_bytes((folder / "entries" / f"{2:012d}.dsse").read_bytes())
    (tmp_path / "回执").write_bytes((folder / "receipts" / f"{2:012d}.tlog-proof").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_shows_commands() -> None:
    assert {line.split()[1] for line in COMMANDS} == {"device", "keys", "log", "receipt", "watch"}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_holds_when_it_is_typed(desk: Path, line: str) -> None:
    line = line.replace("FOLDER", "导出文件夹").replace("SOURCE...", "SOURCE")
    words = shlex.split(line.replace("SOURCE", "public").replace("--state 文件夹", "--state 状态"))[
        1:
    ]
    words += ["--once"] if words[0] == "watch" else []
    words += [] if "--keys" in words or "--trust-published" in words else ["--keys", "trusted"]

    result = CliRunner().invoke(main, words, catch_exceptions=False)

    assert result.exit_code == 0, result.output
    assert re.search("核对通过|回执真实|没有问题|全部有依据", result.output)
