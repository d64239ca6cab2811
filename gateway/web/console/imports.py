"""Imports: a new version of an items list, first as a difference, then by a second tap."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from starlette.responses import Response

from gateway.commands import ImportList
from gateway.desk.access import Action
from gateway.desk.lists import ListFileError, compare, read_file
from gateway.errors import RequestRefusedError
from gateway.stores import Reader
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other
from gateway.web.render import day_start_ms
from ledger.matters import LAYERS, Layer, MatterList

NATION = "全国"

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.IMPORT_LIST))]
Importer = Annotated[Visitor, Depends(AllowChange(Action.IMPORT_LIST))]
LayerName = Annotated[str, Form(pattern="^(national|province|county|township)$")]
Place = Annotated[str, Form(min_length=1, max_length=60)]
Day = Annotated[str, Form(pattern=r"^\d{4}-\d{2}-\d{2}$")]


@router.get("/matters/import")
def show(request: Request, visitor: Looker) -> Response:
    """The form: whose list, from which day, which file."""
    return _form(request, visitor)


@router.post("/matters/import")
def preview(
    request: Request,
    visitor: Importer,
    file: UploadFile,
    layer: LayerName,
    place: Place,
    from_date: Day,
) -> Response:
    """What this file would change; nothing is released yet. Wrong rows are told one by one."""
    data = file.file.read()
    try:
        content = parsed(data, layer, place, from_date)
    except ListFileError as error:
        return _form(request, visitor, error.rows, layer=layer, place=place, from_date=from_date)
    with site_of(request).port.reader() as reader:
        return page(
            request,
            reader,
            visitor,
            "import.html",
            "matters",
            wrong=(),
            content=content,
            difference=compare(standing(reader, content), content),
            data=base64.b64encode(data).decode(),
        )


@router.post("/matters/import/confirm")
def confirm(
    request: Request,
    visitor: Importer,
    data: Annotated[str, Form(max_length=4_000_000)],
    layer: LayerName,
    place: Place,
    from_date: Day,
) -> Response:
    """The second tap: the list is released and goes to the villages."""
    file = unpacked(data)
    site_of(request).order(
        ImportList(
            by=visitor.account.account, list=parsed(file, layer, place, from_date), file=file
        )
    )
    return see_other("/matters?done=imported")


def parsed(file: bytes, layer: str, place: str, from_date: str) -> MatterList:
    """Return the list that a file says.

    Raises:
        ListFileError: rows that are wrong.
        RequestRefusedError: `no-date`.
    """
    if day_start_ms(from_date) is None:
        raise RequestRefusedError("no-date", f"expected a day, found {from_date!r}")
    return read_file(file, cast(Layer, layer), place.strip(), from_date)


def unpacked(data: str) -> bytes:
    """Return the bytes of base64 text.

    Raises:
        RequestRefusedError: `bad-request`.
    """
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestRefusedError("bad-request", f"expected base64, found: {error}") from error


def standing(reader: Reader, content: MatterList) -> MatterList | None:
    """Return the newest version of the same authority's list."""
    own = [
        one.version
        for one in reader.lists()
        if (one.layer, one.place) == (content.layer, content.place)
    ]
    return reader.matter_list(max(own)) if own else None


def _form(
    request: Request, visitor: Visitor, wrong: tuple[str, ...] = (), **chosen: str
) -> Response:
    values: dict[str, Any] = {"layer": "township", "place": "", "from_date": "", **chosen}
    with site_of(request).port.reader() as reader:
        places = {place for village in reader.villages() for place in village.places.values()}
        return page(
            request,
            reader,
            visitor,
            "import.html",
            "matters",
            status=422 if wrong else 200,
            wrong=wrong,
            content=None,
            layers=LAYERS,
            places=sorted(places | {NATION}),
            **values,
        )
