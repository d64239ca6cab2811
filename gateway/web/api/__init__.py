"""The JSON API under /api/v1: the same access, the same orders as the console's pages."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.audit.precision import Precision
from gateway.desk import policy
from gateway.stores import office, policies, standing, views
from gateway.web.api import audit, desk, flows, log, retention, tokens
from gateway.web.api.answers import Failure, Index
from gateway.web.ladder import Ladder
from ledger.matters import Answer, MatterList

PARTS = (tokens, log, desk, flows, audit, retention)
KINDS = (
    Failure,
    Index,
    Ladder,
    Answer,
    MatterList,
    tokens.Token,
    tokens.Me,
    audit.CaseId,
    desk.Version,
    retention.Asked,
    retention.Retention,
    flows.Keeping,
    flows.PlacePeople,
    flows.Terms,
    policy.ApprovalPolicy,
    policies.PolicyView,
    standing.StandingPermitView,
    views.EntryDetail,
    views.RequestView,
    views.PermitView,
    views.ListView,
    office.ListDraftView,
    views.VillageView,
    views.MachineView,
    views.AlertView,
    views.CaseView,
    views.HoldView,
    views.Trouble,
    Precision,
)

router = APIRouter(prefix="/api/v1")
for part in PARTS:
    router.include_router(part.router)
