"""Cameras that OpenCV reads: USB cameras by their V4L2 path, and MJPEG over HTTP.

A thread of the driver drains the stream and keeps only the newest frame, so that what `grab`
returns was exposed after it was asked for. A frame on its way when the call begins may be older;
it is skipped. The JPEG made here is the picture that is hashed and signed.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from hardware.errors import CameraError, DriverError
from hardware.interfaces import Camera, Photo

if TYPE_CHECKING:
    import cv2
    import numpy as np

# Frames that may have been exposed before the call: one being read out, one in the decoder.
_SKIPPED: Final = 2
_WEB: Final = ("http://", "https://")
_MJPEG: Final = int.from_bytes(b"MJPG", "little")


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a camera.

    Args:
        source: a path (better /dev/v4l/by-id/... than /dev/videoN, which may change), or the
            address of an MJPEG stream.
        width: pixels, 0 for what the camera gives; otherwise a picture of another size is refused.
        height: pixels, like `width`.
        fourcc: the pixel format asked of a USB camera, such as `MJPG`; empty for its own.
        jpeg_quality: 1..100.
        timeout_s: how long opening, and how long one picture, may take.
    """

    source: str
    width: int = 0
    height: int = 0
    fourcc: str = ""
    jpeg_quality: int = 92
    timeout_s: float = 5.0


class _Frame(Struct, frozen=True):
    """A decoded frame and when it arrived; `image` None says that the stream has ended."""

    image: np.ndarray[Any, Any] | None
    arrived_ms: int


def check(options: Options) -> None:
    """Raise DriverError for options that cannot be right."""
    if len(options.fourcc) not in (0, 4) or not 1 <= options.jpeg_quality <= 100:
        raise DriverError(f"expected a fourcc of 4 letters and a quality of 1..100: {options}")
    if options.timeout_s <= 0 or options.width < 0 or options.height < 0:
        raise DriverError(f"expected timeout_s over 0 and a size of 0 or more: {options}")


def connect(options: Options) -> Camera:
    """Return the camera; it is opened by the first `grab`, so a camera may be plugged in later.

    Raises:
        DriverError: options that cannot be right.
    """
    check(options)
    return OpenCvCamera(options)


class OpenCvCamera:
    """See `Camera`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._stream: _Stream | None = None

    def grab(self) -> Photo:
        """See `Camera.grab`."""
        deadline = time.monotonic() + self._options.timeout_s
        try:
            if self._stream is None:
                packed = self._options.source.startswith(_WEB)
                self._stream = _Stream(_open(self._options), packed=packed)
            frame = self._stream.next_after(_SKIPPED, deadline)
            return self._photo(frame)
        except CameraError:
            self.close()
            raise

    def close(self) -> None:
        """See `Camera.close`; a reader that hangs in the camera ends when the camera does."""
        if self._stream is not None:
            self._stream.stop()
            self._stream = None

    def _photo(self, frame: _Frame) -> Photo:
        import cv2

        assert frame.image is not None
        height, width = frame.image.shape[:2]
        wanted = self._options.width or width, self._options.height or height
        if (width, height) != wanted:
            raise CameraError(
                f"expected pictures of {wanted[0]}x{wanted[1]}, found {width}x{height}; "
                "the technician checks the camera's format"
            )
        quality = [cv2.IMWRITE_JPEG_QUALITY, self._options.jpeg_quality]
        done, data = cv2.imencode(".jpg", frame.image, quality)
        if not done:
            raise CameraError("expected a JPEG of the picture, found that it cannot be encoded")
        return Photo(jpeg=data.tobytes(), width=width, height=height, taken_ms=frame.arrived_ms)


class _Stream:
    """One opened camera and the thread that drains it; the newest frame waits in a queue.

    A frame that nobody waits for is taken from the camera and not unpacked: unpacking costs most,
    and a machine at rest must not keep its processor busy.

    Args:
        packed: what the reader gives are JPEGs, which are unpacked here; one that is damaged is
            passed over.
    """

    def __init__(self, capture: cv2.VideoCapture, *, packed: bool) -> None:
        self._capture = capture
        self._packed = packed
        self._frames: queue.Queue[_Frame] = queue.Queue(maxsize=1)
        self._stopped = threading.Event()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._drain, name="camera", daemon=True)
        self._thread.start()

    def next_after(self, skipped: int, deadline: float) -> _Frame:
        """Return the frame that arrives after `skipped` others from now on."""
        self._wanted.set()
        try:
            return self._take_after(skipped, deadline)
        finally:
            self._wanted.clear()

    def _take_after(self, skipped: int, deadline: float) -> _Frame:
        with contextlib.suppress(queue.Empty):
            if self._frames.get_nowait().image is None:
                raise CameraError(_GONE)
        for count in range(skipped + 1):
            try:
                frame = self._frames.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise CameraError(
                    f"expected {skipped + 1} pictures in time, found {count}; check the camera"
                ) from None
            if frame.image is None:
                raise CameraError(_GONE)
        return frame

    def stop(self) -> None:
        """Let the thread end; it releases the camera itself, because only it may touch it."""
        self._stopped.set()
        self._thread.join(timeout=1.0)

    def _drain(self) -> None:
        try:
            while not self._stopped.is_set():
                good, image = self._capture.grab(), None
                arrived_ms = time.monotonic_ns() // 1_000_000
                if good and not self._wanted.is_set():
                    continue
                if good:
                    good, image = self._retrieved()
                    if good and image is None:
                        continue
                self._offer(_Frame(image if good else None, arrived_ms))
                if not good:
                    return
        finally:
            self._capture.release()

    def _retrieved(self) -> tuple[bool, np.ndarray[Any, Any] | None]:
        """Return whether there was a frame, and its picture; None where that is damaged."""
        good, image = self._capture.retrieve()
        return good, _unpacked(image) if good and self._packed else image

    def _offer(self, frame: _Frame) -> None:
        """Put the frame in place of one that nobody took."""
        with contextlib.suppress(queue.Empty):
            self._frames.get_nowait()
        with contextlib.suppress(queue.Full):
            self._frames.put_nowait(frame)


_GONE: Final = "expected pictures from the camera, found that its stream has ended; check its cable"


def _unpacked(jpeg: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    import cv2

    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    image: np.ndarray[Any, Any] | None = cv2.imdecode(jpeg.ravel(), flags)
    return image


def _open(options: Options) -> cv2.VideoCapture:
    import cv2

    web = options.source.startswith(_WEB)
    timeout_ms = int(options.timeout_s * 1000)
    # Timeouts are known to the FFmpeg reader only; the V4L2 one waits at most ten seconds. The
    # former unpacks every frame it takes, wanted or not, unless told to give them as they come.
    limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC)
    timeouts = [number for limit in limits for number in (limit, timeout_ms)]
    settings = [*timeouts, cv2.CAP_PROP_FORMAT, -1] if web else _format(options)
    try:
        reader = cv2.CAP_FFMPEG if web else cv2.CAP_V4L2
        capture = cv2.VideoCapture(options.source, reader, settings)
    except cv2.error as error:
        raise CameraError(f"expected a camera at {options.source}, found {error}") from error
    if not capture.isOpened():
        capture.release()
        raise CameraError(f"expected a camera at {options.source}, found none; check its cable")
    kind = int(capture.get(cv2.CAP_PROP_FOURCC)) if web else _MJPEG
    if kind != _MJPEG:
        capture.release()
        raise CameraError(
            f"expected MJPEG from {options.source}, found {kind.to_bytes(4, 'little')!r}; "
            "the technician sets the camera to MJPEG"
        )
    return capture


def _format(options: Options) -> list[int]:
    import cv2

    settings = [cv2.CAP_PROP_BUFFERSIZE, 1]
    if options.fourcc:
        settings += [cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*options.fourcc)]
    if options.width and options.height:
        settings += [cv2.CAP_PROP_FRAME_WIDTH, options.width]
        settings += [cv2.CAP_PROP_FRAME_HEIGHT, options.height]
    return settings
