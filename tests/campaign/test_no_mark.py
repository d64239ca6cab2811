"""A press that leaves nothing on the page, through the kiosk: an incident until a person looked."""

from __future__ import annotations

import pytest

from bench.campaign.site import Site
from bench.campaign.town import Town
from device.texts import say
from gateway.web.texts import ZH
from ledger.cli import main as seal_verify
from sim import township_files
from sim.browser import Browser

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("town", ["B"], indirect=True)
def test_a_press_that_leaves_no_mark_is_an_incident_and_holds_until_a_person_has_looked(
    town: Town, site: Site
) -> None:
    machine = site.village.machine
    site.begin()
    site.machine.set_fault("dry_press", count=1)
    site.clerk.tap()

    ended = site.finish()
    told = Browser(site.village.kiosk).get("/hold").root.text
    site.deliver()
    entries = town.auditor.entries(machine)
    alerts = town.auditor.ask(f"/api/v1/alerts?severity=red&machine={machine}")
    [hold] = [one for one in town.auditor.ask("/api/v1/holds") if one["machine"] == machine]
    asked = town.auditor._browser.get(f"/holds/{hold['hold']}").root.text
    site.rest()
    again = site.impress()
    site.rest()

    assert ended == "held"
    assert say("zh", "hold.impression-missing") in told
    assert ZH["hold.how.impression-missing"] in asked
    [incident] = [one for one in entries if one["kind"] == "incident"]
    body = incident["body"]
    assert (body["code"], body["held"]) == ("impression-missing", True)
    assert (body["impressions_min"], body["impressions_max"], len(body["photos"])) == (1, 1, 2)
    assert not [one for one in entries if one["kind"] == "use"]
    assert [(one["code"], one["entry_index"]) for one in alerts] == [
        ("incident", incident["index"])
    ]
    assert again in ("next", "done")
    town.check(site)
    public, trusted = town.plan.gateway_folder / "public", town.plan.trusted
    township_files.run_command(seal_verify, "log", str(public), "--keys", str(trusted))
