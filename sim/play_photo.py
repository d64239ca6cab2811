"""The visitor's own photo: the page of village 1, unless the machine says why it cannot serve.

Both are right: a picture that is blurred, blank or no picture at all must not become evidence.
Whatever the machine says is told in its own words.
"""

from __future__ import annotations

from pathlib import Path

from device import texts
from sim.cast import BACK_S, Cast, errand
from sim.checklist import CheckList
from sim.clerk import Clerk, RefusedError
from sim.client import MachineCallError
from sim.waiting import until


def play(cast: Cast, told: CheckList, photo: Path) -> None:
    """Play the first scene with the photo as the page."""
    village = cast.first
    clerk = cast.clerk(village)
    with told.step("photo-laid", village=village.name):
        try:
            cast.machine(village).lay_page(str(photo))
        except MachineCallError as error:
            if not error.reason:
                raise
            told.done("photo-refused", reason=str(error), reason_en=str(error))
            return
    try:
        request = clerk.apply(errand("子女入学", copies=2)).request
    except RefusedError as error:
        told.done("photo-refused", **_reasons(error))
        clerk.cancel()
        return
    with told.step("approved"):
        cast.approve(clerk, request)
    _stamp(cast, told, clerk, request)


def _stamp(cast: Cast, told: CheckList, clerk: Clerk, request: str) -> None:
    village = cast.first
    machine = cast.machine(village)
    before = machine.presses()
    try:
        cast.stamp_all(clerk, village, request)
    except RefusedError as error:
        if clerk.hold_text() is None:
            told.done("photo-stopped", **_reasons(error))
            clerk.leave()
            return
        uses = cast.recorded(village, request, "intent")
        counted = machine.presses() - before - (len(uses) - 1)
        cast.auditor.release(village.machine, counted)
        until("the hold to end", lambda: clerk.hold_text() is None, BACK_S)
        told.done("photo-held", **_reasons(error))
        return
    with told.step("photo-used"):
        cast.wait_for_photos(cast.recorded(village, request, "use", 2))


def _reasons(error: RefusedError) -> dict[str, str]:
    """Return what the machine said, in both languages."""
    return {"reason": error.said, "reason_en": texts.EN.get(error.key, error.said)}
