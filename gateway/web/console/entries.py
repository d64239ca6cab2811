"""The seal log, one entry with its photos and ladder, the raw record, and the photos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from msgspec import Struct, structs
from starlette.responses import Response

from gateway.desk import retention
from gateway.desk.access import Action
from gateway.errors import NotFoundError
from gateway.stores import Reader
from gateway.stores.views import EntryDetail, LogFilter, MachineView, StoredEntry
from gateway.web import viewing
from gateway.web.answers import MatterNames
from gateway.web.counts import seen_entries
from gateway.web.evidence import gather
from gateway.web.identity import Allow, Visitor, site_of
from gateway.web.ladder import climb
from gateway.web.numbers import Number
from gateway.web.pages import page
from gateway.web.render import day_start_ms
from gateway.web.searching import acts_of, search_of
from gateway.web.viewing import Rights, View
from ledger import envelope
from ledger.records import ENTRY_RECORDS, SealRequest
from ledger.records_confirms import CONFIRM_ENTRY_RECORDS
from ledger.records_custody import CUSTODY_ENTRY_RECORDS
from ledger.records_keys import KEY_ENTRY_RECORDS
from ledger.records_office import OFFICE_ENTRY_RECORDS
from ledger.records_people import PEOPLE_ENTRY_RECORDS, Delegation
from ledger.records_permits import PERMIT_ENTRY_RECORDS
from ledger.records_retention import RETENTION_ENTRY_RECORDS, What
from ledger.records_seals import SEAL_ENTRY_RECORDS

PAGE_SIZE = 30
PNG = b"\x89PNG"
DAY_MS = 24 * 60 * 60 * 1000
KINDS: tuple[str, ...] = tuple(
    record.kind
    for record in (
        *ENTRY_RECORDS,
        *RETENTION_ENTRY_RECORDS,
        *PEOPLE_ENTRY_RECORDS,
        *OFFICE_ENTRY_RECORDS,
        *PERMIT_ENTRY_RECORDS,
        *CONFIRM_ENTRY_RECORDS,
        *CUSTODY_ENTRY_RECORDS,
        *KEY_ENTRY_RECORDS,
        *SEAL_ENTRY_RECORDS,
    )
)
MAIN_KINDS = ("use", "incident", "void", "refusal", "request", "approval", "permit", "hold-release")

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_LOG))]
PhotoLooker = Annotated[Visitor, Depends(Allow(Action.READ_PHOTOS))]
Short = Annotated[str, Query(max_length=80)]


class Chosen(Struct, frozen=True, kw_only=True):
    """The fields of the filter's form as they were sent; see `log_filter`."""

    machine: str
    kind: str
    matter: str
    words: str
    alert: str
    first: str
    last: str
    who: str = ""


def _chosen(
    machine: Short = "",
    kind: Short = "main",
    matter: Short = "",
    words: Short = "",
    alert: Short = "",
    first: Short = "",
    last: Short = "",
    who: Short = "",
) -> Chosen:
    return Chosen(
        machine=machine,
        kind=kind,
        matter=matter,
        words=words,
        alert=alert,
        first=first,
        last=last,
        who=who,
    )


@router.get("/log")
def log(
    request: Request,
    visitor: Looker,
    asked: Annotated[Chosen, Depends(_chosen)],
    before: Number | None = None,
) -> Response:
    """The log, newest first, with filters; `kind` `main` leaves out heartbeats and the like."""
    site, chosen = site_of(request), structs.asdict(asked)
    with site.port.reader() as reader:
        which = log_filter(reader, asked, visitor)
        found = reader.entries(which, before=before, limit=PAGE_SIZE + 1)
        machines = seen_machines(reader, visitor)
        return page(
            request,
            reader,
            visitor,
            "log.html",
            "log",
            rows=rows(reader, found[:PAGE_SIZE], machines, site.port.now_ms()),
            older=found[PAGE_SIZE - 1].index if len(found) > PAGE_SIZE else None,
            chosen=chosen,
            query=urlencode({name: value for name, value in chosen.items() if value}),
            machines=machines,
            kinds=KINDS,
            whose=next((one.name for one in reader.accounts() if one.account == asked.who), ""),
            total=None if which.search else reader.count_entries(which),
            size=seen_entries(reader, visitor),
            newest=before is None,
        )


@router.get("/log/{entry_id}")
def show(
    request: Request,
    visitor: Looker,
    entry_id: str,
    step: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """One entry by index or payload hash: both photos, the ladder, what belongs to it.

    `step` `erase` is the first tap towards erasing and asks for what, why and the second tap.
    """
    site = site_of(request)
    with site.port.reader() as reader:
        detail = find(reader, entry_id, visitor)
        ladder = climb(gather(reader, detail.entry, site.port.photo), site.port.keyring)
        parsed = envelope.parse(detail.entry.envelope)
        body = msgspec.to_builtins(detail.entry.body)
        return page(
            request,
            reader,
            visitor,
            "entry.html",
            "log",
            detail=detail,
            related=[one for one in detail.related if _opens(reader, one.index, visitor)],
            entry=detail.entry,
            body=body,
            ladder=ladder,
            payload=msgspec.json.format(parsed.payload).decode(),
            values=_opened(detail, visitor),
            view=_view(reader, detail, visitor),
            matter=MatterNames(reader, site.port.now_ms()).of(
                detail.entry.machine, getattr(detail.entry.body, "matter", None)
            ),
            person=_person(reader, detail.entry),
            machine=reader.machine(detail.entry.machine) if detail.entry.machine else None,
            step=step,
            **_erasing(reader, detail, visitor, site.port.now_ms()),
            previous=_index(reader, detail.entry.index - 1, visitor),
            following=_index(reader, detail.entry.index + 1, visitor),
        )


@router.get("/log/{entry_id}/envelope")
def raw(request: Request, visitor: Looker, entry_id: str) -> Response:
    """The signed bytes as they lie in the store, to check with any other program."""
    with site_of(request).port.reader() as reader:
        entry = find(reader, entry_id, visitor).entry
    return Response(
        entry.envelope,
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{entry.index:012d}-{entry.kind}.dsse"'
        },
    )


@router.get("/log/{entry_id}/new-red")
def new_red(request: Request, visitor: PhotoLooker, entry_id: str) -> Response:
    """Where ink is newly red on the photo after a use: a PNG of its shape, white where it is."""
    with site_of(request).port.reader() as reader:
        entry = find(reader, entry_id, visitor).entry
        seen = reader.sight(entry.sha256)
    if seen is None or seen.new_red is None or not visitor.sees(entry.machine, Action.READ_PHOTOS):
        raise NotFoundError(f"expected what is newly red of entry {entry.index}, found none here")
    return Response(seen.new_red, media_type="image/png")


@router.get("/photos/{sealed_sha256}")
def photo(request: Request, visitor: PhotoLooker, sealed_sha256: str) -> Response:
    """A decrypted photo that some entry names; the session remembers that it was shown."""
    site = site_of(request)
    with site.port.reader() as reader:
        named = [
            one
            for one in reader.photo(sealed_sha256)
            if visitor.sees(one.machine, Action.READ_PHOTOS)
        ]
    jpeg = site.port.photo(sealed_sha256) if named else None
    if jpeg is None:
        raise NotFoundError(f"expected a photo {sealed_sha256[:64]}, found none here yet")
    site.sessions.mark_opened(visitor.session.key, sealed_sha256)
    kind = "png" if jpeg.startswith(PNG) else "jpeg"  # a specimen is no photo
    return Response(jpeg, media_type=f"image/{kind}")


def find(reader: Reader, entry_id: str, visitor: Visitor) -> EntryDetail:
    """Return an entry by its index or its payload hash; of a delegation, by whom it names, too.

    Raises:
        NotFoundError: there is none, or it is another village's.
    """
    key: int | str = int(entry_id) if entry_id.isdecimal() and len(entry_id) < 16 else entry_id
    detail = reader.detail(key)
    if detail is None or not _reads(visitor, detail.entry):
        raise NotFoundError(f"expected an entry, found none named {entry_id[:64]}")
    return detail


def rows(
    reader: Reader, found: Sequence[StoredEntry], machines: Sequence[MachineView], now_ms: int
) -> list[dict[str, Any]]:
    """Return what the table shows of entries; the number of queries does not grow with them."""
    alerts = reader.alerts_about(entry.sha256 for entry in found)
    places = {machine.machine: machine for machine in machines}
    names = MatterNames(reader, now_ms)
    people = {one.account: one.name for one in reader.accounts()}
    return [
        {
            "people": people,
            "entry": entry,
            "body": msgspec.to_builtins(entry.body),
            "machine": places.get(entry.machine),
            "matter": names.of(entry.machine, getattr(entry.body, "matter", None)),
            "alerts": alerts.get(entry.sha256, ()),
        }
        for entry in found
    ]


def seen_machines(reader: Reader, visitor: Visitor) -> tuple[MachineView, ...]:
    """Return the machines whose entries this visitor may read."""
    return tuple(one for one in reader.machines() if visitor.sees(one.machine, Action.READ_LOG))


def log_filter(reader: Reader, asked: Chosen, visitor: Visitor) -> LogFilter:
    """Return the filter that a form's fields say, within what the visitor may read.

    What makes no sense is left out. `matter` is an item's code, or a part of its name in any
    list and version.
    """
    typed, kind = asked.matter.strip(), asked.kind
    last_ms = day_start_ms(asked.last)
    wanted: Literal["any", "yellow", "red"] | None = None
    if asked.alert in ("any", "yellow", "red"):
        wanted = asked.alert  # type: ignore[assignment]  # narrowed by the line above
    return LogFilter(
        machine=asked.machine or None,
        machines=visitor.only_machines(Action.READ_LOG),
        delegations_of=visitor.account.account,
        kinds=MAIN_KINDS if kind == "main" else ((kind,) if kind in KINDS else ()),
        matters=tuple({typed, *reader.matter_codes(typed)}) if typed else (),
        alert=wanted,
        from_ms=day_start_ms(asked.first),
        to_ms=None if last_ms is None else last_ms + DAY_MS,
        search=search_of(reader, visitor, asked.words),
        acts=acts_of(visitor, asked.who),
    )


def _view(reader: Reader, detail: EntryDetail, visitor: Visitor) -> View | None:
    """Return what the photo viewer shows of a use; None: there is nothing to compare."""
    machine = detail.entry.machine
    rights = Rights(
        photos=visitor.sees(machine, Action.READ_PHOTOS),
        personal=visitor.sees(machine, Action.READ_PERSONAL),
    )
    requests = (one.sha256 for one in detail.related if one.kind == SealRequest.kind)
    asked = (reader.opening(one) for one in requests)
    erased_ms = [one.erased_ms for one in asked if one] + [one.erased_ms for one in detail.photos]
    is_erased = any(one is not None for one in erased_ms)
    return viewing.view(detail, reader.sight(detail.entry.sha256), rights, is_erased=is_erased)


def _erasing(reader: Reader, detail: EntryDetail, visitor: Visitor, now_ms: int) -> dict[str, Any]:
    """Return what was erased of an entry, what still may be, and why it must not be yet."""
    opening, photos = detail.opening, [one for one in detail.photos if one.erased_ms is None]
    left: list[What] = ["opening"] if opening is not None and opening.values is not None else []
    left += ["photos"] if photos else []
    left += ["both"] if len(left) == 2 else []
    needed = None
    if left and visitor.may(Action.ERASE):
        needed = retention.needed_for(reader, detail.entry, left[-1], now_ms)
    return {
        "erasures": reader.erasures(detail.entry.sha256),
        "erasable": left,
        "needed": needed,
        "people": {one.account: one.name for one in reader.accounts()},
    }


def _person(reader: Reader, entry: StoredEntry) -> str:
    """Return the name of the person whom an entry names as the one who acted."""
    for field in ("operator", "approver", "by", "filed_by"):
        account = getattr(entry.body, field, None)
        if account:
            known = reader.account(account)
            return known.name if known else str(account)
    return ""


def _opened(detail: EntryDetail, visitor: Visitor) -> dict[str, Any] | None:
    opening = detail.opening
    if opening is None or opening.values is None or not visitor.may(Action.READ_PERSONAL):
        return None
    return opening.values


def _index(reader: Reader, index: int, visitor: Visitor) -> int | None:
    """Return the index of a neighbour that this visitor may open, or None."""
    return index if 0 <= index < reader.size() and _opens(reader, index, visitor) else None


def _opens(reader: Reader, index: int, visitor: Visitor) -> bool:
    """Tell whether there is an entry of this index and this visitor may open it."""
    found = reader.entry(index)
    return found is not None and _reads(visitor, found)


def _reads(visitor: Visitor, entry: StoredEntry) -> bool:
    """Tell whether this visitor may open an entry: it is in sight, or a delegation of their own."""
    body, account = entry.body, visitor.account.account
    own = isinstance(body, Delegation) and account in (body.absent, body.substitute, body.by)
    return own or visitor.sees(entry.machine, Action.READ_LOG)
