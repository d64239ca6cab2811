"""Post of people: each machine's newest list, encrypted to that machine."""

from __future__ import annotations

from collections.abc import Iterator

import pyrage

from gateway.errors import RequestRefusedError
from gateway.register.log import Letter
from gateway.stores import Reader
from gateway.stores.views import LogFilter
from ledger import people
from ledger.records import Start
from ledger.topics import Leaf, Topic

FOREVER_MS = 2**53 - 1  # stands until the next list replaces it; its end is in the entry


def letters(reader: Reader, township: str, place: str | None = None) -> Iterator[Letter]:
    """Yield the newest list of each machine, of one place or of all."""
    sent: set[str] = set()
    for view in reader.people_lists(place):
        if view.machine is None or view.machine in sent:
            continue
        sent.add(view.machine)
        entry, file = reader.entry(view.index), reader.people_file(view.file_sha256)
        opener = opener_of(reader, view.machine)
        if entry is None or file is None or opener is None:
            continue
        sealed = pyrage.encrypt(file, [pyrage.x25519.Recipient.from_str(opener)])
        topic = Topic(township, view.machine, Leaf.PEOPLE)
        parcel = people.pack(entry.envelope, sealed)
        yield Letter(topic=str(topic), payload=parcel, until_ms=FOREVER_MS)


def opener_of(reader: Reader, machine: str) -> str | None:
    """Return to whom a machine's own files are encrypted, as its newest start says."""
    for entry in reader.entries(LogFilter(machine=machine, kinds=(Start.kind,)), limit=1):
        return entry.body.opener if isinstance(entry.body, Start) else None
    return None


def require_opener(reader: Reader, machine: str) -> None:
    """Return if a machine has said to whom its own files are encrypted.

    Raises:
        RequestRefusedError: `machine-silent`.
    """
    if opener_of(reader, machine) is None:
        raise RequestRefusedError(
            "machine-silent",
            f"expected that {machine} has told its opening key when it started, found none: "
            "switch it on, or bring its program up to date",
        )
