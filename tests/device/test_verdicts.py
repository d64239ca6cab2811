"""What the after-photo proves, in words; and that no fault of ours stops a record."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from structlog.testing import capture_logs

from device import verdicts
from device.texts import EN, ZH
from sim import camera_view
from sim.camera_film import snapshot
from sim.camera_ink import Fault
from sim.camera_scenes import Sheet, pressed
from sim.render import page_image
from vision.decoding import decode
from vision.findings import Finding
from vision.tray import calibrate

BARE = Sheet(page_image(7, 1))


def photo(sheet: Sheet, laid: int = 1, noise: int = 1) -> bytes:
    scene = camera_view.view(sheet.page, camera_view.laying(laid), light=True, seed=3)
    return snapshot(scene, noise)


def struck(fault: Fault, *, times: int = 1) -> Sheet:
    sheet, rng = BARE, np.random.default_rng(5)
    for i in range(times):
        sheet = pressed(sheet, rng, x=0.6 - 0.35 * i, y=0.75, fault=fault)
    return sheet


def judged(before: Sheet, after: Sheet) -> set[Finding]:
    return verdicts.after(photo(before), decode(photo(after, noise=2)), None, lambda: 0.0)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (Fault.NONE, Finding.IMPRESSION_COMPLETE),
        (Fault.FAINT, Finding.IMPRESSION_FAINT),
        (Fault.HALF, Finding.IMPRESSION_PARTIAL),
        (Fault.WIPED, Finding.IMPRESSION_SMEARED),
        (Fault.TWICE, Finding.IMPRESSION_DOUBLE),
    ],
)
def test_one_impression_is_named_by_how_it_came_out(fault: Fault, word: Finding) -> None:
    assert judged(BARE, struck(fault)) == {Finding.PAGE_SAME, Finding.IMPRESSION_SEEN, word}


def test_nothing_new_and_several_new_seals_are_told() -> None:
    assert judged(BARE, BARE) == {Finding.PAGE_SAME, Finding.IMPRESSION_MISSING}
    twice = judged(BARE, struck(Fault.NONE, times=2))
    assert twice == {Finding.PAGE_SAME, Finding.IMPRESSION_SEVERAL}


def test_impression_is_measured_by_the_tray() -> None:
    sheet = camera_view.view(camera_view.marker_page(), camera_view.laying(1), light=True, seed=3)
    scale, after = calibrate(sheet), decode(photo(struck(Fault.NONE), noise=2))

    with capture_logs() as said:
        found = verdicts.after(photo(BARE), after, None, lambda: 0.0, tray=scale)

    assert found == {Finding.PAGE_SAME, Finding.IMPRESSION_SEEN, Finding.IMPRESSION_COMPLETE}
    (measured,) = (line for line in said if line["event"] == "impression_measured")
    assert (measured["long_mm"], measured["short_mm"]) == pytest.approx((42, 42), rel=0.05)


def test_page_swapped_before_the_press_is_told() -> None:
    other = pressed(Sheet(page_image(7, 6)), np.random.default_rng(5), x=0.6, y=0.75)

    assert Finding.PAGE_OTHER in judged(BARE, other)


def test_a_photo_before_that_cannot_be_read_leaves_the_verdict_open() -> None:
    found = verdicts.after(b"no picture", decode(photo(BARE)), None)

    assert found == {Finding.PAGE_UNCLEAR, Finding.UNJUDGED}


def test_a_fault_of_our_own_is_said_not_raised() -> None:
    impossible = np.zeros((0, 0, 3), np.uint8)

    assert verdicts.after(photo(BARE), impossible, None) == {Finding.UNJUDGED}


@pytest.mark.parametrize(("step_s", "judged"), [(9.9, True), (10.1, False)])
def test_what_is_not_begun_in_time_is_left_to_the_township(step_s: float, judged: bool) -> None:
    clock = iter((0.0, 0.0, step_s))

    found = verdicts.after(
        photo(BARE), decode(photo(struck(Fault.NONE))), None, lambda: next(clock)
    )

    assert (Finding.IMPRESSION_SEEN in found) == judged
    assert (Finding.UNJUDGED in found) != judged


def test_approved_page_is_left_to_the_township_when_the_time_is_up() -> None:
    clock = iter((0.0, 0.0, 0.0, 10.1))
    after = decode(photo(struck(Fault.NONE)))

    found = verdicts.after(photo(BARE), after, None, lambda: next(clock), photo(BARE))

    assert {Finding.PAGE_SAME, Finding.IMPRESSION_SEEN, Finding.UNJUDGED} <= found


def cpu_s(work: Callable[[], object]) -> float:
    """The least CPU time of three runs."""
    taken = []
    for _ in range(3):
        begun_s = time.thread_time()
        work()
        taken.append(time.thread_time() - begun_s)
    return min(taken)


@pytest.mark.slow
def test_verdict_costs_a_bounded_multiple_of_a_plain_blur_of_the_photo() -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    before, after = photo(BARE), decode(photo(struck(Fault.NONE)))
    large = cv2.resize(after, (1920, 2560))

    blur_s = cpu_s(lambda: cv2.GaussianBlur(large, (0, 0), 5))
    verdict_s = cpu_s(lambda: verdicts.after(before, after, None))

    cv2.setNumThreads(threads)
    assert verdict_s < 50 * blur_s  # 24 to 36 were measured, at 0.05 to 0.07 s


def test_clerk_hears_the_gravest_finding_and_nothing_when_all_is_well() -> None:
    fine = ("page-same", "impression-seen", "impression-complete", "glare")

    assert verdicts.gravest(fine) == ""
    assert verdicts.gravest(("page-other", "impression-faint")) == "page-other"


@pytest.mark.parametrize("word", ["second-sheet", "page-covered", "impression-partial"])
def test_a_fanned_pile_is_no_other_paper_to_a_seam_stamp_alone(word: str) -> None:
    fanned = ("page-same", "impression-seen", "impression-seam", word)

    assert verdicts.gravest(fanned, seam=True) == ""
    assert verdicts.gravest(fanned) == word


@pytest.mark.parametrize("finding", verdicts.GRAVE)
def test_every_grave_finding_says_what_to_do(finding: Finding) -> None:
    assert ZH[f"after.{finding}"].startswith("已记录")
    assert EN[f"after.{finding}"].startswith("Recorded")


@pytest.mark.parametrize("laid", [1, 4], ids=["as it lay", "moved"])
def test_the_sheet_just_stamped_is_known_again(laid: int) -> None:
    stamped = struck(Fault.NONE)

    assert verdicts.same_sheet(photo(stamped), photo(stamped, laid, noise=3))


def test_a_fresh_copy_and_one_stamped_elsewhere_are_other_sheets() -> None:
    stamped = photo(struck(Fault.NONE))
    elsewhere = pressed(BARE, np.random.default_rng(9), x=0.3, y=0.4, fault=Fault.NONE)

    assert not verdicts.same_sheet(stamped, photo(BARE, 4, noise=3))
    assert not verdicts.same_sheet(stamped, photo(elsewhere, 4, noise=3))


@pytest.mark.parametrize("damaged", [b"", b"no picture"])
def test_what_cannot_be_compared_stops_nobody(damaged: bytes) -> None:
    assert not verdicts.same_sheet(damaged, photo(BARE))
