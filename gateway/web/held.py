"""Held: which version of its village's items list each machine says that it answers with."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gateway.stores import Reader
from gateway.stores.calendar import local_date
from gateway.stores.views import ListView, MachineView
from gateway.web.render import day_start_ms

State = Literal["confirmed", "behind", "silent"]


class Held(Struct, frozen=True, kw_only=True):
    """What a machine holds; `state` compares it with what was sent last.

    Args:
        version, sent_ms: of the list that it names in its last heartbeat; None: it named none.
        said_ms: when that heartbeat came, by the machine's clock.
    """

    machine: MachineView
    version: int | None
    sent_ms: int | None
    said_ms: int | None
    state: State


def held(reader: Reader, machines: tuple[MachineView, ...], now_ms: int) -> tuple[Held, ...]:
    """Return what these machines hold, in their order."""
    releases = reader.lists()
    newest = max((one.version for one in releases), default=0)
    since_ms = _changed_ms(releases, now_ms)
    return tuple(_held(one, newest, since_ms) for one in machines)


def _changed_ms(releases: tuple[ListView, ...], now_ms: int) -> int:
    """Return when what applies changed last: on the first day of some list, if that has come."""
    today = local_date(now_ms)
    days = [day_start_ms(one.from_date) or 0 for one in releases if one.from_date <= today]
    return max(days, default=0)


def _held(machine: MachineView, newest: int, since_ms: int) -> Held:
    beat = machine.heartbeat
    version = None if beat is None else beat.list_version
    sent_ms = None if beat is None else beat.list_at_ms
    state: State = "silent"
    if version is not None:
        is_new = version >= newest and (sent_ms or 0) >= since_ms
        state = "confirmed" if is_new else "behind"
    return Held(
        machine=machine,
        version=version,
        sent_ms=sent_ms,
        said_ms=machine.heartbeat_ms,
        state=state,
    )
