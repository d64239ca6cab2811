"""The embedded broker's configuration: accounts, rights and limits as nats-server text (pure).

Rules kept here: every account names what it may publish and subscribe, or holds everything
(the gateway); accounts speak MQTT only; a name that could widen a right is refused.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from msgspec import Struct

from gateway.ca import Credentials
from gateway.errors import ConfigError
from ledger import topics

MAX_PAYLOAD_BYTES = 8 * 1024 * 1024  # the most that nats-server takes without complaint
MAX_CONSUMERS = 100_000  # one per QoS 1 subscription; as shipped, the 1,001st is refused
# Unacknowledged messages per subscription; must be below the receiver's queue. The sum over a
# session may not exceed 65,535 (a filter ending in # counts twice): 127 subscriptions. The writer
# is given the next messages while it commits those before; photos come in parts of 64 KiB.
WINDOW = 512
HANDSHAKE_S = 10  # as shipped 2 s, which a small computer misses when all machines come at once
_LEVEL = re.compile(r"[A-Za-z0-9_$-]+\Z")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_PASSWORD = re.compile(r"[!-~]{16,200}\Z")


class User(Struct, frozen=True, kw_only=True):
    """An account at the broker.

    Args:
        password: at least 16 printable ASCII characters, or its bcrypt hash (`$2a$...`).
            Random tokens need no slow hash: the file is 0600, and bcrypt makes a storm of
            reconnecting machines expensive. None: known by the certificate's common name.
        publish, subscribe: MQTT topic filters; None: everything.
    """

    name: str
    password: str | None
    publish: tuple[str, ...] | None = None
    subscribe: tuple[str, ...] | None = None


def device_user(name: str, password: str | None, township: str, device: str) -> User:
    """Return the account of one machine: its own topics only, up to send and down to hear.

    Raises:
        ConfigError: township or device is not a plain level; a wildcard would open all.
    """
    if not _NAME.match(township) or not _NAME.match(device):
        raise ConfigError(f"expected a plain township and device, found {township!r}, {device!r}")
    return User(
        name=name,
        password=password,
        publish=tuple(topics.filters("up", township, device)),
        subscribe=tuple(topics.filters("down", township, device)),
    )


class Settings(Struct, frozen=True, kw_only=True):
    """All that `render` needs."""

    listen: str
    port: int
    store_dir: Path
    log_file: Path
    users: tuple[User, ...]
    tls: Credentials | None = None
    max_payload_bytes: int = MAX_PAYLOAD_BYTES
    window: int = WINDOW


def render(settings: Settings) -> str:
    """Return the configuration file.

    Raises:
        ConfigError: no account, one account twice, or a name, password or filter not allowed.
    """
    names = [user.name for user in settings.users]
    if not names or len(set(names)) != len(names):
        raise ConfigError(f"expected broker accounts, each name once, found {names}")
    mapped = settings.tls is not None
    if any((user.password is None) != mapped for user in settings.users):
        raise ConfigError("expected certificates or passwords for all broker accounts, found both")
    accounts = "\n".join(_account(user) for user in settings.users)
    return f"""server_name: "sealkeeper"
# The broker's own protocol cannot be switched off: any free port, and no account may use it.
listen: "127.0.0.1:-1"
log_file: {_text(settings.log_file)}
logfile_size_limit: 4MB
logfile_max_num: 3
max_payload: {settings.max_payload_bytes}
jetstream {{
  store_dir: {_text(settings.store_dir)}
  max_memory_store: 64MB
  limits {{ default_max_consumers: {MAX_CONSUMERS} }}
}}
mqtt {{
  listen: {_text(f"{settings.listen}:{settings.port}")}
  max_ack_pending: {settings.window}
{_tls(settings.tls)}}}
authorization {{
  users: [
{accounts}
  ]
}}
"""


def _tls(tls: Credentials | None) -> str:
    if tls is None:
        return ""
    return f"""  tls {{
    cert_file: {_text(tls.cert)}
    key_file: {_text(tls.key)}
    ca_file: {_text(tls.ca)}
    verify_and_map: true
    min_version: "1.2"
    timeout: {HANDSHAKE_S}
  }}
"""


def _account(user: User) -> str:
    if not _NAME.match(user.name):
        raise ConfigError(f"expected a broker account of letters, digits, - and _: {user.name!r}")
    if user.password is not None and not _PASSWORD.match(user.password):
        raise ConfigError(
            f"expected 16 to 200 printable ASCII characters as password of {user.name}"
        )
    rights: list[str] = []
    if user.publish is not None:
        rights.append(f"publish: {{ allow: {_subjects(user.publish)} }}")
    if user.subscribe is not None:
        # QoS 1 messages reach the client through an inner subject of the broker.
        rights.append(f"subscribe: {{ allow: {_subjects(user.subscribe, '$MQTT.sub.>')} }}")
    # With `verify_and_map` the account is the certificate's subject.
    fields = (
        [f"user: {_text(f'CN={user.name}')}"]
        if user.password is None
        else [f"user: {_text(user.name)}", f"password: {_text(user.password)}"]
    )
    fields.append('allowed_connection_types: ["MQTT"]')
    if rights:
        fields.append(f"permissions: {{ {', '.join(rights)} }}")
    return f"    {{ {', '.join(fields)} }}"


def _subjects(filters: tuple[str, ...], *inner: str) -> str:
    """Turn MQTT filters into a list of subjects; `v/#` needs both `v` and `v.>`."""
    subjects: list[str] = []
    for topic_filter in filters:
        levels = topic_filter.split("/")
        deep = levels[-1] == "#"
        kept = levels[:-1] if deep else levels
        if not kept or not all(level == "+" or _LEVEL.match(level) for level in kept):
            raise ConfigError(f"expected an MQTT filter of plain levels, found {topic_filter!r}")
        subject = ".".join("*" if level == "+" else level for level in kept)
        subjects += [subject, f"{subject}.>"] if deep else [subject]
    return json.dumps([*subjects, *inner])


def _text(value: object) -> str:
    return json.dumps(str(value))
