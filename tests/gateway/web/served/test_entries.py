"""An entry's page when what lies in the store no longer holds."""

from __future__ import annotations

from gateway.web.texts import ZH
from ledger.topics import Leaf


def test_damaged_photo_file_is_shown_as_damage_and_not_as_an_error(world, pages, site):
    machine = world.machines["m-1"]
    permit = world.approved(machine, world.photo(pages[0][0]))
    before = world.photo(pages[0][0])
    use = machine.use(permit, before, world.photo(pages[0][1]))
    world.until(lambda reader: not reader.pending_photos() and reader.entry(use))
    name = before.reference.sealed_sha256
    (stored,) = (world.folder / "state").rglob(f"{name}*")
    stored.write_bytes(b"damaged")

    page = site("zhao").get(f"/log/{use}")

    assert page.status_code == 200
    assert ZH["ladder.photo.damaged"] in page.text
    assert ZH["ladder.overall.bad"] in page.text


def test_message_that_does_not_verify_is_listed_kept_and_alerted(world, site):
    machine = world.machines["m-1"]
    machine.send(Leaf.ENTRY, (), b"no record at all")
    alert = world.until(lambda reader: reader.alerts())[0]
    console = site("zhao")

    page = console.get("/troubles").text
    kept = console.get("/troubles/1/bytes")

    assert alert.code == "bad-signature"
    assert ZH["trouble.malformed"] in page
    assert kept.content == b"no record at all"
    assert kept.headers["content-disposition"].startswith("attachment")
    assert ZH["rule.bad-signature"] in console.get(f"/alerts/{alert.alert}").text
