"""Control: the socket outlives whatever one order brings."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from gateway.commands import Command, Deliver
from gateway.control import FILE, Control, Order, PhotoReply, UnreachableError, send
from gateway.errors import StoreError
from gateway.register.intake import KNOWN, TAKEN, Outcome
from gateway.register.photos import PAUSE, Reply
from ledger.bus import Message

ORDER = Order(deliver=Deliver(by="cli-root", messages=(Message("t", b"\x00\xff"),)))
PHOTO = Order(photo=Message("t", b"\x00\xff"))


def answered(value: object) -> Future[object]:
    future: Future[object] = Future()
    future.set_result(value)
    return future


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Return what serves orders with given handlers; it gives the folder of the socket."""
    running: list[tuple[Control, threading.Thread]] = []

    def start(
        submit: Callable[[Command], Future[object]],
        carry: Callable[[Message], Future[Reply | None]],
    ) -> Path:
        control = Control(tmp_path, submit, carry)
        thread = threading.Thread(target=control.run, name="control")
        thread.start()
        running.append((control, thread))
        return tmp_path

    yield start
    for control, thread in running:
        control.stop()
        thread.join(10)
        control.close()


def no_photo(message: Message) -> Future[Reply | None]:
    raise AssertionError("expected no photo")


def test_bytes_and_outcomes_pass_unchanged(serve: Callable[..., Path]) -> None:
    taken: list[Command] = []
    refused = Outcome("quarantined", "fork", "expected another")

    def submit(command: Command) -> Future[object]:
        taken.append(command)
        return answered((TAKEN, KNOWN, refused))

    answer = send(serve(submit, no_photo), ORDER)

    assert taken == [ORDER.deliver]
    assert answer is not None and answer.outcomes == (TAKEN, KNOWN, refused)


def test_photo_messages_go_to_the_photo_thread_and_its_reply_comes_back(
    serve: Callable[..., Path],
) -> None:
    replies = iter((None, Reply(code=PAUSE, offset=7)))

    def carry(message: Message) -> Future[Reply | None]:
        future: Future[Reply | None] = Future()
        future.set_result(next(replies))
        return future

    folder = serve(lambda command: answered(None), carry)
    answers = [send(folder, PHOTO), send(folder, PHOTO)]

    assert [one and one.reply for one in answers] == [None, PhotoReply(PAUSE, 7)]


def test_refusal_comes_back_as_its_code(serve: Callable[..., Path]) -> None:
    def submit(command: Command) -> Future[object]:
        future: Future[object] = Future()
        future.set_exception(StoreError("expected room"))
        return future

    answer = send(serve(submit, no_photo), ORDER)

    assert answer is not None and (answer.error, answer.message) == ("store", "expected room")


@pytest.mark.parametrize("said", [b"{", b'{"deliver":{"by":"\xff"}}'])
def test_order_that_cannot_be_read_is_told_so(serve: Callable[..., Path], said: bytes) -> None:
    folder = serve(lambda command: answered(None), no_photo)

    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(folder / FILE))
        peer.sendall(said)
        peer.shutdown(socket.SHUT_WR)
        answer = peer.recv(4096)

    assert b'"error":"malformed"' in answer


def test_order_that_nobody_foresaw_does_not_end_the_service(serve: Callable[..., Path]) -> None:
    orders = iter((RuntimeError("no contract foresees this"), None))

    def submit(command: Command) -> Future[object]:
        if error := next(orders):
            raise error
        return answered(3)

    folder = serve(submit, no_photo)
    with pytest.raises(UnreachableError):
        send(folder, ORDER)
    answer = send(folder, ORDER)

    assert answer is not None and answer.value == 3
