"""Erasing: two persons, each with an entry; nothing that is still needed; and then it is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from gateway.commands import (
    AskDue,
    AskErasure,
    AskPolicy,
    CloseCase,
    ConfirmErasure,
    ConfirmPolicy,
    Decide,
    OpenCase,
    ReleaseHold,
)
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.stores.calendar import years_before
from gateway.stores.views import Alert, Finding
from ledger import chain, codec, envelope
from ledger.chain import Head
from ledger.records_retention import Erasure, RetentionPolicy

Town = Any
DAY_MS = 24 * 3600 * 1000
YEAR_MS = 366 * DAY_MS


def asked(town: Town, entry: str, what: Any = "both", by: str = "audit-1") -> str:
    """Ask for an erasure and return the hash of the entry that asks."""
    assert town.order(AskErasure(by=by, entry=entry, what=what, cause="request")).answer == 1
    return str(town.entries()[-1].sha256)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(RequestRefusedError) as caught:
        act()
    return caught.value.reason


def values(town: Town, sha256: str) -> dict[str, Any] | None:
    with town.store.reader() as reader:
        opening = reader.opening(sha256)
    assert opening is not None
    found: dict[str, Any] | None = opening.values
    return found


def files(town: Town) -> bytes:
    """Return every byte of the store's files."""
    return b"".join(
        path.read_bytes() for path in (town.folder / "state").rglob("*") if path.is_file()
    )


def test_nothing_is_erased_before_another_person_confirms(staffed: Town, decided: str) -> None:
    name = asked(staffed, decided)

    before = values(staffed, decided)
    done = staffed.order(ConfirmErasure(by="audit-2", asked=name))

    assert before is not None and before["applicant"] == "张三"
    assert values(staffed, decided) is None
    said = [one.body for one in staffed.entries() if isinstance(one.body, Erasure)]
    assert [(one.step, one.by) for one in said] == [("asked", "audit-1"), ("done", "audit-2")]
    assert said[1].asked == name and said[1].entries == (decided,)
    assert staffed.entries()[done.answer].body == said[1]


@pytest.mark.parametrize("by", ["audit-1", "zhao-too"])
def test_the_person_who_asked_cannot_confirm_under_any_account(
    staffed: Town, decided: str, by: str
) -> None:
    name = asked(staffed, decided)

    reason = refused(lambda: staffed.order(ConfirmErasure(by=by, asked=name)))

    assert reason == "same-person"
    assert values(staffed, decided) is not None


def test_offices_without_the_right_neither_ask_nor_confirm(staffed: Town, decided: str) -> None:
    name = asked(staffed, decided)

    for command in (
        AskErasure(by="chair", entry=decided, what="both", cause="court"),
        ConfirmErasure(by="chair", asked=name),
        AskDue(by="chair", month="2026-01"),
        AskPolicy(by="chair", openings_years=1, photos_years=1),
    ):
        with pytest.raises(NotAllowedError):
            staffed.order(command)


def test_values_are_in_no_file_of_the_store_afterwards(staffed: Town, decided: str) -> None:
    secret = "张三".encode()
    name = asked(staffed, decided)
    assert secret in files(staffed)

    staffed.order(ConfirmErasure(by="audit-2", asked=name))

    assert secret not in files(staffed)


def test_values_leave_the_write_ahead_log_once_a_long_reader_has_ended(
    staffed: Town, decided: str
) -> None:
    secret = "张三".encode()
    name = asked(staffed, decided)

    with staffed.store.reader() as reader:
        assert reader.size()
        staffed.order(ConfirmErasure(by="audit-2", asked=name))
        held = secret in files(staffed)
    with staffed.store.transaction():
        pass

    assert held
    assert secret not in files(staffed)


def test_erasing_again_or_what_is_not_there_is_refused(staffed: Town, decided: str) -> None:
    name = asked(staffed, decided)
    twice = refused(lambda: asked(staffed, decided, by="audit-2"))
    staffed.order(ConfirmErasure(by="audit-2", asked=name))

    again = refused(lambda: staffed.order(ConfirmErasure(by="audit-2", asked=name)))
    gone = refused(lambda: asked(staffed, decided))

    assert (twice, again, gone) == ("asked-already", "erased-already", "nothing-to-erase")
    with pytest.raises(NotFoundError):
        staffed.order(ConfirmErasure(by="audit-2", asked="0" * 64))
    with pytest.raises(NotFoundError):
        asked(staffed, "0" * 64)


def test_question_that_nobody_confirmed_for_a_month_is_over(staffed: Town, decided: str) -> None:
    name = asked(staffed, decided)
    staffed.now_ms += 30 * DAY_MS + 1

    reason = refused(lambda: staffed.order(ConfirmErasure(by="audit-2", asked=name)))

    assert reason == "asked-too-long-ago"
    staffed.order(ConfirmErasure(by="audit-2", asked=asked(staffed, decided)))
    assert values(staffed, decided) is None


def test_whole_affair_goes_with_the_notes_that_may_name_the_person(
    staffed: Town, decided: str
) -> None:
    approval = next(one.sha256 for one in staffed.entries() if one.kind == "approval")
    wish = AskErasure(by="audit-1", entry=decided, what="both", cause="request", whole=True)

    count = staffed.order(wish).answer
    staffed.order(ConfirmErasure(by="audit-2", asked=staffed.entries()[-1].sha256))

    assert count == 2
    assert (values(staffed, decided), values(staffed, approval)) == (None, None)


def test_undecided_request_is_needed_and_a_decided_one_is_not(staffed: Town) -> None:
    filed = staffed.file()
    staffed.submit(filed)

    reason = refused(lambda: asked(staffed, filed.sha256))
    staffed.order(Decide(by="chair", request=filed.sha256, decision="refuse", note="不符"))

    assert reason == "request-open"
    assert asked(staffed, filed.sha256)


def test_what_a_running_permit_needs_stays_until_it_has_ended(staffed: Town) -> None:
    filed = staffed.file()
    staffed.submit(filed)
    staffed.order(Decide(by="chair", request=filed.sha256, decision="approve", note="同意"))
    approval = next(one.sha256 for one in staffed.entries() if one.kind == "approval")

    of_request = refused(lambda: asked(staffed, filed.sha256))
    of_approval = refused(lambda: asked(staffed, approval))
    staffed.now_ms += 8 * DAY_MS

    assert (of_request, of_approval) == ("permit-running", "permit-running")
    assert asked(staffed, filed.sha256)


def test_what_an_open_hold_needs_stays_until_it_is_released(staffed: Town, decided: str) -> None:
    machine = staffed.machines["m-1"]
    with staffed.store.reader() as reader:
        permit = reader.request(decided).permit
    intent, use = staffed.use(permit)
    staffed.take(machine.message(intent), machine.message(use))
    intent, _ = staffed.use(permit, n=2)
    machine.head = _head_of(machine, intent)
    incident = staffed.incident(machine.head.sha256)
    staffed.take(machine.message(intent), machine.message(incident))

    reason = refused(lambda: asked(staffed, decided))
    staffed.order(ReleaseHold(by="chief", hold=machine.head.sha256, impressions=1))

    assert reason == "hold-open"
    assert asked(staffed, decided)


def test_what_an_alert_or_case_is_about_stays_until_the_case_is_closed(
    staffed: Town, decided: str
) -> None:
    name = asked(staffed, decided)
    alert = Alert(
        code="test",
        severity="red",
        machine="m-1",
        entry=decided,
        finding=Finding(key="finding.test", values={}),
        key="k",
    )
    with staffed.public.transaction(staffed.store, staffed.now_ms) as transaction:
        staffed.log.raise_alert(transaction, alert, staffed.now_ms)
        known = transaction.alerts()[0]

    def confirm() -> object:
        return staffed.order(ConfirmErasure(by="audit-2", asked=name))

    untaken = refused(confirm)
    case = staffed.order(OpenCase(by="audit-1", alert=known.alert, note="see")).answer
    running = refused(confirm)
    note = next(one.sha256 for one in staffed.entries() if one.kind == "case")
    of_the_case = refused(lambda: asked(staffed, note))
    found = refused(lambda: asked(staffed, staffed.entries()[known.index].sha256))
    staffed.order(CloseCase(by="audit-1", case=case, note="nothing in it"))
    confirm()

    assert (untaken, running, of_the_case) == ("alert-open", "case-open", "case-open")
    assert found == "not-erasable"
    assert values(staffed, decided) is None
    assert asked(staffed, note)


def test_retention_as_the_cause_needs_that_the_time_is_over(staffed: Town, decided: str) -> None:
    command = AskErasure(by="audit-1", entry=decided, what="both", cause="retention")

    early = refused(lambda: staffed.order(command))
    staffed.now_ms += 4 * YEAR_MS

    assert early == "not-due"
    assert staffed.order(command).answer


def test_policy_holds_once_another_person_set_it(staffed: Town, decided: str) -> None:
    staffed.now_ms += 2 * YEAR_MS
    index = staffed.order(AskPolicy(by="audit-1", openings_years=1, photos_years=5)).answer
    name = staffed.entries()[index].sha256
    with staffed.store.reader() as reader:
        before = reader.policy()

    same = refused(lambda: staffed.order(ConfirmPolicy(by="zhao-too", asked=name)))
    staffed.order(ConfirmPolicy(by="audit-2", asked=name))

    assert (before, same) == (None, "same-person")
    with staffed.store.reader() as reader:
        policy = reader.policy()
        assert reader.asked_policies() == ()
    assert isinstance(policy, RetentionPolicy)
    assert (policy.openings_years, policy.photos_years, policy.step) == (1, 5, "done")
    opening = AskErasure(by="audit-1", entry=decided, what="opening", cause="retention")
    photos = AskErasure(by="audit-1", entry=decided, what="photos", cause="retention")
    assert refused(lambda: staffed.order(photos)) == "not-due"
    assert staffed.order(opening).answer
    with pytest.raises(NotFoundError):  # what is set cannot be set again
        staffed.order(ConfirmPolicy(by="audit-2", asked=name))


def test_photo_that_another_entry_names_too_is_evidence(staffed: Town, decided: str) -> None:
    machine = staffed.machines["m-1"]
    with staffed.store.reader() as reader:
        permit = reader.request(decided).permit
    intent, use = staffed.use(permit)
    staffed.take(machine.message(intent), machine.message(use))
    used = machine.head.sha256
    free = asked(staffed, used, "photos")
    with staffed.store.transaction() as transaction:
        transaction._tables.run(
            "UPDATE photo_refs SET sealed_sha256 = (SELECT sealed_sha256 FROM photo_refs WHERE"
            " entry_sha256 = ? AND role = 'before') WHERE entry_sha256 = ?",
            used,
            decided,
        )

    reason = refused(lambda: staffed.order(ConfirmErasure(by="audit-2", asked=free)))

    assert reason == "photo-shared"


@pytest.mark.parametrize(
    ("now", "years", "day"),
    [
        ("2028-02-29T12:00:00+08:00", 3, "2025-02-28"),
        ("2029-03-01T00:30:00+08:00", 1, "2028-03-01"),
        ("2029-01-01T07:00:00+08:00", 3, "2026-01-01"),
    ],
)
def test_years_are_counted_by_the_calendar_of_the_villages(now: str, years: int, day: str) -> None:
    now_ms = int(datetime.fromisoformat(now).timestamp() * 1000)

    start = datetime.fromisoformat(f"{day}T00:00:00+08:00")

    assert years_before(now_ms, years) == int(start.timestamp() * 1000)


def _head_of(machine: Any, raw: bytes) -> Head:
    """Return the head of a chain that ends with this entry of the machine."""
    head = Head(
        party="device", author=machine.name, epoch=1, seq=0, sha256=machine.signer.record_sha256
    )
    for one in machine.raws:
        parsed = envelope.parse(one)
        head = chain.advance(head, codec.decode_entry(parsed.payload_type, parsed.payload))
        if one == raw:
            break
    return head
