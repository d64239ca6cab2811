"""Bytes that are no UTF-8 are refused as any other damage: no reader ends its program over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger import asking, bookmark, codec, keyacts, lineage, people
from ledger.errors import MalformedError
from ledger.monitor_memory import Memory
from ledger.trusted_heads import Trust
from ledger.verify_heads import LogKeys


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (asking.parse, b'{"log":"\xff","size":0,"entries":[]}'),
        (bookmark.decode, b"\x81\xa6origin\xa1\xff"),
        (keyacts.decode, b'{"act":"\xff"}'),
        (lineage.parse, b'[{"log":"\xff","index":0,"entry":""}]'),
        (people.decode, b'{"place":"\xff"}'),
        (people.unpack, b'{"entry":"\xff","sealed":""}'),
    ],
)
def test_it_is_malformed(read: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(MalformedError):
        read(data)


def test_a_monitor_with_damaged_keys_of_the_log_learns_them_anew(tmp_path: Path) -> None:
    folder = tmp_path / f"source-{codec.sha256(b'public')[:16]}"
    folder.mkdir()
    (folder / "named").write_bytes(b"\x92\xa1\xff\x90")

    assert Memory(tmp_path, "public", Trust(log_keys=LogKeys(keys=()))).named is None
