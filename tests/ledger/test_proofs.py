"""Proofs: the 196 published cases, the 8-leaf tree, the recursion of the RFC, and pymerkle."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pymerkle  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import proofs, tree
from ledger.errors import ProofError
from ledger.tree import EMPTY, MemoryHashes

VECTORS = Path(__file__).parent.parent / "vectors" / "merkle"
EIGHT = json.loads((VECTORS / "rfc6962-8leaf.json").read_text(encoding="utf-8"))
LEAVES = [bytes.fromhex(text) for text in EIGHT["leaves_hex"]]
ROOTS = [bytes.fromhex(text) for text in EIGHT["roots_hex_by_size"]]
MEMORY = MemoryHashes(map(tree.leaf_hash, LEAVES))
FLIPS = range(256)


def cases(name: str) -> list[dict[str, Any]]:
    lines = (VECTORS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def decoded(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


def naive_path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1, over leaf hashes."""
    if len(hashes) == 1:
        return []
    k = 1 << (len(hashes) - 1).bit_length() - 1
    if index < k:
        return [*naive_path(index, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(index - k, hashes[k:]), naive_root(hashes[:k])]


def naive_subproof(old: int, hashes: Sequence[bytes], known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2, over leaf hashes."""
    if old == len(hashes):
        return [] if known else [naive_root(hashes)]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    if old <= k:
        return [*naive_subproof(old, hashes[:k], known), naive_root(hashes[k:])]
    return [*naive_subproof(old - k, hashes[k:], False), naive_root(hashes[:k])]


def naive_root(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return tree.node_hash(naive_root(hashes[:k]), naive_root(hashes[k:]))


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")


def judged(judge: Callable[[], None], case: dict[str, Any]) -> None:
    """Run a case; one that the publishers accept although its roots are 12 bytes is refused."""
    short = any(len(base64.b64decode(case[name])) != 32 for name in case if "root" in name)
    if case["wantErr"] or short:
        with pytest.raises(ProofError, match=r"expected .* found"):
            judge()
    else:
        judge()


def test_there_are_196_published_cases() -> None:
    assert len(cases("inclusion.jsonl")) + len(cases("consistency.jsonl")) == 196


@pytest.mark.parametrize("case", cases("inclusion.jsonl"), ids=lambda case: str(case["case"]))
def test_an_inclusion_case_is_judged_as_published(case: dict[str, Any]) -> None:
    def judge() -> None:
        proofs.verify_inclusion(
            base64.b64decode(case["leafHash"]),
            case["leafIdx"],
            case["treeSize"],
            decoded(case["proof"]),
            base64.b64decode(case["root"]),
        )

    judged(judge, case)


@pytest.mark.parametrize("case", cases("consistency.jsonl"), ids=lambda case: str(case["case"]))
def test_a_consistency_case_is_judged_as_published(case: dict[str, Any]) -> None:
    def judge() -> None:
        proofs.verify_consistency(
            case["size1"],
            case["size2"],
            decoded(case["proof"]),
            base64.b64decode(case["root1"]),
            base64.b64decode(case["root2"]),
        )

    judged(judge, case)


@pytest.mark.parametrize("row", EIGHT["inclusion"], ids=lambda row: f"{row['index']}/{row['size']}")
def test_paths_of_the_published_tree_are_made_and_hold(row: dict[str, Any]) -> None:
    index, size = row["index"], row["size"]

    path = proofs.prove_inclusion(index, size, MEMORY)

    assert [step.hex() for step in path] == row["proof_hex"]
    proofs.verify_inclusion(tree.leaf_hash(LEAVES[index]), index, size, path, ROOTS[size])


@pytest.mark.parametrize("row", EIGHT["consistency"], ids=lambda row: f"{row['old']}/{row['new']}")
def test_growth_of_the_published_tree_is_proved_and_holds(row: dict[str, Any]) -> None:
    old, new = row["old"], row["new"]

    path = proofs.prove_consistency(old, new, MEMORY)

    assert [step.hex() for step in path] == row["proof_hex"]
    proofs.verify_consistency(old, new, path, ROOTS[old], ROOTS[new])


@given(st.integers(1, 150), st.data())
def test_paths_are_those_of_the_rfc_and_of_pymerkle(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = [f"{size}-{at}".encode() for at in range(size)]
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    memory = MemoryHashes(hashes)
    foreign = pymerkle.InmemoryTree(algorithm="sha256")
    foreign.append_entries(leaves)

    path = proofs.prove_inclusion(index, size, memory)

    assert list(path) == naive_path(index, hashes)
    assert [hashes[index], *path] == foreign.prove_inclusion(index + 1, size).path
    proofs.verify_inclusion(hashes[index], index, size, path, foreign.get_root())


@given(st.integers(1, 150), st.data())
def test_growth_is_proved_as_by_the_rfc(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    hashes = [tree.leaf_hash(f"{new}-{at}".encode()) for at in range(new)]
    memory = MemoryHashes(hashes)

    path = proofs.prove_consistency(old, new, memory)

    assert list(path) == naive_subproof(old, hashes, True)
    proofs.verify_consistency(old, new, path, naive_root(hashes[:old]), naive_root(hashes))


@given(st.integers(1, 150), st.data())
def test_pymerkle_accepts_our_roots_as_growth(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    leaves = [f"{new}-{at}".encode() for at in range(new)]
    memory = MemoryHashes(map(tree.leaf_hash, leaves))
    foreign = pymerkle.InmemoryTree(algorithm="sha256")
    foreign.append_entries(leaves)

    pymerkle.verify_consistency(
        tree.root(old, memory),
        tree.root(new, memory),
        foreign.prove_consistency(old, new),
        prior_size=old,
        later_size=new,
    )


@given(st.integers(2, 70), st.data())
def test_every_flipped_bit_of_an_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    memory = MemoryHashes(tree.leaf_hash(bytes([at])) for at in range(size))
    root, path = tree.root(size, memory), list(proofs.prove_inclusion(index, size, memory))
    at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.sampled_from(FLIPS))

    path[at] = flipped(path[at], bit)

    with pytest.raises(ProofError, match=root.hex()):
        proofs.verify_inclusion(memory(0, index), index, size, path, root)


@given(st.integers(1, 70), st.data())
def test_a_leaf_holds_at_its_own_index_only(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size + 70))
    memory = MemoryHashes(tree.leaf_hash(bytes([at])) for at in range(size))
    path = proofs.prove_inclusion(index, size, memory)

    def judge() -> None:
        proofs.verify_inclusion(memory(0, index), other, size, path, tree.root(size, memory))

    if other == index:
        judge()
    else:
        with pytest.raises(ProofError):
            judge()


@given(st.integers(3, 70), st.data())
def test_every_flipped_bit_of_a_consistency_proof_is_refused(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    memory = MemoryHashes(tree.leaf_hash(bytes([at])) for at in range(new))
    path = list(proofs.prove_consistency(old, new, memory))
    at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.sampled_from(FLIPS))

    path[at] = flipped(path[at], bit)

    with pytest.raises(ProofError, match="root in the growth"):
        proofs.verify_consistency(old, new, path, tree.root(old, memory), tree.root(new, memory))


@given(st.integers(2, 70), st.data())
def test_a_rewritten_leaf_is_never_consistent(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    hashes = [tree.leaf_hash(bytes([at])) for at in range(new)]
    honest = MemoryHashes(hashes)
    hashes[changed] = tree.leaf_hash(b"rewritten")
    rewritten = MemoryHashes(hashes)

    path = proofs.prove_consistency(old, new, rewritten)

    with pytest.raises(ProofError):
        proofs.verify_consistency(old, new, path, tree.root(old, honest), tree.root(new, rewritten))


def test_the_empty_tree_grows_into_any_tree_without_proof() -> None:
    proofs.verify_consistency(0, 8, (), EMPTY, ROOTS[8])
    proofs.verify_consistency(0, 0, (), EMPTY, EMPTY)


def test_the_empty_tree_has_one_root() -> None:
    with pytest.raises(ProofError, match="tree of no leaves"):
        proofs.verify_consistency(0, 8, (), ROOTS[1], ROOTS[8])
    with pytest.raises(ProofError, match="growth from 0 to 0"):
        proofs.verify_consistency(0, 0, (), EMPTY, ROOTS[1])


def test_a_tree_that_was_cut_is_refused() -> None:
    with pytest.raises(ProofError, match="at least 8 leaves, found 7: it was cut"):
        proofs.verify_consistency(8, 7, (), ROOTS[8], ROOTS[7])
    with pytest.raises(ProofError, match="it was cut"):
        proofs.prove_consistency(8, 7, MEMORY)


@pytest.mark.parametrize(("old", "new"), [(-1, 8), (1, 2**63), (2**63, 2**63)])
def test_growth_from_or_to_an_impossible_size_is_refused(old: int, new: int) -> None:
    with pytest.raises(ProofError, match=r"0 to 2\^63 - 1 leaves"):
        proofs.verify_consistency(old, new, (), ROOTS[1], ROOTS[1])
    with pytest.raises(ProofError, match=r"0 to 2\^63 - 1 leaves"):
        proofs.prove_consistency(old, new, MEMORY)


@pytest.mark.parametrize(("index", "size"), [(-1, 8), (8, 8), (0, 0), (0, -1), (0, 2**63)])
def test_there_is_no_proof_for_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        proofs.prove_inclusion(index, size, MEMORY)
    with pytest.raises(ProofError):
        proofs.root_from_inclusion(bytes(32), index, size, ())


@pytest.mark.parametrize("length", [0, 31, 33])
def test_hashes_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(ProofError, match=f"found {length}"):
        proofs.verify_inclusion(bytes(length), 0, 1, (), ROOTS[1])
    with pytest.raises(ProofError, match=f"found {length}"):
        proofs.verify_inclusion(ROOTS[1], 0, 1, (), bytes(length))
    with pytest.raises(ProofError, match=f"found {length}"):
        proofs.verify_inclusion(ROOTS[1], 0, 2, [bytes(length)], ROOTS[2])
    with pytest.raises(ProofError, match=f"found {length}"):
        proofs.verify_consistency(1, 2, [bytes(length)], ROOTS[1], ROOTS[2])
