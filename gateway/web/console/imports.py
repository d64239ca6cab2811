"""Imports: a new version of an items list, first as a difference, then as a draft.

What the file says itself of the list (layer, place, day) needs no typing. A file with wrong rows
comes back as an annotated sheet. Nothing is in force before another person has released it.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from starlette.responses import Response

from gateway.commands import DraftList
from gateway.desk.access import Action
from gateway.desk.list_changes import row_changes
from gateway.desk.list_export import annotated
from gateway.desk.list_table import ListFileError
from gateway.desk.lists import heading_of, read_file, read_table
from gateway.errors import RequestRefusedError
from gateway.orders_lists import standing_list
from gateway.web.downloads import XLSX, download
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other
from gateway.web.render import day_start_ms
from ledger.matters import LAYERS, MatterList

NATION = "全国"

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.IMPORT_LIST))]
Importer = Annotated[Visitor, Depends(AllowChange(Action.IMPORT_LIST))]
LayerName = Annotated[str, Form(pattern="^(national|province|county|township)?$")]
Place = Annotated[str, Form(max_length=60)]
Day = Annotated[str, Form(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Packed = Annotated[str, Form(max_length=4_000_000)]


@router.get("/matters/import")
def show(request: Request, visitor: Looker) -> Response:
    """The form: which file, and whose list it is where the file does not say."""
    return _form(request, visitor)


@router.post("/matters/import")
def preview(
    request: Request,
    visitor: Importer,
    file: UploadFile,
    layer: LayerName = "",
    place: Place = "",
    from_date: Day = "",
) -> Response:
    """What this file would change, row by row; nothing is drafted yet."""
    data = file.file.read()
    chosen = {"layer": layer, "place": place, "from_date": from_date}
    packed = base64.b64encode(data).decode()
    try:
        content = parsed(data, **chosen)
    except ListFileError as error:
        return _form(
            request, visitor, error.rows, packed if error.table else "", status=422, **chosen
        )
    with site_of(request).port.reader() as reader:
        changes = row_changes(standing_list(reader, content), content)
        return page(
            request,
            reader,
            visitor,
            "import.html",
            "matters",
            wrong=(),
            content=content,
            changes=changes,
            data=packed,
        )


@router.post("/matters/import/annotated")
def annotate(
    request: Request,
    visitor: Importer,
    data: Packed,
    layer: LayerName = "",
    place: Place = "",
    from_date: Day = "",
) -> Response:
    """The refused file as a sheet in which the wrong cells are coloured and explained."""
    try:
        parsed(unpacked(data), layer, place, from_date)
    except ListFileError as error:
        if error.table is not None:
            sheet = annotated(error.table, error.problems)
            return download(sheet, XLSX, "items-annotated.xlsx", "事项清单-批注.xlsx")
    return see_other("/matters/import")


@router.post("/matters/import/confirm")
def confirm(
    request: Request,
    visitor: Importer,
    data: Packed,
    layer: LayerName,
    place: Place,
    from_date: Day,
) -> Response:
    """The second tap: the draft waits for another person."""
    file = unpacked(data)
    content = parsed(file, layer, place, from_date)
    site_of(request).order(DraftList(by=visitor.account.account, list=content, file=file))
    return see_other("/matters?done=list-drafted")


def parsed(file: bytes, layer: str, place: str, from_date: str) -> MatterList:
    """Return the list that a file says; what is "" the file must say itself.

    Raises:
        ListFileError: rows that are wrong.
        RequestRefusedError: `list-whose` or `no-date`.
    """
    if not (layer and place.strip() and from_date):
        said = heading_of(read_table(file))
        layer, from_date = layer or said.layer, from_date or said.from_date
        place = place.strip() or said.place
    if layer not in LAYERS or not place.strip():
        raise RequestRefusedError(
            "list-whose", f"expected layer and place in the form or in the file, found {layer!r}"
        )
    if day_start_ms(from_date) is None:
        raise RequestRefusedError("no-date", f"expected a day, found {from_date[:20]!r}")
    return read_file(file, layer, place.strip(), from_date)


def unpacked(data: str) -> bytes:
    """Return the bytes of base64 text.

    Raises:
        RequestRefusedError: `bad-request`.
    """
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestRefusedError("bad-request", f"expected base64, found: {error}") from error


def _form(
    request: Request,
    visitor: Visitor,
    wrong: tuple[str, ...] = (),
    data: str = "",
    status: int = 200,
    **chosen: str,
) -> Response:
    values: dict[str, Any] = {"layer": "", "place": "", "from_date": "", **chosen}
    with site_of(request).port.reader() as reader:
        places = {place for village in reader.villages() for place in village.places.values()}
        return page(
            request,
            reader,
            visitor,
            "import.html",
            "matters",
            status=status,
            wrong=wrong,
            data=data,
            content=None,
            layers=LAYERS,
            places=sorted(places | {NATION}),
            **values,
        )
