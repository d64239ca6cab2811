"""Rules that look at what the eyes doubted: what fires, and what is only unclear."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gateway.audit.rules import copied_page, document_mismatch, foreign_seal
from gateway.stores.sights import FieldSight, PhotoSight, SealSight, Sight
from gateway.web.texts import EN, ZH

HASH = "ab" * 32
HOUR_MS = 60 * 60 * 1000
SECRETS = ("张伟", "李四", "某某县")


def sight(**fields: Any) -> Sight:
    photo = PhotoSight(sealed_sha256=HASH, width_px=10, height_px=10)
    whole = Sight(
        entry=HASH,
        machine="m-1",
        seal="committee",
        before=photo,
        after=photo,
        at_ms=1_800_000_000_000,
        seconds=1.0,
    )
    return structs.replace(whole, **fields)


def field(name: str, verdict: Any) -> FieldSight:
    return FieldSight(
        name=name,
        asked="张伟",
        seen="李四",
        score=0.5,
        verdict=verdict,
        why="other",
        corners=None,
    )


def seal(verdict: Any, registered: str | None = None) -> SealSight:
    return SealSight(
        corners=(),
        text="某某县某某镇某某村",
        registered=registered,
        name=None,
        score=0.2,
        verdict=verdict,
        state="complete",
        color="red",
        shape="round",
        is_new=True,
    )


def found(rule: Any, log: Any, *sights: Sight) -> list[tuple[str, str, dict[str, Any]]]:
    log.doubtful = [one for one in sights if one.is_doubtful]
    alerts = list(rule.check(None, log, rule.Options()))
    assert all((one.machine, one.entry) == ("m-1", HASH) for one in alerts)
    assert not any(secret in repr(alerts) for secret in SECRETS)
    assert all(one.finding.key in ZH and one.finding.key in EN for one in alerts)
    assert len({one.key for one in alerts}) == len(alerts)
    return [(one.severity, one.finding.key, one.finding.values) for one in alerts]


def test_each_field_that_differs_is_named_in_red(log: Any) -> None:
    fields = (field("party", "mismatch"), field("title", "match"), field("amount", "mismatch"))

    assert found(document_mismatch, log, sight(verdict="mismatch", fields=fields)) == [
        ("red", "finding.document-mismatch.amount", {}),
        ("red", "finding.document-mismatch.party", {}),
    ]


@pytest.mark.parametrize("verdict", ["unclear", "match"])
def test_unclear_document_is_never_red(log: Any, verdict: Any) -> None:
    one = sight(verdict=verdict, fields=(field("party", verdict),))

    assert found(document_mismatch, log, one) == []


@pytest.mark.parametrize(
    ("one", "key", "values"),
    [
        (seal("other", "branch"), "other", {"seal": "committee", "other": "branch"}),
        (seal("foreign"), "unregistered", {"seal": "committee"}),
    ],
)
def test_impression_of_another_seal_is_red(
    log: Any, one: SealSight, key: str, values: dict[str, Any]
) -> None:
    expected = [("red", f"finding.foreign-seal.{key}", values)]

    assert found(foreign_seal, log, sight(seals=(seal("match", "committee"), one))) == expected


@pytest.mark.parametrize("verdict", ["unclear", "match", None])
def test_impression_that_nobody_can_tell_is_not_foreign(log: Any, verdict: Any) -> None:
    assert found(foreign_seal, log, sight(verdict="mismatch", seals=(seal(verdict),))) == []


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"origin": "screen", "impression": "printed"}, "screen"),
        ({"origin": "print", "impression": "printed"}, "printed"),
        ({"impression": "printed"}, "printed"),
    ],
)
def test_copy_under_the_camera_is_yellow(log: Any, fields: dict[str, Any], word: str) -> None:
    assert found(copied_page, log, sight(**fields)) == [
        ("yellow", f"finding.copied-page.{word}", {})
    ]


@pytest.mark.parametrize(
    ("fields", "findings", "alerts"),
    [
        ({"origin": "screen", "impression": "printed"}, ("page-reproduced",), 0),
        ({"origin": "print", "impression": "printed"}, ("impression-printed",), 0),
        ({"origin": "print", "impression": "printed"}, ("page-reproduced",), 0),
        ({"impression": "printed"}, ("page-other", "impression-printed"), 0),
        ({"origin": "screen"}, ("impression-printed",), 1),
        ({"impression": "printed"}, ("page-reproduced",), 1),
    ],
)
def test_copy_that_the_machine_found_itself_is_not_told_twice(
    log: Any, build: Any, fields: dict[str, Any], findings: tuple[str, ...], alerts: int
) -> None:
    log.doubtful = [sight(entry=log.write(build.use(findings=findings)).sha256, **fields)]

    assert len(list(copied_page.check(None, log, copied_page.Options()))) == alerts


@pytest.mark.parametrize("fields", [{"origin": "paper", "impression": "ink"}, {}])
def test_paper_and_what_nobody_can_tell_is_no_copy(log: Any, fields: dict[str, Any]) -> None:
    doubted = sight(verdict="mismatch", **fields)

    assert found(copied_page, log, doubted) == []


def test_rules_look_at_the_last_day_alone_and_not_at_entries(log: Any, build: Any) -> None:
    log.doubtful = [sight(origin="screen")]
    entry = log.write(build.incident(held=True, impressions_max=1))

    for rule in (document_mismatch, foreign_seal, copied_page):
        assert list(rule.check(entry, log, rule.Options())) == []
    log.now_ms = log.doubtful[0].at_ms + 25 * HOUR_MS
    assert list(copied_page.check(None, log, copied_page.Options())) == []
