"""Unbound: a record's form without its bounds, to read again what was judged before. Pure."""

from __future__ import annotations

from typing import get_type_hints

import msgspec
from msgspec import NODEFAULT, Struct, structs

from ledger.records import Record


def unbound(record: type[Record], without: frozenset[str]) -> type[Struct]:
    """Return a record without the bounds of its fields, and without some of them."""
    hints = get_type_hints(record)
    fields = [
        (field.name, hints[field.name], field.default)
        if field.default is not NODEFAULT
        else (field.name, hints[field.name])
        for field in structs.fields(record)
        if field.name not in without
    ]
    return msgspec.defstruct(record.__name__, fields, kw_only=True, gc=False)
