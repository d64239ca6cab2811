"""A machine without a lock: the agent's own journal, uplink and proofs, writing at a steady rate.

`python -m bench.kills.machine` is a process that can be killed like an agent: what it has written
is in its journal, and what comes back goes the agent's way. It has neither controller nor camera.
SIGTERM: it writes nothing more, and ends when everything is delivered and proved.
"""

from __future__ import annotations

import itertools
import signal
import threading
import time
from pathlib import Path
from typing import Any

import click
import msgspec
import pyrage

from device.errors import DeviceError
from device.inbox import Inbox
from device.journal import Journal
from device.proofs import Proofs
from device.township_keys import TownshipKeys
from device.uplink import OFFLINE, Uplink
from ledger import checkpoint, disclosure, logs, mqtt
from ledger.bus import Message
from ledger.errors import LedgerError
from ledger.messages import Acknowledgement
from ledger.records import Heartbeat, Refusal, SealRequest
from ledger.signers import keyfile
from ledger.topics import RULES, Leaf, Topic
from sim.township_files import COUNTY, LOG_DOMAIN, SEAL, TOWNSHIP

TICK_S = 0.02
RETRY_MIN_S, RETRY_MAX_S = 0.1, 0.5  # the broker is away all the time: do not wait for it long
RARE = 20  # of so many entries one is a request and one a refusal, the others are heartbeats
DRAIN_S = 60.0
OFF_LIST = "XX-99"


class Machine:
    """Writes entries and brings them to the gateway; everything on the calling thread.

    Args:
        folder: with `device.key` and the machine's record; its state lies below.
        per_s: entries a second.
    """

    def __init__(
        self, name: str, folder: Path, trusted: Path, broker: str, password: Path, per_s: float
    ) -> None:
        self._name, self._pause_s = name, 1 / per_s
        signer = keyfile.load(folder / "device.key", folder / f"{name}-1.json")
        ring = keyfile.read_ring(trusted, "sim")
        self._recipients = [pyrage.x25519.Recipient.from_str(one) for one in ring.recipients()]
        self._journal = Journal(folder / "state", signer, self._sealed)
        self._bus = mqtt.connect(_options(name, broker, password))
        self._inbox: Inbox[Message] = Inbox(self._bus)
        photos = folder / "state" / "photos"
        keys = TownshipKeys(self._journal, ring, TOWNSHIP, None)
        proofs = self._proofs(keys)
        self._uplink = Uplink(
            self._journal, self._bus, keys, photos, TOWNSHIP, "", time.monotonic, proofs
        )
        self._uplink.subscribe()
        self._numbers = itertools.count(self._journal.head.seq)
        self._mark_ms: int | None = None

    def run(self, stopping: threading.Event) -> bool:
        """Work until `stopping` is set, then until all is proved; False: it was not in time."""
        self._bus.start(self._inbox.message, self._inbox.linked)
        next_s = time.monotonic()
        deadline_s: float | None = None
        while True:
            now_s = time.monotonic()
            if stopping.is_set():
                deadline_s = deadline_s or now_s + DRAIN_S
                if self._is_proved() or now_s > deadline_s:
                    break
            elif now_s >= next_s:
                self._write()
                next_s = max(next_s + self._pause_s, now_s)
            self._turn()
        self._uplink.close()
        self._bus.stop()
        self._journal.close()
        return now_s <= deadline_s

    def _turn(self) -> None:
        message = self._inbox.take(TICK_S)
        if message is not None:
            arrival = self._uplink.receive(message)
            if arrival is not None and isinstance(arrival.record, Acknowledgement):
                self._mark_ms = arrival.record.at_ms
        if (link := self._inbox.link_changed()) is not None:
            self._uplink.link(link.online)
        if self._inbox.ask_again():
            self._uplink.subscribe()
        self._uplink.tick()

    def _write(self) -> None:
        number = next(self._numbers)
        at_ms = max(time.time_ns() // 1_000_000, self._journal.head.at_ms)
        match number % RARE:
            case 0:
                self._request(at_ms)
            case 1:
                self._refuse(at_ms)
            case _:
                self._beat(number, at_ms)

    def _beat(self, number: int, at_ms: int) -> None:
        body = Heartbeat(
            state="idle",
            strokes={SEAL: number},
            impressions=number,
            waiting=self._journal.head.seq - self._uplink.acked,
            free_mb=1000,
            alarms=(),
        )
        self._journal.append(body, at_ms, mark_ms=self._mark_ms)

    def _request(self, at_ms: int) -> None:
        """Ask for what is on no list: the gateway answers with an entry of its own.

        The machine has photographed no page, so there is nothing that could open the request.
        """
        names = ("applicant", "applicant_masked", "purpose", "payee", "amount", "pages")
        fields: dict[str, Any] = disclosure.withhold(dict.fromkeys(names, ""))[0]
        body = SealRequest(
            seal=SEAL,
            matter=OFF_LIST,
            list_version=0,
            copies=1,
            pages_count=1,
            filed_by="c-1",
            **fields,
        )
        self._journal.append(body, at_ms, mark_ms=self._mark_ms)

    def _refuse(self, at_ms: int) -> None:
        """Refuse something for a reason that is withheld, so that an opening goes up."""
        fields, opened = disclosure.withhold({"text": "代开发票"})
        body = Refusal(
            about=None,
            permit=None,
            matter=None,
            seal=SEAL,
            reason="off-list",
            list_version=0,
            filed_by="c-1",
            **fields,
        )
        self._journal.append(body, at_ms, mark_ms=self._mark_ms, withheld=opened)

    def _is_proved(self) -> bool:
        head = self._journal.head.seq
        return not self._journal.unproved(head, 1) and not self._journal.openings_waiting(head, 1)

    def _proofs(self, keys: TownshipKeys) -> Proofs:
        name = checkpoint.origin(LOG_DOMAIN, COUNTY, TOWNSHIP, 0).rpartition("/")[0]
        topic, qos = str(Topic(TOWNSHIP, self._name, Leaf.PROVE)), RULES[Leaf.PROVE].qos
        return Proofs(
            self._journal,
            keys,
            name,
            lambda question: self._bus.publish(topic, question, qos=qos),
            time.monotonic,
        )

    def _sealed(self, data: bytes) -> bytes:
        sealed: bytes = pyrage.encrypt(data, self._recipients)
        return sealed


def _options(name: str, broker: str, password: Path) -> mqtt.Options:
    return mqtt.Options(
        url=broker,
        client_id=f"seal-{name}",
        username=name,
        password_file=password,
        will_topic=str(Topic(TOWNSHIP, name, Leaf.STATUS)),
        will_payload=OFFLINE,
        will_retain=True,
        retry_min_s=RETRY_MIN_S,
        retry_max_s=RETRY_MAX_S,
    )


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("name")
@click.option("--folder", required=True, type=FOLDER)
@click.option("--trusted", required=True, type=FOLDER)
@click.option("--broker", required=True)
@click.option("--password", required=True, type=FILE)
@click.option("--per-s", required=True, type=float)
def main(name: str, folder: Path, trusted: Path, broker: str, password: Path, per_s: float) -> None:
    """Write and deliver until SIGTERM; prints one JSON line when it has begun."""
    logs.configure()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    try:
        machine = Machine(name, folder, trusted, broker, password, per_s)
    except (LedgerError, DeviceError) as error:
        raise click.ClickException(f"{error}: {error.hint}") from error
    click.echo(msgspec.json.encode({"machine": name}).decode())
    if not machine.run(stopping):
        raise click.ClickException("expected everything delivered and proved in time: it is not")


if __name__ == "__main__":
    main()
