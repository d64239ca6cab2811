"""Cards: the thread that waits for cards; the kiosk asks for the first card after a number."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import structlog

from hardware.errors import HardwareError
from hardware.interfaces import CardReader

log = structlog.get_logger()

WAIT_S = 0.5
RETRY_S = 2.0
KEPT = 16


class Cards:
    """Numbers the cards as they are laid down; `next` may be called from any thread.

    Args:
        connect: opens the reader; may raise HardwareError, is called again until it does not.
    """

    def __init__(self, connect: Callable[[], CardReader] | None) -> None:
        self._connect = connect
        self._cards: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._number = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self) -> None:
        """Begin to wait for cards, if the machine has a reader."""
        if self._connect is not None:
            self._thread.start()

    def next(self, after: int) -> tuple[int, str] | None:
        """Return (number, identifier) of the first card laid after card number `after`."""
        return next((card for card in tuple(self._cards) if card[0] > after), None)

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=WAIT_S * 4)

    def _run(self) -> None:
        reader: CardReader | None = None
        while not self._stopping.is_set():
            try:
                if reader is None and self._connect is not None:
                    reader = self._connect()
                card = reader.read(WAIT_S) if reader is not None else None
            except HardwareError as error:
                log.warning("reader_lost", why=str(error))
                reader = None
                self._stopping.wait(RETRY_S)
                continue
            if card:
                self._number += 1
                self._cards.append((self._number, card))
        if reader is not None:
            reader.close()
