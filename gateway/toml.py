"""TOML: a configuration file as a frozen struct that refuses keys which it does not know."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from gateway.errors import ConfigError

Config = TypeVar("Config", bound=Struct)


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a configuration file."""


def read(path: Path, kind: type[Config]) -> Config:
    """Return what a file says; its paths are as they stand there.

    Raises:
        ConfigError: missing, not TOML, an unknown key or a value out of bounds; the message
            names file and place.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(data, kind, dec_hook=_path)
    except OSError as error:
        raise ConfigError(f"expected a configuration at {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise NotImplementedError(f"expected a path as text, found {value!r}")
