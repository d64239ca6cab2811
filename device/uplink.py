"""Uplink: journal <-> bus. Delivered means: the gateway's signed answer is here.

Entries go first, in order, a small window at a time; then openings, then photos in chunks. What
is not answered is sent again after a doubling, jittered pause. Owned by the agent's loop; the
bus's thread only puts messages into its queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import structlog
from msgspec import Struct

from device.concerns import concerns
from device.errors import JournalError
from device.journal import Journal, Waiting
from device.patience import Patience
from device.people import People
from device.proofs import Proofs, must_be_proved
from device.releases import contradiction
from device.silence import Silence
from device.township_keys import TownshipKeys
from device.village_list import list_time_ms
from device.words import forget_words, is_words, keep_words
from ledger import codec
from ledger.bus import Bus, Message
from ledger.envelope import LARGEST_ENTRY, LARGEST_LIST
from ledger.errors import LedgerError
from ledger.messages import Acknowledgement, AnswerWords, OpeningStored, PhotoResult, VillageList
from ledger.records import HoldRelease
from ledger.topics import RULES, Leaf, Topic, filters, parse

log = structlog.get_logger()

WINDOW = 32  # entries under way at once
CHUNK = 65536  # bytes of a photo per message
ONLINE, OFFLINE = b'{"online":true}', b'{"online":false}'  # the second is the last will
CHUNKS_WINDOW = 8  # chunks under way before an answer is awaited
OPENING_TRIES = UNHEARD_TRIES = 3
PAUSE_CODE_S = 15.0  # after PhotoResult 0x97
KEEP_ACK_S = 1.0  # an acknowledgement is kept at most this much later; losing it only resends


class Arrival(Struct, frozen=True):
    """What a message from the gateway brought; the agent reacts to it.

    `refused` is why it is not obeyed and was not kept, as a stable word, or "".
    """

    record: object
    sha256: str = ""
    refused: str = ""


class LogRewritten(Struct, frozen=True):
    """The township's public log contradicts what this machine has believed of it.

    `evidence`: both signed heads, one after the other.
    """

    evidence: bytes


class Uplink:
    """Brings the journal to the gateway and the gateway's answers into the journal.

    Args:
        keys: whose signatures count.
        now_s: monotonic seconds.
        photos: folder of encrypted photos, named by their hash.
        proofs: asks for receipts; a permit is believed only with its own.
        people: takes the list of who may sign in.
    """

    def __init__(
        self,
        journal: Journal,
        bus: Bus,
        keys: TownshipKeys,
        photos: Path,
        township: str,
        village: str,
        now_s: Callable[[], float],
        proofs: Proofs,
        people: People | None = None,
    ) -> None:
        self.proofs, self._people = proofs, people
        self._journal, self._bus, self._keys, self._photos = journal, bus, keys, photos
        self._device, self._township, self._now_s = journal.head.author, township, now_s
        self._village, self._list_ms = village, list_time_ms(journal)
        self._acked = self._kept = int(journal.get("acked") or b"0")
        self._acked_at_ms = 0
        self._ack_raw: bytes | None = None
        self._kept_at_s = 0.0
        self._sent = self._acked
        self._entries, self._openings, self._photo = Patience(1), Patience(2), Patience(3)
        self._photo_offset: int | None = None
        self._failed: set[str] = set()
        self._online = False
        self._silence = Silence(now_s)
        self._withdraw()

    @property
    def unanswered(self) -> bool:
        """Entries have waited too long for an answer although the link is up: an alarm."""
        return self._silence.alarming

    @property
    def acked(self) -> int:
        """The last seq that the gateway has acknowledged."""
        return self._acked

    @property
    def online(self) -> bool:
        """The broker is reached."""
        return self._online

    @property
    def shut(self) -> bool:
        """The township's key was revoked, and no other has come yet."""
        return self._keys.shut

    def subscribe(self) -> None:
        """Ask for what the gateway keeps for us; again, where something found no room here."""
        for name, qos in filters("down", self._township, self._device).items():
            self._bus.subscribe(name, qos)

    def link(self, online: bool) -> None:
        """The link came or went: after it came, everything unanswered is sent again at once."""
        self._online = online
        self._sent, self._photo_offset = self._acked, None
        for patience in (self._entries, self._openings, self._photo):
            patience.answered()
        self.proofs.link(online)
        if online:
            self._publish(Leaf.STATUS, (), ONLINE)
        log.info("link_changed", online=online, acked=self._acked, head=self._journal.head.seq)

    def tick(self) -> None:
        """Send what may be sent now; never waits."""
        self._keep_ack()
        self._silence.look(linked=self._online, waiting=self._journal.head.seq - self._acked)
        if not self._online:
            return
        self._send_entries()
        self.proofs.tick(self._acked)
        if self._acked == self._journal.head.seq and not self._send_openings():
            self._send_photo()

    def receive(self, message: Message) -> Arrival | None:
        """Take over a message from the gateway; what does not verify is dropped and logged.

        Raises:
            JournalError: it could not be kept; the broker keeps it.
        """
        try:
            arrival = self._believe(message)
        except LedgerError as error:
            log.warning("message_refused", topic=message.topic, code=error.code, why=str(error))
            arrival = None
        self._bus.done(message)
        return arrival

    def close(self) -> None:
        """Say goodbye and keep the newest acknowledgement."""
        if self._online:
            self._publish(Leaf.STATUS, (), OFFLINE)
        self._kept_at_s = 0.0
        self._keep_ack()

    def _send_entries(self) -> None:
        now_s = self._now_s()
        if self._acked >= self._journal.head.seq:
            return
        if self._sent >= min(self._acked + WINDOW, self._journal.head.seq):
            if not self._entries.over(now_s):
                return
            self._sent = self._acked
            if self._entries.tries > UNHEARD_TRIES:
                self.subscribe()  # perhaps a key that we need to believe the answer
        oldest = self._sent == self._acked  # what follows it does not put off its resending
        room = self._acked + WINDOW - self._sent
        for seq, raw in self._journal.entries(self._sent, room):
            if not self._publish(Leaf.ENTRY, (), raw):
                return
            self._sent = seq
        if oldest:
            self._entries.sent(now_s)

    def _send_openings(self) -> bool:
        """Send what opens entries; True while photos should wait, since openings name them.

        Openings that stay unanswered hold up photos no longer than a few tries.
        """
        now_s = self._now_s()
        waiting = self._journal.openings_waiting(self._acked, WINDOW)
        if waiting and self._openings.over(now_s):
            for sha256, sealed in waiting:
                self._publish(Leaf.OPENING, (sha256,), sealed)
            self._openings.sent(now_s)
        return bool(waiting) and self._openings.tries <= OPENING_TRIES

    def _send_photo(self) -> None:
        now_s = self._now_s()
        if not self._photo.over(now_s):
            return
        photo = self._next_photo()
        if photo is None:
            return
        if self._photo_offset is None:
            size = json.dumps({"size": photo.sealed_size}).encode()
            self._publish(Leaf.PHOTO, (photo.sealed_sha256, "init"), size)
        else:
            self._send_chunks(photo, self._photo_offset)
        self._photo.sent(now_s)

    def _next_photo(self) -> Waiting | None:
        waiting = self._journal.photos_waiting(self._acked, WINDOW + len(self._failed))
        return next((one for one in waiting if one.sealed_sha256 not in self._failed), None)

    def _fail_photo(self, file: str, why: str) -> None:
        """Leave a photo that cannot be sent behind the others, until the next start."""
        log.error("photo_not_sendable", file=file, why=why)
        self._failed.add(file)
        self._photo_offset = None

    def _send_chunks(self, photo: Waiting, offset: int) -> None:
        """Send the next chunks, then `fin`, which asks for an answer."""
        try:
            with (self._photos / photo.sealed_sha256).open("rb") as file:
                file.seek(offset)
                chunks = [chunk for _ in range(CHUNKS_WINDOW) if (chunk := file.read(CHUNK))]
        except OSError as error:
            self._fail_photo(photo.sealed_sha256, str(error))
            return
        for chunk in chunks:
            self._publish(Leaf.PHOTO, (photo.sealed_sha256, str(offset)), chunk)
            offset += len(chunk)
        if not chunks and offset < photo.sealed_size:
            self._fail_photo(photo.sealed_sha256, f"its file ends at {offset}")
            return
        last = offset >= photo.sealed_size
        size = json.dumps({"size": photo.sealed_size}).encode()
        self._publish(Leaf.PHOTO, (photo.sealed_sha256, "fin" if last else "init"), size)

    def _publish(self, leaf: Leaf, rest: tuple[str, ...], payload: bytes) -> bool:
        topic = str(Topic(self._township, self._device, leaf, rest))
        return self._bus.publish(topic, payload, qos=RULES[leaf].qos, retain=RULES[leaf].retain)

    def _believe(self, message: Message) -> Arrival | None:
        topic = parse(message.topic)
        if not message.payload:
            if topic.leaf is Leaf.ANSWER:
                forget_words(self._journal, topic.rest[0])
            return None
        match topic.leaf:
            case Leaf.CHECKPOINT:
                evidence = self.proofs.follow(message.payload)
                return Arrival(LogRewritten(evidence)) if evidence else None
            case Leaf.RECEIPT:
                return self._prove(topic.rest[0], message.payload)
            case Leaf.LINEAGE | Leaf.PEOPLE:
                self._hear(topic.leaf, message.payload)
                return None
            case Leaf.PERMIT | Leaf.ANSWER if not is_words(message.payload):
                return self._believe_entry(message.payload)
            case _:
                return self._believe_message(topic.leaf, message)

    def _believe_message(self, leaf: Leaf, message: Message) -> Arrival | None:
        largest = LARGEST_LIST if leaf is Leaf.LIST else LARGEST_ENTRY
        taken = self._keys.message(message.payload, largest)
        record = codec.decode_message(taken.payload_type, taken.payload)
        match record:
            case Acknowledgement(device=self._device):
                self._acknowledged(record, message.payload)
            case OpeningStored(device=self._device):
                self._journal.opening_stored(record.payload_sha256)
                self._openings.answered()
            case PhotoResult(device=self._device):
                self._photo_answered(record)
            case AnswerWords(device=self._device) if keep_words(self._journal, record):
                pass
            case VillageList(village=self._village) if record.at_ms > self._list_ms:
                self._journal.put("list", message.payload)
                self._list_ms = record.at_ms
            case _:
                return None
        return Arrival(record)

    def _hear(self, leaf: Leaf, raw: bytes) -> None:
        """Take what the township says of its own keys and logs, or of who may sign in here."""
        if leaf is Leaf.PEOPLE:
            if self._people is not None:
                self._people.hear(raw)
        elif self._keys.hear(raw):
            self.proofs.look_again()
            self._withdraw()

    def _withdraw(self) -> None:
        """Obey no permit any more whose key was revoked before it was issued."""
        for permit in self._journal.permits_unless(self._keys.may_sign):
            if permit not in self._journal.book.revoked:
                log.error("permit_withdrawn", permit=permit, why="key revoked")
                self._journal.book.revoked.add(permit)
        if self._people is not None:
            self._people.judge_again()

    def _believe_entry(self, raw: bytes) -> Arrival | None:
        taken, entry = self._keys.entry(raw)
        if entry.position.gateway is None:
            log.warning("answer_not_from_gateway", sha256=entry.sha256)
            return None
        match entry.body:
            case body if must_be_proved(body, self._device):
                self.proofs.hold_back(entry, taken.raw)
            case HoldRelease(machine=self._device, hold=hold) as release if why := contradiction(
                release, self._journal.book.holds.get(hold)
            ):
                return Arrival(release, entry.sha256, why)
            case body if concerns(
                body, self._device, self._journal.book.filed
            ) and self._journal.receive(entry, taken.raw):
                return Arrival(body, entry.sha256)
            case _:
                pass
        return None

    def _prove(self, sha256: str, receipt: bytes) -> Arrival | None:
        """Take a receipt; a permit that it proves is believed from here on."""
        permit = self.proofs.prove(sha256, receipt)
        if self.proofs.renewed:
            self.proofs.renewed = False
            self._withdraw()
            self.subscribe()  # what a key had signed that was not believed yet
        if (
            permit is None
            or not self._keys.may_sign(permit.entry)
            or not self._journal.receive(permit.entry, permit.raw)
        ):
            return None
        return Arrival(permit.entry.body, sha256)

    def _acknowledged(self, ack: Acknowledgement, raw: bytes) -> None:
        head = self._journal.head
        if (ack.at_ms, ack.seq) <= (self._acked_at_ms, self._acked):
            return
        if ack.epoch != head.epoch or self._journal.hash_at(ack.seq) != ack.head:
            log.error("another_log_acknowledged", acked=ack.seq, head=head.seq, found=ack.head)
            if ack.epoch == head.epoch:
                self._journal.differ()
            return
        self._acked_at_ms = ack.at_ms
        if ack.seq < self._acked:
            log.error("gateway_went_back", acked=ack.seq, known=self._acked)
            self._sent = ack.seq
        if ack.seq != self._acked:
            self._acked, self._ack_raw = ack.seq, raw
            self._sent = max(self._sent, ack.seq)
            self._entries.answered()
            if self._sent > self._acked:
                self._entries.sent(self._now_s())  # those have a pause of their own
            self._silence.answered()

    def _photo_answered(self, result: PhotoResult) -> None:
        self._photo.answered()
        self._photo_offset = None
        sent = self._next_photo()
        match result.code:
            case 0x00:
                self._journal.photo_stored(result.file)
            case 0x10 | 0x80 if sent is not None and sent.sealed_sha256 == result.file:
                self._photo_offset = result.offset
            case 0x97:
                self._photo.wait(self._now_s(), PAUSE_CODE_S)
            case 0x83:
                self._fail_photo(result.file, "the gateway refused it")
            case _:
                pass

    def _keep_ack(self) -> None:
        now_s = self._now_s()
        if self._acked == self._kept or now_s < self._kept_at_s + KEEP_ACK_S:
            return
        try:
            self._journal.put("acked", b"%d" % self._acked)
            if self._ack_raw is not None:
                self._journal.put("ack", self._ack_raw)
        except JournalError as error:
            log.warning("acknowledgement_not_kept", why=str(error))
        self._kept, self._kept_at_s = self._acked, now_s
