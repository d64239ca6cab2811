"""Policy: what is in force, drafts that wait for a second person, and what a request would need."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, UploadFile
from starlette.responses import Response

from gateway.commands import DraftPolicy, ReleasePolicy
from gateway.desk import policy_file
from gateway.desk.access import Action
from gateway.desk.policy import ApprovalPolicy
from gateway.desk.policy_table import PolicyFileError
from gateway.desk.standing import content_of, in_force, written
from gateway.desk.trial import Trial, attempt
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.orders_policy import is_waiting
from gateway.stores import Reader
from gateway.stores.calendar import local_date
from gateway.stores.views import VillageView
from gateway.web.console.imports import unpacked
from gateway.web.console.retention import mine
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.pages import page, see_other

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_POLICY))]
Drafter = Annotated[Visitor, Depends(AllowChange(Action.DRAFT_POLICY))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.RELEASE_POLICY))]
Words = Annotated[str, Query(max_length=80)]
Day = Annotated[str, Form(pattern=r"^\d{4}-\d{2}-\d{2}$")]


@router.get("/policy")
def show(
    request: Request,
    visitor: Looker,
    village: Words = "",
    matter: Words = "",
    amount: Words = "",
    payee: Words = "",
) -> Response:
    """The policy in force, the drafts, and the answer to what is asked for (`matter`)."""
    tried: Trial | None = None
    with site_of(request).port.reader() as reader:
        now_ms = site_of(request).port.now_ms()
        if matter.strip():
            tried = _try(reader, visitor, village, matter.strip(), amount.strip(), payee, now_ms)
        return _page(
            request, reader, visitor, tried=tried, village=village, matter=matter, amount=amount,
            payee=payee,
        )  # fmt: skip


@router.get("/policy/versions/{version}")
def one_version(request: Request, visitor: Looker, version: Number) -> Response:
    """One version, as a table and as the file that a person wrote."""
    with site_of(request).port.reader() as reader:
        found = [one for one in reader.approval_policies() if one.version == version]
        content = content_of(reader, found[0]) if found else None
        if content is None:
            raise NotFoundError(f"expected a policy version, found none numbered {version}")
        file = written(reader, found[0])
        return page(
            request,
            reader,
            visitor,
            "policy_version.html",
            "policy",
            view=found[0],
            content=content,
            file=file.decode("utf-8", "replace"),
            people=_names(reader),
        )


@router.post("/policy/draft")
def preview(request: Request, visitor: Drafter, file: UploadFile, from_date: Day) -> Response:
    """What a file says; nothing is drafted yet. What is wrong in it is told line by line."""
    data = file.file.read()
    wrong: tuple[Any, ...] = ()
    content: ApprovalPolicy | None = None
    try:
        content = policy_file.read(data)
    except PolicyFileError as error:
        wrong = error.problems
    with site_of(request).port.reader() as reader:
        if content is None:
            return _page(request, reader, visitor, status=422, wrong=wrong, from_date=from_date)
        return page(
            request,
            reader,
            visitor,
            "policy_draft.html",
            "policy",
            content=content,
            from_date=from_date,
            data=base64.b64encode(data).decode(),
        )


@router.post("/policy/draft/confirm")
def draft(
    request: Request,
    visitor: Drafter,
    data: Annotated[str, Form(max_length=400_000)],
    from_date: Day,
) -> Response:
    """The second tap: the draft waits for another person."""
    file = unpacked(data)
    site_of(request).order(DraftPolicy(by=visitor.account.account, file=file, from_date=from_date))
    return see_other("/policy?done=policy-drafted")


@router.post("/policy/versions/{version}/release")
def release(request: Request, visitor: Releaser, version: Number) -> Response:
    """Put another person's draft in force."""
    site_of(request).order(ReleasePolicy(by=visitor.account.account, version=version))
    return see_other("/policy?done=policy-released")


def _villages(reader: Reader, visitor: Visitor) -> list[VillageView]:
    """Return the villages for which this visitor may ask."""
    return [
        one for one in reader.villages() if visitor.sees_village(one.village, Action.READ_POLICY)
    ]


def _try(
    reader: Reader,
    visitor: Visitor,
    village: str,
    matter: str,
    amount: str,
    payee: str,
    now_ms: int,
) -> Trial:
    """Return what a request would need; sums of a payee are told to who may read them."""
    own = [one.village for one in _villages(reader, visitor)]
    asked = village or next(iter(own), "")
    if asked not in own:
        raise NotFoundError(f"expected a village, found none with the code {asked[:12]!r}")
    known = payee if visitor.sees_village(asked, Action.READ_PERSONAL) else ""
    return attempt(reader, asked, matter, amount, known, now_ms)


def _page(
    request: Request, reader: Reader, visitor: Visitor, *, status: int = 200, **values: Any
) -> Response:
    now_ms = site_of(request).port.now_ms()
    today = local_date(now_ms)
    policies = reader.approval_policies()
    current = in_force(policies, today)
    try:
        content = content_of(reader, current)
    except RequestRefusedError:  # its file is not here: the page says so
        content = None
    given = {
        "wrong": (), "tried": None, "village": "", "matter": "", "amount": "", "payee": "",
        "from_date": today, **values,
    }  # fmt: skip
    return page(
        request,
        reader,
        visitor,
        "policy.html",
        "policy",
        status=status,
        current=current,
        content=content,
        waiting=[one for one in policies if is_waiting(one, policies, now_ms)],
        policies=policies,
        villages=_villages(reader, visitor),
        mine=mine(reader, visitor),
        people=_names(reader),
        today=today,
        **given,
    )


def _names(reader: Reader) -> dict[str, str]:
    return {one.account: one.name for one in reader.accounts()}
