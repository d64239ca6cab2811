"""Orders: what must hold on the pages' side before a decision goes to the writer.

The writer checks again what concerns persons and amounts; only this side knows what a visitor
was shown. Console and API both decide through here.
"""

from __future__ import annotations

from typing import Literal, cast

from gateway.commands import Decide, Document
from gateway.desk.access import Action
from gateway.desk.approvals import check_person
from gateway.desk.standing import Standing
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Reader
from gateway.stores.views import PhotoView, RequestView
from gateway.web.identity import Visitor
from gateway.web.site import Site


def decide(
    site: Site,
    visitor: Visitor,
    request: str,
    decision: str,
    note: str,
    documents: tuple[Document, ...] = (),
) -> object:
    """Have a request approved, refused or returned; the latter two say why.

    Raises:
        NotFoundError: no such request.
        RequestRefusedError: `page-not-opened`, `note-missing`, or what the desk refuses.
    """
    with site.port.reader() as reader:
        found = reader.request(request)
    if found is None or not visitor.sees(found.machine, Action.DECIDE):
        raise NotFoundError(f"expected a request, found none named {request[:64]}")
    unseen = missing_page(site, visitor, found)
    if unseen is not None:
        raise RequestRefusedError(
            "page-not-opened",
            f"expected every page to be opened before a decision, found page {unseen.n} unopened",
        )
    if decision != "approve" and not note.strip():
        raise RequestRefusedError("note-missing", "expected a reason for the refusal, found none")
    return site.order(
        Decide(
            by=visitor.account.account,
            request=request,
            decision=cast(Literal["approve", "refuse", "return"], decision),
            note=note.strip(),
            documents=documents,
        )
    )


def missing_page(site: Site, visitor: Visitor, request: RequestView) -> PhotoView | None:
    """Return the first page whose photo this session has not been shown, if there is one."""
    for one in request.pages:
        if not site.sessions.has_opened(visitor.session.key, one.sealed_sha256):
            return one
    return None


def why_not(reader: Reader, visitor: Visitor, request: RequestView, stand: Standing | None) -> str:
    """Return why this very person can not decide (a reason code), or "" when they may.

    The writer asks the same question again when it decides.
    """
    try:
        check_person(request, visitor.account, reader.machine(request.machine), reader.accounts())
    except RequestRefusedError as error:
        return error.reason
    if stand is None:
        return "policy-missing"
    if stand.office_of(visitor.account.account) is not None:
        return ""
    if any(one.person == visitor.account.person for one in stand.decisions):
        return "decided-already"
    mine = any(one == visitor.account for one, _ in stand.people)
    return "not-your-turn" if mine else "no-office"
