"""A township of real processes: it starts, survives kills, tells the truth, and ends in order."""

from __future__ import annotations

import base64
import os
import shutil
import socket
from pathlib import Path

import click
import pytest

from device.door import link_public
from device.texts import say
from gateway.config import load
from gateway.wiring import open_ca
from sim import books
from sim.cast import BACK_S, Cast
from sim.processes import ProgramError
from sim.township import Township
from sim.township_files import run_command
from sim.township_plan import Plan, make_plan
from sim.waiting import until

pytestmark = pytest.mark.slow


def ignore(_line: str) -> None:
    """Hear nothing."""


def export(cast: Cast, folder: Path) -> Path:
    """Return village 1's exported log, once the gateway has all of it."""
    shutil.copytree(cast.drained(cast.first), folder)
    return folder


def test_every_program_is_a_process_group_of_its_own(cast: Cast) -> None:
    pids = [program.pid for program in cast.town.programs]

    assert len(set(pids)) == 5
    assert all(pid is not None and os.getpgid(pid) == pid for pid in pids)


def test_the_books_agree_after_a_stamp(cast: Cast, tmp_path: Path) -> None:
    clerk = cast.clerk(cast.first)
    request = cast.permitted(clerk, cast.first, copies=1)
    cast.stamp_all(clerk, cast.first, request)
    presses = cast.machine(cast.first).presses()

    machine = cast.first.machine
    found = books.compare(machine, "A", presses, export(cast, tmp_path / "log"), cast.auditor)

    assert presses >= 1
    assert found.uses + found.counted == found.stored == presses


def test_a_press_that_nobody_recorded_is_found(cast: Cast, tmp_path: Path) -> None:
    presses = cast.machine(cast.first).presses() + 1
    log = export(cast, tmp_path / "log")

    with pytest.raises(books.BooksError, match="impressions in its log"):
        books.compare(cast.first.machine, "A", presses, log, cast.auditor)


def test_an_entry_that_the_device_lost_is_found(cast: Cast, tmp_path: Path) -> None:
    log = export(cast, tmp_path / "log")
    sorted((log / "entries").glob("*.dsse"))[-1].unlink()
    presses = cast.machine(cast.first).presses()

    with pytest.raises(books.BooksError, match="byte for byte"):
        books.compare(cast.first.machine, "A", presses, log, cast.auditor)


def test_a_flipped_byte_in_an_entry_is_found(cast: Cast, tmp_path: Path) -> None:
    log = export(cast, tmp_path / "log")
    entry = sorted((log / "entries").glob("*.dsse"))[1]
    entry.write_bytes(entry.read_bytes().replace(b"a", b"b", 1))

    with pytest.raises(books.BooksError, match="a log of machine-1 that verifies"):
        books.read_log(cast.first.machine, log)


def test_a_hole_in_the_chain_is_found(cast: Cast, tmp_path: Path) -> None:
    log = export(cast, tmp_path / "log")
    sorted((log / "entries").glob("*.dsse"))[0].unlink()

    with pytest.raises(books.BooksError, match="a log of machine-1 that verifies"):
        books.read_log(cast.first.machine, log)


def test_a_killed_agent_is_missed_and_can_be_started_again(cast: Cast) -> None:
    cast.town.kill_agent(cast.first)
    with pytest.raises(ProgramError, match="agent-1 running"):
        cast.town.check()

    cast.town.start_agent(cast.first)

    cast.town.clerk(cast.first).wait_until_ready(BACK_S)
    cast.town.check()


def test_a_killed_gateway_comes_back_with_all_it_had(cast: Cast) -> None:
    before = len(cast.auditor.entries(cast.first.machine))

    cast.town.kill_gateway()
    cast.town.start_gateway()

    cast.sign_in()
    assert len(cast.auditor.entries(cast.first.machine)) >= before > 0


def test_the_last_village_can_be_cut_off_and_comes_back(cast: Cast) -> None:
    clerks = [cast.clerk(cast.first), cast.clerk(cast.last)]
    online = say("zh", "strip.online")
    until("both online", lambda: all(online in one.strip() for one in clerks), BACK_S)

    cast.cut_network(clerks[1])
    first_while_cut = clerks[0].strip()
    cast.town.restore_network()

    assert online in first_while_cut
    until("the last online again", lambda: online in clerks[1].strip(), BACK_S)


def test_an_agent_whose_certificate_has_ended_renews_it_and_works_on(cast: Cast) -> None:
    plan, village = cast.town.plan, cast.first
    authority = open_ca(load(plan.gateway_config))
    own = plan.device_folder(village)
    public = base64.b64decode(link_public(own / "link.key"))
    cast.town.kill_agent(village)
    ended = authority.machine(village.machine, public, 1_600_000_000_000, 30)  # in 2020
    (own / "link.pem").write_bytes(ended)

    cast.town.start_agent(village)

    online = say("zh", "strip.online")
    clerk = cast.clerk(village)
    until("online again", lambda: online in clerk.strip(), 2 * BACK_S)
    assert (own / "link.pem").read_bytes() != ended


def test_power_cut_and_restored_the_kiosk_is_there_again(cast: Cast) -> None:
    cast.town.cut_power(cast.last)
    assert cast.machine(cast.last).state()["inputs"]["mains_ok"] is False

    clerk = cast.back(cast.last)

    assert say("zh", "strip.machine") in clerk.strip()


def small_plan(folder: Path) -> Plan:
    return make_plan(folder, 1, friendly=False)


def test_stopping_leaves_no_process(tmp_path: Path) -> None:
    town = Township(small_plan(tmp_path), ignore)
    try:
        town.start()
        pids = [program.pid for program in town.programs]
    finally:
        town.stop()

    assert all(pids)
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
    assert [path for path in Path("/proc").glob("[0-9]*") if names(path, tmp_path)] == []


def names(process: Path, folder: Path) -> bool:
    """Whether a process was started with this folder on its command line."""
    try:
        return str(folder).encode() in (process / "cmdline").read_bytes()
    except OSError:
        return False


def test_a_gateway_that_cannot_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    town = Township(plan, ignore)

    with socket.create_server(("127.0.0.1", plan.console_port)):
        try:
            with pytest.raises(ProgramError) as caught:
                town.start()
        finally:
            town.stop()

    assert caught.value.program == "gateway"
    assert any(str(plan.console_port) in line for line in caught.value.words)
    assert caught.value.log == plan.logs / "gateway.log"


def test_a_command_that_refuses_is_said() -> None:
    from device.cli import main

    with pytest.raises(Exception, match="export") as caught:
        run_command(main, "export", "--config", "/no/such/file.toml", "/tmp/x")

    assert "/no/such/file.toml" in str(caught.value)


def test_ctrl_c_in_a_command_is_still_ctrl_c() -> None:
    @click.command()
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_command(interrupted)
