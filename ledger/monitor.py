"""Monitor: follows logs from checkpoint to checkpoint, and keeps the evidence if one is rewritten.

Rules kept here:
- The last good checkpoint of every log is durable before anything is said about it; one that
  does not continue it never takes its place.
- Both sides of a contradiction are kept for ever, as the signed notes that they are, and are
  told at every visit.
- What is wrong with single entries stays in the log for ever: it is told once, and kept.
- A log seen for the first time is verified whole, and so is every `WHOLE_EVERY_S` one that has
  grown; in between the new entries and the growth are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from ledger import auditing, codec, verify_spans
from ledger.auditing import CHECKPOINT, SPAN_TILES, Task, Trust
from ledger.errors import LedgerError
from ledger.findings import Finding, Findings, Place
from ledger.mirror import Mirror, UnreachableError, year_logs
from ledger.signers.keyfile import write_durable
from ledger.tiles import WIDTH
from ledger.verify import growth
from ledger.verify_chains import Chains, Folder
from ledger.verify_heads import Head, believe

WHOLE_EVERY_S = 24 * 3600


class Seen(Struct, frozen=True, kw_only=True):
    """What one visit to one log found; `old` is the size that was known before."""

    log: str
    old: int
    new: int
    findings: tuple[Finding, ...]


class Monitor:
    """Follows the logs of any number of townships.

    Args:
        state: a folder of its own, for checkpoints and evidence; must survive a loss of power.
    """

    def __init__(self, state: Path, trust: Trust, *, processes: int = 1) -> None:
        self._state, self._trust, self._processes = state, trust, processes

    @property
    def evidence(self) -> Path:
        """The folder of notes that contradict each other."""
        return self._state / "evidence"

    def visit(self, source: Mirror, now_s: int, this_year: int) -> Iterator[Seen]:
        """Look at every log of a township and yield what was found, one log after the other.

        Args:
            now_s: UTC seconds.

        Raises:
            UnreachableError: the logs cannot be read now.
        """
        root, logs = year_logs(source, this_year)
        yield from self._vanished(source, logs)
        for log in logs:
            try:
                head = auditing.read_head(log, self._trust.log_keys)
            except UnreachableError:
                raise
            except LedgerError as error:
                self._keep(log.read(CHECKPOINT) or b"")
                place = Place(log=log.location)
                wrong = Finding(code=f"checkpoint-{error.code}", place=place, detail=str(error))
                yield Seen(log=log.location, old=0, new=0, findings=(wrong,))
                continue
            yield self._follow(root, log, head, source, now_s)

    def _follow(self, root: Mirror, log: Mirror, head: Head, source: Mirror, now_s: int) -> Seen:
        origin, new = head.checkpoint.origin, head.checkpoint
        known = self._known(origin)
        old = 0 if known is None else known.checkpoint.size
        found: list[Finding] = []
        if known is not None:
            found += growth(known.checkpoint, new, log.read)
        if known is not None and found:
            self._keep(known.note)
            self._keep(head.note)
            return Seen(log=origin, old=old, new=new.size, findings=tuple(found))
        if known is None or (new.size > old and now_s - self._whole_s(origin) >= WHOLE_EVERY_S):
            report = auditing.audit(root, [log], self._trust, processes=self._processes)
            found += report.findings
            self._write(self._folder(origin) / "whole", str(now_s).encode())
        elif new.size > old:
            found += self._judge_new(root, log, head, old)
        if any(_is_of_the_whole(one) for one in found):
            self._keep(head.note)
        else:
            found = [one for one in found if self._is_new(one)]
            self._write(self._folder(origin) / "source", source.location.encode())
            self._write(self._folder(origin) / "good", head.note)
        return Seen(log=origin, old=old, new=new.size, findings=tuple(found))

    def _judge_new(self, root: Mirror, log: Mirror, head: Head, old: int) -> Findings:
        """Judge the tiles that hold new entries; what stands in them before was judged once."""
        published = auditing.read_key_records(root)
        keys = tuple(dict.fromkeys((*self._trust.records, *published)))
        findings, chains = Findings(), Chains(complete=False)
        authority = Folder(self._trust.records, published)
        size, width = head.checkpoint.size, SPAN_TILES * WIDTH
        for start in range(old // WIDTH * WIDTH, size, width):
            task = Task(log, keys, head.checkpoint.origin, size, start, min(start + width, size))
            span = verify_spans.decode(auditing.judge(task))
            findings.extend(span.findings)
            for run in span.runs:
                findings.extend(chains.take(head.checkpoint.origin, run, authority))
        return findings

    def _vanished(self, source: Mirror, logs: Iterable[Mirror]) -> Iterator[Seen]:
        """Logs that were seen here and whose checkpoint is gone."""
        there = set()
        for log in logs:
            note = log.read(CHECKPOINT) or b""
            there.add(note.split(b"\n", 1)[0].decode(errors="replace"))
        for folder in sorted(self._state.glob("log-*")):
            known = self._read_good(folder)
            came_from = folder / "source"
            if known is None or not came_from.exists():
                continue
            if came_from.read_text() == source.location and known.checkpoint.origin not in there:
                origin, size = known.checkpoint.origin, known.checkpoint.size
                self._keep(known.note)
                gone = Finding(
                    code="log-shrunk",
                    place=Place(log=origin, index=size),
                    detail=f"expected {size} entries, found no such log",
                )
                yield Seen(log=origin, old=size, new=0, findings=(gone,))

    def _known(self, origin: str) -> Head | None:
        return self._read_good(self._folder(origin))

    def _read_good(self, folder: Path) -> Head | None:
        path = folder / "good"
        return believe(path.read_bytes(), self._trust.log_keys) if path.exists() else None

    def _whole_s(self, origin: str) -> int:
        path = self._folder(origin) / "whole"
        return int(path.read_text()) if path.exists() else 0

    def _folder(self, origin: str) -> Path:
        return self._state / f"log-{codec.sha256(origin.encode())[:16]}"

    def _keep(self, note: bytes) -> None:
        """Keep a note for ever; durable on return."""
        path = self.evidence / f"{codec.sha256(note)[:32]}.note"
        if not path.exists():
            write_durable(path, note)

    def _is_new(self, finding: Finding) -> bool:
        """Keep a finding for ever, and return whether it was not kept before."""
        data = msgspec.json.encode(finding)
        path = self.evidence / f"{codec.sha256(data)[:32]}.json"
        if path.exists():
            return False
        write_durable(path, data)
        return True

    def _write(self, path: Path, data: bytes) -> None:
        """Replace a small file; durable with its name on return."""
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        write_durable(fresh, data)
        fresh.replace(path)
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_of_the_whole(finding: Finding) -> bool:
    """Whether a finding says that the files are not what the checkpoint was signed for."""
    return finding.code.startswith(("checkpoint-", "entries-", "log-", "root-", "tile-"))
