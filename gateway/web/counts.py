"""Counts: how much of what waits for this visitor; the badges of the menu and the home page."""

from __future__ import annotations

from msgspec import Struct

from gateway import orders_calendar, orders_lists
from gateway.desk.access import Action
from gateway.stores import Reader
from gateway.stores.views import LogFilter
from gateway.web.identity import Visitor

MOST = 100  # a badge says 99+ beyond this


class Counts(Struct, frozen=True, kw_only=True):
    """What waits; zero where the visitor's office has no part in it."""

    requests: int = 0
    drafts: int = 0
    lists: int = 0
    standing: int = 0
    calendars: int = 0
    holds: int = 0
    alerts: int = 0
    red_alerts: int = 0
    entries: int = 0


def counts(reader: Reader, visitor: Visitor) -> Counts:
    """Return what waits for this visitor."""
    alerts = visitor.may(Action.READ_ALERTS)
    return Counts(
        requests=len(
            reader.requests(
                "open", limit=MOST, machines=visitor.only_machines(Action.READ_REQUESTS)
            )
        )
        if visitor.may(Action.READ_REQUESTS)
        else 0,
        drafts=_drafts(reader, visitor) if visitor.may(Action.RELEASE_POLICY) else 0,
        lists=_list_drafts(reader, visitor) if visitor.may(Action.RELEASE_LIST) else 0,
        standing=_standing(reader, visitor) if visitor.may(Action.RELEASE_STANDING) else 0,
        calendars=_calendars(reader, visitor) if visitor.may(Action.RELEASE_CALENDAR) else 0,
        holds=len(reader.holds()) if visitor.may(Action.READ_HOLDS) else 0,
        alerts=len(reader.alerts(without_case=True, limit=MOST)) if alerts else 0,
        red_alerts=len(reader.alerts("red", without_case=True, limit=MOST)) if alerts else 0,
        entries=seen_entries(reader, visitor) if visitor.may(Action.READ_LOG) else 0,
    )


def seen_entries(reader: Reader, visitor: Visitor) -> int:
    """Return how many entries this visitor may read."""
    machines = visitor.only_machines(Action.READ_LOG)
    if machines is None:
        return reader.size()
    own = visitor.account.account
    return reader.count_entries(LogFilter(machines=machines, delegations_of=own))


def _drafts(reader: Reader, visitor: Visitor) -> int:
    """Return how many drafts of others nobody has released since the newest release."""
    policies = reader.approval_policies()
    newest = max((one.version for one in policies if one.released_index is not None), default=0)
    return sum(one.version > newest and one.by != visitor.account.account for one in policies)


def _list_drafts(reader: Reader, visitor: Visitor) -> int:
    """Return how many drafts of items lists of others nobody has released."""
    now_ms = _log_ms(reader)
    return sum(
        orders_lists.is_waiting(one, now_ms) and one.by != visitor.account.account
        for one in reader.list_drafts()
    )


def _standing(reader: Reader, visitor: Visitor) -> int:
    """Return how many standing permits that others drafted wait for a release."""
    return sum(
        one.released_index is None and one.by != visitor.account.account
        for one in reader.standing_permits()
    )


def _calendars(reader: Reader, visitor: Visitor) -> int:
    """Return how many drafts of calendars of others can still be released."""
    views, now_ms = reader.calendars(), _log_ms(reader)
    return sum(
        orders_calendar.is_waiting(one, views, now_ms) and one.content.by != visitor.account.account
        for one in views
    )


def _log_ms(reader: Reader) -> int:
    """Return when the newest entry came: near enough to now to tell drafts that have run out."""
    newest = reader.entries(limit=1)
    return newest[0].received_ms if newest else 0


def badge(number: int) -> str:
    """Return what a badge shows; nothing for zero."""
    if number == 0:
        return ""
    return str(number) if number < MOST else f"{MOST - 1}+"
