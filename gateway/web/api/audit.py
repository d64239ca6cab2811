"""Alerts, cases and holds as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from msgspec import Struct
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.audit.precision import Precision, Span
from gateway.commands import AssignCase, CloseCase, NoteCase, OpenCase, ReleaseHold
from gateway.commands_audit import AnswerAlert
from gateway.desk.access import Action
from gateway.errors import NotFoundError
from gateway.stores.answered import AnswerWord
from gateway.stores.views import AlertView, CaseView, HoldView, Trouble
from gateway.web.api.answers import Index, answer, documented
from gateway.web.console import precision
from gateway.web.console.holds import MOST_COUNTED
from gateway.web.identity import Allow, AllowOrder, Visitor, site_of
from gateway.web.numbers import Number

router = APIRouter(tags=["audit"])
AlertLooker = Annotated[Visitor, Depends(Allow(Action.READ_ALERTS))]
Handler = Annotated[Visitor, Depends(AllowOrder(Action.HANDLE_CASES))]
Anybody = Annotated[Visitor, Depends(Allow(Action.READ_PRECISION))]
HoldLooker = Annotated[Visitor, Depends(Allow(Action.READ_HOLDS))]
Releaser = Annotated[Visitor, Depends(AllowOrder(Action.RELEASE_HOLD))]
Limit = Annotated[int, Query(ge=1, le=200)]


class CaseId(Struct, frozen=True):
    """The case that was opened."""

    case: str


class Note(BaseModel):
    """What a person has to say."""

    note: Annotated[str, Field(min_length=1, max_length=1000)]


class Closing(Note):
    """What came of it; `publish`: the public may know what the alert was about."""

    publish: bool = False


class NewCase(Note):
    """An alert to take up."""

    alert: Annotated[str, Field(max_length=64)]


class Answering(BaseModel):
    """Whether an alert was right, and in a few words why."""

    answer: AnswerWord
    text: Annotated[str, Field(max_length=200)] = ""


class Assignment(BaseModel):
    """Who shall investigate (an account)."""

    to: Annotated[str, Field(max_length=60)]


class Counted(BaseModel):
    """How many impressions this person counted."""

    impressions: Annotated[int, Field(ge=0, le=MOST_COUNTED)]


@router.get("/alerts", responses=documented(tuple[AlertView, ...]))
def alerts(
    request: Request,
    visitor: AlertLooker,
    severity: Literal["yellow", "red"] | None = None,
    machine: Annotated[str | None, Query(max_length=40)] = None,
    without_case: bool = False,
    before: Number | None = None,
    limit: Limit = 50,
    without_answer: bool = False,
) -> Response:
    """Alerts, newest first; go on with `before` = the last index."""
    with site_of(request).port.reader() as reader:
        found = reader.alerts(severity, machine, without_case, before, limit, without_answer)
        return answer(found)


@router.get("/alerts/{alert_id}", responses=documented(AlertView))
def alert(request: Request, visitor: AlertLooker, alert_id: str) -> Response:
    """One alert."""
    with site_of(request).port.reader() as reader:
        found = reader.alert(alert_id)
    if found is None:
        raise NotFoundError(f"expected an alert, found none named {alert_id[:64]}")
    return answer(found)


@router.post("/alerts/{alert_id}/answer", responses=documented(Index))
def answer_alert(request: Request, visitor: Handler, alert_id: str, body: Answering) -> Response:
    """Say whether an alert was right; of several answers the newest counts."""
    index = site_of(request).order(
        AnswerAlert(by=visitor.account.account, alert=alert_id, answer=body.answer, text=body.text)
    )
    return answer({"index": index})


@router.get("/precision", responses=documented(Precision))
def rules_precision(request: Request, visitor: Anybody, span: Span = "days-90") -> Response:
    """How often each rule was right in a period that ends now, as far as auditors have said."""
    site = site_of(request)
    with site.port.reader() as reader:
        return answer(precision.figures(reader, span, site.port.now_ms()))


@router.get("/troubles", responses=documented(tuple[Trouble, ...]))
def troubles(
    request: Request, visitor: AlertLooker, before: Number | None = None, limit: Limit = 50
) -> Response:
    """What came and could not be taken; its bytes lie in quarantine."""
    with site_of(request).port.reader() as reader:
        return answer(reader.troubles(before=before, limit=limit))


@router.get("/cases", responses=documented(tuple[CaseView, ...]))
def cases(request: Request, visitor: AlertLooker) -> Response:
    """All cases."""
    with site_of(request).port.reader() as reader:
        return answer(reader.cases())


@router.get("/cases/{case_id}", responses=documented(CaseView))
def case(request: Request, visitor: AlertLooker, case_id: str) -> Response:
    """One case with its steps."""
    with site_of(request).port.reader() as reader:
        found = reader.case(case_id)
    if found is None:
        raise NotFoundError(f"expected a case, found none named {case_id[:64]}")
    return answer(found)


@router.post("/cases", responses=documented(CaseId))
def open_case(request: Request, visitor: Handler, body: NewCase) -> Response:
    """Open a case on an alert."""
    case_id = site_of(request).order(
        OpenCase(by=visitor.account.account, alert=body.alert, note=body.note.strip())
    )
    return answer({"case": case_id})


@router.post("/cases/{case_id}/assignment", status_code=204)
def assign(request: Request, visitor: Handler, case_id: str, body: Assignment) -> Response:
    """Charge a person with a case."""
    site_of(request).order(AssignCase(by=visitor.account.account, case=case_id, to=body.to))
    return Response(status_code=204)


@router.post("/cases/{case_id}/notes", status_code=204)
def note(request: Request, visitor: Handler, case_id: str, body: Note) -> Response:
    """Add a note to a case."""
    site_of(request).order(
        NoteCase(by=visitor.account.account, case=case_id, note=body.note.strip())
    )
    return Response(status_code=204)


@router.post("/cases/{case_id}/closing", status_code=204)
def close(request: Request, visitor: Handler, case_id: str, body: Closing) -> Response:
    """End a case with what came of it."""
    site_of(request).order(
        CloseCase(
            by=visitor.account.account,
            case=case_id,
            note=body.note.strip(),
            publish=body.publish,
        )
    )
    return Response(status_code=204)


@router.get("/holds", responses=documented(tuple[HoldView, ...]))
def holds(request: Request, visitor: HoldLooker, open_only: bool = True) -> Response:
    """Machines that wait for a person to count."""
    with site_of(request).port.reader() as reader:
        return answer(reader.holds(open_only))


@router.post("/holds/{hold_id}/release", responses=documented(Index))
def release(request: Request, visitor: Releaser, hold_id: str, body: Counted) -> Response:
    """Release a machine; the signed-in person answers for the count."""
    index = site_of(request).order(
        ReleaseHold(by=visitor.account.account, hold=hold_id, impressions=body.impressions)
    )
    return answer({"index": index})
