"""Control: how the command line reaches the running gateway, which alone may write the store.

A Unix socket in the state folder (mode 0700, so only the gateway's own user gets there); one
JSON order on each connection, one JSON answer back.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from gateway.commands import (
    AddAccount,
    Command,
    Deliver,
    DraftList,
    DraftPolicy,
    ImportList,
    KeepCosignatures,
)
from gateway.commands_keys import AgreeKey, IssueCode, RevokeKey
from gateway.errors import GatewayError, StoreError
from gateway.register.intake import Outcome
from gateway.register.photos import Reply
from ledger.bus import Message

FILE = "control.sock"
LARGEST = 16 * 1024 * 1024  # bytes of one order: a list with its file
PATIENCE_S = 15.0  # for one peer, and for the writer

log = structlog.get_logger()


class UnreachableError(GatewayError):
    """A gateway runs on this folder and does not answer."""

    code = "unreachable"
    hint = "Look at the gateway's log; try again when it answers."


class Order(Struct, frozen=True, kw_only=True):
    """What may be ordered from the command line; exactly one is given."""

    add_account: AddAccount | None = None
    import_list: ImportList | None = None
    draft_list: DraftList | None = None
    agree_key: AgreeKey | None = None
    issue_code: IssueCode | None = None
    revoke_key: RevokeKey | None = None
    draft_policy: DraftPolicy | None = None
    deliver: Deliver | None = None
    cosignatures: KeepCosignatures | None = None
    photo: Message | None = None


class PhotoReply(Struct, frozen=True):
    """What the photo intake says to a message of a transfer; see `gateway.register.photos`."""

    code: int
    offset: int


class Answer(Struct, frozen=True, kw_only=True):
    """What came of it: a value, or an error's code (a refusal's reason) and message.

    `outcomes` answers a delivery, `reply` a message of a photo's transfer.
    """

    value: int | None = None
    outcomes: tuple[Outcome, ...] = ()
    reply: PhotoReply | None = None
    error: str = ""
    message: str = ""


class Control:
    """Listens in the state folder; `run` belongs to a thread of its own.

    Args:
        submit: hands an operator's command to the writer.
        carry: hands a message of a photo's transfer to the photo thread.

    Raises:
        StoreError: the socket cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        submit: Callable[[Command], Future[object]],
        carry: Callable[[Message], Future[Reply | None]],
    ) -> None:
        self._path = folder / FILE
        self._submit, self._carry = submit, carry
        self._stopping = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)  # ours alone: the store's lock is held
            with _short(self._path) as path:
                self._socket.bind(path)
            self._path.chmod(0o600)
            self._socket.listen(4)
        except OSError as error:
            self._socket.close()
            raise StoreError(f"expected to listen at {self._path}: {error}") from error

    def run(self) -> None:
        """Serve one order after the other until `stop`."""
        while not self._stopping:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(PATIENCE_S)
                try:
                    self._serve(peer)
                except OSError as error:
                    log.warning("control_peer_lost", reason=str(error))
                except Exception:
                    log.exception("control_order_failed")

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Remove the socket."""
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _serve(self, peer: socket.socket) -> None:
        try:
            order = msgspec.json.decode(_read(peer), type=Order)
        except ValueError as error:
            peer.sendall(msgspec.json.encode(Answer(error="malformed", message=str(error))))
            return
        peer.sendall(msgspec.json.encode(self._answer(order)))

    def _answer(self, order: Order) -> Answer:
        try:
            if order.photo is not None:
                return _replied(self._carry(order.photo).result(PATIENCE_S))
            command = (
                order.add_account
                or order.import_list
                or order.draft_list
                or order.agree_key
                or order.issue_code
                or order.revoke_key
                or order.draft_policy
                or order.deliver
                or order.cosignatures
            )
            if command is None:
                return Answer(error="malformed", message="expected an order, found none")
            value = self._submit(command).result(PATIENCE_S)
        except GatewayError as error:
            return Answer(error=getattr(error, "reason", error.code), message=str(error))
        except FutureTimeoutError:
            return Answer(error="store", message="expected the writer's answer, found none")
        if isinstance(value, tuple):
            return Answer(outcomes=value)
        return Answer(value=value if isinstance(value, int) else None)


def _replied(reply: Reply | None) -> Answer:
    if reply is None:
        return Answer()
    return Answer(reply=PhotoReply(reply.code, reply.offset))


def send(folder: Path, order: Order) -> Answer | None:
    """Send an order to the gateway that runs on this folder; None: none runs there.

    Raises:
        UnreachableError: it did not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(2 * PATIENCE_S)
        try:
            with _short(folder / FILE) as path:
                peer.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise UnreachableError(f"expected to reach {folder / FILE}: {error}") from error
        try:
            peer.sendall(msgspec.json.encode(order))
            peer.shutdown(socket.SHUT_WR)
            return msgspec.json.decode(_read(peer), type=Answer)
        except (OSError, ValueError) as error:
            raise UnreachableError(f"expected an answer of the running gateway: {error}") from error


def _read(peer: socket.socket) -> bytes:
    """Return everything until the other side has ended, within bounds."""
    data = bytearray()
    while chunk := peer.recv(65536):
        data += chunk
        if len(data) > LARGEST:
            raise OSError(f"expected at most {LARGEST} bytes, found more")
    return bytes(data)


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """Give a name of the socket that fits into 108 bytes, whatever the folder is called."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
