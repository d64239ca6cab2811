"""Words: what a person wrote on a request goes to the machine where the clerk reads it.

The entry only commits to them; the machine compares. They stand at the broker as long as the
answer itself, and never after they were erased.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from gateway.register.log import GatewayLog, Letter
from gateway.register.screening import ANSWER_DAYS
from gateway.stores import EntryReader, Reader
from gateway.stores.views import LogFilter, StoredEntry
from ledger import canonical
from ledger.disclosure import Opening
from ledger.messages import AnswerWords
from ledger.records import Approval, Refusal
from ledger.topics import Leaf, Topic

_DAY_MS = 24 * 3600 * 1000
_PAGE = 200


def letter(
    reader: EntryReader, log: GatewayLog, township: str, entry: StoredEntry, now_ms: int
) -> Letter | None:
    """Return what brings the words of an answer to its machine; None: it has none."""
    name = _name(entry)
    data = reader.opening_bytes(entry.sha256) if name is not None else None
    if name is None or data is None or not entry.machine:
        return None
    opened = msgspec.convert(canonical.decode(data), Opening).values.get(name)
    if opened is None or not isinstance(opened.value, str) or not opened.value.strip():
        return None
    words = AnswerWords(
        gateway=log.gateway,
        device=entry.machine,
        entry=entry.sha256,
        name=name,
        salt=opened.salt,
        value=opened.value,
        at_ms=now_ms,
    )
    until_ms = entry.received_ms + ANSWER_DAYS * _DAY_MS
    return Letter(topic=_topic(township, entry), payload=log.seal(words), until_ms=until_ms)


def taken_back(township: str, entry: StoredEntry, now_ms: int) -> Letter | None:
    """Return what removes the words of an answer from the broker; None: it never had any."""
    if _name(entry) is None or not entry.machine:
        return None
    return Letter(topic=_topic(township, entry), payload=b"", until_ms=now_ms)


def standing(reader: Reader, log: GatewayLog, township: str, now_ms: int) -> Iterator[Letter]:
    """Yield the words that should stand at the broker now."""
    since_ms = now_ms - ANSWER_DAYS * _DAY_MS
    which = LogFilter(kinds=(Refusal.kind, Approval.kind), from_ms=since_ms)
    before: int | None = None
    while page := reader.entries(which, before, _PAGE):
        for entry in page:
            found = letter(reader, log, township, entry, now_ms)
            if found is not None:
                yield found
        before = page[-1].index


def _name(entry: StoredEntry) -> Literal["note", "text"] | None:
    """Return the commitment that holds the words: of a refusal or return by a person of ours."""
    match entry.body:
        case Refusal(about=str(), text_commitment=str()) if entry.party == "gateway":
            return "text"
        case Approval(decision="refuse"):
            return "note"
    return None


def _topic(township: str, entry: StoredEntry) -> str:
    return str(Topic(township, entry.machine, Leaf.ANSWER, (entry.sha256,)))
