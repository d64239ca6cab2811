"""Standing permits, emergencies, seals' keeping, people and the policy as JSON, to be read.

What changes them is done on the console, where another person sees it before it holds.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from msgspec import Struct, structs
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.desk.policy import ApprovalPolicy
from gateway.desk.standing import content_of
from gateway.errors import NotFoundError
from gateway.orders_people import staff_of
from gateway.stores.custody import HatchView, SealStanding
from gateway.stores.emergencies import TermsView
from gateway.stores.people import PeopleView
from gateway.stores.policies import PolicyView
from gateway.stores.standing import StandingPermitView
from gateway.web.api.answers import answer, documented
from gateway.web.console.people import places_of
from gateway.web.identity import Allow, Visitor, site_of
from gateway.web.numbers import Number

router = APIRouter(tags=["flows"])
StandingLooker = Annotated[Visitor, Depends(Allow(Action.READ_STANDING))]
EmergencyLooker = Annotated[Visitor, Depends(Allow(Action.READ_EMERGENCY))]
CustodyLooker = Annotated[Visitor, Depends(Allow(Action.READ_CUSTODY))]
PeopleLooker = Annotated[Visitor, Depends(Allow(Action.READ_PEOPLE))]
PolicyLooker = Annotated[Visitor, Depends(Allow(Action.READ_POLICY))]


class Terms(Struct, frozen=True, kw_only=True):
    """Emergency terms; `printed` says how many codes each approver holds, never which.

    Args:
        released_by: None: a draft.
        opened: how many emergency permits were opened under them.
    """

    terms: str
    machine: str
    seal: str
    matters: tuple[str, ...]
    uses: int
    impressions: int
    not_after_ms: int
    by: str
    released_by: str | None
    stopped: bool
    printed: dict[str, int]
    opened: int


class Keeping(Struct, frozen=True, kw_only=True):
    """Where each seal is, and the openings of hatches that were asked for, newest first."""

    seals: tuple[SealStanding, ...]
    hatches: tuple[HatchView, ...]


class Member(Struct, frozen=True, kw_only=True):
    """One account of a place; `card`: has a card and PIN for the place's machines."""

    account: str
    person: str
    name: str
    offices: tuple[str, ...]
    card: bool


class PlacePeople(Struct, frozen=True, kw_only=True):
    """Who holds which office in a place now, and every draft and list, newest first."""

    place: str
    staff: tuple[Member, ...]
    lists: tuple[PeopleView, ...]


@router.get("/standing", responses=documented(tuple[StandingPermitView, ...]))
def standing(request: Request, visitor: StandingLooker) -> Response:
    """Standing permits and their drafts, newest first; what is spent stands under `permits`."""
    with site_of(request).port.reader() as reader:
        found = reader.standing_permits()
    return answer([one for one in found if visitor.sees(one.machine, Action.READ_STANDING)])


@router.get("/emergency", responses=documented(tuple[Terms, ...]))
def emergency(request: Request, visitor: EmergencyLooker) -> Response:
    """Emergency terms and their drafts, newest first."""
    with site_of(request).port.reader() as reader:
        found = reader.emergency_terms()
    seen = [one for one in found if visitor.sees(one.body.machine, Action.READ_EMERGENCY)]
    return answer([_terms(one) for one in seen])


@router.get("/custody", responses=documented(Keeping))
def custody(request: Request, visitor: CustodyLooker) -> Response:
    """Where the seals are of which an entry has spoken, and the newest openings.

    Why a past one was asked for is told to those alone who may read what entries withhold.
    """
    port = site_of(request).port
    with port.reader() as reader:
        seals, hatches = reader.seal_standings(), reader.hatches()
    action, now_ms = Action.READ_CUSTODY, port.now_ms()
    return answer(
        Keeping(
            seals=tuple(one for one in seals if visitor.sees(one.machine, action)),
            hatches=tuple(
                _hatch(one, visitor, now_ms) for one in hatches if visitor.sees(one.machine, action)
            ),
        )
    )


@router.get("/people", responses=documented(tuple[PlacePeople, ...]))
def people(request: Request, visitor: PeopleLooker) -> Response:
    """Every place that this visitor may see; no card's number and no PIN is anywhere."""
    site = site_of(request)
    with site.port.reader() as reader:
        township = site.port.config.township
        found = [
            PlacePeople(
                place=place,
                staff=tuple(
                    Member(
                        account=one.account,
                        person=one.person,
                        name=one.name,
                        offices=one.offices,
                        card=one.card is not None,
                    )
                    for one in staff_of(reader, township, place)
                ),
                lists=reader.people_lists(place),
            )
            for place in places_of(reader, site, visitor)
        ]
    return answer(found)


@router.get("/policy", responses=documented(tuple[PolicyView, ...]))
def policies(request: Request, visitor: PolicyLooker) -> Response:
    """Every version of the approval policy, drafts too, newest first."""
    with site_of(request).port.reader() as reader:
        return answer(reader.approval_policies())


@router.get("/policy/{version}", responses=documented(ApprovalPolicy))
def policy(request: Request, visitor: PolicyLooker, version: Number) -> Response:
    """What one version says."""
    with site_of(request).port.reader() as reader:
        views = [one for one in reader.approval_policies() if one.version == version]
        found = content_of(reader, views[0]) if views else None
    if found is None:
        raise NotFoundError(f"expected a policy version, found none numbered {version}")
    return answer(found)


def _terms(one: TermsView) -> Terms:
    return Terms(
        terms=one.body.terms,
        machine=one.body.machine,
        seal=one.body.seal,
        matters=one.body.matters,
        uses=one.body.uses,
        impressions=one.body.impressions,
        not_after_ms=one.body.not_after_ms,
        by=one.body.by,
        released_by=one.released_by,
        stopped=one.stopped is not None,
        printed={holder: len(codes) for holder, codes in one.printed},
        opened=len(one.given),
    )


def _hatch(view: HatchView, visitor: Visitor, now_ms: int) -> HatchView:
    """Return an opening as this visitor may read it: while it waits or is in force, its reason."""
    over = view.closed_index is not None or view.withdrawn_by is not None
    if (over or now_ms > view.not_after_ms) and not visitor.sees(
        view.machine, Action.READ_PERSONAL
    ):
        return structs.replace(view, reason=None)
    return view
