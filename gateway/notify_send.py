"""Sending: one message to one robot or mailbox, by Apprise (extra `notify`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway.errors import ConfigError, GatewayError
from ledger.errors import LedgerError
from ledger.signers import keyfile

Send = Callable[[str, str, str], None]
"""Sends title and text to an address; raises NotifyError."""


class NotifyError(GatewayError):
    """A robot or mailbox could not be reached, or refused the message."""

    code = "notify"
    hint = "Look at the robot's settings and at the line; requests wait on the console as always."


def address_of(path: Path) -> str:
    """Return the address in a secret file.

    Raises:
        ConfigError: missing, readable by others, or no address that Apprise knows.
    """
    try:
        address = keyfile.read_private(path).decode("ascii").strip()
    except (LedgerError, UnicodeDecodeError) as error:
        raise ConfigError(f"notify: {error}") from error
    if _robot(address) is None:
        raise ConfigError(f"expected an Apprise URL in {path}, found something else")
    return address


def kind_of(address: str) -> str:
    """Return what kind of channel an address names; nothing of the rest, which is a secret."""
    return address.partition(":")[0][:20]


def send(address: str, title: str, text: str) -> None:
    """Send one message.

    Raises:
        NotifyError: it was not taken.
    """
    robot = _robot(address)
    try:
        taken = robot is not None and bool(robot.notify(title=title, body=text))  # type: ignore[attr-defined]
    except Exception as error:  # plugins of many hands; none of them may end our thread
        raise NotifyError(f"expected {kind_of(address)} to take a message: {error}") from error
    if not taken:
        raise NotifyError(f"expected {kind_of(address)} to take a message, found it refused")


def _robot(address: str) -> object | None:
    """Return the Apprise object of one address; None: it is none."""
    try:
        import apprise  # an extra, and slow to import
    except ImportError as error:
        raise ConfigError(
            "expected the package apprise for [notify], found none: install sealkeeper[notify]"
        ) from error
    asset = apprise.AppriseAsset(
        app_id="sealkeeper", app_desc="sealkeeper", app_url="", async_mode=False
    )
    robot = apprise.Apprise(asset=asset)
    return robot if robot.add(address) else None
