"""List changes: what a new version of a list changes, row by row. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ledger.matters import Matter, MatterList, normalise

State = Literal["added", "changed", "removed", "unchanged"]
FIELDS = (
    ("code", "code"),
    ("name", "name"),
    ("verdict", "verdict"),
    ("category", "category"),
    ("materials", "materials"),
    ("instead_go_to", "instead"),
    ("approver_role", "approver"),
    ("max_copies", "max_copies"),
    ("source", "basis"),
)  # the column of a file, the field of an item


class Field(Struct, frozen=True):
    """A column in which an item changes, with what stood there and what stands there now."""

    column: str
    before: str
    after: str


class RowChange(Struct, frozen=True, kw_only=True):
    """What becomes of one item; `row` counts the new list's items from 1, 0: it is removed."""

    row: int
    state: State
    matter: Matter
    fields: tuple[Field, ...] = ()


def row_changes(old: MatterList | None, new: MatterList) -> tuple[RowChange, ...]:
    """Return the fate of every item of both, in the new order, the removed ones at the end.

    Items are compared by their normalised names; layer and place are the list's.
    """
    before = {} if old is None else {normalise(one.name): one for one in old.matters}
    after = {normalise(one.name) for one in new.matters}
    found = [
        _change(number, before.get(normalise(one.name)), one)
        for number, one in enumerate(new.matters, start=1)
    ]
    gone = [one for name, one in before.items() if name not in after]
    return (*found, *(RowChange(row=0, state="removed", matter=one) for one in gone))


def _change(number: int, old: Matter | None, new: Matter) -> RowChange:
    if old is None:
        return RowChange(row=number, state="added", matter=new)
    fields = tuple(
        Field(column, said(old, name), said(new, name))
        for column, name in FIELDS
        if said(old, name) != said(new, name)
    )
    state: State = "changed" if fields else "unchanged"
    return RowChange(row=number, state=state, matter=new, fields=fields)


def said(matter: Matter, field: str) -> str:
    """Return a field of an item as a list file says it, "" for nothing."""
    value = getattr(matter, field)
    if value is None:
        return ""
    return _VERDICTS[value.value] if field == "verdict" else str(value)


_VERDICTS = {"allowed": "可以", "forbidden": "禁止", "discretionary": "酌情"}
