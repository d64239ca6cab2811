"""Importing an exported log: the same way in as from the broker, whatever the folder holds."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway import exporting
from gateway.app import App
from gateway.cli import main
from gateway.commands import ReleaseHold
from gateway.config import load
from gateway.control import Control, UnreachableError
from gateway.errors import NotFoundError
from gateway.folder import FolderError
from gateway.importing import Report, bring
from gateway.stores import Reader, sqlite
from gateway.wiring import load_keys
from ledger import codec, envelope
from ledger.records import Heartbeat, HoldRelease
from sim.bus import SimBroker

Town = Any
PATIENCE_S = 20.0


class Office:
    """A gateway that runs on a town's keys, with its socket; nobody is connected to its broker."""

    def __init__(self, town: Town, config_path: Path) -> None:
        self.town, self.path = town, config_path
        self.config = load(config_path)
        self.broker = SimBroker(1)
        self.store = sqlite.connect(sqlite.Options(folder=self.config.state))
        bus = self.broker.bus("gw-1")
        self.app = App(self.config, load_keys(self.config), self.store, bus)
        self.app.start()
        self.broker.pump()
        submit, carry = self.app.submit_operator, self.app.carry_photo
        self._control = Control(self.config.state, submit, carry)
        self._thread = threading.Thread(target=self._control.run, name="control")
        self._thread.start()

    def bring(self, folder: Path) -> Report:
        return bring(self.config, folder)

    def read(self, ask: Callable[[Reader], Any]) -> Any:
        with self.app.reader() as reader:
            return ask(reader)

    def log(self) -> list[bytes]:
        return [one.envelope for one in self.read(lambda reader: list(reader.all_entries()))]

    def release(self, hold: str, impressions: int) -> None:
        command = ReleaseHold(by="chief", hold=hold, impressions=impressions)
        self.app.submit(command).result(PATIENCE_S)

    def stop(self) -> None:
        self._control.stop()
        self._thread.join(PATIENCE_S)
        self._control.close()
        self.app.stop()


@pytest.fixture
def office(desk: Town, write_config: Callable[..., Path]) -> Iterator[Office]:
    desk.store.close()
    made = Office(desk, write_config(desk.folder))
    yield made
    made.stop()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """Return where a machine's log is exported to."""
    return tmp_path / "stick"


def export(machine: Any, stick: Path, *filed: Any) -> Path:
    """Write a machine's whole log as `seal-device export` does, with openings and pages."""
    shutil.rmtree(stick, ignore_errors=True)
    for name in ("entries", "openings", "photos", "acks", "receipts", "keys"):
        (stick / name).mkdir(parents=True)
    for seq, raw in enumerate(machine.raws, 1):
        (stick / "entries" / f"{seq:012d}.dsse").write_bytes(raw)
    for one in filed:
        (stick / "openings" / f"{one.sha256}.age").write_bytes(one.opening)
        (stick / "photos" / f"{one.page.ref.sealed_sha256}.age").write_bytes(one.page.sealed)
    return stick


def held(town: Town) -> str:
    """Let a machine run and end in a held incident; return its hash."""
    machine = town.machines["m-1"]
    for _ in range(3):
        machine.beat()
    town.incident()
    return str(machine.head.sha256)


def heartbeat() -> Heartbeat:
    return Heartbeat(state="held", strokes={}, impressions=0, waiting=0, free_mb=1, alarms=())


def test_hold_of_a_machine_without_network_is_released_and_carried_back(
    office: Office, stick: Path, tmp_path: Path
) -> None:
    hold = held(office.town)
    with pytest.raises(NotFoundError):
        exporting.export_release(office.store, hold, tmp_path / "release.dsse")

    report = office.bring(export(office.town.machines["m-1"], stick))
    office.release(report.holds[0], 1)
    exporting.export_release(office.store, hold, tmp_path / "release.dsse")

    assert (report.machine, report.entries, report.wrong) == ("m-1", {"taken": 4}, ())
    assert report.holds == (hold,)
    signed, _ = envelope.verify((tmp_path / "release.dsse").read_bytes(), office.town.ring)
    body = codec.decode_entry(signed.payload_type, signed.payload).body
    assert body == HoldRelease(machine="m-1", hold=hold, impressions=1, by="chief")


def test_alerts_are_raised_as_for_a_message_from_the_broker(office: Office, stick: Path) -> None:
    hold = held(office.town)

    office.bring(export(office.town.machines["m-1"], stick))

    alerts = office.read(lambda reader: reader.alerts(machine="m-1"))
    assert ("incident", hold) in {(one.code, one.entry) for one in alerts}


def test_second_import_and_the_link_that_comes_back_double_nothing(
    office: Office, stick: Path
) -> None:
    held(office.town)
    machine = office.town.machines["m-1"]
    office.bring(export(machine, stick))
    before = office.log()

    again = office.bring(stick)
    bus = office.broker.bus("m-1")
    bus.start(bus.done, lambda up: None)
    office.broker.pump()
    for raw in machine.raws:
        message = machine.message(raw)
        assert bus.publish(message.topic, message.payload)
    office.broker.pump()
    last = office.bring(stick)  # in the writer's queue behind what the broker brought

    assert (again.entries, last.entries) == ({"known": 4}, {"known": 4})
    assert office.log() == before
    assert office.read(lambda reader: reader.troubles()) == ()


def test_longer_export_brings_only_what_is_new(office: Office, stick: Path) -> None:
    held(office.town)
    machine = office.town.machines["m-1"]
    office.bring(export(machine, stick))
    machine.beat()

    report = office.bring(export(machine, stick))

    assert report.entries == {"known": 4, "taken": 1}


def test_machine_whose_log_was_carried_is_not_taken_for_connected(
    office: Office, stick: Path
) -> None:
    held(office.town)

    office.bring(export(office.town.machines["m-1"], stick))

    view = office.read(lambda reader: reader.machine("m-1"))
    assert (view.seq, view.online) == (4, False)


def test_openings_and_photos_come_along_and_are_checked(office: Office, stick: Path) -> None:
    filed = office.town.file()
    stick = export(office.town.machines["m-1"], stick, filed)

    report = office.bring(stick)
    again = office.bring(stick)

    assert (report.openings, report.photos) == ({"taken": 1}, {"taken": 1})
    assert (again.openings, again.photos) == ({"known": 1}, {"known": 1})
    request = office.read(lambda reader: reader.request(filed.sha256))
    assert request.state == "open" and request.pages[0].stored_ms is not None
    assert office.app.photo(filed.page.ref.sealed_sha256) == filed.page.jpeg


def test_photo_is_left_out_while_nobody_names_it(office: Office, stick: Path) -> None:
    filed = office.town.file()
    stick = export(office.town.machines["m-1"], stick, filed)
    shutil.rmtree(stick / "openings")

    report = office.bring(stick)

    assert (report.photos, report.openings, report.wrong) == ({"early": 1}, {}, ())


@pytest.mark.parametrize("spoil", ["other-bytes", "shorter"])
def test_photo_that_is_not_the_named_one_is_refused(
    office: Office, stick: Path, spoil: str
) -> None:
    filed = office.town.file()
    stick = export(office.town.machines["m-1"], stick, filed)
    file = stick / "photos" / f"{filed.page.ref.sealed_sha256}.age"
    sealed = file.read_bytes()
    file.write_bytes(bytes(len(sealed)) if spoil == "other-bytes" else sealed[:-1])

    report = office.bring(stick)

    assert report.photos == {"refused": 1}
    assert report.wrong[0].startswith(f"photos/{file.name}: bad-photo")
    assert office.app.photo(filed.page.ref.sealed_sha256) is None


def test_foreign_entry_is_quarantined_and_what_is_the_machines_own_is_taken(
    office: Office, stick: Path
) -> None:
    held(office.town)
    stick = export(office.town.machines["m-1"], stick)
    foreign = office.town.machines["m-2"].beat()
    (stick / "entries" / "000000000005.dsse").write_bytes(foreign)

    report = office.bring(stick)

    assert report.entries == {"taken": 4, "refused": 1}
    assert report.wrong[0].startswith(
        "entries/000000000005.dsse: foreign: expected an entry of m-1"
    )
    (trouble,) = office.read(lambda reader: reader.troubles())
    assert (trouble.code, trouble.machine) == ("foreign", "m-1")
    assert office.read(lambda reader: reader.trouble_bytes(trouble.number)) == foreign
    assert "bad-signature" in {one.code for one in office.read(lambda reader: reader.alerts())}
    assert office.read(lambda reader: reader.machine("m-2")).seq == 0


def test_forged_past_is_a_fork_and_the_log_stays(office: Office, stick: Path) -> None:
    machine = office.town.machines["m-1"]
    start = machine.head
    held(office.town)
    office.bring(export(machine, stick))
    before = office.log()
    forged = machine.sign(heartbeat(), head=start)
    (stick / "entries" / "000000000001.dsse").write_bytes(forged)

    report = office.bring(stick)

    assert report.entries == {"refused": 1, "known": 3}
    own = [one for one in office.log() if one in before]
    assert own == before and forged not in office.log()


def test_entries_after_a_missing_one_wait_for_the_whole_log(office: Office, stick: Path) -> None:
    held(office.town)
    machine = office.town.machines["m-1"]
    (export(machine, stick) / "entries" / "000000000002.dsse").unlink()

    part = office.bring(stick)
    whole = office.bring(export(machine, stick))

    assert (part.entries, part.incomplete) == ({"taken": 1, "early": 2}, True)
    assert (whole.entries, whole.incomplete) == ({"known": 1, "taken": 3}, False)
    assert office.read(lambda reader: reader.gaps()) == ()


def test_opening_that_opens_something_else_is_refused(office: Office, stick: Path) -> None:
    first, second = office.town.file(), office.town.file()
    stick = export(office.town.machines["m-1"], stick, first)
    (stick / "openings" / f"{first.sha256}.age").write_bytes(second.opening)

    report = office.bring(stick)

    assert report.openings == {"refused": 1}
    assert office.read(lambda reader: reader.opening(first.sha256)) is None


def test_command_prints_what_it_did_and_its_exit_code_says_whether_all_verified(
    office: Office, stick: Path
) -> None:
    hold = held(office.town)
    words = ["import-device", str(export(office.town.machines["m-1"], stick))]
    words += ["--config", str(office.path)]

    good = CliRunner().invoke(main, words)
    (stick / "entries" / "000000000005.dsse").write_bytes(b"{}")
    bad = CliRunner().invoke(main, words)
    (stick / "entries" / "000000000005.dsse").unlink()
    for _ in range(2):
        raw = office.town.machines["m-1"].beat()
    (stick / "entries" / "000000000006.dsse").write_bytes(raw)
    early = CliRunner().invoke(main, words)

    assert (good.exit_code, bad.exit_code, early.exit_code) == (0, 4, 1)
    assert "m-1 entries: 4 taken, 0 known, 0 left out, 0 refused" in good.output
    assert f"hold {hold}: count and release it at the console" in good.output
    assert "0 taken, 4 known, 0 left out, 1 refused" in bad.output
    assert "entries/000000000005.dsse: malformed" in bad.output
    assert "left out: entries after a missing one" in early.output


def test_bytes_longer_than_an_entry_are_refused_without_being_read_whole(
    office: Office, stick: Path
) -> None:
    held(office.town)
    export(office.town.machines["m-1"], stick)
    with (stick / "entries" / "000000000005.dsse").open("wb") as file:
        file.truncate(1 << 40)  # a hole: no disk is needed, and no memory may be either

    report = office.bring(stick)

    assert report.entries == {"taken": 4, "refused": 1}


def nothing(stick: Path, town: Town) -> None:
    shutil.rmtree(stick / "entries")


def emptied(stick: Path, town: Town) -> None:
    for file in (stick / "entries").iterdir():
        file.unlink()


def renamed(stick: Path, town: Town) -> None:
    (stick / "entries" / "000000000001.dsse").rename(stick / "entries" / "first.dsse")


def linked(stick: Path, town: Town) -> None:
    file = stick / "entries" / "000000000001.dsse"
    file.unlink()
    file.symlink_to(town.folder / "gw.key")


def unsigned(stick: Path, town: Town) -> None:
    for file in (stick / "entries").iterdir():
        file.write_bytes(b"{}")


BAD = [
    (nothing, "found no entries/"),
    (emptied, "found none"),
    (renamed, "found 'first.dsse'"),
    (linked, "found '000000000001.dsse'"),
    (unsigned, "found none"),
]


@pytest.mark.parametrize(("spoil", "found"), BAD, ids=lambda one: getattr(one, "__name__", ""))
def test_folder_that_is_no_exported_log_is_refused_whole(
    office: Office, stick: Path, spoil: Callable[[Path, Town], None], found: str
) -> None:
    held(office.town)
    spoil(export(office.town.machines["m-1"], stick), office.town)
    before = office.log()

    with pytest.raises(FolderError, match=found):
        office.bring(stick)

    assert office.log() == before
    assert office.read(lambda reader: reader.troubles()) == ()


def test_the_gateways_own_export_is_refused(office: Office, stick: Path) -> None:
    exporting.export(office.config, office.store, office.town.signer, stick)

    with pytest.raises(FolderError, match="signed by gateway gw-1"):
        office.bring(stick)


def test_log_of_a_machine_that_stands_elsewhere_is_refused(
    desk: Town, write_config: Callable[..., Path], stick: Path
) -> None:
    held(desk)
    desk.store.close()
    path = write_config(desk.folder, ("m-2",))
    (desk.folder / "trusted" / "m-1.json").write_bytes((desk.folder / "m-1.json").read_bytes())

    with pytest.raises(FolderError, match="found that of m-1"):
        bring(load(path), export(desk.machines["m-1"], stick))


def test_import_without_a_running_gateway_says_so(
    desk: Town, write_config: Callable[..., Path], stick: Path
) -> None:
    held(desk)
    desk.store.close()

    with pytest.raises(UnreachableError, match="start it first"):
        bring(load(write_config(desk.folder)), export(desk.machines["m-1"], stick))
