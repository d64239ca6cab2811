"""Intake: take what machines send, if it verifies, and note what does not.

Rules kept here:
- Only the next entry of its author's chain is appended; bytes are stored as they came.
- A use that happened is never refused: what it breaks becomes an alert.
- The same entry again changes nothing; another entry at a taken seq is a fork, and kept.
- What does not verify goes into quarantine, up to a bound for each machine.
- Answers leave after the commit; nothing here sends.
- What was carried here by file is taken alike, but says nothing about a machine's link.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from gateway.register import openings, quarantine, screening, withdrawals
from gateway.register.keybook import Believed, KeyBook, Keys
from gateway.register.log import GatewayLog, Judge, Letter
from gateway.register.quarantine import ArrivalError
from gateway.stores import Transaction
from gateway.stores.views import Gap, Signed, StoredEntry, TroubleCode
from ledger import chain, codec, topics
from ledger.bus import Message
from ledger.chain import Head
from ledger.codec import Payload
from ledger.errors import ChainError, LedgerError, SignatureError, UnknownKeyError
from ledger.keys import KeyRing
from ledger.keystate import KeyHistoryError
from ledger.messages import Acknowledgement, KeyRecord
from ledger.records import Refusal, SealRequest
from ledger.topics import Leaf, Topic

_SILENT_KINDS = frozenset({"alert", "case", "alert-answer"})


class Batch:
    """What one transaction leaves to be done after its commit.

    `heads` are the chains to acknowledge, `letters` what goes down besides, `troubled` says
    that something came which a rule should look at soon.

    Args:
        carried: the messages came by file, not from a machine that is connected.
    """

    def __init__(self, *, carried: bool = False) -> None:
        self.carried = carried
        self.heads: dict[tuple[str, int], Head] = {}
        self.letters: list[Letter] = []
        self.troubled = False
        # As of this transaction, once something has asked:
        self.keys: Keys | None = None
        self.verified: dict[bytes, Believed | LedgerError] = {}
        self.gaps: dict[str, Gap] | None = None
        self.online: set[str] = set()


class Outcome(Struct, frozen=True):
    """What became of one message; `code` and `detail` say why it lies in quarantine.

    `known`: it is here already. `early`: what comes before it is not here, so it was not taken.
    """

    what: Literal["taken", "known", "early", "quarantined"]
    code: str = ""
    detail: str = ""


TAKEN, KNOWN, EARLY = Outcome("taken"), Outcome("known"), Outcome("early")


class _Status(Struct, frozen=True):
    online: bool


class Verified(Struct, frozen=True):
    """An entry whose signature holds and whose author is the topic's machine."""

    payload: Payload
    keyid: str
    raw: bytes
    genesis: Head


class Intake:
    """Takes messages for one township; belongs to the writer thread.

    Args:
        ring: the keys of the trusted folder; the log's own entries go before them.
        judge: the alert rules, as `gateway.audit.alerts.judge`.
        opener: opens what was encrypted to the township.
    """

    def __init__(
        self,
        township: str,
        ring: KeyRing,
        log: GatewayLog,
        judge: Judge,
        opener: openings.Opener,
    ) -> None:
        self._township = township
        self.keys = KeyBook(ring)
        self._log = log
        self._judge = judge
        self._opener = opener
        self._genesis: dict[str, Head] = {}  # by key id

    def take_all(
        self, transaction: Transaction, messages: Sequence[Message], now_ms: int, batch: Batch
    ) -> list[Outcome]:
        """Take messages one after the other as `take` does; entries are verified together before.

        Raises:
            StoreError: as `take`.
        """
        raws = [one.payload for one in messages if topics.is_of(one.topic, Leaf.ENTRY)]
        if raws:
            batch.keys = batch.keys or self.keys.at(transaction)
            batch.verified.update(zip(raws, batch.keys.verify_all(raws), strict=True))
        return [self.take(transaction, message, now_ms, batch) for message in messages]

    def take(
        self, transaction: Transaction, message: Message, now_ms: int, batch: Batch
    ) -> Outcome:
        """Take one message into the transaction; what it causes is noted in `batch`.

        Raises:
            StoreError: the store cannot be written; nothing may be acknowledged.
        """
        machine = ""
        try:
            topic = topics.parse(message.topic)
            machine = topic.device
            return self._route(transaction, topic, message.payload, now_ms, batch)
        except ArrivalError as error:
            wrong = error
        except LedgerError as error:
            wrong = ArrivalError(_code(error), str(error))
        batch.troubled |= quarantine.keep(transaction, wrong, machine, message, now_ms)
        return Outcome("quarantined", wrong.code, wrong.detail)

    def acknowledgements(self, batch: Batch, now_ms: int) -> list[Letter]:
        """Return one signed acknowledgement for each chain of the batch."""
        letters = []
        for (device, epoch), head in batch.heads.items():
            said = Acknowledgement(
                gateway=self._log.gateway,
                device=device,
                epoch=epoch,
                seq=head.seq,
                head=head.sha256,
                at_ms=now_ms,
            )
            topic = Topic(self._township, device, Leaf.ACK)
            letters.append(Letter(topic=str(topic), payload=self._log.seal(said)))
        return letters

    def judged(self, transaction: Transaction, entry: StoredEntry, now_ms: int) -> None:
        """Raise the alerts that an entry just appended causes."""
        if entry.kind not in _SILENT_KINDS:
            history = transaction.history(now_ms)
            self._log.raise_found(transaction, lambda: self._judge(entry, history), now_ms)

    def _route(
        self, transaction: Transaction, topic: Topic, payload: bytes, now_ms: int, batch: Batch
    ) -> Outcome:
        if topic.township != self._township:
            raise ArrivalError("foreign", f"expected township {self._township}: {topic.township}")
        match topic.leaf:
            case Leaf.ENTRY:
                return self._entry(transaction, topic, payload, now_ms, batch)
            case Leaf.OPENING:
                known = transaction.opening(topic.rest[0]) is not None
                letter = openings.take(transaction, self._log, self._opener, topic, payload, now_ms)
                if letter is None:
                    return EARLY
                batch.letters.append(letter)
                return KNOWN if known else TAKEN
            case Leaf.STATUS if not batch.carried:
                batch.online.discard(topic.device)
                self._status(transaction, topic.device, payload, now_ms)
                return TAKEN
            case _:
                raise ArrivalError("malformed", f"expected nothing on {topic.leaf.value}")

    def _entry(
        self, transaction: Transaction, topic: Topic, raw: bytes, now_ms: int, batch: Batch
    ) -> Outcome:
        batch.keys = batch.keys or self.keys.at(transaction)
        found = batch.verified.pop(raw, None) or batch.keys.verify(raw)
        if isinstance(found, LedgerError):
            raise found
        verified = self._own(topic, raw, found)
        genesis = verified.genesis
        key = (genesis.author, genesis.epoch)
        head = batch.heads.get(key) or transaction.head("device", *key) or genesis
        if not batch.carried and genesis.author not in batch.online:
            transaction.set_online(genesis.author, True, now_ms)
            batch.online.add(genesis.author)
        try:
            after = chain.advance(head, verified.payload)
        except ChainError as error:
            batch.heads[key] = head
            return self._out_of_line(transaction, verified, head, error, now_ms, batch)
        signed = Signed(
            payload=verified.payload,
            keyid=verified.keyid,
            envelope=verified.raw,
            received_ms=now_ms,
        )
        entry = transaction.append(signed, head)
        self._close_gap(transaction, entry, now_ms, batch)
        self.judged(transaction, entry, now_ms)
        if isinstance(entry.body, SealRequest):
            batch.letters += self._screen(transaction, entry, entry.body, now_ms)
        elif isinstance(entry.body, Refusal):
            batch.letters += self._taken_back(transaction, entry, now_ms)
        batch.heads[key] = after
        return TAKEN

    def _screen(
        self, transaction: Transaction, entry: StoredEntry, request: SealRequest, now_ms: int
    ) -> list[Letter]:
        refused = screening.refuse(transaction, self._log, entry, request, now_ms)
        if refused is None:
            return []
        self.judged(transaction, refused, now_ms)
        return [screening.answer(self._township, entry.machine, entry.sha256, refused, now_ms)]

    def _taken_back(
        self, transaction: Transaction, entry: StoredEntry, now_ms: int
    ) -> list[Letter]:
        ended = withdrawals.revoke(transaction, self._log, entry, now_ms)
        if ended is None:
            return []
        permit, revocation = ended
        self.judged(transaction, revocation, now_ms)
        topic = Topic(self._township, permit.machine, Leaf.PERMIT, (permit.permit,))
        until_ms = permit.not_after_ms
        return [Letter(topic=str(topic), payload=revocation.envelope, until_ms=until_ms)]

    def _own(self, topic: Topic, raw: bytes, found: Believed) -> Verified:
        """Return a verified entry if it is one of the topic's machine."""
        parsed, payload, record = found
        expected = (("device", topic.device), record.epoch)
        if (
            record.role != "device"
            or record.holder != topic.device
            or (payload.position.author, payload.position.epoch) != expected
        ):
            raise ArrivalError(
                "foreign",
                f"expected an entry of {topic.device} in epoch {record.epoch} under its own key, "
                f"found {payload.position.author[1]}, epoch {payload.position.epoch}, under the "
                f"key of {record.role} {record.holder}",
            )
        if parsed.keyid not in self._genesis:
            self._genesis[parsed.keyid] = genesis_of(record)
        return Verified(payload, parsed.keyid, raw, self._genesis[parsed.keyid])

    def _out_of_line(
        self,
        transaction: Transaction,
        verified: Verified,
        head: Head,
        error: ChainError,
        now_ms: int,
        batch: Batch,
    ) -> Outcome:
        """Deal with an entry that is not the next one: again, too early, or of another past."""
        position = verified.payload.position
        if error.reason == "gap":
            self._open_gap(transaction, head, position.seq, now_ms, batch)
            return EARLY
        if error.reason == "repeat":
            held = transaction.entry_at("device", head.author, head.epoch, position.seq)
            if held is not None and held.sha256 == verified.payload.sha256:
                return KNOWN
        raise ArrivalError("fork", str(error))

    def _open_gap(
        self, transaction: Transaction, head: Head, seq: int, now_ms: int, batch: Batch
    ) -> None:
        known = _gaps(transaction, batch).get(head.author)
        same = known is not None and known.head_seq == head.seq
        if known is not None and same and known.seen_seq >= seq:
            return
        gap = Gap(
            machine=head.author,
            epoch=head.epoch,
            head_seq=head.seq,
            seen_seq=seq,
            since_ms=known.since_ms if known is not None and same else now_ms,
        )
        self._set_gap(transaction, batch, gap)

    def _close_gap(
        self, transaction: Transaction, entry: StoredEntry, now_ms: int, batch: Batch
    ) -> None:
        gap = _gaps(transaction, batch).get(entry.machine)
        if gap is None or gap.epoch != entry.position.epoch:
            return
        if entry.position.seq >= gap.seen_seq:
            transaction.set_gap(None, entry.machine)
            _gaps(transaction, batch).pop(entry.machine)
            return
        moved = Gap(
            machine=gap.machine,
            epoch=gap.epoch,
            head_seq=entry.position.seq,
            seen_seq=gap.seen_seq,
            since_ms=now_ms,
        )
        self._set_gap(transaction, batch, moved)

    def _set_gap(self, transaction: Transaction, batch: Batch, gap: Gap) -> None:
        transaction.set_gap(gap, gap.machine)
        _gaps(transaction, batch)[gap.machine] = gap

    def _status(self, transaction: Transaction, machine: str, payload: bytes, now_ms: int) -> None:
        """Note what the broker says of a machine's link; unsigned, so an indication only."""
        try:
            online = msgspec.json.decode(payload, type=_Status).online
        except ValueError as error:
            raise ArrivalError("malformed", f'expected {{"online": true}}: {error}') from error
        transaction.set_online(machine, online, now_ms)


def genesis_of(record: KeyRecord) -> Head:
    """Return the head of a machine's chain before its first entry."""
    return Head(
        party="device",
        author=record.holder,
        epoch=record.epoch,
        seq=0,
        sha256=codec.sha256(codec.encode_message(record)),
    )


def _gaps(transaction: Transaction, batch: Batch) -> dict[str, Gap]:
    if batch.gaps is None:
        batch.gaps = {gap.machine: gap for gap in transaction.gaps()}
    return batch.gaps


def _code(error: LedgerError) -> TroubleCode:
    if isinstance(error, KeyHistoryError):
        return "revoked-key" if error.reason == "ended" else "unknown-key"
    if isinstance(error, UnknownKeyError):
        return "unknown-key"
    return "bad-signature" if isinstance(error, SignatureError) else "malformed"
