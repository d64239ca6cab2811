"""A machine has gone silent: nothing of it has come for longer than it may."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.stores import History
from gateway.stores.views import Alert, Finding, MachineView, Severity, StoredEntry

CODE = "not-delivered"
TITLE = "机器失联"
BASIS = "用印记录须及时送达；无消息也须说明原因"
SEVERITY: Severity = "yellow"
KINDS: frozenset[str] = frozenset()


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a machine may say nothing, in milliseconds.

    Args:
        offline_ms: while the broker does not see it either (switched off, no network).
        online_ms: while it is connected, so that at least heartbeats should come.
    """

    offline_ms: int = 24 * 60 * 60 * 1000
    online_ms: int = 60 * 60 * 1000


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert for each silence of a machine that has ever spoken."""
    if entry is not None:
        return
    for machine in history.machines():
        if machine.received_ms is None:
            continue
        patience_ms = options.online_ms if machine.online else options.offline_ms
        if history.now_ms - _since_ms(machine) > patience_ms:
            yield _alert(machine, machine.received_ms, history.now_ms)


def _since_ms(machine: MachineView) -> int:
    """Return since when silence counts: a fresh connection starts the wait again."""
    connected_ms = machine.online_changed_ms if machine.online else None
    return max(machine.received_ms or 0, connected_ms or 0)


def _alert(machine: MachineView, received_ms: int, now_ms: int) -> Alert:
    return Alert(
        code=CODE,
        severity=SEVERITY,
        machine=machine.machine,
        entry=None,
        finding=Finding(
            key="finding.not-delivered.online" if machine.online else "finding.not-delivered",
            values={
                "last_ms": received_ms,
                "hours": (now_ms - received_ms) // (60 * 60 * 1000),
                "waiting": machine.waiting,
            },
        ),
        key=f"{CODE}/{machine.machine}/{machine.epoch}/{machine.seq}",
    )
