"""How finely a sheet is seen, and how near it comes to the picture's border."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from msgspec import structs

from sim import camera_hard
from sim.camera_hard import PHOTO_HEIGHT_PX, PHOTO_WIDTH_PX, Conditions, conditions
from sim.render import page_image
from vision.decoding import Image, decode
from vision.findings import Reason
from vision.framing import a4_dpi, margin
from vision.page import Page
from vision.quality import LEAST_DPI, LEAST_MARGIN, Quality, judge

FRAME = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])


def laid(height_px: float, middle: tuple[float, float] = (0.5, 0.5)) -> Conditions:
    """A sheet of A4 lying straight, its middle at shares of the picture."""
    size = np.array([height_px * 210 / 297, height_px])
    corners = (FRAME - 0.5) * size + np.array(middle) * (PHOTO_WIDTH_PX, PHOTO_HEIGHT_PX)
    how = conditions(np.random.default_rng(1), "normal")
    return structs.replace(how, corners=tuple((float(x), float(y)) for x, y in corners))


def seen(how: Conditions) -> Quality:
    return judge(decode(camera_hard.photograph(page_image(7, 0), how, 1)))


def outlined(corners: np.ndarray) -> Page:
    return Page(tuple((float(x), float(y)) for x, y in corners), whole=False)


@pytest.mark.parametrize("dpi", [72, 150, 300])
def test_resolution_of_a_sheet_of_a4_is_told_in_dots_an_inch(dpi: int) -> None:
    sheet = outlined(FRAME * (210 / 25.4 * dpi, 297 / 25.4 * dpi))

    assert a4_dpi(sheet) == pytest.approx(dpi)


def test_resolution_of_a_sheet_of_another_shape_is_unknown() -> None:
    assert a4_dpi(outlined(FRAME * 1000)) is None
    assert a4_dpi(None) is None


def test_margin_is_the_least_distance_from_the_border() -> None:
    sheet = outlined(FRAME * (500, 700) + (60, 20))

    assert margin(sheet, 600, 800) == pytest.approx(20 / 800)
    assert margin(sheet, 565, 800) == pytest.approx(5 / 800)


def test_picture_without_an_edge_of_paper_has_no_margin() -> None:
    assert margin(Page(((0, 0), (600, 0), (600, 800), (0, 800)), whole=True), 600, 800) is None


@pytest.mark.parametrize(("dpi", "reasons"), [(95, (Reason.COARSE,)), (120, ()), (190, ())])
def test_sheet_is_coarse_when_not_even_a5_would_be_fine_enough(
    dpi: int, reasons: tuple[Reason, ...]
) -> None:
    quality = seen(laid(297 / 25.4 * dpi))

    assert quality.reasons == reasons
    assert quality.a4_dpi == pytest.approx(dpi, rel=0.01)
    assert (2**0.5 * dpi < LEAST_DPI) == bool(reasons)


@pytest.mark.parametrize(
    ("middle", "reasons"),
    [((0.5, 0.5), ()), ((0.5, 0.44), (Reason.PAGE_EDGE,)), ((0.4, 0.5), (Reason.PAGE_EDGE,))],
    ids=["middle", "beyond the top", "beyond the left"],
)
def test_sheet_that_leaves_the_picture_is_told_and_does_not_stop(
    middle: tuple[float, float], reasons: tuple[Reason, ...]
) -> None:
    quality = seen(laid(0.9 * PHOTO_HEIGHT_PX, middle))

    assert quality.reasons == reasons
    assert quality.usable
    assert (quality.margin is not None and quality.margin < LEAST_MARGIN) == bool(reasons)


@pytest.mark.parametrize("n", range(5))
def test_photo_of_the_simulated_machine_is_fine_and_inside(
    n: int, photograph: Callable[..., Image]
) -> None:
    quality = judge(photograph(page_image(7, n), n))

    assert quality.reasons == ()
    assert quality.margin is not None
