"""What has to be done before the lock may open, timed as one run on one core.

Gate and page, seals, and whether the page is the one that was approved: one photo after the
other, each step handed what the last one found, as the machine does it.
"""

from __future__ import annotations

import time

from msgspec import Struct

from bench.eyes_folder import Folder
from bench.figures import percentile
from vision.decoding import Image, decode
from vision.document import same_page
from vision.errors import ImageRefusedError
from vision.quality import judge
from vision.seals import find_seals

_LEAST_PX = 2560 * 1920  # what the limit of 0.6 s is meant for
_MOST = 24  # photos


class Fast(Struct, frozen=True):
    """CPU seconds of whole runs on photos of 2560 x 1920 and more; None without any."""

    photos: int
    p50_s: float | None
    worst_s: float | None


def fast_part(folder: Folder) -> Fast:
    """Time the fast part on the folder's pairs of `same_page`, else on each photo and itself."""
    pairs = [case.images for case in folder.cases if case.question == "same_page"]
    named = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
    taken: list[float] = []
    for before, after in named or [(name, name) for name in folder.names]:
        if len(taken) == _MOST:
            break
        try:
            approved, seen = (decode(folder.bytes_of(name)) for name in (before, after))
        except (ImageRefusedError, OSError, ValueError):
            continue  # told where the pictures are looked at one by one
        if seen.shape[0] * seen.shape[1] >= _LEAST_PX:
            taken.append(_timed_s(approved, seen))
    taken.sort()
    return Fast(len(taken), percentile(taken, 50), taken[-1]) if taken else Fast(0, None, None)


def _timed_s(approved: Image, seen: Image) -> float:
    approved_page = judge(approved).page  # was told when it was approved
    started_s = time.process_time()
    page = judge(seen).page
    find_seals(seen, page)
    same_page(approved, seen, approved_page=approved_page, seen_page=page)
    return time.process_time() - started_s
