"""No identifier of any person is in any published byte, however it is written."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyrage
import pytest

from gateway.audit import alerts
from gateway.commands import Decide, OpenCase
from gateway.register.keybook import KeyBook
from gateway.register.publish import Publisher
from gateway.stores.sights import FieldSight, PhotoSight, SealSight, Sight
from gateway.stores.views import Alert, Finding
from ledger import disclosure, tiles
from ledger.disclosure import Opening
from ledger.records import SealRequest
from ledger.topics import Leaf

Town = Any

APPLICANTS = (
    "欧阳建国",
    "Zhang Wei 张伟",
    "阿卜杜拉·买买提",
    '王"二"\\小',
    "李\u200b四\n",
    "=CMD()王五",
)
ID_CARDS = ("330109198503124517", "11010119900307803X", "３３０１０９１９８５０３１２４５１７")
PHONES = ("13805710000", "+86 138-0571-0001", "0571-82890002")
PURPOSES = ("办理子女入学证明", '{"purpose": "骗取补贴"}', "<script>alert(1)</script>贷款担保")
PAYEES = ("杭州萧山建材有限公司", "6222021202001122334", "农信社 6230910199002233445")
AMOUNTS = (987654321, 13579246801, 4294967297)  # in fen; too long to be part of a number by chance
NOTES = ("同意欧阳建国办理", "身份证330109198503124517已核", "电话13805710000无人接听")
SECRETS = (*APPLICANTS, *ID_CARDS, *PHONES, *PURPOSES, *PAYEES, *NOTES, *map(str, AMOUNTS))


def values(n: int, pages: list[Any]) -> dict[str, Any]:
    name = APPLICANTS[n]
    return {
        "applicant": f"{name} {ID_CARDS[n % 3]}",
        "applicant_masked": disclosure.mask_name(name),
        "purpose": f"{PURPOSES[n % 3]},电话 {PHONES[n % 3]}",
        "payee": PAYEES[n % 3],
        "amount": AMOUNTS[n % 3],
        "pages": pages,
    }


def file(town: Town, n: int) -> str:
    """File a request with these values, have it decided with a note, and alert about it."""
    machine = town.machines["m-1"]
    page = town.photo(f"{APPLICANTS[n]} {ID_CARDS[n % 3]}".encode())
    reference = {name: getattr(page.ref, name) for name in page.ref.__struct_fields__}
    fields, opened = disclosure.withhold(values(n, [reference]))
    raw = machine.sign(
        SealRequest(
            seal="committee",
            matter="A-1",
            list_version=1,
            copies=1,
            pages_count=1,
            filed_by="clerk-1",
            **fields,
        ),
        town.now_ms,
    )
    name = str(machine.head.sha256)
    sealed = pyrage.encrypt(
        disclosure.encode(Opening(name, opened)),
        [pyrage.x25519.Recipient.from_str(one) for one in town.ring.recipients()],
    )
    town.take(machine.message(raw), machine.message(sealed, Leaf.OPENING, name))
    with town.store.transaction() as transaction:
        transaction.photo_stored(page.ref.sealed_sha256, page.ref.sealed_size, town.now_ms)
    decision: Any = "approve" if n % 2 else "refuse"
    town.order(Decide(by="chair", request=name, decision=decision, note=NOTES[n % 3]))
    alert = Alert(
        code="test",
        severity="red",
        machine="m-1",
        entry=name,
        finding=Finding(key="finding.test", values={"who": APPLICANTS[n]}),
        key=f"test/{name}",
    )
    with town.public.transaction(town.store, town.now_ms) as transaction:
        town.log.raise_alert(transaction, alert, town.now_ms)
        known = transaction.alerts()[0].alert
    town.order(OpenCase(by="audit-1", alert=known, note=f"核查{APPLICANTS[n]}"))
    return name


def see(town: Town, n: int, name: str) -> None:
    """Keep a sight that holds the secrets, and what the rules find in it."""
    secret = f"{APPLICANTS[n]} {ID_CARDS[n % 3]}"
    field = FieldSight(
        name="party",
        asked=secret,
        seen=PAYEES[n % 3],
        score=0.1,
        verdict="mismatch",
        why="other",
        corners=None,
    )
    seal = SealSight(
        corners=(),
        text=secret,
        registered=None,
        name=None,
        score=0.1,
        verdict="foreign",
        state="complete",
        color="red",
        shape="square",
        is_new=True,
    )
    photo = PhotoSight(sealed_sha256="a" * 64)
    sight = Sight(
        entry=name,
        machine="m-1",
        seal="committee",
        before=photo,
        after=photo,
        seals=(seal,),
        fields=(field,),
        verdict="mismatch",
        at_ms=town.now_ms,
        seconds=1.0,
    )
    with town.public.transaction(town.store, town.now_ms) as transaction:
        transaction._tables.insert("sights", entry_sha256=name, idx=n, machine="m-1", tries=1)
        assert transaction.put_sight(sight, None)
        history = transaction.history(town.now_ms)
        before = transaction.size()
        town.log.raise_found(
            transaction, lambda: alerts.judge_time(history, town.now_ms), town.now_ms
        )
        assert transaction.size() >= before + 2  # of the document and of the seal


@pytest.fixture
def folder(staffed: Town, tmp_path: Path) -> Path:
    """Return the public folder of a town whose requests hold the secrets."""
    for n in range(len(APPLICANTS)):
        see(staffed, n, file(staffed, n))
    public = tmp_path / "public"
    publisher = Publisher(public, KeyBook(staffed.ring))
    publisher.publish_keys(staffed.ring.records())
    with staffed.store.reader() as reader:
        publisher.publish(reader)
    return public


def spellings(secret: str) -> Iterator[bytes]:
    """Yield the ways in which a text may stand in a file, without base64."""
    for text in {secret, secret.strip(), secret.replace(" ", "").replace("-", "")}:
        for escaped in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
            yield escaped.encode()
            yield escaped.replace("\\u", "\\U").encode()
        yield text.encode()
        yield quote(text).encode()
        for encoding in ("utf-16-le", "utf-16-be", "gb18030"):
            yield text.encode(encoding)
        yield text.encode().hex().encode()


def in_base64(data: bytes) -> Iterator[bytes]:
    """Yield what base64 makes of bytes at each of the three places where they may begin."""
    for skip in range(3):
        whole = base64.b64encode(b"\0" * skip + data + b"\0" * (-(skip + len(data)) % 3))
        sure = whole[(0, 2, 3)[skip] : len(whole) - (4 if (skip + len(data)) % 3 else 0)]
        if len(sure) >= 8:
            yield sure
            yield sure.replace(b"+", b"-").replace(b"/", b"_")


def layers(data: bytes, deep: int = 3) -> Iterator[bytes]:
    """Yield a file and what its entries' envelopes and payloads decode to, layer by layer."""
    yield data
    if deep == 0:
        return
    for text in _strings(data):
        try:
            inner = base64.b64decode(text, validate=True)
        except ValueError:
            continue
        yield from layers(inner, deep - 1)


def _strings(data: bytes) -> Iterator[str]:
    """Yield every string in a file of JSON, or in each entry of a bundle."""
    for piece in _entries(data):
        try:
            waiting: list[Any] = [json.loads(piece)]
        except ValueError:
            continue
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                yield one
            elif isinstance(one, dict):
                waiting += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                waiting += one


def _entries(data: bytes) -> list[bytes]:
    """Return the entries of a bundle (two bytes of length before each), or the file itself."""
    found, rest = [], data
    while len(rest) > 2:
        size = int.from_bytes(rest[:2], "big")
        if size + 2 > len(rest):
            return [data]
        found.append(rest[2 : 2 + size])
        rest = rest[2 + size :]
    return [data] if rest or not found else found


def leaks(folder: Path) -> set[tuple[str, str]]:
    """Return each secret with the file in which it stands."""
    sought = [
        (secret, needle)
        for secret in SECRETS
        for spelled in spellings(secret)
        for needle in (spelled, *in_base64(spelled))
        if len(needle) >= 5
    ]
    found = set()
    for path in sorted(folder.rglob("*")):
        names = os.fsencode(path.relative_to(folder))
        read = [names, *(layers(path.read_bytes()) if path.is_file() else ())]
        for data in read:
            found |= {(secret, path.name) for secret, needle in sought if needle in data}
    return found


def test_nothing_that_names_a_person_is_in_any_published_file(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]

    assert len(files) > 5
    assert leaks(folder) == set()


def test_the_scan_reads_every_published_entry(folder: Path, staffed: Town) -> None:
    read = [
        data for path in folder.rglob("*") if path.is_file() for data in layers(path.read_bytes())
    ]

    for entry in staffed.entries():
        assert any(entry.position.prev.encode() in data for data in read), entry.kind
    assert any(b'"kind":"case"' in data for data in read)


@pytest.mark.parametrize("secret", SECRETS)
def test_the_scan_finds_each_secret_however_it_is_written(
    tmp_path: Path, staffed: Town, secret: str
) -> None:
    ways = {
        "plain": secret.encode(),
        "json": json.dumps({"name": f"x{secret}y"}).encode(),
        "base64": base64.b64encode(f"ab{secret}cd".encode()),
        "base64-shifted": base64.b64encode(f"a{secret}cd".encode()),
    }
    for name, data in ways.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(data)

        assert secret in {found for found, _ in leaks(tmp_path / name)}, name


def test_the_scan_sees_through_a_signed_envelope(tmp_path: Path, staffed: Town) -> None:
    machine = staffed.machines["m-1"]
    fields: dict[str, Any] = {f"{name}_commitment": "a" * 64 for name in values(0, [])}
    raw = machine.sign(
        SealRequest(
            seal="committee",
            matter=f"A-1 {APPLICANTS[0]}",
            list_version=1,
            copies=1,
            pages_count=1,
            filed_by="clerk-1",
            **fields,
        )
    )
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "000").write_bytes(tiles.encode_bundle((raw,)))

    assert (APPLICANTS[0], "000") in leaks(tmp_path / "bundle")
