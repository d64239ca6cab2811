"""Rules that look at what time alone brings, and at what was not taken."""

from __future__ import annotations

import base64

import pytest

from gateway.audit.rules import (
    bad_signature,
    evidence_mismatch,
    fork,
    gap,
    not_delivered,
    photo_late,
    quarantine_full,
    simulated_key,
)
from gateway.stores.audit_reader import Dropped
from gateway.stores.views import Gap, MachineView, PhotoView
from ledger import canonical

NOW_MS = 1_800_000_000_000
MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
HASH = "cd" * 32


def found(rule, log, **options):
    return [
        (alert.severity, alert.finding.key)
        for alert in rule.check(None, log, rule.Options(**options))
    ]


def machine(*, received_ms=NOW_MS, online=False, online_changed_ms=None):
    return MachineView(
        machine="m-1",
        village="330182107201",
        village_name="清溪村",
        seals=("committee",),
        keepers=(),
        keyid=HASH,
        epoch=1,
        seq=7,
        head=HASH,
        at_ms=received_ms,
        received_ms=received_ms,
        online=online,
        online_changed_ms=online_changed_ms,
        connected_ms=0,
        heartbeat=None,
        heartbeat_ms=None,
        waiting=0,
        photos_pending=0,
        holds=(),
        gap=None,
    )


def photo(waited_ms):
    return PhotoView(
        sealed_sha256=HASH,
        sealed_size=1,
        sha256=HASH,
        size=1,
        role="after",
        n=1,
        machine="m-1",
        entry_sha256=HASH,
        named_ms=0,
        stored_ms=None,
        waited_ms=waited_ms,
    )


def envelope_by(keyid):
    return canonical.encode(
        {
            "payload": base64.b64encode(b"{}").decode(),
            "payloadType": "application/vnd.sealkeeper.use.v1+json",
            "signatures": [{"keyid": keyid, "sig": base64.b64encode(b"0" * 64).decode()}],
        }
    )


@pytest.mark.parametrize(
    ("since_ms", "expected"),
    [(NOW_MS - 5 * MINUTE_MS - 1, [("red", "finding.gap")]), (NOW_MS - 5 * MINUTE_MS, [])],
)
def test_gap_is_red_once_it_is_older_than_the_patience(log, since_ms, expected):
    log.open_gaps = [Gap(machine="m-1", epoch=1, head_seq=4, seen_seq=7, since_ms=since_ms)]

    assert found(gap, log) == expected


def test_gap_names_the_missing_numbers(log):
    log.open_gaps = [Gap(machine="m-1", epoch=1, head_seq=4, seen_seq=7, since_ms=0)]

    (alert,) = gap.check(None, log, gap.Options())

    assert (alert.finding.values["first"], alert.finding.values["last"]) == (5, 6)


@pytest.mark.parametrize(
    ("waited_ms", "expected"),
    [(24 * HOUR_MS + 1, [("yellow", "finding.photo-late.after")]), (24 * HOUR_MS, [])],
)
def test_photo_is_late_after_a_day_of_connected_time(log, waited_ms, expected):
    log.pending = [photo(waited_ms)]

    assert found(photo_late, log) == expected


@pytest.mark.parametrize(
    ("silent_ms", "expected"),
    [(24 * HOUR_MS + 1, [("yellow", "finding.not-delivered")]), (24 * HOUR_MS, [])],
)
def test_offline_machine_is_missed_after_a_day(log, silent_ms, expected):
    log.known_machines = [machine(received_ms=NOW_MS - silent_ms)]

    assert found(not_delivered, log) == expected


@pytest.mark.parametrize(
    ("silent_ms", "expected"),
    [(HOUR_MS + 1, [("yellow", "finding.not-delivered.online")]), (HOUR_MS, [])],
)
def test_online_machine_is_missed_after_an_hour(log, silent_ms, expected):
    log.known_machines = [
        machine(received_ms=NOW_MS - silent_ms, online=True, online_changed_ms=NOW_MS - silent_ms)
    ]

    assert found(not_delivered, log) == expected


def test_machine_that_has_just_come_back_is_given_its_time(log):
    log.known_machines = [
        machine(received_ms=NOW_MS - 50 * HOUR_MS, online=True, online_changed_ms=NOW_MS - 1)
    ]

    assert found(not_delivered, log) == []


def test_machine_that_never_spoke_is_not_missed(log):
    log.known_machines = [machine(received_ms=None)]

    assert found(not_delivered, log) == []


def test_contradicting_entry_is_a_red_fork(log):
    log.trouble("fork")

    assert found(fork, log) == [("red", "finding.trouble.fork")]


def test_bad_signature_is_no_fork(log):
    log.trouble("bad-signature")

    assert found(fork, log) == []


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("bad-signature", "red"),
        ("unknown-key", "red"),
        ("foreign", "red"),
        ("malformed", "yellow"),
    ],
)
def test_what_does_not_verify_raises_an_alert(log, code, severity):
    log.trouble(code)

    assert found(bad_signature, log) == [(severity, f"finding.trouble.{code}")]


def test_fork_is_no_bad_signature(log):
    log.trouble("fork")

    assert found(bad_signature, log) == []


def test_hundred_bad_messages_of_one_day_and_machine_raise_one_alert(log):
    for number in range(300):
        log.trouble("bad-signature", data=b"%d" % number)

    alerts = list(bad_signature.check(None, log, bad_signature.Options()))

    assert [alert.finding.values["number"] for alert in alerts] == [1]


def test_bad_messages_of_two_machines_raise_two_alerts(log):
    log.trouble("bad-signature", machine="m-1")
    log.trouble("bad-signature", machine="m-2")

    assert len(found(bad_signature, log)) == 2


def test_troubles_older_than_two_days_are_left_alone(log):
    log.trouble("bad-signature", at_ms=NOW_MS - 49 * HOUR_MS)

    assert found(bad_signature, log) == []


@pytest.mark.parametrize("code", ["bad-photo", "bad-opening"])
def test_evidence_that_is_not_what_was_signed_is_red(log, code):
    log.trouble(code)

    assert found(evidence_mismatch, log) == [("red", f"finding.trouble.{code}")]


def test_malformed_message_is_no_evidence_mismatch(log):
    log.trouble("malformed")

    assert found(evidence_mismatch, log) == []


def test_dropped_messages_are_reported(log):
    log.drops = [Dropped(machine="m-1", count=3, last_ms=NOW_MS)]

    assert found(quarantine_full, log) == [("yellow", "finding.quarantine-full")]


def test_nothing_dropped_is_nothing_to_report(log):
    log.drops = [Dropped(machine="m-1", count=0, last_ms=NOW_MS)]

    assert found(quarantine_full, log) == []


def test_message_signed_by_a_simulators_key_is_red(log):
    log.trouble("unknown-key", data=envelope_by(HASH))

    assert found(simulated_key, log, keys=(HASH,)) == [("red", "finding.trouble.unknown-key")]


def test_message_signed_by_another_unknown_key_is_not_the_simulators(log):
    log.trouble("unknown-key", data=envelope_by("ef" * 32))

    assert found(simulated_key, log, keys=(HASH,)) == []


def test_bytes_without_an_envelope_are_not_the_simulators(log):
    log.trouble("unknown-key", data=b"\x00")

    assert found(simulated_key, log, keys=(HASH,)) == []
