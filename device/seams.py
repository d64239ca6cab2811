"""Seams (骑缝): how many impressions of each kind are left, and which pages were shown. Pure.

Before a seam stamp each page of the pile is held under the camera once; of the fanned pile
only the sheet on top can be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from msgspec import Struct


class Left(Struct, frozen=True, kw_only=True):
    """Impressions that may still be made: on a sheet (`plain`), and over the edges of several."""

    plain: int
    seams: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.plain + self.seams

    def is_seam(self, wanted: bool) -> bool:
        """Tell whether the next one is a seam stamp: as wanted, where both kinds are left."""
        return self.seams > 0 and (wanted or self.plain <= 0)


def left(impressions: int, seams: int, spent: int, seams_spent: int) -> Left:
    """Return what is left of so many impressions, of which so many are seam stamps."""
    total = max(0, impressions - spent)
    of_seams = min(total, max(0, seams - seams_spent))
    return Left(plain=total - of_seams, seams=of_seams)


class Pile(Struct, frozen=True, kw_only=True):
    """The approved pages (hashes) of one pile, and which of them were shown.

    `unclear`: of one of them it could not be told whether it is the approved page.
    """

    pages: tuple[str, ...]
    shown: frozenset[str] = frozenset()
    unclear: bool = False

    @property
    def complete(self) -> bool:
        """Every page was shown."""
        return self.shown >= set(self.pages)

    def to_compare(self) -> list[str]:
        """Return the pages, those not shown yet first: of two alike they are the likelier."""
        return sorted(self.pages, key=lambda one: one in self.shown)

    def with_page(self, page: bytes, *, unclear: bool) -> Pile:
        """Return the pile after `page` (the JPEG that fits best) was seen; the same if known."""
        sha256 = hashlib.sha256(page).hexdigest()
        if sha256 in self.shown or sha256 not in self.pages:
            return self
        return Pile(pages=self.pages, shown=self.shown | {sha256}, unclear=self.unclear or unclear)


def pile(pages: Sequence[str]) -> Pile:
    """Return a pile of which nothing was shown."""
    return Pile(pages=tuple(pages))
