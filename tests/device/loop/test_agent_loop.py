"""The loop itself: a full inbox and a disk that takes nothing lose no message."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from device.errors import PermitRefusedError, RequestRefusedError
from device.inbox import SIZE
from device.kiosk.port import BeginJob, EndJob, ReadEarlier

PATIENCE_S = 30.0


def flood(rig: Any) -> None:
    """Fill the inbox of an agent whose disk takes nothing, so that it goes on slowly."""
    rig.disk(works=False)
    rig.gateway.revoke("p-unknown")
    rig.until(lambda view: view.fault == "")
    while (answer := rig.agent.submit(EndJob(by="c-1"))) and not answer.done():
        assert rig.agent._parts.inbox._items.qsize() <= SIZE


def test_a_permit_that_found_no_room_comes_again_while_the_link_lasts(rig: Any) -> None:
    request = rig.file()
    rig.until(lambda view: view.undelivered == 0)
    flood(rig)
    rig.gateway.permit(request.request)
    rig.broker.pump()

    rig.disk(works=True)
    view = rig.until(lambda view: view.requests[0].permit != "")

    assert view.online


def test_messages_that_wait_together_are_heard_at_once_and_before_what_came_after(
    rig: Any,
) -> None:
    request = rig.approved(1)
    reading, go_on = threading.Event(), threading.Event()
    readings: list[float] = []

    def stall(seconds: float) -> None:
        reading.set()
        go_on.wait(PATIENCE_S)
        readings.append(seconds)
        rig.turn(seconds)

    rig.controller._turn = stall
    assert reading.wait(PATIENCE_S)
    for permit in ("p-1", "p-2", "p-3", "p-4", "p-5", request.permit):
        rig.gateway.revoke(permit)
    rig.broker.pump()
    answer = rig.agent.submit(BeginJob(by="c-1", request=request.request))
    answered_at: list[int] = []
    answer.add_done_callback(lambda _: answered_at.append(len(readings)))
    go_on.set()

    with pytest.raises(PermitRefusedError) as refused:
        answer.result(PATIENCE_S)
    assert refused.value.reason == "permit-revoked"
    assert answered_at[0] <= 4  # each of seven steps took a reading of its own before


def test_a_lost_link_is_known_although_the_inbox_is_full(rig: Any) -> None:
    flood(rig)
    rig.broker.cut("m-1")
    rig.broker.pump()

    rig.disk(works=True)
    view = rig.until(lambda view: not view.online)

    assert not view.online


def test_a_lock_is_watched_although_the_disk_takes_nothing(rig: Any) -> None:
    rig.file()
    rig.disk(works=False)
    rig.gateway.revoke("p-unknown")
    rig.settled()

    rig.controller.set(door_closed=False)

    rig.until(lambda view: view.fault == "door-open")


def test_a_release_file_is_kept_until_its_entry_is_durable(rig: Any) -> None:
    rig.hold()
    rig.broker.cut("m-1")
    rig.until(lambda view: not view.online)
    rig.disk(works=False)
    file: Path = rig.path / "state" / "inbox" / "release.dsse"
    rig.gateway.release_file(2, file)

    rig.turn(2.0)
    for _ in range(3):
        rig.turn(2.0)
        rig.settled()
    kept, held = file.exists(), rig.agent.view().hold is not None
    rig.disk(works=True)
    rig.turn(2.0)
    rig.until(lambda view: view.hold is None and view.state == "idle")
    rig.turn(2.0)
    rig.until(lambda _: not file.exists())

    assert (kept, held) == (True, True)


def test_a_release_file_that_does_not_verify_is_removed_and_releases_nothing(rig: Any) -> None:
    rig.hold()
    file: Path = rig.path / "state" / "inbox" / "release.dsse"
    file.write_bytes(b'{"payload":"","payloadType":"x","signatures":[]}')

    rig.turn(2.0)
    rig.until(lambda _: not file.exists())
    rig.settled()

    assert rig.agent.view().hold is not None


def test_what_an_earlier_request_said_is_read_from_the_journal_after_a_restart(rig: Any) -> None:
    filed = rig.file(copies=2)
    rig.stop_agent()
    rig.start_agent()

    said = rig.ask(ReadEarlier(by="c-1", request=filed.request))

    assert (said.matter, said.copies, said.applicant) == ("CM-09", 2, filed.applicant)
    with pytest.raises(RequestRefusedError):
        rig.ask(ReadEarlier(by="c-1", request="0" * 64))
