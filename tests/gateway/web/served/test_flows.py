"""What the JSON API says of standing permits, emergencies, keeping, people and the policy."""

from __future__ import annotations

from typing import Any

from gateway.commands import DraftEmergency, DraftStanding, PrintCodes, ReleaseEmergency
from gateway.commands_custody import AskHatch, WithdrawHatch
from tests.gateway.web.served.policies import enact

DAY_MS = 24 * 3600 * 1000


def told(console: Any, path: str) -> Any:
    """Return what the API answers."""
    answer = console.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_was_drafted_and_asked_for_is_read_as_it_stands(world: Any, site: Any) -> None:
    until_ms = world.app.now_ms() + 30 * DAY_MS
    for command in (
        DraftStanding(
            by="sun", machine="m-1", seal="committee", matter="T-01", per_day=3, total=30,
            not_after_ms=until_ms,
        ),
        AskHatch(
            by="sun", machine="m-1", seal="committee", purpose="takeout", days=3, reason="借用",
        ),
    ):  # fmt: skip
        world.app.submit(command).result(20)
    enact(world)
    console = site("zhao")

    (standing,) = told(console, "standing")
    keeping = told(console, "custody")
    (version,) = told(console, "policy")
    policy = told(console, f"policy/{version['version']}")

    assert (standing["matter"], standing["per_day"], standing["released_by"]) == ("T-01", 3, None)
    (hatch,) = keeping["hatches"]
    assert hatch["reason"] == "借用" == told(site("li"), "custody")["hatches"][0]["reason"]
    assert (hatch["purpose"], hatch["asked_by"], hatch["released_by"]) == ("takeout", "sun", None)
    assert version["released_by"] and policy["otherwise"]
    assert console.get("/api/v1/policy/99").status_code == 404


def test_emergency_terms_say_how_many_codes_and_never_which(world: Any, site: Any) -> None:
    until_ms = world.app.now_ms() + 30 * DAY_MS
    draft = DraftEmergency(
        by="sun", machine="m-1", seal="committee", matters=("T-01",), uses=2, impressions=1,
        not_after_ms=until_ms,
    )  # fmt: skip
    terms = world.app.submit(draft).result(20)
    world.app.submit(ReleaseEmergency(by="zhao", terms=terms)).result(20)
    world.app.submit(PrintCodes(by="wang", terms=terms)).result(20)

    answer = site("zhao").get("/api/v1/emergency")

    (found,) = answer.json()
    assert (found["terms"], found["printed"], found["opened"]) == (terms, {"wang": 2}, 0)
    with world.app.reader() as reader:
        printed = reader.emergency_terms()[0].printed
    assert not any(code in answer.text for _, codes in printed for code in codes)


def test_people_are_told_without_cards_and_pins_and_by_place(world: Any, site: Any) -> None:
    everywhere, village = told(site("zhao"), "people"), told(site("zhou"), "people")

    offices = {one["account"]: one["offices"] for place in everywhere for one in place["staff"]}
    assert offices["zhou"] == ["director"] and offices["sun"] == ["administrator"]
    assert len(village) == 1 and len(everywhere) > 1
    assert {"card"} == {
        key for place in everywhere for one in place["staff"] for key in one if "card" in key
    }
    assert "argon2" not in site("zhao").get("/api/v1/people").text


def test_why_a_past_opening_was_asked_for_is_told_to_few(world: Any, site: Any) -> None:
    asked = AskHatch(
        by="sun", machine="m-1", seal="committee", purpose="service", days=1, reason="换墨"
    )
    permit = world.app.submit(asked).result(20)
    world.app.submit(WithdrawHatch(by="sun", permit=permit)).result(20)

    (auditor,), (clerk,) = (told(site(one), "custody")["hatches"] for one in ("zhao", "li"))

    assert auditor["withdrawn_by"] == clerk["withdrawn_by"] == "sun"
    assert (auditor["reason"], clerk["reason"]) == ("换墨", None)
