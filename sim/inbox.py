"""Inbox: keeps what a bus tells, so that a test or a bench can wait for it with a deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ledger.bus import Message


class Inbox:
    """Give `on_message` and `on_link` to `Bus.start`; safe between threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._messages: list[Message] = []
        self._links: list[bool] = []

    @property
    def messages(self) -> list[Message]:
        """All messages so far, oldest first."""
        with self._changed:
            return list(self._messages)

    @property
    def payloads(self) -> list[bytes]:
        """The payloads of all messages so far."""
        return [message.payload for message in self.messages]

    @property
    def links(self) -> list[bool]:
        """How the link came and went."""
        with self._changed:
            return list(self._links)

    def on_message(self, message: Message) -> None:
        """Keep a message."""
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def on_link(self, up: bool) -> None:
        """Keep a change of the link."""
        with self._changed:
            self._links.append(up)
            self._changed.notify_all()

    def wait(self, ready: Callable[[Inbox], bool], deadline_s: float = 15.0) -> None:
        """Return as soon as `ready` holds.

        Raises:
            TimeoutError: it did not hold within the deadline; says what was kept.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: ready(self), deadline_s):
                kept = [(message.topic, len(message.payload)) for message in self._messages]
                raise TimeoutError(
                    f"waited {deadline_s} s, found links {self._links} and {len(kept)} messages, "
                    f"last {kept[-3:]}"
                )
