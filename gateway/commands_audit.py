"""Commands of those who judge alerts."""

from __future__ import annotations

from msgspec import Struct

from gateway.stores.answered import AnswerWord


class AnswerAlert(Struct, frozen=True, kw_only=True):
    """Say whether an alert (its id) was right, or say otherwise than before. Answer: the index.

    `text`: why, in a few words; may be none.
    """

    by: str
    alert: str
    answer: AnswerWord
    text: str = ""
