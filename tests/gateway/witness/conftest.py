"""A log that signs what it is told to, and a witness that watches it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.witness.config import Watched
from gateway.witness.cosigner import Cosigner
from gateway.witness.memory import Memory
from ledger import checkpoint, growth, notes, proofs
from ledger.checkpoint import Checkpoint
from ledger.growth import Growth
from ledger.logterms import Named
from ledger.notes import NoteKey
from ledger.signers import keyfile
from ledger.tree import MemoryHashes, leaf_hash

NAME = "seal.xiaoshan.example/330109000000/330109110000"
ORIGIN = f"{NAME}/2026"
WITNESS = "witness.xiaoshan.example/county"


class Log:
    """A township's log with a key of its own, which can also lie."""

    def __init__(
        self, folder: Path, origin: str = ORIGIN, kind: keyfile.Kind = keyfile.ED25519
    ) -> None:
        folder.mkdir(exist_ok=True)
        record = folder / "log.json"
        if not record.exists():
            keyfile.create(
                folder / "log.key",
                record,
                kind,
                holder="gw-1",
                role="log",
                township="330109110000",
                domain="sim",
                epoch=1,
            )
        self.record_path, self.origin = record, origin
        self.signer = keyfile.load(folder / "log.key", record)
        self.hashes = MemoryHashes()

    def grow(self, count: int, word: str = "entry") -> None:
        """Append leaves."""
        size = self.hashes.frontier.size
        self.hashes.extend(leaf_hash(f"{word} {size + at}".encode()) for at in range(count))

    def note(self) -> bytes:
        """Return the signed head."""
        frontier = self.hashes.frontier
        head = Checkpoint(self.origin, frontier.size, frontier.root())
        return checkpoint.sign(head, self.signer)

    def request(self, old: int, path: tuple[bytes, ...] | None = None) -> bytes:
        """Return the body of add-checkpoint from a size to the newest head."""
        size = self.hashes.frontier.size
        if path is None:
            path = proofs.prove_consistency(old, size, self.hashes) if old <= size else ()
        return growth.encode(Growth(old, path, self.note()))


class Watcher:
    """A witness with key and memory; `at_s` is its clock, `named` what its monitor learned."""

    def __init__(self, folder: Path, log: Log, kind: keyfile.Kind = keyfile.ED25519) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.at_s = folder, 1_790_000_000
        fields = {"holder": "county", "township": "330109000000", "domain": "sim", "epoch": 1}
        keyfile.create(folder / "w.key", folder / "w.json", kind, role="witness", **fields)
        self.signer = keyfile.load(folder / "w.key", folder / "w.json")
        self.key = notes.cosigner_of(self.signer.record, WITNESS)
        self.watched = Watched({NAME: (log.signer.record,)})
        self.named: tuple[Named, ...] = ()
        self.restart()

    def restart(self) -> None:
        """Begin anew with what lies on the disk."""
        self.memory = Memory(self.folder / "state", self.key)
        self.cosigner = Cosigner(
            WITNESS, self.signer, self.watched, self.memory, lambda: self.at_s, lambda _: self.named
        )

    def ask(self, raw: bytes) -> tuple[int, bytes]:
        """Return status and body."""
        answer = self.cosigner.add_checkpoint(raw)
        return answer.status, answer.body


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log")


@pytest.fixture
def watcher(tmp_path: Path, log: Log) -> Watcher:
    return Watcher(tmp_path / "witness", log)


@pytest.fixture
def make_log() -> Callable[..., Log]:
    return Log


@pytest.fixture
def make_watcher() -> Callable[..., Watcher]:
    return Watcher


@pytest.fixture
def names_cosigner() -> Callable[[bytes, bytes, NoteKey], bool]:
    """Return what tells whether an answer makes a note one that this witness cosigned."""

    def check(note: bytes, answer: bytes, key: NoteKey) -> bool:
        raw = checkpoint.add_cosignatures(note, answer, (key,))
        return [one.key for one in checkpoint.verify_cosignatures(raw, (key,))] == [key]

    return check


@pytest.fixture
def write_witness() -> Callable[[Path, Log], Path]:
    """Return what writes a witness's key and configuration into a folder."""

    def write(folder: Path, log: Log) -> Path:
        folder.mkdir(exist_ok=True)
        fields = {"holder": "county", "township": "330109000000", "domain": "sim", "epoch": 1}
        keyfile.create(folder / "w.key", folder / "w.json", role="witness", **fields)
        path = folder / "witness.toml"
        path.write_text(
            f"""name = "{WITNESS}"
domain = "sim"
state = "state"
signer = "w.key"
signer_record = "w.json"
port = 0

[monitor]
enabled = false

[[logs]]
name = "{NAME}"
records = ["{log.record_path}"]
""",
            encoding="utf-8",
        )
        return path

    return write
