"""What people may order about people; see `gateway.commands`."""

from __future__ import annotations

from msgspec import Struct

from gateway.desk.people import Row


class DraftPeople(Struct, frozen=True, kw_only=True):
    """Draft who holds which office in a place, for so many days. Answer: its version number."""

    by: str
    place: str
    days: int
    rows: tuple[Row, ...]


class ReleasePeople(Struct, frozen=True, kw_only=True):
    """Put another person's draft in force. Answer: the last entry's index."""

    by: str
    version: int


class StopAccount(Struct, frozen=True, kw_only=True):
    """Take an account, or its card alone, away at once. Answer: the AccountAct's index."""

    by: str
    account: str
    card_only: bool = False


PeopleCommand = DraftPeople | ReleasePeople | StopAccount
