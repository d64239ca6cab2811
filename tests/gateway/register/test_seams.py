"""A request for seam stamps is taken only for several pages and within its copies."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit import reports
from gateway.audit.reports import Period
from ledger.records import SEAM, Intent, SealUse

Town = Any


@pytest.mark.parametrize(
    ("pages", "copies", "seams", "expected"),
    [
        (3, 3, 1, ("filed", "")),
        (2, 1, 1, ("filed", "")),
        (1, 3, 1, ("refused", "seams-unfit")),
        (3, 1, 2, ("refused", "seams-unfit")),
    ],
    ids=["one of three", "nothing else", "one page", "more than copies"],
)
def test_seam_stamps_need_several_pages_and_stay_within_the_copies(
    desk: Town, pages: int, copies: int, seams: int, expected: tuple[str, str]
) -> None:
    filed = desk.file(pages_count=pages, copies=copies, seams=seams)
    desk.take(desk.machines["m-1"].message(filed.raw))

    with desk.store.reader() as reader:
        view = reader.request(filed.sha256)

    assert (view.state, view.reason) == expected
    assert (view.copies, view.seams) == (copies, seams)


def test_seam_stamps_are_counted_and_remarked_in_the_register(desk: Town) -> None:
    one, photo = desk.machines["m-1"], desk.photo(b"fan").ref
    common: dict[str, Any] = {
        "permit": "p-1", "n": 1, "of": 1, "seal": "committee", "operator": "clerk-1",
        "counter_before": 0, "controller": "A", "flags": (SEAM,),
    }  # fmt: skip
    desk.take(one.message(one.sign(Intent(page=photo.sha256, **common))))
    use = SealUse(
        intent=one.head.sha256, matter="A-1", before=photo, after=desk.photo(b"after").ref,
        counter_after=1, findings=(), **common,
    )  # fmt: skip
    desk.take(one.message(one.sign(use)))
    for raw in desk.use("p-2"):
        desk.take(one.message(raw))
    period = Period(from_ms=0, to_ms=2**50, machines=None)

    with desk.store.reader() as reader:
        (figure,) = reports.figures(reader, period, "machine")
        rows = reports.register(reader, period)

    assert (figure.impressions, figure.seams) == (2, 1)
    assert [one.remarks for one in rows] == [("no-permit", "seam"), ("no-permit",)]
