"""The approved pages of a request: read once, and nothing that cannot be read is passed over."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyrage
import pytest
from msgspec import structs

from device.bodies import as_taken
from device.errors import PermitRefusedError
from device.leaves import LOST, Leaves
from device.references import References
from ledger.records import PhotoRef

PHOTO = PhotoRef(sha256="a" * 64, size=1, sealed_sha256="b" * 64, sealed_size=1)


class Look:
    """A photograph of which it is known what it shows; remembers what it was compared with."""

    def __init__(self, *findings: str) -> None:
        self.findings = findings
        self.compared: list[list[bytes]] = []

    def find(self, pages: list[bytes]) -> Any:
        """See `Capture.find`."""
        self.compared.append(list(pages))
        return structs.replace(as_taken(PHOTO, b"x"), findings=self.findings), pages[0]


def leaves(*unreadable: str) -> tuple[Leaves, list[str]]:
    """Return three pages, and the list of what is read from the disk."""
    read: list[str] = []

    def load(sha256: str) -> bytes:
        read.append(sha256)
        return b"" if sha256 in unreadable else sha256.encode()

    return Leaves(load, ("one", "two", "three")), read


def find(known: Leaves, look: Look, *, pile: bool = False) -> tuple[str, ...]:
    """Look once; return the findings."""
    capture: Any = look
    found: tuple[str, ...] = known.find(capture, ["two", "one", "three"], b"", pile=pile)[
        0
    ].findings
    return found


def test_each_page_is_read_once_however_often_somebody_looks() -> None:
    known, read = leaves()
    look = Look("page-same")

    found = [find(known, look) for _ in range(3)]

    assert read == ["one", "two", "three"]
    assert look.compared == [[b"two", b"one", b"three"]] * 3
    assert found == [("page-same",)] * 3


@pytest.mark.parametrize(
    ("finding", "pile", "lost"),
    [
        ("page-other", False, True),
        ("page-same", False, False),
        ("page-unclear", False, False),
        ("page-same", True, True),
    ],
)
def test_page_that_cannot_be_read_is_said_where_it_may_lie_there_or_is_needed(
    finding: str, pile: bool, lost: bool
) -> None:
    known, read = leaves("two")

    found = find(known, Look(finding), pile=pile)
    find(known, Look(finding), pile=pile)

    assert (LOST in found) == lost
    assert read == ["one", "two", "three", "two"]  # it may be readable again


def test_without_any_readable_page_nothing_is_photographed() -> None:
    known, _ = leaves("one", "two", "three")
    look = Look("page-same")

    with pytest.raises(PermitRefusedError) as refused:
        find(known, look)

    assert (refused.value.reason, look.compared) == ("page-unknown", [])


def test_sheet_before_the_newest_press_is_kept_and_no_other_is_given_for_it(tmp_path: Path) -> None:
    references = References(tmp_path / "references", pyrage.x25519.Identity.generate())
    for jpeg in (b"first", b"second"):
        references.keep_before(jpeg)

    first, second = (hashlib.sha256(jpeg).hexdigest() for jpeg in (b"first", b"second"))

    assert (references.before(first), references.before(second)) == (b"", b"second")
    assert b"second" not in (tmp_path / "references" / "before").read_bytes()
