"""The first gate: which photos are refused and with which word."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from sim import camera_view
from sim.camera_film import Film, snapshot
from sim.render import blank_page, page_image
from vision.decoding import Image, decode
from vision.findings import Reason
from vision.quality import judge, same_frame

Photograph = Callable[..., Image]


def noisy(image: Image) -> Image:
    """Sensor noise over a picture that was blurred afterwards, as a lens blurs before it."""
    noise = np.random.default_rng(1).normal(0, 2.2, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


@pytest.mark.parametrize("n", range(5))
def test_sharp_photo_of_a_page_is_good(photograph: Photograph, n: int) -> None:
    assert judge(photograph(page_image(7, n), n)).reasons == ()


def test_page_in_a_dim_room_is_still_good(photograph: Photograph) -> None:
    assert judge(photograph(page_image(7, 1), light=False)).reasons == ()


def test_black_frame_is_black_although_the_band_is_bright() -> None:
    photo = decode(snapshot(camera_view.black_view(), 1))

    quality = judge(photo)

    assert quality.reasons == (Reason.BLACK,)
    assert not quality.usable


def test_empty_tray_has_no_page(photograph: Photograph) -> None:
    quality = judge(photograph(None))

    assert quality.reasons == (Reason.NO_PAGE,)
    assert not quality.usable


@pytest.mark.parametrize("sigma", [3.0, 6.0])
def test_page_out_of_focus_is_blurred(photograph: Photograph, sigma: float) -> None:
    photo = noisy(np.asarray(cv2.GaussianBlur(photograph(page_image(7, 0)), (0, 0), sigma)))

    quality = judge(photo)

    assert quality.reasons == (Reason.BLURRED,)
    assert not quality.usable


def test_page_slightly_soft_but_legible_is_not_blurred(photograph: Photograph) -> None:
    photo = noisy(np.asarray(cv2.GaussianBlur(photograph(page_image(7, 0)), (0, 0), 1.2)))

    assert judge(photo).reasons == ()


@pytest.mark.parametrize("shape", [(1, 15), (15, 1)], ids=["sideways", "up-and-down"])
def test_page_moved_while_exposed_is_blurred(
    photograph: Photograph, shape: tuple[int, int]
) -> None:
    smear = np.full(shape, 1 / 15, np.float32)

    quality = judge(noisy(np.asarray(cv2.filter2D(photograph(page_image(7, 0)), -1, smear))))

    assert Reason.BLURRED in quality.reasons


def test_blank_sheet_in_focus_is_not_blurred_and_out_of_focus_is(photograph: Photograph) -> None:
    sharp = photograph(blank_page())
    soft = noisy(np.asarray(cv2.GaussianBlur(sharp, (0, 0), 5.0)))

    assert judge(sharp).reasons == ()
    assert Reason.BLURRED in judge(soft).reasons


def test_lamp_mirrored_on_the_page_is_glare_and_does_not_stop(photograph: Photograph) -> None:
    photo = photograph(page_image(7, 0)).astype(np.float32)
    spot = np.zeros(photo.shape[:2], np.float32)
    cv2.circle(spot, (600, 800), 130, 400, -1)
    spot = np.asarray(cv2.GaussianBlur(spot, (0, 0), 15), np.float32)

    quality = judge(np.clip(photo + spot[..., None], 0, 255).astype(np.uint8))

    assert quality.reasons == (Reason.GLARE,)
    assert quality.usable


def test_exposure_that_washes_print_out_is_overexposed(photograph: Photograph) -> None:
    photo = photograph(page_image(7, 0)).astype(np.float32)

    quality = judge(np.clip(photo * 0.6 + 170, 0, 255).astype(np.uint8))

    assert Reason.OVEREXPOSED in quality.reasons


def test_frame_given_twice_is_the_same_and_two_exposures_are_not() -> None:
    film = Film(camera_view.black_view(), 1)
    first = film.frame()

    assert same_frame(decode(first), decode(first))
    assert not same_frame(decode(first), decode(film.frame()))


def test_pictures_of_different_size_are_not_the_same_frame(photograph: Photograph) -> None:
    photo = photograph(blank_page())

    assert not same_frame(photo, photo[:-1])


@pytest.mark.slow
def test_five_megapixels_are_judged_in_150_ms_of_one_core(photograph: Photograph) -> None:
    large = np.asarray(cv2.resize(photograph(page_image(7, 0)), (1920, 2560)), np.uint8)
    judge(large)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)

    spent_s = []
    for _ in range(5):
        before_s = time.thread_time()
        judge(large)
        spent_s.append(time.thread_time() - before_s)
    cv2.setNumThreads(threads)

    assert min(spent_s) < 0.15


PHOTOS = (
    "agreement_photo_noseal.jpg",
    "award_photo.jpg",
    "committee_letter_photo.png",
    "desk_page_photo.jpg",
    "form_photo_noseal.jpg",
    "notepad_nearly_blank.jpg",
    "ticket_photo.jpeg",
)
LEAVING = ("committee_letter_photo.png", "form_photo_noseal.jpg")  # their paper leaves the picture


@pytest.mark.parametrize("name", PHOTOS)
def test_real_photo_is_usable_and_its_paper_is_found(pictures: Path, name: str) -> None:
    quality = judge(decode((pictures / name).read_bytes()))

    assert quality.usable
    assert quality.page is not None
    assert quality.page.whole == (name in LEAVING), "cut nowhere rather than wrongly"


@pytest.mark.parametrize("name", PHOTOS)
def test_real_photo_out_of_focus_is_refused(pictures: Path, name: str) -> None:
    photo = decode((pictures / name).read_bytes())
    sigma = max(photo.shape[:2]) / 200

    quality = judge(noisy(np.asarray(cv2.GaussianBlur(photo, (0, 0), sigma))))

    assert not quality.usable
