"""Device: one machine's exported log, or a single entry, from its bytes and public keys. Pure.

What a receipt proves is compared too: entries of one log must stand in it in the order of the
chain; and the gateway's last acknowledgement shows whether the end of the log was cut.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ledger import codec, envelope, receipts
from ledger.checkpoint import Checkpoint
from ledger.codec import Payload
from ledger.envelope import check
from ledger.errors import LedgerError, UnknownKeyError
from ledger.findings import Finding, Findings, Place
from ledger.messages import Acknowledgement
from ledger.policy import Policy
from ledger.verify_chains import Authority, Chains
from ledger.verify_heads import LogKeys, believe
from ledger.verify_spans import Keyring, SpanJudge


class Export(Struct, frozen=True, kw_only=True):
    """A machine's log: entries and receipts by seq, as their files are named.

    `acknowledgements` are what the gateway signed last; they show whether the end was cut.
    """

    entries: Mapping[int, bytes]
    receipts: Mapping[int, bytes]
    acknowledgements: tuple[bytes, ...] = ()


class Proved(Struct, frozen=True):
    """What a receipt proves: the entry at an index of a log, and the head that it names."""

    index: int
    head: Checkpoint


def verify_entry(raw: bytes, trusted: Keyring) -> Payload:
    """Return what an entry says if a trusted key signed it, and the right one.

    Raises:
        MalformedError, UnknownKeyError, SignatureError: it must not be believed.
    """
    taken = envelope.parse(raw)
    entry = codec.decode_entry(taken.payload_type, taken.payload)
    key = trusted.find(taken.keyid)
    if key is None:
        raise UnknownKeyError(f"expected a trusted key, found key id {taken.keyid}")
    check(taken, key, unchecked=True)
    party, author = entry.position.author
    expected = (key.record.role, key.record.holder, key.record.epoch)
    if expected != (party, author, entry.position.epoch):
        raise UnknownKeyError(
            f"expected an entry of {expected}, whose key signed it, found one of "
            f"{(party, author, entry.position.epoch)}"
        )
    return entry


def verify_receipt(
    raw: bytes, leaf: bytes, trusted: LogKeys, policy: Policy | None = None
) -> Proved:
    """Return what a receipt proves about an entry's bytes.

    Args:
        trusted: the keys of logs.

    Raises:
        LedgerError: as `ledger.receipts.verify`.
    """
    receipt = receipts.parse(raw)
    keys = trusted.of_note(receipt.checkpoint)
    return Proved(receipt.index, receipts.verify(receipt, leaf, keys, policy, unchecked=True))


def verify_export(
    device: str, export: Export, authority: Authority, log_keys: LogKeys | None
) -> Findings:
    """Return what does not hold in a machine's export.

    Args:
        device: for the places of findings.
        authority: trusted key records, or the history of keys in the public log.
        log_keys: None: receipts are not judged, for want of a log's key.
    """
    findings = Findings()
    trusted = Keyring(authority.records())
    judge = SpanJudge(device, 0, trusted)
    for place, seq in enumerate(sorted(export.entries)):
        judge.entry(place, export.entries[seq])
        _check_name(findings, device, seq, judge)
    findings.extend(_without_index(one) for one in judge.span.findings)
    chains = Chains()
    for run in judge.span.runs:
        findings.extend(_without_index(one) for one in chains.take(device, run, authority))
    _check_authors(findings, device, judge)
    for raw in export.acknowledgements:
        _check_end(findings, device, judge, raw, trusted)
    if log_keys is not None:
        _check_receipts(findings, device, export, log_keys)
    return findings


def _check_name(findings: Findings, device: str, seq: int, judge: SpanJudge) -> None:
    """A file must hold the entry that its name says."""
    run = judge.newest
    if run is not None and run.last_seq != seq:
        findings.add(
            "export-name",
            Place(log=device, seq=seq),
            f"expected entry {seq} in the file of this name, found entry {run.last_seq}",
        )


def _check_authors(findings: Findings, device: str, judge: SpanJudge) -> None:
    chains = sorted({run.chain for run in judge.span.runs})
    if len(chains) > 1:
        findings.add(
            "export-authors",
            Place(log=device),
            f"expected the entries of one machine, found {chains}",
        )


def _check_end(
    findings: Findings, device: str, judge: SpanJudge, raw: bytes, trusted: Keyring
) -> None:
    """The gateway signed that it has all entries up to some seq: the export must have them too."""
    try:
        said = _acknowledgement(raw, trusted)
    except LedgerError as error:
        findings.add("export-ack", Place(log=device), str(error))
        return
    ends = [run for run in judge.span.runs if run.epoch == said.epoch]
    last = max((run.last_seq for run in ends), default=0)
    if said.seq > last:
        findings.add(
            "export-cut",
            Place(log=device, author=said.device, epoch=said.epoch, seq=last + 1),
            f"expected entries up to {said.seq}, which the gateway acknowledged, found {last}",
        )
    elif any(run.last_seq == said.seq and run.last_sha256 != said.head for run in ends):
        findings.add(
            "chain-fork",
            Place(log=device, author=said.device, epoch=said.epoch, seq=said.seq),
            f"expected entry {said.seq} to be {said.head}, which the gateway acknowledged",
        )


def _acknowledgement(raw: bytes, trusted: Keyring) -> Acknowledgement:
    taken = envelope.parse(raw)
    said = codec.decode_message(taken.payload_type, taken.payload)
    key = trusted.find(taken.keyid)
    if key is None or key.record.role != "gateway" or not isinstance(said, Acknowledgement):
        raise UnknownKeyError("expected an acknowledgement of a trusted gateway, found none")
    check(taken, key, unchecked=True)
    return said


def _check_receipts(findings: Findings, device: str, export: Export, log_keys: LogKeys) -> None:
    last: dict[str, tuple[int, int]] = {}
    for seq in sorted(export.receipts):
        place = Place(log=device, seq=seq)
        leaf = export.entries.get(seq)
        if leaf is None:
            findings.add("receipt-alone", place, f"expected entry {seq}, found only its receipt")
            continue
        try:
            proved = verify_receipt(export.receipts[seq], leaf, log_keys)
        except LedgerError as error:
            findings.add(f"receipt-{error.code}", place, str(error))
            continue
        before = last.get(proved.head.origin, (-1, 0))
        if proved.index <= before[0]:
            findings.add(
                "receipt-order",
                place,
                f"expected an index after {before[0]}, that of entry {before[1]}, found "
                f"{proved.index}",
            )
        last[proved.head.origin] = (proved.index, seq)


def promised(export: Export, log_keys: LogKeys) -> Iterator[Checkpoint]:
    """Yield the heads that the receipts rest on, each once; those that do not hold are left out."""
    notes_seen = set()
    for raw in export.receipts.values():
        with contextlib.suppress(LedgerError):
            note = receipts.parse(raw).checkpoint
            if note not in notes_seen:
                notes_seen.add(note)
                yield believe(note, log_keys).checkpoint


def unproved(export: Export) -> list[int]:
    """Return the seqs of entries without a receipt."""
    return sorted(export.entries.keys() - export.receipts.keys())


def _without_index(finding: Finding) -> Finding:
    """In an export there is no index of the log; the seq says where."""
    old = finding.place
    seq = old.seq if old.seq is not None else None if old.index is None else old.index + 1
    place = Place(log=old.log, author=old.author, epoch=old.epoch, seq=seq, at_ms=old.at_ms)
    return Finding(code=finding.code, place=place, detail=finding.detail)
