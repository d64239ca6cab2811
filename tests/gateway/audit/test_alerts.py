"""Running the rules: found by name, set by the township, each finding once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec import convert
from msgspec.structs import replace

from gateway.audit import alerts, rules
from gateway.errors import ConfigError
from gateway.stores.views import Severity, StoredEntry
from gateway.web.texts import EN, ZH
from ledger import codec
from ledger.records import AlertRecord, Heartbeat

FOLDER = Path(rules.__file__).parent
VECTORS = Path(__file__).parents[2] / "vectors" / "records.json"


def test_every_file_in_the_folder_is_a_rule():
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}

    assert set(alerts.find()) == files


@pytest.mark.parametrize("name", sorted(alerts.find()))
def test_rule_says_what_it_is_and_on_which_ground(name):
    rule = alerts.find()[name]

    assert name.replace("_", "-") == rule.CODE
    assert rule.BASIS
    assert convert(rule.SEVERITY, Severity) == rule.SEVERITY
    assert ZH[f"rule.{rule.CODE}"] == rule.TITLE
    assert EN[f"rule.{rule.CODE}"]


def entries_of_every_kind():
    for row in json.loads(VECTORS.read_text(encoding="utf-8"))["good"]:
        if '"prev":' not in row["payload"]:
            continue
        said = codec.decode_entry(codec.payload_type(row["kind"]), row["payload"].encode())
        party, author = said.position.author
        yield StoredEntry(
            index=0, sha256=said.sha256, kind=row["kind"], party=party, author=author,
            machine=author, position=said.position, body=said.body, keyid="", envelope=b"",
            received_ms=said.position.at_ms, connected_ms=0,
        )  # fmt: skip


@pytest.mark.parametrize("rule", alerts.load({}), ids=lambda rule: rule.name)
def test_rule_asks_and_finds_nothing_about_entries_of_other_kinds(rule):
    nothing_to_ask = object()

    others = [
        entry
        for entry in entries_of_every_kind()
        if rule.kinds is not None and entry.kind not in rule.kinds
    ]

    assert others or rule.kinds is None
    for entry in others:
        assert list(rule.module.check(entry, nothing_to_ask, rule.options)) == []


def test_kinds_that_rules_look_at_exist():
    known = {entry.kind for entry in entries_of_every_kind()}

    for rule in alerts.load({}):
        assert (rule.kinds or frozenset()) <= known


def test_township_settings_reach_their_rule():
    loaded = {rule.name: rule for rule in alerts.load({"gap": {"patience_ms": 1}})}

    assert loaded["gap"].options.patience_ms == 1


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"gaps": {}}, "rules.gaps"),
        ({"gap": {"patience": 1}}, "rules.gap"),
        ({"gap": {"patience_ms": "soon"}}, "rules.gap"),
    ],
)
def test_settings_that_no_rule_understands_are_refused(settings, named):
    with pytest.raises(ConfigError, match=named):
        alerts.load(settings)


def test_all_rules_look_at_one_entry(log, build):
    entry = log.write(build.incident(held=True, impressions_max=1))

    codes = {alert.code for alert in alerts.judge(entry, log)}

    assert codes == {"incident"}


class Broken:
    """A rule that cannot be done with any entry."""

    CODE, TITLE, BASIS, Options = "broken", "", "", alerts.find()["gap"].Options
    SEVERITY: Severity = "red"

    def check(self, entry, history, options):
        raise ValueError("year 287396 is out of range")
        yield


def test_rule_that_fails_says_so_and_silences_no_other(log, build):
    entry = log.write(build.use())
    broken = alerts.Rule("broken", Broken(), Broken.Options())

    found = list(alerts.judge(entry, log, (broken, *alerts.load({}))))
    at_rest = list(alerts.judge_time(log, log.now_ms, (broken,)))

    assert [(one.code, one.severity, one.entry) for one in found[:1] + at_rest] == [
        ("broken", "red", entry.sha256),
        ("broken", "red", None),
    ]
    assert {one.finding.key for one in found[:1] + at_rest} == {"finding.rule-failed"}
    assert "no-permit" in {one.code for one in found}


def test_time_that_no_calendar_knows_silences_nothing(log, build):
    use = log.write(build.use(), at_ms=2**53 - 1, received_ms=log.now_ms)

    found = {one.code: one.finding.key for one in alerts.judge(use, log)}

    assert {"no-permit", "off-list", "clock-skew"} <= found.keys()
    assert "finding.rule-failed" not in found.values()


def test_alert_that_was_raised_before_is_not_raised_again(log, build):
    entry = log.write(build.use())
    (first,) = (alert for alert in alerts.judge(entry, log) if alert.code == "no-permit")
    log.raised[first.key] = first

    again = [alert.code for alert in alerts.judge(entry, log)]

    assert "no-permit" not in again


def test_gateways_own_alert_entries_are_not_judged(log):
    heartbeat = Heartbeat(state="idle", strokes={}, impressions=0, waiting=0, free_mb=1, alarms=())
    entry = log.write(heartbeat, received_ms=0)
    assert list(alerts.judge(entry, log))

    judged = list(alerts.judge(replace(entry, kind=AlertRecord.kind), log))

    assert judged == []


def test_time_is_judged_at_the_time_of_the_history(log):
    with pytest.raises(ValueError, match="expected the history of"):
        list(alerts.judge_time(log, log.now_ms + 1))
