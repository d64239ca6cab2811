"""Noting: how a worker keeps, through the writer, what it derived beside the log."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from gateway.errors import StoreError
from gateway.stores import Transaction
from gateway.writer_items import Noted

ANSWER_S = 60.0  # how long the writer may take


class Keeper(Protocol):
    """The writer, as far as workers need it."""

    def put_waiting(self, item: Noted) -> None: ...


class Note(Protocol):
    """Has the writer keep something."""

    def __call__(self, write: Callable[[Transaction], object], *, judged: bool = False) -> Any:
        """Return what `write` gave in a transaction of its own, after its commit.

        Args:
            judged: rules shall look at it.

        Raises:
            StoreError: the store does not take it, or the writer has ended.
        """
        ...


def through(writer: Keeper) -> Note:
    """Return what notes things through this writer."""

    def note(write: Callable[[Transaction], object], *, judged: bool = False) -> Any:
        answer: Future[object] = Future()
        writer.put_waiting(Noted(write, answer, judged))
        try:
            return answer.result(ANSWER_S)
        except TimeoutError as error:
            raise StoreError("expected an answer of the writer, found none in time") from error

    return note
