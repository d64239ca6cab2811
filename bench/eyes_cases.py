"""Answers to the questions of `cases.json`, each by the function that the programs use.

A question that nothing here can answer yet has the answer None: it is never guessed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from bench.eyes_folder import Application
from vision import document_fields
from vision.decoding import Image
from vision.document import same_page
from vision.document_check import check_document
from vision.duplicates import same_sheet
from vision.errors import ReaderMissingError
from vision.new_seals import new_seals
from vision.ocr import Reader
from vision.page import is_blank
from vision.reproduction import impression, origin

SAME_PAGE = {True: "match", False: "mismatch", None: "unclear"}
SAME_SHEET = {True: "same", False: "different", None: None}


def answer(
    question: str, pictures: Sequence[Image], application: Application | None = None
) -> str | int | None:
    """Return the answer in the words of the folder's form; None when it cannot be given.

    Args:
        application: what the document must say, for the question of that name.

    Raises:
        ValueError: the question needs another number of pictures.
    """
    if question not in _ASKED:
        return None
    count, given = _ASKED[question]
    if len(pictures) != count:
        raise ValueError(f"expected {count} pictures for {question}, found {len(pictures)}")
    if question == "document":
        return _document(pictures[0], application)
    return given(*pictures)


def _document(picture: Image, application: Application | None) -> str | None:
    """What the page says to the application; None without an application or a reader."""
    engine = reader()
    if application is None or engine is None:
        return None
    asked = document_fields.Application(
        title=application.title,
        org=application.org,
        parties=application.party,
        amount_fen=application.amount_fen,
        day=application.date,
    )
    return str(check_document(picture, asked, engine).verdict)


def _origin(picture: Image) -> str | None:
    return origin(picture)


def _impression(picture: Image) -> str | None:
    return impression(picture)


@functools.cache
def reader() -> Reader | None:
    """Return the one engine of this process; None where the extra `ocr` is not installed."""
    try:
        return Reader()
    except ReaderMissingError:
        return None


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
    "document": (1, _document),
    "origin": (1, _origin),
    "impression": (1, _impression),
}
