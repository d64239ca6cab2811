"""How right findings are: one-to-one matching, rates with their intervals, text by its edits."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from msgspec import Struct

from bench.eyes_folder import Box

SAME = 0.5  # intersection over union from which two boxes mean the same seal
_Z = 1.96  # standard deviations of a 95 % interval


class Rate(Struct, frozen=True):
    """A share with its Wilson 95 % interval; all None when there was nothing to count."""

    right: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


def rate(right: int, of: int) -> Rate:
    """Return `right` of `of` with its interval."""
    if of == 0:
        return Rate(0, 0, None, None, None)
    share, squared = right / of, _Z * _Z
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    reach = _Z * math.sqrt(share * (1 - share) / of + squared / (4 * of * of)) / (1 + squared / of)
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return Rate(right, of, round(share, 4), round(low, 4), round(high, 4))


def overlap(one: Box, other: Box) -> float:
    """Return intersection over union of two boxes."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if across <= 0 or down <= 0:
        return 0.0
    common = across * down
    return common / (one[2] * one[3] + other[2] * other[3] - common)


def matched(labelled: Sequence[Box], found: Sequence[Box]) -> dict[int, int]:
    """Return for each label's index the finding's: greedy, one-to-one, the best overlap first."""
    pairs = [
        (overlap(label, box), i, j)
        for i, label in enumerate(labelled)
        for j, box in enumerate(found)
    ]
    taken: dict[int, int] = {}
    for share, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if share >= SAME and i not in taken and j not in taken.values():
            taken[i] = j
    return taken


def plain(text: str) -> str:
    """Return `text` as it is compared: NFKC, without spaces and punctuation."""
    kept = (
        c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] not in "PZC"
    )
    return "".join(kept)


def characters_right(truth: str, read: str) -> float:
    """Return 1 - edits / length of `truth`, at least 0; both compared as `plain`."""
    truth, read = plain(truth), plain(read)
    if not truth:
        return 1.0 if not read else 0.0
    return max(0.0, 1 - edits(truth, read) / len(truth))


def edits(one: str, other: str) -> int:
    """Return the least number of insertions, deletions and replacements between two texts."""
    before = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
        before = row
    return before[-1]
