"""Signing in, staying in, and forms that only this session may send."""

from __future__ import annotations

import pytest

from gateway.commands import AddAccount
from gateway.desk.accounts import hash_password
from gateway.desk.attempts import FREE
from gateway.web.console.signin import local


def test_right_password_signs_in_with_a_strict_cookie(site):
    console = site()

    answer = console.sign_in("wang")

    cookie = next(
        value for value in answer.headers.get_list("set-cookie") if value.startswith("seal_session")
    )
    assert answer.status_code == 303
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "王审批" in console.get("/").text


@pytest.mark.parametrize(("account", "password"), [("wang", "wrong"), ("nobody", "wrong")])
def test_wrong_name_and_wrong_password_look_the_same(site, account, password):
    answer = site().sign_in(account, password)

    assert answer.status_code == 403
    assert "账号或密码不对" in answer.text
    assert "seal_session" not in answer.headers.get("set-cookie", "")


def test_account_has_to_wait_after_several_failures_even_with_the_right_password(site):
    console = site()
    for _ in range(FREE):
        console.sign_in("wang", "wrong")

    answer = console.sign_in("wang")

    assert answer.status_code == 429
    assert "分钟后再试" in answer.text


def test_sign_in_form_of_another_browser_is_refused(site):
    other = site()
    other.get("/sign-in")

    answer = site().client.post(
        "/sign-in",
        data={"account": "wang", "password": "x", "form": other.client.cookies["seal_form"]},
    )

    assert answer.status_code == 403
    assert "页面已过期" in answer.text


def test_signing_in_again_replaces_the_token_and_ends_the_old_session(site):
    console = site("wang")
    before = console.client.cookies["seal_session"]
    stolen = site()
    stolen.client.cookies.set("seal_session", before)
    form = stolen.get("/sign-in")
    assert form.status_code == 303  # still good

    console.client.post(
        "/sign-in",
        data={
            "account": "wang",
            "password": "correct horse 42",
            "form": console.client.cookies.get("seal_form", "") or _form(console),
        },
    )

    assert console.client.cookies["seal_session"] != before
    assert stolen.get("/").status_code == 303


def test_signing_out_ends_the_session(site):
    console = site("wang")
    token = console.client.cookies["seal_session"]

    console.post("/sign-out")

    console.client.cookies.set("seal_session", token)
    assert console.get("/").headers["location"].startswith("/sign-in")


def test_new_password_ends_older_sessions(world, site):
    console = site("wang")

    world.app.submit_operator(
        AddAccount(
            by="sun",
            account="wang",
            person="p-wang",
            name="王审批",
            offices=("approver",),
            keeps=(),
            password_hash=hash_password("another one 43"),
        )
    ).result(20)

    assert console.get("/").status_code == 303


def test_office_taken_away_ends_the_session_and_is_gone(world, site, password_hash):
    console = site("wang")

    world.app.submit_operator(
        AddAccount(
            by="sun",
            account="wang",
            person="p-wang",
            name="王审批",
            offices=("clerk",),
            keeps=(),
            password_hash=password_hash,
            village="330182107201",
        )
    ).result(20)

    assert console.get("/approvals").headers["location"].startswith("/sign-in")
    assert console.sign_in("wang").status_code == 303
    assert console.get("/approvals").status_code == 403


def test_form_without_this_sessions_token_is_refused(site):
    console = site("wang")
    other = site("wang")

    without = console.client.post("/sign-out")
    foreign = console.client.post("/sign-out", data={"csrf": other.csrf()})

    assert (without.status_code, foreign.status_code) == (403, 403)
    assert console.get("/").status_code == 200


def test_visitor_comes_back_to_the_page_that_was_asked_for(site):
    console = site()
    sent = console.get("/log?kind=use").headers["location"]

    page = console.get(sent)

    assert 'name="next" value="/log?kind=use"' in page.text


@pytest.mark.parametrize(
    "url", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb", "/sign-in"]
)
def test_sign_in_leads_nowhere_else(url):
    assert local(url) == "/"


def test_english_is_one_tap_away_and_stays(site):
    console = site("zhao")

    answer = console.get("/language/en?back=/log")

    assert answer.headers["location"] == "/log"
    assert "Seal log" in console.get("/log").text
    assert "用印记录" not in console.get("/log").text


def _form(console):
    """A sign-in form's token, which a signed-in browser is not shown."""
    console.client.cookies.set("seal_form", "form-token")
    return "form-token"
