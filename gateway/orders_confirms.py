"""Orders on single impressions: who approved the request releases one by its live photo."""

from __future__ import annotations

from gateway.book import Book, Done, known_account
from gateway.commands import ConfirmImpression
from gateway.desk import permits
from gateway.desk.confirms import may_answer
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.register.log import Letter
from gateway.stores import Transaction
from ledger.records_confirms import ImpressionConfirm
from ledger.topics import Leaf, Topic

VALID_MS = 60_000  # how long a release counts, if the machine waits for that long


def answer(
    township: str, book: Book, transaction: Transaction, command: ConfirmImpression, now_ms: int
) -> Done:
    """Write down an approver's answer to one live photo, and tell the machine."""
    found = transaction.impression_ask(command.ask)
    if found is None:
        raise NotFoundError(f"expected an impression that is asked for: {command.ask[:64]}")
    if not found.waits(now_ms):
        raise RequestRefusedError("confirm-over", "expected an impression that still waits")
    may_answer(transaction, found, known_account(transaction, command.by))
    permit = transaction.permit(found.body.permit)
    if permit is None or permits.has_ended(permit, now_ms):
        raise RequestRefusedError("permit-ended", "expected a permit in force")
    photos = transaction.photo(found.body.before.sealed_sha256)
    if not any(one.is_kept for one in photos):
        raise RequestRefusedError("pages-missing", "expected the live photo, found it under way")
    body = ImpressionConfirm(
        ask=found.entry.sha256,
        machine=found.entry.machine,
        permit=found.body.permit,
        n=found.body.n,
        photo=found.body.before.sha256,
        decision=command.decision,
        not_after_ms=min(found.body.until_ms, now_ms + VALID_MS),
        by=command.by,
    )
    entry = book.append(transaction, body, now_ms)
    topic = Topic(township, found.entry.machine, Leaf.ANSWER, (found.entry.sha256,))
    letter = Letter(topic=str(topic), payload=entry.envelope, until_ms=body.not_after_ms)
    return Done(answer=entry.index, letters=(letter,))
