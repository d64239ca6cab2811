"""Following: the county's monitor, which looks at all its townships in turn, for ever.

Rules kept here:
- Each visit is a process of its own with bounded time and memory: whatever a township publishes,
  the others are visited after it.
- Everything that must last lies in files, one folder for each township: a restart goes on.
- What is found is on the page and in the journal, and somebody is told of it; whom that fails
  is told again after the next round.

Layout below the state: `<division code>-<hash>/` for each township (`status.json` and what
`ledger.monitor` keeps), `cache/`, `page.html`, `page.en.html`, `lock`.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import subprocess
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import structlog

from gateway import files
from gateway.errors import StoreError
from gateway.witness import monitor_page, status, visit
from gateway.witness.config import WatchedConfig, WitnessConfig
from gateway.witness.status import Status
from gateway.witness.trusting import trust
from gateway.witness.visit import Report, Visit
from ledger import codec, texts
from ledger.findings import Finding

LOOK_S = 0.5  # how often a wait looks whether it should end
NOTIFY_S = 60.0
MB = 1024 * 1024

log = structlog.get_logger()


def folder(config: WitnessConfig) -> Path:
    """Return where the monitor keeps everything, its pages too."""
    return config.state / "monitor"


def visits(config: WitnessConfig) -> tuple[Visit, ...]:
    """Return what a visit to each township needs, in the order of the configuration.

    Raises:
        ConfigError: what is to be believed of a township cannot be read.
    """
    return tuple(visit_of(config, town) for town in config.logs)


class Following:
    """Follows every township of a configuration; belongs to the thread that calls it.

    Args:
        now_ms: the time, UTC milliseconds.

    Raises:
        ConfigError: what is to be believed of a township cannot be read.
        StoreError: the state folder does not work, or another monitor uses it.
    """

    def __init__(self, config: WitnessConfig, now_ms: Callable[[], int]) -> None:
        self._config, self._now_ms = config.monitor, now_ms
        self._state = folder(config)
        self._visits = visits(config)
        self._lock = _locked(self._state)
        towns = zip(self._visits, config.logs, strict=True)
        self._statuses = [_read_status(one, town) for one, town in towns]

    @property
    def statuses(self) -> tuple[Status, ...]:
        """How all townships stand."""
        return tuple(self._statuses)

    def close(self) -> None:
        """Let another monitor use the state."""
        os.close(self._lock)

    def run(self, stopping: threading.Event) -> None:
        """Look at all townships every so often, until `stopping`."""
        while not stopping.is_set():
            self.round(stopping)
            stopping.wait(self._config.every_s)

    def round(self, stopping: threading.Event) -> None:
        """Look at all townships once; each is on the page as soon as it was visited."""
        self._write_page()
        for place, one in enumerate(self._visits):
            if stopping.is_set():
                return
            report = self._look(one, stopping)
            if report is None:
                return
            self._take(place, report)
            self._write_page()

    def _look(self, one: Visit, stopping: threading.Event) -> Report | None:
        """Visit a township in another process; None: it was stopped."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=visit.run, args=(one, theirs), daemon=True)
        deadline_s = time.monotonic() + self._config.patience_s
        try:
            process.start()
            theirs.close()
            while not ours.poll(LOOK_S):
                if stopping.is_set():
                    return None
                if time.monotonic() > deadline_s:
                    why = f"expected an end within {self._config.patience_s} s, found none"
                    return Report(now=(visit.failed(one.name, why),))
            return _receive(one, ours)
        except OSError as error:
            return Report(now=(visit.failed(one.name, f"expected to start a process: {error}"),))
        finally:
            ours.close()
            if process.pid is not None:
                process.kill()
                process.join()

    def _take(self, place: int, report: Report) -> None:
        """Keep what a visit found and say what is new."""
        before = self._statuses[place]
        now = status.after(before, report, self._now_ms())
        new = now.untold
        for one in new:
            _journal(now, one)
        if now.unreachable and not before.unreachable:
            log.warning("township_unreachable", township=now.title, reason=now.unreachable)
        elif now.is_good and not before.is_good:
            log.info("township_good", township=now.title, entries=now.entries)
        if new and self._notified(now, new):
            now = status.is_told(now)
        self._statuses[place] = now
        self._write(self._visits[place].state / "status.json", msgspec.json.encode(now))

    def _notified(self, now: Status, new: tuple[Finding, ...]) -> bool:
        """Tell somebody; return whether that worked, or nobody wants to be told."""
        if not self._config.notify:
            return True
        text = monitor_page.message(now, new).encode()
        try:
            subprocess.run(
                self._config.notify, input=text, check=True, timeout=NOTIFY_S, capture_output=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            hint = "Correct notify below [monitor]; it is tried again after the next visit."
            log.error("notify_failed", township=now.title, reason=str(error), hint=hint)
            return False
        return True

    def _write_page(self) -> None:
        for language, name in monitor_page.FILES.items():
            page = monitor_page.html(language, self._statuses, self._now_ms(), monitor_page.FILES)
            self._write(self._state / name, page.encode())

    def _write(self, path: Path, data: bytes) -> None:
        try:
            files.replace(path, data)
        except OSError as error:
            hint = "Free or replace the disk; what was found is in this journal."
            log.error("monitor_file_failed", path=str(path), reason=str(error), hint=hint)


def _locked(state: Path) -> int:
    """Return the open file that keeps other monitors away."""
    try:
        files.make_folder(state)
        lock = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise
    except OSError as error:
        raise StoreError(
            f"expected {state} for this monitor alone, found: {error}: another one may be "
            "running, with the witness"
        ) from error
    return lock


def visit_of(config: WitnessConfig, town: WatchedConfig) -> Visit:
    """Return what a visit to one township needs.

    Raises:
        ConfigError: what is to be believed of it cannot be read.
    """
    own = f"{town.code}-{codec.sha256(town.name.encode())[:8]}"
    state = folder(config)
    return Visit(
        name=town.name,
        public=town.public,
        state=state / own,
        cache=state / "cache",
        trust=trust(config, town),
        silent_s=int(config.monitor.silent_hours * 3600),
        memory_bytes=config.monitor.memory_mb * MB,
    )


def _read_status(one: Visit, town: WatchedConfig) -> Status:
    fresh = Status(name=town.name, title=town.title, public=town.public)
    try:
        known = msgspec.json.decode((one.state / "status.json").read_bytes(), type=Status)
    except FileNotFoundError:
        return fresh
    except (OSError, ValueError) as error:
        log.warning("status_lost", township=town.title, reason=str(error))
        return fresh
    return msgspec.structs.replace(known, title=town.title, public=town.public)


def _receive(one: Visit, ours: Connection) -> Report:
    try:
        data = ours.recv_bytes(visit.LARGEST_REPORT)
        return msgspec.msgpack.decode(data, type=Report)
    except (EOFError, OSError, ValueError) as error:
        why = f"expected a report of the visit, found its process ended: {error!r}"
        return Report(now=(visit.failed(one.name, why),))


def _journal(now: Status, finding: Finding) -> None:
    what, where, since, todo, *_ = texts.tell_one("zh", 1, finding)
    log.error(
        "finding",
        township=now.title,
        code=finding.code,
        what=what,
        where=where.strip(),
        since=since.strip(),
        hint=todo.strip(),
        detail=finding.detail,
    )
