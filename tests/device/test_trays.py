"""The tray calibrated by the real command on the simulated camera, and what is said of the file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device import journal_file, loading, trays
from device.cli import main
from device.config import DeviceConfig, load
from sim.camera import Scene, SimCamera
from sim.paper import PaperStack

CONFIG = """
device = "m-1"
township = "420625103000"
village = "420625103201"
village_name = "清溪村"
domain = "sim"
state = "state"
broker = {{ url = "mqtt://127.0.0.1:1" }}
keys = {{ key = "none", record = "none", reference = "none", trusted = "none" }}
log = {{ domain = "seal.example", county = "420625000000" }}
seal = [{{ id = "s-1", name = "村民委员会" }}]
controller = {{ driver = "relay" }}
camera = {{ driver = "opencv", options = {{ source = "{source}" }} }}
"""


class Tray:
    """A machine's camera over its tray, its configuration, and who runs commands."""

    def __init__(self, folder: Path) -> None:
        self.scene = Scene()
        self.camera = SimCamera(lambda: self.scene, seed=3)
        self.file = folder / "device.toml"
        self.file.write_text(CONFIG.format(source=self.camera.url), encoding="utf-8")
        self.kept = folder / "state" / trays.FILE

    @property
    def config(self) -> DeviceConfig:
        return load(self.file)

    def lay(self, paper: str) -> None:
        self.scene = Scene(page=PaperStack(3, None).next(paper))

    def run(self, *words: object) -> Result:
        return CliRunner().invoke(main, ["calibrate", *map(str, words)])


@pytest.fixture
def tray(tmp_path: Path) -> Iterator[Tray]:
    built = Tray(tmp_path)
    built.camera.start()
    yield built
    built.camera.stop()


@pytest.mark.slow
def test_technician_calibrates_by_the_sheet_and_no_other_page_undoes_it(tray: Tray) -> None:
    tray.lay("markers")

    done = tray.run("--config", tray.file)
    learnt = tray.kept.read_bytes()
    tray.lay("blank")
    refused = tray.run("--config", tray.file)

    assert done.exit_code == 0 and "标定完成" in done.output, done.output
    found, said = loading.load_tray(tray.config)
    assert found is not None and found.px_per_mm == pytest.approx(4.84, rel=0.005)
    assert found.markers == 12 and found.residual_mm < 0.2 and said in done.output
    assert stat.S_IMODE(tray.kept.stat().st_mode) == 0o600
    assert refused.exit_code == 1 and "found 0" in refused.output
    assert tray.kept.read_bytes() == learnt
    _say_what_cannot_be_used(tray, learnt)


def _say_what_cannot_be_used(tray: Tray, learnt: bytes) -> None:
    wider = tray.file.read_text().replace("options = { source", "options = { width = 2560, source")
    cases = [(learnt, wider, "width 2560, as [camera] has it, found 1200")]
    plain = tray.file.read_text()
    cases += [(learnt.replace(b'"m-1"', b'"m-2"'), plain, "that of m-2"), (b"{", plain, "damaged")]
    for data, config, why in cases:
        tray.kept.write_bytes(data)
        tray.file.write_text(config, encoding="utf-8")
        found, said = loading.load_tray(tray.config)
        assert found is None and said.startswith("not used: ")
        assert why in said or why == "damaged"


def test_running_agent_keeps_its_camera(tray: Tray) -> None:
    tray.kept.parent.mkdir()
    agent = journal_file.claim(tray.kept.parent / "journal.lock")

    refused = tray.run("--config", tray.file)

    os.close(agent)
    assert refused.exit_code == 1 and "expected to be the only agent" in refused.output
    assert loading.load_tray(tray.config) == (None, "")


def test_sheet_is_written_to_print_and_nothing_is_overwritten(tray: Tray, tmp_path: Path) -> None:
    sheet = tmp_path / "markers.pdf"

    written, again = tray.run("--markers", sheet), tray.run("--markers", sheet)
    unknown, nothing = tray.run("--markers", tmp_path / "markers.doc"), tray.run()

    assert written.exit_code == 0 and "100 毫米" in written.output
    assert sheet.read_bytes().startswith(b"%PDF-")
    assert (again.exit_code, unknown.exit_code, nothing.exit_code) == (1, 2, 2)
