"""Township keys: whose signature this machine believes, after whatever the township changed.

Rules kept here:
- It begins with the folder of trusted keys. What the log says of its own keys (`ledger.lineage`)
  is judged from the founding that this machine was enrolled under, whose hash is configured.
- A step counts with its proof against the public log. A revocation counts at once and for good:
  it only takes away.
- What was heard is kept, so that it holds after a restart without a network; if it cannot be
  read, the machine does not start.

Belongs to the agent's loop.
"""

from __future__ import annotations

import structlog
from msgspec import structs

from device.errors import JournalError
from device.journal import Journal
from ledger import lineage, logterms
from ledger.codec import Payload
from ledger.envelope import Envelope
from ledger.errors import LedgerError, MalformedError, UnknownKeyError
from ledger.keys import KeyRing
from ledger.lineage import Lineage, Step
from ledger.logterms import LogTerms, Place
from ledger.messages import KeyRecord

log = structlog.get_logger()

STEPS_KEY = "lineage"  # the steps as they were heard
PROVED_KEY = "lineage-proved"  # how many of them are proved


class TownshipKeys:
    """The keys of one township's gateway and log, as of now.

    Args:
        trusted: keys of the trusted folder; each counts until a step says more.
        founding: hash of the founding's statement; None: the log has none.

    Raises:
        JournalError: what was kept does not hold.
    """

    def __init__(
        self, journal: Journal, trusted: KeyRing, township: str, founding: str | None
    ) -> None:
        self._journal, self._township = journal, township
        self._none = Lineage(founding=founding, trusted=trusted)
        self._proved: set[str] = set()
        try:
            steps = lineage.parse(journal.get(STEPS_KEY) or b"[]")
            self._heard = self._follow(steps)
        except LedgerError as error:
            raise JournalError(
                f"expected the township's keys as they were kept, found: {error}; enrol again"
            ) from error
        self._count = int(journal.get(PROVED_KEY) or b"0")
        self._settle()

    @property
    def shut(self) -> bool:
        """The gateway's key was revoked and none has taken its place: nobody is believed."""
        record, keys = self._believed.gateway, self._believed.keys
        if record is None:
            return False
        newest = keys.newest("gateway", record.holder)
        ended = newest is not None and newest.last_seq is not None
        return ended or (record.holder, record.epoch) in self._revoked

    @property
    def lineage(self) -> Lineage:
        """All that was heard, proved or not."""
        return self._heard

    def message(self, raw: bytes, largest: int) -> Envelope:
        """Return a message of the township's gateway.

        Raises:
            LedgerError: not signed by the key that it has today.
        """
        found, key = self._believed.gateway_key(raw, largest)
        self._check_gateway(key)
        if (key.holder, key.epoch) in self._revoked:
            raise UnknownKeyError(f"expected a key of {key.holder} that holds, found a revoked one")
        return found

    def entry(self, raw: bytes) -> tuple[Envelope, Payload]:
        """Return an entry of the township's gateway.

        Raises:
            LedgerError: not signed by the key that may sign it.
        """
        found, entry, key = self._believed.check_entry(raw)
        self._check_gateway(key)
        if not self.may_sign(entry):
            raise UnknownKeyError(
                f"expected an entry of {key.holder} before its key was revoked, found entry "
                f"{entry.position.seq}"
            )
        return found, entry

    def may_sign(self, entry: Payload) -> bool:
        """Tell whether an entry that was believed once still counts."""
        position = entry.position
        last = self._revoked.get((position.author[1], position.epoch), position.seq)
        return position.seq <= last and self._believed.may_sign(entry)

    def log_terms(self) -> LogTerms:
        """Return which log keys are believed.

        A new one is, as soon as old key, county and gateway have signed for it: the proof that
        they did so in the open is under the new key. An old one ends when that is proved.
        """
        claimed = {one.place for one in self._heard.named[len(self._believed.named) :]}
        found = self._heard.log_terms(self._township)
        open_ended = (
            structs.replace(one, ends=None) if one.ends in claimed else one for one in found.terms
        )
        return logterms.LogTerms(tuple(open_ended))

    def unproved(self) -> dict[str, Step]:
        """Return the steps that wait for their proof, by payload hash."""
        waiting = zip(self._heard.hashes, self._heard.steps, strict=True)
        return {
            sha256: step
            for sha256, step in tuple(waiting)[self._count :]
            if sha256 not in self._proved
        }

    def hear(self, raw: bytes) -> bool:
        """Take what the township says of its keys; tell whether anything is new.

        Raises:
            LedgerError: it does not follow from what is believed here, or takes a revocation
                back.
            JournalError: it could not be kept.
        """
        steps = lineage.parse(raw)
        if self._heard.steps[: len(steps)] == steps:
            return False
        before = self._heard.steps
        taken_away = [one.entry for one in before[self._count :] if lineage.revocation(one)]
        kept = steps[: self._count] == before[: self._count]
        if not kept or not {one.entry for one in steps}.issuperset(taken_away):
            log.error("township_keys_contradict", known=len(before), found=len(steps))
            raise MalformedError(
                f"expected the {self._count} steps that are proved here and what was revoked, "
                "found others: another log calls itself the township's; tell the county"
            )
        heard, was_shut = self._follow(steps), self.shut
        self._journal.put(STEPS_KEY, raw)
        self._heard = heard
        self._settle()
        if self.shut and not was_shut:
            log.error("township_key_revoked", hint="believe nothing new until the next key comes")
        return True

    def proved(self, sha256: str, place: Place) -> bool:
        """Take note of a verified receipt; tell whether other keys are believed now.

        Raises:
            MalformedError: the step was said to stand elsewhere.
            JournalError: it could not be kept.
        """
        step = self.unproved()[sha256]
        if step.place != place:
            raise MalformedError(f"expected the proof of {step.place}, found one of {place}")
        self._proved.add(sha256)
        count = self._count
        while count < len(self._heard.steps) and self._heard.hashes[count] in self._proved:
            count += 1
        if count == self._count:
            return False
        self._journal.put(PROVED_KEY, b"%d" % count)
        self._count = count
        self._settle()
        log.info("township_keys_proved", steps=count, shut=self.shut)
        return True

    def _settle(self) -> None:
        """Believe the proved steps, and the revocations among the others."""
        self._believed = self._follow(self._heard.steps[: self._count])
        self._revoked: dict[tuple[str, int], int] = {}  # last valid seq of a gateway's epoch
        for body in map(lineage.revocation, self._heard.steps[self._count :]):
            key = None if body is None else self._heard.keys.find(body.key)
            if body is not None and key is not None and key.record.role == "gateway":
                epoch = (key.record.holder, key.record.epoch)
                self._revoked[epoch] = min(body.last_seq, self._revoked.get(epoch, body.last_seq))

    def _follow(self, steps: tuple[Step, ...]) -> Lineage:
        found = self._none
        for step in steps:
            found = lineage.follow(found, step)
        return found

    def _check_gateway(self, key: KeyRecord) -> None:
        if key.role != "gateway" or key.township != self._township:
            raise UnknownKeyError(
                f"expected the key of our township's gateway, found {key.role} {key.holder}"
            )
