"""Orders on alerts and cases: say whether an alert was right; open its case, hand it to somebody,
note what was found, close it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.audit import cases
from gateway.book import Book, Done, known_account
from gateway.commands import AssignCase, CloseCase, NoteCase, OpenCase
from gateway.commands_audit import AnswerAlert
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import Transaction
from gateway.stores.alerts import case_id
from ledger import disclosure
from ledger.records import CaseStep
from ledger.records_office import AlertAnswer
from ledger.transitions import IllegalEventError


def open_case(book: Book, transaction: Transaction, command: OpenCase, now_ms: int) -> Done:
    """Open the one case of an alert."""
    alert = transaction.alert(command.alert)
    if alert is None:
        raise NotFoundError(f"expected an alert, found none named {command.alert}")
    if alert.case is not None:
        raise RequestRefusedError("case-exists", f"expected no case, found {alert.case}")
    case = case_id(alert.alert)
    step = cases.next_step((), cases.CaseEvent.OPEN)
    _write(book, transaction, (case, alert.alert, step), command.by, command.note, now_ms)
    return Done(answer=case)


def assign(book: Book, transaction: Transaction, command: AssignCase, now_ms: int) -> Done:
    """Hand a case to an account."""
    known_account(transaction, command.to)
    event = cases.CaseEvent.ASSIGN
    return _step(book, transaction, command.by, command.case, event, command.to, now_ms)


def note(book: Book, transaction: Transaction, command: NoteCase, now_ms: int) -> Done:
    """Write down what was found."""
    event = cases.CaseEvent.NOTE
    return _step(book, transaction, command.by, command.case, event, command.note, now_ms)


def close(book: Book, transaction: Transaction, command: CloseCase, now_ms: int) -> Done:
    """End a case with what came of it."""
    if not command.note.strip():
        raise RequestRefusedError("note-missing", "expected what came of the case, found none")
    event = cases.CaseEvent.CLOSE
    public = _about(transaction, command.case) if command.publish else None
    return _step(book, transaction, command.by, command.case, event, command.note, now_ms, public)


def answer(book: Book, transaction: Transaction, command: AnswerAlert, now_ms: int) -> Done:
    """Write down whether an alert was right; an answer that says nothing new is refused.

    Raises:
        NotFoundError: there is no such alert.
        RequestRefusedError: `answer-same`, `alert-erased`.
    """
    alert = transaction.alert(command.alert)
    if alert is None:
        raise NotFoundError(f"expected an alert, found none named {command.alert[:64]}")
    if alert.finding is None:
        raise RequestRefusedError(
            "alert-erased", f"expected what {alert.alert} found, found it erased or lost"
        )
    text = command.text.strip()
    known = alert.answers[-1] if alert.answers else None
    if known is not None and (known.answer, known.text) == (command.answer, text):
        raise RequestRefusedError("answer-same", f"expected another answer than {known.answer}")
    fields, opened = disclosure.withhold({"answer": command.answer, "text": text, "by": command.by})
    body = AlertAnswer(alert=alert.alert, **fields)
    return Done(answer=book.append(transaction, body, now_ms, opened).index)


def _about(transaction: Transaction, case: str) -> dict[str, Any]:
    """Return what a closing entry publishes of the alert: what it was about, and no person."""
    known = transaction.case(case)
    alert = None if known is None else transaction.alert(known.alert)
    if alert is None:
        raise NotFoundError(f"expected a case with its alert, found none named {case}")
    return {
        "rule": alert.code,
        "severity": alert.severity,
        "entry": alert.entry,
        "machine": alert.machine or None,
    }


def _step(
    book: Book,
    transaction: Transaction,
    by: str,
    case: str,
    event: cases.CaseEvent,
    text: str,
    now_ms: int,
    public: Mapping[str, Any] | None = None,
) -> Done:
    known = transaction.case(case)
    if known is None:
        raise NotFoundError(f"expected a case, found none named {case}")
    try:
        step = cases.next_step((one.step for one in known.steps), event)
    except IllegalEventError as error:
        raise RequestRefusedError("case-step", str(error)) from error
    _write(book, transaction, (case, known.alert, step), by, text, now_ms, public)
    return Done(answer=None)


def _write(
    book: Book,
    transaction: Transaction,
    names: tuple[str, str, cases.StepName],
    by: str,
    text: str,
    now_ms: int,
    public: Mapping[str, Any] | None = None,
) -> None:
    case, alert, step = names
    fields, opened = disclosure.withhold({"text": text, "by": by})
    body = CaseStep(
        case=case,
        alert=alert,
        step=step,
        text_commitment=fields["text_commitment"],
        by_commitment=fields["by_commitment"],
        **(public or {}),
    )
    book.append(transaction, body, now_ms, opened)
