"""Permit facts: what the permit rules ask of an entry, and no more, from process to process. Pure.

Who judges a span has read each entry with all its bounds. The rules need all spans in their order
and run in one process: they get the fields by their places, without names and without long ones.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import Any, get_type_hints

import msgspec
from msgspec import NODEFAULT, UNSET, structs

from ledger.records import (
    AlertRecord,
    Approval,
    CountStatement,
    HoldRelease,
    Incident,
    Intent,
    Permit,
    Record,
    Refusal,
    Revocation,
    SealRequest,
    SealUse,
    Void,
)
from ledger.records_confirms import ImpressionAsk, ImpressionConfirm
from ledger.records_permits import EmergencyCodes, EmergencyPermit, EmergencyTerms, StandingPermit

RECORDS: dict[str, type[Record]] = {
    record.kind: record
    for record in (
        AlertRecord,
        Approval,
        CountStatement,
        EmergencyCodes,
        EmergencyPermit,
        EmergencyTerms,
        HoldRelease,
        ImpressionAsk,
        ImpressionConfirm,
        Incident,
        Intent,
        Permit,
        Refusal,
        Revocation,
        SealRequest,
        SealUse,
        StandingPermit,
        Void,
    )
}
UNASKED = frozenset(
    {
        "after",
        "amount_commitment",
        "applicant_commitment",
        "applicant_masked_commitment",
        "before",
        "documents_commitment",
        "note_commitment",
        "pages_commitment",
        "payee_commitment",
        "photos",
        "purpose_commitment",
        "text_commitment",
    }
)  # three quarters of an entry's bytes

_ENCODER = msgspec.msgpack.Encoder()


class Facts:
    """Packs entries of one kind, and reads them again."""

    def __init__(self, record: type[Record]) -> None:
        fields = [one for one in structs.fields(record) if one.name not in UNASKED]
        hints = get_type_hints(record)  # without the bounds, which were judged before
        form = msgspec.defstruct(
            record.__name__,
            [(one.name, _or_none(hints[one.name], one.default)) for one in fields],
            array_like=True,
            gc=False,
        )
        self._decoder = msgspec.msgpack.Decoder(form)
        self._values = attrgetter(*(one.name for one in fields))
        self._defaults = tuple(
            (place, None if one.default is UNSET else one.default)
            for place, one in enumerate(fields)
            if one.default is not NODEFAULT
        )

    def pack(self, body: Any) -> bytes:
        """Return the facts of an entry that has the fields of its record as attributes.

        A field that is `UNSET` gets its default, or None where that is `UNSET`, too.
        """
        values = list(self._values(body))
        for place, default in self._defaults:
            if values[place] is UNSET:
                values[place] = default
        return _ENCODER.encode(values)

    def read(self, data: bytes) -> Any:
        """Return what `pack` wrote, with the same attributes."""
        return self._decoder.decode(data)


@cache
def of(kind: str) -> Facts:
    """Return the facts of a kind in `RECORDS`."""
    return Facts(RECORDS[kind])


def _or_none(hint: Any, default: Any) -> Any:
    return hint | None if default is UNSET else hint
