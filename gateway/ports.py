"""Ports that are chosen once and then kept, so that others may write them down."""

from __future__ import annotations

import contextlib
import secrets
import socket

KEPT = range(15_000, 30_000)
TRIES = 200


def choose(host: str) -> int:
    """Return a port of `host` that is free now.

    It is below the range that the kernel lends to outgoing connections (from 32768 on Linux), so
    that none of those has it when its owner starts again.

    Raises:
        OSError: none was found.
    """
    for port in (secrets.choice(KEPT) for _ in range(TRIES)):
        if is_free(host, port):
            return port
    raise OSError(f"expected a free port of {host} in {KEPT.start}-{KEPT.stop - 1}, found none")


def is_free(host: str, port: int) -> bool:
    """Tell whether nothing listens there now."""
    with contextlib.suppress(OSError), socket.create_server((host, port)):
        return True
    return False
