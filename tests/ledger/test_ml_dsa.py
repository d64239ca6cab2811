"""ML-DSA-44 cosignatures: the message of the specification, quorums, and what is refused."""

from __future__ import annotations

import base64
import random
import struct
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from bench.public_log import make_signer
from ledger import algorithms, checkpoint, codec, cosigned, mldsa, notes, policy
from ledger.checkpoint import Checkpoint
from ledger.errors import (
    LedgerError,
    MalformedError,
    MissingExtraError,
    PolicyError,
    QuorumError,
    SignatureError,
    UnknownKeyError,
)
from ledger.keys import KeyRing
from ledger.notes import Note, NoteKey, SignatureType
from ledger.signers import keyfile
from ledger.signers.keyfile import KeyFileSigner, Kind

SEED = 20_261  # chooses the bits

ORIGIN = "seal.example/420625000000/420625103000/2026"
NAME = "county.example/witness"
HEAD = Checkpoint(ORIGIN, 200, bytes(range(32)))
AT_S = 1_790_000_000
HOLDER = {"township": "420625103000", "epoch": 1, "domain": "sim"}
SIGNATURE_AT = 8  # bytes of time come first


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> KeyFileSigner:
    """A witness with an ML-DSA-44 key."""
    folder = tmp_path_factory.mktemp("witness")
    paths = folder / "w.key", folder / "w.json"
    keyfile.create(*paths, Kind("ml-dsa-44"), holder="county", role="witness", **HOLDER)
    return keyfile.load(*paths)


@pytest.fixture(scope="module")
def key(witness: KeyFileSigner) -> NoteKey:
    """Its key for cosignatures."""
    return notes.cosigner_of(witness.record, NAME)


@pytest.fixture(scope="module")
def log() -> KeyFileSigner:
    """The township's log."""
    return make_signer("gw-1", "log", 2)


@pytest.fixture(scope="module")
def note(log: KeyFileSigner) -> bytes:
    """Its signed head."""
    return checkpoint.sign(HEAD, log)


@pytest.fixture(scope="module")
def signed(note: bytes, witness: KeyFileSigner) -> bytes:
    """The head with the cosignature."""
    return note + checkpoint.cosign(HEAD, NAME, witness, AT_S)


def test_the_message_is_the_structure_of_the_specification() -> None:
    expected = (
        b"subtree/v1\n\x00"
        + struct.pack(">B22s", 22, b"county.example/witness")
        + struct.pack(">Q", AT_S)
        + struct.pack(">B43s", 43, ORIGIN.encode())
        + struct.pack(">QQ", 0, 200)
        + bytes(range(32))
    )

    found = cosigned.ml_dsa_44(checkpoint.encode(HEAD), NAME, AT_S)

    assert found == expected
    assert len(found) == 12 + 1 + 22 + 8 + 1 + 43 + 8 + 8 + 32


def test_a_cosignature_is_a_time_and_a_signature_over_that_message(
    witness: KeyFileSigner, key: NoteKey, signed: bytes
) -> None:
    line = notes.parse(signed).lines[1]
    public = base64.b64decode(witness.record.public_key)

    assert len(line.signature) == 8 + 2420
    assert int.from_bytes(line.signature[:SIGNATURE_AT], "big") == AT_S
    message = cosigned.ml_dsa_44(checkpoint.encode(HEAD), NAME, AT_S)
    MLDSA44PublicKey.from_public_bytes(public).verify(line.signature[SIGNATURE_AT:], message)
    assert line.key_id.hex() == codec.sha256(NAME.encode() + b"\n\x06" + public)[:8]
    material = base64.b64encode(b"\x06" + public).decode()
    assert key.vkey == f"{NAME}+{line.key_id.hex()}+{material}"


def test_the_cosignature_verifies_with_its_verifier_key(key: NoteKey, signed: bytes) -> None:
    found = checkpoint.verify_cosignatures(signed, (notes.parse_vkey(key.vkey),))

    assert [(one.key, one.at_s) for one in found] == [(key, AT_S)]


def test_who_knows_the_log_alone_ignores_the_cosignature(log: KeyFileSigner, signed: bytes) -> None:
    own = notes.key_of(log.record, ORIGIN, SignatureType.ED25519)

    assert checkpoint.verify(signed, (own,)) == HEAD


def test_a_quorum_counts_witnesses_of_both_algorithms(
    note: bytes, signed: bytes, log: KeyFileSigner, key: NoteKey
) -> None:
    classic = make_signer("village", "witness", 9)
    other = notes.cosigner_of(classic.record, "village.example/w")
    own = notes.key_of(log.record, ORIGIN, SignatureType.ED25519)
    rules = policy.parse(
        f"log {own.vkey}\nwitness county {key.vkey}\nwitness village {other.vkey}\n"
        "group both all county village\nquorum both\n".encode()
    )
    line = checkpoint.cosign(HEAD, other.name, classic, AT_S)

    assert policy.verify(rules, signed + line) == HEAD
    for few in (signed, note + line):
        with pytest.raises(QuorumError, match="expected the quorum 'both' of 2 witnesses"):
            policy.verify(rules, few)


def test_one_public_key_is_not_counted_under_two_names(key: NoteKey) -> None:
    again = NoteKey("other.example/w", key.type, key.public_key)

    with pytest.raises(PolicyError, match="a second time"):
        policy.parse(f"witness a {key.vkey}\nwitness b {again.vkey}\nquorum none\n".encode())


def test_the_name_and_the_log_are_covered(
    witness: KeyFileSigner, key: NoteKey, note: bytes, signed: bytes, log: KeyFileSigner
) -> None:
    line = notes.parse(signed).lines[1]
    other_name = NoteKey("mirror.example/w", key.type, key.public_key)
    renamed = notes.Line(other_name.name, other_name.key_id, line.signature)
    moved = Checkpoint(ORIGIN.replace("2026", "2027"), HEAD.size, HEAD.root)

    with pytest.raises(SignatureError, match="does not hold"):
        checkpoint.verify_cosignatures(note + str(renamed).encode(), (other_name,))
    with pytest.raises(SignatureError, match="does not hold"):
        checkpoint.verify_cosignatures(checkpoint.sign(moved, log) + str(line).encode(), (key,))


def test_extension_lines_are_not_covered_as_the_specification_says(
    key: NoteKey, signed: bytes
) -> None:
    line = notes.parse(signed).lines[1]
    text = checkpoint.encode(Checkpoint(ORIGIN, HEAD.size, HEAD.root, ("extension",)))

    found = checkpoint.verify_cosignatures(notes.encode(Note(text, (line,))), (key,))

    assert [one.at_s for one in found] == [AT_S]


@pytest.mark.parametrize("at_s", [0, 2**63])
def test_a_cosignature_without_a_time_is_refused(
    note: bytes, witness: KeyFileSigner, key: NoteKey, at_s: int
) -> None:
    message = cosigned.ml_dsa_44(checkpoint.encode(HEAD), NAME, at_s)
    line = notes.Line(NAME, key.key_id, at_s.to_bytes(8, "big") + witness.sign(message))

    with pytest.raises(SignatureError, match="with a time"):
        checkpoint.verify_cosignatures(note + str(line).encode(), (key,))


@pytest.mark.slow
def test_a_flipped_bit_in_each_byte_of_a_cosigned_checkpoint_is_refused(
    log: KeyFileSigner, key: NoteKey, signed: bytes
) -> None:
    own = notes.key_of(log.record, ORIGIN, SignatureType.ED25519)

    chosen = random.Random(SEED)
    for at in range(len(signed)):
        wrong = bytearray(signed)
        wrong[at] ^= 1 << chosen.randrange(8)
        try:
            checkpoint.verify(bytes(wrong), (own,))
            assert checkpoint.verify_cosignatures(bytes(wrong), (key,)) == ()  # another's line
        except LedgerError:
            continue


@pytest.mark.parametrize(
    "public", [b"", bytes(1311), bytes(1312), bytes(1313), b"\x01" * 32 + bytes(1280)]
)
def test_a_key_of_another_length_or_for_which_anybody_signs_is_refused(public: bytes) -> None:
    with pytest.raises(UnknownKeyError, match="1312 bytes of an ML-DSA-44 key"):
        mldsa.verifier("county", public)


@pytest.mark.parametrize("role", ["device", "gateway", "log", "county"])
def test_only_a_witness_has_such_a_key(tmp_path: Path, role: str) -> None:
    paths = tmp_path / "k", tmp_path / "k.json"

    with pytest.raises(UnknownKeyError, match="expected an ml-dsa-44 key of a witness"):
        keyfile.create(*paths, Kind("ml-dsa-44"), holder="x", role=role, **HOLDER)

    assert not list(tmp_path.iterdir())


def test_the_record_says_the_algorithm_and_another_type_is_refused(
    witness: KeyFileSigner, key: NoteKey
) -> None:
    assert notes.key_of(witness.record, NAME, SignatureType.ML_DSA_44) == key
    for other in (SignatureType.ED25519, SignatureType.COSIGNATURE):
        with pytest.raises(UnknownKeyError, match="found ml-dsa-44"):
            notes.key_of(witness.record, NAME, other)
    with pytest.raises(UnknownKeyError, match="found ed25519"):
        notes.key_of(make_signer("v", "witness", 9).record, NAME, SignatureType.ML_DSA_44)


def test_a_ring_takes_the_record_and_verifies_with_it(witness: KeyFileSigner) -> None:
    ring = KeyRing([witness.record], "sim")

    assert ring.verify(witness.keyid, b"data", witness.sign(b"data")) == witness.record
    assert witness.keyid == algorithms.key_id(base64.b64decode(witness.record.public_key))
    with pytest.raises(SignatureError):
        ring.verify(witness.keyid, b"date", witness.sign(b"data"))


@pytest.mark.parametrize("text", ["", "a\n1\n", "a\n01\nx\n", f"{'n' * 256}\n1\n{'A' * 43}=\n"])
def test_what_is_no_checkpoint_can_not_be_cosigned(witness: KeyFileSigner, text: str) -> None:
    with pytest.raises(MalformedError):
        notes.cosign(text, NAME, witness, AT_S)


def test_a_build_without_the_algorithm_says_what_to_install(
    key: NoteKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "cryptography.hazmat.primitives.asymmetric.mldsa"
    monkeypatch.setitem(sys.modules, module, None)  # what an import finds when it is not there

    with pytest.raises(MissingExtraError, match="install cryptography 48 or later"):
        notes.parse_vkey(key.vkey)
    with pytest.raises(MissingExtraError, match="cryptography package with ML-DSA-44"):
        mldsa.generate()
    assert not mldsa.is_private(object())
