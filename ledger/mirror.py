"""Mirror: reads the files of a public log from a folder, a USB stick or a web address.

Nothing that is read is believed: whoever holds the files may have changed them, and what is
computed from them is compared with signatures. A mirror can be handed to another process.
"""

from __future__ import annotations

import datetime
import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from msgspec import Struct

from ledger.errors import LedgerError
from ledger.tiles import LARGEST_ENTRY, WIDTH

LARGEST_FILE = WIDTH * (LARGEST_ENTRY + 2)  # bytes of the largest bundle
PATIENCE_S = 30.0
ATTEMPTS = 3
FIRST_YEAR = 2024  # no log is older; a web address cannot be asked for a list
INDEX = "index"  # in a folder that is to be listed: one file name a line
MOST_NAMES = 10_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", re.ASCII)
_YEAR = re.compile(r"[0-9]{4}(-[2-9])?", re.ASCII)
MOST_SUCCESSORS = 8  # in one year, see docs/decisions/0015


class UnreachableError(LedgerError):
    """The files of a log cannot be read now; this says nothing about the log."""

    code = "unreachable"
    hint = "Check the folder, the stick or the network, and try again."


class Mirror(Protocol):
    """Where files of a public log lie."""

    @property
    def location(self) -> str:
        """The folder or address, for people."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file, None if there is none.

        Args:
            path: below this mirror, with slashes.

        Raises:
            UnreachableError: it cannot be told whether there is one, or it is too large.
        """
        ...

    def below(self, name: str) -> Mirror:
        """Return the mirror of a folder in this one."""
        ...

    def above(self) -> Mirror:
        """Return the mirror of the folder that holds this one."""
        ...

    def names(self, folder: str, suffix: str) -> list[str] | None:
        """Return the sorted names of the files in a folder, None where nobody can list them."""
        ...


class FolderMirror(Struct, frozen=True):
    """A folder on this computer: also a USB stick."""

    root: Path

    @property
    def location(self) -> str:
        """See `Mirror`."""
        return str(self.root)

    def read(self, path: str) -> bytes | None:
        """See `Mirror`."""
        try:
            with (self.root / path).open("rb") as file:
                if os.fstat(file.fileno()).st_size > LARGEST_FILE:
                    raise UnreachableError(f"expected a file of a log at {path}, found a huge one")
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            if not self.root.is_dir():
                raise UnreachableError(
                    f"expected a folder at {self.root}, found none: is the stick plugged in?"
                ) from None
            return None
        except OSError as error:
            raise UnreachableError(f"expected to read {self.root / path}: {error}") from error

    def below(self, name: str) -> FolderMirror:
        """See `Mirror`."""
        return FolderMirror(self.root / name)

    def above(self) -> FolderMirror:
        """See `Mirror`."""
        return FolderMirror(self.root.resolve().parent)

    def names(self, folder: str, suffix: str) -> list[str] | None:
        """See `Mirror`."""
        return sorted(path.name for path in (self.root / folder).glob(f"*{suffix}"))


class WebMirror(Struct, frozen=True):
    """An http or https address. `cache` keeps what never changes: full tiles and bundles."""

    url: str
    cache: Path | None = None
    patience_s: float = PATIENCE_S

    @property
    def location(self) -> str:
        """See `Mirror`."""
        return self.url

    def read(self, path: str) -> bytes | None:
        """See `Mirror`."""
        kept = self._kept(path)
        if kept is not None and kept.is_file():
            return kept.read_bytes()
        data = self._fetch(path)
        if kept is not None and data is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            fresh = kept.with_name(f".{kept.name}.{os.getpid()}")
            fresh.write_bytes(data)
            fresh.replace(kept)
        return data

    def below(self, name: str) -> WebMirror:
        """See `Mirror`."""
        return WebMirror(f"{self.url}/{name}", self.cache, self.patience_s)

    def above(self) -> WebMirror:
        """See `Mirror`."""
        return WebMirror(self.url.rsplit("/", 1)[0], self.cache, self.patience_s)

    def names(self, folder: str, suffix: str) -> list[str] | None:
        """See `Mirror`: a web server need not list anything, so a file of the publisher does."""
        data = self.read(f"{folder}/{INDEX}")
        if data is None:
            return None
        lines = data.decode(errors="replace").split("\n")[:MOST_NAMES]
        return sorted({one for one in lines if _NAME.fullmatch(one) and one.endswith(suffix)})

    def _kept(self, path: str) -> Path | None:
        if self.cache is None or "tile/" not in path or ".p/" in path:
            return None
        return self.cache / quote(self.url, safe="") / path

    def _fetch(self, path: str) -> bytes | None:
        address = f"{self.url}/{quote(path)}"
        wrong: Exception | None = None
        for _ in range(ATTEMPTS):
            try:
                with urllib.request.urlopen(address, timeout=self.patience_s) as answer:
                    data: bytes = answer.read(LARGEST_FILE + 1)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code in {404, 410}:
                    return None
                wrong = error
            except (OSError, http.client.HTTPException) as error:
                wrong = error
            else:
                if len(data) > LARGEST_FILE:
                    raise UnreachableError(f"expected a file of a log at {address}, found more")
                return data
        raise UnreachableError(f"expected an answer from {address}, found: {wrong}") from wrong


def open_mirror(location: str, cache: Path | None = None) -> Mirror:
    """Return the mirror at a folder or an http(s) address.

    Args:
        cache: a folder for what a web mirror need not be asked again.

    Raises:
        UnreachableError: an address of another kind.
    """
    parts = urlsplit(location)
    if parts.scheme in {"http", "https"} and parts.netloc:
        return WebMirror(location.rstrip("/"), cache)
    if "://" in location:
        raise UnreachableError(f"expected a folder or an http address, found {location}")
    return FolderMirror(Path(location))


def this_year() -> int:
    """Return the year that it is in China."""
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return datetime.datetime.now(zone).year


def _names(mirror: Mirror, year: int) -> Iterator[str]:
    """Yield under which names a year's log may lie: its own, and those of its successors."""
    yield str(year)
    for number in range(2, MOST_SUCCESSORS + 2):
        yield f"{year}-{number}"
        if mirror.below(f"{year}-{number}").read("checkpoint") is None:
            return


def year_logs(mirror: Mirror, this_year: int) -> tuple[Mirror, list[Mirror]]:
    """Return the root of a township's public files, and its logs in the order of years.

    Args:
        mirror: that root, or the folder of one year, which is then the only log.
        this_year: the last one to look for where nothing can be listed.

    Raises:
        UnreachableError: no log there.
    """
    if mirror.read("checkpoint") is not None:
        return mirror.above(), [mirror]
    if isinstance(mirror, FolderMirror):
        years = sorted(path.name for path in mirror.root.iterdir() if _YEAR.fullmatch(path.name))
    else:
        years = [name for year in range(FIRST_YEAR, this_year + 2) for name in _names(mirror, year)]
    found = [log for log in map(mirror.below, years) if log.read("checkpoint") is not None]
    if not found:
        raise UnreachableError(
            f"expected YEAR/checkpoint or checkpoint below {mirror.location}, found neither"
        )
    return mirror, found
