"""ConsolePort: the gateway as its pages see it; pages read a store and submit commands."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from gateway.commands import Command
from gateway.config import DoorConfig, LogConfig, VillageConfig, WebConfig
from gateway.sample_worker import SealedSpecimen
from gateway.stores import Reader
from ledger.keys import KeyRing


class ChannelStatus(Struct, frozen=True, kw_only=True):
    """How a robot or mailbox does that tells approvers; times are UTC milliseconds.

    Args:
        kind: `dingtalk`, `mailto` ...
        last_ms: when it took a message last, in this run of the gateway.
        failing_since_ms: since when it takes none; None: it does.
    """

    name: str
    kind: str
    last_ms: int | None
    failing_since_ms: int | None
    failures: int


class ConsoleSettings(Protocol):
    """What the pages need to know of the configuration."""

    @property
    def domain(self) -> str:
        """`field`, or `sim` for a simulation."""
        ...

    @property
    def web(self) -> WebConfig:
        """The settings of the console."""
        ...

    @property
    def id(self) -> str:
        """The gateway's holder name in its key records."""
        ...

    @property
    def door(self) -> DoorConfig:
        """The settings of enrolment."""
        ...

    @property
    def log(self) -> LogConfig:
        """The settings of the public log."""
        ...

    @property
    def window(self) -> str:
        """The township's office where people are helped."""
        ...

    @property
    def window_phone(self) -> str:
        """Its telephone number."""
        ...

    @property
    def villages(self) -> tuple[VillageConfig, ...]:
        """The villages of the township."""
        ...

    @property
    def township(self) -> str:
        """The township's 12-digit division code."""
        ...

    @property
    def township_name(self) -> str:
        """The township's name as staff call it."""
        ...


class ConsolePort(Protocol):
    """What the console may ask of the running gateway; callable from any thread."""

    @property
    def config(self) -> ConsoleSettings:
        """Return the settings that pages show."""
        ...

    @property
    def keyring(self) -> KeyRing:
        """Return the keys that this gateway trusts, to verify again on view."""
        ...

    def reader(self) -> AbstractContextManager[Reader]:
        """Give a snapshot of the store to read from, as `Store.reader` does."""
        ...

    def submit(self, command: Command) -> Future[object]:
        """Hand a command to the writer; the Future raises GatewayError on refusal."""
        ...

    def issue_code(self, machine: str, by: str) -> str:
        """Return a new one-time code for a machine's enrolment, whose entry stands; it is not kept.

        Raises:
            GatewayError: no such machine, or nothing can be enrolled in this log.
        """
        ...

    def cut_out(self, sample: str) -> Future[SealedSpecimen]:
        """Ask for what may be registered from an imprint sample (the hash of its entry).

        The Future raises GatewayError where there is no such photo, or it gives nothing.
        """
        ...

    def channels(self) -> tuple[ChannelStatus, ...]:
        """Return how the messages to approvers do; empty: none are configured."""
        ...

    def now_ms(self) -> int:
        """Return the gateway's time, UTC milliseconds."""
        ...

    def photo(self, sealed_sha256: str) -> bytes | None:
        """Return the decrypted JPEG, checked against both hashes; None if it is not here."""
        ...
