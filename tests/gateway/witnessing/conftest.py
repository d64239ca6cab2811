"""A township's gateway with a witness: the service over HTTP, and ways to rewrite a store."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway import witness_start
from gateway.cli import main
from gateway.config import GatewayConfig, load
from gateway.register.keybook import KeyBook
from gateway.register.publish import Publisher
from gateway.witness import config as witness_config
from gateway.witness.service import Witness
from ledger import checkpoint, notes
from ledger.notes import NoteKey
from ledger.signers import keyfile
from ledger.tree import Frontier
from sim import waiting

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_S = 30.0
NAME = "seal.xiaoshan.example/330109000000/330109110000"
Town = Any


class County:
    """The county's witness, answering over HTTP from a thread of this process."""

    def __init__(
        self,
        folder: Path,
        log_record: Path,
        kind: keyfile.Kind = keyfile.ED25519,
        tls: str = "",
    ) -> None:
        folder.mkdir()
        fields = {"holder": "county", "township": "330109000000", "domain": "sim", "epoch": 1}
        keyfile.create(folder / "w.key", folder / "w.json", kind, role="witness", **fields)
        self.path = folder / "witness.toml"
        self.path.write_text(
            'name = "witness.example/county"\ndomain = "sim"\nstate = "state"\n'
            'signer = "w.key"\nsigner_record = "w.json"\nport = 0\n\n'
            f"[monitor]\nenabled = false\n\n{tls}\n[[logs]]\n"
            f'name = "{NAME}"\nrecords = ["{log_record}"]\n',
            encoding="utf-8",
        )
        self._stopping = threading.Event()
        self._running = Witness(witness_config.load(self.path))
        self.url, self.vkey = self._running.url, self._running.vkey
        ready = threading.Event()
        self._thread = threading.Thread(target=self._running.run, args=(self._stopping, ready.set))
        self._thread.start()
        ready.wait(10)

    @property
    def key(self) -> NoteKey:
        """Return its verifier key."""
        return notes.parse_vkey(self.vkey)

    def stop(self) -> None:
        """End the service; what it remembers stays."""
        self._stopping.set()
        self._thread.join(20)


class Running:
    """The gateway as its own process."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.err = config.parent / "err"
        with self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "run", "--config", str(config)],
                stdout=subprocess.PIPE,
                stderr=err,
                cwd=ROOT,
                text=True,
            )
        assert self.process.stdout is not None
        self.started = bool(self.process.stdout.readline())

    def said(self) -> str:
        return self.err.read_text(encoding="utf-8")

    def command(self, *words: object) -> Any:
        runner = CliRunner(env={"SEAL_CONFIG": str(self.config)})
        return runner.invoke(main, [str(word) for word in words])

    def grow(self, name: str) -> Any:
        """Have the gateway sign one more entry; `name` tells it from others."""
        secret = self.config.parent / "grower"
        secret.write_text("correct horse 42", encoding="utf-8")
        person = ["--name", name, "--office", "administrator", "--password-file", secret]
        return self.command("account", "add", f"grower-{name.lower()}", *person)

    def end(self, number: int = 0) -> int:
        if number:
            self.process.send_signal(number)
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def _cosigned_size(public: Path, key: NoteKey) -> int:
    """Return how many entries the published checkpoint has, if it is cosigned; else 0."""
    found = sorted(public.glob("*/checkpoint"))
    if not found or not checkpoint.verify_cosignatures(found[-1].read_bytes(), (key,)):
        return 0
    return checkpoint.parse(notes.parse(found[-1].read_bytes()).text).size


@pytest.fixture
def start() -> Iterator[Callable[[Path], Running]]:
    """Return what starts a gateway; all are ended at the end."""
    made: list[Running] = []

    def begin(config: Path) -> Running:
        made.append(Running(config))
        return made[-1]

    yield begin
    for one in made:
        one.end(0 if one.process.poll() is not None else signal.SIGTERM)


@pytest.fixture
def cosigned_size() -> Callable[[Path, NoteKey], int]:
    """Return what tells the size of the newest published checkpoint that a witness cosigned."""
    return _cosigned_size


@pytest.fixture
def until() -> Callable[[Callable[[], bool], str], bool]:
    """Return what waits for a fact, with a deadline."""
    return lambda fact, what: waiting.until(what, fact, DEADLINE_S, pause_s=0.05)


@pytest.fixture
def county(town: Town, tmp_path: Path) -> Iterator[County]:
    made = County(tmp_path / "county", tmp_path / "log.json")
    yield made
    made.stop()


@pytest.fixture
def make_county(town: Town, tmp_path: Path) -> Iterator[Callable[..., County]]:
    """Return what starts a county's witness with a kind of key and a table `[tls]`."""
    made: list[County] = []

    def begin(kind: keyfile.Kind = keyfile.ED25519, tls: str = "") -> County:
        made.append(County(tmp_path / "another", tmp_path / "log.json", kind, tls))
        return made[-1]

    yield begin
    for one in made:
        one.stop()


@pytest.fixture
def witnessed_config(
    town: Town, county: County, write_config: Callable[..., Path]
) -> Callable[..., Path]:
    """Return what writes a gateway's configuration with the county as its witness."""

    def write(folder: Path, more: str = "", url: str | None = "") -> Path:
        path = write_config(folder)
        text = path.read_text(encoding="utf-8").replace("[log]\n", f"[log]\n{more}\n")
        line = "" if url is None else f'url = "{url or county.url}"\n'
        text += f'\n[[log.witnesses]]\nname = "county"\nvkey = "{county.vkey}"\n{line}'
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def config(town: Town, witnessed_config: Callable[..., Path], tmp_path: Path) -> GatewayConfig:
    return load(witnessed_config(tmp_path))


@pytest.fixture
def beats(town: Town) -> Callable[[int], None]:
    """Return what lets a machine's heartbeats into the log."""

    def take(count: int) -> None:
        machine = town.machines["m-1"]
        town.take(*(machine.message(machine.beat()) for _ in range(count)))

    return take


@pytest.fixture
def agree(town: Town, config: GatewayConfig) -> Callable[[], None]:
    """Return what a start of the gateway asks its witnesses."""
    return lambda: witness_start.agree(config, town.log_signer, town.store, town.now_ms)


@pytest.fixture
def regrow(town: Town) -> Callable[[str], None]:
    """Return what a township can do to its store: change rows, and sign a new tree over them."""

    def run(sql: str) -> None:
        with town.store.transaction() as transaction:
            tables = transaction._tables
            tables.run(sql)
            tables.run("DELETE FROM tiles")
            tables.run(
                "UPDATE logs SET size = 0, root = ?, frontier = ?, checkpoint = x''",
                Frontier().root(),
                Frontier().to_bytes(),
            )
            town.public.grow(transaction)

    return run


@pytest.fixture
def publish(town: Town, config: GatewayConfig) -> Callable[[], None]:
    """Return what publishes everything, as a start of the gateway would."""

    def run() -> None:
        publisher = Publisher(config.log.public, KeyBook(town.ring))
        with town.store.reader() as reader:
            publisher.check(reader)
            publisher.publish(reader)

    return run


@pytest.fixture
def seal(config: GatewayConfig, tmp_path: Path) -> Callable[..., Result]:
    """Return what runs one command of seal-gateway with the configuration."""
    runner = CliRunner(env={"SEAL_CONFIG": str(tmp_path / "gateway.toml")})
    return lambda *words: runner.invoke(main, [str(word) for word in words])
