"""The bare QoS 1 rate of a broker: one publisher, one subscriber, plain sockets, no client library.

Packets are built beforehand and handled in bulk, so the figure shows the broker and not a
client written in Python; it is the upper bound beside which `ingest` is shown.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
import uuid
from collections.abc import Iterable

from ledger.mqtt_options import address

WINDOW = 256  # messages on the way to the broker at once
DEADLINE_S = 120.0


def bare_qos1_rate(
    url: str, n: int, size: int, username: str | None = None, password: str | None = None
) -> float:
    """Return messages per second from the first publish to the last one received.

    Every message is acknowledged in both directions; `size` is the payload's, in bytes.

    Raises:
        ValueError: the address is not `mqtt://host[:port]`.
        RuntimeError: the broker refused us, or did not deliver all within two minutes.
    """
    scheme, host, port = address(url)
    if scheme != "mqtt":
        raise ValueError(f"expected mqtt://host[:port], found {url!r}")
    topic = f"bench/{uuid.uuid4().hex}"
    with (
        Link(host, port, username, password) as subscriber,
        Link(host, port, username, password) as publisher,
    ):
        subscriber.subscribe(topic)
        sender = threading.Thread(target=publisher.publish, args=(topic, n, size), daemon=True)
        begin_s = time.perf_counter()
        sender.start()
        subscriber.receive(n)
        taken_s = time.perf_counter() - begin_s
        sender.join(DEADLINE_S)
    return n / taken_s


class Link:
    """One MQTT 3.1.1 connection that reads and writes packets in bulk."""

    def __init__(self, host: str, port: int, username: str | None, password: str | None) -> None:
        self._sock = socket.create_connection((host, port), timeout=DEADLINE_S)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = bytearray()
        flags = 0x02 | (0x80 if username else 0) | (0x40 if password else 0)
        body = b"\x00\x04MQTT\x04" + bytes([flags]) + b"\x00\x00" + _text(uuid.uuid4().hex[:20])
        body += b"".join(_text(part) for part in (username, password) if part)
        try:
            self._sock.sendall(_packet(0x10, body))
            self._expect(0x20, b"\x00\x00")
        except BaseException:
            self._sock.close()
            raise

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def subscribe(self, topic: str, qos: int = 1) -> None:
        """Ask for a topic's messages; nothing else may be under way yet."""
        self._sock.sendall(_packet(0x82, b"\x00\x01" + _text(topic) + bytes([qos])))
        self._expect(0x90, b"\x00\x01" + bytes([qos]))

    def send(self, topic: str, messages: Iterable[tuple[int, bytes]]) -> None:
        """Publish messages (packet number, payload) with QoS 1; answers come by `packets`."""
        head = _text(topic)
        self._sock.sendall(
            b"".join(
                _packet(0x32, head + struct.pack("!H", number % 65535 + 1) + payload)
                for number, payload in messages
            )
        )

    def publish(self, topic: str, n: int, size: int) -> None:
        payload = bytes(size)
        sent = acknowledged = 0
        while acknowledged < n:
            room = min(WINDOW - (sent - acknowledged), n - sent)
            self.send(topic, ((one, payload) for one in range(sent, sent + room)))
            sent += room
            acknowledged += sum(kind & 0xF0 == 0x40 for kind, _ in self.packets())

    def receive(self, n: int) -> None:
        received = 0
        while received < n:
            answers = []
            for kind, body in self.packets():
                if kind & 0xF0 == 0x30:
                    (length,) = struct.unpack_from("!H", body)
                    answers.append(b"\x40\x02" + body[2 + length : 4 + length])
            self._sock.sendall(b"".join(answers))
            received += len(answers)

    def _expect(self, wanted: int, body: bytes) -> None:
        found = self.packets()
        if found != [(wanted, body)]:
            raise RuntimeError(f"expected packet {wanted:#x} with {body!r}, found {found}")

    def packets(self, within_s: float = DEADLINE_S) -> list[tuple[int, bytes]]:
        """Wait for at least one packet (kind, body) and return all that are complete.

        Raises:
            TimeoutError: none came in time.
            RuntimeError: the broker closed the connection.
        """
        self._sock.settimeout(within_s)
        found: list[tuple[int, bytes]] = []
        while not found:
            data = self._sock.recv(1 << 18)
            if not data:
                raise RuntimeError("the broker closed the connection: wrong account or no rights")
            self._read += data
            start = 0
            while (packet := _next_packet(self._read, start)) is not None:
                kind, body, start = packet
                found.append((kind, body))
            del self._read[:start]
        return found


def _next_packet(data: bytearray, start: int) -> tuple[int, bytes, int] | None:
    """Return kind, body and end of the packet that begins at `start`, if it is complete."""
    size = shift = 0
    place = start + 1
    while place < len(data):
        byte = data[place]
        size |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            end = place + size
            return (data[start], bytes(data[place:end]), end) if end <= len(data) else None
    return None


def _packet(kind: int, body: bytes) -> bytes:
    size, length = len(body), bytearray()
    while True:
        size, low = size >> 7, size & 0x7F
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes([kind]) + length + body


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()
