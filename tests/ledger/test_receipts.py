"""Receipts: one file that proves one entry, and nothing else."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from ledger import checkpoint, notes, policy, proofs, receipts, tree
from ledger.checkpoint import Checkpoint
from ledger.errors import (
    LedgerError,
    MalformedError,
    ProofError,
    QuorumError,
    SignatureError,
    UnknownKeyError,
)
from ledger.notes import NoteKey, SignatureType
from ledger.receipts import Receipt
from ledger.signers.keyfile import KeyFileSigner
from ledger.tree import MemoryHashes

Make = Callable[[str, str, int], KeyFileSigner]

ORIGIN = "seal.example/420625000000/420625103000/2026"
ENTRIES = [b"entry %d" % at for at in range(200)]
MEMORY = MemoryHashes(map(tree.leaf_hash, ENTRIES))
HEAD = Checkpoint(ORIGIN, len(ENTRIES), tree.root(len(ENTRIES), MEMORY))
WITNESS = "county.example/witness"
VECTORS = Path(__file__).parent.parent / "vectors"
PUBLISHED = json.loads((VECTORS / "receipts.json").read_text(encoding="utf-8"))
PUBLISHED_LOGS = [notes.parse_vkey(PUBLISHED["keys"]["log"])]
PUBLISHED_POLICY = policy.parse(PUBLISHED["keys"]["policy"].encode())


@pytest.fixture
def logs(gateway: KeyFileSigner) -> list[NoteKey]:
    """The key of the log."""
    return [notes.key_of(gateway.record, ORIGIN, SignatureType.ED25519)]


@pytest.fixture
def receipt(gateway: KeyFileSigner) -> Receipt:
    """The receipt of entry 137."""
    path = proofs.prove_inclusion(137, HEAD.size, MEMORY)
    return Receipt(137, path, checkpoint.sign(HEAD, gateway))


@pytest.fixture
def witness(signer_of: Make) -> KeyFileSigner:
    """A witness at the county."""
    return signer_of("witness-1", "county", 3)


@pytest.fixture
def quorum(witness: KeyFileSigner) -> policy.Policy:
    """The policy that asks for this witness."""
    key = notes.key_of(witness.record, WITNESS, SignatureType.COSIGNATURE)
    return policy.parse(f"witness county {key.vkey}\nquorum county\n".encode())


def refused(raws: Sequence[bytes], logs: list[NoteKey], quorum: policy.Policy | None = None) -> int:
    """How many of these receipts of entry 137 are refused."""
    count = 0
    for raw in raws:
        try:
            receipts.verify(receipts.parse(raw), ENTRIES[137], logs, quorum)
        except LedgerError:
            count += 1
    return count


def flips(raw: bytes) -> list[bytes]:
    number = int.from_bytes(raw, "big")
    return [(number ^ 1 << bit).to_bytes(len(raw), "big") for bit in range(len(raw) * 8)]


def cuts(raw: bytes) -> list[bytes]:
    return [raw[:end] for end in range(len(raw))]


@pytest.mark.parametrize("index", [0, 1, 127, 128, 199])
def test_every_entry_has_a_receipt_that_holds(
    index: int, gateway: KeyFileSigner, logs: list[NoteKey]
) -> None:
    path = proofs.prove_inclusion(index, HEAD.size, MEMORY)
    raw = receipts.encode(Receipt(index, path, checkpoint.sign(HEAD, gateway)))

    head = receipts.verify(receipts.parse(raw), ENTRIES[index], logs)

    assert head == HEAD


def test_a_receipt_has_the_form_of_the_specification(receipt: Receipt) -> None:
    lines = receipts.encode(receipt).decode().split("\n")

    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 137"]
    assert [len(line) for line in lines[2:10]] == [44] * 8
    assert lines[10:13] == ["", ORIGIN, "200"]


def test_every_flipped_bit_of_a_receipt_is_refused(receipt: Receipt, logs: list[NoteKey]) -> None:
    wrong = flips(receipts.encode(receipt))

    assert refused(wrong, logs) == len(wrong)


def test_every_truncation_of_a_receipt_is_refused(receipt: Receipt, logs: list[NoteKey]) -> None:
    wrong = cuts(receipts.encode(receipt))

    assert refused(wrong, logs) == len(wrong)


def test_every_change_of_a_witnessed_receipt_is_refused_by_who_asks_for_the_witness(
    receipt: Receipt, logs: list[NoteKey], witness: KeyFileSigner, quorum: policy.Policy
) -> None:
    signed = receipt.checkpoint + checkpoint.cosign(HEAD, WITNESS, witness, 1_000)
    raw = receipts.encode(structs.replace(receipt, checkpoint=signed))
    wrong = flips(raw) + cuts(raw)

    assert refused([raw], logs, quorum) == 0
    assert refused(wrong, logs, quorum) == len(wrong)


def test_a_receipt_without_the_witness_is_refused_by_who_asks_for_it(
    receipt: Receipt, logs: list[NoteKey], quorum: policy.Policy
) -> None:
    with pytest.raises(QuorumError, match=r"'county' of 1 witnesses, found .* none of them"):
        receipts.verify(receipt, ENTRIES[137], logs, quorum)


def test_another_entry_is_refused(receipt: Receipt, logs: list[NoteKey]) -> None:
    for leaf in (ENTRIES[136], ENTRIES[137] + b" ", tree.leaf_hash(ENTRIES[137])):
        with pytest.raises(ProofError, match="path of leaf 137 in a tree of 200"):
            receipts.verify(receipt, leaf, logs)


def test_an_entry_at_another_index_is_refused(receipt: Receipt, logs: list[NoteKey]) -> None:
    for index in {*range(200), 200, 2**62} - {137}:
        with pytest.raises(ProofError):
            receipts.verify(structs.replace(receipt, index=index), ENTRIES[137], logs)


def test_a_receipt_of_a_log_that_nobody_trusts_is_refused(
    receipt: Receipt, witness: KeyFileSigner
) -> None:
    other = notes.key_of(witness.record, ORIGIN, SignatureType.ED25519)

    for known in ([], [other]):
        with pytest.raises(UnknownKeyError, match=ORIGIN):
            receipts.verify(receipt, ENTRIES[137], known)


def test_extra_data_comes_back_and_changes_nothing(receipt: Receipt, logs: list[NoteKey]) -> None:
    for extra in (b"", b"anything \n\n at all"):
        raw = receipts.encode(structs.replace(receipt, extra=extra))

        found = receipts.parse(raw)

        assert found.extra == extra
        assert receipts.verify(found, ENTRIES[137], logs) == HEAD


def test_beside_the_extra_data_every_flipped_bit_is_refused(
    receipt: Receipt, logs: list[NoteKey]
) -> None:
    raw = receipts.encode(structs.replace(receipt, extra=b"abc"))
    start = raw.index(b"YWJj")
    wrong = [
        flip for bit, flip in enumerate(reversed(flips(raw))) if not start <= bit // 8 < start + 4
    ]

    assert refused(wrong, logs) == len(wrong) == len(raw) * 8 - 32


hashes = st.binary(min_size=32, max_size=32)


@given(
    st.builds(
        Receipt,
        st.integers(0, 2**63 - 2),
        st.lists(hashes, max_size=63).map(tuple),
        st.binary(min_size=1),
        st.none() | st.binary(max_size=50),
    )
)
def test_a_receipt_comes_back(receipt: Receipt) -> None:
    assert receipts.parse(receipts.encode(receipt)) == receipt


HASH = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
FIRST = "c2sp.org/tlog-proof@v1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        FIRST,
        f"{FIRST}\n",
        f"{FIRST}\nindex 1\n",
        f"{FIRST}\nindex 1\n\n",
        f"{FIRST}\n\ncheckpoint",
        f"{FIRST}\nindex\n\ncheckpoint",
        f"{FIRST}\nindex 01\n\ncheckpoint",
        f"{FIRST}\nindex -1\n\ncheckpoint",
        f"{FIRST}\nindex  1\n\ncheckpoint",
        f"{FIRST}\nindex 1 \n\ncheckpoint",
        f"{FIRST}\nindex 9223372036854775807\n\ncheckpoint",
        f"{FIRST}\r\nindex 1\n\ncheckpoint",
        f"{FIRST}\nindex 1\nextra YQ==\n\ncheckpoint",
        f"{FIRST}\nextra YR==\nindex 1\n\ncheckpoint",
        f"{FIRST}\nextra\nindex 1\n\ncheckpoint",
        f"{FIRST}\nextra YQ==\nextra YQ==\nindex 1\n\ncheckpoint",
        f"{FIRST}\nindex 1\n{HASH[:-1]}\n\ncheckpoint",
        f"{FIRST}\nindex 1\n{HASH[:-4]}\n\ncheckpoint",
        f"{FIRST}\nindex 1\n {HASH}\n\ncheckpoint",
        f"{FIRST}\nindex 1\n" + f"{HASH}\n" * 64 + "\ncheckpoint",
        f"\n{FIRST}\nindex 1\n\ncheckpoint",
        "c2sp.org/tlog-proof@v2\nindex 1\n\ncheckpoint",
        f"{FIRST}\nindex １\n\ncheckpoint",
        f"{FIRST}\nindex 1\n\n" + "x" * 2_000_000,
    ],
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="expected"):
        receipts.parse(text.encode())


def test_the_longest_path_is_read() -> None:
    longest = Receipt(2**63 - 2, (bytes(32),) * 63, b"checkpoint")

    assert receipts.parse(receipts.encode(longest)) == longest


def test_what_can_not_be_a_receipt_is_not_written() -> None:
    with pytest.raises(ProofError, match="32 bytes"):
        receipts.encode(Receipt(0, (b"short",), b"checkpoint"))
    for wrong in (Receipt(-1, (), b"checkpoint"), Receipt(0, (), b"")):
        with pytest.raises(MalformedError):
            receipts.encode(wrong)


def test_todays_code_writes_the_published_receipts() -> None:
    spec = importlib.util.spec_from_file_location("make_receipts", VECTORS / "make_receipts.py")
    assert spec is not None and spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)

    assert maker.everything() == PUBLISHED


@pytest.mark.parametrize("row", PUBLISHED["good"], ids=lambda row: str(row["entry"]))
def test_a_published_receipt_is_judged_as_published(row: dict[str, Any]) -> None:
    receipt, leaf = receipts.parse(row["receipt"].encode()), row["entry"].encode()

    receipts.verify(receipt, leaf, PUBLISHED_LOGS)

    if row["witnessed"]:
        receipts.verify(receipt, leaf, PUBLISHED_LOGS, PUBLISHED_POLICY)
    else:
        with pytest.raises((QuorumError, SignatureError)):
            receipts.verify(receipt, leaf, PUBLISHED_LOGS, PUBLISHED_POLICY)


@pytest.mark.parametrize("row", PUBLISHED["bad"], ids=lambda row: str(row["why"]))
def test_a_published_bad_receipt_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(LedgerError):
        receipts.verify(receipts.parse(row["receipt"].encode()), b"entry 13", PUBLISHED_LOGS)


@pytest.mark.parametrize("row", PUBLISHED["growth"], ids=lambda row: str(len(row["proof"])))
def test_a_published_growth_holds_and_does_not_without_its_last_hash(row: dict[str, Any]) -> None:
    old, new = (checkpoint.verify(row[name].encode(), PUBLISHED_LOGS) for name in ("old", "new"))
    path = [bytes.fromhex(step) for step in row["proof"]]

    proofs.verify_consistency(old.size, new.size, path, old.root, new.root)

    with pytest.raises(ProofError):
        proofs.verify_consistency(old.size, new.size, path[:-1] or [bytes(32)], old.root, new.root)
