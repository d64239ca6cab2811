"""Importing: the exported log of a machine without network, brought here in a folder.

Rules kept here:
- Nothing is believed because of the folder: every entry, opening and photo takes the way of a
  message from the broker, through the running gateway, which stays the only writer.
- The folder may be brought again, also longer than before: what is here stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway import folder as folders
from gateway.commands import Deliver
from gateway.config import GatewayConfig, trusted_keys
from gateway.control import Answer, Order, PhotoReply, UnreachableError, send
from gateway.errors import RequestRefusedError, StoreError
from gateway.folder import FolderError
from gateway.local import operator
from gateway.register import openings, vault
from gateway.register.keybook import KeyBook
from gateway.register.photos import ABORT, GO_ON, STORED
from gateway.stores import Reader, sqlite
from ledger.bus import Message
from ledger.envelope import LARGEST_ENTRY
from ledger.keys import KeyRing
from ledger.topics import Leaf, Topic

MOST_TOGETHER = 100  # messages in one order
MOST_BYTES = 8 * 1024 * 1024  # of their payloads; an order may have twice that
CHUNK = 1024 * 1024  # bytes of a photo in one message
TRANSFERS = 2  # a partial file that came damaged from elsewhere is begun anew once


class Report(Struct, frozen=True, kw_only=True):
    """What became of a folder.

    Counts are by outcome: `taken`, `known`, `early` (what it belongs to is not here) and
    `refused`. `wrong` says why of each refused file; the bytes of an entry or an opening then lie
    in quarantine. `holds` are the held incidents of the machine that wait for a person.
    """

    machine: str
    entries: Counter[str]
    openings: Counter[str]
    photos: Counter[str]
    wrong: tuple[str, ...]
    holds: tuple[str, ...]

    @property
    def incomplete(self) -> bool:
        """Whether entries were not taken because earlier ones are missing."""
        return self.entries["early"] > 0

    def lines(self) -> Iterator[str]:
        """Yield, line by line, what the operator should read."""
        for name in ("entries", "openings", "photos"):
            counts: Counter[str] = getattr(self, name)
            yield (
                f"{self.machine} {name}: {counts['taken']} taken, {counts['known']} known, "
                f"{counts['early']} left out, {counts['refused']} refused"
            )
        yield from self.wrong
        if self.incomplete:
            yield "left out: entries after a missing one; export and copy the whole log again"
        if self.photos["early"]:
            yield "left out: photos that no entry or opening here names yet; the machine sends them"
        yield from (f"hold {hold}: count and release it at the console" for hold in self.holds)


def bring(config: GatewayConfig, path: Path) -> Report:
    """Hand everything in an exported folder to the running gateway.

    Raises:
        FolderError: it is no exported log of a machine of this township; nothing was handed over.
        UnreachableError: no gateway runs, or it did not answer.
        StoreError: the gateway could take no more; what it took stays, import again later.
    """
    found = folders.look(path)
    machine = folders.author(found, _ring(config))
    if machine not in {one.id for one in config.machines}:
        raise FolderError(f"expected the log of a machine of {config.id}, found that of {machine}")
    carrier = _Carrier(config, machine)
    entries = carrier.deliver(Leaf.ENTRY, found.entries, LARGEST_ENTRY)
    opened = carrier.deliver(Leaf.OPENING, found.openings, openings.LARGEST)
    photos = carrier.transfer(found.photos)
    with _reading(config) as reader:
        view = reader.machine(machine)
    return Report(
        machine=machine,
        entries=entries,
        openings=opened,
        photos=photos,
        wrong=tuple(carrier.wrong),
        holds=() if view is None else view.holds,
    )


class _Carrier:
    """Hands one machine's files over, in order; `wrong` collects what was refused."""

    def __init__(self, config: GatewayConfig, machine: str) -> None:
        self._config, self._machine = config, machine
        self.wrong: list[str] = []

    def deliver(self, leaf: Leaf, files: tuple[Path, ...], largest: int) -> Counter[str]:
        """Hand over entries or openings and count what became of them."""
        counts: Counter[str] = Counter()
        for group in self._groups(leaf, files, largest):
            deliver = Deliver(by=operator(), messages=tuple(message for _, message in group))
            answer = self._ask(Order(deliver=deliver))
            for (file, _), outcome in zip(group, answer.outcomes, strict=True):
                if outcome.what == "quarantined":
                    self._note(file, outcome.code, outcome.detail)
                    counts["refused"] += 1
                else:
                    counts[outcome.what] += 1
        return counts

    def transfer(self, files: tuple[Path, ...]) -> Counter[str]:
        """Hand over the photos that are named here and still wait."""
        with _reading(self._config) as reader:
            states = {file: self._state(reader, file) for file in files}
        return Counter(
            self._transfer(file) if state == "named" else state for file, state in states.items()
        )

    def _state(self, reader: Reader, file: Path) -> str:
        named = [one for one in reader.photo(file.stem) if one.machine == self._machine]
        if not named:
            return "early"
        return "named" if all(one.stored_ms is None for one in named) else "known"

    def _transfer(self, file: Path) -> str:
        """Send one photo as its machine would; a file that is not the named one goes nowhere."""
        data = folders.read(file, vault.LARGEST)
        try:
            for _ in range(TRANSFERS):
                reply = self._send_whole(file.stem, data)
                if reply.code == STORED:
                    return "taken"
                if reply.code not in (GO_ON, ABORT):
                    break
        except RequestRefusedError as error:
            self._note(file, error.reason, str(error))
            return "refused"
        if reply.code in (GO_ON, ABORT):
            self._note(file, "bad-photo", "expected the photo of this name, found another file")
            return "refused"
        raise StoreError(f"expected room for {file.name}, found the disk short of it")

    def _send_whole(self, name: str, data: bytes) -> PhotoReply:
        size = msgspec.json.encode({"size": len(data)})
        said = self._say(name, "init", size)
        if said is None or said.code != GO_ON:
            return said or PhotoReply(ABORT, 0)
        for offset in range(said.offset, len(data), CHUNK):
            broken = self._say(name, str(offset), data[offset : offset + CHUNK])
            if broken is not None:
                return broken
        return self._say(name, "fin", size) or PhotoReply(ABORT, 0)

    def _say(self, name: str, what: str, payload: bytes) -> PhotoReply | None:
        topic = Topic(self._config.township, self._machine, Leaf.PHOTO, (name, what))
        return self._ask(Order(photo=Message(str(topic), payload))).reply

    def _groups(
        self, leaf: Leaf, files: tuple[Path, ...], largest: int
    ) -> Iterator[list[tuple[Path, Message]]]:
        """Yield the files as messages, as many at a time as one order may carry."""
        group: list[tuple[Path, Message]] = []
        size = 0
        for file in files:
            data = folders.read(file, largest)
            if len(group) == MOST_TOGETHER or size + len(data) > MOST_BYTES:
                yield group
                group, size = [], 0
            rest = () if leaf is Leaf.ENTRY else (file.stem,)
            topic = Topic(self._config.township, self._machine, leaf, rest)
            group.append((file, Message(str(topic), data)))
            size += len(data)
        if group:
            yield group

    def _ask(self, order: Order) -> Answer:
        answer = send(self._config.state, order)
        if answer is None:
            raise UnreachableError(
                f"expected a running gateway on {self._config.state}, found none: start it first"
            )
        if answer.error == StoreError.code:
            raise StoreError(answer.message)
        if answer.error:
            raise RequestRefusedError(answer.error, answer.message)
        return answer

    def _note(self, file: Path, code: str, detail: str) -> None:
        shown = "".join(one if one.isprintable() else "?" for one in detail)
        self.wrong.append(f"{file.parent.name}/{file.name}: {code}: {shown}")


def _ring(config: GatewayConfig) -> KeyRing:
    """Return the keys that sign or ever signed here: the folder's, and those of a founded log."""
    ring = trusted_keys(config)
    if config.founding is None:
        return ring
    with _reading(config) as reader:
        return KeyBook(ring).at(reader).ring


@contextmanager
def _reading(config: GatewayConfig) -> Iterator[Reader]:
    """Give a snapshot of the store that the running gateway writes."""
    store = sqlite.connect(sqlite.Options(folder=config.state, writable=False))
    try:
        with store.reader() as reader:
            yield reader
    finally:
        store.close()
