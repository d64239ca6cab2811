"""A seal was used outside the working hours of its year's calendar: looked at, never blocked."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.desk import workdays
from gateway.stores import History
from gateway.stores.calendar import local_time
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import SealUse

CODE = "off-hours"
TITLE = "非工作时间用印"
BASIS = "国办发〔2001〕52号：用印须按规定登记、审批；工作时间以乡镇发布的日历为准"
SEVERITY: Severity = "yellow"
KINDS = frozenset({"use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`enabled`: some townships serve at all hours."""

    enabled: bool = True


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert for each machine and day; a year without a released calendar has none."""
    if entry is None or not isinstance(entry.body, SealUse) or not options.enabled:
        return
    at_ms = entry.position.at_ms
    moment = local_time(at_ms)
    calendar = workdays.in_force(history.calendars(), moment.year)
    if calendar is None or workdays.within_hours(calendar, at_ms):
        return
    yield Alert(
        code=CODE,
        severity=SEVERITY,
        machine=entry.machine,
        entry=entry.sha256,
        finding=Finding(key="finding.off-hours", values={"at_ms": at_ms}),
        key=f"{CODE}/{entry.machine}/{moment.date().isoformat()}",
    )
