"""The kiosk's server: uvicorn on loopback in one named thread of its own."""

from __future__ import annotations

import socket
import threading

import uvicorn
from fastapi import FastAPI

from device.errors import ConfigError
from ledger.listening import listen

LOOPBACK = "127.0.0.1"
_STOP_S = 5.0
_KEEP_S = 75  # one browser: a tap must not meet a connection that is being closed


class Kiosk:
    """Serves the application from `start()` to `stop()`; start it once."""

    def __init__(self, app: FastAPI, host: str = LOOPBACK, port: int = 0) -> None:
        """Prepare; `port` 0 takes a free one.

        Raises:
            ValueError: `host` is not this machine alone.
        """
        if host not in (LOOPBACK, "localhost"):
            raise ValueError(f"expected a loopback host for the kiosk, found {host!r}")
        self._address = (LOOPBACK, port)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=int(_STOP_S),
            timeout_keep_alive=_KEEP_S,
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address to open, ending without a slash.

        Raises:
            RuntimeError: it was not started.
        """
        if self._socket is None:
            raise RuntimeError("expected start() before url")
        return f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Listen; on return connections are taken.

        Raises:
            ConfigError: the port is in use.
        """
        try:
            self._socket = listen(*self._address, backlog=64)
        except OSError as error:
            host, port = self._address
            raise ConfigError(f"kiosk: expected {host}:{port} free, found: {error}") from error
        self._thread = threading.Thread(target=self._serve, name="kiosk", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and wait for the thread; never raises, may be called twice."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=_STOP_S * 2)
            self._thread = None

    def _serve(self) -> None:
        assert self._socket is not None
        with self._socket:
            self._server.run(sockets=[self._socket])
