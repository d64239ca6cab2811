"""Answers to the questions of `cases.json`, each by the function that the programs use.

A question that nothing here can answer yet has the answer None: it is never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vision.decoding import Image
from vision.document import same_page
from vision.duplicates import same_sheet
from vision.new_seals import new_seals
from vision.page import is_blank

SAME_PAGE = {True: "match", False: "mismatch", None: "unclear"}
SAME_SHEET = {True: "same", False: "different", None: None}


def answer(question: str, pictures: Sequence[Image]) -> str | int | None:
    """Return the answer in the words of the folder's form; None when it cannot be given.

    Raises:
        ValueError: the question needs another number of pictures.
    """
    if question not in _ASKED:
        return None
    count, given = _ASKED[question]
    if len(pictures) != count:
        raise ValueError(f"expected {count} pictures for {question}, found {len(pictures)}")
    return given(*pictures)


def _same_page(approved: Image, seen: Image) -> str:
    return SAME_PAGE[same_page(approved, seen).same]


def _blank(picture: Image) -> str:
    return "blank" if is_blank(picture) else "text"


def _new_seals(before: Image, after: Image) -> int:
    return new_seals(before, after).count


def _duplicate(one: Image, other: Image) -> str | None:
    return SAME_SHEET[same_sheet(one, other).same]


_ASKED: dict[str, tuple[int, Callable[..., str | int | None]]] = {
    "same_page": (2, _same_page),
    "blank": (1, _blank),
    "new_seals": (2, _new_seals),
    "duplicate": (2, _duplicate),
}
