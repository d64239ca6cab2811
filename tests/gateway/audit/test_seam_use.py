"""Seam stamps beyond what was asked for, and marks over an edge that nobody asked for."""

from __future__ import annotations

import pytest

from gateway.audit.rules import seam_use

SEAMED, PLAIN = ("seam",), ()


def found(log, *uses):
    """Return what the rule says of the last of these uses (flags, findings) under permit p-1."""
    entries = [log.write(use) for use in uses]
    return [
        (alert.severity, alert.finding.key, alert.finding.values.get("made"))
        for alert in seam_use.check(entries[-1], log, seam_use.Options())
    ]


@pytest.mark.parametrize("order", [(SEAMED, PLAIN, PLAIN), (PLAIN, PLAIN, SEAMED)])
def test_as_many_of_each_kind_as_were_approved_raise_nothing(log, build, order):
    log.issue(impressions=3, seams=1)

    for n in (1, 2, 3):
        assert found(log, *(build.use(n=i, flags=one) for i, one in enumerate(order[:n], 1))) == []
        log.written.clear()


def test_one_seam_stamp_too_many_is_red(log, build):
    log.issue(impressions=3, seams=1)

    uses = [build.use(n=n, flags=SEAMED) for n in (1, 2)]

    assert found(log, *uses) == [("red", "finding.seam-use.over", 2)]


def test_a_seam_stamp_that_nobody_asked_for_is_red(log, build):
    log.issue()

    assert found(log, build.use(flags=SEAMED)) == [("red", "finding.seam-use.over", 1)]


def test_another_impression_in_place_of_the_seam_stamp_is_red(log, build):
    log.issue(impressions=2, seams=1)

    uses = [build.use(n=n, flags=PLAIN) for n in (1, 2)]

    assert found(log, *uses) == [("red", "finding.seam-use.plain", 2)]


def test_a_mark_over_the_edge_without_its_flag_is_yellow(log, build):
    log.issue()
    riding = ("page-same", "impression-seen", "impression-seam")

    assert found(log, build.use(findings=riding)) == [("yellow", "finding.seam-use.unasked", None)]
    log.issue(seams=1)
    assert found(log, build.use(findings=riding, flags=SEAMED)) == []


def test_a_use_without_a_permit_is_another_rules_matter(log, build):
    assert found(log, build.use(flags=SEAMED)) == []
