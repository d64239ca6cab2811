"""Every endpoint names its guard; what every answer carries. Who may what: test_access_walk."""

from __future__ import annotations

import http.client
import re

import httpx
import pytest

from gateway.desk.access import Action, require
from gateway.errors import NotAllowedError
from gateway.web import CONSOLE, api, create_app
from gateway.web.identity import Allow

OPEN = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/code"),
    ("POST", "/sign-in/code"),
    ("POST", "/sign-in/passkey/options"),
    ("POST", "/sign-in/passkey"),
    ("GET", "/language/{language}"),
    ("POST", "/api/v1/token"),
}


def routes():
    """Yield method, path and guards of every endpoint."""
    parts = [(part.router, "") for part in CONSOLE]
    parts += [(part.router, api.router.prefix) for part in api.PARTS]
    for router, prefix in parts:
        for route in router.routes:
            guards = [one.call for one in route.dependant.dependencies if _is_guard(one.call)]
            for method in sorted(route.methods - {"HEAD"}):
                yield method, prefix + route.path, guards


def _is_guard(call):
    return isinstance(call, Allow)


def address(path):
    """Fill in names that nothing has, so that nothing is found or changed."""
    return re.sub(r"\{[^}]*version[^}]*\}", "999", re.sub(r"\{(?!version)[^}]*\}", "nothing", path))


def test_every_endpoint_but_the_sign_in_names_its_action():
    unguarded = {(method, path) for method, path, guards in routes() if not guards}

    assert unguarded == OPEN


def test_every_endpoint_that_changes_something_checks_the_form_token():
    loose = [
        (method, path)
        for method, path, guards in routes()
        if method != "GET" and (method, path) not in OPEN and not guards[0].changes
    ]

    assert loose == []


def test_application_serves_nothing_beside_these_endpoints(world):
    app = create_app(world.app)

    beside = {getattr(route, "path", "") for route in app.routes} - {""}

    assert beside == {"/openapi.json", "/static"}
    assert len(app.routes) == len(CONSOLE) + 1 + len(beside)


def test_nobody_gets_anything_without_signing_in(site):
    console = site()
    for method, path, guards in routes():
        if not guards:
            continue

        answer = console.client.request(method, address(path))

        if path.startswith(("/api/", "/live/")):
            assert answer.status_code == 401, path
        else:
            assert answer.headers.get("location", "").startswith("/sign-in"), path


def test_unknown_office_may_do_nothing():
    for action in Action:
        with pytest.raises(NotAllowedError, match="expected the office"):
            require(("mayor",), action)


def test_names_are_withheld_from_offices_that_do_not_need_them(busy, site):
    with busy.app.reader() as reader:
        request = reader.requests("open")[0].request

    console = site("sun")

    assert "王建国" not in console.get(f"/log/{request}").text
    assert "王建国" not in console.get(f"/api/v1/entries/{request}").text
    assert "王建国" in site("zhao").get(f"/log/{request}").text


def test_security_headers_are_on_every_answer(site):
    console = site("zhao")
    for path in ("/", "/sign-in", "/nowhere", "/static/console.css", "/api/v1/entries/nothing"):
        headers = console.get(path).headers

        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_pages_are_not_stored_by_browsers_but_static_files_are(site):
    console = site("zhao")

    assert console.get("/log").headers["cache-control"] == "no-store"
    assert "immutable" in console.get("/static/console.css").headers["cache-control"]


def test_too_long_a_body_is_refused_before_it_is_read(site):
    address = site().client.base_url
    connection = http.client.HTTPConnection(address.host, address.port, timeout=20)
    connection.putrequest("POST", "/alerts")
    connection.putheader("Content-Length", "9000000")
    connection.endheaders()

    answer = connection.getresponse()
    answer.read()
    connection.close()

    assert answer.status == 413


def test_body_of_unknown_length_is_refused(site):
    answer = site("zhao").client.post("/alerts", content=iter([b"alert=1"]))

    assert answer.status_code == 411


def test_unforeseen_error_shows_a_sentence_and_no_trace(world, serve):
    class Broken:
        config, keyring = world.app.config, world.app.keyring

        def now_ms(self):
            return world.app.now_ms()

        def reader(self):
            raise RuntimeError("secret inner workings")

    class Holder:
        app = Broken()

    url = serve(Holder())
    answer = httpx.get(f"{url}/", cookies={"seal_session": "x"}, follow_redirects=False)
    api = httpx.post(f"{url}/api/v1/token", json={"account": "a", "password": "b"})

    assert answer.status_code == 303
    assert api.status_code == 500
    assert "secret" not in api.text
    assert "没有料到" in api.json()["said"]
    assert "default-src 'none'" in api.headers["content-security-policy"]


@pytest.mark.parametrize(("domain", "shown"), [("sim", True), ("field", False)])
def test_simulation_band_follows_the_domain_of_the_keys(make_world, serve, browse, domain, shown):
    url = serve(make_world(domain))

    page = browse(url).get("/sign-in").text

    assert ('class="band"' in page) is shown
