"""The state of a machine as plain values: what `GET /state` answers and the panel shows."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from sim.faults import FaultSet
from sim.plant import Input, Output, Plant


class PanelState(Struct, frozen=True, kw_only=True):
    """Lamps of the separate front panel and how many tones it has sounded."""

    ok: bool = False
    alarm: bool = False
    tones: int = 0


def physical(plant: Plant) -> dict[str, Any]:
    """Where everything stands in the plant; `presses` is the truth that counts are judged by."""
    paper = plant.paper
    inputs, outputs = plant.inputs(), plant.outputs()
    return {
        "presses": len(plant.presses),
        "impressions": sum(press.impression for press in plant.presses),
        "bolt_out": plant.bolt_out,
        "open": plant.open,
        "at_ms": plant.now_ms,
        "bolt_reach": round(plant.bolt_reach, 3),
        "depth": round(plant.depth, 3),
        "pressing": plant.pressing,
        "powered": plant.powered,
        "supply_mv": plant.supply_mv,
        "press_current_ma": plant.press_current_ma,
        "temperature_x10": plant.temperature_x10,
        "inputs": {item.name.lower(): bool(inputs >> item & 1) for item in Input},
        "outputs": {item.name.lower(): bool(outputs >> item & 1) for item in Output},
        "paper": None if paper is None else msgspec.to_builtins(paper),
        "press_log": msgspec.to_builtins(plant.presses[-50:]),
    }


def active(faults: FaultSet, now_ms: int) -> list[dict[str, object]]:
    """The active faults, with what is left of each."""
    return [
        {
            "name": fault.name,
            "count": fault.count,
            "left_ms": None if fault.until_ms is None else max(0, fault.until_ms - now_ms),
            "on": fault.scope.value,
        }
        for fault in faults.active()
    ]
