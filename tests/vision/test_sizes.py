"""The sheet as the ruler of the seal on it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sim.render import HEIGHT_PX, WIDTH_PX, impression, page_image, stamped
from vision.decoding import Image
from vision.lifting import specimen
from vision.page import Page
from vision.seals import Seal, Shape, find_seals
from vision.sizes import may_be, on_a4_mm
from vision.verification import Registered, verify

# Of a sheet that lies askew, clockwise from top left; the photo is 1500 px wide.
CORNERS = ((140.0, 100.0), (1320.0, 160.0), (1260.0, 1800.0), (90.0, 1700.0))


@pytest.fixture(scope="module")
def photo() -> tuple[Image, Seal, Page]:
    """A seal of 42 mm on a sheet of A4 that is seen askew."""
    flat = stamped(page_image(7, 0), impression(seed=1), 0.6, 0.7)
    corners = np.array([[0, 0], [WIDTH_PX, 0], [WIDTH_PX, HEIGHT_PX], [0, HEIGHT_PX]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, np.array(CORNERS, np.float32))
    picture = cv2.warpPerspective(flat, matrix, (1500, 1900), borderValue=(60, 60, 60))
    page = Page(CORNERS, whole=False)
    (seal,) = find_seals(np.asarray(picture, np.uint8), page)
    return np.asarray(picture, np.uint8), seal, page


def test_seal_is_measured_on_a_sheet_that_lies_askew(
    photo: tuple[Image, Seal, Page],
) -> None:
    _, seal, page = photo

    assert on_a4_mm(seal, page) == pytest.approx((42, 42), rel=0.03)


def test_nothing_is_measured_without_a_sheet_of_that_shape(
    photo: tuple[Image, Seal, Page],
) -> None:
    _, seal, _ = photo

    assert on_a4_mm(seal, None) is None
    assert on_a4_mm(seal, Page(((0, 0), (1500, 0), (1500, 1500), (0, 1500)), whole=False)) is None


@pytest.mark.parametrize(
    ("registered", "possible"),
    [
        ((42.0, 42.0), True),
        ((45.0, 45.0), True),  # 7 %
        ((38.0, 38.0), False),
        ((50.0, 50.0), False),
        ((42.0 * 2**-0.5, 42.0 * 2**-0.5), True),  # the sheet may be A5
        ((42.0, 30.0), False),
        (None, True),
    ],
)
def test_size_is_refused_only_if_it_fits_on_no_sheet(
    registered: tuple[float, float] | None, possible: bool
) -> None:
    assert may_be((42.0, 42.0), registered) is possible


@pytest.mark.parametrize(("size_mm", "compared"), [(42.0, True), (50.0, False)])
def test_entry_of_another_size_is_not_even_compared(
    photo: tuple[Image, Seal, Page], size_mm: float, compared: bool
) -> None:
    picture, seal, page = photo
    ink = np.asarray(255 * (1 - impression(seed=2)), np.uint8)

    drawn = specimen(np.dstack([ink, ink, ink]), Shape.ROUND)
    entry = Registered(id="R", ring_text="x", specimen=drawn, size_mm=(size_mm, size_mm))

    (score,) = verify(picture, seal, [entry], page=page).scores

    assert (score.agreeing is not None) is compared
