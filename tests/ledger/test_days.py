"""Days: where the villages are it is eight hours later, and any claim of a time has a day."""

from __future__ import annotations

import pytest

from ledger.days import local_date


@pytest.mark.parametrize(
    ("at_ms", "day"),
    [
        (1_799_942_400_000 - 1, "2027-01-14"),
        (1_799_942_400_000, "2027-01-15"),
        (253_402_271_999_999, "9999-12-31"),
        (2**53 - 1, "9999-12-31"),
    ],
)
def test_every_time_that_an_entry_may_state_has_a_local_day(at_ms: int, day: str) -> None:
    assert local_date(at_ms) == day
