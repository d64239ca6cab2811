"""Evidence: what the judge looks at, read from files alone.

The trace of `seal-sim machine --trace` is B (the bus) and the truth of the plant; the export of
the device is L, that of the gateway is G, and a file of what clients were shown is R. Nothing
is trusted but the key records: what does not verify stays in, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ledger import codec, envelope
from ledger.codec import Payload
from ledger.errors import LedgerError
from ledger.keys import KeyRing, key_id, public_bytes
from ledger.messages import Acknowledgement, KeyRecord
from ledger.signers import keyfile


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


class Evidence(Struct, frozen=True, kw_only=True):
    """All that is known of one device.

    Args:
        log, township: the exports; `township` holds every author's entries, by index.
        photos: sealed hash -> the hash of the bytes that lie under that name in G.
        acked: acknowledgements that the device held or a client heard.
        settled: faults ended long enough ago that all must be delivered by now.
    """

    device: str
    trace: tuple[Event, ...]
    log: tuple[Line, ...]
    township: tuple[Line, ...]
    photos: dict[str, str]
    acked: tuple[Acked, ...] = ()
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


def read(
    device: str,
    trace: Path,
    log: Path,
    township: Path,
    shown: Path | None = None,
    *,
    settled: bool = False,
) -> Evidence:
    """Read all evidence of one device.

    Args:
        trace: the machine's trace; log, township: export folders of device and gateway.
        shown: JSON lines of `Shown`, if anybody kept them.

    Raises:
        OSError, msgspec.DecodeError: the files are not what they should be.
    """
    records = _key_records(log / "keys", township / "keys")
    ring = KeyRing(records, records[0].domain if records else "sim")
    return Evidence(
        device=device,
        trace=read_trace(trace),
        log=tuple(_lines(log / "entries", ring)),
        township=tuple(_lines(township / "entries", ring)),
        photos={
            path.name.removesuffix(".age"): codec.sha256(path.read_bytes())
            for path in sorted((township / "photos").glob("*.age"))
        },
        acked=tuple(_acked((log / "acks").glob("*.dsse"), ring, device)),
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


def _acked(paths: Iterable[Path], ring: KeyRing, device: str) -> Iterable[Acked]:
    for path in paths:
        taken, _ = envelope.verify(path.read_bytes(), ring)
        said = codec.decode_message(taken.payload_type, taken.payload)
        if isinstance(said, Acknowledgement) and said.device == device:
            yield Acked(seq=said.seq, head=said.head)


def _shown(path: Path) -> Iterable[Shown]:
    for line in path.read_bytes().splitlines():
        yield msgspec.json.decode(line, type=Shown)
