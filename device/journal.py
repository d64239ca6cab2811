"""Journal: the device's own log, append-only and signed, and what waits to be delivered.

An entry is durable (SQLite WAL, synchronous=FULL) and in the chain when `append` returns; rows
of `entries` are never changed. The journal belongs to one thread of one process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, structs

from device import journal_file, keychange
from device.book import Book
from device.errors import JournalError
from ledger import chain, codec, disclosure, envelope
from ledger.codec import Payload
from ledger.errors import ChainError, LedgerError
from ledger.records import Permit, PhotoRef, Record
from ledger.records_custody import CUSTODY_KINDS, Hatch
from ledger.records_permits import EmergencyCodes, EmergencyTerms, StandingPermit
from ledger.records_seals import SealSample
from ledger.signers import Signer

WORDS_KEY = "words/"  # and the request: what a person wrote on it
REWRITTEN_KEY = "rewritten"  # two heads of the public log that contradict each other
BOOK_KINDS = (
    *("start", "request", "emergency", "intent", "use", "void", "incident", "count", "refusal"),
    *CUSTODY_KINDS,
    SealSample.kind,
)
OPENING_KINDS = (
    *(Permit.kind, StandingPermit.kind, Hatch.kind),
    *(EmergencyTerms.kind, EmergencyCodes.kind),
)
SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE,
    envelope BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS entries_kind ON entries (kind, seq);
CREATE TABLE IF NOT EXISTS openings (
    sha256 TEXT PRIMARY KEY, sealed BLOB NOT NULL, plain BLOB, stored INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS openings_waiting ON openings (stored) WHERE stored = 0;
CREATE TABLE IF NOT EXISTS photos (
    sealed_sha256 TEXT PRIMARY KEY, sealed_size INTEGER NOT NULL, seq INTEGER NOT NULL,
    stored INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS photos_waiting ON photos (seq) WHERE stored = 0;
CREATE TABLE IF NOT EXISTS received (
    sha256 TEXT PRIMARY KEY, kind TEXT NOT NULL, after_seq INTEGER NOT NULL,
    envelope BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS unproved (seq INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS receipts (sha256 TEXT PRIMARY KEY, receipt BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


class Waiting(Struct, frozen=True):
    """A photo that the gateway has not stored yet; it follows the entry `seq`."""

    sealed_sha256: str
    sealed_size: int
    seq: int


class Journal:
    """The log of one device in `folder`.

    Args:
        signer: the device's key; the log must be its own.
        seal_opening: encrypts an opening to township and county.

    Raises:
        JournalError: another agent has it, it is damaged, or it is not this key's.
    """

    def __init__(
        self, folder: Path, signer: Signer, seal_opening: Callable[[bytes], bytes]
    ) -> None:
        self.path = folder / "journal.db"
        self._signer = signer
        self._seal_opening = seal_opening
        with journal_file.translated(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock: int | None = journal_file.claim(folder / "journal.lock")
            self._db = journal_file.connect(self.path)
            self._db.conn.executescript(SCHEMA)
        self.book = Book()
        self._genesis = self._read_genesis()
        self._head = self._read_head()
        self._replay()
        for key, words in self.kept(WORDS_KEY):
            self.book.words[key.removeprefix(WORDS_KEY)] = words.decode()
        self.boot = int(self.get("boot") or b"0") + 1  # kept with this run's first entry
        self.differs = self.get("differs") is not None
        self.rewritten = self.get(REWRITTEN_KEY) is not None

    @property
    def head(self) -> chain.Head:
        """The end of the device's chain."""
        return self._head

    def append(
        self,
        body: Record,
        at_ms: int,
        *,
        mark_ms: int | None,
        withheld: Mapping[str, disclosure.Opened] | None = None,
        photos: Sequence[PhotoRef] = (),
        keep: Mapping[str, bytes] | None = None,
    ) -> Payload:
        """Sign an entry and return it once it is durable, with its opening and photos queued.

        Args:
            withheld: what opens the commitments of `body`.
            photos: photos that this entry is the first to name.
            keep: small values to keep in the same transaction, see `get`.

        Raises:
            JournalError: it is not durable; the chain stands where it was.
        """
        position = chain.follow(self._head, self.boot, at_ms, mark_ms)
        payload = codec.encode_entry(position, body)
        kind = codec.payload_type(body.kind)
        raw = envelope.sign(kind, payload, self._signer)
        envelope.parse(raw)
        entry = codec.decode_entry(kind, payload)
        with self._transaction():
            self._store(entry, raw)
            if withheld:
                self._queue_opening(entry.sha256, withheld)
            self._queue_photos(photos, position.seq)
            for key, value in {**(keep or {}), "boot": b"%d" % self.boot}.items():
                self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)
        self._head = chain.advance(self._head, entry)
        self.rewritten |= REWRITTEN_KEY in (keep or {})
        self.book.apply(entry)
        return entry

    def entries(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return (seq, envelope) of the entries after a seq, oldest first."""
        return self._rows(
            "SELECT seq, envelope FROM entries WHERE seq > ? ORDER BY seq LIMIT ?", after, limit
        )

    def hash_at(self, seq: int) -> str | None:
        """Return the payload hash of an own entry (seq 0: of the key record), None if unknown."""
        if seq == 0:
            return self._genesis
        rows = self._rows("SELECT sha256 FROM entries WHERE seq = ?", seq)
        return str(rows[0][0]) if rows else None

    def receive(self, entry: Payload, raw: bytes) -> bool:
        """Keep a verified entry of the gateway that concerns this device; False if known."""
        if self.has_received(entry.sha256):
            return False
        with self._transaction():
            self._run(
                "INSERT INTO received VALUES (?, ?, ?, ?)",
                entry.sha256,
                entry.body.kind,
                self._head.seq,
                raw,
            )
        self.book.hear(entry)
        return True

    def permits_unless(self, counts: Callable[[Payload], bool]) -> list[str]:
        """Return the permits, and terms of emergencies, of which `counts` says that they do not."""
        kinds = ", ".join("?" * len(OPENING_KINDS))
        rows = self._rows(
            f"SELECT after_seq, envelope FROM received WHERE kind IN ({kinds})", *OPENING_KINDS
        )
        found = [one for row in rows if not counts(one := self._decode(*row))]
        names = [getattr(one.body, "permit", "") or getattr(one.body, "terms", "") for one in found]
        return [str(name) for name in names]

    def has_received(self, sha256: str) -> bool:
        """Return whether this entry of the gateway is kept here."""
        return bool(self._rows("SELECT 1 FROM received WHERE sha256 = ?", sha256))

    def unproved(self, upto: int, limit: int) -> list[str]:
        """Return the payload hashes of own unproved entries (seq <= `upto`), oldest first."""
        rows = self._rows(
            "SELECT sha256 FROM unproved WHERE seq <= ? ORDER BY seq LIMIT ?", upto, limit
        )
        return [str(row[0]) for row in rows]

    def prove(self, sha256: str, receipt: bytes) -> None:
        """Keep the verified receipt of an entry, our own or one of the gateway."""
        with self._transaction():
            self._run("INSERT OR REPLACE INTO receipts VALUES (?, ?)", sha256, receipt)
            self._run("DELETE FROM unproved WHERE sha256 = ?", sha256)

    def envelope_of(self, sha256: str) -> bytes | None:
        """Return the envelope of an own entry by its payload hash."""
        rows = self._rows("SELECT envelope FROM entries WHERE sha256 = ?", sha256)
        return rows[0][0] if rows else None

    def differ(self) -> None:
        """Another log than this one was acknowledged: nothing may be begun with it any more."""
        if not self.differs:
            self.put("differs", b"1")
            self.differs = True

    def get(self, key: str) -> bytes | None:
        """Return a small kept value."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", key)
        return rows[0][0] if rows else None

    def received(self, sha256: str) -> Payload | None:
        """Return an entry of the gateway that is kept here."""
        rows = self._rows("SELECT after_seq, envelope FROM received WHERE sha256 = ?", sha256)
        return self._decode(*rows[0]) if rows else None

    def keep_words(self, request: str, words: str) -> None:
        """Keep what a person wrote on a request; empty words are forgotten."""
        if self.book.words.get(request, "") == words:
            return
        with self._transaction():
            self._run("DELETE FROM meta WHERE key = ?", f"{WORDS_KEY}{request}")
            if words:
                self._run("INSERT INTO meta VALUES (?, ?)", f"{WORDS_KEY}{request}", words.encode())
        self.book.words[request] = words

    def kept(self, prefix: str) -> list[tuple[str, bytes]]:
        """Return the small kept values whose key begins with `prefix`, by key."""
        return self._rows(
            "SELECT key, value FROM meta WHERE substr(key, 1, ?) = ? ORDER BY key",
            len(prefix),
            prefix,
        )

    def put(self, key: str, value: bytes) -> None:
        """Keep a small value, durable on return."""
        with self._transaction():
            self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)

    def openings_waiting(self, upto: int, limit: int) -> list[tuple[str, bytes]]:
        """Return (payload hash, encrypted opening) whose entry (seq <= `upto`) has arrived."""
        return self._rows(
            "SELECT o.sha256, o.sealed FROM openings o JOIN entries e ON e.sha256 = o.sha256 "
            "WHERE o.stored = 0 AND e.seq <= ? ORDER BY e.seq LIMIT ?",
            upto,
            limit,
        )

    def photos_waiting(self, upto: int, limit: int) -> list[Waiting]:
        """Return photos not yet stored whose entry (seq <= `upto`) has arrived, oldest first."""
        rows = self._rows(
            "SELECT sealed_sha256, sealed_size, seq FROM photos "
            "WHERE stored = 0 AND seq <= ? ORDER BY seq LIMIT ?",
            upto,
            limit,
        )
        return [Waiting(*row) for row in rows]

    def count_photos_waiting(self) -> int:
        """Return how many photos the gateway has not stored yet."""
        return int(self._rows("SELECT count(*) FROM photos WHERE stored = 0")[0][0])

    def opening_stored(self, sha256: str) -> None:
        """The gateway has the opening of this entry."""
        with self._transaction():
            self._run("UPDATE openings SET stored = 1 WHERE sha256 = ?", sha256)

    def photo_stored(self, sealed_sha256: str) -> None:
        """The gateway has this photo."""
        with self._transaction():
            self._run("UPDATE photos SET stored = 1 WHERE sealed_sha256 = ?", sealed_sha256)

    def opened(self, sha256: str) -> dict[str, object]:
        """Return the withheld values of an own entry, empty once they were forgotten."""
        rows = self._rows("SELECT plain FROM openings WHERE sha256 = ?", sha256)
        if not rows or rows[0][0] is None:
            return {}
        return disclosure.values(rows[0][0])

    def forget(self, sha256: str) -> None:
        """Erase the plain values of an own entry; the encrypted copy stays until delivered."""
        with self._transaction():
            self._run("UPDATE openings SET plain = NULL WHERE sha256 = ?", sha256)

    def photo_named(self, sealed_sha256: str) -> bool:
        """Return whether an entry names this photo."""
        return bool(self._rows("SELECT 1 FROM photos WHERE sealed_sha256 = ?", sealed_sha256))

    def photos_stored(self) -> list[str]:
        """Return the photos that the gateway has, oldest first."""
        rows = self._rows("SELECT sealed_sha256 FROM photos WHERE stored = 1 ORDER BY seq")
        return [str(row[0]) for row in rows]

    def close(self) -> None:
        """Close the log; nothing is lost without it, and it may be called again."""
        self._db.conn.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _read_genesis(self) -> str:
        """Return the hash of the key record that the chain begins with: ours, or one before it.

        Raises:
            JournalError: another's log, or one whose key no rotation has replaced by ours.
        """
        known = (self._signer.record_sha256, *keychange.replaced(self.path.parent))
        first = self._rows("SELECT seq, envelope FROM entries WHERE seq = 1")
        if not first:
            return known[0]
        begun = self._decode(*first[0]).position.prev
        if begun not in known:
            raise JournalError(
                f"{self.path}: expected a log that begins with the key record {known[0]}, found "
                f"{begun}; another key or another log was put here: restore the right one or "
                "enrol again"
            )
        return begun

    def _read_head(self) -> chain.Head:
        record = self._signer.record
        start = chain.Head(
            party="device",
            author=record.holder,
            epoch=record.epoch,
            seq=0,
            sha256=self._genesis,
        )
        last = self._rows("SELECT seq, envelope FROM entries ORDER BY seq DESC LIMIT 2")
        entries = [self._decode(seq, raw) for seq, raw in reversed(last)]
        if not entries:
            return start
        head = start
        if (before := entries[0].position).seq > 1:
            head = structs.replace(start, seq=before.seq - 1, sha256=before.prev)
        try:
            for entry in entries:
                head = chain.advance(head, entry)
        except ChainError as error:
            raise JournalError(
                f"{self.path}: {error}; another key or another log was put here: restore the "
                "right one or enrol again"
            ) from error
        return head

    def _decode(self, seq: int, raw: bytes) -> Payload:
        try:
            taken = envelope.parse(raw)
            return codec.decode_entry(taken.payload_type, taken.payload)
        except LedgerError as error:
            raise JournalError(f"{self.path}: entry {seq} is damaged: {error}") from error

    def _replay(self) -> None:
        """Tell the book what happened, in the order in which it happened."""
        kinds = ", ".join("?" * len(BOOK_KINDS))
        heard = self._rows("SELECT after_seq, envelope FROM received ORDER BY after_seq, rowid")
        heard.reverse()
        for seq, raw in self._rows(
            f"SELECT seq, envelope FROM entries WHERE kind IN ({kinds}) ORDER BY seq", *BOOK_KINDS
        ):
            while heard and heard[-1][0] < seq:
                self.book.hear(self._decode(*heard.pop()))
            self.book.apply(self._decode(seq, raw))
        while heard:
            self.book.hear(self._decode(*heard.pop()))

    def _store(self, entry: Payload, raw: bytes) -> None:
        seq, sha256 = entry.position.seq, entry.sha256
        self._run("INSERT INTO entries VALUES (?, ?, ?, ?)", seq, entry.body.kind, sha256, raw)
        self._run("INSERT INTO unproved VALUES (?, ?)", seq, sha256)

    def _queue_opening(self, sha256: str, withheld: Mapping[str, disclosure.Opened]) -> None:
        plain = disclosure.encode(disclosure.Opening(sha256, dict(withheld)))
        sealed = self._seal_opening(plain)
        self._run("INSERT INTO openings VALUES (?, ?, ?, 0)", sha256, sealed, plain)

    def _queue_photos(self, photos: Sequence[PhotoRef], seq: int) -> None:
        for photo in photos:
            self._run(
                "INSERT OR IGNORE INTO photos VALUES (?, ?, ?, 0)",
                photo.sealed_sha256,
                photo.sealed_size,
                seq,
            )

    def _rows(self, sql: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        with journal_file.translated(self.path):
            return list(self._db.execute(sql, values).fetchall())

    def _run(self, sql: str, *values: object) -> None:
        self._db.execute(sql, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with journal_file.translated(self.path), self._db.conn:
            self._db.execute("BEGIN IMMEDIATE")
            yield
