"""Messages to approvers: batched, within limits, without names; a robot that is down stops nothing.

Robots are real HTTP servers and a real SMTP server on loopback, reached through Apprise.
"""

from __future__ import annotations

import json
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gateway import notify_send
from gateway.app import App
from gateway.commands import Decide
from gateway.config import load
from gateway.desk import notices
from gateway.errors import ConfigError
from gateway.notify_config import ChannelConfig, NotifyConfig, absolute
from gateway.notify_worker import NotifyWorker
from gateway.stores import sqlite
from gateway.wiring import load_keys
from tests.gateway.desk.acts import decide, filed

# A plugin of Apprise imports what Python 3.13 no longer has; it is asked for on older ones alone.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

Town = Any
LINK = "https://seal.example"
WORDS = ("张三", "建房", "clerk-1", "抢险", "A-1", "128")


class Robot:
    """A robot's HTTP address; keeps what it was sent, and answers as it is told."""

    def __init__(self) -> None:
        robot = self
        self.taken: list[dict[str, Any]] = []
        self.status = 200

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                robot.taken.append(json.loads(body))
                self.send_response(robot.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self.server.server_address[1]}/robot"
        self.thread = threading.Thread(target=self.server.serve_forever, name="robot")
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server that takes every letter."""

    allow_reuse_address = True

    def __init__(self) -> None:
        self.letters: list[str] = []
        super().__init__(("127.0.0.1", 0), Postman)
        self.thread = threading.Thread(target=self.serve_forever, name="mailbox")
        self.thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


class Postman(socketserver.StreamRequestHandler):
    """One conversation by RFC 5321, as far as a sender needs it."""

    def handle(self) -> None:
        self.wfile.write(b"220 mailbox\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    letter += line
                self.server.letters.append(letter.decode())  # type: ignore[attr-defined]
            answer = b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n"
            self.wfile.write(answer)
            if word == b"QUIT":
                return


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def robot() -> Iterator[Robot]:
    made = Robot()
    yield made
    made.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    yield made
    made.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tell(desk: Town, tmp_path: Path, clock: Clock) -> Callable[..., NotifyWorker]:
    """Build the worker for one address."""

    def build(address: str, **channel: Any) -> NotifyWorker:
        secret = tmp_path / "robot.url"
        secret.touch(mode=0o600)
        secret.write_text(address, encoding="ascii")
        one = ChannelConfig(name="村镇审批群", url_file=secret, **channel)
        config = NotifyConfig(link=LINK, channel=(one,))
        return NotifyWorker(
            config, "示例镇", desk.store, tmp_path, notify_send.send, lambda: desk.now_ms, clock
        )

    return build


def test_what_waits_is_told_in_one_message_without_names(
    desk: Town, tell: Any, robot: Robot
) -> None:
    worker = tell(robot.url)
    for _ in range(3):
        filed(desk, amount=128_000, payee="某公司")

    worker.round()

    [said] = robot.taken
    assert said["title"] == "示例镇：3 件用印等审批"
    assert said["message"] == f"甲村 3 件\n{LINK}/approvals"
    assert not any(word in json.dumps(said, ensure_ascii=False) for word in WORDS)


def test_nothing_is_told_twice_also_after_a_restart(
    desk: Town, tell: Any, robot: Robot, clock: Clock
) -> None:
    worker = tell(robot.url)
    first = filed(desk)
    worker.round()
    clock.now_s += 600
    worker.round()
    again = tell(robot.url)
    again.round()
    assert len(robot.taken) == 1

    decide(desk, first, "chair", "refuse")
    filed(desk)
    again.round()

    assert [one["title"] for one in robot.taken] == ["示例镇：1 件用印等审批"] * 2


def test_nothing_waits_nothing_is_said(desk: Town, tell: Any, robot: Robot) -> None:
    tell(robot.url).round()

    assert robot.taken == []


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ({"offices": ("approver",)}, 1),
        ({"offices": ("station",)}, 0),
        ({"villages": ("330109110201",)}, 1),
        ({"villages": ("330109110299",)}, 0),
    ],
)
def test_only_those_hear_whose_turn_it_is(
    desk: Town, tell: Any, robot: Robot, channel: Any, told: int
) -> None:
    filed(desk)

    tell(robot.url, **channel).round()

    assert len(robot.taken) == told


def test_a_robots_limit_is_kept_and_what_came_meanwhile_is_told_together(
    desk: Town, tell: Any, robot: Robot, clock: Clock
) -> None:
    worker = tell(robot.url, per_minute=2)
    for _ in range(5):
        filed(desk)
        worker.round()
        clock.now_s += 1
    assert len(robot.taken) == 2

    clock.now_s += 60
    worker.round()

    assert robot.taken[-1]["title"] == "示例镇：5 件用印等审批"
    assert len(robot.taken) == 3


def test_a_robot_that_refuses_is_tried_after_growing_pauses_and_staff_see_since_when(
    desk: Town, tell: Any, robot: Robot, clock: Clock
) -> None:
    robot.status = 500
    worker = tell(robot.url)
    filed(desk)
    tries = []
    for _ in range(40):
        worker.round()
        tries.append(len(robot.taken))
        clock.now_s += 30
    [status] = worker.status
    robot.status = 200
    clock.now_s += 600
    worker.round()

    assert tries[0] == 1 and 3 <= tries[-1] <= 6
    assert (status.name, status.kind, status.failing_since_ms) == (
        "村镇审批群",
        "json",
        desk.now_ms,
    )
    assert worker.status[0].failing_since_ms is None
    assert robot.taken[-1]["title"] == "示例镇：1 件用印等审批"


def test_a_robot_that_is_gone_raises_nothing(desk: Town, tell: Any, robot: Robot) -> None:
    address = robot.url
    worker = tell(address)
    filed(desk)
    robot.server.server_close()

    worker.round()

    assert worker.status[0].failures == 1


def test_mail_is_sent_to_a_real_mail_server(desk: Town, tell: Any, mailbox: Mailbox) -> None:
    port = mailbox.server_address[1]
    worker = tell(
        f"mailto://127.0.0.1:{port}?from=seal@town.example&to=li@town.example&mode=insecure&format=text"
    )
    filed(desk)

    worker.round()

    [letter] = mailbox.letters
    assert "To: " in letter and "li@town.example" in letter
    assert worker.status[0].kind == "mailto" and worker.status[0].failures == 0


def test_many_villages_fit_into_one_message() -> None:
    waiting = {f"第{n}村": frozenset({str(n)}) for n in range(20)}

    title, text = notices.message("示例镇", waiting, LINK)

    assert title == "示例镇：20 件用印等审批"
    assert "另 12 个村" in text and len(re.findall("村 1 件", text)) == 8


@pytest.mark.parametrize("address", ["", "no address", "unheard-of://x"])
def test_an_address_that_is_none_is_said_at_the_start(tell: Any, address: str) -> None:
    with pytest.raises(ConfigError, match="Apprise URL"):
        tell(address)


def test_an_address_that_others_can_read_is_refused(tell: Any, tmp_path: Path) -> None:
    tell("json://127.0.0.1:1/")
    (tmp_path / "robot.url").chmod(0o644)

    with pytest.raises(ConfigError):
        notify_send.address_of(tmp_path / "robot.url")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("dingtalk://0123456789abcdef0123456789abcdef/", "dingtalk"),
        ("wecombot://0123abcd-0123-abcd-0123-abcd0123abcd", "wecombot"),
        ("feishu://0123abcd-0123-abcd-0123-abcd0123abcd", "feishu"),
    ],
)
def test_the_robots_of_the_country_are_known(tell: Any, address: str, kind: str) -> None:
    assert tell(address).status[0].kind == kind


def test_an_office_that_approves_nothing_is_refused(tmp_path: Path) -> None:
    one = ChannelConfig(name="x", url_file=Path("x"), offices=("keeper",))

    with pytest.raises(ConfigError, match="keeper"):
        absolute(NotifyConfig(link=LINK, channel=(one,)), tmp_path)


def test_the_thread_stops_at_once(desk: Town, tell: Any, robot: Robot) -> None:
    worker = tell(robot.url)
    filed(desk)
    thread = threading.Thread(target=worker.run, name="notify")
    thread.start()

    worker.stop()
    thread.join(20)

    assert not thread.is_alive()


class QuietBus:
    """A bus without a broker behind it."""

    def start(self, on_message: Callable[[Any], None], on_link: Callable[[bool], None]) -> None: ...

    def subscribe(self, topic_filter: str, qos: int) -> None: ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        return True

    def done(self, message: Any) -> None: ...

    def stop(self) -> None: ...


def test_the_running_gateway_tells_by_itself_and_decides_on_while_the_robot_is_down(
    desk: Town, robot: Robot, write_config: Callable[..., Path]
) -> None:
    robot.status = 500
    request = filed(desk)
    desk.store.close()
    path = write_config(desk.folder)
    (desk.folder / "robot.url").touch(mode=0o600)
    (desk.folder / "robot.url").write_text(robot.url)
    path.write_text(
        path.read_text(encoding="utf-8")
        + f'\n[notify]\nlink = "{LINK}"\nevery_s = 10\n'
        + '[[notify.channel]]\nname = "群"\nurl_file = "robot.url"\n',
        encoding="utf-8",
    )
    config = load(path)
    store = sqlite.connect(sqlite.Options(folder=config.state))
    app = App(config, load_keys(config), store, QuietBus())
    app.start()
    try:
        deadline_s = time.monotonic() + 40
        while not app.channels()[0].failures and time.monotonic() < deadline_s:
            threading.Event().wait(0.2)
        command = Decide(by="chair", request=request, decision="refuse", note="请补正")
        app.submit(command).result(20)
        [status] = app.channels()
        app.check()
    finally:
        app.stop()

    assert status.failing_since_ms is not None and status.name == "群"
    assert robot.taken[0]["title"] == "示例镇：1 件用印等审批"
