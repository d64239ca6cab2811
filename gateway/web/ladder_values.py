"""The last rung of the ladder: what an entry withholds, opened, on its way, or erased by rule."""

from __future__ import annotations

from gateway.web.rungs import Evidence, Rung, Values
from ledger import codec, disclosure, envelope
from ledger.codec import Payload
from ledger.errors import LedgerError
from ledger.keys import KeyRing
from ledger.records_retention import Erasure, What


def climb(evidence: Evidence, entry: Payload, ring: KeyRing) -> Rung:
    """Return whether the values that lie beside an entry are those that it commits to."""
    committed = disclosure.commitments(entry.body)
    if not committed:
        return Rung.of("values", "none", "none")
    if evidence.opening is None:
        return _absent(evidence, ring)
    values: Values = (("values-checked", ", ".join(sorted(committed))),)
    try:
        disclosure.check(evidence.opening, entry.body, evidence.sha256)
    except LedgerError as error:
        return Rung.of("values", "bad", "other", (("found", str(error)),))
    return Rung.of("values", "good", "same", values)


def erased_by(evidence: Evidence, ring: KeyRing, kinds: tuple[What, ...]) -> Values:
    """Return what the entry says by which this was erased; empty: no entry of ours says so."""
    for raw in evidence.erasures:
        try:
            parsed, signer = envelope.verify(raw, ring)
            entry = codec.decode_entry(parsed.payload_type, parsed.payload)
        except LedgerError:
            continue
        body = entry.body
        if not isinstance(body, Erasure) or signer.role != "gateway":
            continue
        if body.step == "done" and body.what in kinds and evidence.sha256 in body.entries:
            return (
                ("erased-by", entry.sha256),
                ("erased-at", f"ms:{entry.position.at_ms}"),
                ("erased-cause", f"cause:{body.cause}"),
            )
    return ()


def _absent(evidence: Evidence, ring: KeyRing) -> Rung:
    if not evidence.missing:
        return Rung.of("values", "warn", "waiting")
    said = erased_by(evidence, ring, ("opening", "both"))
    return Rung.of("values", "erased" if said else "bad", "erased" if said else "gone", said)
