"""Rules that judge one entry: each with a case that fires and the nearest that does not."""

from __future__ import annotations

import pytest

from gateway.audit.rules import (
    clock_skew,
    incident,
    no_permit,
    off_list,
    operator_approved,
    over_count,
    permit_ended,
    permit_mismatch,
    photo_doubt,
)
from ledger.matters import Verdict
from ledger.records import Approval, CountStatement

NOW_MS = 1_800_000_000_000
MINUTE_MS = 60 * 1000


def found(rule, entry, log, **options):
    return [
        (alert.severity, alert.finding.key)
        for alert in rule.check(entry, log, rule.Options(**options))
    ]


def test_use_under_a_permit_that_was_never_issued_is_red(log, build):
    entry = log.write(build.use())

    assert found(no_permit, entry, log) == [("red", "finding.no-permit")]


def test_use_under_an_issued_permit_raises_nothing(log, build):
    log.issue()
    entry = log.write(build.use())

    assert found(no_permit, entry, log) == []


def test_incident_that_may_hide_an_impression_needs_its_intents_permit(log, build):
    intent = log.write(build.intent())
    entry = log.write(build.incident(intent=intent.sha256, impressions_max=1))

    assert found(no_permit, entry, log) == [("red", "finding.no-permit")]


def test_incident_that_hides_nothing_needs_no_permit(log, build):
    intent = log.write(build.intent())
    entry = log.write(build.incident(intent=intent.sha256, impressions_max=0))

    assert found(no_permit, entry, log) == []


def test_use_for_a_forbidden_item_is_red(log, build):
    log.issue()
    log.matters = (build.matter(Verdict.FORBIDDEN),)
    entry = log.write(build.use())

    assert found(off_list, entry, log) == [("red", "finding.off-list.forbidden")]


def test_use_for_an_item_on_no_list_is_yellow_unless_the_township_says_red(log, build):
    log.issue()
    entry = log.write(build.use())

    assert found(off_list, entry, log) == [("yellow", "finding.off-list.unknown")]
    assert found(off_list, entry, log, off_list="red") == [("red", "finding.off-list.unknown")]


def test_use_for_a_discretionary_item_is_no_use_off_the_list(log, build):
    log.issue()
    log.matters = (build.matter(Verdict.DISCRETIONARY),)
    entry = log.write(build.use())

    assert found(off_list, entry, log) == []


def test_one_impression_too_many_is_red(log, build):
    log.issue(impressions=2, spent=3)
    entry = log.write(build.use(n=2))

    assert found(over_count, entry, log) == [("red", "finding.over-count")]


def test_use_that_numbers_itself_beyond_the_permit_is_red(log, build):
    log.issue(impressions=2, spent=1)
    entry = log.write(build.use(n=3, of=3))

    assert found(over_count, entry, log) == [("red", "finding.over-count")]


def test_an_incident_that_may_hide_too_many_is_not_yet_too_many(log, build):
    intent = log.write(build.intent())
    log.issue(impressions=2, spent=6)
    entry = log.write(build.incident(intent=intent.sha256, impressions_min=0, impressions_max=5))

    assert found(over_count, entry, log) == []


def test_an_incident_that_proves_too_many_is_red(log, build):
    intent = log.write(build.intent())
    log.issue(impressions=2, spent=4)
    entry = log.write(build.incident(intent=intent.sha256, impressions_min=3, impressions_max=4))

    assert found(over_count, entry, log) == [("red", "finding.over-count")]


def test_a_count_beyond_the_permit_is_red(log, build):
    intent = log.write(build.intent())
    log.issue(impressions=2, spent=3)
    incident = log.write(build.incident(intent=intent.sha256, impressions_min=0, impressions_max=5))
    entry = log.write(CountStatement(incident=incident.sha256, impressions=3, by="a-1"))

    assert found(over_count, entry, log) == [("red", "finding.over-count")]


def test_last_permitted_impression_raises_nothing(log, build):
    log.issue(impressions=2, spent=2)
    entry = log.write(build.use(n=2))

    assert found(over_count, entry, log) == []


def test_use_at_another_machine_with_another_seal_and_item_gives_three_alerts(log, build):
    log.issue(machine="m-9", seal="branch", matter="T-02")
    entry = log.write(build.use())

    assert [key for _, key in found(permit_mismatch, entry, log)] == [
        "finding.permit-mismatch.machine",
        "finding.permit-mismatch.seal",
        "finding.permit-mismatch.matter",
    ]


def test_use_of_just_what_was_permitted_raises_nothing(log, build):
    log.issue()
    entry = log.write(build.use())

    assert found(permit_mismatch, entry, log) == []


def test_use_one_millisecond_after_the_permit_ended_is_red(log, build):
    log.issue(not_after_ms=NOW_MS - 1)
    entry = log.write(build.use())

    assert found(permit_ended, entry, log) == [("red", "finding.permit-ended.expired")]


def test_use_at_the_last_millisecond_of_the_permit_raises_nothing(log, build):
    log.issue(not_after_ms=NOW_MS)
    entry = log.write(build.use())

    assert found(permit_ended, entry, log) == []


def test_use_before_the_permit_began_is_red(log, build):
    log.issue(not_before_ms=NOW_MS + 1)
    entry = log.write(build.use())

    assert found(permit_ended, entry, log) == [("red", "finding.permit-ended.early")]


def test_use_after_a_revocation_that_the_machine_knew_is_red(log, build):
    log.issue(revoked_ms=NOW_MS - 10)
    entry = log.write(build.use(), mark=NOW_MS - 10)

    assert found(permit_ended, entry, log) == [("red", "finding.permit-ended.revoked")]


def test_use_after_a_revocation_that_the_machine_could_not_know_is_yellow(log, build):
    log.issue(revoked_ms=NOW_MS - 10)
    entry = log.write(build.use(), mark=NOW_MS - 11)

    assert found(permit_ended, entry, log) == [("yellow", "finding.permit-ended.revoked-unknown")]


def test_use_before_the_revocation_raises_nothing(log, build):
    log.issue(revoked_ms=NOW_MS)
    entry = log.write(build.use(), mark=NOW_MS)

    assert found(permit_ended, entry, log) == []


def test_incident_that_holds_the_machine_is_red(log, build):
    entry = log.write(build.incident(held=True))

    assert found(incident, entry, log) == [("red", "finding.incident.held")]


def test_incident_that_may_hide_an_impression_is_red(log, build):
    entry = log.write(build.incident(impressions_max=1))

    assert found(incident, entry, log) == [("red", "finding.incident")]


def test_harmless_incident_is_yellow(log, build):
    entry = log.write(build.incident())

    assert found(incident, entry, log) == [("yellow", "finding.incident")]


def test_use_is_no_incident(log, build):
    entry = log.write(build.use())

    assert found(incident, entry, log) == []


def test_clock_more_than_two_minutes_ahead_is_flagged(log, build):
    entry = log.write(build.use(), received_ms=NOW_MS - 2 * MINUTE_MS - 1)

    assert found(clock_skew, entry, log) == [("yellow", "finding.clock-skew.ahead")]


def test_clock_two_minutes_ahead_is_not_flagged(log, build):
    entry = log.write(build.use(), received_ms=NOW_MS - 2 * MINUTE_MS)

    assert found(clock_skew, entry, log) == []


def test_clock_behind_the_gateways_mark_is_flagged(log, build):
    entry = log.write(build.use(), mark=NOW_MS + 2 * MINUTE_MS + 1)

    assert found(clock_skew, entry, log) == [("yellow", "finding.clock-skew.behind")]


def test_entry_delivered_a_day_late_is_no_clock_skew(log, build):
    entry = log.write(build.use(), received_ms=NOW_MS + 24 * 60 * MINUTE_MS, mark=NOW_MS - 1)

    assert found(clock_skew, entry, log) == []


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("page-other", "red"),
        ("impression-missing", "red"),
        ("impression-several", "red"),
        ("impression-printed", "yellow"),
        ("page-reproduced", "yellow"),
        ("page-covered", "yellow"),
        ("second-sheet", "yellow"),
        ("unjudged", "yellow"),
    ],
)
def test_photo_that_shows_something_else_than_one_new_seal_is_told(log, build, word, severity):
    entry = log.write(build.use(findings=("page-same", word)))

    assert found(photo_doubt, entry, log) == [(severity, f"finding.photo-doubt.{word}")]


@pytest.mark.parametrize(("n", "told"), [(1, True), (2, False)])
def test_seal_that_stood_there_before_the_first_impression_alone_is_told(log, build, n, told):
    entry = log.write(build.use(findings=("page-same",), flags=("page_stamped",), n=n, of=2))

    expected = [("yellow", "finding.photo-doubt.page-stamped")] if told else []
    assert found(photo_doubt, entry, log) == expected


def test_photo_of_one_pale_seal_on_an_unclear_page_raises_nothing(log, build):
    findings = ("page-unclear", "impression-seen", "impression-faint")
    entry = log.write(build.use(findings=findings))

    assert found(photo_doubt, entry, log) == []


def approved_by(log, approver):
    approval = log.write(
        Approval(
            request="0" * 64,
            approver=approver,
            office="approver",
            decision="approve",
            evidence="password-session",
            note_commitment="0" * 64,
        )
    )
    log.issue(approvals=(approval.sha256,))


def test_an_operator_who_approved_with_another_account_is_red(log, build):
    log.people = {"li": "p-li", "chair-li": "p-li"}
    approved_by(log, "chair-li")
    entry = log.write(build.use(operator="li"))

    assert found(operator_approved, entry, log) == [("red", "finding.operator-approved")]


def test_an_operator_whom_somebody_else_approved_raises_nothing(log, build):
    log.people = {"li": "p-li", "chair": "p-wang"}
    approved_by(log, "chair")
    entry = log.write(build.use(operator="li"))

    assert found(operator_approved, entry, log) == []


@pytest.mark.parametrize("word", ["second-sheet", "page-covered"])
def test_fanned_pile_of_a_seam_stamp_is_neither_below_nor_on_the_page(log, build, word):
    entry = log.write(build.use(findings=("page-same", word), flags=("seam",)))

    assert found(photo_doubt, entry, log) == []
