"""Bearer tokens for programs: a sign-in that ends as sessions do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from msgspec import Struct
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.desk.access import Action
from gateway.errors import NotAllowedError
from gateway.web.api.answers import answer, documented
from gateway.web.identity import Allow, AllowOrder, Visitor, site_of
from gateway.web.sessions import IDLE_MS, LONGEST_MS
from gateway.web.signing import begin, check_password, check_second, factor_of

router = APIRouter(tags=["sign-in"])
Anybody = Annotated[Visitor, Depends(Allow(Action.READ_HOME))]
Leaver = Annotated[Visitor, Depends(AllowOrder(Action.OWN_SIGN_IN))]


class WrongPasswordError(NotAllowedError):
    """Name, password or code is wrong, or this account has to wait."""

    code = "wrong-password"
    hint = "Check both; after several failures wait some minutes."


class Credentials(BaseModel):
    """An account, its password, and the code of its second factor if it has one."""

    account: Annotated[str, Field(max_length=60)]
    password: Annotated[str, Field(max_length=200)]
    code: Annotated[str, Field(max_length=60)] = ""


class Token(Struct, frozen=True):
    """A bearer token; it ends after `idle_ms` without a request, at the latest at `ends_ms`."""

    token: str
    idle_ms: int
    ends_ms: int


class Me(Struct, frozen=True):
    """Who is signed in, and what they may do."""

    account: str
    name: str
    offices: tuple[str, ...]
    may: tuple[str, ...]


@router.post("/token", responses=documented(Token))
def sign_in(request: Request, body: Credentials) -> Response:
    """Sign in with account and password; send the token as `Authorization: Bearer`."""
    site = site_of(request)
    account = check_password(site, body.account.strip(), body.password)
    if account is None:
        raise WrongPasswordError("expected a known account and its password, found another")
    if factor_of(site, account.account) is not None and not check_second(
        site, account.account, body.code
    ):
        raise WrongPasswordError("expected the code of the second factor, found another or none")
    token, session = begin(site, request, account.account, "bearer")
    return answer(Token(token, IDLE_MS, session.since_ms + LONGEST_MS))


@router.delete("/token", status_code=204)
def sign_out(request: Request, visitor: Leaver) -> Response:
    """End this session."""
    site_of(request).sessions.end(visitor.session.key)
    return Response(status_code=204)


@router.get("/me", responses=documented(Me))
def me(visitor: Anybody) -> Response:
    """Who is signed in."""
    account = visitor.account
    may = tuple(action.value for action in Action if visitor.may(action))
    return answer(Me(account.account, account.name, account.offices, may))
