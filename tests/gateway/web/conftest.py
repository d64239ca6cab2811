"""A township whose gateway really runs, fed by simulated machines over an in-memory broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import pyrage
import pytest
from argon2 import PasswordHasher
from msgspec import Struct, json, to_builtins

from gateway.app import App, load_keys
from gateway.commands import Decide, ImportList, RevokePermit
from gateway.desk import lists
from gateway.errors import NotFoundError
from gateway.stores import sqlite
from gateway.stores.views import Account
from ledger import chain, codec, disclosure, envelope
from ledger.chain import Head
from ledger.disclosure import Opening
from ledger.records import (
    Heartbeat,
    Incident,
    Intent,
    PhotoRef,
    Record,
    SealRequest,
    SealUse,
    Start,
)
from ledger.signers import keyfile
from ledger.signers.keyfile import KeyFileSigner
from ledger.topics import Leaf, Topic
from sim.bus import SimBroker
from sim.documents import document
from sim.render import impression, render_page, stamped
from tests.gateway.web.town_files import TOWNSHIP, make_keys, write_config

HERE = Path(__file__).parent
PASSWORD = "correct horse 42"
CHUNK, DEADLINE_S = 64 * 1024, 20.0

PEOPLE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "wang": ("p-wang", "王审批", ("approver",)),
    "zhao": ("p-zhao", "赵监督", ("auditor",)),
    "sun": ("p-sun", "孙管理", ("administrator",)),
    "qian": ("p-qian", "钱保管", ("keeper", "approver")),
    "li": ("p-li", "李文书", ("clerk",)),
    "zhou": ("p-zhou", "周主任", ("director",)),
    "wu": ("p-wu", "吴书记", ("secretary",)),
    "zheng": ("p-zheng", "郑站长", ("station",)),
    "feng": ("p-feng", "冯副主任", ()),
}


class Photo(Struct, frozen=True):
    """A photo, encrypted to the township, and how an entry names it."""

    reference: PhotoRef
    sealed: bytes


class Machine:
    """A village's machine: signs its chain and sends it, as an agent would."""

    def __init__(self, world: World, name: str, signer: KeyFileSigner) -> None:
        self.name = name
        self.bus = world.broker.bus(name)
        self.bus.start(self.bus.done, lambda up: None)
        self.counter = 0
        self.identity = pyrage.x25519.Identity.generate()
        self._photos: dict[str, int] = {}  # sent and perhaps not stored yet, with their sizes
        self._world, self._signer = world, signer
        self._head = Head(
            party="device",
            author=name,
            epoch=1,
            seq=0,
            sha256=signer.record_sha256,
        )

    def say(self, body: Record, opened: Mapping[str, Any] | None = None) -> str:
        """Sign and send one entry (and what opens it); return its payload hash."""
        position = chain.follow(self._head, 1, self._world.now_ms(), None)
        payload = codec.encode_entry(position, body)
        kind = codec.payload_type(body.kind)
        self._head = chain.advance(self._head, codec.decode_entry(kind, payload))
        self.send(Leaf.ENTRY, (), envelope.sign(kind, payload, self._signer))
        if opened:
            opening = disclosure.encode(Opening(self._head.sha256, dict(opened)))
            self.send(Leaf.OPENING, (self._head.sha256,), self._world.seal(opening))
        return self._head.sha256

    def send(self, leaf: Leaf, rest: tuple[str, ...], data: bytes) -> None:
        assert self.bus.publish(str(Topic(self._world.township, self.name, leaf, rest)), data)
        self._world.broker.pump()

    def send_photo(self, photo: Photo) -> None:
        """Transfer a photo's file in chunks."""
        name, data = photo.reference.sealed_sha256, photo.sealed
        self._photos[name] = len(data)
        size = json.encode({"size": len(data)})
        self.send(Leaf.PHOTO, (name, "init"), size)
        for offset in range(0, len(data), CHUNK):
            self.send(Leaf.PHOTO, (name, str(offset)), data[offset : offset + CHUNK])
        self.send(Leaf.PHOTO, (name, "fin"), size)

    def ask_again(self, reader: Any) -> None:
        """Ask about photos that came before their entry was known, as an agent does."""
        for name, size in list(self._photos.items()):
            if any(one.stored_ms is not None for one in reader.photo(name)):
                del self._photos[name]
            else:
                self.send(Leaf.PHOTO, (name, "init"), json.encode({"size": size}))

    def request(
        self,
        page: Photo,
        matter: str = "T-01",
        copies: int = 2,
        filed_by: str = "li",
        applicant: str = "张三",
        amount: int | None = None,
        payee: str = "",
        *,
        arrived: bool = True,
    ) -> str:
        """File a request whose page has arrived, unless told otherwise."""
        fields, opened = disclosure.withhold(
            {
                "applicant": applicant,
                "applicant_masked": disclosure.mask_name(applicant),
                "purpose": "办理子女入学",
                "payee": payee,
                "amount": amount,
                "pages": [to_builtins(page.reference)],
            }
        )
        body = SealRequest(
            seal="committee",
            matter=matter,
            list_version=2,
            copies=copies,
            pages_count=1,
            filed_by=filed_by,
            **fields,
        )
        request = self.say(body, opened)
        if arrived:
            self.send_photo(page)
        return request

    def intend(self, permit: str, n: int = 1, of: int = 2, page: str = "0" * 64) -> str:
        """Reserve one impression."""
        return self.say(
            Intent(
                permit=permit,
                n=n,
                of=of,
                seal="committee",
                page=page,
                operator="li",
                counter_before=self.counter,
                controller="A",
            )
        )

    def use(
        self,
        permit: str,
        before: Photo,
        after: Photo,
        n: int = 1,
        of: int = 2,
        matter: str = "T-01",
        send_photos: bool = True,
    ) -> str:
        """Make one impression under a permit."""
        intent = self.intend(permit, n, of)
        self.counter += 1
        use = self.say(
            SealUse(
                permit=permit,
                intent=intent,
                n=n,
                of=of,
                seal="committee",
                matter=matter,
                before=before.reference,
                after=after.reference,
                counter_before=self.counter - 1,
                counter_after=self.counter,
                findings=("page-same", "impression-seen"),
                operator="li",
                flags=(),
                controller="A",
            )
        )
        if send_photos:
            self.send_photo(before)
            self.send_photo(after)
        return use

    def incident(self, photo: Photo | None = None, intent: str | None = None) -> str:
        """Report an incident that holds the machine."""
        incident = self.say(
            Incident(
                intent=intent,
                seal="committee",
                code="outcome-unknown",
                impressions_min=0,
                impressions_max=1,
                held=True,
                photos=() if photo is None else (photo.reference,),
                text_commitment=None,
            )
        )
        if photo is not None:
            self.send_photo(photo)
        return incident

    def start(self) -> None:
        """Come up and send a heartbeat."""
        self.say(
            Start(
                version="0.1.0",
                controller="A",
                strokes={"committee": 0},
                reason="started",
                opener=str(self.identity.to_public()),
            )
        )
        self.say(
            Heartbeat(
                state="idle",
                strokes={"committee": self.counter},
                impressions=self.counter,
                waiting=0,
                free_mb=20_000,
                alarms=(),
            )
        )


class World:
    """One township: a running gateway, two machines, its people, two lists."""

    def __init__(
        self,
        folder: Path,
        password_hash: str,
        domain: str = "sim",
        township: str = TOWNSHIP,
        names: tuple[str, str] = ("m-1", "m-2"),
    ) -> None:
        self.folder, self.township = folder, township
        self.broker = SimBroker(1)
        recipient = make_keys(folder, domain, township, names)
        self._recipient = pyrage.x25519.Recipient.from_str(recipient)
        self.config = write_config(folder, domain, township, names)
        self.store = sqlite.connect(sqlite.Options(folder=self.config.state))
        with self.store.transaction() as transaction:
            for account in PEOPLE:
                transaction.put_account(_account(account, password_hash))
        self.app = App(self.config, load_keys(self.config), self.store, self.broker.bus("gateway"))
        self.app.start()
        self.broker.pump()
        self.machines = {
            name: Machine(self, name, keyfile.load(folder / f"{name}.pem", folder / f"{name}.json"))
            for name in names
        }
        self.broker.pump()
        self.import_list("allowed.csv", "township", "示范镇")
        self.import_list("forbidden.csv", "national", "全国")

    def now_ms(self) -> int:
        return self.app.now_ms()

    def seal(self, data: bytes) -> bytes:
        """Encrypt to the township."""
        return bytes(pyrage.encrypt(data, [self._recipient]))

    def photo(self, jpeg: bytes) -> Photo:
        sealed = self.seal(jpeg)
        return Photo(
            PhotoRef(
                sha256=codec.sha256(jpeg),
                size=len(jpeg),
                sealed_sha256=codec.sha256(sealed),
                sealed_size=len(sealed),
            ),
            sealed,
        )

    def import_list(self, name: str, layer: Any, place: str) -> None:
        file = (HERE / name).read_bytes()
        content = lists.read_csv(file, layer, place, "2026-01-01")
        command = ImportList(by="sun", list=content, file=file)
        self.app.submit_operator(command).result(DEADLINE_S)

    def settle(self) -> None:
        """Return when the writer has dealt with everything that was sent so far."""
        nothing = RevokePermit(by="sun", permit="no-such", reason="mistake")
        assert isinstance(self.app.submit(nothing).exception(DEADLINE_S), NotFoundError)

    def until(self, holds: Callable[[Any], object]) -> Any:
        """Settle until `holds(reader)` is true, and return what it gave."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            self.settle()
            with self.app.reader() as reader:
                found = holds(reader)
                for machine in self.machines.values():
                    machine.ask_again(reader)
            if found:
                return found
            assert time.monotonic() < deadline, "the gateway did not get there in time"

    def approved(self, machine: Machine, page: Photo, **fields: Any) -> str:
        """File a request and have it approved; return the permit's id."""
        request = self.waiting(machine, page, **fields)
        command = Decide(by="wang", request=request, decision="approve", note="")
        self.app.submit(command).result(DEADLINE_S)
        return str(self.until(lambda reader: reader.request(request).permit))

    def waiting(self, machine: Machine, page: Photo, **fields: Any) -> str:
        """File a request and return its hash once it can be decided."""
        request = machine.request(page, **fields)
        self.until(lambda reader: _decidable(reader, request))
        return request

    def close(self) -> None:
        self.app.stop()


def _account(account: str, password_hash: str) -> Account:
    fields = dict(zip(("person", "name", "offices"), PEOPLE[account], strict=True))
    fields |= {"keeps": (), "password_hash": password_hash, "village": "330182107201"}
    return Account(account=account, **fields)


def _decidable(reader: Any, request: str) -> bool:
    found = reader.request(request)
    pages = found.pages if found and found.state == "open" else ()
    return bool(pages) and all(page.stored_ms is not None for page in pages)


@pytest.fixture(scope="session")
def password_hash() -> str:
    """What every account of a township has; cheap to check because nobody attacks a test."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


@pytest.fixture(scope="session")
def pages() -> tuple[tuple[bytes, bytes], ...]:
    """JPEGs of three papers, each without and with the impression."""
    ink = impression()
    return tuple(
        (_jpeg(image), _jpeg(stamped(image, ink, 0.68, 0.62, 4.0)))
        for image in (render_page(document(7, n)).image for n in range(3))
    )


def _jpeg(image: Any) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert done
    return bytes(data.tobytes())


@pytest.fixture
def make_world(tmp_path: Path, password_hash: str) -> Iterator[Callable[[str], World]]:
    """Make worlds of a domain: `make_world("field")`."""
    made: list[World] = []

    def make(domain: str) -> World:
        made.append(World(tmp_path, password_hash, domain))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def neighbour(tmp_path: Path, password_hash: str) -> Iterator[World]:
    """The township next door: a gateway, keys, machines and people of its own."""
    folder = tmp_path / "neighbour"
    folder.mkdir()
    made = World(folder, password_hash, township="330182108000", names=("m-8", "m-9"))
    yield made
    made.close()


@pytest.fixture
def world(make_world: Callable[[str], World]) -> World:
    return make_world("sim")
