"""Delegation: a substitute decides while it holds, one person ends it, separation stays."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.commands import Delegate, EndDelegation
from gateway.errors import NotAllowedError
from ledger.records import Approval
from ledger.records_people import Delegation
from tests.gateway.desk.acts import decide, filed, refused

Town = Any
DAY_MS = 24 * 3600 * 1000
OTHER_VILLAGE = "330109110202"


def away(town: Town, substitute: str = "fu", **fields: Any) -> Delegate:
    given = {"by": "dong", "offices": ("director",), "from_ms": town.now_ms,
             "until_ms": town.now_ms + 7 * DAY_MS, **fields}  # fmt: skip
    return Delegate(substitute=substitute, **given)


def test_a_substitute_decides_while_the_delegation_holds(ruled: Town) -> None:
    ruled.account("fu")
    request = filed(ruled, amount=1)
    with pytest.raises(NotAllowedError):
        decide(ruled, request, "fu")

    ruled.order(away(ruled))
    given = ruled.entries()[-1]
    decide(ruled, request, "fu")

    approval = ruled.entries()[-1].body
    assert isinstance(given.body, Delegation) and isinstance(approval, Approval)
    assert (approval.office, approval.approver, approval.delegation) == (
        "director", "fu", given.sha256,
    )  # fmt: skip
    ruled.now_ms += 8 * DAY_MS
    later = filed(ruled, amount=1)
    with pytest.raises(NotAllowedError):
        decide(ruled, later, "fu")


@pytest.mark.parametrize("by", ["dong", "fu", "checker"])
def test_one_person_ends_a_delegation_at_once(ruled: Town, by: str) -> None:
    ruled.account("fu")
    ruled.order(away(ruled))
    given = ruled.entries()[-1].sha256
    with pytest.raises(NotAllowedError):
        ruled.order(EndDelegation(by="shu", delegation=given))

    ruled.order(EndDelegation(by=by, delegation=given))

    request = filed(ruled, amount=1)
    with pytest.raises(NotAllowedError):
        decide(ruled, request, "fu")


def test_who_asks_does_not_get_it_through_a_substitute(ruled: Town) -> None:
    ruled.account("fu")
    ruled.order(away(ruled))
    request = filed(ruled, amount=1, applicant_account="dong")

    with pytest.raises(NotAllowedError):
        decide(ruled, request, "fu")


def test_what_was_passed_on_is_not_passed_on_again(ruled: Town) -> None:
    ruled.account("fu")
    ruled.account("fu-2")
    ruled.order(away(ruled))

    refused(ruled, "not-own-office", lambda: ruled.order(away(ruled, "fu-2", by="fu")))


@pytest.mark.parametrize(
    ("account", "fields", "reason"),
    [
        ({"offices": ("keeper",)}, {}, "breaks-separation"),
        ({"offices": ("clerk",)}, {}, "breaks-separation"),
        ({"keeps": ("committee",)}, {}, "breaks-separation"),
        ({"person": "keeper-1"}, {}, "breaks-separation"),
        ({"person": "clerk-1"}, {}, "breaks-separation"),
        ({"person": "dong"}, {}, "substitute-same"),
        ({"village": OTHER_VILLAGE}, {}, "substitute-far"),
        ({"village": ""}, {}, "substitute-far"),
        ({}, {"offices": ("secretary",)}, "not-own-office"),
        ({}, {"offices": ()}, "not-own-office"),
        ({}, {"until_ms": 0}, "delegation-period"),
        ({}, {"until_ms": 2**52}, "delegation-period"),
    ],
)
def test_delegation_that_would_break_a_rule_is_refused(
    ruled: Town, account: dict[str, Any], fields: dict[str, Any], reason: str
) -> None:
    offices = account.pop("offices", ()) if "offices" in account else ()
    ruled.account("fu", *offices, **account)

    refused(ruled, reason, lambda: ruled.order(away(ruled, **fields)))


@pytest.mark.parametrize(
    ("giver", "office", "account"),
    [
        ("dong", "director", {}),
        ("dong", "director", {"village": "", "offices": ("station",)}),
        ("dong", "director", {"village": OTHER_VILLAGE, "offices": ("auditor",)}),
        ("zhan", "station", {"village": OTHER_VILLAGE}),
    ],
)
def test_own_village_and_township_stand_in_for_a_village_and_anybody_for_the_township(
    ruled: Town, giver: str, office: str, account: dict[str, Any]
) -> None:
    offices = account.pop("offices", ())
    ruled.account("fu", *offices, **account)

    ruled.order(away(ruled, by=giver, offices=(office,)))

    assert isinstance(ruled.entries()[-1].body, Delegation)


def test_requests_decided_by_one_substitute_stay_affairs_of_their_own(ruled: Town) -> None:
    ruled.account("fu")
    ruled.order(away(ruled))
    one, other = filed(ruled, amount=1), filed(ruled, amount=1)
    for request in (one, other):
        decide(ruled, request, "fu")
        decide(ruled, request, "shu")

    with ruled.store.reader() as reader:
        affair = {entry.sha256 for entry in reader.affair(one)}

    assert one in affair and other not in affair
