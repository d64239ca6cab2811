"""The door's server: uvicorn with the certificate of our own authority, on a port that stays."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import uvicorn

from gateway import files, ports
from gateway.ca import Credentials
from gateway.enrolling import Enrolling
from gateway.errors import ConfigError
from gateway.web.door import create_door
from ledger import listening


def listen(host: str, port: int, kept: Path) -> socket.socket:
    """Return the listening socket; port 0: the one in `kept`, chosen at the first start.

    Raises:
        ConfigError: the port is taken, or the file holds none.
    """
    wanted = port
    try:
        wanted = port or int(kept.read_text(encoding="ascii"))
    except FileNotFoundError:
        wanted = ports.choose(host)
    except (OSError, ValueError) as error:
        raise ConfigError(f"expected a port number in {kept}: {error}") from error
    try:
        found = listening.listen(host, wanted)
    except OSError as error:
        raise ConfigError(
            f"door: expected {host}:{wanted} free, found: {error}; free it, configure another "
            f"port, or delete {kept} (machines must then learn the new port)"
        ) from error
    files.replace(kept, b"%d" % found.getsockname()[1], 0o600)
    return found


def server(enrolling: Enrolling, own: Credentials) -> uvicorn.Server:
    """Return the server, not running yet; TLS 1.2 or later."""
    config = uvicorn.Config(
        create_door(enrolling),
        log_config=None,
        access_log=False,
        lifespan="off",
        ssl_certfile=own.cert,
        ssl_keyfile=own.key,
        timeout_keep_alive=5,
        limit_concurrency=200,
    )
    config.load()
    if config.ssl is None:
        raise ConfigError("expected a door with TLS, found none")
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return uvicorn.Server(config)
