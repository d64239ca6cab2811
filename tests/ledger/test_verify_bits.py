"""Every single bit of 200 entries and of their tile, flipped: each is refused.

All bits go through the comparison with the published tile; all bits of one entry of each kind
go through form and signature, too. `./seal bench verify --bits` does that for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.public_log import Township
from ledger import envelope
from ledger.errors import LedgerError
from ledger.tree import leaf_hash
from ledger.verify_device import verify_entry
from ledger.verify_spans import Keyring, first_difference
from tests.ledger.public_town import audit, codes

SIZE = 200


@pytest.fixture(scope="module")
def town() -> Township:
    return Township(2).fill(SIZE)


def flips(data: bytes) -> Iterator[bytes]:
    changed = bytearray(data)
    for at in range(8 * len(data)):
        changed[at // 8] ^= 1 << at % 8
        yield bytes(changed)
        changed[at // 8] ^= 1 << at % 8


@pytest.mark.slow
def test_every_bit_of_every_entry_is_seen_beside_its_tile(town: Township) -> None:
    count = 0
    for raw in town.entries:
        published = leaf_hash(raw)
        assert first_difference([published], published) is None
        for changed in flips(raw):
            assert first_difference([leaf_hash(changed)], published) == 0
            count += 1

    assert count == 8 * sum(map(len, town.entries)) > 10**6


def test_every_bit_of_a_tile_is_seen_beside_its_entries(town: Township) -> None:
    leaves = [leaf_hash(raw) for raw in town.entries]

    for at, changed in enumerate(flips(b"".join(leaves))):
        assert first_difference(leaves, changed) == at // 256


@pytest.mark.slow
def test_every_bit_of_one_entry_of_each_kind_breaks_form_or_signature(town: Township) -> None:
    by_kind = {envelope.parse(raw).payload_type: raw for raw in town.entries}
    keys = Keyring(town.records)
    assert len(by_kind) == 6

    for raw in by_kind.values():
        verify_entry(raw, keys)
        for changed in flips(raw):
            with pytest.raises(LedgerError):
                verify_entry(changed, keys)


@pytest.mark.parametrize("cut", [1, 31, 32, 33, 6399])
def test_a_tile_of_another_length_is_seen(town: Township, cut: int) -> None:
    leaves = [leaf_hash(raw) for raw in town.entries]
    whole = b"".join(leaves)

    assert first_difference(leaves, whole[:-cut]) == (len(whole) - cut) // 32
    assert first_difference(leaves, whole + b"x") == SIZE - 1


def test_a_bit_in_a_published_file_is_found(town: Township, tmp_path: Path) -> None:
    town.publish(tmp_path)
    for name in ("tile/0/000.p/200", "tile/entries/000.p/200"):
        path = tmp_path / "2026" / name
        good = path.read_bytes()
        path.write_bytes(good[:100] + bytes([good[100] ^ 1]) + good[101:])

        assert "tile-differs" in codes(audit(tmp_path, town))
        path.write_bytes(good)
    assert codes(audit(tmp_path, town)) == []
