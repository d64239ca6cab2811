"""A request that makes up for a faint use is taken once, and only for a use of its own kind."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.audit import alerts
from gateway.commands import Decide
from ledger.records import SEAM, Intent, SealUse

Town = Any
FAINT = ("page-same", "impression-seen", "impression-faint")


@pytest.fixture
def office(desk: Town) -> Town:
    """A desk with somebody who approves, and with the rules at work."""
    desk.account("clerk-1", "clerk")
    desk.account("zhao", "approver", village="")
    desk.judge = alerts.judge
    return desk


def used(
    town: Town, machine: str = "m-1", findings: tuple[str, ...] = FAINT, flags: tuple[str, ...] = ()
) -> str:
    """Have a machine say that it used a seal, and return the use's hash."""
    one, photo = town.machines[machine], town.photo(f"{machine} {findings}".encode()).ref
    common: dict[str, Any] = {
        "permit": "p-1", "n": 1, "of": 1, "seal": "committee", "operator": "clerk-1",
        "counter_before": 0, "controller": "A",
    }  # fmt: skip
    town.take(one.message(one.sign(Intent(page=photo.sha256, flags=flags, **common))))
    use = SealUse(
        intent=one.head.sha256, matter="A-1", before=photo, after=photo, counter_after=1,
        findings=findings, flags=flags, **common,
    )  # fmt: skip
    town.take(one.message(one.sign(use)))
    return str(one.head.sha256)


def state(town: Town, **fields: Any) -> tuple[str, str]:
    """File a request of one copy and return what becomes of it."""
    filed = town.file(**{"copies": 1, **fields})
    town.submit(filed)
    with town.store.reader() as reader:
        view = reader.request(filed.sha256)
    return view.state, view.reason


def found(town: Town) -> list[str]:
    """Return what the rule about make-ups has found."""
    with town.store.reader() as reader:
        keys = [one.finding.key for one in reader.alerts() if one.finding is not None]
    return [one for one in keys if one.startswith("finding.makeup.")]


def test_request_that_makes_up_for_a_faint_use_is_linked_to_it(office: Town) -> None:
    use = used(office)

    assert state(office, makes_up=use)[0] == "open"

    assert found(office) == []
    with office.store.reader() as reader:
        filed = next(one for one in reversed(office.entries()) if one.kind == "request")
        first = reader.entry(use).index
        assert filed.index in {one.index for one in reader.detail(use).related}
        assert first in {one.index for one in reader.detail(filed.index).related}


@pytest.mark.parametrize("named", ["a" * 64, ""])
def test_request_that_makes_up_for_no_use_is_refused(office: Town, named: str) -> None:
    used(office)
    intent = next(one.sha256 for one in office.entries() if one.kind == "intent")

    assert state(office, makes_up=named or intent) == ("refused", "makeup-unfit")
    assert found(office) == ["finding.makeup.unknown"]


def test_use_of_another_machine_or_item_is_not_made_up_for(office: Town) -> None:
    other = used(office, "m-2")
    own = used(office)

    assert state(office, makes_up=other) == ("refused", "makeup-unfit")
    assert state(office, makes_up=own, matter="D-1") == ("refused", "makeup-unfit")
    assert found(office) == ["finding.makeup.other"] * 2


def test_use_that_is_not_faint_is_not_made_up_for(office: Town) -> None:
    sharp = used(office, findings=("page-same", "impression-seen", "impression-complete"))

    assert state(office, makes_up=sharp) == ("refused", "makeup-unfit")
    assert found(office) == ["finding.makeup.sharp"]


def test_more_than_one_impression_does_not_make_up_for_one(office: Town) -> None:
    use = used(office)

    assert state(office, makes_up=use, copies=2) == ("refused", "makeup-unfit")
    assert found(office) == ["finding.makeup.copies"]


@pytest.mark.parametrize(("flags", "seams"), [((), 1), ((SEAM,), 0)])
def test_plain_and_seam_stamps_do_not_make_up_for_each_other(
    office: Town, flags: tuple[str, ...], seams: int
) -> None:
    use = used(office, flags=flags)
    more = {"seams": seams, "pages_count": 2} if seams else {}

    assert state(office, makes_up=use, **more) == ("refused", "makeup-unfit")
    assert found(office) == ["finding.makeup.other"]


def test_faint_seam_stamp_is_made_up_for_by_a_seam_stamp(office: Town) -> None:
    use = used(office, flags=(SEAM,))

    assert state(office, makes_up=use, seams=1, pages_count=2)[0] == "open"
    assert found(office) == []


def test_one_use_is_made_up_for_once(office: Town) -> None:
    use = used(office)
    state(office, makes_up=use)

    assert state(office, makes_up=use) == ("refused", "makeup-unfit")
    assert found(office) == ["finding.makeup.twice"]


def test_make_up_may_be_asked_for_again_once_a_person_refused_it(office: Town) -> None:
    use = used(office)
    filed = office.file(copies=1, makes_up=use)
    office.submit(filed)
    office.order(Decide(by="zhao", request=filed.sha256, decision="refuse", note="纸不对"))

    assert state(office, makes_up=use)[0] == "open"
    assert found(office) == []
