"""What the bus reads from files: a password, certificates; private ones only with mode 0600."""

from __future__ import annotations

import ssl
from pathlib import Path

from ledger.mqtt_options import BusOptionsError, Options
from ledger.tls import pinned


def password(options: Options) -> str | None:
    """Return the account's password, if one is named.

    Raises:
        BusOptionsError: its file is missing, or open to others.
    """
    path = options.password_file
    if path is None:
        return None
    try:
        _refuse_open(path)
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise BusOptionsError(f"expected a password in {path}: {error}") from error


def tls(options: Options) -> ssl.SSLContext:
    """Return the TLS settings of an `mqtts` address.

    Raises:
        BusOptionsError: a file is missing or no PEM, or the key's is open to others.
    """
    if (options.cert is None) != (options.key is None):
        raise BusOptionsError("expected `cert` and `key` together, found only one of them")
    if options.pinned and options.ca is None:
        raise BusOptionsError("expected `ca` with `pinned`, found none")
    try:
        context = (
            pinned(options.ca)
            if options.pinned and options.ca is not None
            else ssl.create_default_context(cafile=options.ca)
        )
        load_certificate(context, options)
    except (OSError, ValueError) as error:
        names = [str(path) for path in (options.ca, options.cert, options.key) if path]
        raise BusOptionsError(f"expected readable PEM files {names}: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def load_certificate(context: ssl.SSLContext, options: Options) -> None:
    """Read our own certificate as its files are now; connections from here on show it.

    Raises:
        BusOptionsError: the key's file is open to others.
        OSError: a file is missing or no PEM.
    """
    if options.cert is not None and options.key is not None:
        _refuse_open(options.key)
        context.load_cert_chain(options.cert, options.key)


def _refuse_open(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise BusOptionsError(f"expected mode 0600 on {path}, found it open to others: chmod it")
