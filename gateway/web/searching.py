"""Searching: what a visitor types into the log's one search field, and what somebody did, for this
visitor's eyes."""

from __future__ import annotations

from gateway.desk.access import Action
from gateway.stores import Reader
from gateway.stores.searching import Acts, Search, Word
from gateway.web.identity import Visitor

MOST_WORDS = 6
LONGEST_WORD = 60
LARGEST_INDEX = 2**53


def search_of(reader: Reader, visitor: Visitor, text: str) -> Search | None:
    """Return what the words of a text may stand for; None: there are none.

    Withheld values are searched only for who may read them, and only where.
    """
    words = text.lower().replace("\u3000", " ").split()[:MOST_WORDS]
    if not words:
        return None
    return Search(
        words=tuple(_word(reader, one[:LONGEST_WORD]) for one in words),
        opened=visitor.may(Action.READ_PERSONAL),
        opened_machines=visitor.only_machines(Action.READ_PERSONAL),
    )


def acts_of(visitor: Visitor, account: str) -> Acts | None:
    """Return what an account did, withheld values for who may read them; None: nobody is asked."""
    if not account:
        return None
    return Acts(
        account=account,
        opened=visitor.may(Action.READ_PERSONAL),
        opened_machines=visitor.only_machines(Action.READ_PERSONAL),
    )


def _word(reader: Reader, text: str) -> Word:
    is_number = text.isascii() and text.isdigit() and int(text) < LARGEST_INDEX
    return Word(
        text=text,
        index=int(text) if is_number else None,
        matters=reader.matter_codes(text),
        machines=tuple(
            one.machine
            for one in reader.machines()
            if text in one.village_name.lower() or text in one.machine
        ),
        accounts=tuple(
            one.account
            for one in reader.accounts()
            if text in one.name.lower() or text == one.account
        ),
    )
