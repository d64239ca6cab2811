"""Foreign tools judge what we write: Go's packages note and tlog, and securesystemslib's DSSE."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key, SSlibKey  # type: ignore[attr-defined]  # no __all__

from ledger import checkpoint, envelope, keys, notes, proofs, tiles, tree
from ledger.checkpoint import Checkpoint
from ledger.errors import SignatureError
from ledger.notes import SignatureType
from ledger.signers.keyfile import KeyFileSigner
from ledger.tree import MemoryHashes

ORIGIN = "seal.example/420625000000/420625103000/2026"
GO_SOURCE = Path(__file__).parent / "go" / "foreign.go"
GO_PATH = Path("/usr/share/gocode")  # where Debian puts Go packages
RECORDS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "records.json").read_text(encoding="utf-8")
)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the Go program; skipped where Debian's Go or its packages are not installed."""
    if shutil.which("go") is None:
        pytest.skip("needs golang-go")
    if not (GO_PATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("needs golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GO111MODULE": "off",
        "GOPATH": str(GO_PATH),
        "GOCACHE": str(folder / "cache"),
        "CGO_ENABLED": "0",
    }
    program = folder / "foreign"
    command = ["go", "build", "-o", str(program), str(GO_SOURCE)]
    subprocess.run(command, env=environment, check=True, capture_output=True)

    def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [str(program), *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False)

    return run


def b64(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]


@pytest.fixture
def publish(gateway: KeyFileSigner, tmp_path: Path) -> Callable[[int], Path]:
    """Write a public log of so many entries, with proofs, into a folder."""

    def build(size: int) -> Path:
        entries = [f"entry {at} ".encode() * (at % 7) for at in range(size)]
        memory = MemoryHashes(map(tree.leaf_hash, entries))
        files = {tile.path: tiles.tile_bytes(tile, memory) for tile in tiles.tiles_between(0, size)}
        for bundle in tiles.bundles_between(0, size):
            start = bundle.index * tiles.WIDTH
            part = entries[start : start + bundle.width]
            files[bundle.path] = tiles.encode_bundle(part)
        files["checkpoint"] = checkpoint.sign(
            Checkpoint(ORIGIN, size, tree.root(size, memory)), gateway
        )
        files["vkey"] = notes.key_of(gateway.record, ORIGIN, SignatureType.ED25519).vkey.encode()
        files["proofs.json"] = json.dumps(proofs_of(size, memory)).encode()
        for name, data in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return tmp_path

    return build


def proofs_of(size: int, memory: MemoryHashes) -> dict[str, Any]:
    step = max(1, size // 60)
    return {
        "inclusion": [
            {"index": at, "path": b64(proofs.prove_inclusion(at, size, memory))}
            for at in range(0, size, step)
        ],
        "consistency": [
            {
                "old": old,
                "root": b64([tree.root(old, memory)])[0],
                "path": b64(proofs.prove_consistency(old, size, memory)),
            }
            for old in range(1, size + 1, step)
        ],
    }


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 1_000, 66_000])
def test_go_verifies_our_log(go: Run, publish: Callable[[int], Path], size: int) -> None:
    folder = publish(size)

    result = go("check", str(folder))

    assert (result.stderr, result.returncode) == ("", 0)
    paths = len(range(0, size, max(1, size // 60)))
    assert result.stdout == f"{size} entries, {paths} paths, {paths} growths\n"


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "at", "message"),
    [
        ("checkpoint", 44, "invalid signature"),
        ("tile/0/000", 100, "tile/0/000 is not the tile"),
        ("tile/0/001.p/44", 0, "tile/0/001.p/44 is not the tile"),
        ("tile/1/000.p/1", 31, "tile/1/000.p/1 is not the tile"),
        ("tile/entries/000", 40, "the entries lead to the root"),
    ],
)
def test_go_refuses_our_log_when_one_bit_differs(
    go: Run, publish: Callable[[int], Path], name: str, at: int, message: str
) -> None:
    folder = publish(300)
    flip(folder / name, at)

    result = go("check", str(folder))

    assert message in result.stderr
    assert result.returncode == 1


@pytest.mark.slow
def test_go_ignores_the_cosignature_of_a_witness(
    go: Run, publish: Callable[[int], Path], gateway: KeyFileSigner, device: KeyFileSigner
) -> None:
    folder = publish(10)
    raw = (folder / "checkpoint").read_bytes()
    head = checkpoint.verify(raw, [notes.parse_vkey((folder / "vkey").read_text())])
    (folder / "checkpoint").write_bytes(
        raw + checkpoint.cosign(head, "witness.example", device, 1_000)
    )

    result = go("check", str(folder))

    assert (result.stderr, result.returncode) == ("", 0)


@pytest.mark.slow
def test_we_verify_a_note_that_go_signed(go: Run) -> None:
    text = "a note of Go\n\nabout 印章\n"

    vkey, _, signed = go("sign", "go.example/log", text=text).stdout.partition("\n")

    note = notes.parse(signed.encode())
    assert note.text == text
    assert [one.key.vkey for one in notes.verify(note, [notes.parse_vkey(vkey)])] == [vkey]
    with pytest.raises(SignatureError):
        changed = notes.parse(signed.replace("a note", "a goat").encode())
        notes.verify(changed, [notes.parse_vkey(vkey)])


def foreign_key(signer: KeyFileSigner) -> Key:
    point = keys.public_bytes(signer.record).hex()
    return SSlibKey(signer.keyid, "ed25519", "ed25519", {"public": point})


def test_securesystemslib_verifies_every_envelope(
    device: KeyFileSigner, gateway: KeyFileSigner
) -> None:
    known = [foreign_key(device), foreign_key(gateway)]

    for row in RECORDS["good"]:
        foreign = Envelope.from_dict(json.loads(row["envelope"]))
        accepted = foreign.verify(known, 1)
        assert foreign.payload == row["payload"].encode()
        assert foreign.pae() == envelope.pae(foreign.payload_type, foreign.payload)
        assert len(accepted) == 1


def test_securesystemslib_refuses_an_envelope_of_another_payload(device: KeyFileSigner) -> None:
    fields = json.loads(envelope.sign("type", b"payload", device))
    fields["payload"] = base64.b64encode(b"Payload").decode()

    with pytest.raises(VerificationError):
        Envelope.from_dict(fields).verify([foreign_key(device)], 1)
