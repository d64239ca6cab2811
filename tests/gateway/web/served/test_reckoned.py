"""The three counts of each day on a machine's page."""

from __future__ import annotations

import re

from gateway.web.texts import ZH


def test_machines_page_shows_each_days_counts_and_opens_their_entries(world, pages, site):
    machine = world.machines["m-1"]
    machine.start()
    photos = world.photo(pages[0][0]), world.photo(pages[0][1])
    machine.use("p-1", *photos, n=1, send_photos=False)
    machine.counter += 1
    use = machine.use("p-1", *photos, n=2, send_photos=False)
    world.until(lambda reader: reader.entry(use))
    console = site("zhao")

    page = console.get("/machines/m-1").text
    table = page[page.index('id="reckoned"') : page.index("</table>", page.index('id="reckoned"'))]
    opened = {kind: re.search(rf'href="([^"]*kind={kind})">(.*?)<', table) for kind in LINKS}
    lists = [console.get(one[1].replace("&amp;", "&")).text for one in opened.values()]

    assert {kind: one[2] for kind, one in opened.items()} == LINKS
    assert ZH["reckoned.differs"] in table and ZH["reckoned.lack.today"] in table
    assert ZH["reckoned.unrecorded"].format(by=1) in table
    assert all(re.search(r'href="/log/\d+">\d+</a>', one) for one in lists)
    assert console.get("/machines/m-2").text.count('id="reckoned"') == 0


LINKS = {"intent": "3", "main": "2", "use": ZH["reckoned.of"].format(seen=2, photographed=2)}
