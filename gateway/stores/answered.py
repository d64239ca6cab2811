"""Answers: whether an alert was right, as auditors said; all of it lies in openings."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

AnswerWord = Literal["right", "false-alarm"]


class AnswerView(Struct, frozen=True, kw_only=True):
    """What an auditor said about an alert; None: erased. `index` is that of the answer's entry."""

    answer: AnswerWord | None
    by: str
    at_ms: int
    text: str | None
    index: int


class Answered(Struct, frozen=True, kw_only=True):
    """What was said about one alert, the oldest first; the last one counts."""

    answers: tuple[AnswerView, ...] = ()

    @property
    def answer(self) -> AnswerWord | None:
        """What counts now; None: nobody has said, or it was erased."""
        return self.answers[-1].answer if self.answers else None


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one alert.

    Args:
        rule: None: what the alert was about was erased or lost.
        answer: the newest; None: nobody has said.
    """

    rule: str | None
    answer: AnswerWord | Literal["erased"] | None
