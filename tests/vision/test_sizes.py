"""The sheet as the ruler of the seal on it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sim.render import HEIGHT_PX, WIDTH_PX, Mask, impression, page_image, stamped
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
    return taken(impression(seed=1))


def taken(ink: Mask) -> tuple[Image, Seal, Page]:
    """A photo of a sheet that bears `ink`, seen askew."""
    flat = stamped(page_image(7, 0), ink, 0.6, 0.7)
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


@pytest.fixture(scope="module")
def on_16_kai() -> tuple[Image, Seal, Page]:
    """A seal of 42 mm on a sheet of 185 x 260 mm, which has nearly the shape of A4."""
    ink = cv2.resize(impression(seed=1), None, fx=297 / 260, fy=297 / 260)
    return taken(np.asarray(ink, np.float32))


def entry(size_mm: float) -> Registered:
    """The seal of these photos, as if it were of another size."""
    ink = np.asarray(255 * (1 - impression(seed=2)), np.uint8)
    drawn = specimen(np.dstack([ink, ink, ink]), Shape.ROUND)
    size = (size_mm, size_mm)
    return Registered(id=f"R{size_mm:.0f}", ring_text="x", specimen=drawn, size_mm=size)


@pytest.mark.parametrize(("size_mm", "compared"), [(42.0, True), (50.0, False)])
def test_entry_of_another_size_is_not_even_compared(
    photo: tuple[Image, Seal, Page], size_mm: float, compared: bool
) -> None:
    picture, seal, page = photo

    (score,) = verify(picture, seal, [entry(size_mm)], page=page).scores

    assert (score.agreeing is not None) is compared


@pytest.mark.parametrize("sizes_mm", [(42.0,), (42.0, 48.0)])
def test_seal_on_a_sheet_that_only_looks_like_a4_is_neither_named_nor_taken_for_a_larger_one(
    on_16_kai: tuple[Image, Seal, Page], sizes_mm: tuple[float, ...]
) -> None:
    picture, seal, page = on_16_kai

    seen = verify(picture, seal, [entry(one) for one in sizes_mm], page=page)

    own = next(one for one in seen.scores if one.id == "R42")
    assert seen.id is None
    assert own.agreeing is not None and own.agreeing > 0.8  # for a person to see why


def test_seal_on_a_sheet_of_a4_is_named_where_no_smaller_one_is_registered(
    photo: tuple[Image, Seal, Page],
) -> None:
    picture, seal, page = photo

    assert verify(picture, seal, [entry(42.0), entry(50.0)], page=page).id == "R42"
