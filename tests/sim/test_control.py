"""The control address: what scripts may call, and what they are told when they may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sim import panel
from sim.control import ControlServer
from sim.faults import CATALOGUE
from sim.machine import SimMachine
from tests import plain_http

BuildMachine = Callable[..., SimMachine]


@pytest.fixture
def control(build_machine: BuildMachine) -> Iterator[httpx.Client]:
    server = ControlServer(build_machine(baud=0))
    server.start()
    with plain_http.client(server.url, timeout=20) as client:
        yield client
    server.stop()


def active(control: httpx.Client) -> list[dict[str, Any]]:
    return list(control.get("/faults").json()["active"])


def test_catalogue_is_served_with_what_each_fault_takes(control: httpx.Client) -> None:
    catalogue = control.get("/faults").json()["catalogue"]

    assert [fault["name"] for fault in catalogue] == [fault.name for fault in CATALOGUE]
    assert {"name", "place", "counts", "strikes", "must"} == set(catalogue[0])


@pytest.mark.parametrize(
    "call",
    [
        {"name": "no_reply", "count": 2},
        {"name": "lock_jam", "seconds": 30},
        {"name": "seal_missing"},
        {"name": "bad_crc", "count": 1, "on": "moves"},
    ],
)
def test_a_fault_is_set_and_cleared(control: httpx.Client, call: dict[str, Any]) -> None:
    answer = control.post("/faults", json=call)

    assert answer.status_code == 200
    (fault,) = active(control)
    assert fault["name"] == call["name"]
    assert fault["count"] == call.get("count")

    cleared = control.delete(f"/faults/{call['name']}")

    assert cleared.json() == {"name": call["name"], "cleared": True}
    assert active(control) == []


@pytest.mark.parametrize(
    ("path", "call", "status", "error"),
    [
        ("/faults", {"name": "no_such"}, 400, "fault-unusable"),
        ("/faults", {"name": "no_reply", "count": 0}, 400, "fault-unusable"),
        ("/faults", {"name": "no_reply", "time": 3}, 422, "call-misformed"),
        ("/faults", {"count": 3}, 422, "call-misformed"),
        ("/paper", {"photo": "no-such.jpg"}, 400, "paper-unusable"),
        ("/card", {"uid": "xyz"}, 400, "card-unusable"),
        ("/card", {}, 422, "call-misformed"),
        ("/door", {"closed": False}, 422, "call-misformed"),
    ],
)
def test_a_wrong_call_says_what_was_expected_and_found(
    control: httpx.Client, path: str, call: dict[str, Any], status: int, error: str
) -> None:
    answer = control.post(path, json=call)

    assert answer.status_code == status
    told = answer.json()
    assert told["error"] == error
    assert told["expected"] and told["found"] and told["hint"]


def test_clearing_what_is_not_active_is_told(control: httpx.Client) -> None:
    assert control.delete("/faults/no_reply").json()["cleared"] is False
    assert control.delete("/faults/no_such").status_code == 400


def test_paper_is_laid_again_and_taken_away(control: httpx.Client) -> None:
    first = control.post("/paper", json={"photo": "rendered:3"}).json()["paper"]
    again = control.post("/paper", json={}).json()["paper"]
    gone = control.post("/paper", json={"photo": None}).json()["paper"]

    assert first["photo"].startswith("rendered:1:3:")
    assert again["id"] != first["id"]
    assert again["photo"].startswith("rendered:1:3:")
    assert gone is None
    assert control.get("/state").json()["inputs"]["paper"] is False


def test_a_locked_lever_does_not_go_down(control: httpx.Client) -> None:
    answer = control.post("/lever").json()

    assert (answer["down"], answer["presses"]) == (False, 0)
    assert control.get("/state").json()["presses"] == 0


def test_linkage_mode_lets_anybody_press_and_the_state_shows_it(control: httpx.Client) -> None:
    control.post("/faults", json={"name": "linkage_mode_on"})
    while not control.get("/state").json()["open"]:
        pass

    answer = control.post("/lever").json()

    state = control.get("/state").json()
    assert (answer["down"], answer["presses"], answer["impressions"]) == (True, 1, 1)
    assert (state["presses"], state["impressions"], state["bolt_out"]) == (1, 1, False)
    assert state["press_log"][0]["paper"] == state["paper"]["id"]
    assert len(state["paper"]["impressions"]) == 1


def test_events_are_told_from_a_number_on(control: httpx.Client) -> None:
    control.post("/paper", json={})
    first = control.get("/events").json()
    control.post("/card", json={"uid": "04a1b2c3"})

    later = control.get("/events", params={"after": first[-1]["n"]}).json()

    assert [event["kind"] for event in first] == ["start", "paper"]
    assert [(event["kind"], event["n"]) for event in later] == [("card", first[-1]["n"] + 1)]
    assert control.get("/events", params={"after": later[-1]["n"]}).json() == []


def test_a_card_is_laid(control: httpx.Client) -> None:
    assert control.post("/card", json={"uid": "04a1b2c3"}).json() == {"uid": "04a1b2c3"}


def test_the_panel_driver_lights_lamps_and_sounds_tones(control: httpx.Client) -> None:
    lamps = panel.connect(panel.Options(control=str(control.base_url)))

    lamps.show(ok=False, alarm=True)
    lamps.buzz(3)

    assert control.get("/state").json()["panel"] == {"ok": False, "alarm": True, "tones": 3}

    lamps.close()

    assert control.get("/state").json()["panel"]["alarm"] is False


def test_a_panel_that_is_gone_stops_nobody() -> None:
    lamps = panel.connect(panel.Options(control="http://127.0.0.1:9"))

    lamps.show(ok=True, alarm=False)
    lamps.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_carries_the_band(control: httpx.Client, language: str) -> None:
    page = control.get("/", params={"lang": language})

    assert page.status_code == 200
    assert '<div class="band" role="note">模拟机' in page.text


@pytest.mark.parametrize("said", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_is_json_whatever_its_sender_calls_it(control: httpx.Client, said: str) -> None:
    body = b'{"name": "no_reply", "count": 2}'

    answer = control.post("/faults", content=body, headers={"content-type": said} if said else {})

    assert answer.status_code == 200
    assert [fault["count"] for fault in active(control)] == [2]


def test_a_page_of_elsewhere_works_no_machine(control: httpx.Client) -> None:
    form = {"content-type": "text/plain", "origin": "http://elsewhere.example"}

    answer = control.post("/faults", content=b'{"name": "no_reply"}', headers=form)

    assert answer.status_code == 422
    assert active(control) == []


def test_a_card_may_be_named_in_capitals_and_is_typed_in_small_letters(
    control: httpx.Client,
) -> None:
    assert control.post("/card", json={"uid": "04A1B2C3"}).json() == {"uid": "04a1b2c3"}
