"""Actors: the accounts that an entry names as those who acted. Pure."""

from __future__ import annotations

import functools

import msgspec

_ACTING = (
    "operator",
    "approver",
    "by",
    "released_by",
    "filed_by",
    "applicant_account",
    "absent",
    "substitute",
    "second",
    "giver",
    "receiver",
    "witness",
    "technician",
    "holder",
    "approvers",
)  # fields that name an account, or several


def of(body: msgspec.Struct) -> frozenset[str]:
    """Return the accounts that an entry names in the open as those who acted."""
    found = (getattr(body, field) for field in _acting(type(body)))
    named = (one if isinstance(one, tuple) else (one,) for one in found)
    return frozenset(one for some in named for one in some if isinstance(one, str) and one)


@functools.cache
def _acting(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the fields of a kind of record that name accounts."""
    return tuple(name for name in _ACTING if name in kind.__struct_fields__)
