"""Erasing at the console: one asks on the entry's page, another confirms; a tombstone stays."""

from __future__ import annotations

import re
import sqlite3

import pytest

from gateway.commands import Decide
from gateway.web.texts import EN, ZH

NAME = "欧阳建国"


@pytest.fixture
def refused(world, pages):
    """A request that was refused: nobody needs it any longer."""
    machine = world.machines["m-1"]
    machine.start()
    request = world.waiting(machine, world.photo(pages[0][0]), applicant=NAME)
    world.app.submit(
        Decide(by="wang", request=request, decision="refuse", note=f"{NAME}材料不全")
    ).result(20)
    return request


def ask(console, request, what="both", cause="request"):
    form = {"what": what, "cause": cause, "whole": "true"}
    return console.post(f"/log/{request}/erasure", form)


def waiting(console):
    return re.findall(r'name="asked" value="([0-9a-f]{64})"', console.get("/retention").text)


def rungs(console, request):
    ladder = console.get(f"/api/v1/entries/{request}/ladder").json()
    return ladder["overall"], {one["step"]: one["result"] for one in ladder["rungs"]}


def test_erasing_takes_two_people_and_leaves_a_tombstone(world, site, refused):
    auditor, administrator = site("zhao"), site("sun")
    with world.app.reader() as reader:
        (page,) = reader.photos(refused)
    file = world.folder / "state" / "photos" / page.sealed_sha256[:2] / f"{page.sealed_sha256}.age"
    before = rungs(auditor, refused)

    first = auditor.get(f"/log/{refused}?step=erase").text
    asked = ask(auditor, refused)
    own = waiting(auditor)
    (name,) = waiting(administrator)
    there = file.exists()
    confirmed = administrator.post("/retention/erasures", {"asked": name})
    world.settle()

    assert ZH["erasure.cause.court"] in first
    assert asked.headers["location"].endswith("?done=erasure-asked")
    assert own == [] and there
    assert confirmed.headers["location"] == "/retention?done=erased"
    assert not file.exists()
    shown = auditor.get(f"/log/{refused}").text
    assert NAME not in shown
    assert "tombstone" in shown and "赵监督" in shown and "孙管理" in shown
    assert ZH["erasure.cause.request"] in shown
    assert before == ("good", {**before[1], "values": "good", "photo": "good"})
    overall, results = rungs(auditor, refused)
    assert overall == "good"
    assert (results["values"], results["photo"]) == ("erased", "erased")
    assert {results[one] for one in ("hash", "signature", "chain")} == {"good"}
    assert NAME not in site("wang").get(f"/approvals/{refused}").text
    assert auditor.get(f"/photos/{page.sealed_sha256}").status_code == 404


def test_who_asked_cannot_confirm_even_by_a_form_of_their_own(world, site, refused):
    auditor = site("zhao")
    ask(auditor, refused)
    (name,) = waiting(site("sun"))

    answer = auditor.post("/retention/erasures", {"asked": name})

    assert answer.status_code == 409
    assert "须由另一人确认" in answer.text
    assert NAME in auditor.get(f"/log/{refused}").text


def test_entry_that_is_needed_says_why_and_offers_nothing(world, site, pages):
    machine = world.machines["m-1"]
    request = world.waiting(machine, world.photo(pages[0][0]), applicant=NAME)
    console = site("zhao")

    page = console.get(f"/log/{request}?step=erase").text
    forced = ask(console, request)

    assert "申请还没有办结" in page
    assert f"/log/{request}/erasure" not in page
    assert forced.status_code == 409


def test_values_gone_without_an_entry_are_a_failed_check(world, site, refused):
    with sqlite3.connect(world.folder / "state" / "gateway.sqlite") as connection:
        connection.execute(  # as somebody does who works behind the gateway's back
            "UPDATE openings SET data = NULL, erased_ms = 5 WHERE payload_sha256 = ?", (refused,)
        )
    connection.close()

    overall, results = rungs(site("zhao"), refused)

    assert overall == "bad"
    assert results["values"] == "bad"


def test_page_is_there_in_english_with_the_periods_in_force(world, site, refused):
    console = site("sun")
    console.client.cookies.set("seal_language", "en")

    page = console.get("/retention").text

    assert EN["retention.title"] in page
    assert "3 years" in page
    assert EN["retention.due-none"] in page


def test_periods_change_once_a_second_person_confirms(world, site):
    auditor, administrator = site("zhao"), site("sun")

    auditor.post("/retention/policy", {"openings_years": "2", "photos_years": "1"})
    (path,) = re.findall(
        r'action="(/retention/policy/[0-9a-f]{64})"', administrator.get("/retention").text
    )
    own = auditor.post(path)
    confirmed = administrator.post(path)

    assert own.status_code == 409
    assert confirmed.headers["location"] == "/retention?done=policy-set"
    with world.app.reader() as reader:
        policy = reader.policy()
    assert (policy.openings_years, policy.photos_years) == (2, 1)


def test_unknown_month_is_not_found_and_an_empty_one_says_so(world, site):
    console = site("zhao")

    assert console.get("/retention/months/now").status_code == 404
    assert ZH["retention.due-none"] in console.get("/retention/months/2020-01").text
    assert console.post("/retention/months/2020-01").status_code == 409


def test_erasing_by_json_takes_two_people_too(world, site, refused):
    auditor, administrator = site("zhao"), site("sun")
    mine = {"headers": {"x-csrf-token": auditor.csrf()}}
    other = {"headers": {"x-csrf-token": administrator.csrf()}}
    wish = {"what": "both", "cause": "court", "whole": True}

    asked = auditor.client.post(f"/api/v1/entries/{refused}/erasure", json=wish, **mine)
    (waits,) = administrator.get("/api/v1/retention").json()["asked"]
    path = f"/api/v1/erasures/{waits['asked']}/confirmation"
    own = auditor.client.post(path, **mine)
    done = administrator.client.post(path, **other)

    assert asked.json() == {"entries": 2}
    assert (own.status_code, own.json()["code"]) == (409, "same-person")
    (said,) = auditor.get(f"/api/v1/entries/{refused}/erasures").json()
    assert said["done_index"] == done.json()["index"]
    assert (said["asked_by"], said["done_by"]) == ("zhao", "sun")
    assert NAME not in auditor.get(f"/api/v1/entries/{refused}").text


def test_closed_case_says_so_and_takes_no_more_steps(busy, site):
    console = site("zhao")
    with busy.app.reader() as reader:
        alert = reader.alerts()[0].alert
    console.post(f"/alerts/{alert}/open", {"note": "看一下"})
    with busy.app.reader() as reader:
        case = reader.alert(alert).case

    closed = console.post(f"/cases/{case}/close", {"note": "误报", "publish": "true"})
    late = console.post(f"/cases/{case}/note", {"note": "再看"})

    assert closed.headers["location"].endswith("?done=case-closed")
    assert late.status_code == 409
    page = console.get(f"/alerts/{alert}").text
    assert ZH["case.state.closed"] in page and ZH["case.note-what"] not in page
    assert ZH["case.state.closed"] in console.get("/alerts?show=all").text
