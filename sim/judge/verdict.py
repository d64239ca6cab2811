"""What the judge says: one verdict for each invariant, with every breach and where it lies."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Result = Literal["holds", "broken", "unjudged"]


class Breach(Struct, frozen=True, kw_only=True):
    """One fact that must not be: where it lies, what was expected there and what was found."""

    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}"


class Verdict(Struct, frozen=True, kw_only=True):
    """What became of one invariant.

    Args:
        looked_at: how many facts were compared; an invariant that holds over none says little.
        result: `unjudged` when the evidence cannot tell (yet); `why` says for want of what.
    """

    invariant: str
    title: str
    result: Result
    looked_at: int
    breaches: tuple[Breach, ...] = ()
    why: str = ""


class Finder:
    """Collects what one invariant's check looks at; belongs to that check."""

    def __init__(self) -> None:
        self.looked_at = 0
        self.breaches: list[Breach] = []
        self.missing = ""

    def expect(self, holds: bool, where: str, expected: object, found: object) -> None:
        """Note one fact, and a breach unless it `holds`."""
        self.looked_at += 1
        if not holds:
            self.breaches.append(Breach(where=where, expected=str(expected), found=str(found)))

    def cannot_tell(self, why: str) -> None:
        """The evidence does not reach; the verdict is `unjudged` unless something is broken."""
        self.missing = why

    def verdict(self, invariant: str, title: str) -> Verdict:
        """Return what was found."""
        result: Result = "unjudged" if self.missing else "holds"
        return Verdict(
            invariant=invariant,
            title=title,
            result="broken" if self.breaches else result,
            looked_at=self.looked_at,
            breaches=tuple(self.breaches),
            why=self.missing,
        )
