"""Cosigner: judge one add-checkpoint request, and cosign if the log has only grown.

Source: c2sp.org/tlog-witness; the statuses are those of the specification, over HTTP and by file.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from msgspec import Struct

from gateway.witness.config import Watched
from gateway.witness.memory import Evidence, Memory, Place
from ledger import checkpoint, growth, notes
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError, ProofError
from ledger.growth import Growth, StaleError
from ledger.logterms import Named
from ledger.notes import Note, NoteKey
from ledger.signers import Signer

SIZE_TYPE, TEXT_TYPE = "text/x.tlog.size", "text/plain; charset=utf-8"
LARGEST_REQUEST = notes.LARGEST_NOTE + 64 * 46  # bytes: old size and 63 hashes before the note

log = structlog.get_logger()


class Answer(Struct, frozen=True):
    """What a witness says: status, body and the body's type.

    200: the body is our signature line. 409: it is the size that we know.
    """

    status: int
    body: bytes
    media_type: str = TEXT_TYPE


class Cosigner:
    """Answers for one witness; any thread may call it.

    Args:
        name: the key name that it cosigns under.
        now_s: the time, UTC seconds.
        named: what is known of the keys that the log of an origin has named, in their order.
    """

    def __init__(
        self,
        name: str,
        signer: Signer,
        watched: Watched,
        memory: Memory,
        now_s: Callable[[], int],
        named: Callable[[str], tuple[Named, ...]],
    ) -> None:
        self._name, self._signer, self._watched = name, signer, watched
        self._memory, self._now_s, self._named = memory, now_s, named

    def add_checkpoint(self, raw: bytes) -> Answer:
        """Return our cosignature, durable in memory, or why there is none.

        Raises:
            StoreError: the memory cannot be read or written; nothing was cosigned.
        """
        try:
            asked = growth.parse(raw)
            head = checkpoint.parse(notes.parse(asked.note).text)
        except LedgerError as error:
            return _refused(400, error)
        keys = self._watched.keys(head.origin, head.size, self._named(head.origin))
        if not keys:
            return _refused(404, f"expected a log that is witnessed here, found {head.origin}")
        try:
            checkpoint.verify(asked.note, keys)
        except ProofError as error:
            return _refused(422, error)
        except LedgerError as error:
            return _refused(403, error)
        if asked.old > head.size:
            return _refused(400, f"expected an old size of at most {head.size}, found {asked.old}")
        with self._memory.place(head.origin) as place:
            return self._judge(place, asked, head, keys)

    def _judge(
        self, place: Place, asked: Growth, head: Checkpoint, keys: tuple[NoteKey, ...]
    ) -> Answer:
        known = place.head()
        forked = known is not None and known.size == head.size and known.root != head.root
        if forked:
            self._keep_evidence(place, asked, head)
        try:
            growth.follow(known, asked, keys)
        except StaleError as error:
            return Answer(409, b"%d\n" % error.known, SIZE_TYPE)
        except ProofError as error:
            if not forked and known is not None:
                self._keep_evidence(place, asked, head)
            return _refused(422, error)
        return self._cosign(place, asked, head, keys)

    def _cosign(
        self, place: Place, asked: Growth, head: Checkpoint, keys: tuple[NoteKey, ...]
    ) -> Answer:
        line = checkpoint.cosign(head, self._name, self._signer, self._now_s())
        note = notes.parse(asked.note)
        signing = (*keys, *(key.second for key in keys if key.second is not None))
        logs = {(key.name, key.key_id) for key in signing}
        own = tuple(one for one in note.lines if (one.name, one.key_id) in logs)
        signed = notes.encode(Note(note.text, own + notes.parse_lines(line.decode())))
        ours = notes.cosigner_of(self._signer.record, self._name)
        checkpoint.verify_cosignatures(signed, (ours,))
        place.keep(signed)
        log.info("checkpoint_cosigned", origin=head.origin, size=head.size)
        return Answer(200, line)

    def _keep_evidence(self, place: Place, asked: Growth, head: Checkpoint) -> None:
        known = place.head()
        assert known is not None, "nothing can be contradicted where nothing is known"
        kind = "fork" if known.size == head.size else "unproved"
        found = Evidence(
            kind="fork" if kind == "fork" else "unproved",
            origin=head.origin,
            at_ms=self._now_s() * 1000,
            known=place.note().decode(),
            found=asked.note.decode(),
            request=growth.encode(asked).decode(),
        )
        if self._memory.add_evidence(found):
            log.error(
                "log_contradicts_itself",
                what=kind,
                origin=head.origin,
                known_size=known.size,
                found_size=head.size,
                hint="Tell the county: both signed heads are kept as evidence.",
            )


def _refused(status: int, why: object) -> Answer:
    log.warning("checkpoint_refused", status=status, why=str(why)[:500])
    return Answer(status, f"{why}\n".encode())
