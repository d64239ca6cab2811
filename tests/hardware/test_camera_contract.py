"""The OpenCV camera against a real MJPEG stream on loopback, and when the camera misbehaves."""

from __future__ import annotations

import functools
import http.server
import socket
import threading
import time

import cv2
import numpy as np
import pytest

from hardware import CameraError, DriverError
from hardware.camera.opencv import Options, connect
from hardware.loader import load_camera

BOUNDARY = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: "


class Stream:
    """An MJPEG server whose picture is a shade of grey that the test sets."""

    def __init__(self):
        self.shade = 0
        self.period_s = 0.04
        self.size = (64, 48)
        self.frozen = False
        self.broken = False
        self.opened = 0
        self.sent = 0
        self.damaged = 0  # so many of the next pictures are none
        stream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                stream.opened += 1
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    stream.play(self.wfile)
                except (BrokenPipeError, ConnectionResetError):
                    return

            def log_message(self, *arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, name="mjpeg")
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/stream.mjpg"

    def play(self, out):
        while not self._stopped.is_set() and not self.broken:
            if not self.frozen:
                width, height = self.size
                picture = np.full((height, width, 3), self.shade, np.uint8)
                data = cv2.imencode(".jpg", picture)[1].tobytes()
                if self.damaged:
                    self.damaged -= 1
                    data = data[:2] + bytes(len(data) - 4) + data[-2:]
                out.write(BOUNDARY + str(len(data)).encode() + b"\r\n\r\n" + data + b"\r\n")
                out.flush()
                self.sent += 1
            self._stopped.wait(self.period_s)

    def stop(self):
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def stream():
    mjpeg = Stream()
    yield mjpeg
    mjpeg.stop()


@pytest.fixture
def camera(stream):
    opened = load_camera("opencv", {"source": stream.url, "timeout_s": 3.0})
    yield opened
    opened.close()


def shade_of(photo):
    return int(cv2.imdecode(np.frombuffer(photo.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE).mean())


def test_photo_is_a_jpeg_of_the_size_it_says(stream, camera):
    stream.shade = 100

    photo = camera.grab()

    assert photo.jpeg[:2] == b"\xff\xd8"
    assert (photo.width, photo.height) == (64, 48)
    assert abs(shade_of(photo) - 100) <= 2


def test_photo_was_exposed_after_the_call_began(stream, camera):
    camera.grab()

    for shade in (10, 60, 110, 160, 210):
        stream.shade = shade
        called_ms = time.monotonic_ns() // 1_000_000
        photo = camera.grab()

        assert abs(shade_of(photo) - shade) <= 2
        assert photo.taken_ms >= called_ms


def test_pictures_that_nobody_took_are_dropped(stream, camera):
    stream.shade = 20
    camera.grab()
    time.sleep(0.5)
    stream.shade = 200

    assert abs(shade_of(camera.grab()) - 200) <= 2


@pytest.mark.slow
def test_stream_that_ends_is_an_error_and_the_next_call_reconnects(stream, camera):
    camera.grab()
    stream.broken = True

    with pytest.raises(CameraError, match="ended"):
        camera.grab()

    stream.broken = False
    assert camera.grab().width == 64
    assert stream.opened == 2


@pytest.mark.slow
def test_camera_that_sends_no_more_is_an_error_in_time(stream):
    camera = load_camera("opencv", {"source": stream.url, "timeout_s": 1.0})
    camera.grab()
    stream.frozen = True
    began = time.monotonic()

    with pytest.raises(CameraError):
        camera.grab()

    assert time.monotonic() - began < 3.0
    camera.close()


def test_camera_that_is_not_there_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    camera = load_camera("opencv", {"source": f"http://127.0.0.1:{port}/", "timeout_s": 1.0})

    with pytest.raises(CameraError, match="found none"):
        camera.grab()


@pytest.mark.slow
def test_camera_that_accepts_and_never_answers_is_an_error_in_time():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        camera = load_camera("opencv", {"source": f"http://127.0.0.1:{port}/", "timeout_s": 1.0})
        began = time.monotonic()

        with pytest.raises(CameraError):
            camera.grab()

        assert time.monotonic() - began < 3.0


def test_pictures_of_a_stream_are_unpacked_only_where_somebody_waits(stream, camera, mocker):
    unpacking = mocker.spy(cv2, "imdecode")
    camera.grab()
    camera.grab()
    unpacked, sent = unpacking.call_count, stream.sent

    deadline = time.monotonic() + 10
    while stream.sent < sent + 20 and time.monotonic() < deadline:
        time.sleep(0.01)

    assert stream.sent >= sent + 20
    assert 0 < unpacked <= unpacking.call_count <= unpacked + 1  # one may have been under way


def test_picture_of_a_stream_that_is_damaged_is_passed_over(stream, camera):
    stream.shade = 100
    camera.grab()
    stream.damaged = 3

    assert abs(shade_of(camera.grab()) - 100) <= 2
    assert stream.damaged == 0
    assert stream.opened == 1


def test_stream_of_another_kind_is_refused_with_who_mends_it(tmp_path):
    film = cv2.VideoWriter(str(tmp_path / "film.avi"), cv2.VideoWriter.fourcc(*"XVID"), 8, (64, 48))
    for shade in range(0, 200, 10):
        film.write(np.full((48, 64, 3), shade, np.uint8))
    film.release()
    files = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), files) as server:
        serving = threading.Thread(target=server.serve_forever, name="files")
        serving.start()
        source = f"http://127.0.0.1:{server.server_address[1]}/film.avi"
        try:
            with pytest.raises(CameraError, match=r"expected MJPEG .* technician"):
                load_camera("opencv", {"source": source}).grab()
        finally:
            server.shutdown()
            serving.join()


def test_missing_usb_camera_is_an_error():
    camera = load_camera("opencv", {"source": "/dev/v4l/by-id/nonesuch"})

    with pytest.raises(CameraError, match="nonesuch"):
        camera.grab()


def test_picture_of_another_size_than_configured_is_refused(stream):
    camera = load_camera("opencv", {"source": stream.url, "width": 64, "height": 47})

    with pytest.raises(CameraError, match="found 64x48"):
        camera.grab()


def test_picture_of_the_configured_size_is_taken(stream):
    camera = load_camera("opencv", {"source": stream.url, "width": 64, "height": 48})

    assert camera.grab().width == 64
    camera.close()


def test_close_may_be_repeated_and_the_camera_used_again(stream, camera):
    camera.grab()
    camera.close()
    camera.close()

    assert camera.grab().width == 64


@pytest.mark.parametrize(
    "wrong",
    [{"fourcc": "MJPEG"}, {"jpeg_quality": 0}, {"jpeg_quality": 101}, {"timeout_s": 0.0},
     {"width": -1}],
)  # fmt: skip
def test_options_that_cannot_be_right_are_refused(wrong):
    with pytest.raises(DriverError):
        connect(Options(source="/dev/video0", **wrong))


def test_usb_camera_is_asked_for_its_format(mocker):
    """OpenCV itself is replaced: there is no USB camera in a test."""
    capture = mocker.patch("cv2.VideoCapture")
    capture.return_value.grab.side_effect = lambda: time.sleep(0.001) or True  # 1000 a second
    capture.return_value.retrieve.return_value = (True, np.zeros((1080, 1920, 3), np.uint8))
    options = {"source": "/dev/video0", "width": 1920, "height": 1080, "fourcc": "MJPG"}
    camera = load_camera("opencv", options)

    photo = camera.grab()
    camera.close()

    source, reader, settings = capture.call_args.args
    wanted = dict(zip(settings[::2], settings[1::2], strict=True))
    assert (source, reader) == ("/dev/video0", cv2.CAP_V4L2)
    assert wanted[cv2.CAP_PROP_FRAME_WIDTH] == 1920
    assert wanted[cv2.CAP_PROP_FRAME_HEIGHT] == 1080
    assert wanted[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")
    assert photo.height == 1080
    capture.return_value.release.assert_called_once_with()


def test_frames_that_nobody_waits_for_are_not_unpacked(mocker):
    """OpenCV itself is replaced: it counts what is asked of it."""
    capture = mocker.patch("cv2.VideoCapture").return_value
    frames = threading.Semaphore(0)
    capture.grab.side_effect = lambda: frames.release() or time.sleep(0.001) or True
    capture.retrieve.return_value = (True, np.zeros((48, 64, 3), np.uint8))
    camera = load_camera("opencv", {"source": "/dev/video0"})
    camera.grab()
    arrived = [frames.acquire(timeout=5) for _ in range(capture.grab.call_count + 2)]

    unpacked = capture.retrieve.call_count
    arrived += [frames.acquire(timeout=5) for _ in range(20)]

    assert all(arrived)
    assert capture.retrieve.call_count == unpacked
    camera.close()


@pytest.mark.hardware
def test_first_usb_camera_gives_a_picture():
    camera = load_camera("opencv", {"source": "/dev/video0"})

    assert camera.grab().width > 0
    camera.close()
