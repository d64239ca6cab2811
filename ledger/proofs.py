"""Proofs: that a leaf is in a tree, and that a tree only grew. Pure.

Source: RFC 6962, sections 2.1.1 and 2.1.2. Proofs are made by the recursion of the RFC over a
`HashReader`; they are checked bit by bit from index and size, which alone say how long a proof
must be, so that maker and checker do not share a mistake.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import ProofError
from ledger.tree import EMPTY, HashReader, check_hashes, check_size, node_hash, range_root


def prove_inclusion(index: int, size: int, read: HashReader) -> tuple[bytes, ...]:
    """Return the audit path of a leaf (RFC 6962, 2.1.1), the leaf's sibling first.

    Raises:
        ProofError: no such leaf in a tree of this size.
    """
    _check_index(index, size)
    path = []
    start, end = 0, size
    while (end - start).bit_count() > 1:  # not yet within a complete subtree
        middle = start + _left_width(end - start)
        if index < middle:
            path.append(range_root(middle, end, read))
            end = middle
        else:
            path.append(range_root(start, middle, read))
            start = middle
    height = (end - start).bit_length() - 1
    path += [read(level, index >> level ^ 1) for level in reversed(range(height))]
    check_hashes("a hash that was read", path)
    return tuple(reversed(path))


def prove_consistency(old: int, new: int, read: HashReader) -> tuple[bytes, ...]:
    """Return the proof that the first `old` of `new` leaves were not changed (RFC 6962, 2.1.2).

    Empty if the sizes are equal or `old` is 0.

    Raises:
        ProofError: the old tree is larger than the new one.
    """
    _check_growth(old, new)
    if old in {0, new}:
        return ()
    path = []
    start, end = 0, new
    while end != old:
        middle = start + _left_width(end - start)
        if old <= middle:
            path.append(range_root(middle, end, read))
            end = middle
        else:
            path.append(range_root(start, middle, read))
            start = middle
    if start > 0:  # else the old tree is one complete subtree, whose root the verifier knows
        path.append(range_root(start, end, read))
    return tuple(reversed(path))


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an audit path leads to from a leaf hash.

    Raises:
        ProofError: no such leaf in a tree of this size, or a path of another length.
    """
    _check_index(index, size)
    check_hashes("a leaf hash", (leaf,))
    inner = (index ^ (size - 1)).bit_length()  # below, both neighbours may exist on either side
    _check_path(path, inner + (index >> inner).bit_count(), f"leaf {index} in a tree of {size}")
    return _climb(leaf, path, index, inner)


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes
) -> None:
    """Return if the leaf hash stands at `index` in the tree of this size and root.

    Raises:
        ProofError: it does not, or one of the hashes is not 32 bytes.
    """
    check_hashes("a root", (expected_root,))
    found = root_from_inclusion(leaf, index, size, path)
    _check_root(expected_root, found, f"the path of leaf {index} in a tree of {size}")


def verify_consistency(
    old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Return if the new tree begins with all leaves of the old one.

    The empty tree is consistent with every tree and needs no proof.

    Raises:
        ProofError: it does not, or the old tree is larger, or a hash is not 32 bytes.
    """
    _check_growth(old, new)
    check_hashes("a root", (old_root, new_root))
    what = f"growth from {old} to {new}"
    if old == 0:
        _check_root(EMPTY, old_root, "the tree of no leaves")
    if old in {0, new}:
        _check_path(path, 0, what)
        if old == new:
            _check_root(old_root, new_root, what)
        return
    shift = (old & -old).bit_length() - 1  # levels of the old tree's last complete subtree
    inner = ((old - 1) ^ (new - 1)).bit_length() - shift
    mask = (old - 1) >> shift
    seeded = old != 1 << shift
    _check_path(path, seeded + inner + (mask >> inner).bit_count(), what)
    seed, rest = (path[0], path[1:]) if seeded else (old_root, path)
    left_only = [step for at, step in enumerate(rest) if at >= inner or mask >> at & 1]
    _check_root(old_root, _climb(seed, left_only, 0, 0), f"the old root in the {what}")
    _check_root(new_root, _climb(seed, rest, mask, inner), f"the new root in the {what}")


def _climb(start: bytes, path: Sequence[bytes], index: int, inner: int) -> bytes:
    """Hash upwards; below `inner` the bits of `index` say on which side, above it is the left."""
    found = start
    for level, sibling in enumerate(path):
        on_left = level >= inner or index >> level & 1
        found = node_hash(sibling, found) if on_left else node_hash(found, sibling)
    return found


def _left_width(width: int) -> int:
    """The largest power of two below `width`: how RFC 6962 splits a tree."""
    return 1 << (width - 1).bit_length() - 1


def _check_index(index: int, size: int) -> None:
    check_size(size)
    if not 0 <= index < size:
        raise ProofError(f"expected a leaf below {size}, found leaf {index}")


def _check_growth(old: int, new: int) -> None:
    check_size(old)
    check_size(new)
    if old > new:
        raise ProofError(f"expected a tree of at least {old} leaves, found {new}: it was cut")


def _check_path(path: Sequence[bytes], length: int, what: str) -> None:
    if len(path) != length:
        raise ProofError(f"expected {length} hashes for {what}, found {len(path)}")
    check_hashes("a hash of the proof", path)


def _check_root(expected: bytes, found: bytes, what: str) -> None:
    if found != expected:
        raise ProofError(f"expected {what} to give {expected.hex()}, found {found.hex()}")
