"""Proofs: which of our entries, and which permits, are proved to stand in the public log.

Rules kept here:
- A permit is believed only with its proof: nobody can open this machine out of sight.
- What this machine has believed of the log is kept; a log that contradicts it is not followed
  any more, both heads are kept as evidence, and no further permit is believed.
- Nothing is pushed at us: we ask for what is unproved, again after a pause, until it is.

Belongs to the agent's loop.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from msgspec import Struct

from device.errors import JournalError
from device.journal import Journal
from device.patience import Patience
from ledger import asking, checkpoint, growth, notes, receipts
from ledger.asking import MOST_ENTRIES, Ask
from ledger.checkpoint import Checkpoint
from ledger.codec import Payload
from ledger.errors import LedgerError, MalformedError, ProofError
from ledger.growth import StaleError
from ledger.messages import KeyRecord
from ledger.notes import NoteKey, SignatureType

log = structlog.get_logger()

LATE_S = 60.0  # acknowledged and not proved for so long is an alarm
LOG_KEY = "log/"  # newest believed checkpoint of each log, by origin


class Waiting(Struct, frozen=True):
    """A permit that came down and is not proved yet; `raw` is its envelope."""

    entry: Payload
    raw: bytes


class Proofs:
    """Asks for proofs and judges what comes back.

    Args:
        record: key record of the township's log.
        name: origin of the township's log without its year.
        send: hands a question to the bus; False if it took none.
        now_s: monotonic seconds.
    """

    def __init__(
        self,
        journal: Journal,
        record: KeyRecord,
        name: str,
        send: Callable[[bytes], bool],
        now_s: Callable[[], float],
    ) -> None:
        self._journal, self._record, self._name = journal, record, name
        self._send, self._now_s = send, now_s
        self._patience = Patience(4)
        self._waiting: dict[str, Waiting] = {}
        self._known = _believed(journal)
        self._behind_s: float | None = None
        self._warned = False

    def overdue_s(self) -> float:
        """Return for how long something acknowledged has waited for its proof, in link time."""
        return 0.0 if self._behind_s is None else self._now_s() - self._behind_s

    def link(self, online: bool) -> None:
        """The link came or went: ask at once, and count the wait from here."""
        self._patience.answered()
        self._behind_s = None

    def hold_back(self, entry: Payload, raw: bytes) -> None:
        """Keep a permit until it is proved; the broker has it too, should we restart."""
        if entry.sha256 not in self._waiting and not self._journal.has_received(entry.sha256):
            self._waiting[entry.sha256] = Waiting(entry, raw)
            self._patience.answered()

    def tick(self, acked: int) -> None:
        """Ask for what is unproved, if it is time to."""
        now_s = self._now_s()
        wanted = (*self._waiting, *self._journal.unproved(acked, MOST_ENTRIES))[:MOST_ENTRIES]
        if not wanted:
            self._behind_s = None
            return
        if self._behind_s is None:
            self._behind_s = now_s
            self._warned = False
        if now_s > self._behind_s + LATE_S and not self._warned:
            self._warned = True
            log.error("not_proved", waiting=len(wanted), since_s=round(now_s - self._behind_s))
        if self._journal.rewritten or not self._patience.over(now_s):
            return
        newest = max(self._known, default="")
        size = self._known[newest].size if newest else 0
        if self._send(asking.encode(Ask(log=newest, size=size, entries=wanted))):
            self._patience.sent(now_s)

    def follow(self, raw: bytes) -> bytes:
        """Take a newer checkpoint, if the log has only grown since the one we know.

        Returns:
            b"", or the evidence that the log was rewritten: the head we know, and the new one.

        Raises:
            LedgerError: it is not the township's, or not signed by its log.
            JournalError: it could not be kept.
        """
        step = growth.parse(raw)
        origin = self._origin(step.note)
        known = self._known.get(origin)
        try:
            new = growth.follow(known, step, self._keys(origin))
        except StaleError:
            self._patience.answered()
            return b""
        except ProofError as error:
            log.error("log_rewritten", origin=origin, why=str(error), hint=error.hint)
            return (self._journal.get(f"{LOG_KEY}{origin}") or b"") + b"\n" + step.note
        if new != known:
            self._journal.put(f"{LOG_KEY}{origin}", step.note)
            self._known[origin] = new
        return b""

    def prove(self, sha256: str, raw: bytes) -> Waiting | None:
        """Take a receipt; return the permit that it proves, if it is one of those that wait.

        Raises:
            LedgerError: it does not prove the entry under the checkpoint that we know.
            JournalError: it could not be kept.
        """
        waiting = self._waiting.get(sha256)
        leaf = waiting.raw if waiting is not None else self._journal.envelope_of(sha256)
        if leaf is None or self._journal.rewritten:
            return None
        receipt = receipts.parse(raw)
        origin = self._origin(receipt.checkpoint)
        head = receipts.verify(receipt, leaf, self._keys(origin))
        if head != self._known.get(origin):
            self._patience.answered()  # our view of the log has moved on: ask anew
            return None
        self._journal.prove(sha256, raw)
        self._waiting.pop(sha256, None)
        self._patience.answered()
        return waiting

    def _origin(self, note: bytes) -> str:
        origin = checkpoint.parse(notes.parse(note).text).origin
        if origin.rpartition("/")[0] != self._name:
            raise MalformedError(f"expected a log of {self._name}, found {origin[:200]}")
        return origin

    def _keys(self, origin: str) -> tuple[NoteKey]:
        return (notes.key_of(self._record, origin, SignatureType.ED25519),)


def _believed(journal: Journal) -> dict[str, Checkpoint]:
    """Return the newest believed checkpoint of each log; they were verified when they came.

    Raises:
        JournalError: one is damaged; without it a rewritten log would go unnoticed.
    """
    found = {}
    for key, note in journal.kept(LOG_KEY):
        try:
            found[key.removeprefix(LOG_KEY)] = checkpoint.parse(notes.parse(note).text)
        except LedgerError as error:
            raise JournalError(f"expected a checkpoint kept as {key}, found {error}") from error
    return found
