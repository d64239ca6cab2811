"""What a witness may say, and what the gateway makes of it; also of witnesses that lie."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import witnesses
from gateway.config import WitnessEntry, load
from gateway.errors import ConfigError, RollbackError, WitnessError
from gateway.register.publish import Head
from gateway.stores import trees
from gateway.witnesses import Asker, RefusedError, Witness
from ledger import checkpoint, policy

Town = Any


class Saying:
    """A server that answers every call with the same bytes, a piece at a time."""

    def __init__(self, pieces: list[bytes], pause_s: float) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/prefix/"
        self._pieces, self._pause_s = pieces, pause_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._over.is_set():
            peer, _ = self._server.accept()
            with peer:
                try:
                    peer.recv(65536)
                    for piece in self._pieces:
                        peer.sendall(piece)
                        self._over.wait(self._pause_s)
                except OSError:
                    continue

    def stop(self) -> None:
        self._over.set()
        socket.create_connection(self._server.getsockname()).close()
        self._thread.join(10)
        self._server.close()


@pytest.fixture
def saying() -> Iterator[Callable[..., str]]:
    """Return what starts a server that says these bytes, and returns its URL."""
    made: list[Saying] = []

    def start(*pieces: bytes, pause_s: float = 0) -> str:
        made.append(Saying(list(pieces), pause_s))
        return made[-1].url

    yield start
    for one in made:
        one.stop()


def answer(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


@pytest.fixture
def ask(town: Town, county: Any, tmp_path: Path) -> Callable[..., bytes | None]:
    """Return what asks a witness at a URL to cosign the town's newest head."""

    def cosigned(url: str, known: int = 0, size: int | None = None) -> bytes | None:
        with town.store.reader() as reader:
            view = reader.log()
            read = trees.hashes(reader, view)
            head = Head(view.origin, view.size, view.checkpoint)
            held = view.size if size is None else size
            asker = Asker(tmp_path / "evidence", 0.5)
            return asker.cosigned(Witness("county", county.key, url), head, known, read, held)

    return cosigned


def test_size_that_the_witness_states_is_gone_on_from(
    county: Any, beats: Callable[[int], None], ask: Callable[..., bytes | None]
) -> None:
    for count, known in ((5, 3), (4, 0), (300, 2), (1, 310)):
        beats(count)

        note = ask(county.url, known)

        assert note is not None
        assert len(checkpoint.verify_cosignatures(note, (county.key,))) == 1


def test_cosignature_is_renewed_in_place_of_the_older_one(
    town: Town, county: Any, beats: Callable[[int], None], ask: Callable[..., bytes | None]
) -> None:
    beats(2)
    first = ask(county.url)
    with town.store.transaction() as transaction:
        transaction._tables.run("UPDATE logs SET checkpoint = ?", first)

    again = ask(county.url, 2)

    assert again is not None and again.count(b"witness.example/county") == 1


def test_witness_that_knows_a_head_which_we_published_meanwhile_is_asked_later(
    beats: Callable[[int], None], saying: Callable[..., str], ask: Callable[..., bytes | None]
) -> None:
    beats(3)

    assert ask(saying(answer(409, b"5\n")), 0, 6) is None
    with pytest.raises(RollbackError, match="with the 7 entries"):
        ask(saying(answer(409, b"7\n")), 0, 6)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (answer(200, b"nonsense"), "expected signature lines"),
        (answer(200, "— w.example AAAAAAAA\n".encode()), "expected a cosignature under"),
        (answer(409, b"many\n"), "expected a size"),
        (answer(409, b"2\n"), "to keep to one size"),
        (answer(403, b"who are you\n"), "found status 403: who are you"),
        (answer(404, b""), "found status 404"),
        (answer(500, b""), "found status 500"),
        (answer(302, b""), "found status 302"),
    ],
)
def test_what_is_no_cosignature_is_not_believed(
    beats: Callable[[int], None],
    saying: Callable[..., str],
    ask: Callable[..., bytes | None],
    said: bytes,
    why: str,
) -> None:
    beats(3)

    with pytest.raises(RefusedError, match=why):
        ask(saying(said))


@pytest.mark.parametrize(
    ("pieces", "pause_s"),
    [
        ([], 0),
        ([b"nonsense\r\n\r\n"], 0),
        ([b"HTTP/1.1 200 X\r\n\r\n", *[b"x"] * 40], 0.1),
        ([b"HTTP/1.1 200 X\r\nContent-Length: 99999999\r\n\r\n", b"x" * 200_000], 0),
    ],
)
def test_patience_ends_whatever_the_witness_does(
    beats: Callable[[int], None],
    saying: Callable[..., str],
    ask: Callable[..., bytes | None],
    pieces: list[bytes],
    pause_s: float,
) -> None:
    beats(3)
    url = saying(*pieces, pause_s=pause_s)
    began_s = time.monotonic()

    with pytest.raises(WitnessError, match="expected an answer"):
        ask(url)

    assert time.monotonic() - began_s < 2


def test_policy_names_log_witnesses_and_quorum(config: Any, county: Any, town: Town) -> None:
    parsed = policy.parse(witnesses.policy_text(config.log))

    assert [one.name for one in parsed.witnesses] == ["county"]
    assert parsed.witnesses[0].url == county.url
    assert policy.witnessed(parsed, frozenset({"county"}))
    assert not policy.witnessed(parsed, frozenset())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"vkey": "x"}, "log.witnesses.county.vkey"),
        ({"url": "ftp://x"}, r"expected http\[s\]"),
        ({"url": "http:///x"}, r"expected http\[s\]"),
    ],
)
def test_wrong_witness_is_refused(config: Any, change: dict[str, str], why: str) -> None:
    entry = config.log.witnesses[0]
    fields = {"name": entry.name, "vkey": entry.vkey, "url": entry.url, **change}
    log = type(config.log)(
        **{
            **{name: getattr(config.log, name) for name in config.log.__struct_fields__},
            "witnesses": (WitnessEntry(**fields),),
        }
    )

    with pytest.raises(ConfigError, match=why):
        witnesses.configured(log)


def test_quorum_above_the_witnesses_is_refused(
    town: Town, witnessed_config: Callable[..., Path], tmp_path: Path
) -> None:
    config = load(witnessed_config(tmp_path, "quorum = 2"))

    with pytest.raises(ConfigError, match="number from 1 to 1"):
        witnesses.configured(config.log)
