"""Settings of the messages that tell approvers that something waits; see docs/notify.md."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta, structs

from gateway.desk.policy import APPROVING
from gateway.errors import ConfigError
from gateway.toml import Table
from ledger.records import DivisionCode

Name = Annotated[str, Meta(min_length=1, max_length=60)]
ConsoleUrl = Annotated[str, Meta(pattern=r"^https?://[a-z0-9.:-]+\Z")]
Seconds = Annotated[int, Meta(ge=10, le=3600)]
PerMinute = Annotated[int, Meta(ge=1, le=60)]


class ChannelConfig(Table, frozen=True, kw_only=True):
    """One robot or mailbox.

    Args:
        name: what staff call it.
        url_file: file with an Apprise URL, such as `dingtalk://...`; it is a secret.
        offices: for whom; empty: for all that approve.
        villages: division codes; empty: all.
        per_minute: the robot's own limit; DingTalk and WeCom allow 20.
    """

    name: Name
    url_file: Path
    offices: tuple[str, ...] = ()
    villages: tuple[DivisionCode, ...] = ()
    per_minute: PerMinute = 20


class NotifyConfig(Table, frozen=True, kw_only=True):
    """Whom to tell, and where the console is reached from their phones.

    Args:
        link: address of the console.
        every_s: what came meanwhile is told in one message.
    """

    link: ConsoleUrl
    every_s: Seconds = 60
    channel: tuple[ChannelConfig, ...]


def absolute(config: NotifyConfig | None, folder: Path) -> NotifyConfig | None:
    """Return the settings with the paths of a file in `folder` made absolute.

    Raises:
        ConfigError: an office that approves nothing.
    """
    if config is None:
        return None
    for one in config.channel:
        unknown = sorted(set(one.offices) - set(APPROVING))
        if unknown:
            raise ConfigError(
                f"notify.channel.{one.name}.offices: expected some of {', '.join(APPROVING)}, "
                f"found {', '.join(unknown)}"
            )
    channels = tuple(structs.replace(one, url_file=folder / one.url_file) for one in config.channel)
    return structs.replace(config, channel=channels)
