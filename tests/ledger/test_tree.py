"""Tree: roots and frontiers against the published tree, a naive tree and pymerkle's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pymerkle  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import tree
from ledger.errors import MalformedError, ProofError
from ledger.tree import EMPTY, Frontier, MemoryHashes

VECTORS = Path(__file__).parent.parent / "vectors" / "merkle"
EIGHT = json.loads((VECTORS / "rfc6962-8leaf.json").read_text(encoding="utf-8"))
LEAVES = [bytes.fromhex(text) for text in EIGHT["leaves_hex"]]
ROOTS = [bytes.fromhex(text) for text in EIGHT["roots_hex_by_size"]]

some_leaves = st.lists(st.binary(max_size=40), max_size=130)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def test_leaf_hashes_are_those_of_the_published_tree() -> None:
    assert [tree.leaf_hash(leaf).hex() for leaf in LEAVES] == EIGHT["leaf_hashes_hex"]


@pytest.mark.parametrize("size", range(9))
def test_the_root_is_that_of_the_published_tree(size: int) -> None:
    frontier = Frontier().extend(map(tree.leaf_hash, LEAVES[:size]))

    assert frontier.root() == ROOTS[size]


def test_the_root_of_no_leaves_is_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY == hashlib.sha256().digest()


@given(some_leaves)
def test_the_root_is_that_of_the_rfc(leaves: list[bytes]) -> None:
    frontier = Frontier().extend(map(tree.leaf_hash, leaves))

    assert frontier.root() == naive_root(leaves)


@given(some_leaves)
def test_the_root_is_that_of_pymerkle(leaves: list[bytes]) -> None:
    foreign = pymerkle.InmemoryTree(algorithm="sha256")
    foreign.append_entries(leaves)

    frontier = Frontier().extend(map(tree.leaf_hash, leaves))

    assert frontier.root() == foreign.get_root()


@given(some_leaves, st.integers(0, 130))
def test_appending_one_by_one_or_in_batches_is_the_same(leaves: list[bytes], cut: int) -> None:
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    one_by_one = Frontier()

    for leaf in hashes:
        one_by_one = one_by_one.append(leaf)

    assert one_by_one == Frontier().extend(hashes[:cut]).extend(hashes[cut:])


@given(some_leaves)
def test_a_frontier_survives_its_bytes(leaves: list[bytes]) -> None:
    frontier = Frontier().extend(map(tree.leaf_hash, leaves))

    assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@given(some_leaves, st.data())
def test_root_and_frontier_of_every_earlier_size_can_be_read(
    leaves: list[bytes], data: st.DataObject
) -> None:
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    size = data.draw(st.integers(0, len(leaves)))
    memory = MemoryHashes(hashes)

    frontier = tree.frontier(size, memory)

    assert frontier == Frontier().extend(hashes[:size])
    assert tree.root(size, memory) == frontier.root()


def test_growth_tells_each_complete_subtree_once() -> None:
    found: dict[tuple[int, int], bytes] = {}
    hashes = [tree.leaf_hash(leaf) for leaf in LEAVES]

    def keep(level: int, index: int, values: Sequence[bytes]) -> None:
        for place, value in enumerate(values, index):
            assert (level, place) not in found
            found[level, place] = value

    Frontier().extend(hashes[:3], keep).extend(hashes[3:], keep)

    memory = MemoryHashes(hashes)
    assert found == {
        (level, index): memory(level, index) for level in range(4) for index in range(8 >> level)
    }


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_leaf_hash_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ProofError, match=f"32 bytes, found {length}"):
        Frontier().append(bytes(length))


def test_a_frontier_with_too_few_hashes_is_refused() -> None:
    with pytest.raises(ProofError, match="expected 2 hashes"):
        Frontier(3, (bytes(32),))


def test_a_frontier_with_a_short_hash_is_refused() -> None:
    with pytest.raises(ProofError, match="32 bytes"):
        Frontier(1, (bytes(31),))


@pytest.mark.parametrize(
    "data",
    [b"", bytes(7), bytes(9), (3).to_bytes(8, "big") + bytes(63), (2**63).to_bytes(8, "big")],
    ids=["nothing", "short size", "too long", "a byte missing", "too large"],
)
def test_damaged_bytes_of_a_frontier_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError, match="bytes for the frontier"):
        Frontier.from_bytes(data)


def test_a_reader_that_returns_a_short_hash_is_refused() -> None:
    with pytest.raises(ProofError, match="that was read of 32 bytes, found 20"):
        tree.root(3, lambda _level, _index: bytes(20))


@pytest.mark.parametrize("size", [-1, 2**63])
def test_a_tree_of_an_impossible_size_is_refused(size: int) -> None:
    def read(_level: int, _index: int) -> bytes:
        return bytes(32)

    for build in (tree.root, tree.frontier):
        with pytest.raises(ProofError, match=f"0 to 2.63 - 1 leaves, found {size}"):
            build(size, read)
    with pytest.raises(ProofError, match=f"found {size}"):
        Frontier(size, (bytes(32),))


def test_the_largest_tree_there_can_be_has_a_root() -> None:
    largest = Frontier(2**63 - 1, (bytes(32),) * 63)

    assert Frontier.from_bytes(largest.to_bytes()) == largest
    assert tree.root(2**63 - 1, lambda _level, _index: bytes(32)) == largest.root()
    with pytest.raises(ProofError, match="found 9223372036854775808"):
        largest.append(bytes(32))
