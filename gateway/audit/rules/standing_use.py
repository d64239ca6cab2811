"""A use that its standing permit does not cover: too many that day, or no request of its own.

The intent says when it was, and for which request; a use that names none cannot be covered.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gateway.audit.breaches import breach
from gateway.audit.persons import person_of
from gateway.stores import History
from gateway.stores.views import Alert, LogFilter, PermitView, Severity, StoredEntry
from ledger.days import local_date
from ledger.records import Intent, SealRequest, SealUse

CODE = "standing-use"
TITLE = "常备许可超范围用印"
BASIS = "国办发〔2001〕52号：用印须在批准的范围和份数内"
SEVERITY: Severity = "red"
KINDS = frozenset({"use"})


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def check(entry: StoredEntry | None, history: History, options: Options) -> Iterator[Alert]:
    """Yield one alert for each bound of its standing permit that a use breaks."""
    if entry is None or not isinstance(entry.body, SealUse):
        return
    permit = history.permit(entry.body.permit)
    if permit is None or permit.per_day is None:
        return
    intent = history.entry(entry.body.intent)
    if intent is None or not isinstance(intent.body, Intent):
        yield breach(entry, CODE, "intent", permit=permit.permit)
    else:
        yield from _of_day(entry, intent, permit, permit.per_day, history)
        yield from _of_request(entry, entry.body.n, intent.body, permit, history)
    if _agreed(entry.body.operator, permit, history):
        yield breach(entry, CODE, "agreed", permit=permit.permit, operator=entry.body.operator)


def _of_day(
    entry: StoredEntry, intent: StoredEntry, permit: PermitView, per_day: int, history: History
) -> Iterator[Alert]:
    day = local_date(intent.position.at_ms)
    made = _made_on(day, permit, per_day, entry, history)
    if made > per_day:
        yield breach(entry, CODE, "day", permit=permit.permit, day=day, allowed=per_day, made=made)


def _of_request(
    entry: StoredEntry, n: int, intent: Intent, permit: PermitView, history: History
) -> Iterator[Alert]:
    request = None if intent.request is None else history.entry(intent.request)
    asked = None if request is None else request.body
    if not isinstance(asked, SealRequest) or asked.permit != permit.permit:
        yield breach(entry, CODE, "request", permit=permit.permit)
    elif n > asked.copies:
        yield breach(entry, CODE, "copies", permit=permit.permit, allowed=asked.copies, made=n)


def _made_on(
    day: str, permit: PermitView, per_day: int, entry: StoredEntry, history: History
) -> int:
    """Return how many uses of a day there are up to this one; counting ends past the bound."""
    which = LogFilter(kinds=(SealUse.kind,), permit=permit.permit)
    uses = history.entries(which, before=entry.index + 1, limit=per_day + 1)
    intents = (history.entry(one.body.intent) for one in uses if isinstance(one.body, SealUse))
    return sum(one is not None and local_date(one.position.at_ms) == day for one in intents)


def _agreed(operator: str, permit: PermitView, history: History) -> bool:
    """Tell whether the person who pressed had drafted or released the permit."""
    agreed = history.standing_permit(permit.permit)
    if agreed is None:
        return False
    names = (agreed.by, agreed.released_by or agreed.by)
    return person_of(operator, history) in {person_of(one, history) for one in names}
