"""Findings: what does not hold in a log: what, where, since when. Pure data.

A finding is a code with the values of its blanks; `ledger.texts` has the sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

MOST_OF_ONE_CODE = 50  # findings of one code that are kept whole; the rest are counted


class Place(Struct, frozen=True, kw_only=True):
    """Where: a log, an index in it, an author's entry; what is not known is left out.

    `at_ms` is the author's own clock, a claim; `seen_ms` is the clock of who checks.
    """

    log: str = ""
    index: int | None = None
    author: str = ""
    epoch: int | None = None
    seq: int | None = None
    at_ms: int | None = None
    seen_ms: int | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """Something that does not hold. `detail` is for technicians: expected and found."""

    code: str
    place: Place
    detail: str = ""


class Findings:
    """Collects findings in the order in which they were made; memory stays bounded."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._counts: dict[str, int] = {}

    def add(self, code: str, place: Place, detail: str = "") -> None:
        """Take a finding."""
        self.extend((Finding(code=code, place=place, detail=detail),))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take several."""
        for finding in findings:
            count = self._counts.get(finding.code, 0) + 1
            self._counts[finding.code] = count
            if count <= MOST_OF_ONE_CODE:
                self._kept.append(finding)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._kept)

    def __len__(self) -> int:
        """How many there are, also those that were only counted."""
        return sum(self._counts.values())

    def count(self, code: str) -> int:
        """Return how many there are of a code."""
        return self._counts.get(code, 0)

    @property
    def left_out(self) -> dict[str, int]:
        """By code, how many were counted and not kept."""
        return {
            code: count - MOST_OF_ONE_CODE
            for code, count in self._counts.items()
            if count > MOST_OF_ONE_CODE
        }
