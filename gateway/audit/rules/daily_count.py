"""A seal's strokes, its entries and the impressions on its photos do not agree on a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from gateway.audit.days import last_days, reckoned
from gateway.audit.reckoning import Day, Difference, Kind, written_ms
from gateway.stores import History
from gateway.stores.calendar import local_date
from gateway.stores.views import Alert, Finding, Severity, StoredEntry
from ledger.records import Heartbeat, Start

CODE = "daily-count"
TITLE = "每日三数不符"
BASIS = "机器压下、用印记录、照片上的印迹，三个数每日核对一致"
SEVERITY: Severity = "red"
KINDS = frozenset({"heartbeat", "start"})

_SEVERITIES: dict[Kind, Severity] = {
    "unrecorded": "red",
    "surplus": "red",
    "unseen": "yellow",
    "unmade": "yellow",
}
_NAMED = 5  # entries that the sentence names


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`days`: how many days back what comes late is still judged anew by itself."""

    days: int = 7


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield an alert for each machine, seal, day and way of differing; looks at a machine's first
    sign of life on a day, when all of the days before has come."""
    if entry is None or not isinstance(entry.body, Heartbeat | Start):
        return
    if not _is_first_of_its_day(entry, history):
        return
    heard_ms = written_ms(entry)
    days = last_days(heard_ms, options.days + 1)[:-1]
    for seal in _seals(entry, history) if days else ():
        for day in reckoned(history, entry.machine, seal, days, (history.now_ms, heard_ms)):
            yield from _alerts(entry.machine, day, history)


def _is_first_of_its_day(entry: StoredEntry, history: History) -> bool:
    """Tell whether the machine's last sign of life lies on an earlier day; its first has none."""
    today = local_date(written_ms(entry))
    before = history.previous(entry)
    while before is not None and local_date(written_ms(before)) == today:
        if before.kind in KINDS:
            return False
        before = history.previous(before)
    return before is not None


def _seals(entry: StoredEntry, history: History) -> tuple[str, ...]:
    """Return the seals that the gateway or the machine knows in it."""
    assert isinstance(entry.body, Heartbeat | Start)
    known = history.machine(entry.machine)
    return tuple(sorted({*entry.body.strokes, *(known.seals if known is not None else ())}))


def _alerts(machine: str, day: Day, history: History) -> Iterator[Alert]:
    kinds = dict.fromkeys(one.kind for one in day.differences)
    for kind in kinds:
        found = [one for one in day.differences if one.kind == kind]
        by = sum(one.by for one in found)
        yield Alert(
            code=CODE,
            severity=_SEVERITIES[kind],
            machine=machine,
            entry=found[-1].entry,
            finding=Finding(
                key=f"finding.daily-count.{kind}",
                values={
                    "day": day.day,
                    "seal": day.seal,
                    "strokes": day.strokes,
                    "entries": day.entries,
                    "photographed": day.photographed,
                    "seen": day.seen,
                    "by": by,
                    "where": _where(found),
                },
            ),
            key=_key(f"{CODE}/{machine}/{day.seal}/{day.day}/{kind}", by, history),
        )


def _key(key: str, by: int, history: History) -> str:
    """Return the key of an alert: another one where more differs than was told under the first."""
    told = history.alert_keyed(key)
    before = by if told is None or told.finding is None else int(told.finding.values["by"])
    return key if by <= before else f"{key}/{by}"


def _where(found: Iterable[Difference]) -> str:
    """Return the entries by index, the first few of them."""
    indexes = sorted({index for one in found for index in one.indexes})
    return "、".join(map(str, indexes[:_NAMED])) + (" …" if len(indexes) > _NAMED else "")
