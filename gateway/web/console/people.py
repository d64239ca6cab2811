"""People: who holds which office in a village, with which card; drafts, releases, taking away."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from msgspec import Struct
from starlette.responses import Response

from gateway.commands_people import DraftPeople, ReleasePeople, StopAccount
from gateway.desk import people as desk
from gateway.desk.access import Action
from gateway.desk.accounts import OFFICES, VILLAGE_OFFICES, hash_password
from gateway.desk.people import Difference, Row
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.orders_people import guests_of, is_here, roster_of, staff_of
from gateway.orders_signin import is_over
from gateway.stores import Reader
from gateway.stores.people import PeopleView
from gateway.web.console.retention import mine
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.numbers import Number
from gateway.web.pages import page, see_other
from gateway.web.site import Site
from ledger.people import Staff

EMPTY_ROWS = 3  # for newcomers, below those who are there
USUAL_DAYS = 180
PIN_DIGITS = (6, 12)

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_PEOPLE))]
Drafter = Annotated[Visitor, Depends(Allow(Action.DRAFT_PEOPLE))]
DraftSender = Annotated[Visitor, Depends(AllowChange(Action.DRAFT_PEOPLE))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.RELEASE_PEOPLE))]
Stopper = Annotated[Visitor, Depends(AllowChange(Action.STOP_ACCOUNT))]
Column = Annotated[list[str], Form(max_length=200)]


class Draft(Struct, frozen=True):
    """A draft that waits, and what it changes."""

    view: PeopleView
    changes: tuple[Difference, ...]


class Place(Struct, frozen=True, kw_only=True):
    """One village, or the township for its own staff, as the page shows it."""

    code: str
    name: str
    is_township: bool
    machines: tuple[str, ...]
    staff: tuple[Staff, ...]
    guests: tuple[Staff, ...]
    current: PeopleView | None
    drafts: tuple[Draft, ...]


@router.get("/people")
def show(request: Request, visitor: Looker) -> Response:
    """Every place that this visitor may see, with its people, its list and waiting drafts."""
    site = site_of(request)
    with site.port.reader() as reader:
        return page(
            request,
            reader,
            visitor,
            "people.html",
            "people",
            places=[_place(reader, site, code) for code in places_of(reader, site, visitor)],
            people={one.account: one.name for one in reader.accounts()},
            mine=mine(reader, visitor),
            resets={
                one.account: one.by
                for one in reader.resets()
                if one.confirmed_by is None and not is_over(one, site.port.now_ms())
            },
        )


@router.get("/people/{place}")
def edit(request: Request, visitor: Drafter, place: str) -> Response:
    """The form of one place: everybody who is there, and rows for newcomers."""
    site = site_of(request)
    with site.port.reader() as reader:
        if place not in places_of(reader, site, visitor):
            raise NotFoundError(f"expected a place, found none with the code {place[:12]}")
        in_village = place != site.port.config.township
        return page(
            request,
            reader,
            visitor,
            "people_edit.html",
            "people",
            place=_place(reader, site, place),
            offices=OFFICES,
            usual=[one for one in OFFICES if (one in VILLAGE_OFFICES) == in_village],
            empty=EMPTY_ROWS,
            days=USUAL_DAYS,
            most=desk.MOST_DAYS,
        )


@router.post("/people/{place}")
def draft(
    request: Request,
    visitor: DraftSender,
    place: str,
    days: Annotated[int, Form(ge=1, le=desk.MOST_DAYS)],
    account: Column,
    person: Column,
    name: Column,
    card: Column,
    pin: Column,
    offices: Column = [],  # noqa: B006  FastAPI copies it
    removed: Column = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """Keep what was written as a draft; `offices` are `row:office`, `removed` rows."""
    columns = (account, person, name, card, pin)
    if len({len(one) for one in columns}) != 1:
        raise RequestRefusedError("people-form", "expected equally many values of each column")
    rows = tuple(
        _row(values, tuple(one.partition(":")[2] for one in offices if _of_row(one, number)))
        for number, values in enumerate(zip(*columns, strict=True))
        if values[0].strip() and str(number) not in removed
    )
    order = DraftPeople(by=visitor.account.account, place=place, days=days, rows=rows)
    site_of(request).order(order)
    return see_other("/people?done=people-drafted")


@router.post("/people/drafts/{version}/release")
def release(request: Request, visitor: Releaser, version: Number) -> Response:
    """Put another person's draft in force."""
    site_of(request).order(ReleasePeople(by=visitor.account.account, version=version))
    return see_other("/people?done=people-released")


@router.post("/accounts/{account}/stop")
def stop(
    request: Request,
    visitor: Stopper,
    account: str,
    what: Annotated[str, Form(pattern="^(card|account)$")],
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Take an account or its card away now; the box says that it was no slip of the finger."""
    if not sure:
        raise RequestRefusedError("not-sure", "expected the box marked, found it empty")
    order = StopAccount(by=visitor.account.account, account=account, card_only=what == "card")
    site_of(request).order(order)
    return see_other(f"/people?done={what}-stopped")


def places_of(reader: Reader, site: Site, visitor: Visitor) -> list[str]:
    """Return the places that this visitor may see, the township's own staff first."""
    villages = visitor.only_villages(Action.READ_PEOPLE)
    own = [] if villages is not None else [site.port.config.township]
    return own + [
        one.village
        for one in reader.villages()
        if visitor.sees_village(one.village, Action.READ_PEOPLE)
    ]


def _place(reader: Reader, site: Site, code: str) -> Place:
    township = site.port.config.township
    village = reader.village(code)
    views = reader.people_lists(code)
    staff = staff_of(reader, township, code)
    guests = () if village is None else guests_of(reader, code)
    now_ms = site.port.now_ms()
    waiting = [one for one in views if desk.is_waiting(one, views, now_ms) and is_here(reader, one)]
    return Place(
        code=code,
        name=site.port.config.township_name if village is None else village.name,
        is_township=village is None,
        machines=() if village is None else village.machines,
        staff=staff,
        guests=guests,
        current=desk.in_force(views, code),
        drafts=tuple(
            Draft(one, desk.differences((*staff, *guests), roster_of(reader, one).staff))
            for one in waiting
        ),
    )


def _of_row(office: str, number: int) -> bool:
    return office.partition(":")[0] == str(number)


def _row(values: tuple[Any, ...], offices: tuple[str, ...]) -> Row:
    account, person, name, card, pin = (one.strip() for one in values)
    return Row(
        account=account,
        person=person or account,
        name=name,
        offices=offices,
        card=card,
        pin_hash=_hashed(pin),
    )


def _hashed(pin: str) -> str:
    """Return the hash of a PIN, "" for none.

    Raises:
        RequestRefusedError: `pin-form`.
    """
    if not pin:
        return ""
    least, most = PIN_DIGITS
    if not (pin.isascii() and pin.isdigit() and least <= len(pin) <= most) or len(set(pin)) < 3:
        raise RequestRefusedError(
            "pin-form", f"expected {least} to {most} digits, at least three of them different"
        )
    return hash_password(pin)
