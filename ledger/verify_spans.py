"""Spans: everything about a stretch of a log that can be judged from the stretch alone. Pure.

Several spans can be judged at once, by several processes; what needs the entries before
(`ledger.verify`) follows from the small `Span` that is handed back, in the order of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from ledger import algorithms, canonical, codec, envelope, permit_facts, tiles, verify_privacy
from ledger.algorithms import PublicKey
from ledger.codec import Skimmed
from ledger.envelope import Envelope, check
from ledger.errors import LedgerError, MalformedError, SignatureError
from ledger.findings import Finding, Place
from ledger.messages import KeyRecord
from ledger.records import Party
from ledger.records_keys import KEY_ENTRY_RECORDS
from ledger.tiles import WIDTH
from ledger.tree import leaf_hash

KEY_KINDS = frozenset(record.kind for record in KEY_ENTRY_RECORDS)
SIGNED_KINDS = KEY_KINDS | {"log-start"}
MOST_SKEW_MS = 5 * 60_000  # a clock behind the gateway's time mark by more is a finding


class Run(Struct, array_like=True, kw_only=True, gc=False):
    """Entries of one author that follow each other without a gap, under one key."""

    party: Party
    author: str
    epoch: int
    keyid: str
    index: int
    seq: int
    prev: str
    at_ms: int
    first_sha256: str
    last_index: int
    last_seq: int
    last_sha256: str
    last_at_ms: int

    @property
    def chain(self) -> tuple[Party, str, int]:
        """Whose chain."""
        return self.party, self.author, self.epoch

    def place(self, log: str) -> Place:
        """Where the run begins."""
        return Place(
            log=log,
            index=self.index,
            author=self.author,
            epoch=self.epoch,
            seq=self.seq,
            at_ms=self.at_ms,
        )


class Act(Struct, array_like=True, frozen=True, gc=False):
    """An entry that the rules look at across the whole log.

    `payload` is as it was signed; of an entry about permits it is what `ledger.permit_facts` packs.
    """

    index: int
    kind: str
    party: Party
    author: str
    epoch: int
    seq: int
    at_ms: int
    mark: int | None
    sha256: str
    payload: bytes

    def place(self, log: str) -> Place:
        """Where it stands."""
        return Place(
            log=log,
            index=self.index,
            author=self.author,
            epoch=self.epoch,
            seq=self.seq,
            at_ms=self.at_ms,
        )


class Span(Struct, array_like=True, kw_only=True):
    """What is known of the entries from `start` to before `end`.

    Args:
        runs: in the order of their first entries; a run also ends before an entry about keys.
        roots: of each full tile of leaves, in order.
        edge: leaf hashes of the partial tile at the end, if there is one.
        unchecked: entries whose second signature is there and can not be verified here.
    """

    start: int
    end: int
    findings: list[Finding]
    runs: list[Run]
    acts: list[Act]
    roots: list[bytes]
    edge: list[bytes]
    unchecked: int = 0


class Keyring:
    """Public keys by their id: whose signature could hold. Who may sign is judged later."""

    def __init__(self, records: Iterable[bytes]) -> None:
        self._keys: dict[str, PublicKey] = {}
        for data in records:
            record = codec.decode_message(codec.payload_type(KeyRecord.kind), data)
            assert isinstance(record, KeyRecord)
            if record.alg in algorithms.ALGORITHM_BYTES:
                key = algorithms.read(record)
                self._keys[key.keyid] = key

    def find(self, keyid: str) -> PublicKey | None:
        """Return the key of this id."""
        return self._keys.get(keyid)


class SpanJudge:
    """Judges the entries of one span, one after the other.

    Args:
        log: the origin, for the places of findings.
    """

    def __init__(self, log: str, start: int, keys: Keyring) -> None:
        self.log, self._keys = log, keys
        self._open: dict[tuple[Party, str, int], Run] = {}
        self.newest: Run | None = None  # the one that the last entry ended, if it was readable
        self.span = Span(start=start, end=start, findings=[], runs=[], acts=[], roots=[], edge=[])

    def tile(self, entries: Sequence[bytes] | None, hashes: bytes | None) -> None:
        """Take the entries of the next tile, and the tile that was published.

        Args:
            entries: None if they are not there or cannot be told apart.
            hashes: None if the tile is not there.
        """
        index = self.span.end
        assert entries is not None or hashes is not None
        if entries is None:
            leaves = _split(hashes)
        else:
            leaves = [leaf_hash(raw) for raw in entries]
            self._compare(index, leaves, hashes)
            self.entries(index, entries)
        self.span.end = index + len(leaves)
        if len(leaves) == WIDTH:
            self.span.roots.append(tiles.tile_root(b"".join(leaves)))
        else:
            self.span.edge = leaves

    def _compare(self, index: int, leaves: list[bytes], hashes: bytes | None) -> None:
        if hashes is None:
            self.find("tile-missing", Place(log=self.log, index=index))
        elif (wrong := first_difference(leaves, hashes)) is not None:
            self.find(
                "tile-differs",
                Place(log=self.log, index=index + wrong),
                f"expected {leaves[wrong].hex()} in the tile, found another hash",
            )

    def entry(self, index: int, raw: bytes) -> None:
        """Judge the next entry."""
        self.entries(index, (raw,))

    def entries(self, index: int, raws: Sequence[bytes]) -> None:
        """Judge the next entries, from `index` on.

        All together take one step after the other: the processor has each step at hand then.
        """
        read = [_read(raw) for raw in raws]
        held = [None if isinstance(one, MalformedError) else self._check(one[0]) for one in read]
        clean = _are_clean([one for one in read if not isinstance(one, MalformedError)])
        for place, (raw, one, verdict) in enumerate(zip(raws, read, held, strict=True), index):
            if isinstance(one, MalformedError):
                self.newest = None
                self.find("entry-malformed", Place(log=self.log, index=place), str(one))
                self._scan(Place(log=self.log, index=place), raw, {})
            else:
                self._judge(place, *one, verdict)
                if not clean:
                    self._look_closer(place, *one)

    def _judge(
        self, index: int, taken: Envelope, entry: Skimmed, verdict: SignatureError | bool | None
    ) -> None:
        """Judge an entry that is well-formed, whose signature was looked at."""
        if verdict is not True and verdict is not None:
            self._note_signature(index, entry, verdict)
        self._follow(index, taken.keyid, entry)
        if entry.kind in permit_facts.RECORDS:
            facts = permit_facts.of(entry.kind).pack(entry.body)
            self.span.acts.append(_act(index, entry, facts))
        elif entry.kind in SIGNED_KINDS:
            self.span.acts.append(_act(index, entry, taken.payload))
        if entry.mark is not None and entry.mark > entry.at_ms + MOST_SKEW_MS:
            self.find(
                "time-skew",
                _place(self.log, index, entry),
                f"expected a time not before the mark {entry.mark}, found {entry.at_ms}",
            )

    def _look_closer(self, index: int, taken: Envelope, entry: Skimmed) -> None:
        """Say what of an entry identifies a person, if anything does."""
        if not _are_clean([(taken, entry)]):
            fields = canonical.decode(taken.payload)
            self._scan(_place(self.log, index, entry), taken.payload, fields)

    def _check(self, taken: Envelope) -> SignatureError | bool | None:
        """Return what `ledger.envelope.check` says; None: nobody knows this key.

        No authority knows it either then: a finding for the whole run.
        """
        key = self._keys.find(taken.keyid)
        if key is None:
            return None
        try:
            return check(taken, key, unchecked=True)
        except SignatureError as error:
            return error

    def _note_signature(self, index: int, entry: Skimmed, verdict: SignatureError | bool) -> None:
        if isinstance(verdict, SignatureError):
            self.find("entry-signature", _place(self.log, index, entry), str(verdict))
        else:
            self.span.unchecked += 1

    def _follow(self, index: int, keyid: str, entry: Skimmed) -> None:
        """Extend the author's run, or begin another one."""
        chain = (entry.party, entry.author, entry.epoch)
        if entry.kind in KEY_KINDS:
            self._open.clear()
        run = self._open.get(chain)
        if (
            run is None
            or entry.seq != run.last_seq + 1
            or entry.prev != run.last_sha256
            or keyid != run.keyid
            or entry.at_ms < run.last_at_ms
        ):
            run = Run(
                party=entry.party,
                author=entry.author,
                epoch=entry.epoch,
                keyid=keyid,
                index=index,
                seq=entry.seq,
                prev=entry.prev,
                at_ms=entry.at_ms,
                first_sha256=entry.sha256,
                last_index=index,
                last_seq=entry.seq,
                last_sha256=entry.sha256,
                last_at_ms=entry.at_ms,
            )
            self._open[chain] = self.newest = run
            self.span.runs.append(run)
            return
        self.newest = run
        run.last_index, run.last_seq = index, entry.seq
        run.last_sha256, run.last_at_ms = entry.sha256, entry.at_ms

    def _scan(self, place: Place, data: bytes, fields: Mapping[str, object]) -> None:
        """Note what identifies a person; the finding does not repeat it."""
        for what in verify_privacy.numbers(data):
            self.find("privacy-number", place, f"expected no {what} number")
        for name in verify_privacy.clear_fields(data, fields):
            self.find("privacy-field", place, f"expected no field {name!r} in clear")

    def find(self, code: str, place: Place, detail: str = "") -> None:
        """Note a finding."""
        self.span.findings.append(Finding(code=code, place=place, detail=detail))


def first_difference(leaves: Sequence[bytes], hashes: bytes) -> int | None:
    """Return the first leaf whose hash a published tile does not hold, None if all are there."""
    if hashes == b"".join(leaves):
        return None
    published = _split(hashes)
    others = (
        at for at, pair in enumerate(zip(leaves, published, strict=False)) if pair[0] != pair[1]
    )
    return next(others, min(len(leaves), len(published), len(leaves) - 1))


def encode(span: Span) -> bytes:
    """Return a span as bytes, to hand it from process to process."""
    return msgspec.msgpack.encode(span)


def decode(data: bytes) -> Span:
    """Return the span that `encode` wrote."""
    return msgspec.msgpack.decode(data, type=Span)


def open_key_records(texts: Iterable[str]) -> list[bytes]:
    """Return those texts that are key records which may be trusted to verify with."""
    records = []
    for text in texts:
        try:
            Keyring((text.encode(),))
        except LedgerError:
            continue  # an entry with such a record is a finding when its act is judged
        records.append(text.encode())
    return records


def _read(raw: bytes) -> tuple[Envelope, Skimmed] | MalformedError:
    """Return an entry taken apart, and what it says of itself; or why it can not be."""
    try:
        taken = envelope.parse(raw)
        return taken, codec.skim_entry(taken.payload_type, taken.payload)
    except MalformedError as error:
        return error


def _are_clean(entries: Sequence[tuple[Envelope, Skimmed]]) -> bool:
    return verify_privacy.are_clean(
        (taken.payload for taken, _ in entries), (entry.names for _, entry in entries)
    )


def _split(hashes: bytes | None) -> list[bytes]:
    data = hashes or b""
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def _act(index: int, entry: Skimmed, payload: bytes) -> Act:
    return Act(
        index,
        entry.kind,
        entry.party,
        entry.author,
        entry.epoch,
        entry.seq,
        entry.at_ms,
        entry.mark,
        entry.sha256,
        payload,
    )


def _place(log: str, index: int, entry: Skimmed) -> Place:
    return Place(
        log=log,
        index=index,
        author=entry.author,
        epoch=entry.epoch,
        seq=entry.seq,
        at_ms=entry.at_ms,
    )
