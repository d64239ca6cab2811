"""Seam stamps (骑缝章) on the console: before the approval, on the permit, in the log."""

from __future__ import annotations

from typing import Any

from msgspec import to_builtins

from ledger import disclosure
from ledger.records import SEAM, Intent, SealRequest, SealUse


def ask(machine: Any, *pages: Any) -> str:
    """Ask for three impressions on pages, one of them over the seam."""
    fields, opened = disclosure.withhold(
        {
            "applicant": "张三", "applicant_masked": "张*", "purpose": "土地流转", "payee": "",
            "amount": None, "pages": [to_builtins(one.reference) for one in pages],
        }
    )  # fmt: skip
    body = SealRequest(
        seal="committee", matter="T-01", list_version=2, copies=3, pages_count=len(pages),
        filed_by="li", seams=1, **fields,
    )  # fmt: skip
    request = str(machine.say(body, opened))
    for one in pages:
        machine.send_photo(one)
    return request


def stamp(machine: Any, permit: str, before: Any, after: Any) -> str:
    """Make the seam stamp."""
    common: dict[str, Any] = {
        "permit": permit, "n": 1, "of": 3, "seal": "committee", "operator": "li",
        "counter_before": 0, "controller": "A", "flags": (SEAM,),
    }  # fmt: skip
    intent = machine.say(Intent(page="0" * 64, **common))
    use = SealUse(
        intent=intent, matter="T-01", before=before.reference, after=after.reference,
        counter_after=1, findings=("page-same", "impression-seam"), **common,
    )  # fmt: skip
    return str(machine.say(use))


def test_seam_stamps_are_shown_from_the_request_to_the_figures(
    world: Any, site: Any, pages: Any
) -> None:
    machine = world.machines["m-1"]
    first, second = world.photo(pages[0][0]), world.photo(pages[1][0])
    request = ask(machine, first, second)
    world.until(lambda reader: (one := reader.request(request)) and len(one.pages) == 2 and one)
    world.until(lambda reader: not reader.pending_photos())
    console = site("wang")
    asked = console.get(f"/approvals/{request}").text
    inbox = console.get("/approvals").text
    for one in (first, second):
        path = f"/photos/{one.reference.sealed_sha256}"
        assert console.get(path).status_code == 200
    sure = console.get(f"/approvals/{request}?step=approve").text
    console.post(f"/approvals/{request}", {"decision": "approve"})
    permit = world.until(lambda reader: reader.request(request).permit)
    use = stamp(machine, permit, first, world.photo(pages[0][1]))
    world.until(lambda reader: reader.entry(use))

    with world.app.reader() as reader:
        assert reader.permit(permit).seams == 1
    assert "2 份，另盖骑缝章 1 个" in asked and "2 份，另盖骑缝章 1 个" in inbox
    assert "骑缝章跨盖在 2 页的边上" in asked
    assert "2 份，另盖骑缝章 1 个？" in sure
    assert '<span class="chip">骑缝章</span>' in console.get(f"/log/{use}").text
    assert "共 3 次 骑缝章" in " ".join(console.get("/log").text.split())
    assert "其中骑缝章" in console.get(f"/permits/{permit}").text
    ledger = console.get("/ledger?first=2020-01-01&last=2020-12-31").text
    assert "其中骑缝章" in ledger
