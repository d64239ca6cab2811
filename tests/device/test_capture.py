"""Photographs of the page: what is refused, what is found, what lies on the disk."""

from __future__ import annotations

import hashlib
import itertools
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pyrage
import pytest
from structlog.testing import capture_logs

from device.capture import Capture, PhotoStoreError, PhotoUnusableError
from hardware.errors import CameraError
from hardware.interfaces import Photo
from sim import camera_view
from sim.camera_film import Film
from sim.render import Picture, blank_page, impression, page_image, stamped
from vision.decoding import decode
from vision.tray import calibrate

PREVIEW_BYTES = 40_000
SEEN_WHOLE = ("page-same", "impression-seen", "impression-complete")


class PlayedCamera:
    """A camera that gives the frames it was told; it stands for the part behind the cable."""

    def __init__(self) -> None:
        self._frames: Iterator[bytes] = iter(())

    def show(self, frames: Iterator[bytes]) -> None:
        self._frames = frames

    def grab(self) -> Photo:
        jpeg = next(self._frames, None)
        if jpeg is None:
            raise CameraError("expected a picture, found none; check the camera's cable")
        return Photo(
            jpeg=jpeg,
            width=camera_view.VIEW_WIDTH_PX,
            height=camera_view.VIEW_HEIGHT_PX,
            taken_ms=0,
        )

    def close(self) -> None:
        """Nothing is open."""


Live = Callable[..., Iterator[bytes]]


@pytest.fixture
def live() -> Live:
    """live(page, sheet): endless frames of that page, no two alike, in no two calls."""
    exposures = itertools.count()

    def frames(page: Picture | None, sheet: int = 1) -> Iterator[bytes]:
        scene = camera_view.view(page, camera_view.laying(sheet), light=True, seed=3)
        return iter(Film(scene, sheet, next(exposures)).frame, b"")

    return frames


def mirrored(jpeg: bytes) -> bytes:
    return cv2.imencode(".jpg", decode(jpeg)[:, ::-1])[1].tobytes()


@pytest.fixture
def camera() -> PlayedCamera:
    return PlayedCamera()


@pytest.fixture(scope="module")
def township() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def capture(camera: PlayedCamera, township: pyrage.x25519.Identity, tmp_path: Path) -> Capture:
    recipients = [township.to_public()]
    return Capture(camera, lambda jpeg: pyrage.encrypt(jpeg, recipients), tmp_path / "photos")


def test_photo_lies_encrypted_under_the_hash_of_its_file(
    capture: Capture,
    camera: PlayedCamera,
    live: Live,
    township: pyrage.x25519.Identity,
    tmp_path: Path,
) -> None:
    camera.show(live(page_image(7, 0)))

    taken = capture.take()

    (kept,) = (tmp_path / "photos").iterdir()
    sealed = kept.read_bytes()
    assert kept.name == taken.sealed_sha256 == hashlib.sha256(sealed).hexdigest()
    assert taken.sealed_size == len(sealed)
    assert pyrage.decrypt(sealed, [township]) == taken.jpeg
    assert taken.sha256 == hashlib.sha256(taken.jpeg).hexdigest()
    assert (taken.size, taken.width, taken.height) == (len(taken.jpeg), 1200, 1600)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert taken.findings == ()


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        (lambda live: live(None), "no-page"),
        (lambda live: iter(Film(camera_view.black_view(), 1).frame, b""), "black"),
        (lambda live: iter([next(live(page_image(7, 0)))] * 3), "frozen"),
        (lambda live: iter([b"\xff\xd8 no picture"] * 3), "damaged"),
    ],
    ids=["no-page", "black", "frozen", "damaged"],
)
def test_photo_that_cannot_serve_is_refused_with_its_reason_and_not_kept(
    capture: Capture,
    camera: PlayedCamera,
    live: Live,
    tmp_path: Path,
    frames: Callable[[Live], Iterator[bytes]],
    reason: str,
) -> None:
    camera.show(frames(live))

    with pytest.raises(PhotoUnusableError) as refused:
        capture.take()

    assert refused.value.reason == reason
    assert list((tmp_path / "photos").iterdir()) == []


def test_sheet_that_leaves_the_picture_is_kept_and_noted(
    capture: Capture, camera: PlayedCamera
) -> None:
    aside = camera_view.Laying(right_mm=24.0)
    camera.show(
        iter(
            Film(camera_view.view(page_image(7, 0), aside, light=True, seed=3), 1, exposure).frame()
            for exposure in (1, 2)
        )
    )

    taken = capture.take()

    assert taken.findings == ("page-edge",)


def test_after_photo_equal_to_the_before_photo_is_frozen(
    capture: Capture, camera: PlayedCamera, live: Live
) -> None:
    frames = live(page_image(7, 0))
    camera.show(frames)
    before = capture.take()
    camera.show(iter([before.jpeg] * 2))

    with pytest.raises(PhotoUnusableError) as refused:
        capture.take_after(before)

    assert refused.value.reasons == ("frozen",)


def test_picture_that_comes_again_after_others_is_replayed(
    capture: Capture, camera: PlayedCamera, live: Live
) -> None:
    frames = live(page_image(7, 0))
    loop = [next(frames) for _ in range(3)]
    camera.show(iter([*loop, *loop]))
    for _ in loop:
        capture.look()

    with pytest.raises(PhotoUnusableError) as refused:
        capture.take()

    assert refused.value.reason == "replayed"


def test_photo_that_was_filed_is_replayed_when_it_comes_as_the_page(
    capture: Capture, camera: PlayedCamera, live: Live
) -> None:
    frames = live(page_image(7, 0))
    filed, other = next(frames), next(frames)
    camera.show(iter([other, filed]))

    with pytest.raises(PhotoUnusableError) as refused:
        capture.find((filed,))

    assert refused.value.reason == "replayed"


def test_mirrored_page_is_another_one_and_says_why(
    capture: Capture, camera: PlayedCamera, live: Live
) -> None:
    camera.show(live(page_image(7, 0)))
    approved = capture.take().jpeg
    camera.show(mirrored(one) for one in live(page_image(7, 0), 2))

    assert capture.take(approved).findings == ("page-other", "page-mirrored")


def test_mirror_is_looked_into_also_for_a_document_of_many_pages(
    capture: Capture, camera: PlayedCamera, live: Live
) -> None:
    pages = []
    for n in (0, 5, 2, 3):
        camera.show(live(page_image(7, n)))
        pages.append(capture.take().jpeg)
    camera.show(mirrored(one) for one in live(page_image(7, 3), 2))

    mirror, _ = capture.find(pages)
    camera.show(live(page_image(7, 3), 3))
    last, shown = capture.find(pages)

    assert mirror.findings == ("page-other", "page-mirrored")
    assert (last.findings, shown) == (("page-same",), pages[3])


def test_page_that_got_a_seal_since_its_approval_is_told(
    capture: Capture, camera: PlayedCamera, live: Live
) -> None:
    page = page_image(7, 0)
    camera.show(live(page))
    approved = capture.take().jpeg
    camera.show(live(stamped(page, impression(seed=4), 0.3, 0.7), 2))

    assert capture.take(approved).findings == ("page-same", "page-stamped")


def test_picture_nobody_saw_before_is_frozen_when_it_comes_twice(
    capture: Capture, camera: PlayedCamera, live: Live
) -> None:
    camera.show(live(page_image(7, 0)))
    capture.look()
    camera.show(iter([next(live(page_image(7, 0), 2))] * 2))

    with pytest.raises(PhotoUnusableError) as refused:
        capture.take()

    assert refused.value.reason == "frozen"


def test_camera_that_is_gone_is_an_error_of_the_camera(
    capture: Capture, camera: PlayedCamera
) -> None:
    camera.show(iter(()))

    with pytest.raises(CameraError):
        capture.take()


def test_approved_page_is_recognised_and_another_is_told(
    capture: Capture, camera: PlayedCamera, live: Live
) -> None:
    camera.show(live(page_image(7, 0), 1))
    approved = capture.take().jpeg

    camera.show(live(page_image(7, 0), 2))
    same = capture.take(approved)
    camera.show(live(page_image(7, 5), 3))
    other = capture.take(approved)

    assert same.findings == ("page-same",)
    assert other.findings == ("page-other",)


def test_unreadable_reference_leaves_the_page_unclear(
    capture: Capture, camera: PlayedCamera, live: Live
) -> None:
    camera.show(live(page_image(7, 0)))

    assert capture.take(b"no picture").findings == ("page-unclear",)


def test_blank_sheet_is_found_blank(capture: Capture, camera: PlayedCamera, live: Live) -> None:
    camera.show(live(blank_page()))

    assert capture.take().findings == ("blank",)


@pytest.mark.parametrize(
    ("presses", "findings"),
    [
        ((), ("page-same", "impression-missing")),
        ((1.0,), ("page-same", "impression-seen", "impression-complete")),
        ((0.3,), ("page-same", "impression-seen", "impression-faint")),
        ((1.0, 1.0), ("page-same", "impression-several")),
    ],
    ids=["none", "one", "faint", "two"],
)
def test_after_photo_tells_what_the_press_left(
    capture: Capture,
    camera: PlayedCamera,
    live: Live,
    presses: tuple[float, ...],
    findings: tuple[str, ...],
) -> None:
    page = page_image(7, 0)
    camera.show(live(page))
    before = capture.take()
    for i, strength in enumerate(presses):
        page = stamped(page, impression(seed=i, strength=strength), 0.65 - 0.35 * i, 0.75)
    camera.show(live(page))

    assert capture.take_after(before).findings == findings


def test_tray_of_another_picture_size_measures_nothing_and_is_said_once(
    camera: PlayedCamera, live: Live, tmp_path: Path
) -> None:
    larger = cv2.resize(camera_view.marker_page(), None, fx=1.1, fy=1.1)
    capture = Capture(camera, bytes, tmp_path / "photos", calibrate(np.asarray(larger, np.uint8)))
    camera.show(live(page_image(7, 0)))
    before = capture.take()
    camera.show(live(stamped(page_image(7, 0), impression(seed=0), 0.65, 0.75)))

    with capture_logs() as said:
        taken = [capture.take_after(before) for _ in range(2)]

    assert [one.findings for one in taken] == [SEEN_WHOLE] * 2
    assert [line["event"] for line in said] == ["tray_not_used"]


def test_look_gives_a_small_picture_and_keeps_nothing(
    capture: Capture, camera: PlayedCamera, live: Live, tmp_path: Path
) -> None:
    camera.show(live(page_image(7, 0)))

    preview = capture.look()

    assert len(preview.jpeg) <= PREVIEW_BYTES
    assert preview.quality.reasons == ()
    assert list((tmp_path / "photos").iterdir()) == []


def test_look_tells_a_frozen_camera(capture: Capture, camera: PlayedCamera, live: Live) -> None:
    camera.show(iter([next(live(page_image(7, 0)))] * 2))
    capture.look()

    assert "frozen" in capture.look().quality.reasons


def test_unfinished_file_of_a_power_cut_is_dropped_at_start(
    camera: PlayedCamera, tmp_path: Path
) -> None:
    (tmp_path / "abc.part").write_bytes(b"half a photo")
    (tmp_path / "def").write_bytes(b"a whole one")

    Capture(camera, bytes, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["def"]


def test_folder_that_cannot_be_made_is_a_store_error(camera: PlayedCamera, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(PhotoStoreError, match="free or replace the disk"):
        Capture(camera, bytes, tmp_path / "file" / "photos")


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process may grow over 4 KiB inside, as on a full disk.

    Not for a whole test: what tells its result may write into a file that is longer already.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_photo_that_finds_no_room_is_a_store_error_and_leaves_nothing(
    capture: Capture, camera: PlayedCamera, live: Live, tmp_path: Path
) -> None:
    camera.show(live(page_image(7, 0)))

    with pytest.raises(PhotoStoreError) as refused, no_room():
        capture.take()

    assert refused.value.code == "photo-store-full"
    assert list((tmp_path / "photos").iterdir()) == []
