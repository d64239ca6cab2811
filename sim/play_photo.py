"""The visitor's own photo: the page of village 1, unless the machine says why it cannot serve.

Both are right: a picture that is blurred, blank or no picture at all must not become evidence.
Whatever the machine says is told in its own words.
"""

from __future__ import annotations

from pathlib import Path

from sim.cast import Cast, HeldError, errand
from sim.clerk import Clerk, RefusedError
from sim.client import MachineCallError


def play(cast: Cast, photo: Path) -> None:
    """Play the first scene with the photo as the page."""
    village, told = cast.first, cast.told
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
        told.done("photo-refused", **error.sentences())
        clerk.cancel()
        return
    with told.step("approved"):
        cast.approve(clerk, request)
    _stamp(cast, clerk, request)


def _stamp(cast: Cast, clerk: Clerk, request: str) -> None:
    village, told = cast.first, cast.told
    try:
        uses = cast.stamp_all(clerk, village, request)
    except HeldError as error:
        cast.release(clerk, village, error.counted)
        clerk.leave()
        told.done("photo-held", **error.refused.sentences())
        return
    except RefusedError as error:
        told.done("photo-stopped", **error.sentences())
        clerk.leave()
        return
    cast.wait_for_photos(cast.recorded(village, request, "use", uses))
    told.done("photo-used")
