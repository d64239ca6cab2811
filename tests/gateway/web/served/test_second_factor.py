"""The second factor over HTTP and in a real browser: set up, demanded, never used twice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec import structs

from gateway.commands_signin import EnrolFactor
from gateway.desk import totp
from gateway.desk.attempts import FREE
from ledger.records_people import AccountAct
from tests.arriving import arrive
from tests.gateway.web.served.conftest import PASSWORD, field
from tests.gateway.web.served.policies import PHONE
from tests.pictures import keep

SECRET = b"12345678901234567890"


def demand(world: Any, *offices: str) -> None:
    """Let the township's settings demand a second factor of these offices."""
    config = world.app.config
    world.app.config = structs.replace(
        config, web=structs.replace(config.web, second_factor=offices)
    )


def enrol(world: Any, account: str, *codes: str) -> None:
    hashes = tuple(totp.hash_recovery(one) for one in codes)
    command = EnrolFactor(by=account, secret=SECRET, step=0, recovery=hashes)
    world.app.submit(command).result(20)


def code_now(world: Any, steps: int = 0) -> str:
    return totp.code_at(SECRET, world.now_ms() + steps * totp.STEP_S * 1000)


def enter(console: Any, code: str) -> Any:
    form = field(console.get("/sign-in/code").text, "form")
    return console.client.post("/sign-in/code", data={"code": code, "form": form})


def test_the_password_alone_opens_nothing(world: Any, site: Any) -> None:
    enrol(world, "wang")
    console = site()

    answer = console.sign_in("wang")

    assert answer.headers["location"].startswith("/sign-in/code")
    assert "seal_session" not in console.client.cookies
    assert console.get("/approvals").headers["location"].startswith("/sign-in")
    assert enter(console, "000000").status_code == 403

    assert enter(console, code_now(world)).status_code == 303
    assert console.get("/approvals").status_code == 200


def test_a_code_that_was_used_signs_nobody_else_in(world: Any, site: Any) -> None:
    enrol(world, "wang")
    first, second = site(), site()
    code = code_now(world)
    first.sign_in("wang")
    second.sign_in("wang")

    answers = (enter(first, code).status_code, enter(second, code).status_code)

    assert answers == (303, 403)


def test_the_right_code_needs_the_right_password_before_it(world: Any, site: Any) -> None:
    enrol(world, "wang")
    console = site()
    form = field(console.get("/sign-in").text, "form")

    answer = console.client.post("/sign-in/code", data={"code": code_now(world), "form": form})

    assert answer.status_code == 403
    assert console.get("/").headers["location"].startswith("/sign-in")


def test_a_recovery_code_signs_in_once(world: Any, site: Any) -> None:
    (code,) = totp.new_recovery_codes()[:1]
    enrol(world, "wang", code)
    first, second = site(), site()
    first.sign_in("wang")
    second.sign_in("wang")

    assert enter(first, code).status_code == 303
    assert enter(second, code).status_code == 403


def test_wrong_codes_lock_the_account_also_for_the_right_one(world: Any, site: Any) -> None:
    enrol(world, "wang")
    console = site()
    console.sign_in("wang")
    for _ in range(FREE - 1):
        enter(console, "000000")

    answer = enter(console, code_now(world))

    assert answer.status_code == 429
    assert "分钟后再试" in answer.text


def test_a_program_sends_the_code_with_the_password(world: Any, site: Any) -> None:
    enrol(world, "wang")
    client = site().client
    body = {"account": "wang", "password": PASSWORD}

    without = client.post("/api/v1/token", json=body).status_code
    answer = client.post("/api/v1/token", json={**body, "code": code_now(world)})

    assert without == 403
    token = answer.json()["token"]
    me = client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
    assert me.json()["account"] == "wang"


def test_an_office_that_needs_one_opens_nothing_until_it_is_set_up(world: Any, site: Any) -> None:
    demand(world, "approver")
    console, clerk = site("wang"), site("li")

    for path in ("/", "/approvals", "/log", "/policy"):
        assert console.get(path).headers["location"] == "/account", path
    assert console.get("/api/v1/requests").json()["code"] == "step-owed"
    assert clerk.get("/").status_code == 200

    page = console.client.post("/account/factor", data={"csrf": _csrf(console)}).text
    secret = _secret(page)
    code = totp.code_at(secret, world.now_ms())
    shown = console.client.post(
        "/account/factor/confirm", data={"csrf": _csrf(console), "code": code}
    )

    assert len(re.findall(r"<code>[a-z2-7-]{19}</code>", shown.text)) == totp.RECOVERY_CODES
    assert console.get("/approvals").status_code == 200


def test_in_the_field_staff_and_approvers_need_one_and_clerks_do_not(make_world: Any) -> None:
    from gateway.desk.accounts import needs_factor

    offices = ("approver", "director", "station", "auditor", "county", "administrator")
    assert all(needs_factor((one,), None, "field") for one in offices)
    assert not needs_factor(("clerk", "keeper"), None, "field")
    assert not needs_factor(offices, None, "sim")
    assert not needs_factor(("auditor",), ("approver",), "field")


def test_setting_one_up_gives_a_new_token_and_ends_all_other_sessions(
    world: Any, site: Any
) -> None:
    console, other = site("wang"), site("wang")
    before = console.client.cookies["seal_session"]
    page = console.post("/account/factor").text
    code = totp.code_at(_secret(page), world.now_ms())

    console.post("/account/factor/confirm", {"code": code})

    assert console.client.cookies["seal_session"] != before
    assert console.get("/").status_code == 200
    assert other.get("/").status_code == 303


def test_replacing_one_takes_a_code_of_the_old_one(world: Any, site: Any) -> None:
    enrol(world, "wang")
    console = site()
    console.sign_in("wang")
    enter(console, code_now(world, -1))

    refused = console.post("/account/factor", {"code": "000000"})
    offered = console.post("/account/factor", {"code": code_now(world)})

    assert refused.status_code == 409
    assert offered.status_code == 200 and _secret(offered.text) != SECRET


def test_a_new_password_ends_all_other_sessions_and_is_needed_from_then_on(site: Any) -> None:
    console, other = site("wang"), site("wang")
    data = {"old": PASSWORD, "new": "a much better one", "again": "a much better one"}

    wrong = console.post("/account/password", {**data, "old": "x"}).status_code
    weak = console.post("/account/password", {**data, "new": "x", "again": "x"}).status_code
    done = console.post("/account/password", data)

    assert (wrong, weak, done.status_code) == (409, 409, 303)
    assert console.get("/").status_code == 200
    assert other.get("/").status_code == 303
    assert site().sign_in("wang").status_code == 403
    assert site().sign_in("wang", "a much better one").status_code == 303


def test_a_person_ends_the_own_sessions_and_nobody_elses(site: Any) -> None:
    console, phone, stranger = site("wang"), site("wang"), site("zhao")
    page = console.get("/account").text
    key = re.findall(r'name="session" value="([0-9a-f]{64})"', page)

    stranger.post("/account/sessions/end", {"session": key[0]})
    untouched = phone.get("/").status_code
    console.post("/account/sessions/end", {"session": key[0]})

    assert (len(key), untouched) == (1, 200)
    assert phone.get("/").status_code == 303
    assert console.get("/").status_code == 200


def test_staff_end_somebodys_sessions_and_the_log_says_who(world: Any, site: Any) -> None:
    victim, staff, clerk = site("wang"), site("zhao"), site("li")

    refused = clerk.post("/accounts/wang/sessions").status_code
    done = staff.post("/accounts/wang/sessions").status_code

    assert (refused, done) == (403, 303)
    assert victim.get("/").status_code == 303
    with world.app.reader() as reader:
        (body,) = [one.body for one in reader.all_entries() if isinstance(one.body, AccountAct)]
    assert (body.account, body.act, body.by) == ("wang", "sessions-ended", "zhao")


def test_a_reset_password_works_after_the_second_person_and_must_be_changed(
    world: Any, site: Any
) -> None:
    admin, auditor = site("sun"), site("zhao")
    page = admin.post("/accounts/wang/reset").text
    (password,) = re.findall(r'id="one-time" class="big">([a-z2-7]{16})<', page)

    early = site().sign_in("wang", password).status_code
    own = admin.post("/accounts/wang/reset/confirm").status_code
    auditor.post("/accounts/wang/reset/confirm")
    console = site()

    assert (early, own) == (403, 409)
    assert console.sign_in("wang", password).status_code == 303
    assert console.get("/approvals").headers["location"] == "/account"
    data = {"old": password, "new": "a much better one", "again": "a much better one"}
    console.client.post("/account/password", data={"csrf": _csrf(console), **data})
    assert console.get("/approvals").status_code == 200


@pytest.mark.browser
@pytest.mark.slow
def test_a_password_shown_once_fits_a_phone(window: Any) -> None:
    one = window("sun", PHONE)
    page = one.goto("/people")
    row = page.locator("tr", has_text="王审批")
    row.locator("summary").click()
    row.locator("text=重置密码").click()
    page.wait_for_selector("#one-time")
    keep(page, "password-reset")
    wide = page.evaluate("document.documentElement.scrollWidth")

    assert wide <= PHONE["width"]
    assert one.complaints == []


def _csrf(console: Any) -> str:
    return field(console.get("/account").text, "csrf")


def _secret(page: str) -> bytes:
    import base64

    (text,) = re.findall(r'id="spelled">([A-Z2-7 ]+)<', page)
    return base64.b32decode(text.replace(" ", ""))


@pytest.mark.browser
@pytest.mark.slow
def test_an_auditor_sets_it_up_on_the_phone_and_signs_in_with_it(world: Any, window: Any) -> None:
    one = window("zhao", PHONE)
    page = one.goto("/account")
    page.click("text=设置验证器")
    page.wait_for_selector(".qr svg")
    keep(page, "second-factor")
    secret = _secret(page.content())
    page.fill("#code", totp.code_at(secret, world.now_ms() - 30_000))
    page.click("text=启用")
    page.wait_for_selector("text=请抄下恢复码")
    codes = page.locator("ol.codes code").all_inner_texts()
    keep(page, "recovery-codes")
    page.goto(one.url + "/account")
    keep(page, "account-factor")
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.click("text=退出 >> nth=0")
    arrive(page, "**/sign-in")

    page.fill("#account", "zhao")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.wait_for_selector("text=请输入动态验证码")
    keep(page, "sign-in-code")
    page.fill("#code", "123")
    page.click("text=继续")
    page.wait_for_selector("text=验证码不对或已经用过")
    page.fill("#code", totp.code_at(secret, world.now_ms()))
    page.click("text=继续")
    arrive(page, f"{one.url}/")

    assert len(codes) == totp.RECOVERY_CODES and wide <= PHONE["width"]
    assert "赵监督" in page.inner_text("header")
    assert [text for text in one.complaints if "403" not in text] == []
