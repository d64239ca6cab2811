"""Alerts and cases: what fired, who took it up, what they wrote down."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from gateway.audit.alerts import find as find_rules
from gateway.audit.cases import CaseEvent, moves
from gateway.commands import AssignCase, CloseCase, NoteCase, OpenCase
from gateway.commands_audit import AnswerAlert
from gateway.desk.access import Action
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Reader
from gateway.stores.answered import AnswerWord
from gateway.stores.views import AlertView, CaseView
from gateway.web.console import precision
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.pages import page, see_other

PAGE_SIZE = 30
SCAN = 200  # alerts read at once while looking for those of one rule
MOST_AT_ONCE = 100

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_ALERTS))]
Handler = Annotated[Visitor, Depends(AllowChange(Action.HANDLE_CASES))]
Short = Annotated[str, Query(max_length=60)]
Note = Annotated[str, Form(max_length=1000)]


@router.get("/alerts")
def alerts(
    request: Request,
    visitor: Looker,
    show: Short = "active",
    severity: Short = "",
    machine: Short = "",
    code: Short = "",
    before: Number | None = None,
) -> Response:
    """Alerts, newest first; `show` `active` leaves out those that somebody has taken up,
    `unanswered` those of which an auditor has said whether they were right."""
    chosen = {"show": show, "severity": severity, "machine": machine, "code": code}
    with site_of(request).port.reader() as reader:
        found = select(reader, chosen, before)
        return page(
            request,
            reader,
            visitor,
            "alerts.html",
            "alerts",
            alerts=found[:PAGE_SIZE],
            older=found[PAGE_SIZE - 1].index if len(found) > PAGE_SIZE else None,
            chosen=chosen,
            query=urlencode({name: value for name, value in chosen.items() if value}),
            codes=sorted({module.CODE for module in find_rules().values()}),
            machines=reader.machines(),
            cases={one.case: one for one in reader.cases()},
        )


@router.post("/alerts")
def open_cases(
    request: Request,
    visitor: Handler,
    alert: Annotated[list[str], Form(max_length=MOST_AT_ONCE)] = [],  # noqa: B006  FastAPI copies it
    note: Note = "",
) -> Response:
    """Open a case on each marked alert, with one note for all."""
    if not alert:
        raise RequestRefusedError("nothing-marked", "expected marked alerts, found none")
    _demand(note)
    site = site_of(request)
    for one in alert:
        site.order(OpenCase(by=visitor.account.account, alert=one, note=note.strip()))
    return see_other("/alerts?done=case-opened")


@router.get("/alerts/{alert_id}")
def show_alert(request: Request, visitor: Looker, alert_id: str) -> Response:
    """One alert with its rule, finding and case."""
    with site_of(request).port.reader() as reader:
        alert = reader.alert(alert_id)
        if alert is None:
            raise NotFoundError(f"expected an alert, found none named {alert_id[:64]}")
        case = reader.case(alert.case) if alert.case else None
        figures = precision.figures(reader, "days-90", site_of(request).port.now_ms())
        return page(
            request,
            reader,
            visitor,
            "alert.html",
            "alerts",
            alert=alert,
            rule=next((m for m in find_rules().values() if alert.code == m.CODE), None),
            entry=reader.entry(alert.entry) if alert.entry else None,
            machines=reader.machines(),
            figure=next((one for one in figures.rules if one.rule == alert.code), None),
            **_case_values(reader, case),
        )


@router.post("/alerts/{alert_id}/answer")
def answer_alert(
    request: Request,
    visitor: Handler,
    alert_id: str,
    answer: Annotated[AnswerWord, Form()],
    words: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Say whether an alert was right; the newest answer counts."""
    command = AnswerAlert(by=visitor.account.account, alert=alert_id, answer=answer, text=words)
    site_of(request).order(command)
    return see_other(f"/alerts/{alert_id}?done=alert-answered")


@router.post("/alerts/{alert_id}/open")
def open_case(request: Request, visitor: Handler, alert_id: str, note: Note = "") -> Response:
    """Take up an alert: say what it is about."""
    _demand(note)
    site_of(request).order(OpenCase(by=visitor.account.account, alert=alert_id, note=note.strip()))
    return see_other(f"/alerts/{alert_id}?done=case-opened")


@router.post("/cases/{case_id}/assign")
def assign(
    request: Request, visitor: Handler, case_id: str, to: Annotated[str, Form(max_length=60)]
) -> Response:
    """Charge a named person with the investigation."""
    site = site_of(request)
    alert = _alert_of(request, case_id)
    site.order(AssignCase(by=visitor.account.account, case=case_id, to=to))
    return see_other(f"/alerts/{alert}?done=case-assigned")


@router.post("/cases/{case_id}/note")
def note_case(request: Request, visitor: Handler, case_id: str, note: Note = "") -> Response:
    """Write down what was found."""
    _demand(note)
    alert = _alert_of(request, case_id)
    site_of(request).order(NoteCase(by=visitor.account.account, case=case_id, note=note.strip()))
    return see_other(f"/alerts/{alert}?done=case-noted")


@router.post("/cases/{case_id}/close")
def close_case(
    request: Request,
    visitor: Handler,
    case_id: str,
    note: Note = "",
    publish: Annotated[bool, Form()] = False,
) -> Response:
    """End a case: say what came of it, and whether the public may know what it was about."""
    _demand(note)
    alert = _alert_of(request, case_id)
    command = CloseCase(
        by=visitor.account.account, case=case_id, note=note.strip(), publish=publish
    )
    site_of(request).order(command)
    return see_other(f"/alerts/{alert}?done=case-closed")


def select(reader: Reader, chosen: dict[str, str], before: int | None) -> list[AlertView]:
    """Return one page of alerts and one more, if there is one."""
    severity = chosen["severity"] if chosen["severity"] in ("yellow", "red") else None
    found: list[AlertView] = []
    while len(found) <= PAGE_SIZE:
        some = reader.alerts(
            severity,
            chosen["machine"] or None,
            chosen["show"] == "active",
            before=before,
            limit=SCAN,
            without_answer=chosen["show"] == "unanswered",
        )
        found += [one for one in some if chosen["code"] in ("", one.code)]
        if len(some) < SCAN:
            break
        before = some[-1].index
    return found[: PAGE_SIZE + 1]


def _case_values(reader: Reader, case: CaseView | None) -> dict[str, Any]:
    allowed = moves([step.step for step in case.steps] if case else [])
    accounts = reader.accounts()
    return {
        "case": case,
        "can": {event.value: event in allowed for event in CaseEvent},
        "auditors": [one for one in accounts if "auditor" in one.offices],
        "people": {one.account: one.name for one in accounts},
    }


def _alert_of(request: Request, case_id: str) -> str:
    with site_of(request).port.reader() as reader:
        case = reader.case(case_id)
    if case is None:
        raise NotFoundError(f"expected a case, found none named {case_id[:64]}")
    return case.alert


def _demand(note: str) -> None:
    if not note.strip():
        raise RequestRefusedError("note-missing", "expected a note, found none")
