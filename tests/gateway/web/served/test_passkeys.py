"""Passkeys in Chromium with its virtual authenticator: added, used, copied, dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs

from gateway.commands_signin import AddPasskey, EnrolFactor, UsePasskey
from gateway.config import PasskeyConfig
from gateway.desk import totp
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.web.passkey_checks import CHALLENGE_MS, Challenges, PasskeyError
from tests.arriving import arrive
from tests.gateway.web.served.conftest import PASSWORD
from tests.gateway.web.served.policies import PHONE
from tests.pictures import keep

SECRET = b"12345678901234567890"


class Clock:
    ms = 1_800_000_000_000

    def __call__(self) -> int:
        return self.ms


def test_a_challenge_is_good_once_and_not_for_long() -> None:
    clock = Clock()
    challenges = Challenges(clock)
    challenges.give("browser", b"one")
    challenges.give("late", b"two")

    assert challenges.take("browser") == b"one"
    for name in ("browser", "stranger", ""):
        with pytest.raises(PasskeyError):
            challenges.take(name)
    clock.ms += CHALLENGE_MS
    with pytest.raises(PasskeyError):
        challenges.take("late")


def test_a_counter_that_does_not_rise_is_a_copy(world: Any) -> None:
    submit = world.app.submit
    add = AddPasskey(by="wang", credential="abc", public_key=b"k", sign_count=4, label="x")
    submit(add).result(20)

    with pytest.raises(RequestRefusedError) as error:
        submit(UsePasskey(by="wang", credential="abc", sign_count=4)).result(20)
    with pytest.raises(NotFoundError):
        submit(UsePasskey(by="zhao", credential="abc", sign_count=9)).result(20)
    with pytest.raises(RequestRefusedError):
        submit(structs.replace(add, by="zhao")).result(20)

    assert error.value.reason == "passkey-copied"
    submit(UsePasskey(by="wang", credential="abc", sign_count=5)).result(20)


def test_without_the_setting_there_are_no_passkeys(site: Any) -> None:
    console = site()

    assert "passkeys.js" not in console.get("/sign-in").text
    assert console.client.post("/sign-in/passkey/options").status_code == 404
    assert console.client.post("/sign-in/passkey", json={"id": "x"}).status_code in (403, 404)


class Browser:
    """A phone with an authenticator of its own on the served township."""

    def __init__(self, chromium: Any, url: str) -> None:
        self.url = url
        self.context = chromium.new_context(viewport=PHONE, locale="zh-CN")
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.cdp = self.context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        self.authenticator = self.cdp.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )["authenticatorId"]

    def verify_user(self, verified: bool) -> None:
        """Let the finger on the sensor be the owner's, or not."""
        self.cdp.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self.authenticator, "isUserVerified": verified},
        )

    def sign_out(self) -> None:
        self.page.click("header form button")
        arrive(self.page, "**/sign-in")


@pytest.fixture
def phone(world: Any, serve: Any, chromium: Any) -> Iterator[Browser]:
    """A signed-in phone of 王审批, who has a second factor, on a site with passkeys."""
    url = serve(world).replace("127.0.0.1", "localhost")
    config = world.app.config
    keys = PasskeyConfig(site="localhost", origin=url)
    world.app.config = structs.replace(config, web=structs.replace(config.web, passkeys=keys))
    world.app.submit(EnrolFactor(by="wang", secret=SECRET, step=0, recovery=())).result(20)
    browser = Browser(chromium, url)
    page = browser.page
    page.goto(f"{url}/sign-in")
    page.fill("#account", "wang")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.wait_for_selector("text=请输入动态验证码")
    page.fill("#code", totp.code_at(SECRET, world.now_ms()))
    page.click("text=继续")
    arrive(page, f"{url}/")
    yield browser
    browser.context.close()


@pytest.mark.browser
@pytest.mark.slow
def test_a_passkey_signs_in_in_place_of_password_and_code(world: Any, phone: Browser) -> None:
    page = phone.page
    page.goto(f"{phone.url}/account")
    page.click("text=添加这台设备的通行密钥")
    page.wait_for_selector("text=通行密钥已添加")
    keep(page, "passkey")
    with world.app.reader() as reader:
        (kept,) = reader.passkeys("wang")
    phone.sign_out()
    keep(page, "passkey-sign-in")

    phone.verify_user(False)
    page.click("text=用通行密钥登录")
    page.wait_for_selector("text=通行密钥没有成功")
    phone.verify_user(True)
    page.click("text=用通行密钥登录")
    arrive(page, f"{phone.url}/")

    assert "王审批" in page.inner_text("header")
    with world.app.reader() as reader:
        (after,) = reader.passkeys("wang")
    assert after.sign_count > kept.sign_count
    phone.sign_out()
    web = world.app.config.web
    elsewhere = PasskeyConfig(site="localhost", origin="https://localhost:1")
    world.app.config = structs.replace(
        world.app.config, web=structs.replace(web, passkeys=elsewhere)
    )
    page.click("text=用通行密钥登录")
    page.wait_for_selector("text=通行密钥没有成功")  # good, but said to another site


@pytest.mark.browser
@pytest.mark.slow
def test_a_passkey_that_was_dropped_opens_nothing(world: Any, phone: Browser) -> None:
    page = phone.page
    page.goto(f"{phone.url}/account")
    page.click("text=添加这台设备的通行密钥")
    page.wait_for_selector("text=通行密钥已添加")
    page.click("#passkeys button.stop")
    page.wait_for_selector("text=通行密钥已删除")
    phone.sign_out()

    page.click("text=用通行密钥登录")
    page.wait_for_selector("text=通行密钥没有成功")

    with world.app.reader() as reader:
        assert reader.passkeys("wang") == ()


def test_what_is_no_answer_of_a_passkey_is_refused_and_breaks_nothing() -> None:
    from gateway.stores.signin import Passkey
    from gateway.web.passkey_checks import added, used

    config = PasskeyConfig(site="localhost", origin="http://localhost:1")
    known = Passkey(
        credential="abc", account="wang", public_key=b"k", sign_count=0, label="", added_ms=0
    )
    for answer in ({}, {"id": "abc"}, {"id": "abc", "rawId": "abc", "type": "public-key"}):
        with pytest.raises(PasskeyError):
            used(config, answer, b"challenge", known)
        with pytest.raises(PasskeyError):
            added(config, answer, b"challenge")
