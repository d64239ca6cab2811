"""People: what the store tells of the lists of who holds which office and may sign in where."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class PeopleView(Struct, frozen=True, kw_only=True):
    """One entry about a place's people, see `ledger.records_people.PeopleList`.

    `at_ms` is when the gateway took the entry; `index` and `sha256` are the entry's.
    """

    place: str
    machine: str | None
    version: int
    file_sha256: str
    file_size: int
    not_after_ms: int
    by: str
    released_by: str | None
    index: int
    sha256: str
    at_ms: int

    @property
    def is_draft(self) -> bool:
        """Whether another person must still release it."""
        return self.released_by is None


class PeopleReader(Protocol):
    """Lists of people."""

    def people_lists(self, place: str | None = None) -> tuple[PeopleView, ...]:
        """Return every draft and list, of one place or of all, newest first."""
        ...

    def people_file(self, file_sha256: str) -> bytes | None:
        """Return the file of a draft or list (`ledger.people.Roster`)."""
        ...
