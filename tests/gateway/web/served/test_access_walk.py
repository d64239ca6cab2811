"""Who may do what: every route of the application, every office, own, other and foreign things.

The table says by hand what `access.py` must come to; a route that it does not name fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from gateway.commands import AddAccount
from gateway.desk.access import ALLOWED, Action
from gateway.desk.accounts import OFFICES, VILLAGE_OFFICES
from gateway.web import create_app
from tests.gateway.web.served.things import NOTHING, Things, things

pytestmark = pytest.mark.slow
VILLAGE = "330182107201"
OPEN = """GET /sign-in, POST /sign-in, GET /sign-in/code, POST /sign-in/code,
    POST /sign-in/passkey/options, POST /sign-in/passkey,
    GET /language/{language}, POST /api/v1/token"""
BESIDE = "GET /openapi.json, /static"
DECIDED = {
    "clerk keeper secretary director supervisor approver station auditor county technician "
    "administrator": """
        GET /, GET /live/badges, POST /sign-out, GET /account, POST /account/password,
        POST /account/factor, POST /account/factor/confirm, POST /account/sessions/end,
        POST /account/passkeys/options, POST /account/passkeys, POST /account/passkeys/drop,
        GET /api/v1/me, DELETE /api/v1/token, GET /custody, GET /custody/{machine}/{seal},
        GET /precision, GET /api/v1/precision,
        GET /calendar, GET /matters/versions/{version}/file, GET /matters/drafts/{draft},
        GET /api/v1/lists/drafts,
        GET /matters, GET /matters/why, GET /matters/versions/{version},
        GET /policy, GET /policy/versions/{version}, GET /api/v1/lists,
        GET /api/v1/policy, GET /api/v1/policy/{version}, GET /api/v1/custody,
        GET /api/v1/lists/{version}, GET /api/v1/villages,
        GET /api/v1/villages/{village}/matters, GET /api/v1/look-up""",
    "clerk keeper secretary director supervisor approver station auditor technician "
    "administrator": "GET /filed, POST /filed/{request_id}/withdrawal",
    "secretary director supervisor approver station": """
        GET /confirm, POST /confirm/{ask}, POST /emergency/{terms}/codes,
        POST /approvals/{request_id}, POST /api/v1/requests/{request_id}/decision""",
    "secretary director supervisor approver station auditor": """
        GET /approvals, GET /approvals/{request_id}, GET /api/v1/requests,
        GET /api/v1/requests/{request_id}""",
    "secretary director supervisor approver station auditor administrator": """
        GET /log/{entry_id}/new-red,
        GET /photos/{sealed_sha256}, GET /api/v1/photos/{sealed_sha256},
        GET /delegations, POST /delegations, POST /delegations/{delegation}/end,
        GET /emergency, GET /api/v1/emergency, POST /ledger/export""",
    "secretary director supervisor approver station auditor county administrator": """
        GET /ledger""",
    "keeper secretary director supervisor approver station auditor county administrator": """
        GET /log, GET /log/{entry_id}, GET /log/{entry_id}/envelope,
        GET /log/{entry_id}/paper/{form}, GET /api/v1/entries, GET /api/v1/entries/{entry_id},
        GET /api/v1/entries/{entry_id}/ladder, GET /api/v1/entries/{entry_id}/envelope,
        GET /api/v1/entries/{entry_id}/erasures""",
    "keeper secretary director supervisor auditor county technician administrator": """
        GET /machines, GET /machines/{machine_id}, GET /villages/{village}/door,
        GET /api/v1/machines, GET /api/v1/machines/{machine_id}""",
    "approver station auditor county administrator ": """
        POST /matters/drafts/{draft}/release, POST /api/v1/lists/drafts/{draft}/release""",
    "approver station auditor county administrator": """
        GET /standing, GET /api/v1/standing, GET /permits, GET /permits/{permit_id},
        GET /api/v1/permits, GET /api/v1/permits/{permit_id}""",
    "keeper secretary director supervisor approver station auditor county administrator ": """
        GET /people, GET /api/v1/people""",
    "approver station auditor administrator": """
        POST /calendar/draft, POST /calendar/versions/{version}/release,
        POST /emergency, POST /emergency/{terms}/release, POST /custody/{machine}/{seal}/ask,
        POST /custody/hatches/{permit}/permit,
        POST /custody/hatches/{permit}/withdraw, POST /custody/{machine}/{seal}/state,
        GET /registrations/{sample}, GET /registrations/{sample}/specimen.png,
        POST /registrations/{sample}, POST /registrations/drafts/{draft}/release,
        POST /register/export,
        POST /custody/states/{asked}/confirm, POST /standing, POST /standing/{permit}/release,
        GET /people/{place}, POST /people/{place}, POST /people/drafts/{version}/release,
        POST /accounts/{account}/stop, POST /accounts/{account}/sessions,
        POST /policy/draft, POST /policy/draft/confirm,
        POST /policy/versions/{version}/release""",
    "auditor county administrator": """
        GET /alerts, GET /alerts/{alert_id}, GET /troubles, GET /retention,
        GET /retention/months/{month}, GET /api/v1/alerts, GET /api/v1/alerts/{alert_id},
        GET /api/v1/troubles, GET /api/v1/cases, GET /api/v1/cases/{case_id},
        GET /api/v1/retention""",
    "auditor county technician administrator": """
        GET /holds, GET /holds/{hold_id}, GET /api/v1/holds""",
    "auditor administrator": """
        GET /channels, POST /emergency/{terms}/stop,
        POST /accounts/{account}/reset, POST /accounts/{account}/reset/confirm,
        POST /holds/{hold_id}, POST /api/v1/holds/{hold_id}/release, POST /permits/{permit_id},
        POST /api/v1/permits/{permit_id}/revocation, POST /machines/{machine_id}/revoke,
        POST /retention/months/{month}, POST /retention/erasures, POST /retention/policy,
        POST /retention/policy/{asked}, POST /log/{entry_id}/erasure, POST /api/v1/retention,
        POST /api/v1/retention/{asked}/confirmation, POST /api/v1/retention/months/{month},
        POST /api/v1/entries/{entry_id}/erasure, POST /api/v1/erasures/{asked}/confirmation""",
    "auditor": """
        POST /alerts, POST /alerts/{alert_id}/answer, POST /api/v1/alerts/{alert_id}/answer,
        POST /alerts/{alert_id}/open, POST /cases/{case_id}/assign,
        POST /cases/{case_id}/note, POST /cases/{case_id}/close, GET /troubles/{number}/bytes,
        POST /api/v1/cases, POST /api/v1/cases/{case_id}/assignment,
        POST /api/v1/cases/{case_id}/notes, POST /api/v1/cases/{case_id}/closing""",
    "administrator": """
        GET /matters/import, POST /matters/import, POST /matters/import/confirm,
        POST /matters/import/annotated,
        POST /machines/{machine_id}/code, POST /api/v1/lists""",
}
ENDS_SESSION = ("POST /sign-out", "DELETE /api/v1/token")
OWN = {
    *ENDS_SESSION,
    "POST /account/password",
    "POST /account/factor",
    "POST /account/factor/confirm",
    "POST /account/sessions/end",
    "POST /account/passkeys/options",
    "POST /account/passkeys",
    "POST /account/passkeys/drop",
}  # one's own sign-in
OF_THE_TOWNSHIP = ("GET /matters", "GET /api/v1/villages/")  # items lists are no village's secret
NO_VILLAGES = {"version", "draft", "form"}  # lists, policies and calendars are the township's


def split(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


TABLE = {route: set(offices.split()) for offices, text in DECIDED.items() for route in split(text)}


def routes(app: Any) -> Iterator[str]:
    """Yield every route of an application as `METHOD /path`, whoever put it there."""
    for one in iter_route_contexts(app.routes):
        methods = sorted((getattr(one, "methods", None) or {""}) - {"HEAD"})
        yield from (f"{method} {one.path}".strip() for method in methods)


@pytest.fixture
def township(world: Any, neighbour: Any, pages: Any, password_hash: str) -> dict[str, Things]:
    """Things of the own village, of another one, and of the township next door."""
    for office in OFFICES:
        village = VILLAGE if office in VILLAGE_OFFICES else ""
        command = AddAccount(
            by="root", account=f"o-{office}", person=f"p-o-{office}", name=office,
            offices=(office,), keeps=(), password_hash=password_hash, village=village,
        )  # fmt: skip
        world.app.submit_operator(command).result(20)
    return {
        "own": things(world, "m-1", pages, "陈玉兰", password_hash),
        "other": things(world, "m-2", pages, "王建国", password_hash),
        "foreign": things(neighbour, "m-9", pages, "欧阳春晓", password_hash),
    }


def ask(console: Any, route: str, address: str) -> Any:
    """Send one request with the session's token; forms say as little as a route takes."""
    method, _, _ = route.partition(" ")
    headers = {"x-csrf-token": console.token}
    data = {"decision": "approve", "csrf": console.token} if method == "POST" else None
    if "/api/" in route:
        body = {"decision": "approve"} if data else None
        return console.client.request(method, address, headers=headers, json=body)
    return console.client.request(method, address, headers=headers, data=data)


def test_every_route_of_the_application_is_decided(world: Any) -> None:
    found = set(routes(create_app(world.app)))

    assert found == {*TABLE, *split(OPEN), *split(BESIDE)}


def test_whatever_a_village_can_name_is_walked_with_things_of_others(
    township: dict[str, Things],
) -> None:
    reached = [route for route, offices in TABLE.items() if offices & set(VILLAGE_OFFICES)]

    named = {name for route in reached for name in re.findall(r"\{([a-z_0-9]+)\}", route)}

    for those in township.values():
        assert [name for name in sorted(named - NO_VILLAGES) if not those.names.get(name)] == []


def test_the_table_and_the_actions_name_known_offices_alone() -> None:
    assert set().union(*TABLE.values()) == set(OFFICES)
    assert set(ALLOWED) == set(Action)
    assert set().union(*ALLOWED.values()) == set(OFFICES)


def test_the_county_reads_and_writes_nothing_but_releases_of_lists() -> None:
    written = {route for route, offices in TABLE.items() if "county" in offices}

    lists = {"POST /matters/drafts/{draft}/release", "POST /api/v1/lists/drafts/{draft}/release"}
    assert {one for one in written if not one.startswith("GET ")} == OWN | lists


def test_who_keeps_or_works_a_seal_approves_nothing() -> None:
    approving = TABLE["POST /approvals/{request_id}"]

    assert not approving & {"keeper", "clerk", "technician", "county"}


def test_each_office_reaches_its_routes_and_its_place_alone(
    world: Any, township: dict[str, Things], site: Callable[..., Any]
) -> None:
    with world.app.reader() as reader:
        size = reader.size()

    wrong = []
    for office in OFFICES:
        console = site(f"o-{office}")
        console.token = console.csrf()
        for route in sorted(set(TABLE) - set(ENDS_SESSION)):
            found = walk(console, route, office, township)
            wrong += [(office, route, place, status) for place, status in found]

    assert wrong == []
    with world.app.reader() as reader:
        assert reader.size() == size


def walk(
    console: Any, route: str, office: str, township: dict[str, Things]
) -> Iterator[tuple[str, int | str]]:
    """Yield what is not as the table says, for one route."""
    method, _, path = route.partition(" ")
    allowed = office in TABLE[route]
    places = {"nothing": NOTHING}
    if allowed and "{" in path:
        places |= {name: township[name] for name in ("other", "foreign")}
    if allowed and method == "GET":
        places["own"] = township["own"]
    elif office not in VILLAGE_OFFICES:
        places.pop("other", None)  # theirs to change; nothing is changed while we walk
    for place, those in places.items():
        answer = ask(console, route, those.address(path))
        yield from judged(route, place, those, answer, allowed, office)
        hidden = [township["foreign"], *([township["other"]] if office in VILLAGE_OFFICES else [])]
        asked = set(those.names.values())
        told = [one for each in hidden for one in each.marks if one not in asked]
        yield from ((place, f"told {one}") for one in told if one in answer.text)


def judged(
    route: str, place: str, those: Things, answer: Any, allowed: bool, office: str
) -> Iterator[tuple[str, int | str]]:
    """Yield the status of an answer if it is not what this office may be told there."""
    named = any(f"{{{one}}}" in route for one in those.names if those.names[one])
    other = place == "other" and office in VILLAGE_OFFICES and not route.startswith(OF_THE_TOWNSHIP)
    expected = {200}
    if not allowed:
        expected = {403}
    elif not named:
        expected = set(range(200, 500)) - {403}  # nothing of that name, or no name at all
    elif place == "foreign" or other:
        expected = {404} if route.startswith("GET ") else {403, 404, 409, 422}
    if answer.status_code not in expected:
        yield place, answer.status_code
