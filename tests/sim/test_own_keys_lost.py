"""A disk dies with the newest entries: the founded township goes on in a successor, in the open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import checkpoint, notes
from ledger.cli import main as verify_main
from sim.township_files import CommandError, run_command
from tests.sim.own_keys import Machine, name_new, request
from tests.sim.test_enrolment import Place, enrolled
from tests.sim.test_rotation import configured


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    made.found()
    made.start()
    yield made
    made.stop()


def lose(place: Place, witnessed: Path) -> None:
    """Let the disk die; somebody holds the newest checkpoint, and the safe the authority's key."""
    (found,) = (place.folder / "public").glob("*/checkpoint")
    shutil.copy(found, witnessed)
    state = place.folder / "state"
    state.rename(place.folder / "dead")
    (place.folder / "public").rename(place.folder / "dead-public")
    (state / "ca").mkdir(mode=0o700, parents=True)
    state.chmod(0o700)
    for name in ("ca.key", "ca.pem"):
        shutil.copy(place.folder / "dead" / "ca" / name, state / "ca" / name)


@pytest.mark.slow
def test_founded_township_goes_on_in_a_successor_that_its_machines_and_auditors_follow(
    place: Place,
) -> None:
    config = configured(enrolled(place).out)
    machine = Machine(place, config)
    machine.link()
    machine.deliver()
    machine.learn(1)
    backup, witnessed = place.folder / "backup", place.folder / "witnessed"
    place.run("backup", "--config", str(place.config), str(backup))
    machine.deliver()
    machine.close()
    place.stop()
    lose(place, witnessed)
    words = ("restore", "--config", str(place.config), str(backup), "--witnessed", str(witnessed))
    with pytest.raises(CommandError, match="rollback"):
        place.run(*words)
    agreed = request(place, "gateway", "--lost")
    name_new(place, "gateway", "gw-1-2-gateway")
    with pytest.raises(CommandError, match="the county's agreement to the new key"):
        place.run(*words, "--successor")

    begun = place.run(*words, "--successor", "--agreed", str(agreed))
    place.start()
    back = Machine(place, config)
    back.link()
    back.deliver()
    back.learn(3)

    note = (place.folder / "public").glob("*-2/checkpoint")
    head = checkpoint.parse(notes.parse(next(note).read_bytes()).text)
    assert f"begun: {head.origin};" in begun
    assert back.keys.lineage.starts[head.origin].cause == "lost"
    told = verified(place)
    assert "Note: 1 entries at the end of" in told and head.origin in told
    back.close()


def verified(place: Place) -> str:
    """Return what an auditor is told who trusts the county's key and the log's alone."""
    trusted = place.folder / "auditor"
    trusted.mkdir(exist_ok=True)
    for record in (place.county / "county-1-1.json", place.folder / "gw-1-1-log.json"):
        shutil.copy(record, trusted)
    public = str(place.folder / "public")
    return run_command(verify_main, "log", public, "--keys", str(trusted), "--lang", "en")
