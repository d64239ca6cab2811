"""Evidence: what the judge looks at, read from files alone.

The trace of `seal-sim machine --trace` is B (the bus) and the truth of the plant; the export of
the device is L, that of the gateway is G; a file of what clients were shown, and one of what a
follower outside of the gateway has seen, are R. Nothing is trusted but the key records: what does
not verify stays in, with the reason.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ledger import codec, disclosure, envelope
from ledger.codec import Payload
from ledger.errors import LedgerError
from ledger.keys import KeyRing, key_id, public_bytes
from ledger.messages import Acknowledgement, KeyRecord
from ledger.records import AlertRecord
from ledger.signers import keyfile
from sim.judge import follower


class Event(Struct, frozen=True, kw_only=True):
    """One line of the trace; `at_ms` is the plant's clock."""

    at_ms: int
    kind: str
    facts: dict[str, Any] = {}


class Line(Struct, frozen=True, kw_only=True):
    """One exported entry: its number in the folder, its bytes, and what they say if they verify."""

    number: int
    raw: bytes
    payload: Payload | None
    trouble: str = ""


class Acked(Struct, frozen=True, kw_only=True):
    """The gateway has said that it holds a device's chain up to here."""

    seq: int
    head: str


class Shown(Struct, frozen=True, kw_only=True):
    """What a person was told on a screen.

    Args:
        what: `use` (an impression under the permit of the request `entry` is done), `refusal`
            (with its reason code), or `filed` (the request `entry`, by its payload hash).
    """

    what: Literal["use", "refusal", "filed"]
    reason: str = ""
    entry: str = ""


class Flag(Struct, frozen=True, kw_only=True):
    """An alert as its opening says, which holds against the entry's commitments.

    Args:
        entry: payload hash of the alert itself.
        rule, machine: what it is about.
    """

    entry: str
    rule: str
    machine: str | None


class SeenHead(Struct, frozen=True):
    """A signed head of the public log and who saw it."""

    who: str
    note: bytes


class Evidence(Struct, frozen=True, kw_only=True):
    """All that is known of one device.

    Args:
        log, township: the exports; `township` holds every author's entries, by index.
        photos: sealed hash -> the hash of the bytes that lie under that name in G.
        acked: acknowledgements that the device held or a client heard.
        receipts: seq -> the receipt that the device holds.
        heads: every head of the public log that a follower outside of the gateway has seen.
        flags: the alerts whose openings the gateway keeps, opened.
        log_key: the key record of the public log's key.
        settled: faults ended long enough ago that all must be delivered by now.
    """

    device: str
    trace: tuple[Event, ...]
    log: tuple[Line, ...]
    township: tuple[Line, ...]
    photos: dict[str, str]
    acked: tuple[Acked, ...] = ()
    receipts: dict[int, bytes] = {}
    heads: tuple[SeenHead, ...] = ()
    flags: tuple[Flag, ...] = ()
    log_key: KeyRecord | None = None
    shown: tuple[Shown, ...] = ()
    genesis: str = ""
    settled: bool = False

    @property
    def entries(self) -> list[Payload]:
        """What the device's log says, as far as it verifies."""
        return [line.payload for line in self.log if line.payload is not None]

    @property
    def delivered(self) -> list[Line]:
        """The device's entries in G, in G's order."""
        return [
            line
            for line in self.township
            if line.payload is not None and line.payload.position.device == self.device
        ]

    @property
    def issued(self) -> list[Payload]:
        """The gateway's own entries."""
        return [
            line.payload
            for line in self.township
            if line.payload is not None and line.payload.position.gateway is not None
        ]


class Township(Struct, frozen=True, kw_only=True):
    """G and what was seen of it, read once for all machines.

    Args:
        photos: sealed hash -> the hash of the bytes that lie under that name.
        seen: what a follower saw, as far as it was written when G was exported.
    """

    records: tuple[KeyRecord, ...]
    entries: tuple[Line, ...]
    photos: dict[str, str]
    seen: tuple[follower.Seen, ...] = ()
    flags: tuple[Flag, ...] = ()


def read_township(
    folder: Path, *, seen: Path | None = None, openings: Path | None = None
) -> Township:
    """Read the gateway's export.

    Args:
        seen: what a follower wrote (`sim.judge.follower`), read before the export.
        openings: folder of alerts' openings, `<payload hash>.json`, as the gateway keeps them.

    Raises:
        OSError, msgspec.DecodeError: the files are not what they should be.
    """
    records = _key_records(folder / "keys")
    entries = tuple(_lines(folder / "entries", _ring(records)))
    return Township(
        records=tuple(records),
        entries=entries,
        photos={
            path.name.removesuffix(".age"): codec.sha256(path.read_bytes())
            for path in sorted((folder / "photos").glob("*.age"))
        },
        seen=follower.read(seen) if seen is not None and seen.exists() else (),
        flags=tuple(_flags(entries, openings)) if openings is not None else (),
    )


def read(
    device: str,
    trace: Path | None,
    log: Path,
    township: Township,
    shown: Path | None = None,
    *,
    settled: bool = False,
) -> Evidence:
    """Read all evidence of one device.

    Args:
        trace: the machine's trace, None for one that has no lock.
        log: export folder of the device.
        shown: JSON lines of `Shown`, if anybody kept them.

    Raises:
        OSError, msgspec.DecodeError: the files are not what they should be.
    """
    records = list(dict.fromkeys((*_key_records(log / "keys"), *township.records)))
    ring = _ring(records)
    return Evidence(
        device=device,
        trace=() if trace is None else read_trace(trace),
        log=tuple(_lines(log / "entries", ring)),
        township=township.entries,
        photos=township.photos,
        acked=tuple(_acked(_answers(log / "acks", device, township.seen), ring, device)),
        receipts=_receipts(log / "receipts"),
        heads=tuple(_heads(township.seen)),
        flags=township.flags,
        log_key=next((one for one in records if one.role == "log"), None),
        shown=tuple(_shown(shown)) if shown is not None and shown.exists() else (),
        genesis=_genesis(ring, device),
        settled=settled,
    )


def read_trace(path: Path) -> tuple[Event, ...]:
    """Return the events of a trace; a last line that a kill cut short is left out."""
    events = []
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            facts = msgspec.json.decode(line)
            events.append(Event(at_ms=facts["at_ms"], kind=facts["kind"], facts=facts))
    return tuple(events)


def _key_records(*folders: Path) -> list[KeyRecord]:
    found: dict[bytes, KeyRecord] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            record = keyfile.read_record(path)
            found.setdefault(codec.encode_message(record), record)
    return list(found.values())


def _ring(records: list[KeyRecord]) -> KeyRing:
    return KeyRing(records, records[0].domain if records else "sim")


def _genesis(ring: KeyRing, device: str) -> str:
    """Return the hash of the device's key record, which its first entry must name."""
    record = ring.of(device, "device")
    return "" if record is None else codec.sha256(codec.encode_message(record))


def _lines(folder: Path, ring: KeyRing) -> Iterable[Line]:
    for path in sorted(folder.glob("*.dsse")):
        raw = path.read_bytes()
        payload, trouble = None, ""
        try:
            taken, record = envelope.verify(raw, ring)
            payload = codec.decode_entry(taken.payload_type, taken.payload)
            author = payload.position.author
            if author != (record.role, record.holder):
                trouble = f"an entry of {author[1]} under the key of {record.holder}"
            assert taken.keyid == key_id(public_bytes(record))
        except LedgerError as error:
            trouble = str(error)
        yield Line(number=int(path.stem), raw=raw, payload=payload, trouble=trouble)


def _receipts(folder: Path) -> dict[int, bytes]:
    paths = sorted(folder.glob("*.tlog-proof"))
    return {int(path.name.partition(".")[0]): path.read_bytes() for path in paths}


def _heads(seen: Iterable[follower.Seen]) -> Iterable[SeenHead]:
    for one in seen:
        if one.what in ("published", "told"):
            yield SeenHead(one.who, one.raw)


def _answers(folder: Path, device: str, seen: Iterable[follower.Seen]) -> Iterable[bytes]:
    """Yield every acknowledgement: what the device kept, and what was heard beside it."""
    yield from (path.read_bytes() for path in folder.glob("*.dsse"))
    yield from (one.raw for one in seen if (one.what, one.who) == ("acknowledged", device))


def _acked(answers: Iterable[bytes], ring: KeyRing, device: str) -> Iterable[Acked]:
    for raw in answers:
        taken, _ = envelope.verify(raw, ring)
        said = codec.decode_message(taken.payload_type, taken.payload)
        if isinstance(said, Acknowledgement) and said.device == device:
            yield Acked(seq=said.seq, head=said.head)


def _flags(township: Iterable[Line], openings: Path) -> Iterable[Flag]:
    """Yield every alert whose opening opens exactly what the entry commits to."""
    for line in township:
        if line.payload is None or not isinstance(line.payload.body, AlertRecord):
            continue
        path = openings / f"{line.payload.sha256}.json"
        if not path.exists():
            continue
        with contextlib.suppress(LedgerError):  # what does not hold flags nothing
            values = disclosure.check(path.read_bytes(), line.payload.body, line.payload.sha256)
            about = values.get("about") or {}
            yield Flag(
                entry=line.payload.sha256,
                rule=str(about.get("rule")),
                machine=about.get("machine"),
            )


def _shown(path: Path) -> Iterable[Shown]:
    for line in path.read_bytes().splitlines():
        yield msgspec.json.decode(line, type=Shown)
