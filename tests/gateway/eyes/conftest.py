"""Uses with real pictures: a rendered page before and after its impression, small and quick."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest
from msgspec import Struct

from gateway.audit import alerts
from gateway.commands import Decide
from gateway.commands_seals import DraftRegistration, ReleaseRegistration
from gateway.config import EyesConfig
from gateway.eyes.worker import EyesWorker
from gateway.orders import Orders
from gateway.register.erasing import Eraser
from gateway.register.vault import Vault
from gateway.stores.registrations import SealWords
from gateway.stores.sights import Sight
from gateway.writer import Clock, Writer
from gateway.writer_items import Noted
from ledger.records import Intent, SealUse
from ledger.records_seals import SealSample
from sim.bus import SimBroker
from sim.documents import COMMITTEE, Document
from sim.render import HEIGHT_PX, Picture, impression, render_page, stamped
from tests.gateway.machine import TOWNSHIP

Town = Any

PERSON = "张伟"
PAPER = Document(
    letterhead="",
    title="集体资金支付申请",
    addressee="",
    paragraphs=(
        f"兹有我村村民{PERSON}申请支付工程款人民币12,345.60元，请予核准。",
        "以上款项用于村道硬化工程，经村民代表会议讨论通过，公示七天无异议。",
    ),
    rows=(),
    people=(PERSON,),
    signed_by=COMMITTEE,
    date="2026年3月15日",
)
AMOUNT_FEN = 1_234_560
DESK_PX = 60  # of dark desk around the paper


class Pair(Struct, frozen=True):
    """Two photos of one use as JPEG, and where the new impression lies in them, (x, y)."""

    before: bytes
    after: bytes
    middle: tuple[float, float]


def photo(page: Picture, scale: float = 1.0) -> bytes:
    """Return a JPEG of a page that lies on a dark desk."""
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    framed = cv2.copyMakeBorder(
        small, *(DESK_PX,) * 4, cv2.BORDER_CONSTANT, value=(70.0, 60.0, 50.0)
    )
    return bytes(cv2.imencode(".jpg", framed, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())


def pair(paper: Document, scale: float = 1.0, rows: int = HEIGHT_PX) -> Pair:
    """Return the photos of a page, cut after so many rows, that was stamped near its foot."""
    page = np.ascontiguousarray(render_page(paper).image[:rows])
    after = stamped(page, impression(seed=5), 0.7, 0.75)
    height, width = page.shape[:2]
    middle = (DESK_PX + 0.7 * width * scale, DESK_PX + 0.75 * height * scale)
    return Pair(photo(page, scale), photo(after, scale), middle)


@pytest.fixture(scope="session")
def small() -> Pair:
    """A use on half the size, that nobody could read."""
    return pair(PAPER, 0.6)


@pytest.fixture(scope="session")
def large() -> Pair:
    """The same, to be read."""
    return pair(PAPER, rows=1000)


class Steps:
    """The writer's side on the test's own thread: what is handed over is done at once."""

    def __init__(self, town: Town, rules: Any) -> None:
        self.vault = Vault(town.folder / "photos", town.open_sealed)
        self.eraser = Eraser(town.store, self.vault, town.folder / "incoming")
        self._writer = Writer(
            town.store,
            SimBroker(1).bus("gw-1"),
            town.log,
            town.public,
            town.intake,
            town.orders,
            partial(alerts.judge_time, rules=rules),
            TOWNSHIP,
            ("便民服务中心", "0571-00000000"),
            Clock(lambda: town.now_ms),
            lambda: False,
            self.eraser,
        )

    def put_waiting(self, item: Noted) -> None:
        self._writer.put_waiting(item)
        self._writer.step()

    def queued(self) -> int:
        return self._writer.queued()


class Eyes:
    """A town in which uses come with pictures, and the worker that looks at them."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.permits = 0
        self.start()

    def start(self, config: EyesConfig | None = None) -> None:
        """Start again from the store, as after the process ended."""
        self.steps = Steps(self.town, alerts.load({}))
        self.worker = EyesWorker(
            self.town.store,
            self.steps,
            self.steps.vault.open,
            config or EyesConfig(read=False),
            lambda: self.town.now_ms,
        )

    def use(self, before: bytes, after: bytes, **filed: Any) -> tuple[str, str]:
        """Record a use with these photos stored; return its hash and that of its request."""
        town, machine = self.town, self.town.machines["m-1"]
        request = town.file(**filed)
        town.submit(request)
        town.order(Decide(by="chair", request=request.sha256, decision="approve", note=""))
        with town.store.reader() as reader:
            permit = reader.permits()[0].permit
        photos = [town.photo(jpeg) for jpeg in (before, after)]
        common: dict[str, Any] = {"permit": permit, "n": 1, "of": 2, "seal": "committee"}
        counted: dict[str, Any] = {"operator": "clerk-1", "controller": "A", "counter_before": 0}
        intent = machine.sign(Intent(**common, **counted, page=photos[0].ref.sha256))
        use = machine.sign(
            SealUse(
                **common,
                **counted,
                intent=machine.head.sha256,
                matter="A-1",
                before=photos[0].ref,
                after=photos[1].ref,
                counter_after=1,
                findings=(),
                flags=(),
            )
        )
        town.take(machine.message(intent), machine.message(use))
        for one in photos:
            path = self.steps.vault.path(one.ref.sealed_sha256)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(one.sealed)
            with town.store.transaction() as transaction:
                transaction.photo_stored(one.ref.sealed_sha256, one.ref.sealed_size, town.now_ms)
        return machine.head.sha256, request.sha256

    def register_seal(self, words: SealWords, specimen: bytes) -> None:
        """Have two persons register the seal `committee` from a sample of it."""
        town, machine = self.town, self.town.machines["m-1"]
        town.account("checker", "auditor")
        town.orders = Orders(TOWNSHIP, town.log, town.intake, 7, keep_picture=self.steps.vault.put)
        sample, picture = town.photo(b"a sample"), town.photo(specimen)
        shared = {"permit": "h-1", "seal": "committee", "hatch": "a" * 64}
        body = SealSample(**shared, by="clerk-1", second="keeper-1", sample=sample.ref)
        town.take(machine.message(machine.sign(body, town.now_ms)))
        with town.store.transaction() as transaction:
            transaction.photo_stored(sample.ref.sealed_sha256, sample.ref.sealed_size, town.now_ms)
        drafted = town.order(
            DraftRegistration(
                by="chief",
                sample=machine.head.sha256,
                machine="m-1",
                seal="committee",
                words=words,
                shape="round",
                width=420,
                height=420,
                specimen=picture.ref,
                sealed=picture.sealed,
            )
        ).answer
        town.now_ms += 1
        town.order(ReleaseRegistration(by="checker", draft=str(drafted)))
        town.now_ms += 1

    def look(self) -> int:
        """Let the worker look until nothing waits; return at how many uses."""
        count = 0
        while self.worker.step():
            count += 1
        return count

    def sight(self, entry: str) -> Sight:
        with self.town.store.reader() as reader:
            found: Sight | None = reader.sight(entry)
        assert found is not None
        return found

    def waiting(self) -> int:
        with self.town.store.reader() as reader:
            return len(reader.sights_waiting(10))

    def alerts(self) -> list[tuple[str, str, str | None, Any]]:
        """Return code, severity, entry and finding of every alert."""
        with self.town.store.reader() as reader:
            found = reader.alerts()
        return [(one.code, one.severity, one.entry, one.finding) for one in found]


@pytest.fixture
def eyes(desk: Town) -> Eyes:
    return Eyes(desk)


@pytest.fixture(scope="session")
def photograph() -> Callable[..., bytes]:
    """Return `photo`."""
    return photo
