"""Bodies of acts for the rules of `ledger.verify`: what they ask of an entry, read fast. Pure."""

from __future__ import annotations

from typing import get_type_hints

import msgspec
from msgspec import NODEFAULT, Struct, structs

from ledger.records import Record

_PHOTOS = frozenset({"after", "before", "photos"})  # no rule asks for them


def unbound(record: type[Record]) -> type[Struct]:
    """Return a record without the bounds of its fields, which were judged when it was read."""
    hints = get_type_hints(record)
    fields = [
        (field.name, hints[field.name], field.default)
        if field.default is not NODEFAULT
        else (field.name, hints[field.name])
        for field in structs.fields(record)
        if field.name not in _PHOTOS
    ]
    return msgspec.defstruct(record.__name__, fields, kw_only=True, gc=False)
