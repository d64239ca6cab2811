"""An entry's page when what lies in the store no longer holds."""

from __future__ import annotations

from gateway.web.texts import ZH


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
