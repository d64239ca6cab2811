"""Retention: how long values and photos are kept, what is due, and erasing by two persons."""

from __future__ import annotations

import re
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway.commands import AskDue, AskErasure, AskPolicy, ConfirmErasure, ConfirmPolicy
from gateway.desk import retention
from gateway.desk.access import Action
from gateway.desk.retention import ASKED_DAYS, DAY_MS
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Reader
from gateway.web.console.entries import find
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other
from ledger.records_retention import Cause, What

SHOWN = 200  # due entries of one month on its page
MOST_AT_ONCE = 100
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_RETENTION))]
Eraser = Annotated[Visitor, Depends(AllowChange(Action.ERASE))]
Years = Annotated[int, Form(ge=1, le=100)]


@router.get("/retention")
def overview(request: Request, visitor: Looker) -> Response:
    """The periods in force, what waits for a second person, and what is due, by month."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        kept = retention.years(reader.policy())
        limits = retention.cutoffs(kept, now_ms)
        return page(
            request,
            reader,
            visitor,
            "retention.html",
            "retention",
            kept=kept,
            policies=reader.asked_policies(),
            asked=reader.erasures_asked(now_ms - ASKED_DAYS * DAY_MS),
            months=reader.due_months(limits.openings_before_ms, limits.photos_before_ms),
            limits=limits,
            mine=mine(reader, visitor),
            people={one.account: one.name for one in reader.accounts()},
        )


@router.get("/retention/months/{month}")
def one_month(request: Request, visitor: Looker, month: str) -> Response:
    """What is due of one month, with why something cannot be erased yet."""
    if not MONTH.fullmatch(month):
        raise NotFoundError(f"expected a month as YYYY-MM, found {month[:20]!r}")
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        limits = retention.cutoffs(retention.years(reader.policy()), now_ms)
        due = reader.due(limits.openings_before_ms, limits.photos_before_ms, month, limit=SHOWN + 1)
        return page(
            request,
            reader,
            visitor,
            "month.html",
            "retention",
            month=month,
            rows=[
                (one, retention.what_is_due(one), _state(reader, one.sha256, now_ms))
                for one in due[:SHOWN]
            ],
            more=len(due) > SHOWN,
        )


@router.post("/retention/months/{month}")
def ask_month(request: Request, visitor: Eraser, month: str) -> Response:
    """Ask for all that is due of a month; another person has to confirm."""
    site_of(request).order(AskDue(by=visitor.account.account, month=month))
    return see_other("/retention?done=erasure-asked")


@router.post("/retention/erasures")
def confirm(
    request: Request,
    visitor: Eraser,
    asked: Annotated[list[str], Form(max_length=MOST_AT_ONCE)] = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """Confirm what others asked for: it is erased now."""
    if not asked:
        raise RequestRefusedError("nothing-marked", "expected marked erasures, found none")
    site = site_of(request)
    for one in asked:
        site.order(ConfirmErasure(by=visitor.account.account, asked=one))
    return see_other("/retention?done=erased")


@router.post("/retention/policy")
def ask_policy(
    request: Request, visitor: Eraser, openings_years: Years, photos_years: Years
) -> Response:
    """Ask for other periods; another person has to confirm."""
    command = AskPolicy(
        by=visitor.account.account, openings_years=openings_years, photos_years=photos_years
    )
    site_of(request).order(command)
    return see_other("/retention?done=policy-asked")


@router.post("/retention/policy/{asked}")
def confirm_policy(request: Request, visitor: Eraser, asked: str) -> Response:
    """Confirm the periods that another person asked for."""
    site_of(request).order(ConfirmPolicy(by=visitor.account.account, asked=asked))
    return see_other("/retention?done=policy-set")


@router.post("/log/{entry_id}/erasure")
def ask(
    request: Request,
    visitor: Eraser,
    entry_id: str,
    what: Annotated[str, Form(max_length=20)],
    cause: Annotated[str, Form(max_length=20)],
    whole: Annotated[bool, Form()] = False,
) -> Response:
    """Ask that an entry's values or photos be erased, or its whole affair's; another person has
    to confirm."""
    if what not in get_args(What) or cause not in get_args(Cause):
        raise RequestRefusedError(
            "bad-request", f"expected what and why to erase, found {what!r} and {cause!r}"
        )
    site = site_of(request)
    with site.port.reader() as reader:
        entry = find(reader, entry_id, visitor).entry
    site.order(
        AskErasure(
            by=visitor.account.account,
            entry=entry.sha256,
            what=what,  # type: ignore[arg-type]  # compared above
            cause=cause,  # type: ignore[arg-type]  # compared above
            whole=whole,
        )
    )
    return see_other(f"/log/{entry.index}?done=erasure-asked")


def mine(reader: Reader, visitor: Visitor) -> frozenset[str]:
    """Return all accounts of the visitor's person: what they asked for others must confirm."""
    person = visitor.account.person
    return frozenset(one.account for one in reader.accounts() if one.person == person)


def _state(reader: Reader, sha256: str, now_ms: int) -> str:
    """Return why an entry that is due is not asked for yet, as a reason code, or ""."""
    since_ms = now_ms - ASKED_DAYS * DAY_MS
    if any(one.done_index is None and one.asked_ms >= since_ms for one in reader.erasures(sha256)):
        return "asked-already"
    entry = reader.entry(sha256)
    assert entry is not None, f"{sha256} is due and not in the log"
    return retention.needed_for(reader, entry, "both", now_ms) or ""
