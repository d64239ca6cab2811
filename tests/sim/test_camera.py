"""The simulated camera, read by the real OpenCV capture code over HTTP."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from hardware.camera import opencv
from hardware.errors import CameraError
from hardware.interfaces import Camera
from sim import camera_view
from sim.camera import Scene, SimCamera, load_page
from sim.camera_film import Film, snapshot
from sim.errors import PaperError
from vision.decoding import Image, decode
from vision.new_seals import new_seals
from vision.page import find_page
from vision.quality import judge, same_frame


class Stage:
    """A camera and the scene before it."""

    def __init__(self) -> None:
        self.scene = Scene(page="rendered:7:0")
        self.camera = SimCamera(lambda: self.scene, seed=3)

    def frame(self) -> bytes:
        frame = self.camera.frame()
        assert frame is not None
        return frame

    def photo(self, scene: Scene) -> Image:
        self.scene = scene
        return decode(self.frame())


@pytest.fixture
def stage() -> Iterator[Stage]:
    built = Stage()
    built.camera.start()
    yield built
    built.camera.stop()


@pytest.fixture
def driver(stage: Stage) -> Iterator[Camera]:
    camera = opencv.connect(opencv.Options(source=stage.camera.url))
    yield camera
    camera.close()


def test_opencv_reads_the_stream_and_sees_the_page(stage: Stage) -> None:
    capture = cv2.VideoCapture(stage.camera.url, cv2.CAP_FFMPEG)

    good, image = capture.read()
    capture.release()

    assert good
    assert image.shape == (camera_view.VIEW_HEIGHT_PX, camera_view.VIEW_WIDTH_PX, 3)
    assert judge(np.asarray(image, np.uint8)).reasons == ()


def test_driver_photo_shows_an_impression_made_before_the_grab(
    stage: Stage, driver: Camera
) -> None:
    before = decode(driver.grab().jpeg)
    stage.scene = Scene(page="rendered:7:0", impressions=((0.65, 0.5, 4.0),))

    after = decode(driver.grab().jpeg)

    assert new_seals(before, after).count == 1


@pytest.mark.parametrize(("ink", "share"), [("faint", 0.6), ("half", 0.8), ("dry", 0.98)])
def test_a_mark_whose_ink_failed_is_less_red_than_a_good_one(
    stage: Stage, ink: str, share: float
) -> None:
    spot = ((0.65, 0.5, 4.0),)
    bare, good, spoilt = (
        stage.photo(Scene(page="blank", impressions=marks, inks=inks)).astype(float)
        for marks, inks in (((), ()), (spot, ()), (spot, (ink,)))
    )

    red, less = (float((bare - photo)[..., 1].clip(20).sum()) for photo in (good, spoilt))
    none = 20.0 * bare[..., 1].size

    assert 0 < less - none < share * (red - none)


def test_driver_finds_a_camera_that_is_gone_and_one_that_is_back(
    stage: Stage, driver: Camera
) -> None:
    driver.grab()
    stage.scene = Scene(page="rendered:7:0", camera="gone")
    with pytest.raises(CameraError):
        driver.grab()
    with pytest.raises(CameraError):
        driver.grab()

    stage.scene = Scene(page="rendered:7:0")

    assert judge(decode(driver.grab().jpeg)).usable


def test_two_clients_watch_at_once(stage: Stage) -> None:
    captures = [cv2.VideoCapture(stage.camera.url, cv2.CAP_FFMPEG) for _ in range(2)]

    seen = [capture.read()[0] for capture in captures for _ in range(3)]
    for capture in captures:
        capture.release()

    assert seen == [True] * 6


def test_client_that_reads_nothing_does_not_keep_the_camera_from_stopping() -> None:
    camera = SimCamera(lambda: Scene(page="rendered:7:0"), seed=3)
    camera.start()
    address = urlsplit(camera.url)
    client = http.client.HTTPConnection(str(address.hostname), address.port)
    client.request("GET", address.path)
    client.getresponse()

    started_s = time.monotonic()
    camera.stop()

    assert time.monotonic() - started_s < 2.0
    client.close()


def test_stopped_camera_refuses_connections(stage: Stage) -> None:
    address = urlsplit(stage.camera.url)
    stage.camera.stop()

    with pytest.raises(OSError):
        http.client.HTTPConnection(str(address.hostname), address.port).connect()


def test_no_two_live_frames_are_alike(stage: Stage) -> None:
    frames = [stage.frame() for _ in range(30)]

    assert len(set(frames)) == 30
    assert not same_frame(decode(frames[0]), decode(frames[1]))


def test_snapshot_is_the_first_frame_of_its_film() -> None:
    scene = np.random.default_rng(1).integers(0, 256, (75, 90, 3), np.uint8)

    assert snapshot(scene, 4, 2) == Film(scene, 4, 2).frame()
    assert snapshot(scene, 4, 2) == Film(scene, 4).again(2).frame()


def test_frozen_camera_repeats_one_frame_whatever_happens_before_it(stage: Stage) -> None:
    stage.frame()
    stage.scene = Scene(page="rendered:7:0", camera="frozen")
    stuck = stage.frame()
    stage.scene = Scene(page="rendered:7:1", impressions=((0.5, 0.5, 0.0),), camera="frozen")

    assert {stage.frame() for _ in range(5)} == {stuck}


def test_black_camera_gives_black_frames_that_differ(stage: Stage) -> None:
    first, second = stage.photo(Scene(camera="black")), stage.photo(Scene(camera="black"))

    assert judge(first).reasons == ("black",)
    assert not same_frame(first, second)


@pytest.mark.parametrize(
    "scene",
    [
        Scene(page="rendered:7:0"),
        Scene(page=None),
        Scene(page="blank", light=False),
        Scene(camera="black"),
    ],
    ids=["page", "empty", "dim", "black"],
)
def test_every_frame_carries_the_yellow_band_outside_the_page(stage: Stage, scene: Scene) -> None:
    photo = stage.photo(scene)

    band = photo[-camera_view.BAND_PX :].reshape(-1, 3)
    yellow = (np.abs(band.astype(int) - camera_view.BAND_COLOUR).max(axis=1) < 40).mean()
    page = find_page(photo)
    lowest = max(y for _, y in page.corners) if page is not None else 0.0

    assert yellow > 0.6
    assert lowest < photo.shape[0] - camera_view.BAND_PX


def test_another_sheet_changes_the_laying_only(stage: Stage) -> None:
    one = find_page(stage.photo(Scene(page="rendered:7:0:1")))
    other = find_page(stage.photo(Scene(page="rendered:7:0:2")))

    assert np.array_equal(load_page("rendered:7:0:1"), load_page("rendered:7:0:2"))
    assert one is not None
    assert other is not None
    assert np.abs(np.array(one.corners) - np.array(other.corners)).max() > 2  # px


def test_photo_file_is_laid_as_a_sheet(stage: Stage, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wide.png"), np.full((300, 600, 3), 250, np.uint8))

    page = find_page(stage.photo(Scene(page=str(tmp_path / "wide.png"))))

    assert page is not None
    corners = np.array(page.corners)
    width, height = np.ptp(corners, axis=0)
    assert width / height == pytest.approx(2.0, rel=0.08)


@pytest.mark.slow
def test_every_real_picture_can_be_laid(stage: Stage, pictures: Path) -> None:
    names = sorted(path for path in pictures.iterdir() if path.suffix != ".csv")

    unusable = {path.name: judge(stage.photo(Scene(page=str(path)))).reasons for path in names}

    assert len(unusable) == 24
    assert {name for name, reasons in unusable.items() if "no-page" in reasons} == set()


@pytest.mark.parametrize(
    "name", ["rendered:", "rendered:7", "rendered:7:-1", "rendered:x:1", "/nowhere.jpg", ""]
)
def test_page_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(PaperError):
        load_page(name)


def test_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.jpg").write_text("no picture")

    with pytest.raises(PaperError, match="JPEG or PNG"):
        load_page(str(tmp_path / "page.jpg"))


@pytest.mark.slow
def test_idle_camera_with_a_client_takes_under_15_percent_of_a_core(stage: Stage) -> None:
    address = urlsplit(stage.camera.url)
    client = http.client.HTTPConnection(str(address.hostname), address.port)
    client.request("GET", address.path)
    answer = client.getresponse()
    answer.read(2_000_000)

    began_s, spent_s = time.monotonic(), time.process_time()
    while time.monotonic() - began_s < 3.0:
        answer.read(65_536)

    assert time.process_time() - spent_s < 0.15 * (time.monotonic() - began_s)
    client.close()
