"""Openings for an imprint that end without its photo: two persons say so, and the entry does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from device.errors import JournalError
from device.kiosk.port import TakePage
from device.kiosk.port_custody import ShutHatch
from tests.device.loop.test_custody import opened, refusal, shut


@pytest.mark.parametrize(
    ("presses", "counted", "unsampled"),
    [(1, 1, "no-photo"), (0, 0, "not-pressed")],
    ids=["dead camera", "dry pad"],
)
def test_opening_for_an_imprint_ends_without_a_photo_where_two_persons_say_so(
    rig: Any, presses: int, counted: int, unsampled: str
) -> None:
    permit = opened(rig, "sample")
    rig.camera.gone = True
    for _ in range(presses):
        rig.controller.down()
        rig.controller.up()
    rig.until(lambda view: view.custody[0].made == presses)

    shut(rig, permit, counted=counted, unsampled=True)

    assert rig.entries("hatch")[-1].unsampled == unsampled
    assert rig.entries("seal-sample") == []
    assert rig.until(lambda view: not view.custody[0].permit).custody[0].trouble == ""


def test_handover_without_a_photo_names_its_persons_and_says_that_there_is_none(rig: Any) -> None:
    permit = opened(rig, "handover")

    shut(rig, permit, counted=0, witness="s-1", unsampled=True)

    assert (rig.entries("handover")[0].witness, rig.entries("handover")[0].sample) == ("s-1", None)
    assert rig.entries("hatch")[-1].unsampled == "not-pressed"


def test_one_person_alone_settles_nothing_without_a_photo(rig: Any) -> None:
    permit = opened(rig, "sample")
    rig.controller.set(door_closed=True)
    rig.until(lambda view: view.custody[0].shut)

    command = ShutHatch(by="c-1", second="c-1", permit=permit, counted=1, unsampled=True)

    assert refusal(rig, command) == "second-same"


@pytest.mark.parametrize("photo_first", [False, True])
def test_closing_says_whether_the_entry_before_a_power_cut_names_a_photo(
    rig: Any, photo_first: bool
) -> None:
    permit = opened(rig, "handover")
    photographed = {"page": rig.ask(TakePage(by="c-1")).page}
    answers = [{"unsampled": True}, photographed]
    with pytest.raises(JournalError), refusing_hatches(rig):
        shut(rig, permit, counted=1, witness="s-1", **answers[photo_first])
    rig.stop_agent()
    rig.start_agent(disk=False)
    rig.disk(works=True)

    again = {"page": rig.ask(TakePage(by="c-1")).page} if not photo_first else answers[0]
    shut(rig, permit, counted=1, witness="s-1", **again)

    (handover,) = rig.entries("handover")
    said = rig.entries("hatch")[-1].unsampled
    assert (handover.sample is None, said) == (not photo_first, None if photo_first else "no-photo")


@contextmanager
def refusing_hatches(rig: Any) -> Iterator[None]:
    """Have the disk fail when the entry of the closing is written, after the one before it."""
    connection = rig.agent._parts.recorder.journal._db.conn
    connection.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON entries WHEN NEW.kind = 'hatch'"
        " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    yield
