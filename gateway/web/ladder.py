"""Ladder: how far one entry can be believed, rung by rung, worked out from its stored bytes.

Pure: takes the bytes that lie in the store and the keys that this gateway trusts, checks them
again on every view, and says for each rung what was compared with what. Nothing here trusts
a column of a table or an earlier verdict.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gateway.web import ladder_use, ladder_values
from gateway.web.rungs import Evidence, Rung, Values
from ledger import codec, envelope
from ledger.codec import Payload
from ledger.errors import LedgerError, MalformedError, SignatureError, UnknownKeyError
from ledger.keys import KeyRing
from ledger.messages import KeyRecord

FUTURE_MS = 2 * 60 * 1000  # a device's clock may run ahead of ours by this much

Overall = Literal["good", "warn", "bad"]


class Ladder(Struct, frozen=True, kw_only=True):
    """All rungs of one entry; `overall` is the worst of them."""

    overall: Overall
    rungs: tuple[Rung, ...]


def climb(evidence: Evidence, ring: KeyRing) -> Ladder:
    """Return the ladder of an entry; damaged bytes give rungs that say so, never an error."""
    rungs = [_hash(evidence)]
    try:
        parsed = envelope.parse(evidence.raw)
        entry = codec.decode_entry(parsed.payload_type, parsed.payload)
    except LedgerError as error:
        rungs.append(Rung.of("signature", "bad", "unreadable", (("found", str(error)),)))
        return Ladder(overall="bad", rungs=tuple(rungs))
    rungs.append(_signature(evidence, entry, ring))
    rungs.append(_chain(evidence, entry, ring))
    rungs.append(_time(evidence, entry))
    rungs.extend(ladder_use.climb(evidence, entry, ring))
    rungs.append(ladder_values.climb(evidence, entry, ring))
    return Ladder(overall=_worst(rungs), rungs=tuple(rungs))


def _worst(rungs: list[Rung]) -> Overall:
    found = {rung.result for rung in rungs}
    if "bad" in found:
        return "bad"
    return "warn" if "warn" in found else "good"


def _hash(evidence: Evidence) -> Rung:
    try:
        computed = codec.sha256(envelope.parse(evidence.raw).payload)
    except MalformedError as error:
        return Rung.of("hash", "bad", "unreadable", (("found", str(error)),))
    values: Values = (
        ("filed-under", evidence.sha256),
        ("computed", computed),
        ("size", f"{len(evidence.raw)} B"),
    )
    same = computed == evidence.sha256
    return Rung.of("hash", "good" if same else "bad", "same" if same else "other", values)


def _signature(evidence: Evidence, entry: Payload, ring: KeyRing) -> Rung:
    parsed = envelope.parse(evidence.raw)
    values: Values = (("key-id", parsed.keyid), ("signature", parsed.signature.hex()))
    try:
        _, record = envelope.verify(evidence.raw, ring)
    except UnknownKeyError:
        return Rung.of("signature", "bad", "unknown-key", values)
    except (SignatureError, MalformedError):
        return Rung.of("signature", "bad", "broken", values)
    party, author = entry.position.author
    values = (
        ("algorithm", "Ed25519 / DSSE v1"),
        ("holder", f"{record.holder} ({record.role}, {record.domain})"),
        ("epoch", str(record.epoch)),
        *values,
    )
    if (record.role, record.holder, record.epoch) != (party, author, entry.position.epoch):
        return Rung.of("signature", "bad", "other-holder", (*values, ("author", author)))
    return Rung.of("signature", "good", "holds", values)


def _chain(evidence: Evidence, entry: Payload, ring: KeyRing) -> Rung:
    position = entry.position
    expected = _hash_before(evidence, entry, ring)
    values: Values = (
        ("seq", str(position.seq)),
        ("names-previous", position.prev),
        ("previous-computed", expected or "-"),
    )
    if expected is None:
        return Rung.of("chain", "bad", "previous-missing", values)
    if expected != position.prev:
        return Rung.of("chain", "bad", "previous-other", values)
    if evidence.following is None:
        return Rung.of("chain", "good", "newest", values)
    following = _decode(evidence.following)
    if following is None or following.position.prev != evidence.sha256:
        return Rung.of("chain", "bad", "following-other", values)
    return Rung.of("chain", "good", "closed", (*values, ("following", following.sha256)))


def _hash_before(evidence: Evidence, entry: Payload, ring: KeyRing) -> str | None:
    position = entry.position
    if position.seq == 1:
        party, author = position.author
        record = ring.of(author, party)
        return None if record is None else _record_hash(record)
    previous = None if evidence.previous is None else _decode(evidence.previous)
    if previous is None or previous.position.seq != position.seq - 1:
        return None
    if previous.position.author != position.author:
        return None
    return previous.sha256


def _record_hash(record: KeyRecord) -> str:
    return codec.sha256(codec.encode_message(record))


def _time(evidence: Evidence, entry: Payload) -> Rung:
    position = entry.position
    previous = None if evidence.previous is None else _decode(evidence.previous)
    values: Values = (
        ("device-time", f"ms:{position.at_ms}"),
        ("received", f"ms:{evidence.received_ms}"),
        ("mark", "-" if position.mark is None else f"ms:{position.mark}"),
        ("difference", f"s:{(evidence.received_ms - position.at_ms) / 1000:.1f}"),
    )
    if previous is not None and previous.position.at_ms > position.at_ms:
        return Rung.of("time", "bad", "went-back", values)
    if position.at_ms > evidence.received_ms + FUTURE_MS:
        return Rung.of("time", "warn", "ahead", values)
    if position.mark is not None and position.at_ms < position.mark:
        return Rung.of("time", "warn", "before-mark", values)
    if "time_unproved" in _flags(entry) or "time-unproved" in _flags(entry):
        return Rung.of("time", "warn", "unproved", values)
    return Rung.of("time", "good", "plausible", values)


def _flags(entry: Payload) -> tuple[str, ...]:
    flags: tuple[str, ...] = getattr(entry.body, "flags", ())
    return flags


def _decode(raw: bytes) -> Payload | None:
    try:
        parsed = envelope.parse(raw)
        return codec.decode_entry(parsed.payload_type, parsed.payload)
    except LedgerError:
        return None
