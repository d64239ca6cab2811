"""The register of the eyes: words and ink of each registered seal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.errors import StoreError
from gateway.eyes.register import Specimens
from gateway.stores.registrations import RegisteredSeal
from ledger.records import PhotoRef
from sim.render import blank_page, impression, stamped


def reference(digit: str) -> PhotoRef:
    return PhotoRef(sha256=digit * 64, size=1, sealed_sha256=digit * 64, sealed_size=1)


def seal(name: str, ring_text: str, specimen: PhotoRef) -> RegisteredSeal:
    return RegisteredSeal(
        machine="m-1",
        seal=name,
        registration="a" * 64,
        index=1,
        version=1,
        name="村民委员会章",
        ring_text=ring_text,
        line="",
        number="",
        shape="round",
        width=420,
        height=420,
        specimen=specimen,
        from_ms=1,
    )


@pytest.fixture(scope="module")
def drawing(photograph: Callable[..., bytes]) -> bytes:
    """An imprint alone on white paper."""
    return photograph(stamped(blank_page(), impression(seed=1), 0.5, 0.5)[600:1150, 350:900])


def test_each_seal_comes_with_its_words_and_the_ink_of_its_specimen(drawing: bytes) -> None:
    opened = []

    def open_picture(ref: PhotoRef) -> bytes:
        opened.append(ref.sealed_sha256)
        return drawing

    specimens = Specimens()
    seals = (seal("committee", "某某村村民委员会", reference("a")),)

    first, again = (specimens.register(seals, open_picture) for _ in "12")

    (one,) = first.seals
    assert (one.id, one.ring_text, first.names) == (
        "committee",
        "某某村村民委员会",
        {"committee": "村民委员会章"},
    )
    assert one.specimen is not None and one.specimen.ink.max() > 0.3
    assert again.seals[0].specimen is one.specimen
    assert opened == ["a" * 64]  # its ink is kept


def test_seal_whose_specimen_is_lost_or_no_picture_keeps_its_words() -> None:
    def open_picture(ref: PhotoRef) -> bytes:
        if ref.sealed_sha256.startswith("a"):
            raise StoreError("expected the photo, found none")
        return b"no picture"

    seals = [seal("one", "甲村村民委员会", reference("a")), seal("two", "乙村", reference("b"))]

    register = Specimens().register(seals, open_picture)

    assert [(one.id, one.specimen) for one in register.seals] == [("one", None), ("two", None)]


def test_without_registered_seals_the_register_is_empty() -> None:
    register = Specimens().register((), lambda ref: b"")

    assert (register.seals, register.names) == ((), {})
