"""Machines that only talk: prepared entries go to a real gateway as fast as it answers, or paced.

A feeder does what an agent's uplink does: a window of entries under way, the signed cumulative
acknowledgement moves it on, and what is not answered in time is sent again from there.
"""

from __future__ import annotations

import struct
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from bench.broker_rate import Link
from ledger import chain, codec, envelope
from ledger.messages import Acknowledgement
from ledger.records import Heartbeat
from ledger.signers import keyfile
from ledger.topics import Leaf, Topic
from sim.township_files import TOWNSHIP
from sim.township_plan import Plan, Village

WINDOW = 64  # entries of one machine under way at once
RESEND_S = 3.0
DEADLINE_S = 180.0
POLL_S = 0.002


class Prepared(Struct, frozen=True, kw_only=True):
    """One machine's entries, signed and chained; `raws[0]` is seq 1."""

    village: Village
    raws: tuple[bytes, ...]


class Fed(Struct, frozen=True, kw_only=True):
    """What became of one machine's entries; times are monotonic seconds by place."""

    sent_s: tuple[float, ...]
    acked_s: tuple[float, ...]
    resent: int


def prepare(plan: Plan, village: Village, n: int) -> Prepared:
    """Return `n` signed heartbeats of a machine of the plan, from its first entry on."""
    folder = plan.device_folder(village)
    signer = keyfile.load(folder / "device.key", folder / f"{village.machine}-1.json")
    head = chain.Head(
        party="device", author=village.machine, epoch=1, seq=0, sha256=signer.record_sha256
    )
    kind = codec.payload_type(Heartbeat.kind)
    raws = []
    for number in range(n):
        body = Heartbeat(state="idle", strokes={"committee": number}, impressions=number,
                         waiting=0, free_mb=1000, alarms=())  # fmt: skip
        position = chain.follow(head, 1, time.time_ns() // 1_000_000, None)
        payload = codec.encode_entry(position, body)
        head = chain.advance(head, codec.decode_entry(kind, payload))
        raws.append(envelope.sign(kind, payload, signer))
    return Prepared(village=village, raws=tuple(raws))


class Feeder:
    """Sends one machine's entries over its own connection, on its own thread.

    Args:
        begin, count: which entries, by place.
        per_s: how many a second; None for as fast as the window allows.
    """

    def __init__(
        self,
        plan: Plan,
        broker_url: str,
        prepared: Prepared,
        *,
        begin: int,
        count: int,
        per_s: float | None = None,
    ) -> None:
        machine = prepared.village.machine
        parts = urlsplit(broker_url)
        assert parts.hostname and parts.port
        password = _password(plan, machine)
        self._link = Link(parts.hostname, parts.port, machine, password)
        self._link.subscribe(str(Topic(TOWNSHIP, machine, Leaf.ACK)), qos=0)
        self._topic = str(Topic(TOWNSHIP, machine, Leaf.ENTRY))
        self._raws, self._begin, self._end = prepared.raws, begin, begin + count
        self._per_s = per_s
        self._sent_s: dict[int, float] = {}
        self._acked_s: dict[int, float] = {}
        self._resent = 0
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._guarded, name=machine, daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def result(self) -> Fed:
        """Wait until all is acknowledged.

        Raises:
            TimeoutError: it never was.
        """
        self._thread.join(DEADLINE_S)
        if self._error is not None or self._thread.is_alive():
            raise TimeoutError(f"expected {self._end} entries acknowledged: {self._error}")
        places = range(self._begin, self._end)
        return Fed(
            sent_s=tuple(self._sent_s[place] for place in places),
            acked_s=tuple(self._acked_s[place] for place in places),
            resent=self._resent,
        )

    def _guarded(self) -> None:
        try:
            with self._link:
                self._run()
        except (OSError, RuntimeError) as error:
            self._error = error

    def _run(self) -> None:
        acked = sent = self._begin
        began_s = moved_s = time.monotonic()
        while acked < self._end:
            now_s = time.monotonic()
            due = self._end
            if self._per_s is not None:
                due = min(due, self._begin + 1 + int((now_s - began_s) * self._per_s))
            if now_s - moved_s > RESEND_S and sent > acked:
                self._resent += sent - acked
                sent, moved_s = acked, now_s
            upto = min(due, acked + WINDOW)
            if sent < upto:
                self._link.send(self._topic, ((n, self._raws[n]) for n in range(sent, upto)))
                for place in range(sent, upto):
                    self._sent_s.setdefault(place, now_s)
                sent = upto
            told = self._acknowledged()
            if told > acked:
                now_s = moved_s = time.monotonic()
                for place in range(acked, min(told, self._end)):
                    self._acked_s[place] = now_s
                acked = told

    def _acknowledged(self) -> int:
        """Return the highest seq that an acknowledgement names, 0 for none within a moment."""
        try:
            packets = self._link.packets(POLL_S)
        except TimeoutError:
            return 0
        return max((_seq(body) for kind, body in packets if kind & 0xF0 == 0x30), default=0)


def _seq(body: bytes) -> int:
    (length,) = struct.unpack_from("!H", body)
    taken = envelope.parse(body[2 + length :])
    said = codec.decode_message(taken.payload_type, taken.payload)
    return said.seq if isinstance(said, Acknowledgement) else 0


def _password(plan: Plan, machine: str) -> str:
    path: Path = plan.gateway_folder / "broker" / f"{machine}.password"
    return path.read_text(encoding="ascii").strip()
