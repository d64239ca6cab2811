"""What stops an impression before it is begun, and what is only said of it afterwards."""

from __future__ import annotations

import pytest

from device.job import flags_of, objection


@pytest.mark.parametrize(
    ("findings", "reason"),
    [
        (("page-same",), ""),
        (("page-unclear",), ""),
        (("page-same", "page-stamped"), ""),
        (("page-other", "page-mirrored"), "page-mirrored"),
        (("page-other",), "page-other"),
        (("blank", "page-same"), "blank"),
        ((), "page-unknown"),
    ],
)
def test_page_is_objected_to_for_what_it_is_not(findings: tuple[str, ...], reason: str) -> None:
    assert objection(findings) == reason


@pytest.mark.parametrize(
    ("findings", "flags"),
    [
        (("page-same",), ()),
        (("page-same", "page-stamped"), ("page_stamped",)),
        (("page-unclear", "page-stamped"), ("page_unclear", "page_stamped")),
    ],
)
def test_doubts_that_stop_nothing_are_flags_of_the_use(
    findings: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    assert flags_of(findings) == flags
