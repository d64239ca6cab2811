"""What belongs to the writer and needs no gateway: its clock, and which messages are photos."""

from __future__ import annotations

from gateway.writer import Clock, is_of
from ledger.bus import Message
from ledger.topics import Leaf, Topic

TOWNSHIP = "330109110000"


def test_clock_never_goes_back_and_never_repeats() -> None:
    readings = iter([100, 100, 50, 200])
    clock = Clock(lambda: next(readings), floor_ms=90)

    assert [clock() for _ in range(4)] == [100, 101, 102, 200]


def test_clock_starts_after_the_last_known_time() -> None:
    assert Clock(lambda: 5, floor_ms=90)() == 91


def test_photo_messages_are_told_apart_from_all_others() -> None:
    photo = Topic(TOWNSHIP, "m-1", Leaf.PHOTO, ("0" * 64, "init"))
    entry = Topic(TOWNSHIP, "m-1", Leaf.ENTRY)

    assert is_of(Message(str(photo), b""), Leaf.PHOTO)
    assert not any(
        is_of(Message(text, b""), Leaf.PHOTO) for text in (str(entry), "", "photo", "a/b/c/d")
    )
