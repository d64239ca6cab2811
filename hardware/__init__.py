"""Things with a cable: controllers, cameras, panels, card readers. No policy lives here."""

from __future__ import annotations

from hardware.errors import (
    BoardUnsafeError,
    CameraError,
    DriverError,
    FrameError,
    GrantUnknownError,
    HardwareError,
    LockJammedError,
    LockRefusedError,
    LockSilentError,
    ReaderError,
)
from hardware.interfaces import (
    Camera,
    CardReader,
    Controller,
    Inputs,
    LockState,
    Panel,
    Photo,
    Report,
    Settlement,
)

__all__ = [
    "BoardUnsafeError",
    "Camera",
    "CameraError",
    "CardReader",
    "Controller",
    "DriverError",
    "FrameError",
    "GrantUnknownError",
    "HardwareError",
    "Inputs",
    "LockJammedError",
    "LockRefusedError",
    "LockSilentError",
    "LockState",
    "Panel",
    "Photo",
    "ReaderError",
    "Report",
    "Settlement",
]
