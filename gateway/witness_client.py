"""Witness client: one HTTP call to a witness, with a patience; knows nothing of logs."""

from __future__ import annotations

import http.client
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from gateway.errors import ConfigError, WitnessError

LARGEST_ANSWER = 64 * 1024  # bytes
_CHUNK = 4096


class Said(Struct, frozen=True):
    """What a witness answered."""

    status: int
    body: bytes


def check_url(url: str) -> None:
    """Return if this is the URL of a witness; otherwise raise ConfigError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ConfigError(f"log.witnesses: expected http[s]://host[:port][/path], found {url}")


def call(
    url: str, path: str, body: bytes | None, *, patience_s: float, ca: Path | None = None
) -> Said:
    """POST a body to a witness, or GET without one; redirects are not followed.

    Raises:
        WitnessError: it did not answer in time, not in HTTP, or with a certificate of somebody
            else.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None, "check_url has seen it"
    deadline_s = time.monotonic() + patience_s
    try:
        if parts.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=patience_s, context=_context(ca)
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=patience_s)
        try:
            headers = {} if body is None else {"Content-Type": "text/plain; charset=utf-8"}
            prefix = parts.path.rstrip("/")
            method = "GET" if body is None else "POST"
            connection.request(method, f"{prefix}/{path}", body, headers)
            answer = connection.getresponse()
            return Said(answer.status, _read(answer, deadline_s))
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        judge = "the system's authorities" if ca is None else f"the authority in {ca}"
        raise WitnessError(
            f"expected {url} to show a certificate issued under {judge}, found: "
            f"{error.verify_message}; nothing was sent: compare ca below [[log.witnesses]] with "
            "what the witness gave you"
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WitnessError(f"expected an answer of {url} in {patience_s:g} s: {error}") from error


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except OSError as error:
        raise WitnessError(f"expected certificates (PEM) at {ca}, found: {error}") from error


def _read(answer: http.client.HTTPResponse, deadline_s: float) -> bytes:
    data = b""
    while chunk := answer.read1(_CHUNK):
        data += chunk
        if len(data) > LARGEST_ANSWER or time.monotonic() > deadline_s:
            raise OSError(f"found {len(data)} bytes and no end")
    return data
