"""The simulated camera: one scene as MJPEG over loopback HTTP, for the real capture code.

The picture follows the scene that the plant tells: what lies on the tray, which impressions it
bears, the lamp, and what is wrong with the camera. Several clients may watch; while nobody
does, nothing is drawn.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import numpy as np
from msgspec import Struct

from sim import camera_view
from sim.camera_film import Film
from sim.camera_ink import Fault, inked
from sim.documents import COMMITTEE
from sim.errors import PaperError
from sim.render import DIAMETER_PX, Mask, Picture, blank_page, impression, page_image, stamped
from sim.seals import round_shape
from vision.decoding import decode
from vision.errors import ImageRefusedError

FRAMES_PER_S = 8
SEND_BUFFER_BYTES = 65_536  # small, so that little that is old waits in the kernel
_BOUNDARY = "frame"
_KEPT = 4  # scenes, of two megabytes each
_PATIENCE_S = 0.2  # how long one send may block before the stop flag is looked at


class Scene(Struct, frozen=True, kw_only=True):
    """What the camera would see.

    Args:
        page: None for the empty tray; the path of a photo to lay there as a sheet; `blank`;
            `markers`; or `rendered:SEED:N` or `rendered:SEED:N:SHEET`, the N-th paper of that
            seed: SHEET changes only how it was laid, as another copy of the same paper would lie.
        impressions: x and y as fractions of the page, rotation in degrees.
        inks: what went wrong with each of them, words of `sim.camera_ink.Fault`; all is well
            with those beyond its end.
        light: the work light.
        camera: ok; gone (unplugged); frozen (the same bytes again and again); black.
    """

    page: str | None = None
    impressions: tuple[tuple[float, float, float], ...] = ()
    inks: tuple[str, ...] = ()
    light: bool = True
    camera: Literal["ok", "gone", "frozen", "black"] = "ok"


class SimCamera:
    """Serves the scene until stopped; `scene` is asked before every frame, from any thread."""

    def __init__(
        self,
        scene: Callable[[], Scene],
        seed: int,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        seal_text: str = COMMITTEE,
    ) -> None:
        """Bind the port; nothing is served before `start`.

        Args:
            seed: of tray, lamp, noise and ink.
            seal_text: what runs around the ring of the impressions.
        """
        self._film_lock = threading.Lock()
        self._darkroom = _Darkroom(seed, seal_text)
        self._scene = scene
        self._stopping = threading.Event()
        self._server = _Server((host, port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sim-camera", daemon=True
        )

    @property
    def url(self) -> str:
        """Where the stream is; what a camera driver is configured with."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/stream.mjpg"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and the port; returns when they are closed."""
        self._stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def frame(self) -> bytes | None:
        """Return the next JPEG, None while the camera is gone."""
        scene = self._scene()
        if scene.camera == "gone":
            return None
        with self._film_lock:
            return self._darkroom.frame(scene)

    def stream(self, connection: socket.socket) -> None:
        """Send frames to one client until it leaves, the camera is gone or the server stops."""
        connection.settimeout(_PATIENCE_S)
        while not self._stopping.is_set():
            started = time.monotonic()
            frame = self.frame()
            if frame is None or not self._send(connection, _part(frame)):
                return
            self._stopping.wait(max(0.0, started + 1 / FRAMES_PER_S - time.monotonic()))

    def _send(self, connection: socket.socket, data: bytes) -> bool:
        """Send all of `data`, however slowly it is read; False when sending has to end."""
        left = memoryview(data)
        while left:
            try:
                left = left[connection.send(left) :]
            except TimeoutError:
                if self._stopping.is_set() or self._scene().camera == "gone":
                    return False
            except OSError:
                return False  # the client left
        return True


class _Darkroom:
    """Turns scenes into frames and keeps what is costly to draw. Owned by the film lock."""

    def __init__(self, seed: int, seal_text: str) -> None:
        self._seed = seed
        self._seal_text = seal_text
        self._shown: Scene | None = None
        self._film: Film | None = None
        self._last: bytes | None = None
        self._films: dict[Scene, Film] = {}  # of the last scenes, the oldest first
        self._page_name: str | None = None
        self._page: Picture | None = None
        impression(seal_text)  # refuses a text that cannot be drawn, before anything is served

    def frame(self, scene: Scene) -> bytes:
        if scene.camera == "frozen" and self._last is not None:
            return self._last
        if self._film is None or scene != self._shown:
            # A sensor never gives a picture again, not after the light was off or a restart.
            self._film = self._developed(scene).again(time.monotonic_ns())
            self._shown = scene
        self._last = self._film.frame()
        return self._last

    def _developed(self, scene: Scene) -> Film:
        """The scene's film; the last ones are kept, as the lamp goes off and on again."""
        film = self._films.pop(scene, None) or Film(self._picture(scene), self._seed)
        self._films[scene] = film
        if len(self._films) > _KEPT:
            del self._films[next(iter(self._films))]
        return film

    def _picture(self, scene: Scene) -> Picture:
        if scene.camera == "black":
            return camera_view.black_view()
        page = self._loaded(scene.page)
        if page is not None:
            inks = itertools.chain(scene.inks, itertools.repeat(Fault.NONE))
            for (x, y, rotation_deg), ink in zip(scene.impressions, inks, strict=False):
                press = zlib.crc32(f"{self._seed}:{x}:{y}:{rotation_deg}".encode())
                page = stamped(page, self._mark(Fault(ink), press), x, y, rotation_deg)
        how = camera_view.laying(zlib.crc32(f"{self._seed}:{scene.page}".encode()))
        return camera_view.view(page, how, light=scene.light, seed=self._seed)

    def _mark(self, fault: Fault, press: int) -> Mask:
        if fault is Fault.NONE:
            return impression(self._seal_text, seed=press)
        shape = round_shape(self._seal_text, DIAMETER_PX)
        return inked(shape, fault, np.random.default_rng(press))

    def _loaded(self, name: str | None) -> Picture | None:
        if name != self._page_name:
            self._page = None if name is None else load_page(name)
            self._page_name = name
        return self._page


def load_page(name: str) -> Picture:
    """Return the sheet that `Scene.page` names.

    Raises:
        PaperError: no such file, no JPEG or PNG of a sane size, or a malformed name.
    """
    if name == "blank":
        return blank_page()
    if name == "markers":
        return camera_view.marker_page()
    if name.startswith("rendered:"):
        numbers = name.split(":")[1:]
        if len(numbers) not in (2, 3) or not all(number.isdecimal() for number in numbers):
            raise PaperError("rendered:SEED:N or rendered:SEED:N:SHEET", repr(name))
        return page_image(int(numbers[0]), int(numbers[1]))
    try:
        return camera_view.fitted(decode(Path(name).read_bytes()))
    except OSError as error:
        raise PaperError("a readable photo", f"{name!r} ({error.strerror})") from error
    except ImageRefusedError as error:
        raise PaperError(error.expected, f"{error.found} in {name!r}") from error


def _part(jpeg: bytes) -> bytes:
    head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
    return head.encode() + jpeg + b"\r\n"


class _Server(ThreadingHTTPServer):
    """One thread per client."""

    daemon_threads = False  # so that server_close waits for them
    block_on_close = True

    def __init__(self, address: tuple[str, int], camera: SimCamera) -> None:
        super().__init__(address, _Handler)
        self.camera = camera


class _Handler(BaseHTTPRequestHandler):
    """Answers every GET with the stream; an unplugged camera hangs up without a word."""

    server: _Server
    timeout = 5.0

    def do_GET(self) -> None:
        camera = self.server.camera
        if camera.frame() is None:
            return
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace;boundary={_BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        camera.stream(self.connection)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (inherited name)
        """Frames are not worth a log line each."""
