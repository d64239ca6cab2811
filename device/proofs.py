"""Proofs: which of our entries, and which permits, are proved to stand in the public log.

Rules kept here:
- A permit is believed only with its proof: nobody can open this machine out of sight.
- What this machine has believed of the log is kept; a log that contradicts it is not followed
  any more, both heads are kept as evidence, and no further permit is believed.
- A log that continues another one is followed only from where that one ended, as its first
  entry says; see `ledger.succession`.
- With a policy nothing is believed that its witnesses have not cosigned; a contradiction is one
  whoever has signed it.
- Nothing is pushed at us: we ask for what is unproved, in rounds: the next question goes out when
  all of one is answered, else after a pause.

Belongs to the agent's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from msgspec import Struct

from device.errors import JournalError
from device.journal import Journal
from device.patience import FIRST_PAUSE_S, Patience
from device.township_keys import TownshipKeys
from ledger import asking, checkpoint, growth, notes, policy, receipts, succession
from ledger.asking import MOST_ENTRIES, Ask
from ledger.checkpoint import Checkpoint
from ledger.codec import Payload
from ledger.errors import LedgerError, MalformedError, ProofError
from ledger.growth import StaleError
from ledger.notes import NoteKey
from ledger.policy import Policy
from ledger.records import LogStart, Permit, Record
from ledger.records_custody import Hatch
from ledger.records_permits import EmergencyCodes, EmergencyTerms, StandingPermit

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
        keys: says which key of the log may sign what, and how its logs followed each other.
        name: origin of the township's log without its year.
        send: hands a question to the bus; False if it took none.
        now_s: monotonic seconds.
        policy: whose cosignatures a checkpoint must carry; None asks for none.
    """

    def __init__(
        self,
        journal: Journal,
        keys: TownshipKeys,
        name: str,
        send: Callable[[bytes], bool],
        now_s: Callable[[], float],
        policy: Policy | None = None,
    ) -> None:
        self._journal, self._township, self._name = journal, keys, name
        self._policy = policy
        self._send, self._now_s = send, now_s
        self._patience = Patience(4)
        self._round: set[str] = set()  # asked for, and not answered yet
        self._waiting: dict[str, Waiting] = {}
        self._known = _believed(journal)
        self._behind_s: float | None = None
        self._warned = False
        self.renewed = False  # keys are believed that were not before; whoever heeds it resets it

    @property
    def witnessed_only(self) -> bool:
        """Nothing is believed without witnesses."""
        return self._policy is not None

    @property
    def late(self) -> bool:
        """Something acknowledged has no proof yet, for longer than the township may take."""
        return self.overdue_s() > LATE_S

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

    def look_again(self) -> None:
        """What may be believed has changed: ask at once."""
        self._patience.answered()

    def tick(self, acked: int) -> None:
        """Ask for what is unproved, if it is time to."""
        now_s = self._now_s()
        waiting = (*self._township.unproved(), *self._waiting)[:MOST_ENTRIES]
        wanted = (*waiting, *self._journal.unproved(acked, MOST_ENTRIES))[:MOST_ENTRIES]
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
        ask = Ask(log=newest, size=size, entries=wanted, witnessed=self.witnessed_only)
        if self._send(asking.encode(ask)):
            self._patience.sent(now_s)
            self._round = set(wanted)

    def follow(self, raw: bytes) -> bytes:
        """Take a newer checkpoint, if the log has only grown since the one we know.

        One that our witnesses have not cosigned is judged, and believed no further.

        Returns:
            b"", or the evidence that the log was rewritten: the head we know, and the new one.

        Raises:
            LedgerError: it is not the township's, or not signed by its log or our witnesses.
            JournalError: it could not be kept.
        """
        step = growth.parse(raw)
        origin, size = self._head(step.note)
        known = self._known.get(origin)
        try:
            new = growth.follow(known, step, self._keys(origin, size))
            if known is None and not self._begins(new):
                return b""
        except StaleError:
            self._patience.answered()
            return b""
        except ProofError as error:
            log.error("log_rewritten", origin=origin, why=str(error), hint=error.hint)
            return self._evidence(origin) + step.note
        if self._policy is not None:
            policy.satisfied(self._policy, step.note)
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
        own = self._township.unproved().get(sha256)
        leaf = self._journal.envelope_of(sha256) if waiting is None else waiting.raw
        leaf = leaf if own is None else own.raw
        if leaf is None or self._journal.rewritten:
            return None
        receipt = receipts.parse(raw)
        origin, size = self._head(receipt.checkpoint)
        head = receipts.verify(receipt, leaf, self._keys(origin, size), self._policy)
        if head != self._known.get(origin):
            self._patience.wait(self._now_s(), FIRST_PAUSE_S)  # we know the log otherwise: ask anew
            return None
        if own is not None:
            self.renewed |= self._township.proved(sha256, (origin, receipt.index))
        self._journal.prove(sha256, raw)
        self._waiting.pop(sha256, None)
        self._answered(sha256)
        return waiting

    def _answered(self, sha256: str) -> None:
        """Ask at once after the last answer of a round; after another, leave the rest some time."""
        self._round.discard(sha256)
        self._patience.answered()
        if self._round:
            self._patience.wait(self._now_s(), FIRST_PAUSE_S)

    def _begins(self, new: Checkpoint) -> bool:
        """Tell whether a log that is new here may be believed yet; the first one ever may.

        Raises:
            MalformedError: nobody has said yet how it follows what is known here.
            ProofError: it does not follow from what is known here.
        """
        if not self._known:
            return True
        starts = self._township.lineage.starts
        if new.origin < max(self._known):
            return self._precedes(new, starts)
        start = starts.get(new.origin)
        if start is None:
            raise MalformedError(
                f"expected the first entry of {new.origin}, which says what it continues"
            )
        named = succession.predecessor(start)
        checkpoint.verify(start.previous.encode(), self._keys(named.origin, named.size))
        known = self._known.get(named.origin)
        if known is None and named.origin > max(self._known):
            self._patience.answered()  # the log in between comes first
            return False
        if not succession.continues(start, known or self._known[max(self._known)]):
            self._patience.answered()  # its predecessor's end comes first
            return False
        log.info("log_followed", origin=new.origin, previous=named.origin, cause=start.cause)
        return True

    def _precedes(self, new: Checkpoint, starts: Mapping[str, LogStart]) -> bool:
        """Tell whether an older log, unknown here, is the one that another continues."""
        for start in starts.values():
            named = succession.predecessor(start)
            if named.origin == new.origin:
                return succession.continues(start, new)
        raise MalformedError(f"expected a log that another continues, found {new.origin}")

    def _evidence(self, origin: str) -> bytes:
        """Return what is known of a log, or of the newest one with what a new log said of it."""
        known = self._journal.get(f"{LOG_KEY}{origin}")
        if known is not None:
            return known + b"\n"
        newest = self._journal.get(f"{LOG_KEY}{max(self._known)}") or b""
        start = self._township.lineage.starts.get(origin)
        said = b"" if start is None else start.previous.encode() + b"\n"
        return newest + b"\n" + said

    def _head(self, note: bytes) -> tuple[str, int]:
        """Return of which log of ours a checkpoint is, and its size; nothing is judged."""
        head = checkpoint.parse(notes.parse(note).text)
        if head.origin.rpartition("/")[0] != self._name:
            raise MalformedError(f"expected a log of {self._name}, found {head.origin[:200]}")
        return head.origin, head.size

    def _keys(self, origin: str, size: int) -> tuple[NoteKey, ...]:
        return self._township.log_terms().keys(origin, size)


def must_be_proved(body: Record, device: str) -> bool:
    """Tell whether an entry opens this machine, so that it is believed only with its proof."""
    match body:
        case (
            Permit(machine=machine)
            | StandingPermit(machine=machine, released_by=str())
            | Hatch(machine=machine, step="permitted")
            | EmergencyTerms(machine=machine, released_by=str())
            | EmergencyCodes(machine=machine)
        ):
            return machine == device
        case _:
            return False


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
