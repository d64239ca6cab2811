"""TLS towards the township: its own authority is pinned, so that no clock can lock us out."""

from __future__ import annotations

import ssl
from pathlib import Path

# X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python's ssl has no name for.
NO_CHECK_TIME = 0x200000


def pinned(ca: Path | str) -> ssl.SSLContext:
    """Return a context that trusts servers of one authority alone, at any date and address.

    The township's authority certifies no server but its own, and everything that counts is
    signed besides: a wrong clock or a new address must not strand a machine.

    Args:
        ca: the authority's certificate, a PEM file or its text.

    Raises:
        OSError: the file is missing or no PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if isinstance(ca, Path):
        context.load_verify_locations(cafile=ca)
    else:
        context.load_verify_locations(cadata=ca)
    return context
