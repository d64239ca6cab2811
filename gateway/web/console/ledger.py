"""Ledger: the register of seal uses and its figures, to look at and to file; the custody book."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from gateway.commands import NoteExport
from gateway.desk.access import Action
from gateway.pdf import Frame, to_pdf
from gateway.sheets import Sheet, to_workbook
from gateway.web.custody_sheet import custody_sheet
from gateway.web.downloads import PDF, XLSX, download
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page
from gateway.web.reporting import Asked, Reporter, asked
from gateway.web.texts import text
from ledger.codec import sha256
from ledger.records_office import LedgerExport

SHOWN = 100  # lines on the page

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_LEDGER))]
Exporter = Annotated[Visitor, Depends(AllowChange(Action.EXPORT_LEDGER))]
Day = Annotated[str, Query(max_length=10)]
Village = Annotated[str, Query(max_length=12)]
PostedDay = Annotated[str, Form(max_length=10)]


@router.get("/ledger")
def show(
    request: Request, visitor: Looker, first: Day = "", last: Day = "", village: Village = ""
) -> Response:
    """The register of a period, this month by default, with its figures."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        chosen = asked(first, last, village, now_ms)
        reporter = Reporter(reader, visitor, site.port.config.township_name, now_ms)
        machines = visitor.only_machines(Action.READ_LEDGER)
        return page(
            request,
            reader,
            visitor,
            "ledger.html",
            "ledger",
            chosen=chosen,
            register=reporter.register(chosen),
            figures=reporter.figures(chosen),
            villages=[
                one
                for one in reader.villages()
                if machines is None or set(one.machines) & set(machines)
            ],
            most=SHOWN,
        )


@router.post("/ledger/export")
def export(
    request: Request,
    visitor: Exporter,
    what: Annotated[Literal["ledger", "figures", "custody"], Form()],
    form: Annotated[Literal["xlsx", "pdf"], Form()],
    first: PostedDay = "",
    last: PostedDay = "",
    village: Annotated[str, Form(max_length=12)] = "",
) -> Response:
    """Hand out a file, once the log says who takes it."""
    site = site_of(request)
    with site.port.reader() as reader:
        now_ms = site.port.now_ms()
        chosen = asked(first, last, village, now_ms)
        reporter = Reporter(reader, visitor, site.port.config.township_name, now_ms)
        known = reader.village(chosen.village) if chosen.village else None
        if what == "custody":
            township = site.port.config.township_name
            sheets: tuple[Sheet, ...] = (custody_sheet(reader, visitor, township, chosen),)
        else:
            sheets = (reporter.register(chosen),) if what == "ledger" else reporter.figures(chosen)
    file = _file(sheets, form, chosen, visitor, site.simulated)
    body = LedgerExport(
        what=what,
        form=form,
        from_date=chosen.first,
        to_date=chosen.last,
        village=known.village if known else None,
        rows=sum(len(one.rows) for one in sheets),
        file_sha256=sha256(file),
        by=visitor.account.account,
    )
    site.order(NoteExport(by=visitor.account.account, body=body))
    plain = f"seal-{what}-{chosen.first}-{chosen.last}.{form}"
    name = f"{sheets[0].title}-{chosen.first}-{chosen.last}.{form}"
    return download(file, XLSX if form == "xlsx" else PDF, plain, name)


def _file(
    sheets: tuple[Sheet, ...], form: str, chosen: Asked, visitor: Visitor, simulated: bool
) -> bytes:
    if form == "xlsx":
        return to_workbook(sheets)
    language = visitor.language
    frame = Frame(
        above=text(language, "ledger.period", first=chosen.first, last=chosen.last),
        below=text(language, "ledger.below", name=visitor.account.name),
        band=text(language, "ledger.band") if simulated else "",
        page=text(language, "ledger.page", n="{n}", of="{of}"),
    )
    return to_pdf(sheets, frame)
