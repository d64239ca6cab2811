"""An entry's page when what lies in the store no longer holds."""

from __future__ import annotations

import re

from gateway.stores.views import LogFilter
from gateway.web.console.entries import rows
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


def found(page: str) -> list[int]:
    return [int(index) for index in re.findall(r'href="/log/(\d+)">\d+</a>', page)]


def test_uses_are_found_by_a_part_of_the_items_name_or_by_its_code(busy, site):
    with busy.app.reader() as reader:
        entries = reader.entries(LogFilter(matters=("T-02",)), limit=100)
    assert {one.kind for one in entries} >= {"request", "permit"}
    console = site("zhao")

    by_name = console.get("/log?matter=介绍信")
    by_code = console.get("/log?matter=t-02")
    nothing = console.get("/log?matter=没有的事")

    assert found(by_name.text) == found(by_code.text) == [one.index for one in entries]
    assert "务工介绍信" in by_name.text and 'value="介绍信"' in by_name.text
    assert found(nothing.text) == []


def test_number_of_queries_does_not_grow_with_the_rows_of_a_page(busy):
    counts = []
    for many in (2, 8):
        asked: list[str] = []
        with busy.app.reader() as reader:
            entries = reader.entries(LogFilter(kinds=("use", "request", "permit")), limit=many)
            machines = reader.machines()
            assert len(entries) == many
            connection = reader._tables._db.conn
            connection.set_trace_callback(asked.append)
            rows(reader, entries, machines, busy.now_ms())
            connection.set_trace_callback(None)
        counts.append(len(asked))

    assert counts[0] == counts[1] > 0
