"""Lineage: how a township's own keys and logs followed one another, as its machines learn it. Pure.

Its steps are entries of the public log, as they are: the founding, every act about a key of
gateway, log, county or witness, and the first entry of each log that continues another. Who
knows the hash of the founding, or the key that the township had once, can judge all that follows.

The successor of a lost log begins with two entries of a gateway of the next epoch, which are
judged together: the log's first entry, and the enrolment of the key that signed both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, structs

from ledger import codec, envelope, keyhistory, logterms
from ledger.codec import Payload
from ledger.envelope import Envelope
from ledger.errors import MalformedError, UnknownKeyError
from ledger.keyacts import record
from ledger.keys import KeyRing
from ledger.keystate import KeyHistory, KeyHistoryError
from ledger.logterms import LogTerms, Named, Place
from ledger.messages import KeyRecord
from ledger.records import Count, LogStart, Record
from ledger.records_keys import KEY_ENTRY_RECORDS, Enrolment, Founding, KeyRevocation, Rotation

KINDS = (*(one.kind for one in KEY_ENTRY_RECORDS), LogStart.kind)
LARGEST = 500_000  # bytes of a whole lineage: two hundred steps


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry and where it stands; the place is believed with its receipt alone."""

    log: Annotated[str, Meta(max_length=200)]
    index: Count
    entry: Annotated[str, Meta(max_length=envelope.LARGEST_ENTRY)]

    @property
    def place(self) -> Place:
        """Origin and index."""
        return self.log, self.index

    @property
    def raw(self) -> bytes:
        """The entry's envelope, as it is hashed."""
        return self.entry.encode()


class Lineage(Struct, frozen=True, kw_only=True):
    """What follows from the steps so far.

    Args:
        founding: hash of the founding's statement that the log must have; None: it has none.
        trusted: keys from elsewhere, which count as far as no step says anything.
        keys: the township's keys by the steps; empty for a log without a founding.
        starts: by origin, the first entry of each log that continues another.
        hashes: payload hash of each step.
        unjudged: the first entry of a successor, until the key that signed it is enrolled.
    """

    founding: str | None
    trusted: KeyRing
    keys: KeyHistory = KeyHistory()
    named: tuple[Named, ...] = ()
    starts: Mapping[str, LogStart] = {}
    steps: tuple[Step, ...] = ()
    hashes: tuple[str, ...] = ()
    newest: tuple[int, int] = (0, 0)
    unjudged: Step | None = None

    @property
    def gateway(self) -> KeyRecord | None:
        """The newest key of the township's gateway, whether it holds or not."""
        if self.keys.gateway is None:
            records = [one for one in self.trusted.records() if one.role == "gateway"]
            signing = (one for one in records if one.alg != "age-x25519")
            return max(signing, key=lambda one: one.epoch, default=None)
        newest = self.keys.newest("gateway", self.keys.gateway.holder)
        return None if newest is None else newest.record

    @property
    def founded(self) -> bool:
        """Its keys are those of the steps alone."""
        return self.keys.county is not None

    def log_terms(self, township: str) -> LogTerms:
        """Return which keys of the log may sign what."""
        own = (one for one in self.trusted.records() if one.township == township)
        return logterms.terms(own, self.named)

    def gateway_key(self, raw: bytes, largest: int) -> tuple[Envelope, KeyRecord]:
        """Return a message of the township, with the record of the key that signs today.

        Raises:
            LedgerError: not signed by it.
        """
        if not self.founded:
            return envelope.verify(raw, self.trusted, largest)
        assert self.keys.gateway is not None, "the founding names it"
        key = self.keys.newest("gateway", self.keys.gateway.holder)
        found = envelope.parse(raw, largest)
        if key is None or key.last_seq is not None or key.public.keyid != found.keyid:
            raise UnknownKeyError(
                f"expected the key that the township's gateway has today, found key "
                f"{found.keyid[:16]}...: it was replaced or revoked, or is another's"
            )
        envelope.check(found, key.public)
        return found, key.record

    def check_entry(self, raw: bytes) -> tuple[Envelope, Payload, KeyRecord]:
        """Return an entry of the township's gateway that its key might sign at that place.

        Raises:
            LedgerError: it might not.
        """
        if not self.founded:
            found, key = envelope.verify(raw, self.trusted)
            return found, codec.decode_entry(found.payload_type, found.payload), key
        found = envelope.parse(raw)
        entry = codec.decode_entry(found.payload_type, found.payload)
        return found, entry, keyhistory.check_signature(self.keys, found, entry)

    def may_sign(self, entry: Payload) -> bool:
        """Tell whether an entry of the gateway that was believed once still counts."""
        position = entry.position
        try:
            if self.founded:
                self.keys.key_for(*position.author, position.epoch, position.seq)
        except KeyHistoryError:
            return False
        return True


def follow(lineage: Lineage, step: Step) -> Lineage:
    """Return the lineage with one more step.

    Raises:
        LedgerError: it has not the authority that it needs, or does not come next.
    """
    number, parsed = len(lineage.steps), envelope.parse(step.raw)
    entry = codec.decode_entry(parsed.payload_type, parsed.payload)
    order = (entry.position.epoch, entry.position.seq)
    if order <= lineage.newest or (lineage.steps and step.place <= lineage.steps[-1].place):
        raise MalformedError(f"expected steps in the order of the log, found {step.place} next")
    after = structs.replace(
        lineage, steps=(*lineage.steps, step), hashes=(*lineage.hashes, entry.sha256), newest=order
    )
    if _begins_unknown(lineage, entry):
        return structs.replace(after, unjudged=step)
    if lineage.founded or isinstance(entry.body, Founding):
        keys = keyhistory.advance(structs.replace(lineage.keys, size=number), number, entry)
        keyhistory.check_signature(keys, parsed, entry)
    else:
        keys = lineage.keys
        _check_trusted(lineage, step, entry)
    if isinstance(entry.body, Founding) and keys.log != lineage.founding:
        raise UnknownKeyError(
            f"expected the founding {lineage.founding} that this machine was enrolled under, "
            f"found {keys.log}: another log calls itself the township's"
        )
    named, starts = lineage.named, lineage.starts
    if (log_key := logterms.names(entry.body)) is not None:
        named = (*named, Named(step.place, log_key))
    if lineage.unjudged is not None:
        begun = envelope.parse(lineage.unjudged.raw)
        first = codec.decode_entry(begun.payload_type, begun.payload)
        keyhistory.check_signature(keys, begun, first)
        starts = {**starts, **_start(lineage.unjudged, first.body)}
    starts = {**starts, **_start(step, entry.body)}
    return structs.replace(after, keys=keys, named=named, starts=starts, unjudged=None)


def concerns(body: Record, keys: KeyHistory) -> bool:
    """Tell whether an entry is a step: machines' own keys are not the township's.

    Args:
        keys: of the log, with this entry or later.
    """
    match body:
        case Founding() | LogStart():
            return True
        case Enrolment() | Rotation():
            return record(body.key).role != "device"
        case KeyRevocation():
            key = keys.find(body.key)
            return key is not None and key.record.role != "device"
        case _:
            return False


def revocation(step: Step) -> KeyRevocation | None:
    """Return what a step takes away while it gives nothing: it counts without a proof."""
    parsed = envelope.parse(step.raw)
    body = codec.decode_entry(parsed.payload_type, parsed.payload).body
    return body if isinstance(body, KeyRevocation) else None


def encode(steps: tuple[Step, ...]) -> bytes:
    """Return the message that carries a lineage."""
    return msgspec.json.encode(steps)


def parse(raw: bytes) -> tuple[Step, ...]:
    """Return the steps of a message; none of them is judged.

    Raises:
        MalformedError: it is no lineage.
    """
    if len(raw) > LARGEST:
        raise MalformedError(f"expected a lineage of at most {LARGEST} bytes, found {len(raw)}")
    try:
        return msgspec.json.decode(raw, type=tuple[Step, ...])
    except ValueError as error:
        raise MalformedError(f"expected the steps of a lineage: {error}") from error


def _check_trusted(lineage: Lineage, step: Step, entry: Payload) -> None:
    """Without a founding only logs follow each other, by the key that the folder trusts."""
    _, key = envelope.verify(step.raw, lineage.trusted)
    author = ("gateway", key.holder)
    if lineage.founding is not None or not isinstance(entry.body, LogStart):
        raise KeyHistoryError(
            "founding", f"expected the founding of the log first, found {entry.body.kind!r}"
        )
    if key.role != "gateway" or entry.position.author != author:
        raise UnknownKeyError(
            f"expected an entry under the gateway's own key, found the key of {key.role} "
            f"{key.holder}"
        )


def _begins_unknown(lineage: Lineage, entry: Payload) -> bool:
    """Tell whether an entry begins a successor under an epoch that comes with the next step."""
    if not (isinstance(entry.body, LogStart) and entry.body.cause == "lost" and lineage.founded):
        return False
    party, author = entry.position.author
    return (party, author, entry.position.epoch) not in lineage.keys.chains


def _start(step: Step, body: Record) -> dict[str, LogStart]:
    """Return the log that an entry begins, by its origin, if it begins one."""
    if not isinstance(body, LogStart):
        return {}
    if body.origin != step.log or step.index:
        raise MalformedError(
            f"expected the first entry of {body.origin}, found entry {step.index} of {step.log}"
        )
    return {body.origin: body}
