"""Paths: the same audit paths as those that are made one by one."""

from __future__ import annotations

import pytest

from ledger import proofs, tiles
from ledger.errors import ProofError
from ledger.paths import Paths
from ledger.tiles import TileReader
from ledger.tree import MemoryHashes, leaf_hash

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(1030)]


def reader(size: int) -> TileReader:
    hashes = MemoryHashes(LEAVES[:size])
    files = {one.path: tiles.tile_bytes(one, hashes) for one in tiles.tiles_between(0, size)}
    return TileReader(size, files.get)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 600, 1024, 1030])
def test_paths_are_those_that_are_made_one_by_one(size: int) -> None:
    read, hashes = reader(size), MemoryHashes(LEAVES[:size])
    paths = Paths(read)

    for index in (*range(size), *reversed(range(size))):
        assert paths(index) == proofs.prove_inclusion(index, size, hashes), index


@pytest.mark.parametrize("index", [-1, -256, 600, 767, 768])
def test_a_leaf_that_is_not_there_has_no_path(index: int) -> None:
    paths = Paths(reader(600))
    for known in (0, 300, 599):
        paths(known)

    with pytest.raises(ProofError, match=f"found leaf {index}"):
        paths(index)


def test_siblings_of_a_leaf_in_a_partial_tile_are_not_told() -> None:
    with pytest.raises(ProofError, match="in a full tile"):
        reader(600).siblings(512)
