"""The meddler: a proxy on loopback between a client and a real broker that spoils the link.

It cuts, stalls or refuses connections, and drops, repeats or swaps single PUBLISH packets
of MQTT 3.1.1. One thread owns all sockets; the methods only leave orders for it.

Rules kept here:
- A dropped QoS 1 PUBLISH is acknowledged to its sender: TCP loses no single packet, but brokers
  lose what they acknowledged.
- A swapped PUBLISH waits for the next one that the fault covers, at most HOLD_S.
"""

from __future__ import annotations

import random
import selectors
import socket
import struct
import threading
import time
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from sim.bus import matches

HOLD_S = 1.0
BUFFER_BYTES = 1 << 20  # beyond this the meddler stops reading from the other side
PUBLISH, DUP = 0x30, 0x08


class Meddling(Struct, frozen=True):
    """What to do with PUBLISH packets.

    Args:
        direction: `up` is from the client to the broker.
        chance: from 0 to 1, drawn from the meddler's seed.
        count: how many packets it may strike; None: no end.
    """

    act: Literal["drop", "repeat", "swap"]
    direction: Literal["up", "down"]
    topic_filter: str = "#"
    chance: float = 1.0
    count: int | None = None


class Struck(Struct, frozen=True):
    """One packet that was meddled with."""

    act: str
    direction: str
    topic: str


class Meddler:
    """Start it, give `url` to the client, then order faults; an order is in force on return."""

    def __init__(self, broker_url: str, seed: int) -> None:
        parts = urlsplit(broker_url)
        if parts.scheme not in ("mqtt", "mqtts") or parts.hostname is None or parts.port is None:
            raise ValueError(f"expected mqtt[s]://host:port, found {broker_url!r}")
        self._scheme = parts.scheme
        self._broker = (parts.hostname, parts.port)
        self._random = random.Random(seed)
        self._guard = threading.Lock()
        self._faults: list[tuple[Meddling, list[int]]] = []  # with how often each struck
        self._struck: list[Struck] = []
        self._pairs: list[_Pair] = []
        self._cut = self._refusing = self._stalled = self._ending = False
        self._turned = threading.Condition()
        self._turns = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="meddler", daemon=True)

    @property
    def url(self) -> str:
        """Where the client connects instead of to the broker."""
        return f"{self._scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def struck(self) -> list[Struck]:
        """Every packet meddled with so far, oldest first."""
        with self._guard:
            return list(self._struck)

    def start(self) -> None:
        """Begin to forward."""
        self._thread.start()

    def order(self, fault: Meddling) -> None:
        """Put a fault in force, after those already there; the first that strikes wins.

        Raises:
            ValueError: the link is encrypted, so that its packets can not be told apart.
        """
        if self._scheme == "mqtts":
            raise ValueError("expected a link in clear to meddle with packets, found mqtts")
        with self._guard:
            self._faults.append((fault, [0]))

    def clear(self) -> None:
        """End all faults, the stall and the refusing."""
        with self._guard:
            self._faults.clear()
        self._stalled = self._refusing = False

    def cut(self, *, refuse: bool = False) -> None:
        """Reset all connections; with `refuse`, new ones too until `clear`."""
        self._refusing = self._refusing or refuse
        self._cut = True
        self._await_turn()

    def stall(self) -> None:
        """Forward nothing, in no direction, and keep the connections, until `clear`."""
        self._stalled = True
        self._await_turn()

    def stop(self) -> None:
        """End everything; never raises."""
        self._ending = True
        if self._thread.is_alive():
            self._thread.join(5)
        self._listener.close()

    def _await_turn(self) -> None:
        """Return once the thread has begun and ended a turn after this call."""
        with self._turned:
            wanted = self._turns + 2
            if not self._turned.wait_for(lambda: self._turns >= wanted, 5):
                raise TimeoutError("the meddler's thread does not turn; was it started?")

    # What follows runs on the meddler's thread.

    def _run(self) -> None:
        while not self._ending:
            if self._cut:
                self._cut = False
                self._close_all()
            self._turn()
            with self._turned:
                self._turns += 1
                self._turned.notify_all()
        self._close_all()

    def _turn(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ, None)
            if not self._stalled:
                for pair in self._pairs:
                    for side in (pair.client, pair.broker):
                        if events := side.wishes():
                            selector.register(side.sock, events, (pair, side))
            ready = selector.select(0.05)
        for key, events in ready:
            if key.data is None:
                self._accept()
            else:
                pair, side = key.data
                self._serve(pair, side, events)
        for pair in self._pairs:
            for side in (pair.client, pair.broker):
                side.release(time.monotonic())
        self._pairs = [pair for pair in self._pairs if not pair.closed]

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if self._refusing:
            _reset(client)
            return
        try:
            broker = socket.create_connection(self._broker, timeout=2)
        except OSError:
            _reset(client)
            return
        self._pairs.append(_Pair(client, broker))

    def _serve(self, pair: _Pair, side: _Side, events: int) -> None:
        if pair.closed:
            return
        try:
            if events & selectors.EVENT_WRITE:
                side.flush()
            if events & selectors.EVENT_READ:
                data = side.sock.recv(1 << 16)
                if not data:
                    pair.finish(side.peer)
                for packet in [data] if self._scheme == "mqtts" else side.packets(data):
                    self._forward(packet, side, side.peer)
        except BlockingIOError:
            return
        except OSError:
            pair.close()

    def _forward(self, packet: bytes, source: _Side, target: _Side) -> None:
        if self._scheme == "mqtts":
            target.send(packet)
            return
        topic, packet_id = _publish_parts(packet)
        free = topic is not None and not target.holding
        fault = self._fault_for(source.direction, topic) if topic is not None and free else None
        match fault:
            case None:
                target.send(packet)
            case "drop":
                if packet_id is not None:
                    source.send(b"\x40\x02" + packet_id)
            case "repeat":
                again = bytes([packet[0] | DUP]) if packet_id is not None else packet[:1]
                target.send(packet + again + packet[1:])
            case "swap":
                target.hold(packet, time.monotonic() + HOLD_S)
        if not free and topic is not None:
            target.release(None)

    def _fault_for(self, direction: str, topic: str) -> str | None:
        with self._guard:
            for fault, strikes in self._faults:
                if fault.direction != direction or not matches(fault.topic_filter, topic):
                    continue
                if fault.count is not None and strikes[0] >= fault.count:
                    continue
                if self._random.random() < fault.chance:
                    strikes[0] += 1
                    self._struck.append(Struck(fault.act, direction, topic))
                    return fault.act
        return None

    def _close_all(self) -> None:
        for pair in self._pairs:
            pair.close()
        self._pairs.clear()


class _Side:
    """One socket of a connection: what came in, what must go out, what is held back."""

    peer: _Side

    def __init__(self, sock: socket.socket, direction: Literal["up", "down"]) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.direction = direction  # of what is read here
        self._read = bytearray()
        self._out = bytearray()
        self._held: list[tuple[bytes, float]] = []

    def wishes(self) -> int:
        """Return the selector events this socket waits for; none: leave it out."""
        reading = selectors.EVENT_READ if len(self.peer._out) < BUFFER_BYTES else 0
        return reading | (selectors.EVENT_WRITE if self._out else 0)

    def packets(self, data: bytes) -> list[bytes]:
        """Return the MQTT packets that are complete with these bytes."""
        self._read += data
        found = []
        while (size := _packet_size(self._read)) is not None and len(self._read) >= size:
            found.append(bytes(self._read[:size]))
            del self._read[:size]
        return found

    def send(self, data: bytes) -> None:
        """Queue bytes for this socket."""
        self._out += data

    @property
    def holding(self) -> bool:
        """Tell whether a packet waits to be overtaken."""
        return bool(self._held)

    def hold(self, packet: bytes, until_s: float) -> None:
        """Keep a packet back until the next one passed, at most until `until_s`."""
        self._held.append((packet, until_s))

    def release(self, now_s: float | None) -> None:
        """Queue what was held back: all, or what is over its time."""
        due = [one for one in self._held if now_s is None or one[1] <= now_s]
        self._held = [one for one in self._held if one not in due]
        for packet, _ in due:
            self.send(packet)

    def flush(self) -> None:
        """Send what the socket takes."""
        del self._out[: self.sock.send(self._out)]

    def drain(self) -> None:
        """Send all that is left, held back or not."""
        self.release(None)
        self.sock.settimeout(1)
        self.sock.sendall(self._out)


class _Pair:
    """A client's connection and ours to the broker; they end together."""

    def __init__(self, client: socket.socket, broker: socket.socket) -> None:
        self.client, self.broker = _Side(client, "up"), _Side(broker, "down")
        self.client.peer, self.broker.peer = self.broker, self.client
        self.closed = False

    def finish(self, heir: _Side) -> None:
        """One side ended properly: give the other its last packets, then end it properly too."""
        self.closed = True
        try:
            heir.drain()
        finally:
            self.client.sock.close()
            self.broker.sock.close()

    def close(self) -> None:
        """Reset both connections."""
        self.closed = True
        _reset(self.client.sock)
        _reset(self.broker.sock)


def _packet_size(data: bytearray) -> int | None:
    """Return the size of the packet that begins here, or None while its length is cut off."""
    size = 0
    for place, byte in enumerate(data[1:5]):
        size |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return size + place + 2
    if len(data) >= 5:
        raise ConnectionAbortedError("not MQTT")
    return None


def _publish_parts(packet: bytes) -> tuple[str | None, bytes | None]:
    """Return topic and packet id of a PUBLISH; (None, None) for any other packet."""
    if packet[0] & 0xF0 != PUBLISH:
        return None, None
    start = 2
    while packet[start - 1] & 0x80:
        start += 1
    (length,) = struct.unpack_from("!H", packet, start)
    end = start + 2 + length
    topic = packet[start + 2 : end].decode("utf-8", "replace")
    return topic, packet[end : end + 2] if packet[0] & 0x06 else None


def _reset(sock: socket.socket) -> None:
    """Close with RST, as a dead line looks once it is back."""
    if sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
