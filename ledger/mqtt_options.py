"""Settings of the MQTT bus: broker address, account and pace (pure; mqtt.py reads the files)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from ledger.errors import LedgerError

PORTS = {"mqtt": 1883, "mqtts": 8883}


class BusOptionsError(LedgerError):
    """The settings of the bus cannot be used; raised before anything is connected."""

    code = "bus-options"
    hint = "The technician corrects the broker's address, account or files in the configuration."


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the broker is and who we are.

    Args:
        url: `mqtt://host[:port]` or `mqtts://host[:port]`.
        client_id: unique at the broker; a second client with this id throws the first one out.
        username: account at the broker; None: the broker asks for none, or knows us by `cert`.
        password_file: holds the account's password alone, mode 0600.
        ca: who signed the broker's certificate; None: the system's authorities.
        cert: our own certificate (PEM), together with `key` (PEM, mode 0600).
        pinned: `ca` is the township's own authority, which certifies no other server: neither
            the dates nor the address on the broker's certificate are judged, because a wrong
            clock or a new address must not strand a machine. What counts is signed anyhow.
        keepalive_s: a silent link is found dead after at most twice this.
        clean_session: False lets the broker keep messages while we are away. The default is
            True: every sender resends until the signed answer comes, so a long outage would
            pile up one copy per resend at the broker and pour them over us afterwards.
        inflight: QoS 1 messages on the way to the broker at once.
        queued: messages handed over and not yet taken by the broker; more are refused.
        retry_min_s: first wait after a lost link; doubles up to `retry_max_s`, jittered.
    """

    url: str
    client_id: str
    username: str | None = None
    password_file: Path | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    pinned: bool = False
    keepalive_s: int = 20
    will_topic: str | None = None
    will_payload: bytes | None = None
    will_retain: bool = False
    clean_session: bool = True
    inflight: int = 64
    queued: int = 512
    retry_min_s: float = 0.5
    retry_max_s: float = 15.0


def address(url: str) -> tuple[str, str, int]:
    """Take a broker's URL apart: scheme, host, port.

    Raises:
        BusOptionsError: not `mqtt[s]://host[:port]`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError as error:
        raise BusOptionsError(f"expected mqtt[s]://host[:port], found {url!r}") from error
    spare = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in PORTS or not host or port == 0 or spare:
        raise BusOptionsError(f"expected mqtt[s]://host[:port], found {url!r}")
    return parts.scheme, host, port or PORTS[parts.scheme]


def check_filter(topic_filter: str, qos: int) -> None:
    """Return if one may subscribe so.

    Raises:
        ValueError: the filter is not valid, or another QoS than 0 or 1.
    """
    levels = topic_filter.split("/")
    wild = [level for level in levels if "+" in level or "#" in level]
    if not topic_filter or "#" in levels[:-1] or not set(wild) <= {"+", "#"}:
        raise ValueError(f"expected an MQTT topic filter, found {topic_filter!r}")
    if qos not in (0, 1):
        raise ValueError(f"expected QoS 0 or 1, found {qos}")
