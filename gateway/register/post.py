"""Post: what goes down to the machines, and what must stand at the broker for those that are away.

The broker may forget everything: after each new link all that should stand there is sent again.
Only the newest answer to an acknowledgement counts, so those are sent once and never kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.desk import lists
from gateway.desk.permits import LONGEST_DAYS as LONGEST_PERMIT_DAYS
from gateway.register import keybook, people_post, post_custody
from gateway.register.keybook import Keys
from gateway.register.log import GatewayLog, Letter
from gateway.register.screening import ANSWER_DAYS, answer
from gateway.stores import Reader
from gateway.stores.calendar import local_date
from gateway.stores.views import LogFilter, PermitView, StoredEntry
from ledger import lineage, topics
from ledger.bus import Bus
from ledger.records import Approval, HoldRelease, Refusal
from ledger.records_permits import EmergencyCodes
from ledger.topics import RULES, Leaf, Topic

_DAY_MS = 24 * 3600 * 1000
_PAGE = 200
FOREVER_MS = 2**53 - 1  # a village's list stands until the next one replaces it


class Post:
    """Hands letters to the bus; belongs to the writer thread."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: dict[str, Letter] = {}  # by topic: the newest is the one that counts
        self._standing: dict[str, int] = {}

    def send(self, letter: Letter) -> None:
        """Hand over one letter; a retained one that the bus refuses waits for `flush`."""
        if letter.until_ms is None:
            self._publish(letter)
            return
        self._standing[letter.topic] = letter.until_ms
        self._wait(letter)
        self.flush()

    def flush(self) -> None:
        """Hand over what waits, as far as the bus takes it."""
        for topic, letter in tuple(self._waiting.items()):
            if not self._publish(letter):
                return
            del self._waiting[topic]

    def replace(self, *standing: Iterator[Letter]) -> None:
        """Begin anew with all that should stand at the broker: it may have lost everything."""
        self._waiting.clear()
        for part in standing:
            for letter in part:
                self.send(letter)

    def expire(self, now_ms: int) -> None:
        """Take away from the broker what need not stand there any longer."""
        ended = [topic for topic, until_ms in self._standing.items() if until_ms < now_ms]
        for topic in ended:
            del self._standing[topic]
            self._wait(Letter(topic=topic, payload=b"", until_ms=now_ms))
        self.flush()

    def _wait(self, letter: Letter) -> None:
        self._waiting.pop(letter.topic, None)
        self._waiting[letter.topic] = letter

    def _publish(self, letter: Letter) -> bool:
        rules = RULES[topics.parse(letter.topic).leaf]
        return self._bus.publish(
            letter.topic, letter.payload, qos=rules.qos, retain=letter.until_ms is not None
        )


def standing(reader: Reader, township: str, now_ms: int) -> Iterator[Letter]:
    """Yield the permits, answers and people lists that should stand at the broker now.

    What ended within the last days is yielded with an empty payload, which removes it.
    """
    yield from _permits(reader, township, now_ms)
    yield from post_custody.standing(reader, township, now_ms)
    yield from people_post.letters(reader, township)
    yield from emergency_letters(reader, township, now_ms)
    which = LogFilter(
        kinds=(Refusal.kind, Approval.kind, HoldRelease.kind),
        from_ms=now_ms - ANSWER_DAYS * _DAY_MS,
    )
    before: int | None = None
    while page := reader.entries(which, before, _PAGE):
        for entry in page:
            about = _answers(entry)
            if about is not None and entry.machine:
                yield answer(township, entry.machine, about, entry, entry.received_ms)
        before = page[-1].index


def village_lists(
    reader: Reader, log: GatewayLog, township: str, window: tuple[str, str], now_ms: int
) -> Iterator[Letter]:
    """Yield each machine's resolved list of today, signed."""
    version = reader.list_version()
    for village in reader.villages():
        matters = reader.matters(village.village, local_date(now_ms))
        said = lists.village_list(log.gateway, village.village, version, matters, window, now_ms)
        payload = log.seal(said)
        for machine in village.machines:
            topic = Topic(township, machine, Leaf.LIST)
            yield Letter(topic=str(topic), payload=payload, until_ms=FOREVER_MS)


def lineage_letters(reader: Reader, keys: Keys, township: str) -> Iterator[Letter]:
    """Yield, for each machine, how the township's own keys and logs followed one another."""
    steps = []
    for entry in keybook.entries_of(reader, lineage.KINDS):
        if lineage.concerns(entry.body, keys.history):
            log, index = keybook.place(reader, entry.index)
            steps.append(lineage.Step(log=log, index=index, entry=entry.envelope.decode()))
    if not steps:
        return
    payload = lineage.encode(tuple(steps))
    for village in reader.villages():
        for machine in village.machines:
            topic = Topic(township, machine, Leaf.LINEAGE)
            yield Letter(topic=str(topic), payload=payload, until_ms=FOREVER_MS)


def emergency_letters(reader: Reader, township: str, now_ms: int) -> Iterator[Letter]:
    """Yield what a machine must know of emergencies: terms with their codes, or their end."""
    for one in reader.emergency_terms():
        terms = one.body
        if one.release is None or now_ms > terms.not_after_ms:
            continue
        last = one.release if one.stopped is None else one.stopped
        named = [(terms.terms, last)]
        if one.stopped is None:
            named += [
                (entry.body.series, entry)
                for entry in one.codes
                if isinstance(entry.body, EmergencyCodes)
            ]
        for name, entry in named:
            topic = Topic(township, terms.machine, Leaf.PERMIT, (name,))
            yield Letter(topic=str(topic), payload=entry.envelope, until_ms=terms.not_after_ms)


def _permits(reader: Reader, township: str, now_ms: int) -> Iterator[Letter]:
    before: int | None = None
    oldest_ms = now_ms - (LONGEST_PERMIT_DAYS + ANSWER_DAYS) * _DAY_MS
    while page := reader.permits(None, before, _PAGE):
        for permit in page:
            if permit.issued_ms < oldest_ms:
                return
            if permit.not_after_ms < now_ms - ANSWER_DAYS * _DAY_MS:
                continue
            if permit.revocation_index is None and permit.permit.startswith("x-"):
                continue  # the machine gave it itself
            yield _permit(reader, township, permit, now_ms)
        before = page[-1].index


def _permit(reader: Reader, township: str, permit: PermitView, now_ms: int) -> Letter:
    """Return what should stand for a permit: itself, its revocation, or nothing any more."""
    index = permit.index if permit.revocation_index is None else permit.revocation_index
    entry = reader.entry(index) if now_ms <= permit.not_after_ms else None
    topic = Topic(township, permit.machine, Leaf.PERMIT, (permit.permit,))
    return Letter(
        topic=str(topic),
        payload=b"" if entry is None else entry.envelope,
        until_ms=permit.not_after_ms,
    )


def _answers(entry: StoredEntry) -> str | None:
    """Return the entry that one of ours answers, if its machine waits for that."""
    match entry.body:
        case Refusal(about=about) if entry.party == "gateway":
            return about
        case Approval(request=request, decision="refuse"):
            return request
        case Approval():
            return entry.sha256  # so that the machine knows who does not press
        case HoldRelease(hold=hold):
            return hold
    return None
