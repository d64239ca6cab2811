"""List drafts: what waits for a second person, what it would change, and its release."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from gateway.commands import ReleaseList
from gateway.desk import list_export
from gateway.desk.access import Action
from gateway.desk.list_changes import row_changes
from gateway.errors import NotFoundError
from gateway.orders_lists import county_releases, is_waiting, standing_list
from gateway.web.console.retention import mine
from gateway.web.downloads import CSV, XLSX, download
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.pages import page, see_other

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_LISTS))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.RELEASE_LIST))]
Form = Annotated[Literal["xlsx", "csv"], Query()]


@router.get("/matters/drafts/{draft}")
def show_draft(request: Request, visitor: Looker, draft: str) -> Response:
    """A draft and what it changes of the list that stands, row by row."""
    site = site_of(request)
    with site.port.reader() as reader:
        found = next((one for one in reader.list_drafts() if one.draft == draft), None)
        content = reader.list_draft_content(draft) if found else None
        if found is None or content is None:
            raise NotFoundError(f"expected a draft of a list, found none named {draft[:64]}")
        return page(
            request,
            reader,
            visitor,
            "list_draft.html",
            "matters",
            view=found,
            content=content,
            changes=row_changes(standing_list(reader, content), content)
            if found.version is None
            else (),
            waits=is_waiting(found, site.port.now_ms()),
            countys=county_releases(reader, found) and "county" not in visitor.offices,
            mine=mine(reader, visitor),
            people={one.account: one.name for one in reader.accounts()},
        )


@router.post("/matters/drafts/{draft}/release")
def release(request: Request, visitor: Releaser, draft: str) -> Response:
    """Put another person's draft in force."""
    site_of(request).order(ReleaseList(by=visitor.account.account, draft=draft))
    return see_other("/matters?done=list-released")


@router.get("/matters/versions/{version}/file")
def export(request: Request, visitor: Looker, version: Number, form: Form = "xlsx") -> Response:
    """A release as a file that can be corrected and imported again."""
    with site_of(request).port.reader() as reader:
        content = reader.matter_list(version)
    if content is None:
        raise NotFoundError(f"expected a list version, found none numbered {version}")
    name = f"事项清单-{content.place}-第{version}版.{form}"
    plain = f"items-{content.layer}-{version}.{form}"
    if form == "csv":
        return download(list_export.as_csv(content), CSV, plain, name)
    return download(list_export.as_workbook(content), XLSX, plain, name)
