"""Monitor memory: what a monitor knows of the logs of one source, and the evidence that it keeps.

Rules kept here:
- Every file is whole and durable when a call returns; a crash loses the newest step at most, and
  the next visit makes it again.
- Evidence is written once and never removed.

Layout: `log-<hash of the origin>/good` (the last good checkpoint) and `/source`, `source-<hash of
the address>/` with `bookmark`, `named` (the log's keys), `whole`, `grown` and `waiting` (UTC
seconds), `evidence/`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import structs

from ledger import bookmark, codec
from ledger.bookmark import Bookmark
from ledger.errors import LedgerError, MalformedError
from ledger.findings import Finding
from ledger.logterms import Named
from ledger.notes import LARGEST_NOTE
from ledger.signers.keyfile import write_durable
from ledger.trusted_heads import Trust
from ledger.verify_heads import Head, LogKeys, believe

MOST_EVIDENCE = 1000  # notes, and findings; what comes after them is told and not kept


class Memory:
    """What is known of the logs at one source.

    Args:
        folder: may be shared by several sources; must survive a loss of power.
        source: the address.
        trust: what is remembered of the log's keys counts with this trust only.
    """

    def __init__(self, folder: Path, source: str, trust: Trust) -> None:
        self._folder, self._source, self._trust = folder, source, trust
        self._own = folder / f"source-{codec.sha256(source.encode())[:16]}"
        self._named = self._read_named()

    @property
    def evidence(self) -> Path:
        """The folder of notes that contradict each other, and of single findings."""
        return self._folder / "evidence"

    @property
    def named(self) -> tuple[Named, ...] | None:
        """The log's keys that its entries have brought in; None: nobody has looked."""
        return self._named

    @property
    def log_keys(self) -> LogKeys:
        """The keys of the log that count now: those that it named, else the trusted ones."""
        return structs.replace(self._trust.log_keys, named=self._named or ())

    def set_named(self, named: tuple[Named, ...]) -> None:
        """Remember the keys that the log's entries have brought in."""
        if named != self._named:
            data = msgspec.msgpack.encode((_mark(self._trust), named))
            write_durable(self._own / "named", data, replace=True)
            self._named = named

    def good(self, origin: str) -> Head | None:
        """Return the last good checkpoint of a log.

        Raises:
            LedgerError: its key is not trusted any more, or the file was changed.
        """
        return self._read_good(self._log(origin))

    def set_good(self, head: Head) -> None:
        """Remember a checkpoint that continues the last good one."""
        folder = self._log(head.checkpoint.origin)
        write_durable(folder / "source", self._source.encode(), replace=True)
        write_durable(folder / "good", head.note, replace=True)

    def logs(self) -> Iterator[Head]:
        """Yield the last good checkpoint of every log that was seen at this source."""
        for folder in sorted(self._folder.glob("log-*")):
            came_from = folder / "source"
            if came_from.exists() and came_from.read_text(encoding="utf-8") == self._source:
                known = self._read_good(folder)
                if known is not None:
                    yield known

    def bookmark(self) -> Bookmark | None:
        """Return where judging went to; None: begin anew."""
        with contextlib.suppress(FileNotFoundError, MalformedError):
            return bookmark.decode((self._own / "bookmark").read_bytes())
        return None

    def set_bookmark(self, found: Bookmark) -> None:
        """Remember where judging went to."""
        write_durable(self._own / "bookmark", bookmark.encode(found), replace=True)

    def moment(self, name: str) -> int | None:
        """Return a time that was remembered under a name, UTC seconds."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int((self._own / name).read_text(encoding="ascii"))
        return None

    def set_moment(self, name: str, at_s: int) -> None:
        """Remember a time."""
        write_durable(self._own / name, str(at_s).encode(), replace=True)

    def forget_moment(self, name: str) -> None:
        """Let go of a time."""
        (self._own / name).unlink(missing_ok=True)

    def keep_note(self, note: bytes) -> None:
        """Keep a signed note for ever; what is larger than any note is none."""
        path = self.evidence / f"{codec.sha256(note)[:32]}.note"
        if len(note) <= LARGEST_NOTE and not path.exists() and self._has_room(".note"):
            write_durable(path, note)

    def is_kept(self, finding: Finding) -> bool:
        """Return whether this finding was kept before."""
        return self._path_of(finding).exists()

    def keep_finding(self, finding: Finding) -> None:
        """Keep a finding for ever, with the time at which it was seen first."""
        path = self._path_of(finding)
        if not path.exists() and self._has_room(".json"):
            write_durable(path, msgspec.json.encode(finding))

    def findings(self) -> list[Finding]:
        """Return all findings about single entries that were ever made, oldest first."""
        found = (
            msgspec.json.decode(path.read_bytes(), type=Finding)
            for path in self.evidence.glob("*.json")
        )
        return sorted(found, key=lambda one: (one.place.seen_ms or 0, one.place.index or 0))

    def _has_room(self, suffix: str) -> bool:
        """A township that produces contradictions without end must not fill the disk."""
        return sum(1 for _ in self.evidence.glob(f"*{suffix}")) < MOST_EVIDENCE

    def _path_of(self, finding: Finding) -> Path:
        place = structs.replace(finding.place, seen_ms=None)
        data = msgspec.json.encode((finding.code, place))
        return self.evidence / f"{codec.sha256(data)[:32]}.json"

    def _log(self, origin: str) -> Path:
        return self._folder / f"log-{codec.sha256(origin.encode())[:16]}"

    def _read_good(self, folder: Path) -> Head | None:
        path = folder / "good"
        if not path.exists():
            return None
        try:
            return believe(path.read_bytes(), self.log_keys)
        except LedgerError as error:
            raise type(error)(f"{path}: {error}") from error

    def _read_named(self) -> tuple[Named, ...] | None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            data = (self._own / "named").read_bytes()
            mark, named = msgspec.msgpack.decode(data, type=tuple[str, tuple[Named, ...]])
            return named if mark == _mark(self._trust) else None
        return None


def _mark(trust: Trust) -> str:
    """Return what tells one trust from another, as far as the log's keys rest on it."""
    keys, pinned = trust.log_keys.keys, (trust.founding, trust.any_county)
    return codec.sha256(msgspec.msgpack.encode((keys, trust.records, pinned)))
