"""Orders under a policy: who drafts, who releases, whose turn it is, and when the permit comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from gateway.commands import (
    Document,
    DraftPolicy,
    ReleasePolicy,
    Withdraw,
)
from gateway.desk.standing import in_force, written
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from ledger import codec
from ledger.records import Approval, Permit, Refusal
from ledger.records_people import PolicyRelease
from tests.gateway.desk.acts import decide, filed, permits, refused, state
from tests.gateway.desk.conftest import POLICY

Town = Any
DAY_MS = 24 * 3600 * 1000
MINUTES = (Document(kind="minutes-of-two-committees", number="2026-17"),)


def test_two_approvals_of_one_stage_issue_the_permit_with_both(ruled: Town) -> None:
    request = filed(ruled, amount=50_000)

    first = decide(ruled, request, "shu")
    after_one = permits(ruled)
    second = decide(ruled, request, "dong")

    assert first.letters == () and after_one == ()
    assert state(ruled, request) == ("permitted", "")
    approvals = [one for one in ruled.entries() if isinstance(one.body, Approval)]
    permit = ruled.entries()[-1].body
    assert isinstance(permit, Permit) and permit.policy == 1
    assert permit.approvals == tuple(one.sha256 for one in approvals)
    assert [one.body.office for one in approvals] == ["secretary", "director"]
    *answers, letter = (one.topic for one in second.letters)
    assert [one.rpartition("/answer/")[2] for one in answers] == list(permit.approvals)
    assert letter.endswith(f"/permit/{permit.permit}")


def test_the_second_stage_waits_for_the_first_and_its_evidence(ruled: Town) -> None:
    request = filed(ruled, amount=100_000)

    refused(ruled, "not-your-turn", lambda: decide(ruled, request, "zhan"))
    refused(ruled, "evidence-missing", lambda: decide(ruled, request, "dong"))
    decide(ruled, request, "dong", documents=MINUTES)
    decide(ruled, request, "shu")
    refused(ruled, "decided-already", lambda: decide(ruled, request, "dong"))
    assert permits(ruled) == ()
    decide(ruled, request, "zhan")

    assert permits(ruled)[0].request == request
    approval = next(one for one in ruled.entries() if isinstance(one.body, Approval))
    assert approval.body.documents == ("minutes-of-two-committees",)
    with ruled.store.reader() as reader:
        opened = reader.opening(approval.sha256).values
    assert opened["documents"] == [
        {"kind": "minutes-of-two-committees", "number": "2026-17", "page_sha256": None}
    ]
    assert b"2026-17" not in approval.envelope


@pytest.mark.parametrize(
    "document",
    [
        Document(kind="minutes-of-two-committees"),
        Document(kind="minutes-of-two-committees", page=2),
        Document(kind="minutes-of-two-committees", page=0),
        Document(kind="a-feeling", number="1"),
    ],
)
def test_evidence_that_cannot_be_found_again_is_none(ruled: Town, document: Document) -> None:
    request = filed(ruled, amount=100_000)

    refused(
        ruled, "evidence-unclear", lambda: decide(ruled, request, "dong", documents=(document,))
    )


def test_evidence_may_be_a_page_of_the_request(ruled: Town) -> None:
    one = ruled.file(amount=100_000)
    ruled.submit(one)

    decide(ruled, one.sha256, "dong", documents=(Document(kind=MINUTES[0].kind, page=1),))

    with ruled.store.reader() as reader:
        opened = reader.opening(ruled.entries()[-1].sha256).values
    assert opened["documents"][0]["page_sha256"] == one.page.ref.sha256


def test_one_person_with_two_offices_counts_once(ruled: Town) -> None:
    ruled.account("dong", "director", "secretary")
    ruled.account("dong-2", "secretary", person="dong")
    request = filed(ruled, amount=1)

    decide(ruled, request, "dong")

    refused(ruled, "decided-already", lambda: decide(ruled, request, "dong"))
    refused(ruled, "decided-already", lambda: decide(ruled, request, "dong-2"))
    assert permits(ruled) == ()
    decide(ruled, request, "shu")
    assert permits(ruled)[0].request == request


@pytest.mark.parametrize("fields", [{"filed_by": "dong-2"}, {"applicant_account": "dong-2"}])
def test_nobody_approves_what_another_account_of_theirs_asks_for(
    ruled: Town, fields: dict[str, Any]
) -> None:
    ruled.account("dong-2", "clerk", person="dong")
    request = filed(ruled, **fields)

    with pytest.raises(RequestRefusedError) as caught:
        decide(ruled, request, "dong", documents=MINUTES)

    assert caught.value.reason in ("is-filer", "is-applicant")


def test_an_office_of_another_village_does_not_count(ruled: Town) -> None:
    ruled.account("far", "director")
    with ruled.store.transaction() as transaction:
        far = transaction.account("far")
        transaction.put_account(structs.replace(far, village="330109110299"))
    request = filed(ruled, amount=1)

    with pytest.raises(NotAllowedError):
        decide(ruled, request, "far")

    decide(ruled, request, "dong")


def test_a_village_office_needs_its_village(desk: Town) -> None:
    refused(desk, "village-missing", lambda: desk.account("dong", "director", village=""))


def test_payments_in_parts_are_raised_to_the_next_tier(ruled: Town) -> None:
    first = filed(ruled, amount=60_000, payee="杭州宏达建材有限公司")
    decide(ruled, first, "dong")
    decide(ruled, first, "shu")
    ruled.now_ms += 5 * DAY_MS
    second = filed(ruled, amount=60_000, payee="杭州宏达 建材(有限公司)")

    refused(ruled, "evidence-missing", lambda: decide(ruled, second, "dong"))
    decide(ruled, second, "dong", documents=MINUTES)
    decide(ruled, second, "shu")

    assert [one.request for one in permits(ruled)] == [first]
    decide(ruled, second, "zhan")
    assert permits(ruled)[0].request == second


def test_approvals_given_before_a_raise_stay_and_the_rest_is_asked_for(ruled: Town) -> None:
    first = filed(ruled, amount=60_000, payee="甲")
    decide(ruled, first, "dong")
    filed(ruled, amount=60_000, payee="甲")

    refused(ruled, "evidence-missing", lambda: decide(ruled, first, "shu"))
    decide(ruled, first, "shu", documents=MINUTES)
    assert permits(ruled) == ()
    decide(ruled, first, "zhan")

    assert permits(ruled)[0].request == first


def test_what_was_refused_is_not_added_up(ruled: Town) -> None:
    first = filed(ruled, amount=60_000, payee="甲")
    decide(ruled, first, "dong", "refuse")
    second = filed(ruled, amount=60_000, payee="甲")

    decide(ruled, second, "dong")


def test_without_a_policy_one_approver_is_enough_as_before(people: Town) -> None:
    request = filed(people, amount=10**9)

    with pytest.raises(NotAllowedError):
        decide(people, request, "checker")
    refused(people, "not-your-turn", lambda: decide(people, request, "dong"))
    decide(people, request, "chair")

    permit = people.entries()[-1].body
    assert isinstance(permit, Permit) and permit.policy is None


def test_a_draft_is_released_by_another_person_alone(people: Town) -> None:
    people.account("chief-2", "auditor", person="chief")
    drafted = people.order(DraftPolicy(by="chief", file=POLICY.encode(), from_date="2020-01-01"))

    for by in ("chief", "chief-2"):
        refused(people, "draft-own", lambda by=by: people.order(ReleasePolicy(by=by, version=1)))
    with pytest.raises(NotAllowedError):
        people.order(ReleasePolicy(by="dong", version=1))
    people.order(ReleasePolicy(by="checker", version=1))

    bodies = [one.body for one in people.entries() if isinstance(one.body, PolicyRelease)]
    assert drafted.answer == 1
    assert [(one.by, one.released_by) for one in bodies] == [("chief", None), ("chief", "checker")]
    with pytest.raises(NotFoundError):
        people.order(ReleasePolicy(by="checker", version=1))


def test_a_draft_older_than_the_policy_in_force_or_thirty_days_is_stale(people: Town) -> None:
    for days in (1, 2):
        text = POLICY.replace("lapse_days = 10", f"lapse_days = {days}")
        people.order(DraftPolicy(by="chief", file=text.encode(), from_date="2020-01-01"))
    people.order(ReleasePolicy(by="checker", version=2))
    refused(people, "draft-stale", lambda: people.order(ReleasePolicy(by="checker", version=1)))
    people.order(DraftPolicy(by="chief", file=POLICY.encode(), from_date="2020-01-01"))
    people.now_ms += 31 * DAY_MS

    refused(people, "draft-stale", lambda: people.order(ReleasePolicy(by="checker", version=3)))


def test_a_policy_binds_the_requests_that_came_after_its_release(
    people: Town, release_policy: Callable[..., int]
) -> None:
    before = filed(people, amount=1)
    release_policy(people)
    after = filed(people, amount=1)

    decide(people, before, "chair")
    refused(people, "not-your-turn", lambda: decide(people, after, "chair"))

    assert [one.request for one in permits(people)] == [before]


def test_a_policy_of_a_later_day_does_not_bind_yet(
    people: Town, release_policy: Callable[..., int]
) -> None:
    release_policy(people, POLICY, "2099-01-01")
    request = filed(people, amount=1)

    decide(people, request, "chair")

    assert permits(people)[0].request == request


def test_returned_is_a_refusal_that_says_please_correct(ruled: Town) -> None:
    request = filed(ruled, amount=1)
    done = decide(ruled, request, "dong", "return")

    body = ruled.entries()[-1].body
    assert isinstance(body, Refusal) and (body.reason, body.by) == ("returned", "dong")
    assert state(ruled, request) == ("refused", "returned")
    assert done.letters[0].topic.endswith(f"/m-1/answer/{request}")
    with ruled.store.reader() as reader:
        assert reader.opening(ruled.entries()[-1].sha256).values == {"text": "请补正"}


def test_only_who_filed_it_withdraws_a_request(ruled: Town) -> None:
    ruled.account("clerk-2", "clerk", person="clerk-1")
    request = filed(ruled, amount=1)

    with pytest.raises(NotAllowedError):
        ruled.order(Withdraw(by="dong", request=request))
    done = ruled.order(Withdraw(by="clerk-2", request=request))

    assert state(ruled, request) == ("refused", "withdrawn")
    assert done.letters[0].topic.endswith(f"/m-1/answer/{request}")
    refused(ruled, "not-open", lambda: decide(ruled, request, "dong"))


def lapse(town: Town) -> Any:
    with town.store.transaction() as transaction:
        return town.orders.lapse(transaction, town.now_ms)


def test_a_request_lapses_after_the_days_of_its_policy_and_not_before(ruled: Town) -> None:
    request = filed(ruled, amount=1)
    decide(ruled, request, "dong")
    ruled.now_ms += 10 * DAY_MS
    assert lapse(ruled) == ()

    ruled.now_ms += 1
    (letter,) = lapse(ruled)

    assert letter.topic.endswith(f"/m-1/answer/{request}")
    assert state(ruled, request) == ("refused", "lapsed")
    assert lapse(ruled) == ()
    refused(ruled, "not-open", lambda: decide(ruled, request, "shu"))


def test_nothing_lapses_without_a_policy(people: Town) -> None:
    filed(people, amount=1)
    people.now_ms += 1000 * DAY_MS

    assert lapse(people) == ()


def test_what_is_in_force_is_an_entry_with_version_hash_and_both_persons(ruled: Town) -> None:
    with ruled.store.reader() as reader:
        view = in_force(reader.approval_policies(), "2100-01-01")
        content = reader.policy_content(view.file_sha256)

    release = next(one.body for one in ruled.entries() if one.index == view.released_index)
    assert isinstance(release, PolicyRelease) and release.by != release.released_by
    assert (release.version, release.file_sha256, release.file_size) == (
        view.version,
        codec.sha256(content),
        len(content),
    )


def test_policy_file_that_is_not_the_released_one_decides_nothing(ruled: Town) -> None:
    request = filed(ruled, amount=50_000)
    lenient = b'"persons":1', b'"persons":0'
    with ruled.store.transaction() as transaction:
        view = in_force(transaction.approval_policies(), "2100-01-01")
        content = transaction.policy_content(view.file_sha256)
        assert lenient[0] in content
        transaction._tables.run(
            "UPDATE policy_files SET content = ?, file = ?",
            content.replace(*lenient), transaction.policy_file(view.file_sha256) + b"\n[splitting]",
        )  # fmt: skip

    refused(ruled, "policy-changed", lambda: decide(ruled, request, "dong"))

    assert permits(ruled) == ()
    with ruled.store.reader() as reader:
        assert written(reader, view) == b""


def test_seam_stamps_are_permitted_only_with_what_the_policy_asks_for_them_besides(
    people: Town, release_policy: Callable[..., int]
) -> None:
    people.account("jian", "supervisor")
    release_policy(people, POLICY + '\n[[seams]]\napprovals = [{ offices = ["supervisor"] }]\n')
    plain = filed(people, amount=1, pages_count=2)
    bound = filed(people, amount=1, pages_count=2, copies=2, seams=1)
    for request in (plain, bound):
        decide(people, request, "shu")
        decide(people, request, "dong")
    without = state(people, plain), state(people, bound)

    decide(people, bound, "jian")

    assert [one for one, _ in without] == ["permitted", "open"]
    assert state(people, bound) == ("permitted", "")
