"""The books of a township: do press, device log and gateway say the same, to the last impression?

Judged from outside: the machine's own count of presses, the device's exported files with every
signature and link of the chain verified here, and the gateway's answers to an auditor.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, ClassVar

from msgspec import Struct

from ledger import chain, checkpoint, codec, envelope, notes, receipts
from ledger.codec import Payload
from ledger.errors import LedgerError
from ledger.keys import KeyRing
from ledger.notes import NoteKey, SignatureType
from ledger.receipts import Receipt
from ledger.records import Incident, SealUse
from ledger.signers import keyfile
from sim.approver import Staff
from sim.errors import SimError


class BooksError(SimError):
    """Two books differ."""

    code: ClassVar[str] = "books"
    hint: ClassVar[str] = "Compare the exported entries of machine and gateway."


class Books(Struct, frozen=True, kw_only=True):
    """What was found for one machine; all counts are of impressions.

    Args:
        presses: how often the press met the tray, by the machine itself.
        uses: `SealUse` entries in the device's log.
        counted: of its incidents, as proved or as a named person counted them.
        stored: uses and counts in the gateway's store.
        entries: of the device, all of them byte for byte at the gateway, too.
    """

    machine: str
    presses: int
    uses: int
    counted: int
    stored: int
    entries: int


def compare(machine: str, profile: str, presses: int, exported: Path, auditor: Staff) -> Books:
    """Return the books of one machine if they agree.

    Args:
        exported: what `seal-device export` wrote.

    Raises:
        BooksError: they differ, or an exported entry does not verify.
    """
    log = read_log(machine, exported)
    at_gateway = auditor.entries(machine)
    _expect(machine, "entries at the gateway", _own(at_gateway, machine), _raw(exported))
    held = auditor.ask("/api/v1/holds?open_only=false")
    released = {one["hold"]: one["counted"] for one in held}
    uses = [one for one in log if isinstance(one.body, SealUse)]
    counted = sum(_count(one, released) for one in log if isinstance(one.body, Incident))
    _expect(machine, "impressions in its log", len(uses) + counted, presses)
    stored = sum(one["kind"] == "use" for one in at_gateway)
    stored += sum(one["body"]["impressions"] for one in at_gateway if one["kind"] == "hold-release")
    stored += sum(_exact(one["body"]) for one in at_gateway if one["kind"] == "incident")
    _expect(machine, "impressions at the gateway", stored, presses)
    if profile == "B" and uses:
        last = max(one.body.counter_after for one in uses if isinstance(one.body, SealUse))
        _expect(machine, "the stroke counter in its newest use", last, presses)
    return Books(
        machine=machine,
        presses=presses,
        uses=len(uses),
        counted=counted,
        stored=stored,
        entries=len(log),
    )


def read_log(machine: str, exported: Path) -> list[Payload]:
    """Return a device's entries from its exported files, signatures and chain verified.

    Raises:
        BooksError: an entry does not verify, or the chain has a gap.
    """
    try:
        ring = keyfile.read_ring(exported / "keys", "sim")
        head = _beginning(machine, ring)
        entries = []
        for raw in _raw(exported):
            taken, record = envelope.verify(raw, ring)
            if record.holder != machine:
                raise BooksError(f"entries of {machine} alone", f"one of {record.holder}")
            entries.append(codec.decode_entry(taken.payload_type, taken.payload))
            head = chain.advance(head, entries[-1])
    except LedgerError as error:
        raise BooksError(f"a log of {machine} that verifies", str(error)) from error
    return entries


def prove(machine: str, exported: Path) -> int:
    """Verify the receipt of every exported entry with public keys alone; return how many.

    Raises:
        BooksError: an entry has none, or one does not hold.
    """
    try:
        ring = keyfile.read_ring(exported / "keys", "sim")
        for entry in sorted((exported / "entries").glob("*.dsse")):
            path = exported / "receipts" / f"{entry.stem}{receipts.SUFFIX}"
            receipt = receipts.parse(path.read_bytes())
            receipts.verify(receipt, entry.read_bytes(), _log_keys(receipt, ring))
    except (LedgerError, OSError) as error:
        raise BooksError(
            f"a receipt that holds for every entry of {machine}", str(error)
        ) from error
    return len(_raw(exported))


def pending(machine: str, exported: Path, auditor: Staff) -> str:
    """Return what of a machine is still under way, in words; "" if nothing is."""
    count = len(_raw(exported))
    acks = sorted((exported / "acks").glob("*.dsse"))
    acknowledged = int(acks[-1].stem) if acks else 0
    if acknowledged < count:
        return f"{machine}: {count - acknowledged} entries not acknowledged"
    proved = len(list((exported / "receipts").glob(f"*{receipts.SUFFIX}")))
    if proved < count:
        return f"{machine}: {count - proved} entries without receipt"
    view = auditor.ask(f"/api/v1/machines/{machine}")
    if view["photos_pending"] or view["gap"] or view["holds"]:
        return f"{machine}: {view['photos_pending']} photos, gap {view['gap']}, {view['holds']}"
    return ""


def verify_uses(machine: str, auditor: Staff) -> int:
    """Climb the gateway's verification ladder for every use; return how many there are.

    Raises:
        BooksError: a rung does not hold.
    """
    uses = [one for one in auditor.entries(machine) if one["kind"] == "use"]
    for use in uses:
        ladder = auditor.ask(f"/api/v1/entries/{use['index']}/ladder")
        bad = [rung for rung in ladder["rungs"] if rung["result"] == "bad"]
        photos = [rung for rung in ladder["rungs"] if rung["step"] == "photo"]
        if bad or not photos or any(rung["result"] == "none" for rung in photos):
            raise BooksError(f"every rung of entry {use['index']} to hold", str(bad or photos))
    return len(uses)


def _expect(machine: str, what: str, found: object, wanted: object) -> None:
    if found != wanted:
        if isinstance(found, list) and isinstance(wanted, list):
            found, wanted = len(found), f"the same {len(wanted)} entries, byte for byte"
        raise BooksError(f"{machine}: {what}: {wanted}", str(found))


def _beginning(machine: str, ring: KeyRing) -> chain.Head:
    record = ring.of(machine, "device")
    if record is None:
        raise BooksError(f"a key record of {machine} in the export", "none")
    sha256 = codec.sha256(codec.encode_message(record))
    return chain.Head(party="device", author=machine, epoch=record.epoch, seq=0, sha256=sha256)


def _log_keys(receipt: Receipt, ring: KeyRing) -> list[NoteKey]:
    """Return the log keys that we trust, under the name that the head in a receipt has."""
    origin = checkpoint.parse(notes.parse(receipt.checkpoint).text).origin
    return [
        notes.key_of(record, origin, SignatureType.ED25519)
        for record in ring.records()
        if record.role == "log"
    ]


def _raw(exported: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((exported / "entries").glob("*.dsse"))]


def _own(entries: list[dict[str, Any]], machine: str) -> list[bytes]:
    """Return the envelopes that the machine itself signed, in the order of its chain."""
    own = [one for one in entries if (one["party"], one["author"]) == ("device", machine)]
    own.sort(key=lambda one: int(one["position"]["seq"]))
    return [base64.b64decode(one["envelope"]) for one in own]


def _count(entry: Payload, released: dict[str, int | None]) -> int:
    body = entry.body
    assert isinstance(body, Incident)
    counted = released.get(entry.sha256)
    if counted is not None:
        return counted
    if body.impressions_min != body.impressions_max:
        raise BooksError(f"incident {entry.sha256[:8]} counted", "nobody has counted it yet")
    return body.impressions_max


def _exact(incident: dict[str, Any]) -> int:
    """Return the impressions of an incident that nobody had to count."""
    return 0 if incident["held"] else int(incident["impressions_max"])
