"""Verify: a township's whole published log, from its files and public keys alone. Pure.

The spans of a log (`ledger.verify_spans`) come in their order; this puts them together: tiles
and root, chains across spans and years, authority of keys, permits. The order of findings
depends on the log alone, not on how many processes read it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from msgspec import Struct, structs

from ledger import codec, logterms, succession, tiles, tree
from ledger.bookmark import Bookmark
from ledger.checkpoint import Checkpoint
from ledger.codec import Payload
from ledger.errors import LedgerError, ProofError
from ledger.findings import Finding, Findings, Place
from ledger.keystate import KeyHistory
from ledger.logterms import Named
from ledger.records import LogStart
from ledger.tiles import HEIGHT, WIDTH, FileReader, Tile
from ledger.tree import Frontier
from ledger.verify_chains import Authority, Chains, History
from ledger.verify_heads import Head, LogKeys, believe
from ledger.verify_permits import Permits
from ledger.verify_spans import KEY_KINDS, Act, Run, Span

UNKNOWN_PAST = "unknown-past"
ALERTED = "alerted"
UNCHECKED = "second-unchecked"
UNWITNESSED = "unwitnessed"
LOST = "succeeded"


class Notice(Struct, frozen=True):
    """Something that a reader should know and that is not wrong."""

    code: str
    place: Place
    count: int = 0


class TownshipVerifier:
    """Verifies the logs of one township, year after year.

    Args:
        authority: used unless the first log founds its own keys.
        log_keys: whose checkpoints are believed.
        bookmark: where to go on; the first log must be the one that it names. Permits are not
            judged then.
    """

    def __init__(
        self, authority: Authority, log_keys: LogKeys, bookmark: Bookmark | None = None
    ) -> None:
        self.findings = Findings()
        self.notices: list[Notice] = []
        self.entries = 0
        self.unchecked = 0  # entries with a second signature that can not be verified here
        self._authority, self._log_keys = authority, log_keys
        self._chains, self._permits = Chains(), Permits()
        self._before: Head | None = None
        self._named: tuple[Named, ...] = ()
        self._key_acts: list[Act] = []
        self._bookmark = bookmark
        if bookmark is not None:
            self._go_on(bookmark)

    @property
    def history(self) -> KeyHistory | None:
        """The state of the keys, if the log founds its own."""
        return self._authority.state if isinstance(self._authority, History) else None

    def begin(self, head: Head) -> LogVerifier:
        """Begin the next log, or go on in the one with the bookmark; the one before is finished."""
        bookmark = self._bookmark
        if bookmark is None or bookmark.origin != head.checkpoint.origin:
            return LogVerifier(head, self, Frontier())
        return LogVerifier(head, self, Frontier.from_bytes(bookmark.tree))

    def finish(self) -> None:
        """Take what waited for a word of the log; call it after the last log."""
        if self._bookmark is not None:
            return  # what came before the bookmark is not at hand to judge them by
        self.findings.extend(self._permits.finish())
        if self._permits.alerted:
            self.notices.append(Notice(ALERTED, Place(), self._permits.alerted))
        if self.unchecked:
            self.notices.append(Notice(UNCHECKED, Place(), self.unchecked))

    def _go_on(self, bookmark: Bookmark) -> None:
        self._chains = Chains.after(bookmark.ends)
        self._named = bookmark.named
        if bookmark.before:
            self._before = Head(bookmark.before, self._believe(bookmark.before))
        if bookmark.acts is not None:
            self._authority = History(KeyHistory())
            for act in bookmark.acts:
                with contextlib.suppress(LedgerError):  # told when it was judged first
                    self._key_act(act)

    def _key_act(self, act: Act) -> Payload:
        """Take an entry about keys, and return it.

        Raises:
            LedgerError: it has not the authority that it needs.
        """
        self._key_acts.append(act)
        entry = codec.decode_entry(codec.payload_type(act.kind), act.payload)
        self._authority.act(act.index, entry)
        return entry

    def _start(self, head: Head, first: Act | None) -> None:
        """Judge how a log begins, by its first entry."""
        origin = head.checkpoint.origin
        body = _log_start(first)
        if body is not None and self._before is None:
            self._chains.complete = self._permits.complete = False
            self.notices.append(Notice(UNKNOWN_PAST, Place(log=origin, index=0)))
            self._check_previous(head, body)
        elif self._before is not None and body is None:
            self.findings.add(
                "year-link",
                Place(log=origin, index=0),
                f"expected the last checkpoint of {self._before.checkpoint.origin}, found none",
            )
        elif self._before is not None and body is not None:
            self._check_link(head, body, self._before)
        if first is not None and first.kind == "founding" and self._before is None:
            self._authority = History(KeyHistory())

    def _check_previous(self, head: Head, body: LogStart) -> None:
        """A log before this one is not at hand; its checkpoint must be signed, at least."""
        try:
            believe(body.previous.encode(), self._log_keys)
        except LedgerError as error:
            self.findings.add("year-link", Place(log=head.checkpoint.origin, index=0), str(error))

    def _check_link(self, head: Head, body: LogStart, before: Head) -> None:
        """Judge whether a log begins where the one before it, as it lies there, has ended."""
        origin = head.checkpoint.origin
        place = Place(log=origin, index=0)
        try:
            if body.origin != origin:
                raise ProofError(f"expected the first entry of {origin}, found {body.origin}'s")
            if not succession.continues(body, before.checkpoint):
                raise ProofError(f"expected the end of {before.checkpoint.origin}: {body.previous}")
            named = self._believe(body.previous.encode())
        except LedgerError as error:
            self.findings.add("year-link", place, str(error))
            return
        missing = named.size - before.checkpoint.size
        if missing < 0:
            detail = f"expected at least {before.checkpoint.size} entries before, as published"
            self.findings.add("year-link", place, f"{detail}, found {named.size}")
        elif body.cause == "lost":
            self.notices.append(Notice(LOST, Place(log=before.checkpoint.origin), missing))

    def _believe(self, note: bytes) -> Checkpoint:
        """Return a checkpoint, signed by the key that held: the one the log names, if it does.

        Raises:
            LedgerError: it is not.
        """
        keys = structs.replace(self._log_keys, named=self._named)
        return believe(note, keys).checkpoint


class LogVerifier:
    """Verifies one log; made by `TownshipVerifier.begin`."""

    def __init__(self, head: Head, township: TownshipVerifier, judged: Frontier) -> None:
        self._head, self._township = head, township
        self._judged = judged  # over the roots of the tiles before those that are taken here
        self._roots: list[bytes] = []
        self._edge: list[bytes] = []
        self._size = self.start = judged.size * WIDTH
        self._mark: Bookmark | None = None

    @property
    def bookmark(self) -> Bookmark:
        """Where to go on once the log has grown: after its last full tiles."""
        assert self._mark is not None, "it is finished"
        return self._mark

    def take(self, span: Span) -> None:
        """Take the next span.

        Raises:
            ProofError: not the one that follows, a fault of the caller.
        """
        if span.start != self._size:
            raise ProofError(f"expected the span from {self._size}, found {span.start}")
        township = self._township
        if span.edge:
            self._mark = self._stand()
        if span.start == 0:
            first = span.acts[0] if span.acts and span.acts[0].index == 0 else None
            township._start(self._head, first)
        township.findings.extend(span.findings)
        township.unchecked += span.unchecked
        self._size = span.end
        self._roots += span.roots
        self._edge = span.edge
        self._follow(span.runs, span.acts)

    def finish(self, read_file: FileReader, since: Checkpoint | None = None) -> None:
        """Compare what was computed with the tiles, the signed root and an older checkpoint.

        Args:
            read_file: of this log.
            since: an older checkpoint of this log, whose signature was verified.
        """
        township, head = self._township, self._head.checkpoint
        self._mark = self._mark or self._stand()
        frontier = Frontier()
        if self._size:
            whole = self._judged.extend(self._roots)
            edge = Frontier().extend(self._edge)
            frontier = Frontier(self._size, whole.hashes + edge.hashes)
        if (frontier.size, frontier.root()) != (head.size, head.root):
            township.findings.add(
                "root-differs",
                Place(log=head.origin),
                f"expected {head.size} entries with root {head.root.hex()} as signed, found "
                f"{frontier.size} with {frontier.root().hex()}",
            )
        if not self.start:
            self._check_tiles(read_file)
        if since is not None:
            township.findings.extend(growth(since, head, read_file))
        try:
            township._believe(self._head.note)
        except LedgerError as error:
            place = Place(log=head.origin)
            township.findings.add(f"checkpoint-{error.code}", place, str(error))
        township.entries += self._size - self.start
        township._before = self._head

    def _stand(self) -> Bookmark:
        township = self._township
        founded = isinstance(township._authority, History)
        before = township._before
        return Bookmark(
            origin=self._head.checkpoint.origin,
            size=self._size,
            tree=self._judged.extend(self._roots).to_bytes(),
            ends=township._chains.ends(),
            acts=tuple(township._key_acts) if founded else None,
            named=township._named,
            before=b"" if before is None else before.note,
        )

    def _follow(self, runs: list[Run], acts: list[Act]) -> None:
        """Take runs and acts in the order of the log: an entry about keys before its own run."""
        township, log = self._township, self._head.checkpoint.origin
        at = 0
        for act in acts:
            if act.kind in KEY_KINDS:
                until = 0 if _returns(acts[0], act) else act.index
                while at < len(runs) and runs[at].index < until:
                    self._run(runs[at])
                    at += 1
                self._key_act(act)
            elif act.kind == "log-start" and act.index:
                township.findings.add(
                    "year-link", act.place(log), "expected it as first entry only"
                )
            township._permits.take(log, act)
        for run in runs[at:]:
            self._run(run)

    def _run(self, run: Run) -> None:
        township, log = self._township, self._head.checkpoint.origin
        township.findings.extend(township._chains.take(log, run, township._authority))

    def _key_act(self, act: Act) -> None:
        township = self._township
        try:
            entry = township._key_act(act)
        except LedgerError as error:
            place = act.place(self._head.checkpoint.origin)
            township.findings.add("key-act", place, str(error))
            return
        if (record := logterms.names(entry.body)) is not None:
            named = Named((self._head.checkpoint.origin, act.index), record)
            township._named = (*township._named, named)

    def _check_tiles(self, read_file: FileReader) -> None:
        """Compare the tiles above the leaves; those of the leaves were compared in the spans."""
        row, level = self._roots, 1
        while row:
            for start in range(0, len(row), WIDTH):
                hashes = row[start : start + WIDTH]
                tile = Tile(level, start // WIDTH, len(hashes))
                self._check_tile(tile, b"".join(hashes), read_file)
            row = [
                tiles.tile_root(b"".join(row[at : at + WIDTH]))
                for at in range(0, len(row) - WIDTH + 1, WIDTH)
            ]
            level += 1

    def _check_tile(self, tile: Tile, expected: bytes, read_file: FileReader) -> None:
        found = read_tile(tile, read_file)
        if found == expected:
            return
        assert tile.level is not None
        first = (tile.index * WIDTH) << (HEIGHT * tile.level)
        self._township.findings.add(
            "tile-missing" if found is None else "tile-differs",
            Place(log=self._head.checkpoint.origin, index=first),
            f"expected {tile.path} to hold the hashes of the entries below it",
        )


def growth(old: Checkpoint, new: Checkpoint, read_file: FileReader) -> Iterator[Finding]:
    """Yield what shows that a log did not simply grow from an older checkpoint to a newer one.

    Args:
        old, new: of one log, both signed by it.
        read_file: of the log; what it reads is believed only as far as it leads to `new`.
    """
    place = Place(log=new.origin, index=min(old.size, new.size))
    reader = tiles.TileReader(new.size, read_file)
    try:
        if old.size > new.size:
            detail = f"expected at least {old.size} entries, found {new.size}"
            yield Finding(code="log-shrunk", place=place, detail=detail)
        elif old.size == new.size and old.root != new.root:
            detail = f"expected root {old.root.hex()} at size {old.size}, found {new.root.hex()}"
            yield Finding(code="log-fork", place=place, detail=detail)
        elif (root := tree.root(new.size, reader)) != new.root:
            detail = f"expected tiles that lead to {new.root.hex()}, found {root.hex()}"
            yield Finding(code="tile-differs", place=Place(log=new.origin), detail=detail)
        elif (root := tree.root(old.size, reader)) != old.root:
            detail = f"expected {old.root.hex()} at size {old.size}, found {root.hex()}"
            yield Finding(code="log-rewritten", place=place, detail=detail)
    except ProofError as error:
        yield Finding(code="tile-missing", place=place, detail=str(error))


def read_tile(tile: Tile, read_file: FileReader) -> bytes | None:
    """Return the hashes of a tile, from the full one where the partial one was replaced."""
    data = read_file(tile.path)
    if data is None and tile.width < WIDTH:
        data = read_file(Tile(tile.level, tile.index).path)
        data = None if data is None else data[: tile.width * tree.HASH_BYTES]
    return data


def read_bundle(bundle: Tile, read_file: FileReader) -> list[bytes] | None:
    """Return the entries of a bundle, from the full one where the partial one was replaced.

    Raises:
        MalformedError: what is there is no bundle of this width.
    """
    data = read_file(bundle.path)
    if data is not None:
        return tiles.decode_bundle(data, bundle.width)
    full = None if bundle.width == WIDTH else read_file(Tile(None, bundle.index).path)
    return None if full is None else tiles.decode_bundle(full, WIDTH)[: bundle.width]


Progress = Callable[[int, int], None]
"""`progress(done, all)` hears how many entries are verified."""


def _returns(first: Act, act: Act) -> bool:
    """Tell whether an act lets the gateway in that has just begun the successor of a lost log."""
    start = _log_start(first) if first.index == 0 else None
    return act.index == 1 and start is not None and start.cause == "lost"


def _log_start(first: Act | None) -> LogStart | None:
    if first is None or first.kind != LogStart.kind:
        return None
    body = codec.decode_entry(codec.payload_type(LogStart.kind), first.payload).body
    assert isinstance(body, LogStart)
    return body
