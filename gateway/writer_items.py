"""What other threads hand to the writer, beside messages of the bus."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from msgspec import Struct

from gateway.commands import Command
from gateway.register.quarantine import ArrivalError
from gateway.stores import Transaction
from gateway.stores.views import PhotoView
from ledger.bus import Message


class PhotoArrived(Struct, frozen=True):
    """The photo thread has checked and stored a file; `answer` leaves after the commit."""

    photo: PhotoView
    answer: Callable[[], None]


class Spoiled(Struct, frozen=True):
    """The photo thread could not take a message."""

    error: ArrivalError
    machine: str
    message: Message


class Noted(Struct, frozen=True):
    """A worker keeps something that it derived beside the log, in a transaction of its own.

    `answer` gives what `write` returned, after the commit, or raises what went wrong.

    Args:
        judged: rules look at the state of things in that transaction.
    """

    write: Callable[[Transaction], object]
    answer: Future[object]
    judged: bool = False


class Wake(Struct, frozen=True):
    """Look up from the queue: something else changed."""


class Ordered(Struct, frozen=True):
    """A command and where its answer goes; `operator`: it came through the command line."""

    command: Command
    answer: Future[object]
    operator: bool


Item = Message | PhotoArrived | Spoiled | Noted | Wake | Ordered | None
