"""The tray as a ruler: learnt from a sheet with markers, refused when it cannot be true."""

from __future__ import annotations

import io

import cv2
import msgspec
import numpy as np
import pytest
from PIL import Image as PillowImage

from sim import camera_view
from sim.camera_view import marker_page
from sim.render import HEIGHT_PX, WIDTH_PX, impression, page_image, stamped
from vision import marker_sheet, tray
from vision.decoding import Image
from vision.errors import TrayError, VisionError
from vision.page import Page
from vision.seals import find_seals
from vision.sizes import on_tray_mm

CORNERS = ((170.0, 130.0), (1330.0, 170.0), (1290.0, 1790.0), (120.0, 1740.0))  # seen askew
SIM_PX_PER_MM = 4.84  # of sim.camera_view, in the middle of its tray


def seen(sheet: Image, size: float = 1.0) -> Image:
    """A sheet on a dark table as a camera that stands askew sees it."""
    height, width = sheet.shape[:2]
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    lies = np.array(CORNERS, np.float32) * np.float32(size)
    matrix = cv2.getPerspectiveTransform(flat, lies)
    frame = (round(1500 * size), round(1900 * size))
    return np.asarray(cv2.warpPerspective(sheet, matrix, frame, borderValue=(60, 60, 60)), np.uint8)


def covered(*markers: int) -> Image:
    sheet = marker_page()
    for marker in markers:
        left, top = (
            round(float(side) * WIDTH_PX / 210) for side in marker_sheet.corners_mm(marker)[0]
        )
        sheet[top : top + 200, left : left + 200] = 252
    return sheet


def printed_at(share: float) -> Image:
    """A sheet of A4 on which a printer made everything smaller."""
    size = (round(WIDTH_PX * share), round(HEIGHT_PX * share))
    paper = np.full((HEIGHT_PX, WIDTH_PX, 3), 252, np.uint8)
    left, top = (WIDTH_PX - size[0]) // 2, (HEIGHT_PX - size[1]) // 2
    small = cv2.resize(marker_page(), size, interpolation=cv2.INTER_AREA)
    paper[top : top + size[1], left : left + size[0]] = small
    return paper


@pytest.fixture(scope="module")
def learnt() -> tray.Tray:
    return tray.calibrate(seen(marker_page()))


def test_pixels_become_millimetres_on_a_sheet_seen_askew(learnt: tray.Tray) -> None:
    corners = cv2.perspectiveTransform(np.array([CORNERS], np.float64), learnt.matrix)[0]

    assert learnt.holds_for(seen(marker_page())) and not learnt.holds_for(marker_page())
    assert learnt.markers == 12 and learnt.residual_mm < 0.15
    assert corners == pytest.approx(np.array([[0, 0], [210, 0], [210, 297], [0, 297]]), abs=0.5)
    assert learnt.paper_mm == pytest.approx(marker_sheet.SHEET_MM, rel=0.005)


def test_seal_is_measured_wherever_it_lies_on_the_tray(learnt: tray.Tray) -> None:
    picture = seen(stamped(page_image(7, 0), impression(seed=1), 0.3, 0.3))

    (seal,) = find_seals(picture, Page(CORNERS, whole=False), px_per_mm=learnt.px_per_mm)

    assert on_tray_mm(seal, learnt) == pytest.approx((42, 42), rel=0.03)
    assert seal.diameter_mm == pytest.approx(42, rel=0.06)


def test_simulated_camera_has_the_scale_that_it_is_built_with() -> None:
    scene = camera_view.view(marker_page(), camera_view.laying(1), light=True, seed=3)

    found = tray.calibrate(scene)

    assert found.px_per_mm == pytest.approx(SIM_PX_PER_MM, rel=0.005)
    assert found.residual_mm < 0.2 and found.paper_mm is not None


def test_two_hidden_markers_are_borne_and_three_are_refused() -> None:
    assert tray.calibrate(seen(covered(0, 7))).markers == 10
    with pytest.raises(TrayError, match="at least 10 of 12 markers, found 9"):
        tray.calibrate(seen(covered(0, 4, 7)))


def test_blurred_photo_is_refused() -> None:
    blurred = cv2.GaussianBlur(seen(marker_page()), (0, 0), 3.5)

    with pytest.raises(TrayError, match="blurred"):
        tray.calibrate(np.asarray(blurred, np.uint8))


@pytest.mark.parametrize("share", [0.97, 0.94])
def test_sheet_that_was_fitted_to_the_page_is_refused(share: float) -> None:
    with pytest.raises(TrayError, match="printed at another scale"):
        tray.calibrate(seen(printed_at(share)))


def test_sheet_that_is_not_flat_is_refused() -> None:
    across = np.arange(1500, dtype=np.float32)
    x, y = np.meshgrid(across, np.arange(1900, dtype=np.float32))
    bent = cv2.remap(seen(marker_page()), x, y + 12 * np.sin(x / 1500 * np.pi), cv2.INTER_LINEAR)

    with pytest.raises(TrayError, match="lays the sheet flat"):
        tray.calibrate(np.asarray(bent, np.uint8))


def test_camera_too_coarse_for_a_seal_is_refused() -> None:
    small = cv2.resize(seen(marker_page()), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    with pytest.raises(TrayError, match="pixels a millimetre or more"):
        tray.calibrate(np.asarray(small, np.uint8))


def test_moved_sheet_is_told_in_millimetres(learnt: tray.Tray) -> None:
    pushed = np.roll(seen(marker_page()), 11, axis=1)

    assert tray.apart_mm(learnt, learnt) < 0.001
    assert tray.apart_mm(learnt, tray.calibrate(pushed)) == pytest.approx(2, abs=0.4)


def test_kept_tray_is_read_again_and_a_damaged_one_refused(learnt: tray.Tray) -> None:
    kept = msgspec.json.encode(learnt)
    other = msgspec.to_builtins(learnt) | {"px_per_mm": learnt.px_per_mm * 1.1}
    flat = msgspec.to_builtins(learnt) | {"homography": [[0, 0, 0]] * 3}

    assert tray.read(kept) == learnt
    for damaged in (b"", kept[:-9], msgspec.json.encode(other), msgspec.json.encode(flat)):
        with pytest.raises(TrayError, match="calibrates anew"):
            tray.read(damaged)


def test_sheet_prints_at_its_true_size() -> None:
    with PillowImage.open(io.BytesIO(marker_sheet.encoded("png"))) as picture:
        size_mm = [
            px / dpi * 25.4 for px, dpi in zip(picture.size, picture.info["dpi"], strict=True)
        ]

    assert size_mm == pytest.approx(marker_sheet.SHEET_MM, abs=0.2)
    assert marker_sheet.encoded("pdf").startswith(b"%PDF-")
    assert b'width="210mm" height="297mm"' in marker_sheet.encoded("svg")
    with pytest.raises(VisionError, match="pdf, png, svg"):
        marker_sheet.encoded("doc")
