"""The sum of one honest stamp: counted taps and screens, a stated table, the machine's times."""

from __future__ import annotations

from bench.stamp import PACES, sums
from bench.stamp_script import Counted

COUNTED = Counted(screens=10, keys=14, characters=2, buttons=12, read=20, searches=1)


def test_the_persons_part_is_every_step_of_the_table_once_for_each_time_it_is_done() -> None:
    once_s = 3 + 3 + 6 + 3
    looks_s = 12 * 2.3 + 20 * 0.4  # the last screen is looked at, too, and the summary read
    taps_s = 14 * 1.2 + 2 * 3.5 + 12 * 1.9

    aged = sums(COUNTED, [1_000.0])["aged 60, gloves, reads every screen"]

    assert aged.human_s == round(once_s + looks_s + taps_s, 1)


def test_the_sum_adds_the_machines_median_and_its_slowest() -> None:
    for name, total in sums(COUNTED, [9_000.0, 2_000.0, 4_000.0]).items():
        human_s = PACES[name].seconds(COUNTED)

        assert total.total_p50_s == round(human_s + 4, 1)
        assert total.total_most_s == round(human_s + 9, 1)


def test_every_step_is_quicker_for_who_is_practised() -> None:
    aged, practised = PACES.values()

    assert all(getattr(practised, step) <= getattr(aged, step) for step in aged.__struct_fields__)
