"""The hard camera: the same seed gives the same photo, and its truth is where it says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sim.camera_hard import Difficulty, conditions, moved, photograph
from sim.camera_ink import Fault, inked
from sim.camera_scenes import Sheet, pressed, sheet, shot
from sim.render import HEIGHT_PX, WIDTH_PX, blank_page
from sim.seals import oval_shape, round_shape, square_shape
from vision.decoding import Image, decode


def red_places(photo: Image) -> tuple[NDArray[np.int64], ...]:
    """Rows and columns that are red, and most of what lies around them."""
    red = photo[..., 2].astype(int) - photo[..., :2].max(axis=2) > 40
    return np.nonzero(cv2.blur(red.astype(np.float32), (9, 9)) > 0.5)


@pytest.mark.slow
def test_same_seed_gives_the_same_photo() -> None:
    assert shot(sheet(5), 5, "hard").jpeg == shot(sheet(5), 5, "hard").jpeg


@pytest.mark.parametrize("difficulty", ["normal", "hard"])
def test_another_seed_gives_another_laying(difficulty: Difficulty) -> None:
    one, other = (conditions(np.random.default_rng(seed), difficulty) for seed in (1, 2))

    assert one != other


def test_corners_of_the_page_lie_where_the_truth_says() -> None:
    how = conditions(np.random.default_rng(8), "normal")
    photo = decode(photograph(blank_page(), how, 8))

    inner = np.array(how.corners).mean(axis=0)
    for corner in how.corners:
        step = (inner - corner) / np.linalg.norm(inner - corner) * 20
        inside, outside = (
            (np.array(corner) + step).astype(int),
            (np.array(corner) - step).astype(int),
        )
        outside = np.clip(outside, 0, (photo.shape[1] - 1, photo.shape[0] - 1))
        assert photo[inside[1], inside[0]].min() > photo[outside[1], outside[0]].min()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_box_of_an_impression_holds_its_red_and_not_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = pressed(Sheet(blank_page()), rng, x=0.5, y=0.5)

    taken = shot(made, seed, "normal")

    (box,) = taken.boxes
    rows, columns = red_places(decode(taken.jpeg))
    paper = (np.abs(columns - box[0] - box[2] / 2) < box[2]) & (
        np.abs(rows - box[1] - box[3] / 2) < box[3]
    )
    columns, rows = columns[paper], rows[paper]
    assert columns.min() == pytest.approx(box[0], abs=9)
    assert columns.max() == pytest.approx(box[0] + box[2], abs=9)
    assert rows.min() == pytest.approx(box[1], abs=9)
    assert rows.max() == pytest.approx(box[1] + box[3], abs=9)


def test_points_of_the_page_move_to_the_corners() -> None:
    how = conditions(np.random.default_rng(3), "hard")
    page = np.array([[0, 0], [WIDTH_PX, 0], [WIDTH_PX, HEIGHT_PX], [0, HEIGHT_PX]], np.float32)

    assert moved(page, how) == pytest.approx(np.array(how.corners), abs=0.1)


@pytest.mark.parametrize("fault", [Fault.FAINT, Fault.HALF, Fault.DRY])
def test_these_faults_take_ink_away(fault: Fault) -> None:
    shape = round_shape("河西乡人民政府", 240)

    clean, spoiled = (inked(shape, each, np.random.default_rng(4)) for each in (Fault.NONE, fault))

    assert spoiled.sum() < 0.85 * clean.sum()


@pytest.mark.parametrize("fault", [Fault.WIPED, Fault.TWICE])
def test_these_faults_spread_ink(fault: Fault) -> None:
    shape = round_shape("河西乡人民政府", 240)

    clean, spoiled = (inked(shape, each, np.random.default_rng(4)) for each in (Fault.NONE, fault))

    assert (spoiled > 0.1).sum() > 1.15 * (clean > 0.1).sum()


def test_shapes_have_the_size_asked_for() -> None:
    assert round_shape("河西乡人民政府", 200, "财务专用章").size == (200, 200)
    assert oval_shape("河西乡人民政府", 240, 160, "专用章").size == (240, 160)
    assert square_shape("李庆国印", 120).size == (120, 120)
