"""Clients of servers on this computer that speak HTTP without TLS."""

from __future__ import annotations

import functools
import ssl
from typing import Any

import httpx


def client(url: str, **options: Any) -> httpx.Client:
    """Return a client; all share the certificates that none of them asks for.

    To read those takes 45 ms, and there are more than a thousand clients.
    """
    return httpx.Client(base_url=url, verify=_context(), **options)


@functools.cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()
