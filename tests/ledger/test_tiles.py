"""Tiles: names, which files a growth makes, their bytes, and reading a tree back from them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import proofs, tiles, tree
from ledger.errors import MalformedError, ProofError
from ledger.tiles import Tile, TileReader
from ledger.tree import MemoryHashes

SIZE = 70_000  # the example of the specification: three levels
LEAVES = [tree.leaf_hash(at.to_bytes(4, "big")) for at in range(SIZE)]
MEMORY = MemoryHashes(LEAVES)

places = st.builds(
    Tile,
    st.none() | st.integers(0, 63),
    st.integers(0, 10**12),
    st.integers(1, 256),
)


def published(*sizes: int) -> dict[str, bytes]:
    """The files of a log that had checkpoints at these sizes."""
    steps = zip((0, *sizes), sizes, strict=False)
    return {
        tile.path: tiles.tile_bytes(tile, MEMORY)
        for old, new in steps
        for tile in tiles.tiles_between(old, new)
    }


ALL = published(SIZE)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1_234_067), "tile/1/x001/x234/067"),
        (Tile(63, 1_000), "tile/63/x001/000"),
        (Tile(None, 999, 1), "tile/entries/999.p/1"),
        (Tile(None, 123_456_789), "tile/entries/x123/x456/789"),
    ],
)
def test_a_path_is_that_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.parse_path(path) == tile


@given(places)
def test_a_path_names_its_tile(tile: Tile) -> None:
    assert tiles.parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/234",
        "tile/0/x001/x234",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1000",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/0/../000",
        "tile/entries/٠٠٠",
    ],
)
def test_another_path_is_refused(path: str) -> None:
    with pytest.raises(MalformedError, match="path of a tile"):
        tiles.parse_path(path)


def test_a_tree_of_70000_leaves_has_the_tiles_of_the_specification() -> None:
    rows = [[tile for tile in tiles.tiles_between(0, SIZE) if tile.level == n] for n in range(4)]

    assert rows[0] == [Tile(0, at) for at in range(273)] + [Tile(0, 273, 112)]
    assert rows[1] == [Tile(1, 0), Tile(1, 1, 17)]
    assert rows[2] == [Tile(2, 0, 1)]
    assert rows[3] == []


def test_a_tree_of_256_leaves_has_a_full_tile_and_one_hash_above() -> None:
    assert tiles.tiles_between(0, 256) == [Tile(0, 0), Tile(1, 0, 1)]


def test_growth_names_only_what_is_new() -> None:
    assert tiles.tiles_between(0, 0) == []
    assert tiles.tiles_between(300, 300) == []
    assert tiles.tiles_between(250, 255) == [Tile(0, 0, 255)]
    assert tiles.tiles_between(255, 257) == [Tile(0, 0), Tile(0, 1, 1), Tile(1, 0, 1)]
    assert tiles.tiles_between(257, 300) == [Tile(0, 1, 44)]
    assert tiles.bundles_between(255, 257) == [Tile(None, 0), Tile(None, 1, 1)]


@given(st.lists(st.integers(0, 3_000), max_size=6).map(sorted))
def test_a_tree_that_grew_in_steps_can_be_read_at_every_step(sizes: list[int]) -> None:
    files = published(*sizes)

    roots = [tree.root(size, TileReader(size, files.get)) for size in sizes]

    assert roots == [tree.root(size, MEMORY) for size in sizes]


def test_tiles_hold_the_bytes_of_the_specification() -> None:
    assert ALL["tile/0/001"] == b"".join(LEAVES[256:512])
    assert ALL["tile/1/000"][32:64] == tree.Frontier().extend(LEAVES[256:512]).root()
    assert ALL["tile/2/000.p/1"] == tree.Frontier().extend(LEAVES[:65536]).root()
    assert tiles.tile_root(ALL["tile/0/001"]) == ALL["tile/1/000"][32:64]


@settings(max_examples=50)
@given(st.integers(1, SIZE), st.data())
def test_proofs_from_tiles_are_those_from_memory(new: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, new - 1)), data.draw(st.integers(0, new))
    partial = [tile for tile in tiles.tiles_between(0, new) if tile.width < tiles.WIDTH]
    files = {**ALL, **{tile.path: tiles.tile_bytes(tile, MEMORY) for tile in partial}}
    reader = TileReader(new, files.get)
    memory = proofs.prove_inclusion(index, new, MEMORY)

    path = proofs.prove_inclusion(index, new, reader)

    assert path == memory
    assert proofs.prove_consistency(old, new, reader) == proofs.prove_consistency(old, new, MEMORY)


def test_a_full_tile_stands_in_for_a_partial_one_that_is_gone() -> None:
    assert not [path for path in ALL if path.endswith((".p/44", ".p/1")) and "/2/" not in path]

    assert tree.root(300, TileReader(300, ALL.get)) == tree.root(300, MEMORY)


def test_a_reader_keeps_no_more_tiles_than_it_was_told() -> None:
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        asked.append(path)
        return ALL.get(path)

    reader = TileReader(SIZE, read, keep=2)

    for index in (0, 1, 256, 0, 600, 256, 0):
        reader(0, index)

    assert asked == ["tile/0/000", "tile/0/001", "tile/0/002", "tile/0/001", "tile/0/000"]


def test_a_missing_tile_says_who_must_act() -> None:
    reader = TileReader(SIZE, lambda _path: None)

    with pytest.raises(ProofError, match=r"tile/0/000 .* must publish it again"):
        reader(0, 0)


@pytest.mark.parametrize("length", [0, 31, 8_191, 8_193])
def test_a_tile_of_another_length_is_refused(length: int) -> None:
    reader = TileReader(SIZE, lambda _path: bytes(length))

    with pytest.raises(ProofError, match=f"expected 8192 bytes in tile/0/000, found {length}"):
        reader(0, 0)


@pytest.mark.parametrize(("level", "index"), [(0, SIZE), (0, -1), (1, SIZE // 2), (17, 0)])
def test_a_hash_outside_the_tree_is_refused(level: int, index: int) -> None:
    reader = TileReader(SIZE, ALL.get)

    with pytest.raises(ProofError, match="within 70000 leaves"):
        reader(level, index)


def test_every_flipped_bit_of_a_partial_tile_leads_to_another_root() -> None:
    files, root = published(261), tree.root(261, MEMORY)
    name = "tile/0/001.p/5"
    right = int.from_bytes(files[name], "big")

    for bit in range(5 * 256):
        wrong = (right ^ 1 << bit).to_bytes(5 * 32, "big")
        assert tree.root(261, TileReader(261, {**files, name: wrong}.get)) != root


def test_a_flipped_bit_in_each_hash_of_a_full_tile_leads_to_another_hash_above() -> None:
    right = ALL["tile/0/001"]

    for at in range(256):
        wrong = bytearray(right)
        wrong[at * 32 + at % 32] ^= 1 << at % 8
        assert tiles.tile_root(bytes(wrong)) != MEMORY(8, 1) == tiles.tile_root(right)


def test_a_tile_outside_the_tree_does_not_exist() -> None:
    assert tiles.tile_of(0, 273, SIZE) == Tile(0, 273, 112)
    for level, index in ((0, 274), (3, 0), (0, -1)):
        with pytest.raises(ProofError, match="within a tree"):
            tiles.tile_of(level, index, SIZE)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(entries), len(entries)) == entries


def test_the_largest_entry_fits_a_bundle() -> None:
    entries = [b"x" * 60_000, b"", b"y" * 65_535]

    data = tiles.encode_bundle(entries)

    assert data[:2] == (60_000).to_bytes(2, "big")
    assert tiles.decode_bundle(data, 3) == entries


def test_what_fits_no_bundle_is_refused() -> None:
    with pytest.raises(MalformedError, match="at most 65535 bytes, found 65536"):
        tiles.encode_bundle([bytes(65_536)])
    for count in (0, 257):
        with pytest.raises(MalformedError, match=f"found {count}"):
            tiles.encode_bundle([b"x"] * count)


def test_a_bundle_that_was_cut_or_padded_is_refused() -> None:
    data = tiles.encode_bundle([b"one", b"", b"three"])

    for wrong in [data[:end] for end in range(len(data))] + [data + b"\0", data + b"\0\0"]:
        with pytest.raises(MalformedError, match="3 whole entries"):
            tiles.decode_bundle(wrong, 3)


def test_a_tile_is_not_made_of_short_hashes_or_entries() -> None:
    with pytest.raises(ProofError, match=r"64 bytes in tile/0/000.p/2, found 62"):
        tiles.tile_bytes(Tile(0, 0, 2), lambda _level, _index: bytes(31))
    with pytest.raises(ProofError, match="expected a tile of hashes, found tile/entries/000"):
        tiles.tile_bytes(Tile(None, 0), MEMORY)


@pytest.mark.parametrize("size", [-1, 2**63])
def test_a_tree_of_an_impossible_size_has_no_tiles(size: int) -> None:
    with pytest.raises(ProofError, match="expected a tree of 0 to"):
        tiles.tiles_between(0, size)
    with pytest.raises(ProofError, match="expected a tree of 0 to"):
        tiles.bundles_between(size, 5)
    with pytest.raises(ProofError, match="expected a tree of 0 to"):
        tiles.tile_of(0, 0, size)
    with pytest.raises(ProofError, match="expected a tree of 0 to"):
        TileReader(size, ALL.get)
