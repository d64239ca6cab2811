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


class MatterNames:
    """What items are called today in the villages of machines; for one page, in one snapshot."""

    def __init__(self, reader: Reader, now_ms: int) -> None:
        self._reader, self._today = reader, local_date(now_ms)
        self._villages = {
            machine: village for village in reader.villages() for machine in village.machines
        }
        self._lists: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def of(self, machine: str, matter: str | None) -> str:
        """Return an item's name by its code; the code if it has none there."""
        village = self._villages.get(machine)
        if matter is None or village is None:
            return matter or ""
        places = tuple(sorted(village.places.items()))  # villages of one place share their lists
        if places not in self._lists:
            resolved = self._reader.matters(village.village, self._today)
            self._lists[places] = {one.code: one.name for one in resolved}
        return self._lists[places].get(matter, matter)


def _lists(reader: Reader, village: VillageView, version: int) -> tuple[MatterList, ...]:
    found = [
        reader.matter_list(one.version)
        for one in reader.lists()
        if one.version <= version
        and (one.layer == "national" or village.places.get(one.layer) == one.place)
    ]
    return tuple(one for one in found if one is not None)
