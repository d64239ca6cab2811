"""Identity: who sends this request, in which language, and whether they may.

Each endpoint names its `Action` through `Allow` (to look) or `AllowChange` (to change
something: the CSRF token is checked, too). There is no other way in.
"""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Form, Header, Request
from msgspec import Struct

from gateway.desk import access
from gateway.desk.access import Action, Post
from gateway.desk.delegations import posts_of
from gateway.errors import GatewayError, NotAllowedError
from gateway.stores import Reader
from gateway.stores.views import Account
from gateway.web.sessions import Session
from gateway.web.signing import Owed, owed, stamp_of
from gateway.web.site import Site
from gateway.web.texts import Language

COOKIE = "seal_session"
LANGUAGE_COOKIE = "seal_language"
LIVE = "/live/"  # polled by itself: does not count as activity
BY_ITSELF = "X-By-Itself"  # a page that looks again without its reader: neither


class SignInNeededError(GatewayError):
    """Nobody is signed in here."""

    code = "sign-in-needed"
    hint = "Sign in."


class FormExpiredError(NotAllowedError):
    """The form does not carry this session's token."""

    code = "form-expired"
    hint = "Load the page again and repeat."


class StepOwedError(NotAllowedError):
    """This person must set up the sign-in first: choose a password, or a second factor."""

    code = "step-owed"
    hint = "Open the page of your own sign-in."


class Visitor(Struct, frozen=True, kw_only=True):
    """The signed-in person of one request.

    Args:
        posts: offices with their villages, those held for somebody who is away as well.
        machines: by village, of those in which this person holds an office.
        owes: what must be set up before anything else is open.
    """

    account: Account
    session: Session
    language: Language
    posts: tuple[Post, ...]
    machines: dict[str, tuple[str, ...]]
    owes: Owed = ""

    @property
    def offices(self) -> tuple[str, ...]:
        """Every office that this person acts in, each once."""
        return tuple(dict.fromkeys(one.office for one in self.posts))

    def may(self, action: Action) -> bool:
        """Return whether this person's offices allow `action`, in some village at least."""
        return access.may(self.offices, action)

    def only_villages(self, action: Action) -> frozenset[str] | None:
        """Return the villages for which `action` is allowed; None: all of them."""
        return access.reach(self.posts, action)

    def only_machines(self, action: Action) -> tuple[str, ...] | None:
        """Return the machines for which `action` is allowed; None: all of them."""
        villages = self.only_villages(action)
        if villages is None:
            return None
        return tuple(
            machine for village in sorted(villages) for machine in self.machines.get(village, ())
        )

    def sees(self, machine: str, action: Action) -> bool:
        """Return whether this person's offices allow `action` for a machine's village."""
        machines = self.only_machines(action)
        return machines is None or machine in machines

    def sees_village(self, village: str, action: Action) -> bool:
        """Return whether this person's offices allow `action` for a village."""
        villages = self.only_villages(action)
        return villages is None or village in villages


class Allow:
    """A dependency: the visitor, who may do `action`, or an error.

    Raises:
        SignInNeededError, NotAllowedError: nobody is signed in; the office does not allow it.
        StepOwedError: password or second factor must be set up first.
    """

    changes = False

    def __init__(self, action: Action) -> None:
        self.action = action

    def __call__(self, request: Request) -> Visitor:
        visitor = visitor_of(request)
        if visitor is None:
            raise SignInNeededError("expected somebody signed in, found nobody: sign in")
        if visitor.owes and self.action is not Action.OWN_SIGN_IN:
            raise StepOwedError(f"expected the {visitor.owes} of {visitor.account.account} set up")
        access.require(visitor.offices, self.action)
        return visitor


class AllowChange(Allow):
    """As `Allow`, and the request carries the session's CSRF token (bearers need none).

    Raises:
        FormExpiredError: it does not.
    """

    changes = True

    def __call__(
        self,
        request: Request,
        csrf: Annotated[str, Form()] = "",
        x_csrf_token: Annotated[str, Header()] = "",
    ) -> Visitor:
        visitor = super().__call__(request)
        check_csrf(visitor.session, csrf or x_csrf_token)
        return visitor


class AllowOrder(Allow):
    """As `AllowChange`, for JSON bodies: the token comes in the header alone."""

    changes = True

    def __call__(self, request: Request, x_csrf_token: Annotated[str, Header()] = "") -> Visitor:
        visitor = super().__call__(request)
        check_csrf(visitor.session, x_csrf_token)
        return visitor


def check_csrf(session: Session, token: str) -> None:
    """Return if a cookie session's request carries its token; a bearer proves itself."""
    if session.kind == "cookie" and not secrets.compare_digest(
        session.csrf.encode(), token.encode()
    ):
        raise FormExpiredError("expected this session's form token, found another or none")


def visitor_of(request: Request) -> Visitor | None:
    """Return who is signed in, or None; see `signing.stamp_of` for what ends a session."""
    site = site_of(request)
    session = _session_of(request, site)
    if session is None:
        return None
    with site.port.reader() as reader:
        account = reader.account(session.account)
        posts = () if account is None else _posts(reader, account, site.port.now_ms())
        places = [reader.village(one.village) for one in posts if one.village]
        stamp = "" if account is None else stamp_of(account, reader.factor(account.account))
        offices = tuple(one.office for one in posts)
        owes: Owed = "" if account is None else owed(reader, site, account, offices)
    if account is None or stamp != session.stamp:
        site.sessions.end(session.key)
        return None
    return Visitor(
        account=account,
        session=session,
        language=language_of(request),
        posts=posts,
        machines={one.village: one.machines for one in places if one is not None},
        owes=owes,
    )


def _posts(reader: Reader, account: Account, now_ms: int) -> tuple[Post, ...]:
    now = [one for one in reader.delegations(now_ms) if one.holds(now_ms)]
    return posts_of(account, reader.accounts(), now)


def site_of(request: Request) -> Site:
    """Return what `create_app` wired."""
    site: Site = request.app.state.site
    return site


def language_of(request: Request) -> Language:
    """Return the language that the visitor chose; Chinese unless English was."""
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "zh"


def _session_of(request: Request, site: Site) -> Session | None:
    touch = not request.url.path.startswith(LIVE) and BY_ITSELF not in request.headers
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found = site.sessions.find(token.strip(), touch=touch)
        return found if found and found.kind == "bearer" else None
    found = site.sessions.find(request.cookies.get(COOKIE, ""), touch=touch)
    return found if found and found.kind == "cookie" else None
