"""The county's monitor as it starts by default: real processes, real web servers, bad townships."""

from __future__ import annotations

import functools
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from bench.public_log import DOMAIN, TOWNSHIP, Township, write_keys
from gateway.cli import main
from ledger.signers import keyfile
from sim.waiting import OverdueError, until

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_S = 60.0
NAME = f"{DOMAIN}/420625000000/{TOWNSHIP}"
NOTIFY = 'import sys, pathlib; pathlib.Path(sys.argv[1]).open("a").write(sys.stdin.read())'

pytestmark = pytest.mark.slow


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        pass


class County:
    """The county's computer: configuration, trusted keys, and the townships that it follows."""

    def __init__(self, folder: Path, public: str) -> None:
        self.folder, self.town = folder, Township(2).fill(300)
        fields = {"holder": "county", "township": "420625000000", "domain": "sim", "epoch": 1}
        keyfile.create(folder / "w.key", folder / "w.json", role="witness", **fields)
        write_keys(folder / "trusted", self.town.records)
        self.records = folder / "log.json"
        self.records.write_bytes(self.town.records[-1])
        self.path, self.told = folder / "witness.toml", folder / "told"
        self.towns: list[tuple[str, str]] = [("谷城县示例镇", public)]
        self.more = ""
        self.processes: list[subprocess.Popen[str]] = []

    def write(self) -> Path:
        """Write the configuration; every township has the same log under another name."""
        notify = json.dumps([sys.executable, "-c", NOTIFY, str(self.told)])
        text = (
            'name = "witness.example/county"\ndomain = "sim"\nstate = "state"\n'
            'signer = "w.key"\nsigner_record = "w.json"\nport = 0\n\n'
            f'[monitor]\nkeys = "trusted/keys"\nevery_s = 1\nnotify = {notify}\n{self.more}\n'
        )
        for number, (place, public) in enumerate(self.towns):
            name = NAME if not number else f"other-{number}.example/420625000000/{TOWNSHIP}"
            text += f'\n[[logs]]\nname = "{name}"\nplace = "{place}"\n'
            text += f'records = ["log.json"]\npublic = "{public}"\n'
        self.path.write_text(text, encoding="utf-8")
        return self.path

    def start(self, command: str = "witness") -> dict[str, Any]:
        """Start the witness and return its first line."""
        self.write()
        with (self.folder / "err").open("ab") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "gateway", command, "--config", str(self.path)],
                stdout=subprocess.PIPE,
                stderr=err,
                cwd=ROOT,
                text=True,
            )
        self.processes.append(process)
        assert process.stdout is not None
        said: dict[str, Any] = json.loads(process.stdout.readline())
        return said

    def stop(self, number: int = signal.SIGTERM) -> int:
        process = self.processes[-1]
        process.send_signal(number)
        code = process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
        return code

    def command(self, *words: str) -> Result:
        self.write()
        return CliRunner().invoke(main, [*words, "--config", str(self.path)])

    def page(self, language: str = "zh") -> str:
        name = "page.html" if language == "zh" else "page.en.html"
        path = self.folder / "state" / "monitor" / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def journal(self) -> str:
        return (self.folder / "err").read_text(encoding="utf-8")

    def until(self, fact: Callable[[], bool], what: str) -> None:
        try:
            until(what, fact, DEADLINE_S, pause_s=0.05)
        except OverdueError as error:
            raise AssertionError(self.journal()) from error


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


@pytest.fixture
def web(public: Path) -> Iterator[str]:
    """The township's static web server; the address of its public files."""
    public.mkdir()
    serve = functools.partial(Handler, directory=str(public))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    thread = threading.Thread(target=server.serve_forever, name="web")
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def county(tmp_path: Path, public: Path, web: str) -> Iterator[County]:
    folder = tmp_path / "county"
    folder.mkdir()
    made = County(folder, web)
    made.town.publish(public)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
            process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def fetch(url: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_the_witness_follows_the_townships_without_being_asked(
    county: County, public: Path
) -> None:
    said = county.start()
    county.until(lambda: "核对通过：300 条记录" in county.page(), "the first visit")

    county.town.intent(county.town.machines[0], "p-none")
    county.town.publish(public)
    county.town.add(county.town.machines[0], _leak())
    county.town.publish(public)
    county.until(lambda: "手机号" in county.page(), "the leak")
    status, shown = fetch(said["url"], "/monitor")
    _, english = fetch(said["url"], "/monitor/en")

    assert said["monitor"] is True
    assert "monitor: on" in fetch(said["url"], "/")[1]
    assert status == 200 and "谷城县示例镇" in shown
    for line in (
        "公开的记录里有身份证号或手机号。",
        "哪里：台账",
        "第 302 条",
        "自何时：",
        "怎么办：",
    ):
        assert line in shown
    assert "identity card or phone number" in english and "What to do: " in english
    county.until(county.told.exists, "somebody to be told")
    county.until(lambda: "1 new findings in its log" in county.told.read_text(), "the message")
    (line,) = [
        json.loads(one)
        for one in county.journal().splitlines()
        if '"privacy-number"' in one and '"finding"' in one
    ]
    assert line["township"] == "谷城县示例镇" and line["hint"].startswith("怎么办：请乡镇停止公布")
    assert county.stop() == 0


def _leak() -> Any:
    from ledger.records import Start

    return Start(version="13800138000", controller="B", strokes={}, reason="started")


def test_a_restart_goes_on_and_tells_nobody_twice(county: County, public: Path) -> None:
    county.town.add(county.town.machines[0], _leak())
    county.town.publish(public)
    county.start()
    county.until(lambda: county.told.exists() and "手机号" in county.page(), "the finding")
    county.stop(signal.SIGKILL)
    told = county.told.read_text()
    county.town.fill(320).publish(public)

    county.start()
    county.until(lambda: '"entries":320' in _status(county), "growth after the restart")

    assert "手机号" in county.page()
    assert county.told.read_text() == told
    assert county.stop() == 0


def _status(county: County) -> str:
    found = sorted((county.folder / "state" / "monitor").glob("*/status.json"))
    return found[0].read_text(encoding="utf-8") if found else ""


def test_a_township_that_hangs_or_lies_does_not_keep_the_others(
    county: County, tmp_path: Path
) -> None:
    """Before the good one: one that never answers, one whose files are junk, one that is gone."""
    listener = socket.create_server(("127.0.0.1", 0))
    junk = tmp_path / "junk" / "2026"
    junk.mkdir(parents=True)
    (junk / "checkpoint").write_bytes(os.urandom(5000))
    good = county.towns.pop()
    county.towns += [
        ("失联镇", f"http://127.0.0.1:{listener.getsockname()[1]}"),
        ("乱码镇", str(junk.parent)),
        ("无盘镇", str(tmp_path / "nowhere")),
        good,
    ]
    county.more = "patience_s = 10\n"
    county.start()

    county.until(lambda: "核对通过：300 条记录" in county.page(), "the township that is good")

    page = county.page()
    assert page.index("失联镇") < page.index("无盘镇") < page.index("谷城县示例镇")
    assert "核对程序在这个乡镇的台账上没有做完" in page
    assert "台账的封签文件损坏，无法辨认。" in page
    assert "读不到它公布的文件" in page
    assert "共 4 个乡镇：1 个核对通过，2 个有问题，1 个还没读到。" in page
    assert county.stop() == 0
    listener.close()


def test_a_visit_that_takes_too_much_memory_is_one_townships_finding(
    county: County, public: Path
) -> None:
    note = (public / "2026" / "checkpoint").read_bytes()
    (public / "2026" / "checkpoint").write_bytes(bytes(16 * 1024 * 1024))
    county.more = "memory_mb = 64\n"  # less than the program and this file

    result = county.command("monitor", "--once")

    assert result.exit_code == 4
    assert "谷城县示例镇：台账核对发现 1 处新问题" in result.output
    assert "核对程序在这个乡镇的台账上没有做完。" in result.output
    assert "have the technician read the details" in result.output
    assert "MemoryError" in result.output
    (public / "2026" / "checkpoint").write_bytes(note)
    assert county.command("monitor", "--once").exit_code == 0


def test_once_says_with_its_exit_code_how_the_townships_stand(county: County, public: Path) -> None:
    good = county.command("monitor", "--once")
    kept = Path(shutil.copytree(public, public.with_name("kept")))
    shutil.rmtree(public / "2026")
    gone = county.command("monitor", "--once")
    town = Township(2).fill(250)
    town.fill(400).publish(public)
    shutil.rmtree(public / "2026")
    del town.entries[200]
    town.publish(public)
    rewritten = county.command("monitor", "--once")
    shutil.rmtree(public)
    shutil.copytree(kept, public)
    put_back = county.command("monitor", "--once")

    assert (good.exit_code, gone.exit_code, rewritten.exit_code) == (0, 5, 4)
    assert "台账中早先的记录被改写" in rewritten.output
    assert "Earlier entries of the log were rewritten" in rewritten.output
    assert put_back.exit_code == 4  # nobody takes a contradiction back


def test_a_silent_township_is_told_once_and_goes_by_itself(county: County, public: Path) -> None:
    county.more = "silent_hours = 0.0005\n"  # 1.8 s
    county.start()
    county.until(lambda: "台账很久没有新的记录" in county.page(), "silence")
    county.until(lambda: "打电话给乡镇" in county.told.read_text(), "the message")

    assert "The log has had no new entry for long" in county.page("en")
    assert county.told.read_text().count("台账很久没有新的记录") == 1
    assert county.stop() == 0


def test_who_turns_it_off_is_told_so_everywhere(county: County) -> None:
    county.more = "enabled = false\n"

    said = county.start()

    assert said["monitor"] is False
    assert "monitor: off" in fetch(said["url"], "/")[1]
    status, text = fetch(said["url"], "/monitor")
    assert status == 404 and "核对程序已关闭" in text and "nobody here follows" in text
    assert "monitor_off" in county.journal()
    assert county.stop() == 0


def test_a_second_monitor_on_the_same_state_is_refused(county: County) -> None:
    county.start()

    result = county.command("monitor", "--once")

    assert result.exit_code == 1
    assert "another one may be running" in result.stderr
    assert county.stop() == 0


def test_the_configuration_is_checked_without_acting(county: County) -> None:
    good = county.command("witness-check")
    county.towns.append(("无址镇", ""))
    unfollowed = county.command("witness-check")
    county.towns.pop()
    county.path.write_text(county.path.read_text(encoding="utf-8"))
    shutil.rmtree(county.folder / "trusted" / "keys")
    untrusted = county.command("witness-check")

    assert good.exit_code == 0, good.stderr
    assert "谷城县示例镇: " in good.output and "1 townships witnessed, 1 followed" in good.output
    assert unfollowed.exit_code == 1
    assert "since the monitor follows all of them" in unfollowed.stderr
    assert "enabled = false" in unfollowed.stderr
    assert untrusted.exit_code == 1 and "monitor.keys: expected a folder" in untrusted.stderr
    assert not (county.folder / "state").exists()
