"""Workers: what has a thread of its own, how such threads end, and how it is seen that one died."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Protocol

import structlog

from gateway.errors import ThreadEndedError

JOIN_S = 20.0  # how long each thread has to finish when we stop

log = structlog.get_logger()


class Worker(Protocol):
    """What has a thread of its own."""

    def run(self) -> None:
        """Work until `stop`."""
        ...

    def stop(self) -> None:
        """Let `run` return after what is under way; called from another thread."""
        ...


class Workers:
    """Workers and their threads, by name.

    Args:
        named: in the order of stopping: who gives work ends before who takes it. None is left out.
    """

    def __init__(self, named: Mapping[str, Worker | None]) -> None:
        self._workers = {name: one for name, one in named.items() if one is not None}
        self._threads = {
            name: threading.Thread(target=one.run, name=name, daemon=True)
            for name, one in self._workers.items()
        }

    def start(self) -> None:
        """Start every thread."""
        for thread in self._threads.values():
            thread.start()

    def stop(self) -> None:
        """Stop them one after another; one that does not end is said in the log and left alone."""
        for name, worker in self._workers.items():
            worker.stop()
            self._threads[name].join(JOIN_S)
        alive = [name for name, thread in self._threads.items() if thread.is_alive()]
        if alive:
            log.error("threads_still_alive", threads=alive)

    def check(self) -> None:
        """Return if all threads work; see `check_threads`."""
        check_threads(self._threads.values())


def check_threads(threads: Iterable[threading.Thread]) -> None:
    """Return if all of these threads work; they were started before.

    Raises:
        ThreadEndedError: one has ended.
    """
    for thread in threads:
        if not thread.is_alive():
            raise ThreadEndedError(
                f"expected the thread {thread.name} to work, found it ended: its reason stands "
                "above in the log"
            )
