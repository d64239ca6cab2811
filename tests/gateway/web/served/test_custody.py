"""The keeping of seals at the console: who is shown what, and what they may order."""

from __future__ import annotations

import html
import io
import json
import zipfile
from typing import Any

from gateway.commands_seals import DraftRegistration, ReleaseRegistration
from gateway.stores.registrations import SealWords
from ledger.records_seals import SealSample

HOSTILE = "<script>alert(1)</script>{{7*7}}"


def ask(console: Any, reason: str = HOSTILE) -> Any:
    form = {"purpose": "takeout", "days": "3", "reason": reason}
    return console.post("/custody/m-1/committee/ask", form)


def test_opening_is_asked_by_one_and_permitted_by_another(world: Any, site: Any) -> None:
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


def test_hostile_reason_is_shown_as_text(world: Any, site: Any) -> None:
    console = site("sun")
    ask(console)

    for path in ("/custody", "/custody/m-1/committee"):
        page = console.get(path).text
        assert html.escape(HOSTILE) in page or "&lt;script&gt;" in page
        assert "<script>alert" not in page and "49" not in page.split("alert(1)")[1][:20]


def test_office_of_another_village_is_shown_no_seal_of_this_one(world: Any, site: Any) -> None:
    console = site("zhou")
    with world.app.reader() as reader:
        village = reader.account("zhou").village
        machines = reader.machines()

    page = console.get("/custody").text

    for one in machines:
        there = console.get(f"/custody/{one.machine}/committee").status_code
        assert (one.machine in page) == (one.village == village)
        assert (there == 200) == (one.village == village)


def test_seal_that_does_not_exist_is_not_found(site: Any) -> None:
    assert site("sun").get("/custody/m-1/nothing").status_code == 404


def register(world: Any, machine: str) -> str:
    """Have two persons register the seal of a machine; return its specimen."""
    photo, specimen = world.photo(b"sample"), world.photo(machine.encode())
    body = SealSample(
        permit="h-1", seal="committee", hatch="a" * 64, by="li", second="qian",
        sample=photo.reference,
    )  # fmt: skip
    sample = world.machines[machine].say(body)
    world.machines[machine].send_photo(photo)
    world.until(lambda reader: (found := reader.sample(sample)) and found.photo.is_kept)
    words = SealWords("公章", "村委会")
    draft = DraftRegistration(
        by="sun", machine=machine, seal="committee", sample=sample, words=words,
        shape="round", width=420, height=420, specimen=specimen.reference, sealed=specimen.sealed,
    )  # fmt: skip
    name = world.app.submit(draft).result(20)
    world.app.submit(ReleaseRegistration(by="zhao", draft=name)).result(20)
    return str(specimen.reference.sealed_sha256)


def test_register_is_exported_although_the_file_of_one_specimen_is_lost(
    world: Any, site: Any
) -> None:
    lost, _ = register(world, "m-1"), register(world, "m-2")
    (world.config.state / "photos" / lost[:2] / f"{lost}.age").unlink()

    answer = site("sun").post("/register/export", {"form": "zip"})

    assert answer.status_code == 200
    folder = zipfile.ZipFile(io.BytesIO(answer.content))
    listed = json.loads(folder.read("registered.json"))
    assert [(one["id"], one.get("specimen")) for one in listed] == [
        ("m-1.committee", None),
        ("m-2.committee", "specimens/m-2.committee.png"),
    ]
    assert folder.read("specimens/m-2.committee.png") == b"m-2"
