"""The tray's calibration: taken by the machine's own camera, kept in its state, read at the start.

It is a scale and nothing else: without it, or with one that cannot be used, the machine works as
one that was never calibrated. Nothing here moves: whoever calibrates sees to the light.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from device import journal_file
from device.config import DeviceConfig
from hardware import loader
from hardware.errors import CameraError
from hardware.interfaces import Camera
from ledger.signers import keyfile
from vision.decoding import decode
from vision.errors import TrayError
from vision.quality import same_frame
from vision.tray import Tray, apart_mm, calibrate

FILE = "tray.json"
PHOTOS = 3  # a sheet that is still being laid, or a hand, is not alike in all of them
MOST_APART_MM = 0.5
_YEAR_2100_MS = 4_102_444_800_000  # a later date is damage


class Calibration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept: which machine's tray, when in UTC milliseconds, and what was learnt."""

    device: str
    taken_ms: Annotated[int, Meta(ge=0, le=_YEAR_2100_MS)]
    tray: Tray

    @property
    def said(self) -> str:
        """What a technician reads of it."""
        day = datetime.fromtimestamp(self.taken_ms / 1000, UTC).date().isoformat()
        width, height = self.tray.image_px
        return (
            f"{day}, {self.tray.px_per_mm:.2f} px/mm, {width}x{height}, "
            f"{self.tray.residual_mm:.2f} mm, {self.tray.markers} markers"
        )


def take(config: DeviceConfig, now_ms: int) -> Calibration:
    """Photograph the marker sheet, and keep what it tells; durable on return.

    Raises:
        JournalError: the agent runs, or the state folder cannot be used.
        CameraError, DriverError: no pictures.
        VisionError: no calibration by them; what was kept before stays.
    """
    with _alone(config):
        camera = loader.load_camera(config.camera.driver, config.camera.options)
        try:
            found = Calibration(device=config.device, taken_ms=now_ms, tray=_learn(camera))
        finally:
            camera.close()
        path = config.state / FILE
        with journal_file.translated(path):
            data = msgspec.json.format(msgspec.json.encode(found))
            keyfile.write_durable(path, data, keyfile.PRIVATE, replace=True)
    return found


def kept(config: DeviceConfig) -> Calibration | None:
    """Return the calibration of this machine, None if there never was one.

    Raises:
        TrayError: it is damaged, of another machine, or for pictures of another size.
    """
    path = config.state / FILE
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Calibration)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise TrayError(
            f"expected the tray's calibration in {path}, found: {error}; the technician runs "
            "seal-device calibrate"
        ) from error
    if found.device != config.device:
        raise TrayError(
            f"expected the tray of {config.device} in {path}, found that of {found.device}; the "
            "technician runs seal-device calibrate"
        )
    _check_size(config, found.tray)
    return found


def _check_size(config: DeviceConfig, tray: Tray) -> None:
    for name, found in zip(("width", "height"), tray.image_px, strict=True):
        wanted = config.camera.options.get(name) or found
        if wanted != found:
            raise TrayError(
                f"expected a tray for pictures of {name} {wanted}, as [camera] has it, found "
                f"{found}; the technician runs seal-device calibrate"
            )


def _learn(camera: Camera) -> Tray:
    pictures = [decode(camera.grab().jpeg) for _ in range(PHOTOS)]
    if any(same_frame(one, other) for one, other in itertools.pairwise(pictures)):
        raise CameraError(
            "expected different pictures, found the same again: frozen; check the camera"
        )
    trays = [calibrate(picture) for picture in pictures]
    moved_mm = max(apart_mm(trays[0], one) for one in trays[1:])
    if moved_mm > MOST_APART_MM:
        raise TrayError(
            f"expected {PHOTOS} photos within {MOST_APART_MM} mm, found {moved_mm:.1f} mm; whoever "
            "calibrates takes the hands off, and the technician fastens the camera"
        )
    return min(trays, key=lambda one: one.residual_mm)


@contextmanager
def _alone(config: DeviceConfig) -> Iterator[None]:
    """Hold the journal's lock, so that no agent runs and none begins meanwhile."""
    lock = config.state / "journal.lock"
    with journal_file.translated(lock):
        config.state.mkdir(parents=True, exist_ok=True)
        handle = journal_file.claim(lock)
    try:
        yield
    finally:
        os.close(handle)
