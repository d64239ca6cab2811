"""A small township for tests of the gateway: real keys, real store, machines that sign."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyrage
import pytest

from gateway.book import Done
from gateway.commands import AddAccount, Command, DraftList, ImportList, ReleaseList
from gateway.desk import lists
from gateway.orders import Orders
from gateway.orders_lists import standing_list
from gateway.register.intake import Batch, Intake
from gateway.register.log import GatewayLog
from gateway.register.tree import PublicLog
from gateway.stores import sqlite
from gateway.stores.sqlite import SqliteStore
from gateway.stores.views import MachineView, StoredEntry, VillageView
from ledger import checkpoint, disclosure
from ledger.bus import Message
from ledger.disclosure import Opening
from ledger.keys import KeyRing, key_id, public_bytes
from ledger.matters import Layer, MatterList
from ledger.records import Incident, Intent, PhotoRef, SealRequest, SealUse
from ledger.signers import keyfile
from ledger.topics import Leaf
from tests.gateway.machine import T0_MS, TOWNSHIP, Machine

VILLAGE = "330109110201"
COUNTY, DOMAIN = "330109000000", "seal.xiaoshan.example"


class Photo:
    """A photo in both forms: the JPEG, and the file encrypted to the township."""

    def __init__(self, jpeg: bytes, recipients: tuple[str, ...]) -> None:
        self.jpeg = jpeg
        self.sealed = pyrage.encrypt(
            jpeg, [pyrage.x25519.Recipient.from_str(one) for one in recipients]
        )
        self.ref = PhotoRef(
            sha256=hashlib.sha256(jpeg).hexdigest(),
            size=len(jpeg),
            sealed_sha256=hashlib.sha256(self.sealed).hexdigest(),
            sealed_size=len(self.sealed),
        )


class Filed:
    """A request as a machine files it: its entry, its encrypted opening, its page photo."""

    def __init__(self, raw: bytes, sha256: str, opening: bytes, page: Photo) -> None:
        self.raw, self.sha256, self.opening, self.page = raw, sha256, opening, page


class Town:
    """A gateway's parts without its threads; `now_ms` is its clock."""

    def __init__(
        self,
        folder: Path,
        machines: tuple[str, ...] = ("m-1", "m-2"),
        kind: keyfile.Kind = keyfile.ED25519,
    ) -> None:
        self.folder = folder
        self.now_ms = T0_MS
        fields = {"holder": "gw-1", "role": "gateway", "township": TOWNSHIP, "domain": "sim"}
        keyfile.create(folder / "gw.key", folder / "gw.json", kind, epoch=1, **fields)
        keyfile.create(
            folder / "log.key", folder / "log.json", kind, epoch=1, **{**fields, "role": "log"}
        )
        keyfile.create_opener(folder / "age.key", folder / "age.json", epoch=1, **fields)
        self.signer = keyfile.load(folder / "gw.key", folder / "gw.json")
        self.log_signer = keyfile.load(folder / "log.key", folder / "log.json")
        self.identity = keyfile.load_opener(folder / "age.key")
        self.machines = {name: Machine(name, folder, kind) for name in machines}
        records = [
            self.signer.record,
            self.log_signer.record,
            keyfile.read_record(folder / "age.json"),
        ]
        records += [machine.signer.record for machine in self.machines.values()]
        self.ring = KeyRing(records, "sim")
        self.judge: Callable[..., Any] = lambda entry, history: ()
        self.store = self.connect()
        self.wire()

    def connect(self) -> SqliteStore:
        """Open the store of this town."""
        return sqlite.connect(sqlite.Options(folder=self.folder / "state"))

    def wire(self) -> None:
        """Put the parts together over the store that is open."""
        with self.store.transaction() as transaction:
            transaction.set_directory(*self._directory())
            self.log = GatewayLog(self.signer, transaction.start_boot())
        self.public = PublicLog(
            self.log, self.log_signer, partial(checkpoint.origin, DOMAIN, COUNTY, TOWNSHIP)
        )
        self.intake = Intake(TOWNSHIP, self.ring, self.log, self._judged, self.open_sealed)
        self.orders = Orders(TOWNSHIP, self.log, self.intake, 7)

    def _judged(self, entry: Any, history: Any) -> Any:
        return self.judge(entry, history)

    def restart(self) -> None:
        """Close the store and open it again, as a new start does."""
        self.store.close()
        self.store = self.connect()
        self.wire()

    def open_sealed(self, sealed: bytes) -> bytes:
        """Decrypt what was encrypted to the township; raises ValueError."""
        try:
            return bytes(pyrage.decrypt(sealed, [self.identity]))
        except pyrage.DecryptError as error:
            raise ValueError(str(error)) from error

    def take(self, *messages: Message) -> Batch:
        """Take messages in one transaction."""
        batch = Batch()
        with self.public.transaction(self.store, self.now_ms) as transaction:
            self.intake.take_all(transaction, messages, self.now_ms, batch)
        return batch

    def order(self, command: Command, *, operator: bool = False) -> Done:
        """Carry a command out, as a page's or as the command line's."""
        with self.public.transaction(self.store, self.now_ms) as transaction:
            return self.orders.carry_out(transaction, command, self.now_ms, operator=operator)

    def release(self, csv: str, layer: Layer = "township", place: str = "示例镇") -> object:
        """Release an items list from CSV text."""
        content = lists.read_csv(csv.encode(), layer, place, "2020-01-01")
        return self.release_list(content, csv.encode())

    def release_list(self, content: MatterList, file: bytes) -> object:
        """Release a list: the first of its authority alone, a later one by two persons."""
        with self.store.reader() as reader:
            first = standing_list(reader, content) is None
        if first:
            command = ImportList(by="cli-clerk", list=content, file=file)
            return self.order(command, operator=True).answer
        self.account("drafts", "administrator")
        self.account("releases", "auditor")
        self.order(DraftList(by="drafts", list=content, file=file))
        with self.store.reader() as reader:
            draft = reader.list_drafts()[0].draft
        return self.order(ReleaseList(by="releases", draft=draft)).answer

    def account(
        self,
        name: str,
        *offices: str,
        person: str = "",
        keeps: tuple[str, ...] = (),
        village: str = VILLAGE,
    ) -> None:
        """Add an account."""
        self.order(
            AddAccount(
                by="cli-root",
                account=name,
                person=person or name,
                name=name,
                offices=offices,
                keeps=keeps,
                password_hash="-",
                village=village,
            ),
            operator=True,
        )

    def photo(self, jpeg: bytes = b"\xff\xd8 page \xff\xd9") -> Photo:
        """Return a photo encrypted to this town."""
        return Photo(jpeg, self.ring.recipients())

    def file(
        self,
        matter: str = "A-1",
        machine: str = "m-1",
        payee: str = "",
        amount: int | None = None,
        **fields: Any,
    ) -> Filed:
        """File a request at a machine; nothing is taken by the gateway yet."""
        page = self.photo(f"page of {matter} {self.machines[machine].head.seq}".encode())
        values = {
            "applicant": "张三",
            "applicant_masked": "张*",
            "purpose": "建房",
            "payee": payee,
            "amount": amount,
            "pages": [{name: getattr(page.ref, name) for name in page.ref.__struct_fields__}]
            * int(fields.get("pages_count", 1)),
        }
        commitments, opened = disclosure.withhold(values)
        given: dict[str, Any] = {
            "seal": "committee",
            "matter": matter,
            "list_version": 1,
            "copies": 2,
            "pages_count": 1,
            "filed_by": "clerk-1",
            **fields,
        }
        raw = self.machines[machine].sign(SealRequest(**{**given, **commitments}), self.now_ms)
        sha256 = self.machines[machine].head.sha256
        sealed = pyrage.encrypt(
            disclosure.encode(Opening(sha256, opened)),
            [pyrage.x25519.Recipient.from_str(one) for one in self.ring.recipients()],
        )
        return Filed(raw, sha256, sealed, page)

    def submit(self, filed: Filed, machine: str = "m-1") -> None:
        """Take a request with its opening, and note its page photo as stored."""
        one = self.machines[machine]
        self.take(one.message(filed.raw))
        self.take(one.message(filed.opening, Leaf.OPENING, filed.sha256))
        with self.store.transaction() as transaction:
            ref = filed.page.ref
            transaction.photo_stored(ref.sealed_sha256, ref.sealed_size, self.now_ms)

    def use(self, permit: str, machine: str = "m-1", n: int = 1) -> tuple[bytes, bytes]:
        """Return an intent and the use that follows it."""
        one = self.machines[machine]
        photos = [self.photo(f"{permit} {n} {side}".encode()).ref for side in ("a", "b")]
        common: dict[str, Any] = {"permit": permit, "n": n, "of": 2, "seal": "committee"}
        intent = one.sign(
            Intent(
                **common,
                page=photos[0].sha256,
                operator="clerk-1",
                counter_before=n - 1,
                controller="A",
            )
        )
        use = one.sign(
            SealUse(
                **common,
                intent=one.head.sha256,
                matter="A-1",
                before=photos[0],
                after=photos[1],
                counter_before=n - 1,
                counter_after=n,
                findings=(),
                operator="clerk-1",
                flags=("offline",),
                controller="A",
            )
        )
        return intent, use

    def incident(
        self, intent: str | None = None, machine: str = "m-1", held: bool = True, least: int = 0
    ) -> bytes:
        """Return an incident that may hide up to two impressions, and proves `least`."""
        return self.machines[machine].sign(
            Incident(
                intent=intent,
                seal="committee",
                code="no-photo",
                impressions_min=least,
                impressions_max=2,
                held=held,
                photos=(),
                text_commitment=None,
            )
        )

    def entries(self) -> list[StoredEntry]:
        """Return the whole log."""
        with self.store.reader() as reader:
            return list(reader.all_entries())

    def log_of(self, machine: str) -> list[bytes]:
        """Return a machine's entries as they lie in the log, in the log's order."""
        return [one.envelope for one in self.entries() if one.author == machine]

    def _directory(self) -> tuple[tuple[VillageView, ...], tuple[MachineView, ...]]:
        places = {
            "national": "全国",
            "province": "浙江省",
            "county": "萧山区",
            "township": "示例镇",
        }
        village = VillageView(village=VILLAGE, name="甲村", places=places, machines=())
        return (village,), tuple(self._machine(one) for one in self.machines.values())

    def _machine(self, machine: Machine) -> MachineView:
        return MachineView(
            machine=machine.name,
            village=VILLAGE,
            village_name="",
            seals=("committee",),
            keepers=("keeper-1",),
            keyid=key_id(public_bytes(machine.signer.record)),
            epoch=1,
            seq=0,
            head=machine.signer.record_sha256,
            at_ms=None,
            received_ms=None,
            online=False,
            online_changed_ms=None,
            connected_ms=0,
            heartbeat=None,
            heartbeat_ms=None,
            waiting=0,
            photos_pending=0,
            holds=(),
            gap=None,
        )


LIST = "code,name,verdict,max_copies\nA-1,建房,可以,5\nF-1,死亡证明,禁止,\nD-1,担保,酌情,\n"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Return a town without any list."""
    made = Town(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def desk(town: Town) -> Town:
    """Return a town with a list, an approver `chair` and an administrator `chief`."""
    town.release(LIST)
    town.account("chair", "approver")
    town.account("chief", "administrator")
    town.account("clerk-1", "clerk")
    return town


@pytest.fixture(scope="session")
def make_town() -> Callable[..., Town]:
    """Return the builder itself, for tests that need a town in a folder of their own."""
    return Town


@pytest.fixture(scope="session")
def write_config() -> Callable[..., Path]:
    """Return what writes a configuration for a town's keys into its folder."""
    return _write_config


def _write_config(folder: Path, machines: tuple[str, ...] = ("m-1", "m-2")) -> Path:
    trusted = folder / "trusted"
    trusted.mkdir(exist_ok=True)
    for name in ("gw", "log", "age", *machines):
        (trusted / f"{name}.json").write_bytes((folder / f"{name}.json").read_bytes())
    tables = "".join(
        f'[[machines]]\nid = "{name}"\nvillage = "{VILLAGE}"\nseals = ["committee"]\n'
        f'keepers = ["keeper-1"]\n'
        for name in machines
    )
    path = folder / "gateway.toml"
    path.write_text(
        f"""id = "gw-1"
domain = "sim"
township = "{TOWNSHIP}"
township_name = "示例镇"
window = "便民服务中心"
window_phone = "0571-00000000"
state = "state"
signer = "gw.key"
signer_record = "gw.json"
opener = "age.key"
keys = "trusted"
floor_mb = 1
photo_floor_mb = 1
eyes = {{ on = false }}

[log]
domain = "{DOMAIN}"
county = "{COUNTY}"
signer = "log.key"
signer_record = "log.json"

[web]
port = 0

[[villages]]
code = "{VILLAGE}"
name = "甲村"
province = "浙江省"
county = "萧山区"
township = "示例镇"

{tables}""",
        encoding="utf-8",
    )
    return path
