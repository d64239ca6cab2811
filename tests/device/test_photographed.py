"""How an impression ends, by what its photo after the press shows."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from device.bodies import Order, as_taken
from device.capture import PhotoUnusableError
from device.cycle import Event
from device.eyes import Seen
from device.photographed import ended
from ledger.records import PhotoRef

PHOTO = PhotoRef(sha256="a" * 64, size=1, sealed_sha256="b" * 64, sealed_size=1)
BARE = ("page-same", "impression-missing")
MARKED = ("page-same", "impression-seen", "impression-complete")


def order(*flags: str) -> Order:
    """Return an order; what it is for plays no part."""
    permit: Any = None
    return Order(permit=permit, n=1, operator="c-1", before=PHOTO, page=b"", flags=flags)


def shown(*findings: str) -> Seen:
    return Seen(1, structs.replace(as_taken(PHOTO, b""), findings=findings), None)


def test_a_bare_page_is_looked_at_twice_before_its_mark_is_missing() -> None:
    first = ended(order(), shown(*BARE), again=False, in_time=True)
    second = ended(order(), shown(*BARE), again=True, in_time=False)

    assert (first, second) == (None, Event.IMPRESSION_MISSING)


@pytest.mark.parametrize(
    ("findings", "flags"),
    [
        (MARKED, ()),
        (("page-same", "impression-seen", "impression-faint"), ()),
        (("page-other", "impression-missing"), ()),
        (("page-unclear", "impression-missing"), ()),
        (("page-same", "unjudged"), ()),
        (BARE, ("seam",)),
    ],
)
def test_what_proves_no_missing_mark_is_a_use(
    findings: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    assert ended(order(*flags), shown(*findings), again=True, in_time=True) is Event.PHOTOS_ACCEPTED


@pytest.mark.parametrize(
    ("findings", "event"),
    [
        (MARKED, Event.PHOTOS_ACCEPTED),
        (BARE, Event.PHOTO_MISSING),
        (("page-other", "impression-seen"), Event.PHOTO_MISSING),
    ],
)
def test_a_late_photo_must_show_page_and_mark(findings: tuple[str, ...], event: Event) -> None:
    assert ended(order("late_photo"), shown(*findings), again=False, in_time=True) is event


@pytest.mark.parametrize(("in_time", "event"), [(True, None), (False, Event.PHOTO_MISSING)])
def test_a_photo_that_cannot_be_used_is_taken_again_while_there_is_time(
    in_time: bool, event: Event | None
) -> None:
    blurred = Seen(1, None, PhotoUnusableError(("blurred",)))

    assert ended(order(), blurred, again=False, in_time=in_time) is event
