"""Names and words of seals: what counts as right, and what as wrongly accepted."""

from __future__ import annotations

from pathlib import Path

from bench.eyes_folder import Folder, LabelledSeal, Registered, read_folder
from bench.eyes_register import FOREIGN, entry, write_register
from bench.eyes_seals import Named, names
from sim.camera_ink import Fault
from sim.camera_scenes import Impression

REGISTER = (
    Registered(id="A", ring_text="青石镇柳树沟村", line="财务专用章"),
    Registered(id="B", ring_text="青石镇柳树沟村"),
    Registered(id="C", ring_text="河西乡人民政府"),
)


def folder(*registered: Registered) -> Folder:
    return Folder(Path(), (), {}, {}, {}, registered, ())


def labelled(text: str, size: float = 200, **more: str | None) -> LabelledSeal:
    return LabelledSeal(bbox=(0, 0, size, size), text=text, **more)  # type: ignore[arg-type]


def test_seal_may_be_called_by_any_entry_with_its_words_unless_its_label_says_which() -> None:
    pairs = [
        (labelled("青石镇柳树沟村"), Named(verified="A")),
        (labelled("青石镇柳树沟村", registered="B"), Named(verified="A")),
    ]

    scored = names(folder(*REGISTER), pairs, [])

    assert (scored.name_verified.right, scored.name_verified.of) == (1, 2)
    assert (scored.wrong_accepted.right, scored.wrong_accepted.of) == (1, 2)


def test_seal_that_was_not_found_counts_as_unread_and_unnamed() -> None:
    scored = names(folder(*REGISTER), [(labelled("河西乡人民政府"), None)], [])

    assert (scored.ring_characters_right.right, scored.ring_characters_right.of) == (0, 7)
    assert (scored.name_verified.right, scored.name_verified.of) == (0, 1)
    assert scored.name_verified_of_found.of == 0


def test_name_for_a_foreign_seal_or_for_nothing_at_all_is_wrong() -> None:
    pairs = [
        (labelled("河东乡人民政府"), Named(verified="C")),
        (labelled("白云村"), Named()),
    ]

    scored = names(folder(*REGISTER), pairs, [Named(verified="C")])

    assert (scored.wrong_accepted.right, scored.wrong_accepted.of) == (2, 3)
    assert (scored.foreign_left_unnamed.right, scored.foreign_left_unnamed.of) == (1, 2)


def test_characters_are_counted_over_all_seals_and_apart_over_large_ones() -> None:
    pairs = [
        (labelled("河西乡人民政府", 100), Named(text="河西乡人民政")),
        (labelled("河西乡人民政府", 150), Named(text="河西 乡人民政府")),
    ]

    scored = names(folder(), pairs, [])

    assert (scored.ring_characters_right.right, scored.ring_characters_right.of) == (13, 14)
    assert scored.ring_characters_right_from_150_px.rate == 1.0
    assert scored.wrong_accepted.rate is None


def pressed(owner: str, colour: str = "red") -> Impression:
    return Impression(around=(), shape="round", colour=colour, fault=Fault.NONE, owner=owner)


def test_one_owner_and_every_blue_seal_are_in_no_rendered_register() -> None:
    ours = entry(pressed("河西乡人民政府"))

    assert ours is not None
    assert entry(pressed("河西乡人民政府", "blue")) is None
    assert entry(pressed(FOREIGN)) is None


def test_rendered_register_gives_no_size_as_one_seal_is_rendered_in_many(tmp_path: Path) -> None:
    write_register(tmp_path)

    listed = read_folder(tmp_path).registered

    assert listed and not any(one.size_mm for one in listed)
