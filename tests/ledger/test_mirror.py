"""A mirror reads a folder and a web address alike, and says when it cannot."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.public_log import Township
from ledger import auditing, mirror
from ledger.mirror import FolderMirror, UnreachableError, WebMirror, open_mirror, year_logs
from tests.ledger.public_town import YEAR, codes, trust


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, counts requests, and fails where a file is called `broken`."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.endswith("broken"):
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        pass


class Web:
    """A static web server on a free port."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        handler = type("Counting", (Handler,), {"asked": self.asked})
        serve = functools.partial(handler, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
        self.thread = threading.Thread(target=self.server.serve_forever, name="web")
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def town(tmp_path: Path) -> Township:
    town = Township(2).fill(300)
    town.publish(tmp_path / "public")
    return town


@pytest.fixture
def web(tmp_path: Path, town: Township) -> Iterator[Web]:
    web = Web(tmp_path / "public")
    yield web
    web.stop()


def test_a_log_behind_an_address_is_verified_like_a_folder(web: Web, town: Township) -> None:
    root, logs = year_logs(open_mirror(web.url + "/"), YEAR)

    report = auditing.audit(root, logs, trust(town))

    assert codes(report) == []
    assert report.entries == 300


def test_one_year_behind_an_address(web: Web, town: Township) -> None:
    root, logs = year_logs(open_mirror(f"{web.url}/2026"), YEAR)

    assert root.location == web.url
    assert codes(auditing.audit(root, logs, trust(town))) == []


def test_what_never_changes_is_asked_once(web: Web, tmp_path: Path) -> None:
    cached = WebMirror(f"{web.url}/2026", tmp_path / "cache")
    full, partial = "tile/0/000", "tile/0/001.p/44"

    first = [cached.read(full), cached.read(partial), cached.read("checkpoint")]
    again = [cached.read(full), cached.read(partial), cached.read("checkpoint")]

    assert first == again
    assert web.asked.count(f"/2026/{full}") == 1
    assert web.asked.count(f"/2026/{partial}") == 2
    assert web.asked.count("/2026/checkpoint") == 2


def test_a_file_that_is_not_there_is_none(web: Web, tmp_path: Path) -> None:
    assert open_mirror(web.url).read("nothing") is None
    assert FolderMirror(tmp_path).read("nothing/at/all") is None


def test_a_server_that_fails_is_unreachable_not_empty(web: Web) -> None:
    with pytest.raises(UnreachableError, match="503"):
        open_mirror(web.url).read("broken")

    assert web.asked == ["/broken"] * mirror.ATTEMPTS


def test_nobody_listening_is_unreachable(web: Web) -> None:
    web.stop()

    with pytest.raises(UnreachableError, match="expected an answer"):
        open_mirror(web.url).read("checkpoint")


def test_a_stick_that_was_pulled_out_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="plugged in"):
        FolderMirror(tmp_path / "stick").read("checkpoint")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "checkpoint").open("wb") as file:
        file.truncate(mirror.LARGEST_FILE + 1)

    with pytest.raises(UnreachableError, match="huge"):
        FolderMirror(tmp_path).read("checkpoint")


def test_a_folder_without_a_log_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="YEAR/checkpoint"):
        year_logs(FolderMirror(tmp_path), YEAR)


@pytest.mark.parametrize("location", ["ftp://a/b", "file:///etc"])
def test_other_addresses_are_refused(location: str) -> None:
    with pytest.raises(UnreachableError, match="folder or an http address"):
        open_mirror(location)
