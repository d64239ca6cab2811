"""A small village for the kiosk's tests: the agent's port as a model of the world, and browsers.

`Village` keeps the contract of `device.kiosk.port`: it files, refuses, approves and stamps as the
agent does; tests move the world (lay a card, press the lever, cut the network) through it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from hashlib import sha256
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from msgspec import convert, structs

from device.capture import PhotoUnusableError
from device.errors import PermitRefusedError, RequestRefusedError
from device.kiosk import port
from device.kiosk.app import create_app
from device.kiosk.server import Kiosk
from hardware.errors import CameraError
from ledger.matters import Verdict, look_up
from tests import plain_http
from tests.device.kiosk.items import MATTERS
from tests.device.kiosk.pictures import picture

WINDOW_S = 8.0
PIN = "246810"
_HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def person(account: str, name: str, card: str, pin: str = PIN) -> port.Person:
    """Somebody with a card; the hash is cheap because nobody attacks a test."""
    return port.Person(account=account, name=name, card=card, pin_hash=_HASHER.hash(pin))


class Village:
    """The agent and the world around it, in one place; every method may be called by any thread."""

    def __init__(self, seed: int = 1) -> None:
        self._lock = threading.RLock()
        self._random = random.Random(seed)
        self._view = port.View(
            machine="machine-1",
            village="清溪县柳河镇前进村",
            seals=(("committee", "前进村村民委员会"),),
            simulated=False,
            now_ms=0,
            state="idle",
            fault="",
            hold=None,
            online=True,
            answered_ms=_now_ms() - 60_000,
            undelivered=0,
            undelivered_since_ms=None,
            photos_waiting=0,
            clock_proved=True,
            list_version=7,
            window="柳河镇便民服务中心 3 号窗口",
            window_phone="0000-1234567",
            matters=MATTERS,
            requests=(),
            job=None,
        )
        self._cards: list[str] = []
        self._pages: set[str] = set()
        self._checking: Future[object] | None = None
        self._begun_ms = 0
        self.filed: list[port.FileRequest] = []
        self.commands: list[port.Command] = []
        self.people = (
            person("wang", "王秀英", "0011223344"),
            person("li", "李建国", "5566778899"),
        )
        self.envelopes: set[str] = set()
        self.page_same = True
        self.camera_reasons: tuple[str, ...] = ()
        self.page_findings: tuple[str, ...] = ()
        self.checks_slowly = False
        self.answers = True

    def view(self) -> port.View:
        with self._lock:
            return structs.replace(self._view, now_ms=_now_ms())

    def preview(self) -> bytes:
        return b"" if self.view().fault == "camera-gone" else picture()

    def next_card(self, after: int) -> tuple[int, str] | None:
        with self._lock:
            return (after + 1, self._cards[after]) if after < len(self._cards) else None

    def submit(self, command: port.Command) -> Future[object]:
        answer: Future[object] = Future()
        with self._lock:
            self.commands.append(command)
            if not self.answers:
                return answer
            try:
                result = self._obey(command, answer)
            except (CameraError, PhotoUnusableError, PermitRefusedError, RequestRefusedError) as e:
                answer.set_exception(e)
                return answer
        if result is not answer:
            answer.set_result(result)
        return answer

    def _obey(self, command: port.Command, answer: Future[object]) -> object:
        match command:
            case port.FileRequest() | port.WithdrawRequest():
                files = isinstance(command, port.FileRequest)
                return self._file(command) if files else self._withdraw(command)
            case port.ReadEarlier():
                if not self.filed:
                    raise RequestRefusedError("no-request", "expected a request of this machine")
                return convert(structs.asdict(self.filed[-1]), port.Earlier)
            case port.TakePage():
                return self._take_page()
            case port.BeginJob() | port.GrantEmergency():
                begins = isinstance(command, port.BeginJob)
                return self._begin(command) if begins else self._grant(command)
            case port.StampNow():
                return self._stamp(answer)
        if (job := self._view.job) and job.step not in ("check", "press", "photo"):
            self.change(job=None, state="idle")
        return None

    def _file(self, asked: port.FileRequest) -> port.RequestView:
        found = look_up(self._view.matters, asked.matter)
        refused = found.verdict is Verdict.FORBIDDEN
        if not refused and (not asked.pages or not asked.applicant):
            raise RequestRefusedError("page-missing", "expected a page and an applicant")
        if missing := set(asked.pages) - self._pages:
            raise RequestRefusedError("page-missing", f"expected own photos, not {missing}")
        self.filed.append(asked)
        request = port.RequestView(
            request=sha256(self._random.randbytes(32)).hexdigest(),
            matter=found.matter.name if found.matter else asked.matter,
            seams=asked.seams,
            applicant=asked.applicant,
            copies=asked.copies,
            filed_by=asked.by,
            filed_ms=_now_ms(),
            state="refused" if refused else "waiting",
            reason=found.reason if refused else "",
        )
        if not self._view.online:
            self.change(undelivered=self._view.undelivered + 1, undelivered_since_ms=_now_ms())
        if not refused:  # a refusal is journaled but is no request of the list
            self.change(requests=(request, *self._view.requests))
        return request

    def _withdraw(self, asked: port.WithdrawRequest) -> None:
        """Take a request back for who filed it."""
        request = self.request(asked.request)
        if request is None or request.state not in ("waiting", "approved"):
            raise RequestRefusedError("withdraw-late", "expected a request that is not over")
        if request.filed_by != asked.by:
            raise RequestRefusedError("not-filer", f"expected {request.filed_by}")
        self.change_request(asked.request, state="refused", reason="withdrawn", left=0)

    def _take_page(self) -> port.PagePhoto:
        if self._view.fault == "camera-gone":
            raise CameraError("expected a picture, found no camera")
        if self.camera_reasons:
            raise PhotoUnusableError(self.camera_reasons)
        jpeg = picture(lines=8 + len(self._pages))
        page = sha256(jpeg).hexdigest()
        self._pages.add(page)
        return port.PagePhoto(page=page, jpeg=jpeg, findings=self.page_findings)

    def _grant(self, command: port.GrantEmergency) -> port.RequestView:
        """Open a request where both codes are among those of the village's envelopes."""
        if not set(command.codes) <= self.envelopes or len(set(command.codes)) < 2:
            self.change(emergency_wait_s=30)
            raise PermitRefusedError("emergency-code-wrong", "expected a code, found none")
        self.change_request(command.request, state="approved", left=1, permit="x-1")
        granted = self.request(command.request)
        assert granted is not None
        return granted

    def _begin(self, command: port.BeginJob) -> port.JobView:
        request = self.request(command.request)
        if request is None or request.state != "approved":
            raise PermitRefusedError("no-permit", "expected an approved request, found none")
        if self._view.hold is not None:
            raise PermitRefusedError("busy", "expected an idle machine, found it held")
        job = port.JobView(
            permit=request.permit,
            request=request.request,
            seal="committee",
            n=request.copies - request.left + 1,
            of=request.copies,
            step="lay",
            window_s=WINDOW_S,
        )
        self.change(job=job, state="ready")
        return job

    def _stamp(self, answer: Future[object]) -> object:
        job = self._view.job
        if job is None or job.step not in ("lay", "next", "stopped") or self._view.fault:
            raise PermitRefusedError("busy", "expected a machine at rest")
        self._begun_ms = _now_ms()
        request = self.request(job.request)
        assert request is not None
        n = request.copies - request.left + 1
        self._job(step="check", n=n, reason="")
        self._checking = answer
        if not self.checks_slowly:
            self.finish_check(resolve=False)
            return self._view.job
        return answer

    def finish_check(self, resolve: bool = True) -> None:
        """The page was compared: the lever is free, or it is another page."""
        with self._lock:
            if self.page_same:
                self._job(step="press", since_ms=_now_ms())
                self.change(state="open")
            else:
                self._job(step="stopped", reason="page-other")
            if resolve and self._checking is not None:
                self._checking.set_result(self._view.job)

    def press(self) -> None:
        """The clerk presses the lever."""
        with self._lock:
            assert self._view.job is not None and self._view.job.step == "press"
            self._job(step="photo")
            self.change(state="closed")

    def photographed(self, noticed: str = "") -> None:
        """The photo after the press is stored and the use journaled."""
        with self._lock:
            assert self._view.job is not None
            request = self.request(self._view.job.request)
            assert request is not None
            left = request.left - 1
            self.change_request(request.request, left=left, state="approved" if left else "done")
            took_ms = _now_ms() - self._begun_ms
            self._job(step="next" if left else "done", took_ms=took_ms, noticed=noticed)
            self.change(state="ready" if left else "idle")

    def approve(self, request: str | None = None) -> None:
        """Somebody else approves; the permit arrives."""
        chosen = self.request(request) if request else self.view().requests[0]
        assert chosen is not None
        self.change_request(
            chosen.request,
            state="approved",
            left=chosen.copies,
            permit="permit-1",
            not_after_ms=_now_ms() + 72 * 3600_000,
        )

    def refuse(self, reason: str, words: str = "") -> None:
        """Somebody else refuses the newest request."""
        newest = self.view().requests[0]
        self.change_request(newest.request, state="refused", reason=reason, reason_text=words)

    def hold(self, code: str = "outcome-unknown") -> None:
        """What became of an impression is unclear."""
        held = port.HoldView(
            hold="c0ffee" * 8,
            code=code,
            since_ms=_now_ms(),
            impressions_min=0,
            impressions_max=1,
        )
        self.change(hold=held, state="held", job=None)

    def lay_card(self, card: str) -> None:
        with self._lock:
            self._cards.append(card)

    def add_request(self, name: str, **more: Any) -> str:
        """A request that was filed earlier."""
        usual = {"applicant": "张桂芳", "copies": 1, "filed_by": "wang", "state": "waiting"}
        request = sha256(self._random.randbytes(32)).hexdigest()
        fields = {"request": request, "matter": name, "filed_ms": _now_ms(), **usual, **more}
        filed = port.RequestView(**fields)
        self.change(requests=(filed, *self._view.requests))
        return filed.request

    def request(self, request: str) -> port.RequestView | None:
        return next((one for one in self.view().requests if one.request == request), None)

    def change(self, **fields: Any) -> None:
        """Change the view."""
        with self._lock:
            self._view = structs.replace(self._view, **fields)

    def change_request(self, request: str, **fields: Any) -> None:
        with self._lock:
            changed = tuple(
                structs.replace(one, **fields) if one.request == request else one
                for one in self._view.requests
            )
            self.change(requests=changed)

    def _job(self, **fields: Any) -> None:
        with self._lock:
            assert self._view.job is not None
            self.change(job=structs.replace(self._view.job, **fields))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def village() -> Village:
    return Village()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(village: Village, clock: Clock) -> Iterator[httpx.Client]:
    """A browser without scripts on the kiosk of the village."""
    kiosk = Kiosk(create_app(village, lambda: village.people, clock=clock))
    kiosk.start()
    with plain_http.client(kiosk.url, follow_redirects=True, timeout=30) as client:
        yield client
    kiosk.stop()


@pytest.fixture
def token_of() -> Callable[[str], str]:
    """Reads the form token from a page."""

    def read(page: str) -> str:
        return page.split('data-token="')[1].split('"', maxsplit=1)[0]

    return read


@pytest.fixture
def fill(client: httpx.Client) -> Callable[[str], httpx.Response]:
    """Answers every question of a request up to its summary."""

    def act(token: str) -> httpx.Response:
        client.post("/apply", data={"token": token})
        client.post("/apply/matter", data={"token": token, "matter": "CM-05"})
        client.post("/apply/applicant", data={"token": token, "answer": "张桂芳"})
        client.post("/apply/purpose", data={"token": token, "answer": "交给镇政府"})
        client.post("/apply/copies", data={"token": token, "answer": "2"})
        client.post("/apply/pages", data={"token": token})
        return client.get("/apply/confirm")

    return act


@pytest.fixture
def sign_in(
    village: Village, client: httpx.Client, token_of: Callable[[str], str]
) -> Callable[..., str]:
    """Signs the clerk in and returns the token of the session."""

    def act(card: str = "0011223344", pin: str = PIN) -> str:
        client.get("/")
        village.lay_card(card)
        page = client.get("/").text
        client.post("/pin", data={"pin": pin, "token": token_of(page)})
        return token_of(client.get("/").text)

    return act
