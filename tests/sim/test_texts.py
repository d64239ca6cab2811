"""Both languages say everything, and every fault, input and output has a name in them."""

from __future__ import annotations

from sim.faults import CATALOGUE, Place
from sim.plant import Input, Output
from sim.texts import EN, ZH


def test_both_languages_have_the_same_keys() -> None:
    assert set(ZH) == set(EN)
    assert all(ZH.values()) and all(EN.values())


def test_everything_on_the_panel_has_a_name() -> None:
    names = [f"fault_{fault.name}" for fault in CATALOGUE]
    names += [f"place_{place.value}" for place in Place]
    names += [f"input_{item.name.lower()}" for item in Input]
    names += [f"output_{item.name.lower()}" for item in Output]

    assert set(names) <= set(ZH)


def test_both_bands_say_that_it_is_a_simulation() -> None:
    assert ZH["band"].startswith("模拟机")
    assert EN["band"].startswith("模拟机 SIMULATED")
