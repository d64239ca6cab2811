"""A hold in a village without network: its log is carried in, the release is carried back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.campaign.site import Site
from bench.campaign.town import Town
from device.cli import main as device_cli
from device.journal_file import snapshot
from gateway.cli import main as gateway_cli
from sim.waiting import until

SEED = 7
WAIT_S = 60.0

pytestmark = pytest.mark.slow


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Return a gateway and a village as processes; a request is approved in time."""
    made = Town(tmp_path / "town", SEED, "A")
    try:
        made.start()
        for site in made.sites.values():
            site.sign_in()
            site.file()
        yield made
    finally:
        made.stop()


def gateway(town: Town, *words: str) -> Result:
    """Run a command of the gateway."""
    return CliRunner().invoke(
        gateway_cli, [*words[:1], "--config", str(town.plan.gateway_config), *words[1:]]
    )


def device(town: Town, site: Site, *words: str) -> Result:
    """Run a command of the village's machine."""
    config = str(town.plan.device_config(site.village))
    return CliRunner().invoke(device_cli, [*words[:1], "--config", config, *words[1:]])


def be_held_offline(town: Town, site: Site) -> None:
    """Cut the link, let the agent die while the lever is free, press, and start it again."""
    town.meddlers[site.profile].cut(refuse=True)
    site.begin()
    site.clerk.tap()
    until("the lever to be free", lambda: site.machine.state()["open"], WAIT_S, 0.01)
    site.kill_agent()
    site.machine.press_lever()
    until("the bolt to be out", lambda: site.machine.state()["bolt_out"], WAIT_S, 0.02)
    site.start_agent()
    until("the machine to be held", site.clerk.held, WAIT_S)


def journal(site: Site) -> list[bytes]:
    """Return the machine's log as it keeps it."""
    with snapshot(site.state / "journal.db") as log:
        return [raw for _, raw in log.entries]


def at_gateway(town: Town, site: Site, folder: Path) -> list[bytes]:
    """Return the machine's log as the gateway exports it, in the log's order."""
    assert gateway(town, "export", str(folder)).exit_code == 0
    own = set(journal(site))
    raws = [one.read_bytes() for one in sorted((folder / "entries").iterdir())]
    return [raw for raw in raws if raw in own]


def test_hold_is_imported_released_and_carried_back_and_the_link_doubles_nothing(
    town: Town, tmp_path: Path
) -> None:
    (site,) = town.sites.values()
    machine, stick, file = site.village.machine, tmp_path / "stick", tmp_path / "release.dsse"
    be_held_offline(town, site)

    assert device(town, site, "export", str(stick)).exit_code == 0
    assert not town.auditor.ask("/api/v1/holds")  # the gateway cannot know of it yet
    imported = gateway(town, "import-device", str(stick))
    (hold,) = [one for one in town.auditor.ask("/api/v1/holds") if one["machine"] == machine]
    early = gateway(town, "export-release", hold["hold"], str(file))
    town.auditor.release(machine, site.uncounted())
    exported = gateway(town, "export-release", hold["hold"], str(file))
    handed = device(town, site, "release", str(file))
    until("the machine to be ready again", lambda: not site.clerk.held(), WAIT_S)

    assert imported.exit_code == 0, imported.output
    assert f"hold {hold['hold']}" in imported.output
    assert (early.exit_code, exported.exit_code, handed.exit_code) == (1, 0, 0)
    assert site.gateway_view()["online"] is False  # all of it without the broker

    town.meddlers[site.profile].clear()
    site.deliver()
    site.clerk.sign_in()
    site.machine.lay_again()
    assert site.impress() in ("next", "done")
    site.deliver()

    assert at_gateway(town, site, tmp_path / "township") == journal(site)
    entries = town.auditor.entries(machine)
    assert [one["kind"] for one in entries].count("hold-release") == 1
    again = gateway(town, "import-device", str(stick))
    assert again.exit_code == 0 and " 0 taken" in again.output.splitlines()[0]
    town.check(site)
