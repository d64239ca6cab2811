"""Eyes: the thread that owns the camera, the photos and their encryption.

The loop asks with a job and gets `Seen` in its queue; between jobs the thread keeps a preview
for the screen and notices a camera that is gone, black or frozen.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from msgspec import Struct

from device.capture import Capture, PhotoUnusableError
from hardware.errors import CameraError, HardwareError

log = structlog.get_logger()

NICE = 10  # pictures wait for the loop, which must not lose sight of the lever
LOOK_S = 0.2  # preview rate while somebody looks
IDLE_LOOK_S = 5.0  # health check while nobody looks
WATCHED_S = 3.0  # a preview that was fetched so lately is still looked at
CAMERA_FAULTS = ("black", "frozen")

Job = Callable[[Capture], Any]


class Seen(Struct, frozen=True):
    """The result of a job: a value or the error it raised."""

    token: int
    value: Any
    error: Exception | None

    @property
    def reason(self) -> str:
        """The stable word for why a photo could not be taken, "" if one was."""
        if self.error is None:
            return ""
        return str(getattr(self.error, "reason", "") or getattr(self.error, "code", "camera-gone"))


class Eyes:
    """Runs jobs on the camera's own thread; `post` puts a `Seen` into the loop's queue."""

    def __init__(self, capture: Capture, post: Callable[[Seen], None]) -> None:
        self._capture = capture
        self._post = post
        self._jobs: queue.Queue[tuple[int, Job] | None] = queue.Queue(maxsize=16)
        self._watched_s = -WATCHED_S
        self._next_look_s = 0.0
        self._thread = threading.Thread(target=self._run, name="eyes", daemon=True)
        self.fault = ""
        self.jpeg = b""
        self.calm = False  # while the lever is free only the camera's life is watched

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def ask(self, token: int, job: Job) -> None:
        """Queue a job; its `Seen` carries the token.

        Raises:
            CameraError: too many jobs wait; the camera hangs.
        """
        try:
            self._jobs.put_nowait((token, job))
        except queue.Full as error:
            raise CameraError("expected a camera that answers, found jobs piling up") from error

    @property
    def watched(self) -> bool:
        """Somebody looks at the preview, or a photo was asked for just now."""
        return time.monotonic() - self._watched_s < WATCHED_S

    def watch(self) -> bytes:
        """Return the newest preview and keep the previews coming for a while."""
        self._watched_s = time.monotonic()
        return self.jpeg

    def stop(self) -> None:
        """Finish the job in hand and end; a camera that hangs is left behind."""
        self._jobs.put(None)
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        try:
            self._work()
        finally:
            self._capture.close()

    def _work(self) -> None:
        while True:
            now_s, watched = time.monotonic(), self.watched
            due_s = self._next_look_s if not watched else min(self._next_look_s, now_s + LOOK_S)
            try:
                job = self._jobs.get(timeout=max(0.01, due_s - now_s))
            except queue.Empty:
                self._look(LOOK_S if watched else IDLE_LOOK_S)
                continue
            if job is None:
                return
            self._post(self._perform(*job))

    def _perform(self, token: int, job: Job) -> Seen:
        try:
            value = job(self._capture)
        except Exception as error:  # whatever went wrong, the loop must hear of it
            self._note(error)
            return Seen(token, None, error)
        self.fault = ""
        return Seen(token, value, None)

    def _look(self, pause_s: float) -> None:
        try:
            if self.calm:
                self._capture.glance()
                self._next_look_s = time.monotonic() + pause_s
                return
            seen = self._capture.look()
        except Exception as error:  # this thread must live, whatever a frame was made of
            self._note(error)
            self.jpeg = b""
        else:
            self.jpeg = seen.jpeg
            bad = [str(r) for r in seen.quality.reasons if str(r) in CAMERA_FAULTS]
            self._set(f"camera-{bad[0]}" if bad else "")
        self._next_look_s = time.monotonic() + pause_s

    def _note(self, error: Exception) -> None:
        if isinstance(error, PhotoUnusableError):
            bad = [r for r in error.reasons if r in CAMERA_FAULTS]
            self._set(f"camera-{bad[0]}" if bad else "")
        elif isinstance(error, HardwareError):
            self._set(error.code)
        else:
            log.error("eyes_failed", why=repr(error))
            self._set(CameraError.code)

    def _set(self, fault: str) -> None:
        if fault != self.fault:
            log.warning("camera_fault_changed", fault=fault or "none")
        self.fault = fault
