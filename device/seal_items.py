"""Seal items: which of a machine's seals may stamp an item. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.matters import Matter


def fitting(items: Mapping[str, tuple[str, ...]], matter: Matter) -> tuple[str, ...]:
    """Return the seals that may stamp an item, in the order of the configuration.

    Args:
        items: by seal, codes, names or categories of items; none of them means every item.
    """
    names = {matter.code, matter.name, matter.category} - {""}
    return tuple(
        seal for seal, allowed in items.items() if not allowed or not names.isdisjoint(allowed)
    )
