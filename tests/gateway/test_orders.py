"""Orders: who may do what, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gateway.commands import (
    AddAccount,
    AssignCase,
    Decide,
    DraftList,
    NoteCase,
    OpenCase,
    ReleaseHold,
    RevokePermit,
)
from gateway.desk import lists
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.stores.views import Alert, Finding
from ledger.records import Approval, HoldRelease, Permit, Revocation
from ledger.topics import Leaf

Town = Any
DAY_MS = 24 * 3600 * 1000


def approve(filed: Any, by: str = "chair") -> Decide:
    return Decide(by=by, request=filed.sha256, decision="approve", note="")


def permit_of(town: Town) -> Any:
    with town.store.reader() as reader:
        return reader.permits()[0]


def reason(caught: pytest.ExceptionInfo[RequestRefusedError]) -> str:
    return caught.value.reason


def test_approval_and_permit_are_entries_and_the_permit_goes_down(desk: Town) -> None:
    filed = desk.file()
    desk.submit(filed)

    done = desk.order(approve(filed))

    approval, permit = desk.entries()[-2:]
    assert isinstance(approval.body, Approval) and isinstance(permit.body, Permit)
    assert done.answer == approval.index
    assert permit.body.approvals == (approval.sha256,)
    assert (permit.body.machine, permit.body.seal, permit.body.impressions) == (
        "m-1",
        "committee",
        2,
    )
    assert permit.body.not_before_ms is None
    assert permit.body.not_after_ms == desk.now_ms + 7 * DAY_MS
    told, letter = done.letters
    assert (told.topic[-64:], told.payload) == (approval.sha256, approval.envelope)
    assert letter.topic.endswith(f"/m-1/permit/{permit.body.permit}")
    assert (letter.payload, letter.until_ms) == (permit.envelope, permit.body.not_after_ms)


def test_request_is_decided_once(desk: Town) -> None:
    filed = desk.file()
    desk.submit(filed)
    desk.order(approve(filed))

    with pytest.raises(RequestRefusedError) as caught:
        desk.order(approve(filed))

    assert reason(caught) == "not-open"


def test_refusal_by_a_person_needs_words_and_is_answered(desk: Town) -> None:
    filed = desk.file()
    desk.submit(filed)
    refuse = Decide(by="chair", request=filed.sha256, decision="refuse", note=" ")

    with pytest.raises(RequestRefusedError) as caught:
        desk.order(refuse)
    done = desk.order(structs.replace(refuse, note="材料不全"))

    assert reason(caught) == "note-missing"
    assert done.letters[0].topic.endswith(f"/m-1/answer/{filed.sha256}")
    with desk.store.reader() as reader:
        view = reader.request(filed.sha256)
    assert view is not None and (view.state, view.reason) == ("refused", "by-person")
    assert [one.note for one in view.approvals] == ["材料不全"]


def test_approval_waits_for_the_page_photos(desk: Town) -> None:
    filed = desk.file()
    machine = desk.machines["m-1"]
    desk.take(machine.message(filed.raw))
    with pytest.raises(RequestRefusedError) as unopened:
        desk.order(approve(filed))
    desk.take(machine.message(filed.opening, Leaf.OPENING, filed.sha256))

    with pytest.raises(RequestRefusedError) as caught:
        desk.order(approve(filed))

    assert (reason(unopened), reason(caught)) == ("not-open", "pages-missing")


def test_request_that_was_forbidden_meanwhile_is_not_approved(desk: Town) -> None:
    filed = desk.file()
    desk.submit(filed)
    desk.release("code,name,verdict\nX,建房,禁止\n", "county", "萧山区")

    with pytest.raises(RequestRefusedError) as caught:
        desk.order(approve(filed))

    assert reason(caught) == "forbidden"


@pytest.mark.parametrize("field", ["filed_by", "applicant_account"])
def test_a_filer_or_applicant_without_an_account_cannot_be_told_apart(
    desk: Town, field: str
) -> None:
    filed = desk.file(**{field: "nobody"})
    desk.submit(filed)

    with pytest.raises(RequestRefusedError) as caught:
        desk.order(approve(filed))

    assert reason(caught) == "unknown-person"


@pytest.mark.parametrize(
    ("fields", "account", "expected"),
    [
        ({"filed_by": "chair"}, {}, "is-filer"),
        ({"filed_by": "chair-2"}, {"person": "p"}, "is-filer"),
        ({"applicant_account": "chair"}, {}, "is-applicant"),
        ({"applicant_account": "chair-2"}, {"person": "p"}, "is-applicant"),
        ({}, {"keeps": ("m-1",)}, "is-keeper"),
        ({}, {"keeps": ("committee",)}, "is-keeper"),
        ({}, {"person": "keeper-1"}, "is-keeper"),
    ],
)
def test_nobody_approves_own_request_or_own_seal(
    desk: Town, fields: dict[str, Any], account: dict[str, Any], expected: str
) -> None:
    desk.account("chair", "approver", **account)
    desk.account("chair-2", person=account.get("person", "q"))
    filed = desk.file(**fields)
    desk.submit(filed)

    with pytest.raises(RequestRefusedError) as caught:
        desk.order(approve(filed))

    assert reason(caught) == expected
    with desk.store.reader() as reader:
        assert reader.permits() == ()


def test_keeper_of_another_machine_may_approve(desk: Town) -> None:
    desk.account("chair", "approver", keeps=("m-2",))
    filed = desk.file()
    desk.submit(filed)

    desk.order(approve(filed))

    assert permit_of(desk).request == filed.sha256


def test_only_an_approver_decides(desk: Town) -> None:
    desk.account("auditor", "auditor")
    filed = desk.file()
    desk.submit(filed)

    for by in ("auditor", "nobody"):
        with pytest.raises(NotAllowedError):
            desk.order(approve(filed, by))
    with pytest.raises(NotFoundError):
        desk.order(Decide(by="chair", request="0" * 64, decision="approve", note=""))


def test_revocation_takes_the_permits_place(desk: Town) -> None:
    filed = desk.file()
    desk.submit(filed)
    desk.order(approve(filed))
    permit = permit_of(desk)

    done = desk.order(RevokePermit(by="chief", permit=permit.permit, reason="mistake"))

    entry = desk.entries()[-1]
    assert isinstance(entry.body, Revocation) and done.answer == entry.index
    assert done.letters[0].topic.endswith(f"/permit/{permit.permit}")
    ended = permit_of(desk)
    assert (ended.revoked_by, ended.revoked_reason) == ("chief", "mistake")
    with pytest.raises(RequestRefusedError) as caught:
        desk.order(RevokePermit(by="chief", permit=permit.permit, reason="mistake"))
    assert reason(caught) == "permit-ended"


def test_permit_that_ran_out_cannot_be_revoked(desk: Town) -> None:
    filed = desk.file()
    desk.submit(filed)
    desk.order(approve(filed))
    desk.now_ms = permit_of(desk).not_after_ms + 1

    with pytest.raises(RequestRefusedError) as caught:
        desk.order(RevokePermit(by="chief", permit=permit_of(desk).permit, reason="mistake"))

    assert reason(caught) == "permit-ended"


def test_hold_is_released_once_with_a_count(desk: Town) -> None:
    machine = desk.machines["m-1"]
    desk.take(machine.message(desk.incident()))
    hold = machine.head.sha256
    with pytest.raises(RequestRefusedError) as wild:
        desk.order(ReleaseHold(by="chief", hold=hold, impressions=-1))

    done = desk.order(ReleaseHold(by="chief", hold=hold, impressions=3))

    assert reason(wild) == "count-out-of-bounds"
    entry = desk.entries()[-1]
    assert isinstance(entry.body, HoldRelease)
    assert done.letters[0].topic.endswith(f"/m-1/answer/{hold}")
    with desk.store.reader() as reader:
        assert reader.holds() == ()
        (released,) = reader.holds(open_only=False)
    assert (released.counted, released.released_by) == (3, "chief")
    with pytest.raises(RequestRefusedError) as caught:
        desk.order(ReleaseHold(by="chief", hold=hold, impressions=2))
    assert reason(caught) == "not-held"


def test_a_count_below_what_the_machine_has_proved_is_refused(desk: Town) -> None:
    machine = desk.machines["m-1"]
    desk.take(machine.message(desk.incident(least=1)))
    hold = machine.head.sha256

    with pytest.raises(RequestRefusedError, match="at least the 1 impressions") as caught:
        desk.order(ReleaseHold(by="chief", hold=hold, impressions=0))

    assert reason(caught) == "count-out-of-bounds"
    desk.order(ReleaseHold(by="chief", hold=hold, impressions=1))


def test_release_that_a_machine_missed_is_sent_again_and_written_once(desk: Town) -> None:
    machine = desk.machines["m-1"]
    desk.take(machine.message(desk.incident()))
    command = ReleaseHold(by="chief", hold=machine.head.sha256, impressions=1)
    first = desk.order(command)
    desk.account("auditor", "auditor")
    written = len(desk.entries())
    desk.now_ms += 31 * DAY_MS  # the broker has let go of it

    again = desk.order(structs.replace(command, by="auditor"))

    assert (again.answer, len(desk.entries())) == (first.answer, written)
    (before,), (after,) = first.letters, again.letters
    assert (after.topic, after.payload) == (before.topic, before.payload)
    assert before.until_ms is not None and after.until_ms is not None
    assert after.until_ms == before.until_ms + 31 * DAY_MS


def test_incident_that_does_not_hold_cannot_be_released(desk: Town) -> None:
    machine = desk.machines["m-1"]
    desk.take(machine.message(desk.incident(held=False)))

    with pytest.raises(NotFoundError):
        desk.order(ReleaseHold(by="chief", hold=machine.head.sha256, impressions=0))


def test_case_is_opened_once_and_moves_by_its_table(desk: Town) -> None:
    desk.account("auditor", "auditor")
    desk.account("inspector", "auditor")
    alert = Alert(
        code="gap",
        severity="red",
        machine="m-1",
        entry=None,
        finding=Finding(key="finding.gap", values={"first": 1}),
        key="gap",
    )
    with desk.store.transaction() as transaction:
        desk.log.raise_alert(transaction, alert, desk.now_ms)
        name = transaction.alerts()[0].alert
    case = desk.order(OpenCase(by="auditor", alert=name, note="核查")).answer

    desk.order(AssignCase(by="auditor", case=case, to="inspector"))
    desk.order(NoteCase(by="inspector", case=case, note="已核实"))

    with desk.store.reader() as reader:
        (view,) = reader.cases()
        (about,) = reader.alerts()
    assert [(one.step, one.by, one.text) for one in view.steps] == [
        ("opened", "auditor", "核查"),
        ("assigned", "auditor", "inspector"),
        ("noted", "inspector", "已核实"),
    ]
    assert (view.assigned_to, about.case) == ("inspector", case)
    with pytest.raises(RequestRefusedError) as caught:
        desk.order(OpenCase(by="auditor", alert=name, note=""))
    assert reason(caught) == "case-exists"
    with pytest.raises(NotAllowedError):
        desk.order(AssignCase(by="auditor", case=case, to="nobody"))


def test_list_versions_count_over_all_lists(desk: Town) -> None:
    version = desk.release("code,name,verdict\nX,证件遗失证明,禁止\n", "national", "全国")

    assert version == 2
    with desk.store.reader() as reader:
        newest, oldest = reader.lists()
        file = reader.list_file(newest.file_sha256)
    assert (newest.place, oldest.place, newest.matters_count) == ("全国", "示例镇", 1)
    assert file is not None and "证件遗失证明" in file.decode()


@pytest.mark.parametrize(
    ("csv", "fields", "expected"),
    [
        ("code,name,verdict\nX,Y,可以\n", {"place": "别处"}, "list-place"),
        ("code,name,verdict\nX,Y,可以\n", {"from_date": "2020-13-01"}, "list-date"),
        ("code,name,verdict\nX,Y,可以\n", {"matters": ()}, "list-empty"),
    ],
)
def test_list_that_cannot_be_released_is_refused(
    desk: Town, csv: str, fields: dict[str, Any], expected: str
) -> None:
    content = lists.read_csv(csv.encode(), "township", "示例镇", "2020-01-01")
    command = DraftList(by="chief", list=structs.replace(content, **fields), file=csv.encode())

    with pytest.raises(RequestRefusedError) as caught:
        desk.order(command)

    assert reason(caught) == expected


def test_same_list_again_is_refused_and_a_later_day_is_not(desk: Town) -> None:
    csv = "code,name,verdict,max_copies\nA-1,建房,可以,5\nF-1,死亡证明,禁止,\nD-1,担保,酌情,\n"
    content = lists.read_csv(csv.encode(), "township", "示例镇", "2020-01-01")
    command = DraftList(by="chief", list=content, file=csv.encode())

    with pytest.raises(RequestRefusedError) as caught:
        desk.order(command)
    later = structs.replace(content, from_date="2030-01-01")
    desk.order(structs.replace(command, list=later))

    assert reason(caught) == "list-same"


def test_account_with_an_unknown_office_is_refused(desk: Town) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        desk.order(
            AddAccount(
                by="x",
                account="a",
                person="a",
                name="a",
                offices=("king",),
                keeps=(),
                password_hash="-",
            ),
            operator=True,
        )

    assert reason(caught) == "unknown-office"
