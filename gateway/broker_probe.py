"""Probe: does an MQTT broker answer there? Any CONNACK will do, also a refusal."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from gateway.ca import Credentials

_PATIENCE_S = 1.0


def answers(url: str, name: str, password: str | None, own: Credentials | None) -> bool:
    """Tell whether a broker answers at `url` (`mqtt[s]://host:port`) to this account.

    Args:
        own: our client certificate, for `mqtts`.
    """
    parts = urlsplit(url)
    try:
        with _connected(str(parts.hostname), int(parts.port or 0), own) as link:
            link.sendall(_connect(name, password))
            return link.recv(1) == b"\x20"
    except OSError:
        return False


@contextlib.contextmanager
def _connected(host: str, port: int, own: Credentials | None) -> Iterator[socket.socket]:
    with socket.create_connection((host, port), timeout=_PATIENCE_S) as link:
        if own is None:
            yield link
            return
        context = ssl.create_default_context(cafile=own.ca)
        context.check_hostname = False  # the authority certifies one server alone
        context.load_cert_chain(own.cert, own.key)
        with context.wrap_socket(link) as secured:
            yield secured


def _connect(name: str, password: str | None) -> bytes:
    """Return a CONNECT packet of MQTT 3.1.1: clean session, keep-alive 5 s."""
    texts = (b"seal-hello", *(() if password is None else (name.encode(), password.encode())))
    flags = b"\x02" if password is None else b"\xc2"
    fields = b"".join(len(text).to_bytes(2, "big") + text for text in texts)
    body = b"\x00\x04MQTT\x04" + flags + b"\x00\x05" + fields
    size = len(body)
    return (
        b"\x10" + (bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])) + body
    )
