"""What the photo viewer shows to whom: places, marks, and nothing that is not for the visitor."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.stores.sights import FieldSight, PhotoSight, SealSight, Sight
from gateway.stores.views import EntryDetail, PhotoView
from gateway.web.viewing import Rights, View, view

ALL = Rights(photos=True, personal=True)
SQUARE = ((10.0, 20.0), (30.0, 20.0), (30.0, 60.04), (10.0, 60.0))


def photo(role: Any, **fields: Any) -> PhotoView:
    standard: dict[str, Any] = {
        "sealed_sha256": role, "sealed_size": 1, "sha256": role, "size": 1, "role": role, "n": 1,
        "machine": "m-1", "entry_sha256": "use", "named_ms": 0, "stored_ms": 1, "waited_ms": 0,
    }  # fmt: skip
    return PhotoView(**{**standard, **fields})


def detail(*photos: PhotoView) -> EntryDetail:
    entry: Any = None  # the viewer asks nothing of it
    shown = photos or (photo("before"), photo("after"))
    return EntryDetail(entry=entry, opening=None, photos=shown, related=(), alerts=())


def seal(**fields: Any) -> SealSight:
    standard: dict[str, Any] = {
        "corners": SQUARE, "text": "张三之印", "registered": None, "name": None, "score": 0.456,
        "verdict": None, "state": "complete", "color": "red", "shape": "square", "is_new": True,
    }  # fmt: skip
    return SealSight(**{**standard, **fields})


def sight(**fields: Any) -> Sight:
    field = FieldSight(
        name="party", asked="张三", seen="李四", score=0.5, verdict="mismatch", why="other",
        corners=SQUARE,
    )  # fmt: skip
    standard: dict[str, Any] = {
        "entry": "use", "machine": "m-1", "seal": "committee", "seals": (seal(),),
        "before": PhotoSight(sealed_sha256="before", width_px=320, height_px=200, page=SQUARE),
        "after": PhotoSight(sealed_sha256="after", width_px=640, height_px=800, page=SQUARE),
        "new_red": b"png", "fields": (field,), "verdict": "mismatch", "at_ms": 1, "seconds": 1.0,
    }  # fmt: skip
    return Sight(**{**standard, **fields})


def shown(seen: Sight | None = None, rights: Rights = ALL, *photos: PhotoView) -> View:
    found = view(detail(*photos), seen, rights, is_erased=False)
    assert found is not None
    return found


def test_places_are_pixels_of_the_photo_after() -> None:
    found = shown(sight())

    assert (found.width_px, found.height_px, found.before_scale) == (640, 800, (2.0, 4.0))
    place = found.seals[0].place
    assert place is not None
    assert place.points == "10.0,20.0 30.0,20.0 30.0,60.0 10.0,60.0"
    assert place.box == "10.0 20.0 20.0 40.0"
    assert (place.label_x, place.label_ends) == (10.0, False)
    assert found.seals[0].score_percent == 46


def test_labels_of_neighbours_stand_above_and_below() -> None:
    one, two = shown(sight(seals=(seal(), seal()))).seals

    assert one.place is not None and two.place is not None
    assert (one.place.label_below, one.place.label_y) == (False, 14.0)
    assert (two.place.label_below, two.place.label_y) == (True, 66.0)


def test_label_in_the_right_half_ends_where_its_box_ends() -> None:
    right = ((500.0, 20.0), (630.0, 20.0), (630.0, 60.0))

    place = shown(sight(seals=(seal(corners=right),))).seals[0].place

    assert place is not None and (place.label_x, place.label_ends) == (630.0, True)


@pytest.mark.parametrize(
    ("fields", "mark"),
    [({"verdict": "match"}, "good"), ({"verdict": "other"}, "bad"), ({"verdict": "foreign"}, "bad"),
     ({"verdict": "unclear"}, "unclear"), ({}, "plain"), ({"is_new": False}, "old")],
)  # fmt: skip
def test_each_verdict_has_its_own_mark(fields: dict[str, Any], mark: str) -> None:
    (row,) = shown(sight(seals=(seal(**fields),))).seals

    assert row.mark == mark


def test_who_may_not_see_personal_values_gets_verdicts_alone() -> None:
    found = shown(sight(), Rights(photos=True, personal=False))

    assert (found.fields[0].asked, found.fields[0].seen) == (None, None)
    assert (found.fields[0].verdict, found.fields[0].why) == ("mismatch", "other")
    assert "张三" not in repr(found) and "李四" not in repr(found)


def test_who_may_not_see_photos_gets_no_place_on_them() -> None:
    found = shown(sight(), Rights(photos=False, personal=True))

    assert not found.has_slider and not found.has_new_red
    assert (found.before_page, found.after_page) == (None, None)
    assert found.seals[0].place is None and found.fields[0].place is None


@pytest.mark.parametrize("lost", [{"stored_ms": None}, {"erased_ms": 5}])
def test_no_slider_without_both_photos(lost: dict[str, Any]) -> None:
    found = shown(None, ALL, photo("before"), photo("after", **lost))

    assert not found.has_slider


def test_what_was_not_looked_at_waits_unless_something_was_erased() -> None:
    erased = view(detail(), None, ALL, is_erased=True)

    assert erased is not None and erased.standing == "gone"
    assert shown(None).standing == "waiting"
    assert shown(sight(failed="damaged-photo")).standing == "failed"
    assert shown(sight()).standing == "seen"


def test_entry_without_both_photos_has_no_viewer() -> None:
    assert view(detail(photo("page")), None, ALL, is_erased=False) is None
