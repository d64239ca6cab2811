"""Matters: the items lists with their versions, what applies in a village, and why."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.desk.trial import Trial, attempt
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.orders_lists import is_waiting
from gateway.stores import Reader
from gateway.stores.calendar import local_date
from gateway.stores.views import ListView, MachineView, VillageView
from gateway.web.answers import newest, village_list
from gateway.web.console.retention import mine
from gateway.web.held import held
from gateway.web.identity import Allow, Visitor, site_of
from gateway.web.layers import layers_of
from gateway.web.numbers import Number
from gateway.web.pages import page
from ledger.matters import Answer, Matter, look_up, normalise

MOST = 200  # items on one page; a search narrows them

router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.READ_LISTS))]
Words = Annotated[str, Query(max_length=80)]


@router.get("/matters")
def matters(
    request: Request, visitor: Looker, village: Words = "", search: Words = "", verdict: Words = ""
) -> Response:
    """What applies today in one village; a search says why for an item that no list has."""
    site = site_of(request)
    with site.port.reader() as reader:
        place = _village(reader, village)
        resolved = _today(reader, place, site.port.now_ms())
        wanted = [one for one in resolved if verdict in ("", one.verdict.value)]
        found = [one for one in wanted if normalise(search) in normalise(one.name + one.code)]
        return page(
            request,
            reader,
            visitor,
            "matters.html",
            "matters",
            villages=reader.villages(),
            village=place,
            search=search,
            verdict=verdict,
            layers=layers_of(place, reader.lists(), local_date(site.port.now_ms()))
            if place
            else (),
            applies=len(resolved),
            drafts=[one for one in reader.list_drafts() if is_waiting(one, site.port.now_ms())],
            mine=mine(reader, visitor),
            people=_names(reader),
            matters=found[:MOST],
            total=len(found),
            most=MOST,
            answer=look_up(resolved, search) if search.strip() else None,
            versions=reader.lists(),
        )


@router.get("/matters/why")
def why(request: Request, visitor: Looker, village: Words, matter: Words) -> Response:
    """Why an item is allowed or not in a village: every list that says something of it."""
    site = site_of(request)
    with site.port.reader() as reader:
        place = _village(reader, village)
        answer = look_up(_today(reader, place, site.port.now_ms()), matter)
        name = normalise(answer.matter.name if answer.matter else matter)
        said = _sayings(reader, place, name)
        return page(
            request,
            reader,
            visitor,
            "why.html",
            "matters",
            village=place,
            asked=matter,
            answer=answer,
            said=said,
            decided=_decided(said, answer, local_date(site.port.now_ms())),
            people=_names(reader),
            tried=_tried(reader, place, matter, site.port.now_ms()),
        )


@router.get("/matters/versions/{version}")
def show_version(request: Request, visitor: Looker, version: Number) -> Response:
    """One release as its authority published it."""
    with site_of(request).port.reader() as reader:
        content = reader.matter_list(version)
        release = next((one for one in reader.lists() if one.version == version), None)
        if content is None or release is None:
            raise NotFoundError(f"expected a list version, found none numbered {version}")
        return page(
            request,
            reader,
            visitor,
            "version.html",
            "matters",
            content=content,
            release=release,
            people=_names(reader),
            machines=held(reader, _concerned(reader, release), site_of(request).port.now_ms()),
        )


def _names(reader: Reader) -> dict[str, str]:
    return {one.account: one.name for one in reader.accounts()}


def _concerned(reader: Reader, release: ListView) -> tuple[MachineView, ...]:
    """Return the machines in whose villages a list applies."""
    villages = [one for one in reader.villages() if one.places.get(release.layer) == release.place]
    machines = {machine for one in villages for machine in one.machines}
    return tuple(one for one in reader.machines() if one.machine in machines)


def _decided(said: list[dict[str, Any]], answer: Answer, today: str) -> ListView | None:
    """Return the release in which the item that decides stands."""
    if answer.matter is None:
        return None
    own = [
        one["release"]
        for one in said
        if one["here"]
        and one["release"].from_date <= today
        and (one["release"].layer, one["release"].place)
        == (answer.matter.layer, answer.matter.place)
    ]
    return max(own, key=lambda one: one.version, default=None)


def _tried(reader: Reader, village: VillageView | None, matter: str, now_ms: int) -> Trial | None:
    """Return what a request for the item would need today; None where the policy is not here."""
    if village is None:
        return None
    try:
        return attempt(reader, village.village, matter, "", "", now_ms)
    except RequestRefusedError:
        return None


def _village(reader: Reader, code: str) -> VillageView | None:
    villages = reader.villages()
    return next((one for one in villages if one.village == code), villages[0] if villages else None)


def _today(reader: Reader, village: VillageView | None, now_ms: int) -> tuple[Matter, ...]:
    if village is None:
        return ()
    return village_list(reader, village, newest(reader), now_ms)


def _sayings(reader: Reader, village: VillageView | None, name: str) -> list[dict[str, Any]]:
    """Return what each list says of an item, with whether that list concerns the village."""
    said: list[dict[str, Any]] = []
    for release in reader.lists():
        content = reader.matter_list(release.version)
        for matter in content.matters if content else ():
            if normalise(matter.name) == name:
                here = village is not None and (
                    release.layer == "national"
                    or village.places.get(release.layer) == release.place
                )
                said.append({"release": release, "matter": matter, "here": here})
    return said
