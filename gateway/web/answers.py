"""Answers: what the lists say of an item in one village, for pages that show why."""

from __future__ import annotations

from gateway.stores import Reader
from gateway.stores.calendar import local_date
from gateway.stores.views import VillageView
from ledger.matters import Answer, Matter, MatterList, look_up, resolve


def village_list(
    reader: Reader, village: VillageView, version: int, at_ms: int
) -> tuple[Matter, ...]:
    """Return the resolved list of a village, as of a version and a day."""
    return resolve(_lists(reader, village, version), local_date(at_ms))


def newest(reader: Reader) -> int:
    """Return the number of the newest list version, 0 before the first."""
    return max((one.version for one in reader.lists()), default=0)


def answer(reader: Reader, machine: str, matter: str, version: int, at_ms: int) -> Answer | None:
    """Return what the list said of an item at a machine; None for an unknown machine or list."""
    place = reader.machine(machine)
    village = reader.village(place.village) if place else None
    if village is None or not reader.lists():
        return None
    return look_up(village_list(reader, village, version, at_ms), matter)


def matter_name(reader: Reader, machine: str, matter: str | None, now_ms: int) -> str:
    """Return an item's name by its code, as it is called today; the code if it has none."""
    if matter is None:
        return ""
    found = answer(reader, machine, matter, newest(reader), now_ms)
    return found.matter.name if found and found.matter else matter


def _lists(reader: Reader, village: VillageView, version: int) -> tuple[MatterList, ...]:
    found = [
        reader.matter_list(one.version)
        for one in reader.lists()
        if one.version <= version
        and (one.layer == "national" or village.places.get(one.layer) == one.place)
    ]
    return tuple(one for one in found if one is not None)
