"""A request for seam stamps is taken only for several pages and within its copies."""

from __future__ import annotations

from typing import Any

import pytest

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
