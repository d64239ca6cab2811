"""Enrolment at the console: a code that is shown once, a key that is shut out, and by whom."""

from __future__ import annotations

import re

import pytest
from msgspec import structs

from gateway.commands_keys import AgreeKey
from ledger import enrolcodes, envelope, keyacts, keystatements
from ledger.keyacts import EnrolmentDraft
from ledger.signers import keyfile
from tests.gateway.web.served.policies import DESK, PHONE, Window
from tests.pictures import keep

CODE = re.compile(r"(?:[0-9A-Z]{5}-){7}[0-9A-Z]{5}")


def signed_in(browse, url, account):
    console = browse(url)
    assert console.sign_in(account).status_code == 303
    return console


@pytest.fixture
def founded(make_world, serve):
    """A township whose log was founded, with machine m-1 enrolled, and its address."""
    world = make_world("field")
    web = structs.replace(world.app.config.web, second_factor=())  # passwords alone do here
    world.app.config = structs.replace(world.app.config, web=web)
    machine, county = (
        keyfile.load(world.folder / f"{name}.pem", world.folder / f"{name}.json")
        for name in ("m-1", "c-1")
    )
    with world.app.reader() as reader:
        log = world.app._keys.at(reader).history.log
    proof = keystatements.code_proof("any", machine.record_sha256)
    statement = keystatements.enrolment(log, machine.record_sha256, proof, None)
    draft = EnrolmentDraft(
        log=log,
        key=keyacts.text(machine.record),
        code_proof=proof,
        closes=None,
        by_key=statement.sign(machine),
    )
    carried = keyacts.encode(keyacts.agree(draft, county))
    world.app.submit_operator(AgreeKey(by="cli-x", draft=carried)).result(20)
    return world, serve(world)


@pytest.mark.browser
@pytest.mark.slow
def test_code_is_whole_in_sight_at_a_desk_and_on_a_phone(founded, chromium):
    _, url = founded
    window = Window(chromium, url, "sun", DESK)
    page = window.goto("/machines/m-2")
    page.click("text=发一次性注册码")
    page.wait_for_selector("#code")
    found = {}
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        keep(page, "machine-code")
        found[size["width"]] = page.evaluate("document.documentElement.scrollWidth")
    code = page.inner_text("#code")
    window.context.close()

    assert CODE.fullmatch(code)
    assert all(widest <= width for width, widest in found.items())


def test_code_is_shown_once_and_kept_as_a_hash(founded, browse):
    world, url = founded
    console = signed_in(browse, url, "sun")

    shown = console.post("/machines/m-2/code", {})
    after = console.get("/machines/m-2")

    found = CODE.search(shown.text)
    assert found is not None
    code = enrolcodes.read(found[0])
    kept = (world.config.state / "enrolments" / "m-2.json").read_text()
    assert code.sha256 in kept and code.secret not in kept
    assert found[0] not in after.text
    assert "24 小时内用一次有效" in shown.text
    assert f"--code {found[0]} --out m-2" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert code.pin == enrolcodes.pin(world.app.enrolling.authority.fingerprint)


def test_code_that_is_shown_stands_in_the_log_without_a_word_of_it(founded, browse):
    world, url = founded
    console = signed_in(browse, url, "sun")

    shown = console.post("/machines/m-2/code", {})

    code = enrolcodes.read(CODE.search(shown.text)[0])
    with world.app.reader() as reader:
        (said,) = (one for one in reader.all_entries() if one.kind == "enrolment-code")
        envelopes = b"".join(one.envelope for one in reader.all_entries())
        openings = [reader.opening(one.sha256) for one in reader.all_entries()]
    assert (said.body.machine, said.body.by, said.body.hours) == ("m-2", "sun", 24)
    payload = envelope.parse(said.envelope).payload
    for secret in (code.secret, code.sha256, str(code)):
        assert secret.encode() not in payload and secret.encode() not in envelopes
        assert secret not in repr(openings)
    page = console.get(f"/log/{said.index}").text
    assert "发一次性注册码" in page and code.secret not in page


def test_no_code_is_made_for_somebody_without_the_office(founded, browse):
    world, url = founded
    console = signed_in(browse, url, "zhao")

    refused = console.post("/machines/m-2/code", {})

    assert refused.status_code == 403
    assert not (world.config.state / "enrolments").exists()
    with world.app.reader() as reader:
        assert all(one.kind != "enrolment-code" for one in reader.all_entries())


def test_key_is_shut_out_by_a_person_who_means_it(founded, browse):
    world, url = founded
    console = signed_in(browse, url, "zhao")

    slip = console.post("/machines/m-1/revoke", {"reason": "machine-lost"})
    done = console.post("/machines/m-1/revoke", {"reason": "machine-lost", "sure": "yes"})
    page = console.get(done.headers["location"])

    assert slip.status_code == 409
    assert "密钥已停用" in page.text
    assert world.app.admitted() == ()
    with world.app.reader() as reader:
        last = next(one for one in reader.entries() if one.kind == "key-revocation")
    assert (last.body.by, last.body.last_seq) == ("zhao", 0)
    assert console.get(f"/log/{last.index}").status_code == 200


def test_township_without_a_founding_says_that_nothing_can_be_enrolled(world, serve, browse):
    answer = signed_in(browse, serve(world), "sun").post("/machines/m-1/code", {})

    assert answer.status_code == 409
    assert "奠基" in answer.text


@pytest.mark.browser
@pytest.mark.slow
def test_administrator_has_a_code_made_sees_it_once_and_the_log_says_so(founded, chromium):
    _, url = founded
    window = Window(chromium, url, "sun", DESK)
    page = window.goto("/machines/m-2")
    page.click("text=发一次性注册码")
    page.wait_for_selector("#code")
    code = page.inner_text("#code")
    page.click(".crumb a")
    page.wait_for_selector("form[action$='/code']")
    after = page.content()
    log = window.goto("/log?kind=enrolment-code").inner_text("main table")
    page.click("main tbody tr >> a")
    page.wait_for_selector("text=发一次性注册码")
    entry = page.content()
    complaints = window.complaints
    window.context.close()

    assert CODE.fullmatch(code)
    assert "发一次性注册码" in log and "清溪村" not in log.split("m-2")[0]
    assert all(part not in after + log + entry for part in (code, code.split("-")[0] + "-"))
    assert complaints == []


@pytest.mark.browser
@pytest.mark.slow
def test_key_is_shut_out_in_a_browser_only_with_the_box_marked(founded, chromium):
    world, url = founded
    window = Window(chromium, url, "zhao", DESK)
    page = window.goto("/machines/m-1")
    page.select_option("#revoke #reason", "key-copied")
    page.click("#revoke button")
    still = world.app.admitted()
    page.check("#revoke input[name=sure]")
    page.click("#revoke button")
    page.wait_for_selector("text=这台机器的密钥已停用。")
    log = window.goto("/log?kind=key-revocation").inner_text("main table")
    complaints = window.complaints
    window.context.close()

    assert still == ("m-1",)
    assert world.app.admitted() == ()
    assert "密钥停用" in log
    assert complaints == []
