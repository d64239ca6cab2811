"""Auditing: reads a township's logs from a mirror and verifies them, on several cores.

What holds and what does not is decided in `ledger.verify`; here are the files and processes.
Memory stays bounded: at most two spans for each process are on their way.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import multiprocessing
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.context import BaseContext

from msgspec import Struct, structs

from ledger import published_keys, trusted_county, trusted_heads, verify_spans
from ledger.bookmark import Bookmark
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError, MalformedError
from ledger.findings import MOST_OF_ONE_CODE, Findings, Place
from ledger.keystate import KeyHistory
from ledger.mirror import Mirror
from ledger.tiles import WIDTH, Tile
from ledger.tree import HASH_BYTES
from ledger.trusted_heads import Newest, Trust
from ledger.verify import (
    UNWITNESSED,
    LogVerifier,
    Notice,
    Progress,
    TownshipVerifier,
    read_bundle,
    read_tile,
)
from ledger.verify_chains import Folder, read_record
from ledger.verify_heads import Head, LogKey, LogKeys, believe, log_key, township_of
from ledger.verify_spans import Keyring, Span, SpanJudge

SPAN_TILES = 16  # 4096 entries: 0.3 s of work for one core
ALONE = 2 * SPAN_TILES * WIDTH  # a log up to this size is not worth starting processes for


class Report(Struct, frozen=True, kw_only=True):
    """The outcome of an audit.

    `heads` are the checkpoints it believed, oldest first; `bookmark` is where to go on. `is_whole`:
    it began at the beginning.
    """

    findings: Findings
    notices: tuple[Notice, ...]
    heads: tuple[Head, ...]
    entries: int
    history: KeyHistory | None = None
    bookmark: Bookmark | None = None
    is_whole: bool = True


class Task(Struct, frozen=True):
    """One span to judge, with all that another process needs for it."""

    mirror: Mirror
    keys: tuple[bytes, ...]
    origin: str
    size: int
    start: int
    end: int


def audit(
    root: Mirror,
    logs: Iterable[Mirror],
    trust: Trust,
    since: Iterable[Checkpoint] = (),
    *,
    bookmark: Bookmark | None = None,
    newest: Sequence[Newest] | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Verify logs of consecutive years.

    Args:
        root: holds `keys/`.
        since: older checkpoints, whose signatures hold; each is compared with its log.
        bookmark: where an earlier audit ended, in the first of these logs. Permits need all that
            was before, and are not judged.
        newest: the head of each log, where the caller has read them.

    Raises:
        UnreachableError: files cannot be read.
    """
    mirrors = list(logs)
    found = newest or _newest(mirrors, trust)
    heads = [one.head for one in found]
    verifier, keys = _prepared(root, mirrors, found, trust, bookmark)
    older = _older(since, heads, verifier.findings)
    believed = [(mirror, head) for mirror, head in zip(mirrors, heads, strict=True) if head]
    told = _telling(progress, verifier, [head for _, head in believed])
    mark = bookmark
    for mirror, head in believed:
        log = verifier.begin(head)
        spans = _spans(mirror, head.checkpoint, log.start, keys, processes)
        if _took_all(verifier, log, spans, told):
            log.finish(mirror.read, older.get(head.checkpoint.origin))
            mark = log.bookmark
    verifier.finish()
    _tell_doubt(verifier, trust)
    return _report(verifier, tuple(head for _, head in believed), mark, is_whole=bookmark is None)


def _report(
    verifier: TownshipVerifier, heads: tuple[Head, ...], mark: Bookmark | None, *, is_whole: bool
) -> Report:
    return Report(
        findings=verifier.findings,
        notices=tuple(verifier.notices),
        heads=heads,
        entries=verifier.entries,
        history=verifier.history,
        bookmark=mark,
        is_whole=is_whole,
    )


def _prepared(
    root: Mirror,
    mirrors: list[Mirror],
    found: Sequence[Newest],
    trust: Trust,
    bookmark: Bookmark | None,
) -> tuple[TownshipVerifier, tuple[bytes, ...]]:
    """Return the verifier of these logs, and the key records by which signatures can hold."""
    heads = [one.head for one in found]
    founded = _is_founded(mirrors, heads, bookmark)
    published = () if founded else published_keys.read(root)
    authority = Folder(_own_records(trust.records, heads), published)
    keys = tuple(dict.fromkeys((*trust.records, *published)))
    if founded:
        keys = _known_keys(keys, mirrors, heads, bookmark)
    verifier = TownshipVerifier(authority, trust.log_keys, bookmark)
    _tell_newest(found, verifier)
    return verifier, keys


def _took_all(
    verifier: TownshipVerifier, log: LogVerifier, spans: Iterator[Span], told: Callable[[int], None]
) -> bool:
    """Take the spans of a log; False: too much is missing, and the rest was left.

    A head of any size can be signed: nobody makes us look for all that it promises.
    """
    for span in spans:
        log.take(span)
        told(span.end)
        if verifier.findings.count("entries-missing") > MOST_OF_ONE_CODE:
            return False
    return True


def _telling(
    progress: Progress | None, verifier: TownshipVerifier, heads: list[Head]
) -> Callable[[int], None]:
    """Return what tells how far the log that is read has come, beside those before it."""
    everything = sum(head.checkpoint.size for head in heads)

    def tell(done: int) -> None:
        if progress is not None:
            progress(verifier.entries + done, everything)

    return tell


def judge(task: Task) -> bytes:
    """Judge one span for another process; the answer is an encoded `Span`.

    Raises:
        UnreachableError: files cannot be read.
    """
    return verify_spans.encode(_judged(task))


def _judged(task: Task) -> Span:
    found = SpanJudge(task.origin, task.start, _keyring(task.keys))
    for first in range(task.start, task.end, WIDTH):
        width = min(WIDTH, task.size - first)
        _judge_tile(task.mirror, found, first // WIDTH, width)
    return found.span


def _judge_tile(mirror: Mirror, found: SpanJudge, index: int, width: int) -> None:
    place = Place(log=found.log, index=index * WIDTH)
    hashes = read_tile(Tile(0, index, width), mirror.read)
    entries = None
    try:
        entries = read_bundle(Tile(None, index, width), mirror.read)
        if entries is None:
            found.find("entries-missing", place, f"expected {Tile(None, index, width).path}")
    except MalformedError as error:
        found.find("entries-malformed", place, str(error))
    if entries is None and (hashes is None or len(hashes) != width * HASH_BYTES):
        hashes = bytes(width * HASH_BYTES)  # leads to no signed root, so the log cannot pass
    found.tile(entries, hashes)


@functools.lru_cache(maxsize=1)
def _keyring(records: tuple[bytes, ...]) -> Keyring:
    return Keyring(records)


def _spans(
    mirror: Mirror, head: Checkpoint, first: int, keys: tuple[bytes, ...], processes: int
) -> Iterator[Span]:
    width, full = SPAN_TILES * WIDTH, head.size // WIDTH * WIDTH
    pieces = (  # the partial tile alone: the bookmark stands before it
        (start, min(start + width, full)) for start in range(first, full, width)
    )
    edge = ((full, head.size),) if full < head.size else ()
    tasks = (
        Task(mirror, keys, head.origin, head.size, start, end)
        for start, end in itertools.chain(pieces, edge)
    )
    if processes == 1 or head.size - first <= ALONE:
        yield from map(_judged, tasks)
        return
    waiting: deque[Future[bytes]] = deque()
    with ProcessPoolExecutor(processes, mp_context=_context()) as pool:
        try:
            for task in tasks:
                waiting.append(pool.submit(judge, task))
                if len(waiting) >= 2 * processes:
                    yield verify_spans.decode(waiting.popleft().result())
            while waiting:
                yield verify_spans.decode(waiting.popleft().result())
        finally:
            pool.shutdown(cancel_futures=True)


def _context() -> BaseContext:
    """Return how to begin a process: as a copy of this one, which need not begin anew.

    Beside another thread a copy could wait for ever for a lock that this thread had held.
    """
    return multiprocessing.get_context("fork" if threading.active_count() == 1 else "spawn")


def _newest(mirrors: list[Mirror], trust: Trust) -> list[Newest]:
    """Return the newest head of each log, also of one whose key the logs themselves name.

    The verifier believes of those keys only the ones whose entries have the authority, and of
    their checkpoints only those that they may sign.
    """
    keys = LogKeys((*trust.log_keys.keys, *_log_keys_in(mirrors, trust)))
    return [trusted_heads.newest(one, structs.replace(trust, log_keys=keys)) for one in mirrors]


def _log_keys_in(mirrors: list[Mirror], trust: Trust) -> Iterator[LogKey]:
    """Yield the log keys that logs name whose checkpoint none of the trusted keys has signed."""
    for mirror in mirrors:
        note = trusted_heads.read_note(mirror)
        try:
            believe(note, trust.log_keys)
        except LedgerError:
            for data in published_keys.in_log(mirror, 0, trusted_heads.claimed(note)[1]):
                record = read_record(data)
                if record.role == "log":
                    with contextlib.suppress(LedgerError):  # a weak key: nobody may use it
                        yield log_key(record)


def _tell_newest(found: Sequence[Newest], verifier: TownshipVerifier) -> None:
    """Tell what is wrong with the heads, and which wait for witnesses."""
    for one in found:
        verifier.findings.extend(one.findings)
        if one.head is not None and one.waiting:
            place = Place(log=one.head.checkpoint.origin)
            verifier.notices.append(Notice(UNWITNESSED, place, one.waiting))


def _own_records(records: tuple[bytes, ...], heads: list[Head | None]) -> list[bytes]:
    """Return the records of the townships whose logs these are."""
    townships = {township_of(head.checkpoint.origin) for head in heads if head is not None}
    return [data for data in records if read_record(data).township in townships]


def _older(
    since: Iterable[Checkpoint], heads: list[Head | None], findings: Findings
) -> dict[str, Checkpoint]:
    """Return older checkpoints by their logs; tell of those whose log is not there any more."""
    older = {one.origin: one for one in since}
    there = {head.checkpoint.origin for head in heads if head is not None}
    for origin, known in older.items():
        if origin not in there:
            place = Place(log=origin, index=known.size)
            findings.add("log-shrunk", place, f"expected {known.size} entries, found no such log")
    return older


def _tell_doubt(verifier: TownshipVerifier, trust: Trust) -> None:
    """Tell why the log's own keys are not believed, if they are not."""
    doubt = trusted_county.doubt(verifier.history, trust)
    if doubt is not None:
        verifier.findings.extend((doubt,))


def _known_keys(
    records: tuple[bytes, ...],
    mirrors: list[Mirror],
    heads: list[Head | None],
    bookmark: Bookmark | None,
) -> tuple[bytes, ...]:
    """Return the key records by which signatures can be verified, with those in a founded log."""
    named: list[bytes] = []
    start = 0
    if bookmark is not None:
        start = bookmark.size
        acts = ((act.kind, act.payload) for act in bookmark.acts or ())
        named += published_keys.in_payloads(acts)
    for mirror, head in zip(mirrors, heads, strict=True):
        if head is not None:
            named += published_keys.in_log(mirror, start, head.checkpoint.size)
        start = 0
    return tuple(dict.fromkeys((*records, *named)))


def _is_founded(mirrors: list[Mirror], heads: list[Head | None], bookmark: Bookmark | None) -> bool:
    if bookmark is not None and not bookmark.is_blank:
        return bookmark.acts is not None
    head = heads[0] if heads else None
    return head is not None and published_keys.is_founded(mirrors[0], head.checkpoint.size)
