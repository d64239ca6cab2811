"""The keeping of seals at the console: who is shown what, and what they may order."""

from __future__ import annotations

import html

HOSTILE = "<script>alert(1)</script>{{7*7}}"


def ask(console, reason=HOSTILE):
    form = {"purpose": "takeout", "days": "3", "reason": reason}
    return console.post("/custody/m-1/committee/ask", form)


def test_opening_is_asked_by_one_and_permitted_by_another(world, site):
    first, second = site("sun"), site("zhao")

    asked = ask(first)
    own, other = first.get("/custody").text, second.get("/custody").text

    assert asked.headers["location"] == "/custody/m-1/committee?done=hatch-asked"
    assert "准许开仓" not in own and "须由另一人同意" in own
    assert "准许开仓" in other
    with world.app.reader() as reader:
        (hatch,) = reader.hatches()
    refused = first.post(f"/custody/hatches/{hatch.permit}/permit", {})
    permitted = second.post(f"/custody/hatches/{hatch.permit}/permit", {})
    assert refused.status_code == 409 and "须由另一个人同意" in refused.text
    assert permitted.headers["location"] == "/custody?done=hatch-permitted"


def test_hostile_reason_is_shown_as_text(world, site):
    console = site("sun")
    ask(console)

    for path in ("/custody", "/custody/m-1/committee"):
        page = console.get(path).text
        assert html.escape(HOSTILE) in page or "&lt;script&gt;" in page
        assert "<script>alert" not in page and "49" not in page.split("alert(1)")[1][:20]


def test_office_of_another_village_is_shown_no_seal_of_this_one(world, site):
    console = site("zhou")
    with world.app.reader() as reader:
        village = reader.account("zhou").village
        machines = reader.machines()

    page = console.get("/custody").text

    for one in machines:
        there = console.get(f"/custody/{one.machine}/committee").status_code
        assert (one.machine in page) == (one.village == village)
        assert (there == 200) == (one.village == village)


def test_seal_that_does_not_exist_is_not_found(site):
    assert site("sun").get("/custody/m-1/nothing").status_code == 404
