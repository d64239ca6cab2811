"""Layers: whose lists apply in a village, from the nation down, and what comes next."""

from __future__ import annotations

from msgspec import Struct

from gateway.stores.views import ListView, VillageView
from ledger.matters import LAYERS, Layer


class LayerView(Struct, frozen=True, kw_only=True):
    """One layer over a village: the release in force today and the next one that is dated later."""

    layer: Layer
    place: str
    current: ListView | None
    following: ListView | None


def layers_of(
    village: VillageView, releases: tuple[ListView, ...], today: str
) -> tuple[LayerView, ...]:
    """Return the layers over a village; `releases` are all of them, `today` an ISO date."""
    found = []
    for layer in LAYERS:
        place = village.places.get(layer, "")
        own = [one for one in releases if one.layer == layer and one.place == place]
        current = max((one for one in own if one.from_date <= today), key=_version, default=None)
        later = [
            one
            for one in own
            if one.from_date > today and (current is None or one.version > current.version)
        ]
        found.append(
            LayerView(
                layer=layer,
                place=place,
                current=current,
                following=min(later, key=lambda one: (one.from_date, -one.version), default=None),
            )
        )
    return tuple(found)


def _version(one: ListView) -> int:
    return one.version
