"""Monitor: follows logs from checkpoint to checkpoint, and keeps the evidence if one is rewritten.

Rules kept here:
- The last good checkpoint of every log is durable before anything is said about it; one that
  does not continue it never takes its place.
- Both sides of a contradiction are kept for ever, as the signed notes that they are, and are
  told at every visit.
- What is wrong with single entries stays in the log for ever: it is kept, and told once.
- The logs of a township are judged together, since keys and chains go on from year to year. What
  is seen for the first time is verified whole, and again every `WHOLE_EVERY_S` if it has grown;
  in between, all but the permits is judged from the bookmark on, with the same trust.
- The log's own keys follow its entries from what is trusted at first: a checkpoint is judged by
  the key that those name for its size, and a key that they have named is never forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct, structs

from ledger import auditing, named_keys, trusted_heads
from ledger.auditing import Report
from ledger.bookmark import Bookmark
from ledger.errors import LedgerError
from ledger.findings import Finding, Place
from ledger.mirror import Mirror, UnreachableError, year_logs
from ledger.monitor_memory import Memory
from ledger.trusted_heads import CHECKPOINT, Newest, Trust
from ledger.verify import growth
from ledger.verify_heads import Head, believe

WHOLE_EVERY_S = 24 * 3600
SILENT_AFTER_S = 24 * 3600  # machines write every ten minutes
QUORUM_PATIENCE_S = 3600  # how long witnesses may stay behind a log that grows
_GROWN, _WHOLE, _WAITING = "grown", "whole", "waiting"
_GRAVE = frozenset({"log-fork", "log-rewritten", "log-shrunk"})  # kept though they may vanish
_STANDING = frozenset({"quorum", "log-silent"})  # told as long as they last


class Seen(Struct, frozen=True, kw_only=True):
    """What one visit to one log found; `old` is the size that was known before."""

    log: str
    old: int
    new: int
    findings: tuple[Finding, ...]


class _Log(Struct, frozen=True):
    mirror: Mirror
    head: Head
    old: int
    newest: Newest

    @property
    def has_grown(self) -> bool:
        return self.head.checkpoint.size > self.old


class Monitor:
    """Follows the logs of one township.

    Args:
        state: a folder for checkpoints and evidence, which several monitors may share; must
            survive a loss of power.
        source: the root of the township's public files, or one year of them.
    """

    def __init__(self, state: Path, source: Mirror, trust: Trust, *, processes: int = 1) -> None:
        self._source, self._trust, self._processes = source, trust, processes
        self.memory = Memory(state, source.location, trust)

    def visit(self, now_s: int, this_year: int) -> Iterator[Seen]:
        """Look at every log and yield what was found, one log after the other.

        What was yielded counts as told when the next is asked for.

        Args:
            now_s: UTC seconds.

        Raises:
            UnreachableError: the logs cannot be read now.
            LedgerError: what is remembered is of a key that is not trusted any more.
        """
        root, mirrors = year_logs(self._source, this_year)
        self._follow_keys(mirrors)
        found = [*self._vanished(mirrors)]
        logs: list[_Log] = []
        for mirror in mirrors:
            seen = self._look(mirror, logs)
            if seen is not None:
                found.append(seen)
        if found:  # contradictions first: until they are explained, nothing else counts
            for seen in found:
                dated = self._dated(seen, now_s)
                yield dated
                self._keep(one for one in dated.findings if one.code in _GRAVE)
            return
        yield from self._judge(root, logs, now_s)

    def silence(self, now_s: int, patience_s: int = SILENT_AFTER_S) -> Finding | None:
        """Return the finding that the township's logs have not grown for so long, if so.

        Ask after each visit, also after one that could not read anything.
        """
        grown_s = self.memory.moment(_GROWN)
        if grown_s is None or grown_s > now_s:
            self.memory.set_moment(_GROWN, now_s)
            return None
        if now_s - grown_s < patience_s:
            return None
        known = [head.checkpoint.origin for head in self.memory.logs()]
        log = known[-1] if known else self._source.location
        place = Place(log=log, seen_ms=grown_s * 1000)
        detail = f"expected new entries within {patience_s} s, found none for {now_s - grown_s} s"
        return Finding(code="log-silent", place=place, detail=detail)

    def _follow_keys(self, mirrors: list[Mirror]) -> None:
        """Learn the log's keys where a head is not signed by those that are known."""
        known = self.memory.named
        if known is not None and all(self._is_signed(one) for one in mirrors):
            return
        found = named_keys.follow(mirrors, self._trust, self.memory.bookmark())
        before = known or ()
        if known is None or found[: len(before)] == before:
            self.memory.set_named(found)

    def _is_signed(self, mirror: Mirror) -> bool:
        try:
            believe(trusted_heads.read_note(mirror), self.memory.log_keys)
        except UnreachableError:
            raise
        except LedgerError:
            return False
        return True

    def _look(self, mirror: Mirror, logs: list[_Log]) -> Seen | None:
        """Add a log that continues what is known of it, or return what is wrong with it."""
        trust = structs.replace(self._trust, log_keys=self.memory.log_keys)
        newest = trusted_heads.newest(mirror, trust)
        head = newest.head
        if head is None:
            self.memory.keep_note(mirror.read(CHECKPOINT) or b"")
            wrong = tuple(newest.findings)
            return Seen(log=mirror.location, old=0, new=0, findings=wrong)
        origin, size = head.checkpoint.origin, head.checkpoint.size
        known = self.memory.good(origin)
        old = 0 if known is None else known.checkpoint.size
        found = [one for one in newest.findings if one.code not in _STANDING]
        if known is not None and not found:
            found += growth(known.checkpoint, head.checkpoint, mirror.read)
        if not found:
            logs.append(_Log(mirror, head, old, newest))
            return None
        for note in (known.note if known else b"", head.note, _newest_note(mirror, newest)):
            if note:
                self.memory.keep_note(note)
        return Seen(log=origin, old=old, new=size, findings=tuple(found))

    def _judge(self, root: Mirror, logs: list[_Log], now_s: int) -> Iterator[Seen]:
        report = self._audit(root, logs, now_s)
        findings = [] if report is None else list(report.findings)
        whole = any(_is_of_the_whole(one) for one in findings)
        if whole:
            for log in logs:
                self.memory.keep_note(log.head.note)
        else:
            findings = [
                one for one in findings if one.code in _STANDING or not self.memory.is_kept(one)
            ]
            for log in logs:
                self.memory.set_good(log.head)
        findings += self._waiting(logs, now_s)
        for log, own in _by_log(logs, findings):
            head = log.head.checkpoint
            seen = Seen(log=head.origin, old=log.old, new=head.size, findings=own)
            dated = self._dated(seen, now_s)
            yield dated
            if not whole:
                self._keep(dated.findings)
        if report is not None and not whole:
            self._advance(report, logs, now_s)

    def _audit(self, root: Mirror, logs: list[_Log], now_s: int) -> Report | None:
        """Judge what is new; None: nothing is."""
        grown = any(log.has_grown for log in logs)
        whole_s, mark = self.memory.moment(_WHOLE), self.memory.bookmark()
        first = _place_of(mark, logs)
        if mark is None or first is None or whole_s is None:
            mark, first = None, 0
        elif not grown and self._trust.policy is None:
            return None
        elif grown and not 0 <= now_s - whole_s < WHOLE_EVERY_S:
            mark, first = None, 0
        return auditing.audit(
            root,
            [log.mirror for log in logs[first:]],
            self._trust,
            bookmark=mark,
            newest=[log.newest for log in logs[first:]],
            processes=self._processes,
        )

    def _advance(self, report: Report, logs: list[_Log], now_s: int) -> None:
        """Remember what was judged."""
        if report.bookmark is not None:
            self.memory.set_bookmark(report.bookmark)
        if report.is_whole:
            self.memory.set_moment(_WHOLE, now_s)
        if any(log.has_grown for log in logs):
            self.memory.set_moment(_GROWN, now_s)

    def _waiting(self, logs: list[_Log], now_s: int) -> Iterator[Finding]:
        """The witnesses stay behind a log that grows."""
        behind = [log for log in logs if log.newest.waiting]
        since_s = self.memory.moment(_WAITING)
        if not behind:
            self.memory.forget_moment(_WAITING)
        elif since_s is None or any(log.has_grown for log in behind):
            self.memory.set_moment(_WAITING, now_s)
        elif now_s - since_s >= QUORUM_PATIENCE_S:
            for log in behind:
                origin, size = log.head.checkpoint.origin, log.head.checkpoint.size
                place = Place(log=origin, index=size, seen_ms=since_s * 1000)
                detail = (
                    f"expected a quorum beyond {size} entries, found {log.newest.waiting} without"
                )
                yield Finding(code="quorum", place=place, detail=detail)

    def _vanished(self, logs: Iterable[Mirror]) -> Iterator[Seen]:
        """Logs that were seen here and whose checkpoint is gone."""
        there = set()
        for log in logs:
            note = log.read(CHECKPOINT) or b""
            there.add(note.split(b"\n", 1)[0].decode(errors="replace"))
        for known in self.memory.logs():
            origin, size = known.checkpoint.origin, known.checkpoint.size
            if origin in there:
                continue
            self.memory.keep_note(known.note)
            gone = Finding(
                code="log-shrunk",
                place=Place(log=origin, index=size),
                detail=f"expected {size} entries, found no such log",
            )
            yield Seen(log=origin, old=size, new=0, findings=(gone,))

    def _keep(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.code not in _STANDING:
                self.memory.keep_finding(finding)

    def _dated(self, seen: Seen, now_s: int) -> Seen:
        """Say when each finding was seen, unless that is known from before."""
        dated = (
            one
            if one.place.seen_ms is not None
            else structs.replace(one, place=structs.replace(one.place, seen_ms=now_s * 1000))
            for one in seen.findings
        )
        return structs.replace(seen, findings=tuple(dated))


def _place_of(mark: Bookmark | None, logs: list[_Log]) -> int | None:
    """Return which log has the bookmark, if nothing has happened in those before it."""
    for place, log in enumerate(logs):
        head = log.head.checkpoint
        if mark is not None and head.origin == mark.origin:
            return place if head.size >= mark.size else None
        if log.has_grown:
            return None
    return None


def _by_log(
    logs: list[_Log], findings: list[Finding]
) -> Iterator[tuple[_Log, tuple[Finding, ...]]]:
    """Give each finding to its log; what belongs to none goes to the newest."""
    origins = [log.head.checkpoint.origin for log in logs]
    for log, origin in zip(logs, origins, strict=True):
        is_last = origin == origins[-1]
        own = (
            one
            for one in findings
            if one.place.log == origin or (is_last and one.place.log not in origins)
        )
        yield log, tuple(own)


def _newest_note(mirror: Mirror, newest: Newest) -> bytes:
    """The newest checkpoint of all, where that is not the one that counts."""
    return (mirror.read(CHECKPOINT) or b"") if len(newest.findings) else b""


def _is_of_the_whole(finding: Finding) -> bool:
    """Whether a finding says that the files are not what the checkpoint was signed for."""
    return finding.code.startswith(("checkpoint-", "entries-", "log-", "root-", "tile-"))
