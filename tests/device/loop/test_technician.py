"""A technician of the township at a village's machine: services with a second person, no more."""

from __future__ import annotations

from typing import Any

import pytest

from device.errors import RequestRefusedError
from device.kiosk.port import BeginJob, TakePage
from device.kiosk.port_custody import OpenHatch
from ledger.people import Staff
from ledger.topics import Leaf
from tests.device.loop.test_custody import permitted, refusal
from tests.device.loop.test_seams import filing
from tests.device.test_people_agent import has_started, parcel

LISTED = (("c-1", "clerk"), ("d-1", "director"), ("t-1", "technician"))


@pytest.fixture
def listed(rig: Any) -> Any:
    """The machine has a list with a clerk, a director and a technician."""
    staff = [
        Staff(account=one, person=one, name=one, offices=(office,), card=None, pin_hash="")
        for one, office in LISTED
    ]
    end_ms = rig.until(lambda _: has_started(rig)).now_ms + 3_600_000
    rig.gateway._tell(Leaf.PEOPLE, (), parcel(rig, 1, *staff, not_after_ms=end_ms))
    rig.until(lambda view: view.people == "valid")
    return rig


def test_technician_and_one_more_open_the_hatch_for_a_service_and_nothing_else(
    listed: Any,
) -> None:
    lending = permitted(listed, "takeout", permit="h-2")
    refused = refusal(listed, OpenHatch(by="t-1", second="d-1", permit=lending))

    service = permitted(listed, "service")
    listed.ask(OpenHatch(by="t-1", second="d-1", permit=service))

    assert refused == "keeper-missing"
    assert [one.by for one in listed.entries("hatch")] == ["t-1"]


def test_technician_neither_applies_nor_stamps(listed: Any) -> None:
    listed.until(lambda view: view.list_version == 1)
    request = listed.approved()
    listed.ask(TakePage(by="t-1"))

    for act in (
        lambda: filing(listed, ("page",), by="t-1", copies=1, seams=0),
        lambda: listed.ask(BeginJob(by="t-1", request=request.request)),
    ):
        with pytest.raises(RequestRefusedError) as refused:
            act()
        assert refused.value.reason == "service-only"

    assert len(listed.entries("request")) == 1
    assert listed.controller.grants == []
