"""Leaves: the approved pages of the request in hand, in memory, and which of them lies there.

Read from the disk at the first look and kept while the request is in hand; after it was built
it belongs to the eyes' thread. A page that cannot be read is never passed over in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import structs

from device import verdicts
from device.capture import Capture, Taken
from device.errors import PermitRefusedError

STAMPED = "sheet-stamped"  # the sheet that was stamped just before still lies there
LOST = "page-lost"  # it may be, or the pile has, a page whose copy cannot be read
_ANOTHER = "page-other"


class Leaves:
    """The approved pages of one request.

    Args:
        load: returns the JPEG of a page by its hash, b"" if it cannot be read.
        pages: their hashes, in order.
    """

    def __init__(self, load: Callable[[str], bytes], pages: Sequence[str]) -> None:
        self._load = load
        self.pages = tuple(pages)
        self._known: dict[str, bytes] = {}

    def find(
        self, capture: Capture, first: Sequence[str], stamped: bytes, *, pile: bool
    ) -> tuple[Taken, bytes]:
        """Photograph the page and return the photo with the approved page that it shows.

        The photo's findings say besides whether this is still the sheet of `stamped` (`STAMPED`),
        and whether a page that cannot be read stands in the way (`LOST`).

        Args:
            first: the pages in the order in which they are compared.
            stamped: JPEG of the sheet after the impression before this one, or b"".
            pile: every page is needed.

        Raises:
            PermitRefusedError: no copy of an approved page is left to compare with.
        """
        known = self._read()
        if not known:
            raise PermitRefusedError("page-unknown", "expected the approved page, found no copy")
        taken, page = capture.find([known[one] for one in first if one in known])
        more = []
        if stamped and verdicts.same_sheet(stamped, taken.jpeg):
            more.append(STAMPED)
        if len(known) < len(set(self.pages)) and (pile or _ANOTHER in taken.findings):
            more.append(LOST)
        return structs.replace(taken, findings=(*taken.findings, *more)), page

    def _read(self) -> dict[str, bytes]:
        """Return what can be read; what cannot is tried again at the next look."""
        for one in self.pages:
            if one not in self._known and (jpeg := self._load(one)):
                self._known[one] = jpeg
        return self._known
