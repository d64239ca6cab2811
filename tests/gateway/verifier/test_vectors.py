"""The page's own modules judge published vectors, and spoilt bytes, exactly as the ledger does."""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.verifier.page import SOURCES
from ledger import canonical, checkpoint, codec, envelope, locator, notes, proofs, receipts, tiles
from ledger.errors import LedgerError
from ledger.records import Position
from ledger.signers import keyfile

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VECTORS = Path(__file__).parents[2] / "vectors"
RECEIPTS = json.loads((VECTORS / "receipts.json").read_text(encoding="utf-8"))
LINES = (VECTORS / "merkle" / "inclusion.jsonl").read_text(encoding="utf-8").splitlines()
LOG = notes.parse_vkey(RECEIPTS["keys"]["log"])
SEED = 20_261_122

# Modules and what tests need around them; bytes travel as base64.
PRELUDE = """
const [bytes, tree, signature, notes, receipt, tiles, entry, check] = await Promise.all(
  ['bytes', 'tree', 'signature', 'notes', 'receipt', 'tiles', 'entry', 'check']
    .map((name) => import(`/${name}.js`)));
const raw = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const judged = (work) => {
  try { work(); return true; } catch (error) { if (!error.code) throw error; return false; }
};
"""


@pytest.fixture(scope="module")
def run(chromium: Any, serve: Callable[[Path], str]) -> Iterator[Callable[..., Any]]:
    """Run a piece of JavaScript beside the page's modules: `run(code, argument)`."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{serve(SOURCES)}/page.css")

    def call(code: str, given: Any) -> Any:
        return page.evaluate(f"async (given) => {{ {PRELUDE} {code} }}", given)

    yield call
    context.close()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def accepted(raw: bytes, leaf: bytes) -> bool:
    """Say how the ledger judges a receipt."""
    try:
        receipts.verify(receipts.parse(raw), leaf, [LOG])
    except LedgerError:
        return False
    return True


JUDGE = """
const key = notes.parseVkey(given.key);
return given.cases.map(([one, leaf]) =>
  judged(() => receipt.verifyReceipt(receipt.parseReceipt(raw(one)), raw(leaf), key)));
"""


def test_published_receipts_are_judged_as_published(run: Callable[..., Any]) -> None:
    good = [(b64(row["receipt"].encode()), b64(row["entry"].encode())) for row in RECEIPTS["good"]]
    bad = [(b64(row["receipt"].encode()), b64(b"entry 13")) for row in RECEIPTS["bad"]]

    found = run(JUDGE, {"key": LOG.vkey, "cases": good + bad})

    assert found == [True] * len(good) + [False] * len(bad)
    assert len(bad) > 10


def test_spoilt_receipts_are_judged_as_the_ledger_judges_them(run: Callable[..., Any]) -> None:
    print("seed", SEED)
    chance = random.Random(SEED)
    raw = next(row["receipt"] for row in RECEIPTS["good"] if row["witnessed"]).encode()
    extra = raw.replace(b"\nindex", b"\nextra YWJj\nindex", 1)
    cases = [raw, extra]
    for at in range(len(extra)):
        cases.append(extra[:at] + bytes([extra[at] ^ 1 << chance.randrange(8)]) + extra[at + 1 :])
        cases.append(extra[:at])
        cases.append(extra[:at] + chance.choice([b" ", b"\n", b"=", b"\r", b"0"]) + extra[at:])

    found = run(JUDGE, {"key": LOG.vkey, "cases": [(b64(one), b64(b"entry 13")) for one in cases]})

    assert found == [accepted(one, b"entry 13") for one in cases]
    assert found[:2] == [True, True] and Counter(found)[False] > 2 * len(extra)


def test_published_inclusion_proofs_are_judged_as_published(run: Callable[..., Any]) -> None:
    rows = [json.loads(line) for line in LINES]
    cases = [
        [
            row["leafHash"] or "",
            str(row["leafIdx"]),
            str(row["treeSize"]),
            row["proof"] or [],
            row["root"] or "",
        ]
        for row in rows
    ]

    found = run(
        """return given.map(([leaf, index, size, path, root]) => judged(() =>
          tree.verifyInclusion(
            raw(leaf), BigInt(index), BigInt(size), path.map(raw), raw(root))));""",
        cases,
    )

    assert [not row["wantErr"] for row in rows] == found
    assert len(found) == 98 and True in found


def test_all_published_keys_and_signatures_are_judged_as_the_policy_says(
    run: Callable[..., Any],
) -> None:
    cases = json.loads((VECTORS / "cctv-ed25519vectors.json").read_text(encoding="utf-8"))
    policy = json.loads((VECTORS / "cctv-ed25519-policy.json").read_text(encoding="utf-8"))
    given = [
        [b64(bytes.fromhex(one["key"])), b64(one["msg"].encode()), b64(bytes.fromhex(one["sig"]))]
        for one in cases
    ]

    found = run(
        """return given.map(([key, message, sig]) =>
          signature.publicPoint(raw(key)) === null ? 'key_refused'
          : signature.signatureHolds(raw(key), raw(message), raw(sig)) ? 'holds'
          : 'signature_refused');""",
        given,
    )

    judged: dict[tuple[str, ...], Counter[str]] = {}
    for case, result in zip(cases, found, strict=True):
        judged.setdefault(tuple(case["flags"] or ()), Counter())[result] += 1
    expected = {tuple(row.pop("flags")): +Counter(row) for row in policy}
    assert judged == expected


def test_entries_are_read_or_refused_as_the_ledger_does(
    run: Callable[..., Any], published: Any
) -> None:
    print("seed", SEED)
    chance = random.Random(SEED)
    good = published.envelopes[published.use]
    cases = [*published.envelopes[:300:10], good]
    for at in range(0, len(good), 3):
        cases.append(good[:at] + bytes([good[at] ^ 1 << chance.randrange(8)]) + good[at + 1 :])
    payload = envelope.parse(good).payload
    for change in SPELLINGS:
        cases.append(good.replace(b64(payload).encode(), b64(change(payload)).encode()))

    found = run(
        "return given.map((one) => judged(() => entry.parseEntry(raw(one))));",
        [b64(one) for one in cases],
    )

    assert found == [_reads(one) for one in cases]
    assert found[:31] == [True] * 31 and True not in found[-len(SPELLINGS) :]


def test_arrangements_of_signatures_are_read_or_refused_as_the_ledger_does(
    run: Callable[..., Any], published: Any
) -> None:
    fields = canonical.decode(published.envelopes[published.use])
    one = fields["signatures"][0]
    arrangements: list[Any] = [
        [one],
        [one, {**one, "keyid": "ab" * 32}],
        [],
        [one] * 3,
        [one, "sig"],
        [one, {**one, "alg": "sm2"}],
        [one, {"keyid": one["keyid"]}],
        [one, {**one, "sig": one["sig"].replace("=", "")}],
        [one, {**one, "keyid": 7}],
        {"0": one, "length": 1},
    ]
    cases = [canonical.encode({**fields, "signatures": found}) for found in arrangements]

    found = run(
        "return given.map((one) => judged(() => entry.parseEntry(raw(one))));",
        [b64(case) for case in cases],
    )

    assert found == [_reads(case) for case in cases] == [True, True] + [False] * 8


def test_a_checkpoint_with_lines_of_other_algorithms_is_believed_by_its_first(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    fields = {"holder": "x", "township": "420625103000", "epoch": 1, "domain": "sim"}
    paths = [tmp_path / "l.key", tmp_path / "l.json", tmp_path / "w.key", tmp_path / "w.json"]
    keyfile.create(*paths[:2], keyfile.Kind(second="sm2"), role="log", **fields)
    keyfile.create(*paths[2:], keyfile.Kind("ml-dsa-44"), role="witness", **fields)
    log, witness = keyfile.load(*paths[:2]), keyfile.load(*paths[2:])
    head = checkpoint.Checkpoint("seal.example/2026", 9, bytes(range(32)))
    line = checkpoint.cosign(head, "county.example/w", witness, 1_790_000_000)
    note = checkpoint.sign(head, log) + line
    key = notes.key_of(log.record, head.origin, notes.SignatureType.ED25519)
    assert key.second is not None

    found = run(
        """const others = (text) => {
          try { return notes.verifyCheckpoint(raw(given.note), notes.parseVkey(text)).others; }
          catch (error) { return error.code; }
        };
        return [given.first, given.second].map(others);""",
        {"note": b64(note), "first": key.vkey, "second": key.second.vkey},
    )

    assert len(notes.parse(note).lines) == 3
    assert found == [2, "key-form"]


SPELLINGS: tuple[Callable[[bytes], bytes], ...] = (
    lambda payload: payload.replace(b'"n":1', b'"n":1.0'),
    lambda payload: payload.replace(b'"n":1', b'"n":1e0'),
    lambda payload: payload.replace(b'"n":1', b'"n": 1'),
    lambda payload: payload.replace(b'"n":1', b'"n":1,"n":1'),
    lambda payload: payload.replace(b'"n":1', b'"n":9007199254740992'),
    lambda payload: payload.replace(b'"n":1', b'"n":-0'),
    lambda payload: payload.replace(b'"A-1"', b'"\\u0041-1"'),
    lambda payload: payload.replace(b'"A-1"', b'"\\ud800"'),
    lambda payload: payload.replace(b'"A-1"', b'"\xff"'),
    lambda payload: payload.replace(b'"A-1"', b"[" * 40 + b"]" * 40),
    lambda payload: payload.replace(b'"seq":', b'"seq":-'),
    lambda payload: payload.replace(b'"device":"m-1"', b'"device":"M-1"'),
    lambda payload: payload.replace(b'"kind":"use"', b'"kind":"void"'),
    lambda payload: payload.replace(b"{", b"[", 1),
    lambda payload: b"\xef\xbb\xbf" + payload,
    lambda payload: payload + b"\n",
)


def _reads(raw: bytes) -> bool:
    """Say whether the ledger reads envelope, payload and place; bodies it judges further."""
    try:
        found = envelope.parse(raw)
        fields = canonical.decode(found.payload)
        kind = codec.kind_of(found.payload_type)
        return fields.get("kind") == kind and bool(msgspec.convert(fields, Position).author)
    except (LedgerError, msgspec.ValidationError):
        return False


def test_paths_from_tiles_and_codes_are_those_of_the_ledger(
    run: Callable[..., Any], published: Any
) -> None:
    folder = published.folder / "2026"
    files = {
        str(path.relative_to(folder)): b64(path.read_bytes())
        for path in (folder / "tile").rglob("*")
        if path.is_file()
    }
    size = len(published.envelopes)

    def read_file(path: str) -> bytes | None:
        return base64.b64decode(files[path]) if path in files else None

    reader = tiles.TileReader(size, read_file)
    indices = [0, 1, 255, 256, 511, 512, 598, 599]

    found = run(
        """const read = async (path) => given.files[path] ? raw(given.files[path]) : null;
        const size = BigInt(given.size);
        const rows = [];
        for (const index of given.indices.map(BigInt)) {
          const one = await tiles.readEntry(index, size, read);
          const path = await tiles.inclusionPath(index, size, read);
          const code = bytes.shortCode(tree.leafHash(one));
          rows.push([bytes.base64(one), path.map(bytes.base64), code]);
        }
        return { rows, key: bytes.shortCode(notes.parseVkey(given.vkey).digest) };""",
        {"files": files, "size": size, "indices": indices, "vkey": published.vkey},
    )

    assert found["key"] == published.key_code
    for index, (one, path, code) in zip(indices, found["rows"], strict=True):
        assert base64.b64decode(one) == published.envelopes[index]
        assert code == published.locator(index).entry_code
        hashes = tuple(map(base64.b64decode, path))
        assert hashes == proofs.prove_inclusion(index, size, reader)


@pytest.mark.parametrize("index", [0, 999, 1000, 123_456, 1_234_067_890])
def test_tile_paths_are_those_of_the_ledger(run: Callable[..., Any], index: int) -> None:
    cases = [tiles.Tile(level, index, width) for level in (0, 3, None) for width in (1, 255, 256)]

    found = run(
        "return given.map(([level, n, w]) => tiles.tilePath(level, BigInt(n), BigInt(w)));",
        [["entries" if one.level is None else one.level, index, one.width] for one in cases],
    )

    assert found == [one.path for one in cases]


def test_questions_are_read_in_one_spelling_and_codes_as_people_type_them(
    run: Callable[..., Any], published: Any
) -> None:
    place = str(published.locator(7))
    code = locator.parse(place).key_code
    good = [place, f"2026/7/{locator.grouped(code).lower()}", "2026/7", "", code, f"x#{place}"]
    bad = [
        "2026",
        "26/7",
        "2026/07",
        "2026/-1",
        "2026/7/",
        f"{place}/",
        "2026/7/ABC",
        "../7",
        "2026/7/UUUU",
    ]

    found = run("return given.map((one) => check.parseQuestion(one) !== null);", good + bad)

    assert found == [True] * len(good) + [False] * len(bad)


def test_both_languages_have_the_same_texts(run: Callable[..., Any]) -> None:
    found = run(
        """const { TEXTS } = await import('/texts.js');
        const blanks = (text) => (text.match(/\\{[a-z]+\\}/g) ?? []).sort().join();
        return ['zh', 'en'].map((one) =>
          Object.entries(TEXTS[one]).map(([key, text]) => [key, blanks(text)]).sort());""",
        None,
    )

    assert found[0] == found[1]
    assert len(found[0]) > 50


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_entry_has_its_own_plain_name(run: Callable[..., Any], language: str) -> None:
    named = {
        kind: {"kind": kind, "fields": {"decision": "approve"}, "party": "gateway", "author": "gw"}
        for kind in (*codec.ENTRY_KINDS, "kind-of-tomorrow")
    }

    found = run(
        """const { facts } = await import('/facts.js');
        return Object.entries(given.named).map(([kind, one]) =>
          [kind, Object.fromEntries(facts(given.language, { ...one, atMs: 0 }, '1'))['fact.what']]);
        """,
        {"named": named, "language": language},
    )

    names = dict(found)
    assert "kind-of-tomorrow" in names.pop("kind-of-tomorrow")
    assert [
        kind for kind, name in names.items() if f"{kind}）" in name or f"({kind})" in name
    ] == []
    assert len(set(names.values())) == len(names) == len(codec.ENTRY_KINDS)
