"""A published log with real entries, static servers for it, and phones that open the page."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from gateway.commands import Decide
from gateway.register.keybook import KeyBook
from gateway.register.publish import Publisher
from gateway.verifier import page
from ledger import locator
from ledger.keys import public_bytes
from ledger.locator import Locator
from ledger.records import Intent, Void

PHONE = {"width": 360, "height": 640}
DESK = {"width": 1366, "height": 768}
SIZE = 600  # entries: two full tiles, a partial one, and a tile above them
LIST = "code,name,verdict,max_copies\nA-1,建房,可以,5\n"


class PublishedLog(Struct, frozen=True):
    """A public folder, and where the entries lie that tests ask about."""

    folder: Path
    envelopes: tuple[bytes, ...]
    public_key: bytes
    origin: str
    use: int
    void: int
    beat: int
    signer: Any

    def locator(self, index: int) -> Locator:
        return locator.locate(self.origin, index, self.public_key, self.envelopes[index])

    @property
    def key_code(self) -> str:
        return locator.key_code(self.public_key)

    @property
    def vkey(self) -> str:
        return (self.folder / "2026" / "log.vkey").read_text().strip()


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is theirs
        pass


@pytest.fixture(scope="session")
def published(
    make_town: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PublishedLog]:
    """A town's log of 600 entries: requests, a permit, uses, a void, heartbeats."""
    town = make_town(tmp_path_factory.mktemp("town"))
    town.release(LIST)
    town.account("chair", "approver")
    town.account("clerk-1", "clerk")
    machine = town.machines["m-1"]
    town.take(*(machine.message(machine.beat()) for _ in range(240)))
    filed = town.file()
    town.submit(filed)
    town.order(Decide(by="chair", request=filed.sha256, decision="approve", note=""))
    with town.store.reader() as reader:
        permit = reader.request(filed.sha256).permit
    town.take(*map(machine.message, town.use(permit)))
    town.take(*map(machine.message, _void(machine, permit)))
    left = SIZE - len(town.entries())
    town.take(*(machine.message(machine.beat()) for _ in range(left)))
    yield _publish(town, tmp_path_factory.mktemp("public"))
    town.store.close()


def _void(machine: Any, permit: str) -> tuple[bytes, bytes]:
    """Return the intent of the second impression and the void that follows it."""
    intent = Intent(
        permit=permit,
        n=2,
        of=2,
        seal="committee",
        page="0" * 64,
        operator="clerk-1",
        counter_before=1,
        controller="A",
    )
    signed = machine.sign(intent)
    return signed, machine.sign(Void(intent=machine.head.sha256, evidence="not-pressed"))


def _publish(town: Any, folder: Path) -> PublishedLog:
    publisher = Publisher(folder, KeyBook(town.ring))
    with town.store.reader() as reader:
        publisher.publish(reader)
        log = reader.log()
    page.write(folder)
    entries = town.entries()
    kinds = [entry.kind for entry in entries]
    return PublishedLog(
        folder=folder,
        envelopes=tuple(entry.envelope for entry in entries),
        public_key=public_bytes(town.log_signer.record),
        origin=log.origin,
        use=kinds.index("use"),
        void=kinds.index("void"),
        beat=len(kinds) - 1,
        signer=town.log_signer,
    )


@pytest.fixture
def public(published: PublishedLog, tmp_path: Path) -> Path:
    """A copy of the public folder, to be spoilt."""
    return Path(shutil.copytree(published.folder, tmp_path / "public"))


@pytest.fixture(scope="session")
def flip() -> Callable[[Path, int], None]:
    """Return what changes one bit of a file, at this byte."""

    def change(path: Path, at: int) -> None:
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(bytes(data))

    return change


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve folders as any static web server does; return their addresses."""
    running: list[tuple[http.server.ThreadingHTTPServer, threading.Thread]] = []

    def start(folder: Path) -> str:
        handler = functools.partial(Silent, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="static")
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


class Phone:
    """One window on the page; remembers complaints and where it wanted to go."""

    def __init__(self, browser: Any, size: dict[str, int]) -> None:
        self.context = browser.new_context(viewport=size, locale="zh-CN", accept_downloads=True)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _note(self, message: Any) -> None:
        if message.type == "error" and "404" not in message.text:
            self.complaints.append(message.text)

    def open(self, address: str) -> str:
        """Open an address and return the verdict once there is one."""
        self.page.goto(address)
        return self.verdict()

    def verdict(self) -> str:
        self.page.wait_for_selector("#verdict:not(.wait)")
        return str(self.page.get_attribute("#verdict", "class"))

    def text(self, selector: str = "#sentence") -> str:
        return str(self.page.inner_text(selector))

    def facts(self) -> dict[str, str]:
        names = self.page.eval_on_selector_all("#rows dt", "all => all.map(one => one.innerText)")
        words = self.page.eval_on_selector_all("#rows dd", "all => all.map(one => one.innerText)")
        return dict(zip(names, words, strict=True))


@pytest.fixture
def phone(chromium: Any) -> Iterator[Callable[..., Phone]]:
    """Open windows: `phone()` is a villager's, `phone(DESK)` a computer's."""
    made: list[Phone] = []

    def open_window(size: dict[str, int] = PHONE) -> Phone:
        made.append(Phone(chromium, size))
        return made[-1]

    yield open_window
    for one in made:
        one.context.close()
