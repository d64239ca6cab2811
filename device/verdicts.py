"""What the photo after an impression proves: the right page, one new seal, and how it came out.

The impression has happened, so nothing here can stop anything: what cannot be told, for lack of
time or for a fault of our own, is said as `unjudged`, and the entry is made all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from vision.coverings import covering
from vision.decoding import Image, decode
from vision.document import mirrored, same_page
from vision.errors import ImageRefusedError
from vision.findings import Finding
from vision.ink import ink
from vision.new_seals import NewSeals, new_seals, seals_still_there
from vision.page import Page, find_page
from vision.reproduction import Impression, bears_grid, impression
from vision.seal_state import State
from vision.seals import find_seals
from vision.sheets import second_sheet
from vision.sizes import on_tray_mm
from vision.tray import Tray

# Wall time for all steps: none is begun when those before it took more than half of it. Together
# they took 1.6 to 2.2 s of one core at a load of 8 to 10 (docs/benchmarks.md); the loop waits 30 s
# for the eyes.
BUDGET_S = 20.0
TURNED_DEG = 15.0
_RED = 0.05  # a pale press; see `vision.ink`
_STILL_RED = 0.6  # of the red of a stamped sheet: with less its seals cannot all be there

_SEAL_RED_PX = 500  # at working size; a seal of 42 mm has 3000, half of a pale one 1000

_STATES = {
    State.COMPLETE: Finding.IMPRESSION_COMPLETE,
    State.PARTIAL: Finding.IMPRESSION_PARTIAL,
    State.RIDING_SEAM: Finding.IMPRESSION_SEAM,
    State.SMEARED: Finding.IMPRESSION_SMEARED,
    State.DOUBLE: Finding.IMPRESSION_DOUBLE,
    State.FAINT: Finding.IMPRESSION_FAINT,
}
# What the clerk has to hear of, gravest first.
GRAVE = (
    Finding.PAGE_OTHER,
    Finding.IMPRESSION_MISSING,
    Finding.IMPRESSION_SEVERAL,
    Finding.IMPRESSION_PRINTED,
    Finding.PAGE_REPRODUCED,
    Finding.PAGE_COVERED,
    Finding.SECOND_SHEET,
    Finding.UNJUDGED,
    Finding.IMPRESSION_DOUBLE,
    Finding.IMPRESSION_PARTIAL,
    Finding.IMPRESSION_SEAM,
    Finding.IMPRESSION_SMEARED,
    Finding.IMPRESSION_FAINT,
    Finding.IMPRESSION_UNREAD,
    Finding.PAGE_UNCLEAR,
)

# What a seam stamp on a fanned pile shows in all honesty: its sheets lie side by side and slip, and
# their edges cut the ring.
_OF_A_FAN = frozenset(
    {
        Finding.IMPRESSION_SEAM,
        Finding.IMPRESSION_PARTIAL,
        Finding.SECOND_SHEET,
        Finding.PAGE_COVERED,
    }
)

log = structlog.get_logger()


def after(
    before: bytes,
    photo: Image,
    page: Page | None,
    now_s: Callable[[], float] = time.monotonic,
    approved: bytes = b"",
    tray: Tray | None = None,
) -> set[Finding]:
    """Return what `photo`, taken after the press, shows against the photo before it; never raises.

    Args:
        before: JPEG or PNG of the same page without the impression.
        page: where the paper lies in `photo`.
        now_s: monotonic seconds.
        approved: JPEG or PNG of the approved page; what lay on it at the check lies on `before`.
        tray: the scale of `photo`; what is new is measured by it.
    """
    found: set[Finding] = set()
    begun_s = now_s()
    try:
        earlier = decode(before)
        for step in (_page, _impression):
            if now_s() - begun_s > BUDGET_S / 2:
                log.warning("photo_not_judged", why="time", step=step.__name__)
                return found | {Finding.UNJUDGED}
            found |= step(earlier, photo, page, tray)
        if approved and Finding.PAGE_SAME in found and Finding.PAGE_COVERED not in found:
            if now_s() - begun_s > BUDGET_S / 2:
                log.warning("photo_not_judged", why="time", step=_since_approval.__name__)
                return found | {Finding.UNJUDGED}
            found |= _since_approval(approved, photo, page)
    except ImageRefusedError as error:
        log.warning("reference_page_unreadable", expected=error.expected, found=error.found)
        found |= {Finding.PAGE_UNCLEAR, Finding.UNJUDGED}
    except Exception as error:  # the stamp is on the paper: it must be recorded, whatever fails
        log.error("photo_not_judged", why=repr(error))
        found.add(Finding.UNJUDGED)
    return found


def of_page(approved: Image, seen: Image, page: Page | None) -> set[Finding]:
    """Return whether `seen` shows the page that `approved` shows, and how it lies."""
    match = same_page(approved, seen, seen_page=page)
    if match.same is None:
        return {Finding.PAGE_UNCLEAR}
    if not match.same:
        return {Finding.PAGE_OTHER}
    turned = abs(match.turned_deg) > TURNED_DEG
    return {Finding.PAGE_SAME, Finding.PAGE_TURNED} if turned else {Finding.PAGE_SAME}


def stamped_since(approved: bytes, seen: Image, page: Page | None) -> set[Finding]:
    """Return whether `seen` bears a whole seal that the approved page had not; never raises.

    More red nominates, so that an unstamped page costs next to nothing.
    """
    try:
        earlier = decode(approved)
        if _red_px(seen) < _red_px(earlier) + _SEAL_RED_PX:
            return set()
        new = new_seals(earlier, seen, after_page=page)
    except Exception as error:  # of the eyes alone: the page itself was compared
        log.error("seals_not_compared", why=repr(error))
        return set()
    return {Finding.PAGE_STAMPED} if new.aligned and new.seals else set()


def same_sheet(stamped: bytes, seen: bytes) -> bool:
    """Tell whether `seen` shows the sheet of `stamped`, by the seals on it; never raises.

    What cannot be told counts as another sheet: nobody is stopped by a doubt.
    """
    try:
        earlier, later = decode(stamped), decode(seen)
        still_red = _red_px(later) >= _STILL_RED * _red_px(earlier)  # a fresh copy is told at once
        return still_red and seals_still_there(earlier, later) is True
    except Exception as error:  # of the eyes alone: the page itself was compared
        log.error("sheets_not_compared", why=repr(error))
        return False


def _red_px(image: Image) -> int:
    seen = ink(image)
    return int((seen.red > max(_RED, seen.noise)).sum())


def gravest(findings: tuple[str, ...], *, seam: bool = False) -> str:
    """Return the finding that the clerk has to hear of, "" when all is well.

    Args:
        seam: the impression was meant to ride the edges of a fanned pile.
    """
    meant = _OF_A_FAN if seam else frozenset()
    found = (one for one in GRAVE if one in findings and one not in meant)
    return str(next(found, ""))


def _page(earlier: Image, photo: Image, page: Page | None, _: Tray | None) -> set[Finding]:
    found = of_page(earlier, photo, page)
    if Finding.PAGE_SAME not in found and mirrored(earlier, photo):
        found = {Finding.PAGE_OTHER, Finding.PAGE_MIRRORED}
    return found if Finding.PAGE_OTHER in found else found | _of_sheet(earlier, photo, page)


def _of_sheet(earlier: Image, photo: Image, page: Page | None) -> set[Finding]:
    """What the paper itself shows: whether it is paper, bare as before, and alone."""
    page = page or find_page(photo)
    told = {
        Finding.PAGE_REPRODUCED: bears_grid(photo, page),
        Finding.PAGE_COVERED: covering(earlier, photo, after_page=page).covered,
        Finding.SECOND_SHEET: None if page is None else second_sheet(photo, page),
    }
    return {finding for finding, answer in told.items() if answer}


def _since_approval(approved: bytes, photo: Image, page: Page | None) -> set[Finding]:
    since = covering(decode(approved), photo, after_page=page, folds=True)
    return {Finding.PAGE_COVERED} if since.covered else set()


def _impression(earlier: Image, photo: Image, page: Page | None, tray: Tray | None) -> set[Finding]:
    px_per_mm = None if tray is None else tray.px_per_mm
    seals = find_seals(photo, page, px_per_mm=px_per_mm, copies=False)
    new = new_seals(earlier, photo, after_page=page, seals=seals)
    if tray is not None:
        _measure(new, tray)
    found = of_impressions(new)
    if new.seals and impression(photo, page, new.seals) is Impression.PRINTED:
        found.add(Finding.IMPRESSION_PRINTED)
    return found


def _measure(new: NewSeals, tray: Tray) -> None:
    for seal in new.seals:
        long_mm, short_mm = (round(side, 1) for side in on_tray_mm(seal, tray))
        log.info("impression_measured", long_mm=long_mm, short_mm=short_mm, state=str(seal.state))


def of_impressions(new: NewSeals) -> set[Finding]:
    """Return the words for what was added to a page."""
    if not new.count:
        return {Finding.IMPRESSION_MISSING}
    found = {Finding.IMPRESSION_FAINT} if new.faint else set()
    if new.count > 1:
        return found | {Finding.IMPRESSION_SEVERAL}
    found.add(Finding.IMPRESSION_SEEN)
    return found | ({_STATES[new.seals[0].state]} if new.seals else {Finding.IMPRESSION_UNREAD})
