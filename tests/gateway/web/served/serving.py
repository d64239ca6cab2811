"""Serves a township's console over HTTP for as long as somebody looks."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn

from gateway.web import create_app
from ledger.listening import listen

DEADLINE_S = 20.0


@contextlib.contextmanager
def served(world: Any) -> Iterator[str]:
    """Serve a world and give its address."""
    config = uvicorn.Config(
        create_app(world.app), port=0, log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    socket = listen("127.0.0.1", 0)  # who comes before the thread is ready waits
    thread = threading.Thread(target=server.run, args=([socket],), name="web")
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(DEADLINE_S)
