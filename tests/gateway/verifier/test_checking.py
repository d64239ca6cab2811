"""A villager opens the page on a published log: what holds is told, what does not is told why."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import checkpoint, locator, notes, tiles, tree
from ledger.checkpoint import Checkpoint
from ledger.notes import SignatureType
from ledger.signers import keyfile
from ledger.tree import MemoryHashes

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Open = Callable[..., Any]
Flip = Callable[[Path, int], None]


@pytest.fixture
def check(public: Path, serve: Callable[[Path], str], phone: Open) -> Callable[..., Any]:
    """Open the page on the (perhaps spoilt) public folder and return the window."""

    def check_one(question: object) -> Any:
        window = phone()
        window.open(f"{serve(public)}/verify.html#{question}")
        return window

    return check_one


def other_signer(folder: Path) -> Any:
    """Return a log key that is not the township's."""
    keyfile.create(
        folder / "other.key",
        folder / "other.json",
        holder="gw-1",
        role="log",
        township="330109110000",
        epoch=1,
        domain="sim",
    )
    return keyfile.load(folder / "other.key", folder / "other.json")


def resigned(published: Any, signer: Any, envelopes: tuple[bytes, ...]) -> bytes:
    """Return a checkpoint over other entries, or by another key."""
    memory = MemoryHashes(map(tree.leaf_hash, envelopes))
    head = Checkpoint(published.origin, len(envelopes), tree.root(len(envelopes), memory))
    return checkpoint.sign(head, signer)


def rewritten(folder: Path, published: Any, signer: Any) -> None:
    """Publish another log in its place: entry `use` was changed, all else is as it must be."""
    envelopes = list(published.envelopes)
    envelopes[published.use] = published.envelopes[published.beat]
    memory = MemoryHashes(map(tree.leaf_hash, envelopes))
    for tile in tiles.tiles_between(0, len(envelopes)):
        (folder / tile.path).write_bytes(tiles.tile_bytes(tile, memory))
    for bundle in tiles.bundles_between(0, len(envelopes)):
        first = bundle.index * tiles.WIDTH
        data = tiles.encode_bundle(envelopes[first : first + bundle.width])
        (folder / bundle.path).write_bytes(data)
    (folder / "checkpoint").write_bytes(resigned(published, signer, tuple(envelopes)))


def test_a_use_on_paper_is_found_unchanged_and_its_facts_are_told(
    check: Callable[..., Any], published: Any
) -> None:
    window = check(published.locator(published.use))

    assert window.verdict() == "good"
    assert window.text() == "这条记录在公开的账上，一个字也没有被改过。"
    assert window.facts() == {
        "什么事": "盖了一次章",
        "印章": "村民委员会公章",
        "次数": "第 1 次，共批 2 次",
        "时间": "2026年9月21日 22:13",
        "事项代码": "A-1",
        "印章机": "m-1",
        "号码": f"2026 / {published.use}",
    }
    assert window.text("#key-code") == locator.grouped(published.key_code)
    assert not window.page.is_visible("#tell")
    assert window.complaints == []


def test_a_void_is_told_as_one(check: Callable[..., Any], published: Any) -> None:
    window = check(published.locator(published.void))

    assert window.verdict() == "good"
    assert window.facts()["什么事"] == "这一次没有盖成"
    assert window.facts()["次数"] == "没有盖，不算次数"


@pytest.mark.parametrize("index", [0, 255, 256, 511, 512, 599])
def test_entries_at_the_edges_of_tiles_hold(
    check: Callable[..., Any], published: Any, index: int
) -> None:
    assert check(published.locator(index)).verdict() == "good"


def test_without_a_code_from_the_door_it_does_not_say_that_all_holds(
    check: Callable[..., Any], published: Any
) -> None:
    window = check(f"2026/{published.use}")

    assert window.verdict() == "open"
    assert "还没有核对账本的钥匙" in window.text()
    window.page.fill("#code", locator.grouped(published.key_code).lower())
    window.page.click("#form button")
    window.page.wait_for_selector("#verdict.good")


def test_the_code_on_the_door_opens_the_page_for_any_number(
    check: Callable[..., Any], published: Any
) -> None:
    window = check(published.key_code)
    assert window.verdict() == "start"

    window.page.fill("#number", f"2026/{published.void}")
    window.page.click("#form button")

    window.page.wait_for_selector("#verdict.good")
    assert window.facts()["什么事"] == "这一次没有盖成"


def test_another_page_is_shown_when_the_address_changes(
    check: Callable[..., Any], published: Any
) -> None:
    window = check(published.locator(published.use))

    window.page.evaluate(f"location.hash = '{published.locator(published.void)}'")

    window.page.wait_for_selector("#rows >> text=这一次没有盖成")


def test_a_changed_byte_of_the_entry_is_refused(
    check: Callable[..., Any], public: Path, published: Any, flip: Flip
) -> None:
    bundle = public / "2026" / "tile" / "entries" / "000"
    flip(bundle, bundle.read_bytes().index(published.envelopes[published.use]) + 40)

    window = check(published.locator(published.use))

    assert window.verdict() == "bad"
    assert "这条记录、它的位置或者证明被改过" in window.text()
    assert "12388" in window.text("#tell-text")
    assert not window.page.is_visible("#facts")


def test_a_changed_hash_on_the_path_is_refused(
    check: Callable[..., Any], public: Path, published: Any, flip: Flip
) -> None:
    flip(public / "2026" / "tile" / "0" / "002.p" / "88", 5)

    window = check(published.locator(published.use))

    assert window.verdict() == "bad"
    assert "这条记录、它的位置或者证明被改过" in window.text()


def test_a_changed_hash_beside_the_path_is_found_by_who_needs_it(
    check: Callable[..., Any], public: Path, published: Any, flip: Flip
) -> None:
    flip(public / "2026" / "tile" / "0" / "000", 3 * 32)

    assert check(published.locator(2)).verdict() == "bad"


@pytest.mark.parametrize("name", ["tile/0/000", "tile/1/000.p/2", "tile/entries/000"])
def test_a_cut_tile_is_named(
    check: Callable[..., Any], public: Path, published: Any, name: str
) -> None:
    path = public / "2026" / name
    path.write_bytes(path.read_bytes()[:-7])

    window = check(published.locator(published.use))

    assert window.verdict() == "bad"
    assert "公开的账有一块长短不对" in window.text() and name in window.text()


@pytest.mark.parametrize("name", ["tile/0/002.p/88", "tile/entries/000"])
def test_a_missing_tile_is_named(
    check: Callable[..., Any], public: Path, published: Any, name: str
) -> None:
    (public / "2026" / name).unlink()

    window = check(published.locator(published.use))

    assert window.verdict() == "bad"
    assert "公开的账缺了一块" in window.text() and name in window.text()


def test_a_partial_tile_that_a_full_one_replaced_does_no_harm(
    check: Callable[..., Any], public: Path, published: Any
) -> None:
    for level in ("0", "entries"):
        partial = public / "2026" / "tile" / level / "002.p" / "88"
        data = partial.read_bytes()
        more = bytes(32 * 168) if level == "0" else tiles.encode_bundle([b"later"] * 168)
        (public / "2026" / "tile" / level / "002").write_bytes(data + more)
        shutil.rmtree(partial.parent)

    assert check(published.locator(599)).verdict() == "good"


def test_another_key_is_refused_by_the_code_on_the_paper(
    check: Callable[..., Any], public: Path, published: Any, tmp_path: Path
) -> None:
    signer = other_signer(tmp_path)
    key = notes.key_of(signer.record, published.origin, SignatureType.ED25519)
    (public / "2026" / "log.vkey").write_text(f"{key.vkey}\n")
    (public / "2026" / "checkpoint").write_bytes(resigned(published, signer, published.envelopes))

    window = check(published.locator(published.use))

    assert window.verdict() == "bad"
    assert "账本钥匙，和门上（纸上）的核对码不一样" in window.text()


def test_a_checkpoint_by_another_key_is_refused(
    check: Callable[..., Any], public: Path, published: Any, tmp_path: Path
) -> None:
    signed = resigned(published, other_signer(tmp_path), published.envelopes)
    (public / "2026" / "checkpoint").write_bytes(signed)

    window = check(published.locator(published.use))

    assert window.verdict() == "bad"
    assert "账的签名不对" in window.text()


def test_a_rewritten_log_with_a_good_signature_is_caught_by_the_paper(
    check: Callable[..., Any], public: Path, published: Any
) -> None:
    rewritten(public / "2026", published, published.signer)

    window = check(published.locator(published.use))

    assert window.verdict() == "bad"
    assert "账被重写过，或者这张纸是假的" in window.text()
    assert check(published.locator(published.void)).verdict() == "good"


def test_a_wrong_number_on_the_paper_is_refused(check: Callable[..., Any], published: Any) -> None:
    place = published.locator(published.use)
    wrong = str(place).replace(f"/{published.use}/", f"/{published.void}/")

    window = check(wrong)

    assert window.verdict() == "bad"
    assert "和印这张纸时的不是同一条" in window.text()


def test_a_log_that_was_cut_does_not_have_the_number(
    check: Callable[..., Any], public: Path, published: Any
) -> None:
    short = resigned(published, published.signer, published.envelopes[:200])
    (public / "2026" / "checkpoint").write_bytes(short)

    window = check(published.locator(published.use))

    assert window.verdict() == "bad"
    assert "账上现在只到第 199 号" in window.text()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda raw: raw.replace(b"\n600\n", b"\n0600\n"), "账的签名页写法不对"),
        (lambda raw: raw.replace(b"\n600\n", b"\n601\n"), "账的签名不对"),
        (lambda raw: raw[:-1], "账的签名页写法不对"),
        (lambda raw: raw.replace(b"\n", b"\r\n"), "账的签名页写法不对"),
        (lambda raw: raw.replace(b"/2026\n", b"/2025\n", 1), "给出来的是另一本账"),
        (lambda raw: b"<html>not found</html>", "账的签名页写法不对"),
    ],
    ids=["leading zero", "size", "cut", "carriage returns", "origin", "no checkpoint"],
)
def test_a_swapped_checkpoint_is_refused(
    check: Callable[..., Any],
    public: Path,
    published: Any,
    change: Callable[[bytes], bytes],
    sentence: str,
) -> None:
    path = public / "2026" / "checkpoint"
    path.write_bytes(change(path.read_bytes()))

    window = check(published.locator(published.use))

    assert window.verdict() == "bad"
    assert sentence in window.text()


def test_an_entry_that_is_none_is_told_though_it_stands_in_the_log(
    check: Callable[..., Any], public: Path, published: Any
) -> None:
    envelopes = (b'{"not":"ours"}', *published.envelopes[1:200])
    memory = MemoryHashes(map(tree.leaf_hash, envelopes))
    for tile in tiles.tiles_between(0, 200):
        path = public / "2026" / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tiles.tile_bytes(tile, memory))
    bundle = public / "2026" / "tile" / "entries" / "000.p" / "200"
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(tiles.encode_bundle(envelopes))
    signed = resigned(published, published.signer, envelopes)
    (public / "2026" / "checkpoint").write_bytes(signed)

    window = check(f"2026/0/{published.key_code}")

    assert window.verdict() == "bad"
    assert "写法不合规定" in window.text()


def test_what_could_not_be_read_is_not_called_wrong(
    check: Callable[..., Any], published: Any
) -> None:
    for question in (f"2025/1/{published.key_code}", "2026/12x", "2026/1/SHORT", "2026/1%"):
        window = check(question)

        assert window.verdict() == "unread"
        assert "这不说明记录有问题" in window.text()


def test_a_browser_that_fails_in_the_middle_never_says_that_it_holds(
    public: Path, serve: Callable[[Path], str], phone: Open, published: Any
) -> None:
    window = phone()
    window.page.add_init_script("Map.prototype.has = () => { throw new Error('no such thing'); }")

    window.open(f"{serve(public)}/verify.html#{published.locator(published.use)}")

    assert window.verdict() == "unread"
    assert "这一页自己出了毛病" in window.text()


def test_a_lost_network_is_not_called_wrong(check: Callable[..., Any], published: Any) -> None:
    window = check(published.locator(published.use))
    window.page.wait_for_selector("#verdict.good")

    window.context.set_offline(True)
    window.page.evaluate(f"location.hash = '{published.locator(published.void)}'")

    window.page.wait_for_selector("#verdict.unread")
    assert "网络不通" in window.text()


def test_no_request_leaves_the_origin(check: Callable[..., Any], published: Any) -> None:
    window = check(published.locator(published.use))

    assert window.verdict() == "good"
    hosts = {re.sub(r"^(\w+://[^/]*).*", r"\1", url) for url in window.requests}
    assert len([one for one in hosts if not one.startswith("data:")]) == 1
    assert len(window.requests) <= 10
