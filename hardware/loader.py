"""Find a driver by its name in the configuration and connect it with checked options.

A short name is a module under `hardware/<kind>/`; a dotted name is any module. A driver has
`Options`, a msgspec Struct that forbids unknown fields, and `connect(options)`; one whose options
can be wrong in more than their form has `check(options)` too, which opens no part.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

import msgspec

from hardware.controller.line import Lines
from hardware.errors import DriverError
from hardware.interfaces import Camera, CardReader, Controller, Panel

_HERE: Final = Path(__file__).parent
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_DRIVER_MARK: Final = "\ndef connect("


def load_controller(
    driver: str, options: Mapping[str, object], lines: Lines | None = None
) -> Controller:
    """Return the connected controller; raise DriverError, or what its `connect` raises.

    Args:
        lines: shared by the controllers of one machine; a driver whose `connect` takes none
            has a line of its own.
    """
    if lines is None:
        return cast(Controller, _load("controller", driver, options))
    module = _module("controller", driver)
    more = (lines,) if "lines" in inspect.signature(module.connect).parameters else ()
    return cast(Controller, module.connect(_convert(module, driver, options), *more))


def load_camera(driver: str, options: Mapping[str, object]) -> Camera:
    """Return the camera; raise DriverError, or what its `connect` raises."""
    return cast(Camera, _load("camera", driver, options))


def load_panel(driver: str, options: Mapping[str, object]) -> Panel:
    """Return the panel; raise DriverError, or what its `connect` raises."""
    return cast(Panel, _load("panel", driver, options))


def load_reader(driver: str, options: Mapping[str, object]) -> CardReader:
    """Return the card reader; raise DriverError, or what its `connect` raises."""
    return cast(CardReader, _load("reader", driver, options))


def check_options(kind: str, driver: str, options: Mapping[str, object]) -> None:
    """Raise DriverError unless `connect` could be called with these options; opens no part."""
    module = _module(kind, driver)
    checked = _convert(module, driver, options)
    if callable(check := getattr(module, "check", None)):
        check(checked)


def driver_names(kind: str) -> tuple[str, ...]:
    """Return the short names of the drivers of `kind` that come with this package."""
    files = (_HERE / kind).glob("*.py")
    return tuple(sorted(file.stem for file in files if _DRIVER_MARK in file.read_text("utf-8")))


def _load(kind: str, driver: str, options: Mapping[str, object]) -> object:
    module = _module(kind, driver)
    return module.connect(_convert(module, driver, options))


def _module(kind: str, driver: str) -> ModuleType:
    names = ", ".join(driver_names(kind))
    if not _NAME.fullmatch(driver) or ("." not in driver and driver not in driver_names(kind)):
        raise DriverError(
            f"expected a {kind} driver of {names} or a dotted module name, found {driver!r}"
        )
    name = driver if "." in driver else f"hardware.{kind}.{driver}"
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise DriverError(
            f"expected to load the {kind} driver {name}, found: {error}; the technician installs "
            f"what is missing or names one of {names}"
        ) from error
    if not callable(getattr(module, "connect", None)) or not _is_strict(module):
        raise DriverError(
            f"expected Options (a Struct with forbid_unknown_fields) and connect in {name}"
        )
    return module


def _is_strict(module: ModuleType) -> bool:
    options = getattr(module, "Options", None)
    if not isinstance(options, type) or not issubclass(options, msgspec.Struct):
        return False
    return options.__struct_config__.forbid_unknown_fields


def _convert(module: ModuleType, driver: str, options: Mapping[str, object]) -> Any:
    try:
        return msgspec.convert(dict(options), module.Options, strict=True)
    except msgspec.ValidationError as error:
        known = ", ".join(module.Options.__struct_fields__)
        raise DriverError(
            f"expected options of {driver} ({known}), found a mistake: {error}"
        ) from error
