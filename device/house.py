"""House: what the agent does besides stamping. First entries, heartbeats, lamps, time marks,
release files from a USB stick, and the erasing of what is no longer needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
import structlog

from device.cycle import State
from device.errors import JournalError
from device.job import page_hashes
from device.lock import Lock
from device.recorder import Recorder
from device.references import References
from hardware.errors import HardwareError
from hardware.interfaces import Panel
from ledger.bus import Message
from ledger.messages import VillageList
from ledger.records import Config, Heartbeat, HoldRelease, Incident, Refusal, Start
from ledger.topics import Leaf, Topic

log = structlog.get_logger()

CLOCK_KEY = "mark"
CONFIG_KEY = "config"
REFUSED_KEY = "release-refused"  # the newest release that was not obeyed
KEEP_MARK_MS = 10_000
INBOX_S = 1.0
LONGEST_RELEASE = 60_000
PLAIN_DAYS_MS = 7 * 86_400_000
WORDS_DAYS_MS = 30 * 86_400_000  # as long as the answer stands at the broker
DAY_S = 86_400
LOW_TIMES = 3  # room is short below this many times the least free space


class House:
    """Housekeeping of one machine; belongs to the agent's loop.

    Args:
        config_sha256: hash of the configuration in force.
        inbox: folder in which signed release files are laid (`seal-device release`).
        photo_days: how long delivered photos are kept here.
        now_s: monotonic seconds.
        village_list: gives the items list that this machine answers with; heartbeats name it.
    """

    def __init__(
        self,
        *,
        seals: tuple[str, ...],
        version: str,
        config_sha256: str,
        township: str,
        recorder: Recorder,
        references: References,
        panel: Panel | None,
        photos: Path,
        inbox: Path,
        photo_days: int,
        heartbeat_s: float,
        now_s: Callable[[], float],
        village_list: Callable[[], VillageList | None],
    ) -> None:
        self._seals, self._version, self._config_sha256 = seals, version, config_sha256
        self._township, self._recorder, self._references = township, recorder, references
        self._panel, self._photos, self._inbox = panel, photos, inbox
        self._photo_days, self._heartbeat_s, self._now_s = photo_days, heartbeat_s, now_s
        self._journal, self._book = recorder.journal, recorder.journal.book
        self._village_list = village_list
        self._due: set[str] = set(seals)
        self._resting = False
        self._last_seq, self._last_s = 0, now_s()
        self._mark_kept_ms = 0
        self._inbox_at_s = 0.0
        self._doors_open: set[str] = set()
        self._shown: tuple[bool, bool] | None = None

    def begin_again(self, seal: str) -> None:
        """Journal a seal's counter as it stands, at the next tick; it is the new base."""
        self._due.add(seal)

    def marked(self, at_ms: int, seq: int) -> None:
        """Take over the time of an acknowledgement, and keep it now and then.

        Only one of an entry written moments ago tells the time: the broker may hold one back.
        """
        if not self._recorder.fresh(seq):
            return
        mark = self._recorder.clock.marked(at_ms)
        if mark.at_ms >= self._mark_kept_ms + KEEP_MARK_MS:
            self._journal.put(CLOCK_KEY, msgspec.json.encode(mark))
            self._mark_kept_ms = mark.at_ms

    def refuse(self, release: HoldRelease, sha256: str, reason: str) -> None:
        """Journal that a release is not obeyed, once however often it comes."""
        known = (self._journal.get(REFUSED_KEY) or b"").decode()
        if known == sha256:
            return
        log.error("release_refused", hold=release.hold, reason=reason, by=release.by)
        body = Refusal(
            about=None,
            permit=None,
            matter=None,
            seal=self._seals[0],
            reason=reason,
            list_version=0,
            filed_by=release.by,
            text_commitment=None,
        )
        self._recorder.append(body, keep={REFUSED_KEY: sha256.encode()})

    def tick(
        self, fault: str, state: State, locks: Mapping[str, Lock], *, watched: bool
    ) -> Iterator[Message]:
        """Do what is due; gives the release files that were laid down, as messages.

        Args:
            watched: somebody looks through the camera, so the work light is on.
        """
        if self._due and all(lock.ready for lock in locks.values()):
            self._begin(locks)
        self._resting = state is State.IDLE and not watched
        for seal, lock in locks.items():
            self._note_door(seal, lock)
        self._light(fault, state, locks.values(), watched=watched)
        self._beat(fault, state)
        if self._now_s() >= self._inbox_at_s:
            self._inbox_at_s = self._now_s() + INBOX_S
            yield from self._read_inbox()

    def _begin(self, locks: Mapping[str, Lock]) -> None:
        """Write the first entries of this run, once the controllers' counters can be read."""
        if self._book.open_intent is not None:
            return  # it is closed first, so that counters stay in order
        self._recorder.append(
            Start(
                version=self._version,
                controller=locks[self._seals[0]].profile,
                strokes={
                    seal: locks[seal].strokes(self._book.strokes.get(seal, 0))
                    for seal in sorted(self._due)
                },
                reason="recovered" if self._journal.boot > 1 else "started",
                opener=self._references.recipient,
            )
        )
        if self._journal.get(CONFIG_KEY) != self._config_sha256.encode():
            self._recorder.append(
                Config(config_sha256=self._config_sha256, version=self._version),
                keep={CONFIG_KEY: self._config_sha256.encode()},
            )
        self._due.clear()

    def _beat(self, fault: str, state: State) -> None:
        seq = self._journal.head.seq
        if seq != self._last_seq:
            self._last_seq, self._last_s = seq, self._now_s()
        elif self._now_s() >= self._last_s + self._heartbeat_s:
            held = self._village_list()
            self._recorder.append(
                Heartbeat(
                    state=state.value,
                    strokes=dict(self._book.strokes),
                    impressions=self._book.impressions,
                    waiting=self._journal.count_photos_waiting(),
                    free_mb=self._recorder.free_mb(),
                    alarms=(fault,) if fault else (),
                    list_version=None if held is None else held.version,
                    list_at_ms=None if held is None else held.at_ms,
                )
            )
            if self._resting:
                self._prune()

    def _note_door(self, seal: str, lock: Lock) -> None:
        """Every opening of the hatch is an entry; one that a permit allows has its own."""
        report = lock.report
        is_open = lock.ready and report is not None and not report.inputs.door_closed
        permitted = bool(self._book.custody.standing(seal).opened)
        if is_open and not permitted and seal not in self._doors_open:
            body = Incident(
                intent=None,
                seal=seal,
                code="door-opened",
                impressions_min=0,
                impressions_max=0,
                held=False,
                photos=(),
                text_commitment=None,
            )
            try:
                self._recorder.append(body)
            except JournalError as error:
                log.error("door_not_written", why=str(error))
                return
        (self._doors_open.add if is_open else self._doors_open.discard)(seal)

    def _light(self, fault: str, state: State, locks: Iterable[Lock], *, watched: bool) -> None:
        working = watched or state not in (State.IDLE, State.HELD)
        for lock in locks:
            lock.signal(ok=not fault, alarm=state is State.HELD, light=working)
        shown = (not fault and state is not State.HELD, state is State.HELD)
        if self._panel is not None and shown != self._shown:
            try:
                self._panel.show(ok=shown[0], alarm=shown[1])
                self._panel.buzz(3 if shown[1] else 0)
            except HardwareError as error:
                log.warning("panel_lost", why=str(error))
        self._shown = shown

    def _read_inbox(self) -> Iterator[Message]:
        """Give each release file as a message, and erase it after it was taken over."""
        for path in sorted(self._inbox.glob("*.dsse")):
            try:
                raw = path.read_bytes()[: LONGEST_RELEASE + 1]
            except OSError as error:
                log.error("release_file_unreadable", name=path.name, why=str(error))
                continue
            log.info("release_file_read", name=path.name, size=len(raw))
            topic = Topic(self._township, self._journal.head.author, Leaf.ANSWER, ("file",))
            yield Message(str(topic), raw)
            path.unlink(missing_ok=True)

    def _prune(self) -> None:
        """Erase what nobody needs: values and pages of ended requests, photos long delivered."""
        now_ms = self._recorder.clock.read_for_permits()[0]
        wanted: set[str] = set()
        for sha256, filed in self._book.filed.items():
            permit = self._book.warrant_of(sha256)
            ends_ms = permit.not_after_ms if permit else None
            if filed.refused or (ends_ms is not None and now_ms > ends_ms + PLAIN_DAYS_MS):
                self._journal.forget(sha256)
                if now_ms > filed.at_ms + WORDS_DAYS_MS:
                    self._journal.keep_words(sha256, "")
            else:
                wanted.update(page_hashes(self._journal.opened(sha256)))
        yesterday_s = time.time() - DAY_S
        try:
            self._references.prune(wanted, yesterday_s)
            self._prune_photos(yesterday_s)
        except OSError as error:
            log.error("prune_failed", why=str(error))

    def _prune_photos(self, yesterday_s: float) -> None:
        """Erase photos that no entry names, and delivered ones after their days or for room."""
        short = self._recorder.free_mb() < LOW_TIMES * self._recorder.least_mb
        days = 1 if short else self._photo_days
        stored = set(self._journal.photos_stored())
        for path in self._photos.glob("*"):
            written_s = path.stat().st_mtime
            useless = not self._journal.photo_named(path.name) and written_s < yesterday_s
            delivered = path.name in stored and written_s < time.time() - days * DAY_S
            if useless or delivered:
                path.unlink(missing_ok=True)
