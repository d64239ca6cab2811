"""Precision: how often each rule was right, for everybody who reads the console."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from gateway.audit.alerts import find as find_rules
from gateway.audit.precision import FEW, SPANS, Precision, Span, measure, starts_ms
from gateway.desk.access import Action
from gateway.stores import Reader
from gateway.web.identity import Allow, Visitor, site_of
from gateway.web.pages import page

router = APIRouter()
Anybody = Annotated[Visitor, Depends(Allow(Action.READ_PRECISION))]


@router.get("/precision")
def show(
    request: Request, visitor: Anybody, span: Annotated[str, Query(max_length=10)] = SPANS[0]
) -> Response:
    """What auditors answered to the alerts of a period, rule by rule."""
    site = site_of(request)
    chosen = next((one for one in SPANS if one == span), SPANS[0])
    with site.port.reader() as reader:
        return page(
            request,
            reader,
            visitor,
            "precision.html",
            "precision",
            figures=figures(reader, chosen, site.port.now_ms()),
            spans=SPANS,
            few=FEW,
        )


def figures(reader: Reader, span: Span, now_ms: int) -> Precision:
    """Return the precision of every rule over a period that ends now."""
    outcomes = reader.outcomes(starts_ms(span, now_ms), now_ms + 1)
    codes = sorted(module.CODE for module in find_rules().values())
    return measure(outcomes, codes, span, now_ms)
