"""Notify worker: tells approvers that requests wait, together and within each robot's limit.

Rules kept here: nothing waits for this thread, and nothing depends on it; only what is new is
told, once, also over a restart; a robot that is down or refuses is tried again after a growing
pause, and staff see since when.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from gateway.desk import notices
from gateway.errors import GatewayError
from gateway.notify_config import ChannelConfig, NotifyConfig
from gateway.notify_send import NotifyError, Send, address_of, kind_of
from gateway.stores import Store
from gateway.web.port import ChannelStatus
from ledger.signers import keyfile

log = structlog.get_logger()

FIRST_PAUSE_S, LONGEST_PAUSE_S = 60.0, 600.0  # a robot over its limit is silent for ten minutes
MINUTE_S = 60.0
TOLD_FILE = "notified.json"


class _Channel(Struct):
    """A channel at work; `told` are the requests that its last message counted."""

    config: ChannelConfig
    address: str
    told: frozenset[str]
    sent_s: deque[float]
    pause_until_s: float = 0.0
    failures: int = 0
    failing_since_ms: int | None = None
    last_ms: int | None = None


class NotifyWorker:
    """One thread for all channels.

    Args:
        folder: where it is kept what was told.
        now_ms, now_s: wall clock and monotonic seconds.

    Raises:
        ConfigError: a channel's address cannot be used.
    """

    def __init__(
        self,
        config: NotifyConfig,
        township: str,
        store: Store,
        folder: Path,
        send: Send,
        now_ms: Callable[[], int],
        now_s: Callable[[], float],
    ) -> None:
        self._config, self._township, self._store = config, township, store
        self._file, self._send = folder / TOLD_FILE, send
        self._now_ms, self._now_s = now_ms, now_s
        told = _told(self._file)
        self._channels = tuple(
            _Channel(one, address_of(one.url_file), told.get(one.name, frozenset()), deque())
            for one in config.channel
        )
        self._stopping = threading.Event()
        self.status = self._statuses()

    def stop(self) -> None:
        """Let `run` return after the message under way."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`; this is the notify thread."""
        while not self._stopping.wait(self._config.every_s):
            self.round()

    def round(self) -> None:
        """Look once at every channel; nothing that goes wrong here ends the thread."""
        for channel in self._channels:
            if self._stopping.is_set():
                return
            try:
                self._look(channel)
            except GatewayError as error:
                log.error("notify_failed", channel=channel.config.name, reason=str(error))
            except Exception:
                log.exception("notify_worker_failed", channel=channel.config.name)
        self.status = self._statuses()

    def _look(self, channel: _Channel) -> None:
        config = channel.config
        with self._store.reader() as reader:
            waiting = notices.waiting_for(reader, config.offices, config.villages, self._now_ms())
        now = frozenset().union(*waiting.values())
        if not now - channel.told:
            channel.told = now  # what is decided may come again as something new
            return
        if self._now_s() < channel.pause_until_s or not self._may_send(channel):
            return
        title, text = notices.message(self._township, waiting, self._config.link)
        channel.sent_s.append(self._now_s())
        try:
            self._send(channel.address, title, text)
        except NotifyError as error:
            self._failed(channel, error)
            return
        if channel.failures:
            log.info("channel_works_again", channel=config.name)
        channel.failures, channel.failing_since_ms = 0, None
        channel.last_ms, channel.told = self._now_ms(), now
        self._keep()

    def _may_send(self, channel: _Channel) -> bool:
        """Tell whether the robot's own limit leaves room; what waits is told in the next round."""
        sent_s = channel.sent_s
        while sent_s and sent_s[0] <= self._now_s() - MINUTE_S:
            sent_s.popleft()
        return len(sent_s) < channel.config.per_minute

    def _failed(self, channel: _Channel, error: NotifyError) -> None:
        channel.failures += 1
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(channel.failures - 1, 10))
        channel.pause_until_s = self._now_s() + pause_s
        if channel.failing_since_ms is None:
            channel.failing_since_ms = self._now_ms()
            log.warning("channel_failed", channel=channel.config.name, reason=str(error))

    def _keep(self) -> None:
        told = {one.config.name: sorted(one.told) for one in self._channels}
        try:
            keyfile.write_durable(
                self._file, msgspec.json.encode(told), keyfile.PRIVATE, replace=True
            )
        except OSError as error:
            log.warning("told_not_kept", reason=str(error))

    def _statuses(self) -> tuple[ChannelStatus, ...]:
        return tuple(
            ChannelStatus(
                name=one.config.name,
                kind=kind_of(one.address),
                last_ms=one.last_ms,
                failing_since_ms=one.failing_since_ms,
                failures=one.failures,
            )
            for one in self._channels
        )


def _told(path: Path) -> dict[str, frozenset[str]]:
    """Return what was told before; a damaged file only makes a message come once more."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, frozenset[str]])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("told_unreadable", reason=str(error))
        return {}
