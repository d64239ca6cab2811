"""Several looks at the same ring, made one: every character by the votes of all readings.

Looks differ in how high they cut and where they begin. Each is turned until it begins where the
surest one does; then every place has the character that most looks, weighted by how sure they
are, agree on. A character on which looks disagree is as much in doubt as they disagree.
"""

from __future__ import annotations

import difflib
import statistics
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from vision.written import SURE, Written

_WORTH = 0.5  # of the best look's weight: less is a reading of something else
_ALIKE = 0.5  # least similarity to the surest look
_BETWEEN = 0.15  # of a sure vote from each look, for what the best one has not read
# Two looks that are surely alike are better than one; a look that has nothing there says little.
_SILENT = 0.35
_APART = 2.0  # times the usual step: a doubtful character so far off is no part of the text
_LEAST_WORDS = 4  # characters of Chinese, beside which letters and digits are no part of a name


Votes = dict[str, list[tuple[float, float]]]  # how sure each look is, and what it is worth


class Look(Struct, frozen=True):
    """One reading of a ring.

    Args:
        said: what was read.
        angles: where each character stands, in shares of the ring, clockwise.
        weight: how much was read, and how surely.
        others: what each character may be besides, as (character, chance).
    """

    said: Written
    angles: tuple[float, ...]
    weight: float
    others: tuple[tuple[tuple[str, float], ...], ...]


def voted(looks: Sequence[Look], voices: Sequence[Look] = ()) -> Look:
    """Return what `looks` say together, beginning where the best of them begins.

    Args:
        looks: at least one.
        voices: others, which vote on what these have read and add nothing to it.
    """
    best = max(looks, key=lambda look: look.weight)
    if best.weight <= 0 or len(best.said.text) < 2:
        return best
    votes: list[Votes] = [defaultdict(list) for _ in best.said.text]
    more: dict[int, Votes] = defaultdict(lambda: defaultdict(list))  # before each of them
    places: dict[int, float] = {}
    voters = 0.0
    for count, look in enumerate((*looks, *voices)):
        if look.weight < _WORTH * best.weight:
            continue
        turned = _turned_to(best.said.text, look)
        match = difflib.SequenceMatcher(None, best.said.text, turned.said.text, autojunk=False)
        if match.ratio() < _ALIKE:
            continue
        worth = min(look.weight / best.weight, 1.0) ** 2
        voters += worth
        for _, start, end, other, other_end in match.get_opcodes():
            if start == end and other_end - other == 1 and count < len(looks):
                _vote(more[start], turned, other, worth)
                places.setdefault(start, turned.angles[other])
            if end - start == other_end - other:
                for i in range(end - start):
                    _vote(votes[start + i], turned, other + i, worth)
    return _joined(best, votes, more, places, voters)


def _vote(votes: Votes, look: Look, i: int, worth: float) -> None:
    votes[look.said.text[i]].append((look.said.scores[i], worth))
    for other, chance in look.others[i]:
        votes[other].append((chance, worth))


def _joined(
    best: Look,
    votes: list[Votes],
    more: dict[int, Votes],
    places: dict[int, float],
    voters: float,
) -> Look:
    """The winners in their order, with what half of the looks have in between."""
    won: list[tuple[Votes, float]] = []
    for i, one in enumerate(votes):
        if _cast(more[i]) >= voters * _BETWEEN and more[i]:
            won.append((more[i], places[i]))
        won.append((one, best.angles[i]))
    said = [_winner(one, voters) for one, _ in won]
    text, scores = "".join(one for one, _ in said), tuple(score for _, score in said)
    others = tuple(_losers(one) for one, _ in won)
    angles = tuple(angle for _, angle in won)
    return Look(Written(text, scores, (0,) * len(text)), angles, best.weight, others)


def _cast(votes: Votes) -> float:
    return sum(_for(votes, one) for one in votes)


def _for(votes: Votes, one: str) -> float:
    return sum(score * worth for score, worth in votes[one])


def _losers(votes: Votes) -> tuple[tuple[str, float], ...]:
    """Other characters, with their votes as a share of all."""
    best, cast = _winner(votes, 0)[0], _cast(votes)
    return tuple((one, _for(votes, one) / cast) for one in votes if one != best)


def begun(look: Look, blank: float) -> Look:
    """Return `look` beginning after its widest gap, if that is surely the widest.

    Args:
        blank: how much wider it must be than the one before which it begins now.
    """
    angles = look.angles
    if len(angles) < 3:
        return look
    gaps = [(angles[i] - angles[i - 1]) % 1.0 for i in range(len(angles))]
    widest = max(range(len(gaps)), key=lambda i: gaps[i])
    return _rolled(look, widest) if gaps[widest] > blank * gaps[0] else look


def named_part(look: Look) -> Look:
    """Return `look` without a number or another script before and after its Chinese words."""
    chinese = [i for i, one in enumerate(look.said.text) if not one.isascii()]
    if len(chinese) < _LEAST_WORDS:
        return look
    return chosen(look, range(chinese[0], chinese[-1] + 1))


def joined_part(look: Look) -> Look:
    """Return `look` without doubtful characters at its ends that stand apart from all others."""
    angles, scores = look.angles, look.said.scores
    gaps = [(angles[i] - angles[i - 1]) % 1.0 for i in range(1, len(angles))]
    if len(gaps) < _LEAST_WORDS:
        return look
    far, first, last = _APART * statistics.median(gaps), 0, len(gaps)
    while first < last and scores[first] < SURE and gaps[first] > far:
        first += 1
    while first < last and scores[last] < SURE and gaps[last - 1] > far:
        last -= 1
    return chosen(look, range(first, last + 1))


def chosen(look: Look, kept: Sequence[int]) -> Look:
    """Return the characters `kept` of a look, in that order."""
    said = look.said
    part = Written(
        "".join(said.text[i] for i in kept),
        tuple(said.scores[i] for i in kept),
        tuple(said.rows[i] for i in kept),
    )
    angles = tuple(look.angles[i] for i in kept)
    return Look(part, angles, look.weight, tuple(look.others[i] for i in kept))


def _winner(votes: Votes, voters: float) -> tuple[str, float]:
    """The character with most votes, and how sure they are of it together."""
    best = max(votes, key=lambda one: (_for(votes, one), one))
    cast = _cast(votes)
    silent = max(voters - cast, 0.0)
    share = _for(votes, best) / (cast + _SILENT * silent * (len(votes) > 1))
    return best, max(score for score, _ in votes[best]) * share


def _turned_to(text: str, look: Look) -> Look:
    """`look`, begun at the character from which it is most like `text`."""
    turns = range(len(look.said.text))
    best = max(turns, key=lambda i: _likeness(text, look.said.text[i:] + look.said.text[:i]))
    return _rolled(look, best)


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _rolled(look: Look, first: int) -> Look:
    return chosen(look, [(first + i) % len(look.angles) for i in range(len(look.angles))])
