"""Is this the sheet that was stamped before? One sheet, two occasions.

The same words alone do not make it the same sheet, as a paper may be printed twice: where the
earlier photo bears seals, each of them must still be in its place.
"""

from __future__ import annotations

from msgspec import Struct

from vision.decoding import Image
from vision.document import Match, same_page
from vision.new_seals import seals_still_there
from vision.page import Page, find_page

_ALIKE = 0.995  # share of inked tiles with the same ink, for photos that allow no firmer word


class Duplicate(Struct, frozen=True, kw_only=True):
    """Whether two photos show one sheet.

    Args:
        same: True one sheet, False two, None cannot be told.
        page: how the print compares.
        seals_there: whether the seals of the first photo are on the second, None without any.
    """

    same: bool | None
    page: Match
    seals_there: bool | None


def same_sheet(earlier: Image, later: Image) -> Duplicate:
    """Compare a photo of a stamped sheet with one of another occasion, in either order."""
    pages = find_page(earlier), find_page(later)
    match = same_page(earlier, later, approved_page=pages[0], seen_page=pages[1])
    if match.same is False:
        return Duplicate(same=False, page=match, seals_there=None)
    there = _either_holds_the_other(earlier, later, pages)
    if there is False:
        return Duplicate(same=False, page=match, seals_there=False)
    sure = match.same is True or match.score > _ALIKE
    return Duplicate(same=True if sure else None, page=match, seals_there=there)


def _either_holds_the_other(
    one: Image, other: Image, pages: tuple[Page | None, Page | None]
) -> bool | None:
    """Seals are only ever added, so one of the two bears all seals of the other."""
    first = seals_still_there(one, other, earlier_page=pages[0], later_page=pages[1])
    if first is not False:
        return first
    return seals_still_there(other, one, earlier_page=pages[1], later_page=pages[0])
