"""Is this the sheet that was stamped before? One sheet, two occasions.

The same words alone do not make it the same sheet, as a paper may be printed twice: where the
earlier photo bears seals, each of them must still be in its place.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from msgspec import Struct

from vision.decoding import Image
from vision.document import Match, same_page
from vision.new_seals import seals_still_there
from vision.page import Page, darkness, find_page, flatten

_ALIKE = 0.995  # share of inked tiles with the same ink, for photos that allow no firmer word
_MOSTLY_ALIKE = 0.8  # beside seals that are all in their places; a reflection covers a tenth

_TINY_PX, _WAVES = 64, 16  # of the print: 16 x 16 waves make 256 bits
_BITS = _WAVES * _WAVES


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
    # What a reflection hides may be other words, but no other sheet has its seals in these places.
    in_place = there is True and match.score > _MOSTLY_ALIKE
    sure = match.same is True or match.score > _ALIKE or in_place
    return Duplicate(same=True if sure else None, page=match, seals_there=there)


def fingerprint(image: Image, page: Page | None = None) -> bytes | None:
    """Return 256 bits of how the print is spread over a page; None where there is no page.

    Seals do not change it. It only nominates: photos of one sheet differ by 20 to 36 bits, other
    sheets by 38 and more, and only `same_sheet` tells which it is.

    Args:
        page: where the paper lies, when the caller knows; it is sought otherwise.
    """
    page = page or find_page(image)
    if page is None:
        return None
    ink = darkness(flatten(image, page))
    tiny = cv2.resize(ink, (_TINY_PX, _TINY_PX), interpolation=cv2.INTER_AREA)
    waves = cv2.dct(np.asarray(tiny, np.float32))[:_WAVES, :_WAVES].ravel()
    return np.packbits(waves > np.median(waves)).tobytes()


def bits_apart(one: bytes, other: bytes) -> int:
    """Return by how many bits two fingerprints differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def likeliest_in_mirror(pages: Iterable[Image], seen: Image) -> Image | None:
    """Return the page whose print is spread most as in a mirror picture of `seen`, lying either
    way round; None without any page.

    It only nominates, for `vision.document.mirrored` to judge: to compare a page takes a third of
    a second, and a document may have many.
    """
    flipped = (np.ascontiguousarray(one) for one in (seen[:, ::-1], seen[::-1]))
    marks = [mark for mark in map(fingerprint, flipped) if mark is not None]
    likeliest, least = None, _BITS + 1
    for page in pages:
        mark = fingerprint(page)
        apart = _BITS if mark is None else min((bits_apart(mark, one) for one in marks), default=0)
        if apart < least:
            likeliest, least = page, apart
    return likeliest


def _either_holds_the_other(
    one: Image, other: Image, pages: tuple[Page | None, Page | None]
) -> bool | None:
    """Seals are only ever added, so one of the two bears all seals of the other."""
    first = seals_still_there(one, other, earlier_page=pages[0], later_page=pages[1])
    if first is not False:
        return first
    return seals_still_there(other, one, earlier_page=pages[1], later_page=pages[0])
