"""Bus: the pipe between machines and gateway; it may lose, repeat and reorder, never vouch.

Nothing is known to have arrived until the other side's signed answer came back (sync.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct


class Message(Struct, frozen=True):
    """One message as the broker delivered it; `token` belongs to the bus that made it."""

    topic: str
    payload: bytes
    token: int = 0


class Bus(Protocol):
    """A connection to a broker that repairs itself until `stop`.

    Callbacks run on the bus's own thread and must not wait: put the message in a queue.
    """

    def start(self, on_message: Callable[[Message], None], on_link: Callable[[bool], None]) -> None:
        """Connect in the background; `on_link` tells each time the link comes or goes.

        Returns at once, also when the broker cannot be reached. Subscriptions are made again
        after each connection, before `on_link(True)`.
        """
        ...

    def subscribe(self, topic_filter: str, qos: int) -> None:
        """Ask for messages; may be called before `start` and while offline."""
        ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand a message over; False if the link is down (then nothing was queued).

        True promises nothing about delivery.
        """
        ...

    def done(self, message: Message) -> None:
        """Let the broker forget a QoS 1 message; call after its content is durable."""
        ...

    def stop(self) -> None:
        """Close the connection without a last will; never raises."""
        ...
