"""The log, entries, photos and machines as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.errors import NotFoundError
from gateway.stores.views import EntryDetail, LogFilter, MachineView, StoredEntry
from gateway.web.api.answers import answer, detail_for_visitor, documented
from gateway.web.console import entries as pages
from gateway.web.console.machines import seen_machines
from gateway.web.evidence import gather
from gateway.web.identity import Allow, Visitor, site_of
from gateway.web.ladder import Ladder, climb
from gateway.web.numbers import Number

router = APIRouter(tags=["log"])
LogLooker = Annotated[Visitor, Depends(Allow(Action.READ_LOG))]
PhotoLooker = Annotated[Visitor, Depends(Allow(Action.READ_PHOTOS))]
MachineLooker = Annotated[Visitor, Depends(Allow(Action.READ_MACHINES))]
Limit = Annotated[int, Query(ge=1, le=200)]
Word = Annotated[str | None, Query(max_length=80)]


@router.get("/entries", responses=documented(tuple[StoredEntry, ...]))
def entries(
    request: Request,
    visitor: LogLooker,
    machine: Word = None,
    kind: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006  FastAPI copies it
    seal: Word = None,
    matter: Word = None,
    permit: Word = None,
    flag: Word = None,
    alert: Literal["any", "yellow", "red"] | None = None,
    from_ms: Number | None = None,
    to_ms: Number | None = None,
    before: Number | None = None,
    limit: Limit = 50,
) -> Response:
    """Entries, newest first; go on with `before` = the last index."""
    which = LogFilter(
        machine=machine,
        machines=visitor.only_machines(Action.READ_LOG),
        delegations_of=visitor.account.account,
        kinds=tuple(kind),
        seal=seal,
        matters=() if matter is None else (matter,),
        permit=permit,
        flag=flag,
        alert=alert,
        from_ms=from_ms,
        to_ms=to_ms,
    )
    with site_of(request).port.reader() as reader:
        return answer(reader.entries(which, before=before, limit=limit))


@router.get("/entries/{entry_id}", responses=documented(EntryDetail))
def entry(request: Request, visitor: LogLooker, entry_id: str) -> Response:
    """One entry by index or payload hash, with everything beside it."""
    with site_of(request).port.reader() as reader:
        return answer(detail_for_visitor(pages.find(reader, entry_id, visitor), visitor))


@router.get("/entries/{entry_id}/ladder", responses=documented(Ladder))
def ladder(request: Request, visitor: LogLooker, entry_id: str) -> Response:
    """What was checked on this entry just now, rung by rung."""
    site = site_of(request)
    with site.port.reader() as reader:
        evidence = gather(reader, pages.find(reader, entry_id, visitor).entry, site.port.photo)
    return answer(climb(evidence, site.port.keyring))


@router.get("/entries/{entry_id}/envelope")
def envelope(request: Request, visitor: LogLooker, entry_id: str) -> Response:
    """The signed bytes as they lie in the store."""
    return pages.raw(request, visitor, entry_id)


@router.get("/photos/{sealed_sha256}")
def photo(request: Request, visitor: PhotoLooker, sealed_sha256: str) -> Response:
    """A decrypted photo (JPEG); counts as opened in this session."""
    return pages.photo(request, visitor, sealed_sha256)


@router.get("/machines", responses=documented(tuple[MachineView, ...]))
def machines(request: Request, visitor: MachineLooker) -> Response:
    """All machines."""
    with site_of(request).port.reader() as reader:
        return answer(seen_machines(reader, visitor))


@router.get("/machines/{machine_id}", responses=documented(MachineView))
def machine(request: Request, visitor: MachineLooker, machine_id: str) -> Response:
    """One machine."""
    with site_of(request).port.reader() as reader:
        found = reader.machine(machine_id)
    if found is None or not visitor.sees(machine_id, Action.READ_MACHINES):
        raise NotFoundError(f"expected a machine, found none named {machine_id[:64]}")
    return answer(found)
