"""Pruning: what nobody needs is erased, and nothing else ever is."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

DAY_S = 86_400
DAY_MS = DAY_S * 1000
PHOTO_DAYS = 3


@pytest.fixture
def rig(build_rig: Any) -> Any:
    """A rig that keeps delivered photos for three days and prunes at every heartbeat."""
    return build_rig("B", photo_days=PHOTO_DAYS, heartbeat_s=1.0)


def beat(rig: Any, times: int) -> None:
    """Let time pass until the machine has given so many more signs of life."""
    beats = len(rig.entries("heartbeat")) + times

    def passed(_: Any) -> bool:
        rig.turn(0.5)
        return len(rig.entries("heartbeat")) >= beats

    rig.until(passed)


def prune(rig: Any) -> None:
    """Let the machine rest until it has pruned, which it does with a heartbeat at rest."""
    rig.until(lambda view: view.state == "idle" and not rig.agent._parts.eyes.watched)
    beat(rig, 3)


def age(path: Path, days: float) -> Path:
    """Make a file so old."""
    then_s = time.time() - days * DAY_S
    os.utime(path, (then_s, then_s))
    return path


def make(folder: Path, name: str, days: float) -> Path:
    """Make a file that no entry names."""
    path = folder / name
    path.write_bytes(b"x")
    return age(path, days)


def plain(rig: Any, request: str) -> bool:
    """Return whether the plain values of a request are still here."""
    return bool(rig.agent._parts.recorder.journal.opened(request))


def test_an_open_request_keeps_its_values_and_its_page_however_old(rig: Any) -> None:
    waiting = rig.file()
    [page] = [age(one, 400) for one in (rig.path / "state" / "references").iterdir()]

    prune(rig)

    assert plain(rig, waiting.request)
    assert page.exists()


@pytest.mark.parametrize(("days", "kept"), [(6, True), (8, False)])
def test_an_ended_request_is_forgotten_a_week_after_its_permit(
    rig: Any, days: int, kept: bool
) -> None:
    ended_ms = int(time.time() * 1000) - days * DAY_MS
    request = rig.approved(not_after_ms=ended_ms)
    [page] = [age(one, 400) for one in (rig.path / "state" / "references").iterdir()]

    prune(rig)

    assert (plain(rig, request.request), page.exists()) == (kept, kept)


def test_a_page_of_no_request_is_erased_after_a_day_and_not_before(rig: Any) -> None:
    folder = rig.path / "state" / "references"
    rig.file()
    old, young = make(folder, "a" * 64, 1.1), make(folder, "b" * 64, 0.9)

    prune(rig)

    assert (old.exists(), young.exists()) == (False, True)


def test_a_photo_that_was_not_delivered_is_never_erased(rig: Any) -> None:
    rig.gateway.answering = False
    rig.file()
    [photo] = [age(one, 400) for one in (rig.path / "state" / "photos").iterdir()]

    prune(rig)

    assert photo.exists()


@pytest.mark.parametrize(("days", "kept"), [(PHOTO_DAYS - 0.1, True), (PHOTO_DAYS + 0.1, False)])
def test_a_delivered_photo_is_erased_after_its_days(rig: Any, days: float, kept: bool) -> None:
    rig.file()
    rig.until(lambda view: view.undelivered == 0 and view.photos_waiting == 0)
    [photo] = [age(one, days) for one in (rig.path / "state" / "photos").iterdir()]

    prune(rig)

    assert photo.exists() == kept


def test_a_photo_that_no_entry_names_is_erased_after_a_day_and_not_before(rig: Any) -> None:
    folder = rig.path / "state" / "photos"
    old, young = make(folder, "a" * 64, 1.1), make(folder, "b" * 64, 0.9)

    prune(rig)

    assert (old.exists(), young.exists()) == (False, True)


def test_nothing_is_erased_while_a_job_is_in_hand(rig: Any) -> None:
    old = make(rig.path / "state" / "photos", "a" * 64, 1.1)
    rig.ready()
    rig.until(lambda _: not rig.agent._parts.eyes.watched)

    beat(rig, 3)

    assert old.exists()
