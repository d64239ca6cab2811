"""A public log made up of true signatures: for measuring the verifier and for testing it.

Machines and gateway sign as they do in the field: request, approval, permit, intent, use.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import chain, checkpoint, codec, envelope, notes, records, tiles
from ledger.chain import Head
from ledger.checkpoint import Checkpoint
from ledger.messages import KeyRecord
from ledger.notes import NoteKey, SignatureType
from ledger.records import Record
from ledger.signers.keyfile import KeyFileSigner
from ledger.tiles import WIDTH
from ledger.tree import MemoryHashes, leaf_hash

TOWNSHIP = "420625103000"
DOMAIN = "seal.gucheng.example"
BEGIN_MS = 1_793_000_000_000  # 2026-10-26, 10:13 in Shanghai
STEP_MS = 1000
DAY_MS = 24 * 3600 * 1000
SEAL = "s-committee"
ENTRIES_OF_A_STAMP = 6


def make_signer(holder: str, role: str, seed: int, epoch: int = 1) -> KeyFileSigner:
    """Return the signer whose private key is 32 bytes of a number: always the same bytes."""
    key = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
    record = KeyRecord(
        alg="ed25519",
        public_key=base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        holder=holder,
        role=role,  # type: ignore[arg-type]
        township=TOWNSHIP,
        epoch=epoch,
        domain="sim",
    )
    return KeyFileSigner(key, record)


def origin(year: int = 2026) -> str:
    """Return the name of the township's log of a year."""
    return checkpoint.origin(DOMAIN, "420625000000", TOWNSHIP, year)


class Author:
    """A machine or the gateway: signs entries of its own chain."""

    def __init__(self, signer: KeyFileSigner) -> None:
        record = signer.record
        self.signer, self.name = signer, record.holder
        self.head = Head(
            party="device" if record.role == "device" else "gateway",
            author=record.holder,
            epoch=record.epoch,
            seq=0,
            sha256=signer.record_sha256,
        )

    def sign(self, body: Record, at_ms: int, mark: int | None = None) -> bytes:
        """Return the envelope of the next entry; it is this author's newest from here on."""
        position = chain.follow(self.head, 1, at_ms, mark)
        type_text, payload = codec.payload_type(body.kind), codec.encode_entry(position, body)
        self.head = Head(
            party=self.head.party,
            author=self.head.author,
            epoch=self.head.epoch,
            seq=position.seq,
            sha256=codec.sha256(payload),
            at_ms=position.at_ms,
        )
        return envelope.sign(type_text, payload, self.signer)


class Township:
    """One township's entries as they come; `entries` is the log so far."""

    def __init__(self, machines: int = 2) -> None:
        self.gateway = Author(make_signer("gw-420625103", "gateway", 1))
        self.machines = [
            Author(make_signer(f"m-{number}", "device", 100 + number))
            for number in range(1, machines + 1)
        ]
        self.log_signer = make_signer("gw-420625103", "log", 2)
        self.entries: list[bytes] = []
        self.now_ms = BEGIN_MS
        self._permits = itertools.count(1)

    @property
    def records(self) -> tuple[bytes, ...]:
        """Every key record, as bytes."""
        authors = (self.gateway, *self.machines)
        signers = [*(author.signer for author in authors), self.log_signer]
        return tuple(codec.encode_message(signer.record) for signer in signers)

    def add(self, author: Author, body: Record) -> str:
        """Append an entry and return the hash of its payload."""
        self.now_ms += STEP_MS
        is_machine = author is not self.gateway
        mark = self.now_ms - STEP_MS if is_machine else None
        self.entries.append(author.sign(body, self.now_ms, mark))
        return author.head.sha256

    def beat(self, machine: Author) -> str:
        """Append a heartbeat."""
        body = records.Heartbeat(
            state="idle", strokes={SEAL: 41}, impressions=3, waiting=0, free_mb=8000, alarms=()
        )
        return self.add(machine, body)

    def permit(self, machine: Author, impressions: int = 1) -> str:
        """Append a request, its approval and a permit; return the permit's name."""
        h = "a" * 64
        request = self.add(
            machine,
            records.SealRequest(
                seal=SEAL, matter="CM-09", list_version=3, copies=impressions, pages_count=1,
                filed_by="c-wang", applicant_commitment=h, applicant_masked_commitment=h,
                purpose_commitment=h, payee_commitment=h, amount_commitment=h, pages_commitment=h,
            ),
        )  # fmt: skip
        approval = self.add(
            self.gateway,
            records.Approval(
                request=request, approver="a-li", office="approver", decision="approve",
                evidence="password-session", note_commitment=h,
            ),
        )  # fmt: skip
        name = f"p-{next(self._permits)}"
        self.add(
            self.gateway,
            records.Permit(
                permit=name, scope="document", machine=machine.name, seal=SEAL, matter="CM-09",
                list_version=3, impressions=impressions, not_before_ms=None,
                not_after_ms=self.now_ms + 30 * DAY_MS, request=request, approvals=(approval,),
            ),
        )  # fmt: skip
        return name

    def intent(self, machine: Author, permit: str, n: int = 1, of: int = 1) -> str:
        """Append the intent to make one impression."""
        body = records.Intent(
            permit=permit, n=n, of=of, seal=SEAL, page="c" * 64, operator="c-wang",
            counter_before=41, controller="B",
        )  # fmt: skip
        return self.add(machine, body)

    def use(self, machine: Author, permit: str, n: int = 1, of: int = 1) -> str:
        """Append an intent and the impression that was made."""
        intent = self.intent(machine, permit, n, of)
        photo = records.PhotoRef(
            sha256="d" * 64, size=182000, sealed_sha256="e" * 64, sealed_size=182300
        )
        body = records.SealUse(
            permit=permit, intent=intent, n=n, of=of, seal=SEAL, matter="CM-09", before=photo,
            after=photo, counter_before=41, counter_after=42, findings=("page-same",),
            operator="c-wang", flags=("offline",), controller="B",
        )  # fmt: skip
        return self.add(machine, body)

    def stamp(self, machine: Author) -> None:
        """Append all entries of one stamp: request to use, and a heartbeat."""
        self.use(machine, self.permit(machine))
        self.beat(machine)

    def fill(self, size: int) -> Township:
        """Append stamps of all machines in turn, then heartbeats, up to `size` entries."""
        machines = itertools.cycle(self.machines)
        while len(self.entries) + ENTRIES_OF_A_STAMP <= size:
            self.stamp(next(machines))
        while len(self.entries) < size:
            self.beat(next(machines))
        return self

    def publish(self, folder: Path, year: int = 2026) -> bytes:
        """Write the public files of the entries and return the checkpoint."""
        write_keys(folder, self.records)
        return publish(folder / str(year), self.entries, origin(year), self.log_signer)


def write_keys(folder: Path, key_records: Iterable[bytes]) -> None:
    """Write key records into the folder `keys`."""
    (folder / "keys").mkdir(parents=True, exist_ok=True)
    names = []
    for data in key_records:
        names.append(f"{codec.sha256(data)[:12]}.json")
        (folder / "keys" / names[-1]).write_bytes(data)
    (folder / "keys" / "index").write_text("".join(f"{name}\n" for name in sorted(names)))


def publish(folder: Path, entries: Sequence[bytes], name: str, signer: KeyFileSigner) -> bytes:
    """Write one log as C2SP files and return its checkpoint."""
    for path, data in public_files(entries):
        write(folder / path, data)
    hashes = MemoryHashes(map(leaf_hash, entries))
    head = Checkpoint(name, len(entries), hashes.frontier.root())
    note = checkpoint.sign(head, signer)
    write(folder / "log.vkey", f"{vkey(signer, name).vkey}\n".encode())
    write(folder / "checkpoint", note)
    return note


def public_files(entries: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield every tile and bundle of a log."""
    hashes = MemoryHashes(map(leaf_hash, entries))
    for tile in tiles.tiles_between(0, len(entries)):
        yield tile.path, tiles.tile_bytes(tile, hashes)
    for bundle in tiles.bundles_between(0, len(entries)):
        first = bundle.index * WIDTH
        yield bundle.path, tiles.encode_bundle(entries[first : first + bundle.width])


def vkey(signer: KeyFileSigner, name: str) -> NoteKey:
    """Return the verifier key of a log."""
    return notes.key_of(signer.record, name, SignatureType.ED25519)


def write(path: Path, data: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
