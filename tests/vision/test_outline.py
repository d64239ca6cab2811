"""The sheet's corners, under lamps, shadows, hands and slants whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from sim.camera_hard import Difficulty
from sim.camera_scenes import Sheet, sheet, shot
from sim.render import HEIGHT_PX, WIDTH_PX, page_image
from vision.decoding import decode
from vision.outline import find_outline


def overlap(found: object, truth: Sequence[tuple[float, float]]) -> float:
    """Intersection over union of two convex quadrilaterals; 0 when nothing was found."""
    if found is None:
        return 0.0
    a, b = np.array(found, np.float32), np.array(truth, np.float32)
    common, _ = cv2.intersectConvexConvex(a, b)
    return float(common / (cv2.contourArea(a) + cv2.contourArea(b) - common))


@pytest.mark.slow
@pytest.mark.parametrize("difficulty", ["normal", "hard"])
@pytest.mark.parametrize("seed", [901, 902])
def test_corners_of_a_rendered_page_are_found(difficulty: Difficulty, seed: int) -> None:
    taken = shot(sheet(seed), seed, difficulty)

    assert overlap(find_outline(decode(taken.jpeg)), taken.corners) > 0.985


def test_a_lamp_at_one_side_does_not_cut_the_page() -> None:
    taken = shot(Sheet(page_image(7, 0)), 907, "normal")
    photo = decode(taken.jpeg)
    lamp = np.linspace(0.25, 1.0, photo.shape[1], dtype=np.float32)[None, :, None]

    found = find_outline(np.asarray(photo * lamp, np.uint8))

    assert overlap(found, taken.corners) > 0.985


def test_a_dark_frame_printed_on_a_scan_is_no_edge_of_paper() -> None:
    scan = page_image(7, 2)
    cv2.rectangle(scan, (60, 60), (WIDTH_PX - 60, HEIGHT_PX - 60), (90, 60, 40), 40)

    assert find_outline(scan) is None


def test_bare_desk_has_no_outline() -> None:
    grain = np.random.default_rng(3).normal(0, 6, (1280, 960, 3))
    desk = np.asarray(np.clip(grain + np.array((60, 80, 110)), 0, 255), np.uint8)

    assert find_outline(desk) is None


# Corners as people see them, to about five pixels; the third page goes on beyond the frame.
SEEN = {
    "desk_page_photo.jpg": ((84, 645), (1545, 397), (2361, 2105), (810, 2793)),
    "notepad_nearly_blank.jpg": ((349, 335), (1979, 314), (2170, 3147), (135, 3146)),
    "agreement_photo_noseal.jpg": ((68, 78), (643, 66), (682, 861), (57, 861)),
}


@pytest.mark.parametrize("name", SEEN)
def test_corners_on_real_photos_are_where_people_see_them(pictures: Path, name: str) -> None:
    found = find_outline(decode((pictures / name).read_bytes()))

    assert overlap(found, SEEN[name]) > 0.965


@pytest.mark.parametrize("name", ["redhead_two_seals.jpg", "business_licence_wuhan.png"])
def test_scans_to_their_edge_have_no_outline(pictures: Path, name: str) -> None:
    assert find_outline(decode((pictures / name).read_bytes())) is None
