"""Auditors' answers to alerts: signed, changeable, told to staff alone, erased with the rest."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json

from gateway.commands import AskErasure, CloseCase, ConfirmErasure, OpenCase
from gateway.commands_audit import AnswerAlert
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.stores.answered import Outcome
from gateway.stores.views import Alert, Finding
from ledger import envelope

Town = Any


@pytest.fixture
def alert(staffed: Town, decided: str) -> str:
    """Return an alert about a request that is over."""
    found = Alert(
        code="over-count",
        severity="red",
        machine="m-1",
        entry=decided,
        finding=Finding(key="finding.over-count", values={"made": 3}),
        key=f"over-count/{decided}",
    )
    with staffed.public.transaction(staffed.store, staffed.now_ms) as transaction:
        staffed.log.raise_alert(transaction, found, staffed.now_ms)
        return str(transaction.alerts()[0].alert)


def view(town: Town, alert: str) -> Any:
    with town.store.reader() as reader:
        return reader.alert(alert)


def outcomes(town: Town) -> tuple[Outcome, ...]:
    with town.store.reader() as reader:
        return tuple(reader.outcomes(0, town.now_ms + 1))


def test_newest_answer_counts_and_the_earlier_one_stays_visible(staffed: Town, alert: str) -> None:
    staffed.order(AnswerAlert(by="audit-1", alert=alert, answer="right"))
    staffed.now_ms += 1000
    staffed.order(AnswerAlert(by="audit-2", alert=alert, answer="false-alarm", text="同一次停电"))

    found = view(staffed, alert)
    assert found.answer == "false-alarm"
    assert [(one.answer, one.by, one.text) for one in found.answers] == [
        ("right", "audit-1", ""),
        ("false-alarm", "audit-2", "同一次停电"),
    ]
    assert found.answers[1].at_ms - found.answers[0].at_ms == 1000
    assert outcomes(staffed) == (Outcome(rule="over-count", answer="false-alarm"),)


def test_unanswered_alerts_can_be_listed_alone(staffed: Town, alert: str) -> None:
    with staffed.store.reader() as reader:
        before = reader.alerts(without_answer=True)
    staffed.order(AnswerAlert(by="audit-1", alert=alert, answer="right"))

    with staffed.store.reader() as reader:
        assert [one.alert for one in before] == [alert]
        assert reader.alerts(without_answer=True) == ()


def test_answer_that_changes_nothing_is_refused(staffed: Town, alert: str) -> None:
    staffed.order(AnswerAlert(by="audit-1", alert=alert, answer="right", text="查过"))

    with pytest.raises(RequestRefusedError) as refused:
        staffed.order(AnswerAlert(by="audit-2", alert=alert, answer="right", text=" 查过 "))

    assert refused.value.reason == "answer-same"
    assert len(view(staffed, alert).answers) == 1


def test_only_who_handles_cases_answers(staffed: Town, alert: str) -> None:
    with pytest.raises(NotAllowedError):
        staffed.order(AnswerAlert(by="zhao-too", alert=alert, answer="right"))
    with pytest.raises(NotFoundError):
        staffed.order(AnswerAlert(by="audit-1", alert="al-nothing", answer="right"))

    assert view(staffed, alert).answers == ()


def test_public_sees_that_there_is_an_answer_and_nothing_else(staffed: Town, alert: str) -> None:
    staffed.order(AnswerAlert(by="audit-1", alert=alert, answer="false-alarm", text="张三在场"))

    (raw,) = [one.envelope for one in staffed.entries() if one.kind == "alert-answer"]
    said = json.decode(envelope.parse(raw).payload)
    assert {name for name in said if not name.endswith("_commitment")} == {
        "gateway", "epoch", "seq", "prev", "boot", "at_ms", "mark", "kind", "alert",
    }  # fmt: skip
    for secret in ("false-alarm", "audit-1", "张三", "over-count"):
        assert secret not in json.encode(said).decode()


def test_alert_whose_contents_were_lost_is_not_answered(staffed: Town, alert: str) -> None:
    with staffed.store.transaction() as transaction:
        transaction._tables.run("DELETE FROM openings")

    with pytest.raises(RequestRefusedError) as refused:
        staffed.order(AnswerAlert(by="audit-1", alert=alert, answer="right"))

    assert refused.value.reason == "alert-erased"
    assert outcomes(staffed) == (Outcome(rule=None, answer=None),)


def test_replaying_the_log_gives_the_same_answers(staffed: Town, alert: str) -> None:
    staffed.order(AnswerAlert(by="audit-1", alert=alert, answer="right"))
    before = staffed.store.derived()

    staffed.store.rebuild()

    assert staffed.store.derived() == before
    assert view(staffed, alert).answer == "right"


def test_answer_is_erased_with_its_affair_and_is_not_called_unanswered(
    staffed: Town, alert: str, decided: str
) -> None:
    staffed.order(AnswerAlert(by="audit-1", alert=alert, answer="right", text="张三多盖了一份"))
    case = staffed.order(OpenCase(by="audit-1", alert=alert, note="多盖一份")).answer
    staffed.order(CloseCase(by="audit-1", case=case, note="已处理"))

    staffed.order(
        AskErasure(by="audit-1", entry=decided, what="opening", cause="request", whole=True)
    )
    with staffed.store.reader() as reader:
        (erasure,) = reader.erasures(decided)
    staffed.order(ConfirmErasure(by="audit-2", asked=erasure.asked))

    found = view(staffed, alert)
    assert (found.code, found.answer) == ("over-count", None)
    assert (found.answers[0].answer, found.answers[0].text) == (None, None)
    assert outcomes(staffed) == (Outcome(rule="over-count", answer="erased"),)
