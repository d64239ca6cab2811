"""Words as they were read, with how sure each character is, and how well other words fit in.

An expected word is laid over what was read wherever it fits best. A character that was read
surely and is another one counts 1; one that was read in doubt counts next to nothing, because it
may be the expected one after all. So a sum under 1 never proves a difference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from msgspec import Struct

CELL, ROW = "|", "\n"  # between cells of a row; after a row that ends before the margin

# The recogniser's own share for its best character. Right ones are over 0.9 in nine of ten cases
# and may fall to 0.6 beside a blank; over 0.9 another one was wrong in less than one of a thousand.
SURE = 0.9
READ = 0.5  # under this the character is a guess
_DOUBTED = 0.01  # cost of a difference that may be the recogniser's: many of them prove nothing
_ALIKE = (
    "未末",
    "己已巳",
    "日曰",
    "人入八",
    "土士",
    "千干于",
    "天夭",
    "〇零○O0o",
    "一-—1lI",
    "口囗",
    "曹曾",
    "王玉",
    "侯候",
    "戊戌戍",
    "岀出",
)
_EPSILON = 1e-6


class Written(Struct, frozen=True):
    """Characters and how sure each of them is, 0..1; separators are sure.

    Args:
        rows: for each character the number of the row it stands in.
    """

    text: str
    scores: tuple[float, ...]
    rows: tuple[int, ...]

    def part(self, start: int, end: int) -> str:
        """Return what was read there, separators left out."""
        return "".join(one for one in self.text[start:end] if one not in (CELL, ROW))

    def least(self, start: int, end: int) -> float:
        """Return how sure the least sure character there is; 1 where there is none."""
        return min(self.scores[start:end], default=1.0)

    def cut(self, start: int, end: int) -> Written:
        """Return that piece of it."""
        return Written(self.text[start:end], self.scores[start:end], self.rows[start:end])


class Fit(Struct, frozen=True):
    """How an expected word fits best.

    Args:
        edits: characters to change, add or leave out.
        against: what speaks against it: 1 for each sure difference.
        start, end: where in what was read.
    """

    edits: int
    against: float
    start: int
    end: int


def written(pieces: Iterable[tuple[str, tuple[float, ...], int]]) -> Written:
    """Join (text, scores, row), each in its compatibility form and without blanks."""
    text: list[str] = []
    scores: list[float] = []
    rows: list[int] = []
    for said, sure, row in pieces:
        for one, score in zip(said, sure, strict=True):
            for character in unicodedata.normalize("NFKC", one) if one not in (CELL, ROW) else one:
                if character not in (CELL, ROW) and character.isspace():
                    continue
                text.append(character)
                scores.append(score)
                rows.append(row)
    return Written("".join(text), tuple(scores), tuple(rows))


def words_only(of: Written) -> Written:
    """Return it without punctuation, separators kept."""
    kept = [i for i, one in enumerate(of.text) if one.isalnum() or one in (CELL, ROW)]
    return Written(
        "".join(of.text[i] for i in kept),
        tuple(of.scores[i] for i in kept),
        tuple(of.rows[i] for i in kept),
    )


def digits_only(of: Written) -> Written:
    """Return its digits, without the marks between them."""
    kept = [i for i, one in enumerate(of.text) if one.isdecimal()]
    return Written(
        "".join(of.text[i] for i in kept),
        tuple(of.scores[i] for i in kept),
        tuple(of.rows[i] for i in kept),
    )


def plain(text: str) -> str:
    """Return the letters, digits and characters of `text` in their compatibility form."""
    return "".join(one for one in unicodedata.normalize("NFKC", text) if one.isalnum())


def best_fit(word: str, of: Written, *, whole: bool = False, gaps: bool = False) -> Fit:
    """Return where the plain `word` fits with the least against it.

    Args:
        whole: it must be everything that was read, not a part of it.
        gaps: what was not read at all proves nothing.
    """
    # One column per character read: (against, edits, start) of the best way to have spent the
    # first i characters of the word by there.
    column = [(0.0, 0, 0)]
    for i in range(1, len(word) + 1):
        column.append(_add(column[-1], _missing(word, i, gaps)))
    best = Fit(column[-1][1], column[-1][0], 0, 0)
    for j, seen in enumerate(of.text, start=1):
        score = of.scores[j - 1]
        extra = _cost(score) if seen not in (CELL, ROW) else 1.0
        first = column[0] if whole else (0.0, 0, j)
        following = [_add(column[0], extra) if whole else first]
        for i, wanted in enumerate(word, start=1):
            changed = (
                column[i - 1]
                if seen == wanted
                else _add(column[i - 1], _other(wanted, seen, score))
            )
            following.append(
                min(
                    changed, _add(column[i], extra), _add(following[i - 1], _missing(word, i, gaps))
                )
            )
        column = following
        against, edits, start = column[-1]
        if whole or (against, edits) < (best.against - _EPSILON, best.edits):
            best = Fit(edits, against, start, j)
    return best


def _add(way: tuple[float, int, int], cost: float) -> tuple[float, int, int]:
    return way[0] + cost, way[1] + 1, way[2]


def _cost(score: float) -> float:
    return 1.0 if score >= SURE else _DOUBTED


def _other(wanted: str, seen: str, score: float) -> float:
    if any(wanted in group and seen in group for group in _ALIKE):
        return _DOUBTED
    if seen in (CELL, ROW):
        return 1.0
    # A figure or a Latin letter is hardly ever a character, however unsure.
    return _cost(score) if seen.isascii() == wanted.isascii() or score < READ else 1.0


def _missing(word: str, i: int, gaps: bool) -> float:
    """The recogniser runs two equal characters in a row together at times."""
    return _DOUBTED if gaps or (i > 1 and word[i - 1] == word[i - 2]) else 1.0
