"""Auditing: reads a township's logs from a mirror and verifies them, on several cores.

What holds and what does not is decided in `ledger.verify`; here are the files and processes.
Memory stays bounded: at most two spans for each process are on their way.
"""

from __future__ import annotations

import functools
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor

from msgspec import Struct

from ledger import codec, envelope, policy, verify_spans
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError, MalformedError, PolicyError, QuorumError
from ledger.findings import Findings, Place
from ledger.keystate import KeyHistory
from ledger.mirror import Mirror, UnreachableError
from ledger.policy import Policy
from ledger.records_keys import Enrolment, Founding, Rotation
from ledger.tiles import WIDTH, Tile
from ledger.tree import HASH_BYTES
from ledger.verify import Notice, Progress, TownshipVerifier, read_bundle, read_tile
from ledger.verify_chains import Folder, read_record
from ledger.verify_heads import Head, LogKeys, believe, township_of
from ledger.verify_spans import Keyring, Span, SpanJudge, open_key_records

SPAN_TILES = 16  # 4096 entries: 0.3 s of work for one core
ALONE = 2 * SPAN_TILES * WIDTH  # a log up to this size is not worth starting processes for
CHECKPOINT = "checkpoint"
VKEY = "log.vkey"


class Trust(Struct, frozen=True, kw_only=True):
    """What the verifier brings along and believes.

    Args:
        records: trusted key records, as bytes; each counts in the logs of its township only.
        policy: whose witnesses must have cosigned the newest checkpoint.
    """

    log_keys: LogKeys
    records: tuple[bytes, ...] = ()
    policy: Policy | None = None


class Report(Struct, frozen=True, kw_only=True):
    """The outcome of an audit; `heads` are the checkpoints it believed, oldest first."""

    findings: Findings
    notices: tuple[Notice, ...]
    heads: tuple[Head, ...]
    entries: int
    history: KeyHistory | None = None


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
    processes: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Verify logs of consecutive years.

    Args:
        root: holds `keys/`.
        since: older checkpoints, whose signatures hold; each is compared with its log.

    Raises:
        UnreachableError: files cannot be read.
    """
    published = read_key_records(root)
    mirrors = list(logs)
    findings = Findings()
    heads = [_head(mirror, trust, findings) for mirror in mirrors]
    own = _own_records(trust.records, heads)
    verifier = TownshipVerifier(Folder(own, published), trust.log_keys)
    verifier.findings.extend(findings)
    keys = _known_keys(trust, published, mirrors, heads)
    older = {one.origin: one for one in since}
    _tell_lost_logs(older, heads, verifier.findings)
    everything = sum(head.checkpoint.size for head in heads if head is not None)
    believed = [(mirror, head) for mirror, head in zip(mirrors, heads, strict=True) if head]
    for mirror, head in believed:
        current = verifier.begin(head)
        for span in _spans(mirror, head.checkpoint, keys, processes):
            current.take(span)
            if progress is not None:
                progress(verifier.entries + span.end, everything)
        current.finish(mirror.read, older.get(head.checkpoint.origin))
    verifier.finish()
    _check_county(verifier, trust)
    return Report(
        findings=verifier.findings,
        notices=tuple(verifier.notices),
        heads=tuple(head for _, head in believed),
        entries=verifier.entries,
        history=verifier.history,
    )


def read_head(mirror: Mirror, trusted: LogKeys) -> Head:
    """Return the newest checkpoint of a log, if the log's key signed it.

    Raises:
        UnreachableError: there is none.
        LedgerError: it must not be believed.
    """
    return believe(read_note(mirror), trusted)


def read_note(mirror: Mirror) -> bytes:
    """Return the newest checkpoint of a log as it lies there, not judged.

    Raises:
        UnreachableError: there is none.
    """
    note = mirror.read(CHECKPOINT)
    if note is None:
        raise UnreachableError(f"expected a checkpoint at {mirror.location}, found none")
    return note


def read_key_records(root: Mirror) -> tuple[bytes, ...]:
    """Return the key records that are published beside the logs and can be read at all."""
    names = root.names("keys", ".json")
    found = (root.read(f"keys/{name}") for name in names or ())
    texts = (data.decode(errors="replace") for data in found if data is not None)
    return tuple(open_key_records(texts))


def judge(task: Task) -> bytes:
    """Judge one span, in this process; the answer is an encoded `Span`.

    Raises:
        UnreachableError: files cannot be read.
    """
    found = SpanJudge(task.origin, task.start, _keyring(task.keys))
    for first in range(task.start, task.end, WIDTH):
        width = min(WIDTH, task.size - first)
        _judge_tile(task.mirror, found, first // WIDTH, width)
    return verify_spans.encode(found.span)


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
    mirror: Mirror, head: Checkpoint, keys: tuple[bytes, ...], processes: int
) -> Iterator[Span]:
    width = SPAN_TILES * WIDTH
    tasks = (
        Task(mirror, keys, head.origin, head.size, start, min(start + width, head.size))
        for start in range(0, head.size, width)
    )
    if processes == 1 or head.size <= ALONE:
        yield from (verify_spans.decode(judge(task)) for task in tasks)
        return
    waiting: deque[Future[bytes]] = deque()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        try:
            for task in tasks:
                waiting.append(pool.submit(judge, task))
                if len(waiting) >= 2 * processes:
                    yield verify_spans.decode(waiting.popleft().result())
            while waiting:
                yield verify_spans.decode(waiting.popleft().result())
        finally:
            pool.shutdown(cancel_futures=True)


def _head(mirror: Mirror, trust: Trust, findings: Findings) -> Head | None:
    place = Place(log=mirror.location)
    try:
        head = read_head(mirror, trust.log_keys)
    except UnreachableError:
        raise
    except LedgerError as error:
        findings.add(f"checkpoint-{error.code}", place, str(error))
        return None
    if trust.policy is not None:
        try:
            policy.satisfied(trust.policy, head.note)
        except (QuorumError, PolicyError) as error:
            findings.add("quorum", Place(log=head.checkpoint.origin), str(error))
        except LedgerError as error:
            findings.add("checkpoint-cosignature", place, str(error))
    return head


def _check_county(verifier: TownshipVerifier, trust: Trust) -> None:
    """A log that founds its own keys rests on the county's; it must be the one that is known."""
    history = verifier.history
    if history is None or history.county is None:
        return
    known = {codec.sha256(data) for data in trust.records}
    if not any(key.sha256 in known for key in history.all_keys() if key.record.role == "county"):
        verifier.findings.add(
            "key-county",
            Place(author=history.county.record.holder),
            f"expected a county key of the trusted folder, found {history.county.public.keyid}",
        )


def _own_records(records: tuple[bytes, ...], heads: list[Head | None]) -> list[bytes]:
    """Return the records of the townships whose logs these are."""
    townships = {township_of(head.checkpoint.origin) for head in heads if head is not None}
    return [data for data in records if read_record(data).township in townships]


def _tell_lost_logs(
    older: dict[str, Checkpoint], heads: list[Head | None], findings: Findings
) -> None:
    """An older checkpoint of a log that is not there any more."""
    there = {head.checkpoint.origin for head in heads if head is not None}
    for origin, known in older.items():
        if origin not in there:
            place = Place(log=origin, index=known.size)
            findings.add("log-shrunk", place, f"expected {known.size} entries, found no such log")


def _known_keys(
    trust: Trust, published: tuple[bytes, ...], mirrors: list[Mirror], heads: list[Head | None]
) -> tuple[bytes, ...]:
    """Return every key record by which a signature can be verified: also those in the log."""
    named: list[str] = []
    if heads and heads[0] is not None and _is_founded(mirrors[0], heads[0].checkpoint.size):
        for mirror, head in zip(mirrors, heads, strict=True):
            if head is not None:
                named += _keys_in_log(mirror, head.checkpoint.size)
    return tuple(dict.fromkeys((*trust.records, *published, *open_key_records(named))))


def _is_founded(mirror: Mirror, size: int) -> bool:
    try:
        entries = read_bundle(Tile(None, 0, min(size, WIDTH)), mirror.read) if size else None
    except MalformedError:
        return False
    return entries is not None and codec.payload_type(Founding.kind).encode() in entries[0]


def _keys_in_log(mirror: Mirror, size: int) -> Iterator[str]:
    """Yield the key records in the entries about keys; nothing is judged yet."""
    marks = [codec.payload_type(kind.kind).encode() for kind in (Founding, Enrolment, Rotation)]
    for first in range(0, size, WIDTH):
        try:
            bundle = Tile(None, first // WIDTH, min(WIDTH, size - first))
            entries = read_bundle(bundle, mirror.read) or []
        except MalformedError:
            continue
        for raw in entries:
            if any(mark in raw for mark in marks):
                yield from _key_texts(raw)


def _key_texts(raw: bytes) -> list[str]:
    try:
        taken = envelope.parse(raw)
        body = codec.decode_entry(taken.payload_type, taken.payload).body
    except MalformedError:
        return []
    match body:
        case Founding():
            return [body.gateway_key, body.county_key]
        case Enrolment() | Rotation():
            return [body.key]
        case _:
            return []
