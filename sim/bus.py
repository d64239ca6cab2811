"""In-memory broker and bus: loses, repeats and reorders as told, by a seed, and never sleeps.

Rules kept here:
- Nothing is delivered but by `SimBroker.pump`, on the caller's thread.
- What one seed did, it does again. `trace` says which fault struck which message.
- A dropped message is gone although `publish` said True: so do real brokers that lose what
  they acknowledged. A retained message is kept nevertheless.
- QoS 1 messages stay with the broker until `done`, and come again after a new link.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from ledger.bus import Message

REORDER_DEPTH = 8  # how many later messages may overtake one
PUMP_LIMIT = 100_000  # deliveries in one pump; more means two callbacks feed each other for ever


class Stroke(Struct, frozen=True):
    """One fault that struck one message on its way to one client."""

    fault: Literal["drop", "repeat", "reorder"]
    client_id: str
    topic: str


class _Letter(Struct, frozen=True):
    topic: str
    payload: bytes
    qos: int


class SimBroker:
    """Stands in for the broker; `drop`, `repeat` and `reorder` are chances from 0 to 1.

    May be called from several threads; callbacks run in `pump`, with no lock held.
    """

    def __init__(
        self, seed: int, drop: float = 0.0, repeat: float = 0.0, reorder: float = 0.0
    ) -> None:
        self.drop, self.repeat, self.reorder = drop, repeat, reorder
        self.trace: list[Stroke] = []
        self._random = random.Random(seed)
        self._clients: dict[str, SimBus] = {}
        self._retained: dict[str, _Letter] = {}
        self._guard = threading.RLock()

    def bus(self, client_id: str) -> SimBus:
        """Return the bus of one client; asking again for the same id returns the same bus."""
        with self._guard:
            return self._clients.setdefault(client_id, SimBus(self, client_id, self._guard))

    def pump(self) -> int:
        """Deliver until nothing is left, also what callbacks publish; return how many.

        Raises:
            RuntimeError: the clients answer each other for ever.
        """
        delivered = 0
        while tasks := [task for client in list(self._clients.values()) if (task := client.next())]:
            for task in tasks:
                task()
                delivered += 1
            if delivered > PUMP_LIMIT:
                raise RuntimeError(
                    f"expected the bus to fall silent, {delivered} deliveries so far"
                )
        return delivered

    def cut(self, *client_ids: str) -> None:
        """Cut the links of these clients, or of all; they stay down until `mend`."""
        self._each(client_ids, SimBus.lose_link)

    def mend(self, *client_ids: str) -> None:
        """Let these clients, or all, connect again; what was not done comes again."""
        self._each(client_ids, SimBus.gain_link)

    def restart(self, *, keep: bool) -> None:
        """Restart the broker; without `keep` it forgets sessions and retained messages."""
        self.cut()
        with self._guard:
            if not keep:
                self._retained.clear()
                for client in self._clients.values():
                    client.forget()
        self.mend()

    def route(self, letter: _Letter, retain: bool) -> None:
        """Take a published message; only `SimBus` calls this."""
        with self._guard:
            if retain and letter.payload:
                self._retained[letter.topic] = letter
            elif retain:
                self._retained.pop(letter.topic, None)
            for client in self._clients.values():
                qos = client.wants(letter)
                if qos is not None:
                    self._queue(client, _Letter(letter.topic, letter.payload, qos))

    def retained(self, topic_filter: str, qos: int) -> list[_Letter]:
        """Return the retained messages for a new subscription; only `SimBus` calls this."""
        return [
            _Letter(letter.topic, letter.payload, min(qos, letter.qos))
            for letter in self._retained.values()
            if matches(topic_filter, letter.topic)
        ]

    def _queue(self, client: SimBus, letter: _Letter) -> None:
        if self._strikes(self.drop, "drop", client, letter):
            return
        copies = 2 if self._strikes(self.repeat, "repeat", client, letter) else 1
        for _ in range(copies):
            back = 0
            if client.waiting and self._strikes(self.reorder, "reorder", client, letter):
                back = self._random.randint(1, min(REORDER_DEPTH, len(client.waiting)))
            client.waiting.insert(len(client.waiting) - back, letter)

    def _strikes(
        self,
        chance: float,
        fault: Literal["drop", "repeat", "reorder"],
        client: SimBus,
        on: _Letter,
    ) -> bool:
        if self._random.random() >= chance:
            return False
        self.trace.append(Stroke(fault, client.client_id, on.topic))
        return True

    def _each(self, client_ids: tuple[str, ...], act: Callable[[SimBus], None]) -> None:
        with self._guard:
            for client in [self.bus(name) for name in client_ids or tuple(self._clients)]:
                act(client)


class SimBus:
    """One client's `Bus`; the session survives a cut, as with a persistent MQTT session."""

    def __init__(self, broker: SimBroker, client_id: str, guard: threading.RLock) -> None:
        self.client_id = client_id
        self.waiting: list[_Letter] = []
        self._broker = broker
        self._guard = guard
        self._filters: dict[str, int] = {}  # what the client wants
        self._granted: dict[str, int] = {}  # what the broker knows of it
        self._unacked: dict[int, _Letter] = {}
        self._token = 0
        self._reachable = True
        self._started = False
        self._told = False  # what `on_link` heard last
        self._lost = False  # the link broke since then, and may be back already
        self._on_message: Callable[[Message], None] | None = None
        self._on_link: Callable[[bool], None] | None = None

    def start(self, on_message: Callable[[Message], None], on_link: Callable[[bool], None]) -> None:
        """See `Bus.start`; `on_link` is called in the next `pump`."""
        with self._guard:
            self._take_back()  # a program that died without `stop` starts anew
            self._on_message, self._on_link = on_message, on_link
            self._told, self._lost, self._started = False, False, True

    def subscribe(self, topic_filter: str, qos: int) -> None:
        """See `Bus.subscribe`."""
        with self._guard:
            self._filters[topic_filter] = qos
            if self._linked:
                self._grant(topic_filter, qos)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """See `Bus.publish`; the link is up once `on_link(True)` was called."""
        with self._guard:
            if not self._linked:
                return False
            self._broker.route(_Letter(topic, payload, qos), retain)
            return True

    def done(self, message: Message) -> None:
        """See `Bus.done`; a message of an earlier link is left alone."""
        with self._guard:
            self._unacked.pop(message.token, None)

    def stop(self) -> None:
        """See `Bus.stop`; `on_link(False)` is called at once, for no pump may follow."""
        with self._guard:
            was_up, self._told, self._started = self._told, False, False
            self._lost = False
            self._take_back()
            on_link = self._on_link
        if was_up and on_link is not None:
            on_link(False)

    def next(self) -> Callable[[], None] | None:
        """Return the next callback that is due, or None; only `SimBroker.pump` calls this."""
        with self._guard:
            on_link, on_message = self._on_link, self._on_message
            if not self._started or on_link is None or on_message is None:
                return None
            if self._lost:
                self._lost = self._told = False
                return lambda: on_link(False)
            if self._reachable and not self._told:
                self._told = True
                for name, qos in self._filters.items():
                    self._grant(name, qos)
                return lambda: on_link(True)
            if not self._linked or not self.waiting:
                return None
            message = self._hand_over(self.waiting.pop(0))
            return lambda: on_message(message)

    def wants(self, letter: _Letter) -> int | None:
        """Return the QoS at which this client is to get a message, or None: not at all."""
        grants = [qos for name, qos in self._granted.items() if matches(name, letter.topic)]
        if not grants:
            return None
        qos = min(letter.qos, max(grants))
        return qos if qos or self._linked else None  # without a link a session keeps QoS 1 only

    def lose_link(self) -> None:
        """End the link: what was handed over and not done waits for the next one."""
        self._reachable = False
        self._lost = self._told
        self._take_back()

    def gain_link(self) -> None:
        """Allow a new link; it comes up in the next `pump`."""
        self._reachable = True

    def forget(self) -> None:
        """Lose what the broker kept for this client."""
        self._granted.clear()
        self.waiting.clear()
        self._unacked.clear()

    @property
    def _linked(self) -> bool:
        return self._told and self._reachable and not self._lost

    def _grant(self, topic_filter: str, qos: int) -> None:
        self._granted[topic_filter] = qos
        self.waiting += self._broker.retained(topic_filter, qos)

    def _take_back(self) -> None:
        self.waiting = [*self._unacked.values(), *(one for one in self.waiting if one.qos)]
        self._unacked.clear()

    def _hand_over(self, letter: _Letter) -> Message:
        if letter.qos == 0:
            return Message(letter.topic, letter.payload)
        self._token += 1
        self._unacked[self._token] = letter
        return Message(letter.topic, letter.payload, self._token)


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether an MQTT topic filter covers a topic."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(levels) or level not in ("+", levels[place]):
            return False
    return len(wanted) == len(levels)
