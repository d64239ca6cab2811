"""Inbox: the one queue into the agent's loop. Bounded, and nothing that matters falls out of it.

Rules kept here: the bus's thread never waits. A message that finds no room is not acknowledged
to the broker, and the loop asks for it again as soon as there is room, not only at the next link.
The state of the link is one value, not an item of the queue, so that it cannot be lost.
"""

from __future__ import annotations

import contextlib
import queue
from typing import Generic, TypeVar

import structlog
from msgspec import Struct

from ledger.bus import Bus, Message

log = structlog.get_logger()

SIZE = 1000

Item = TypeVar("Item")


class Link(Struct, frozen=True):
    """The link to the broker came or went; each change is a new value with the next number."""

    online: bool
    number: int


class Inbox(Generic[Item]):
    """Takes from any thread, gives to the loop."""

    def __init__(self, bus: Bus, size: int = SIZE) -> None:
        self._bus = bus
        self._size = size
        self._items: queue.Queue[Item | Message] = queue.Queue(maxsize=size)
        self._missed: queue.Queue[Message] = queue.Queue(maxsize=size)
        self._link = Link(online=False, number=0)  # written by the bus's thread alone
        self._heard = 0

    def put(self, item: Item) -> None:
        """Add an item; waits for room, so never for the bus's thread."""
        self._items.put(item)

    def offer(self, item: Item) -> bool:
        """Add an item if there is room."""
        try:
            self._items.put_nowait(item)
        except queue.Full:
            return False
        return True

    def message(self, message: Message) -> None:
        """Add a message of the broker; without room it is noted as missed."""
        try:
            self._items.put_nowait(message)
        except queue.Full:
            log.warning("inbox_full", topic=message.topic)
            with contextlib.suppress(queue.Full):  # then the broker keeps it for the next link
                self._missed.put_nowait(Message(message.topic, b"", message.token))

    def linked(self, online: bool) -> None:
        """Take note that the link came or went."""
        self._link = Link(online=online, number=self._link.number + 1)

    def take(self, timeout_s: float) -> Item | Message | None:
        """Return the oldest item, None if none comes in time."""
        try:
            return self._items.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def link_changed(self) -> Link | None:
        """Return the link's state if it changed since the last call."""
        link = self._link
        if link.number == self._heard:
            return None
        self._heard = link.number
        return link

    def ask_again(self) -> bool:
        """Once there is room, let the broker forget what was missed; True: ask for it again.

        Every message of consequence is retained by the broker, so that it comes anew; what is
        not retained is an answer, which comes again because the journal sends again.
        """
        if self._missed.empty() or self._items.qsize() > self._size // 2:
            return False
        with contextlib.suppress(queue.Empty):
            while True:
                self._bus.done(self._missed.get_nowait())
        return True
