"""Key change: the mark of a rotation in the state folder, and which keys ours took over from."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from device.errors import ConfigError
from ledger.signers import keyfile

MARK = "rotating.json"


class Mark(Struct, frozen=True):
    """A rotation that was begun: hashes of the records of the old and the new key.

    `earlier` are those that `replaces` itself had taken over from.
    """

    replaces: str
    key: str
    earlier: tuple[str, ...] = ()


def read(state: Path) -> Mark | None:
    """Return the mark of the newest rotation, None if there never was one.

    Raises:
        ConfigError: its file is damaged.
    """
    path = state / MARK
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigError(f"expected a begun rotation in {path}: {error}") from error


def replaced(state: Path) -> tuple[str, ...]:
    """Return the hashes of all key records that the newest one took over from.

    Raises:
        ConfigError: the mark is damaged.
    """
    mark = read(state)
    return () if mark is None else (*mark.earlier, mark.replaces)


def begin(state: Path, replaces: str, key: str) -> None:
    """Write down that one key takes over from another; durable on return.

    Raises:
        ConfigError: the mark of an earlier rotation is damaged.
    """
    before = read(state)
    earlier: tuple[str, ...] = ()
    if before is not None:
        again = before.replaces == replaces  # repeated, or with another new key
        earlier = before.earlier if again else (*before.earlier, before.replaces)
    mark = msgspec.json.encode(Mark(replaces, key, earlier))
    keyfile.write_durable(state / MARK, mark, keyfile.PRIVATE, replace=True)


def cancel(state: Path) -> None:
    """Give the newest rotation up; what was replaced before it stays written down."""
    mark = read(state)
    if mark is None:
        return
    if not mark.earlier:
        (state / MARK).unlink()
        return
    *earlier, last = mark.earlier
    before = msgspec.json.encode(Mark(last, mark.replaces, tuple(earlier)))
    keyfile.write_durable(state / MARK, before, keyfile.PRIVATE, replace=True)
