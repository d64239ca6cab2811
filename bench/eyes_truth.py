"""Scores that need a known truth: outlines, states of seals, answers to cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from msgspec import Struct

from bench.eyes_folder import Case, Quad
from bench.eyes_scoring import Rate, rate

_GOOD = 0.985  # intersection over union from which an outline serves


class Outlines(Struct, frozen=True, kw_only=True):
    """How found outlines lie over the true ones; a page that was not outlined counts as 0."""

    mean: float | None
    least: float | None
    good: Rate


class States(Struct, frozen=True, kw_only=True):
    """How often the state of a seal that was found is named rightly."""

    right: Rate
    macro_f1: float | None
    confused: dict[str, int]


def outlines(pairs: Iterable[tuple[Quad, Quad | None]]) -> Outlines:
    """Score (true, found) corners."""
    shares = [overlap(truth, found) for truth, found in pairs]
    return Outlines(
        mean=round(float(np.mean(shares)), 4) if shares else None,
        least=round(min(shares), 4) if shares else None,
        good=rate(sum(share >= _GOOD for share in shares), len(shares)),
    )


def overlap(truth: Quad, found: Quad | None) -> float:
    """Return intersection over union of two convex quadrilaterals."""
    if found is None:
        return 0.0
    one, other = np.array(truth, np.float32), np.array(found, np.float32)
    common, _ = cv2.intersectConvexConvex(one, other)
    return float(common / (cv2.contourArea(one) + cv2.contourArea(other) - common))


def states(pairs: Sequence[tuple[str, str]]) -> States:
    """Score (true, found) states; macro F1 is the mean over the states that occur in truth."""
    confused = Counter(f"{true} as {found}" for true, found in pairs if true != found)
    scores = []
    for state in sorted({true for true, _ in pairs}):
        hits = sum(true == found == state for true, found in pairs)
        named = sum(true == state for true, _ in pairs) + sum(found == state for _, found in pairs)
        scores.append(2 * hits / named)
    return States(
        right=rate(sum(true == found for true, found in pairs), len(pairs)),
        macro_f1=round(float(np.mean(scores)), 4) if scores else None,
        confused=dict(confused.most_common()),
    )


def answers(cases: Sequence[Case], given: dict[str, str | int | None]) -> dict[str, Rate]:
    """Return by question and true answer how many were answered so."""
    known = [case for case in cases if case.answer is not None]
    kinds = sorted({f"{case.question} {case.answer}" for case in known})
    return {
        kind: rate(
            sum(given[case.id] == case.answer for case in known if _kind(case) == kind),
            sum(_kind(case) == kind for case in known),
        )
        for kind in kinds
    }


def _kind(case: Case) -> str:
    return f"{case.question} {case.answer}"
