"""The page on a stick: a chosen folder, a kept receipt, a machine's receipt with its entry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import notes, proofs, receipts, tree
from ledger.tree import MemoryHashes

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Open = Callable[..., Any]
Flip = Callable[[Path, int], None]


def test_from_a_stick_the_chosen_folder_is_checked(
    public: Path, published: Any, phone: Open
) -> None:
    for folder in (public, public.parent, public / "2026"):
        window = phone()
        window.open(f"file://{public}/verify.html#{published.locator(published.use)}")
        assert "选账所在的文件夹" in window.text()

        window.page.set_input_files("#folder", folder)

        window.page.wait_for_selector("#verdict:not(.start):not(.wait)")
        assert window.verdict() == "good"
        assert window.complaints == []
        assert {url.split(":")[0] for url in window.requests} <= {"file", "data"}


def test_from_a_stick_a_spoilt_folder_is_refused(
    public: Path, published: Any, phone: Open, flip: Flip
) -> None:
    flip(public / "2026" / "tile" / "0" / "002.p" / "88", 5)
    window = phone()
    window.open(f"file://{public}/verify.html#{published.locator(published.use)}")

    window.page.set_input_files("#folder", public)

    window.page.wait_for_selector("#verdict.bad")
    assert "被改过" in window.text()


def test_a_kept_receipt_holds_from_a_file_alone_with_the_key_typed(
    published: Any,
    public: Path,
    serve: Callable[[Path], str],
    phone: Open,
    tmp_path: Path,
) -> None:
    window = phone()
    window.open(f"{serve(public)}/verify.html#{published.locator(published.use)}")
    with window.page.expect_download() as saved:
        window.page.click("#save")
    kept = tmp_path / saved.value.suggested_filename
    saved.value.save_as(kept)
    receipt = receipts.parse(kept.read_bytes())
    leaf = published.envelopes[published.use]
    assert receipt.extra == leaf
    assert receipts.verify(receipt, leaf, [notes.parse_vkey(published.vkey)]).size == 600

    other = phone()
    other.open(f"file://{public}/verify.html#{published.key_code}")
    other.page.fill("#key", published.vkey)
    other.page.set_input_files("#files", kept)

    other.page.wait_for_selector("#verdict.good")
    assert other.facts()["什么事"] == "盖了一次章"


def test_a_machines_receipt_holds_with_entry_and_key_as_files(
    published: Any, public: Path, phone: Open, flip: Flip, tmp_path: Path
) -> None:
    memory = MemoryHashes(map(tree.leaf_hash, published.envelopes))
    files = kept_files(tmp_path, published, memory)
    window = phone()
    window.open(f"file://{public}/verify.html#{published.key_code}")
    for lacking, sentence in ((0, "还缺凭证文件"), (1, "还缺这条记录本身"), (2, "还缺账本的钥匙")):
        window.page.set_input_files("#files", [one for one in files if one != files[lacking]])
        window.page.wait_for_selector(f"#sentence:has-text('{sentence}')")
        assert window.verdict() == "unread"
    window.page.set_input_files("#files", files)
    window.page.wait_for_selector("#verdict.good")

    flip(files[1], 40)
    window.page.set_input_files("#files", files)
    window.page.wait_for_selector("#verdict.bad")
    assert "被改过" in window.text()


def kept_files(folder: Path, published: Any, memory: MemoryHashes) -> list[Path]:
    """Write a receipt, its entry and the key, as a machine's export has them."""
    path = proofs.prove_inclusion(published.use, 600, memory)
    signed = (published.folder / "2026" / "checkpoint").read_bytes()
    receipt = receipts.encode(receipts.Receipt(published.use, path, signed))
    files = [folder / name for name in ("one.tlog-proof", "one.dsse", "log.vkey")]
    for file, data in zip(
        files, (receipt, published.envelopes[published.use], published.vkey.encode()), strict=True
    ):
        file.write_bytes(data)
    return files
