"""Orders on requests: decide by stages, return for correction, withdraw, and let lapse.

The permit is issued with the approval that completes what the policy asks for; it names that
policy and every approval. What ends a request otherwise is a Refusal, which the machine hears.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from msgspec import structs

from gateway.book import Book, Done, known_account
from gateway.commands import Decide, Document, Withdraw
from gateway.desk import approvals, permits, requests
from gateway.desk.delegations import Held
from gateway.desk.policy import APPROVING, EVIDENCE
from gateway.desk.standing import Standing, content_of, policy_of, standing
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.register import screening
from gateway.register.log import Letter
from gateway.stores import Transaction
from gateway.stores.calendar import local_date
from gateway.stores.policies import PolicyView
from gateway.stores.views import Account, RequestView, StoredEntry
from ledger import disclosure
from ledger.matters import Verdict
from ledger.records import Approval, Permit, Refusal
from ledger.topics import Leaf, Topic
from ledger.transitions import IllegalEventError

DAY_MS = 24 * 3600 * 1000
MOST_DAYS = 366
MOST_LAPSING = 200  # undecided requests looked at in one tick
LONGEST_NUMBER = 200  # characters of what names a piece of evidence


class RequestOrders:
    """Carries out what concerns requests, for one township."""

    def __init__(self, township: str, book: Book, permit_days: int) -> None:
        self._township, self._book, self._permit_days = township, book, permit_days

    def decide(self, transaction: Transaction, command: Decide, now_ms: int) -> Done:
        """Write down one person's decision; the last one that is needed issues the permit."""
        approver = known_account(transaction, command.by)
        request = _known(transaction, command.request)
        event = requests.DECISIONS[command.decision]
        effect = _moved(request, event)
        approvals.check_person(
            request, approver, transaction.machine(request.machine), transaction.accounts()
        )
        stand = standing(transaction, request, now_ms)
        held = _turn(stand, approver)
        if event is not requests.Event.AGREED and not command.note.strip():
            raise RequestRefusedError(
                "note-missing", "expected a reason for the refusal, found none"
            )
        if event is requests.Event.RETURNED:
            return self._end(
                transaction, request, "returned", now_ms, approver.account, command.note
            )
        if event is requests.Event.AGREED:
            approvals.check_pages(request)
            _check_list(transaction, request, now_ms)
            _check_evidence(stand, request, command.documents)
        entry = self._approve(transaction, command, held, request, now_ms)
        if effect is requests.Effect.ANSWER:
            letters = self._answers(transaction, request, entry, now_ms)
            return Done(answer=entry.index, letters=letters)
        return Done(answer=entry.index, letters=self._permitted(transaction, request, now_ms))

    def withdraw(self, transaction: Transaction, command: Withdraw, now_ms: int) -> Done:
        """End a request for the person who filed it."""
        account = known_account(transaction, command.by)
        request = _known(transaction, command.request)
        _moved(request, requests.Event.WITHDRAWN)
        filer = transaction.account(request.filed_by)
        if filer is None or filer.person != account.person:
            raise NotAllowedError(
                f"expected the person who filed it, {request.filed_by}, found {account.account}"
            )
        return self._end(transaction, request, "withdrawn", now_ms, account.account)

    def lapse(self, transaction: Transaction, now_ms: int) -> Iterator[Letter]:
        """End every request that waited for longer than its policy allows; yield the answers."""
        days = {
            one.version: _lapse_days(transaction, one)
            for one in transaction.approval_policies()
            if one.released_index is not None
        }
        if not days:
            return
        oldest_ms = now_ms - min(days.values()) * DAY_MS
        for name in transaction.undecided_before(oldest_ms, MOST_LAPSING):
            request = _known(transaction, name)
            policy = policy_of(transaction, request)
            if policy is None:
                continue
            if request.received_ms < now_ms - days[policy.version] * DAY_MS:
                yield from self._end(transaction, request, "lapsed", now_ms).letters

    def _approve(
        self,
        transaction: Transaction,
        command: Decide,
        held: Held,
        request: RequestView,
        now_ms: int,
    ) -> StoredEntry:
        assert command.decision != "return"
        withheld: dict[str, Any] = {"note": command.note}
        if command.documents:
            withheld["documents"] = [_named(one, request) for one in command.documents]
        fields, opened = disclosure.withhold(withheld)
        body = Approval(
            request=request.request,
            approver=command.by,
            office=held.office,
            decision=command.decision,
            evidence="password-session",
            documents=tuple(dict.fromkeys(one.kind for one in command.documents)),
            delegation=held.delegation,
            **fields,
        )
        return self._book.append(transaction, body, now_ms, opened)

    def _permitted(
        self, transaction: Transaction, request: RequestView, now_ms: int
    ) -> tuple[Letter, ...]:
        """Issue the permit if nothing is missing any more."""
        after = _known(transaction, request.request)
        stand = standing(transaction, after, now_ms)
        if stand.progress.outcome != "approved":
            return ()
        _moved(after, requests.Event.APPROVED)
        agreed = tuple(one.sha256 for one in after.approvals if one.decision == "approve")
        permit = structs.replace(
            permits.permit_for(after, agreed, now_ms, self._permit_days),
            policy=stand.version,
            confirm="each-impression" if stand.required.confirm else None,
        )
        entry = self._book.append(transaction, permit, now_ms)
        given = (transaction.entry(one) for one in agreed)
        approvals_first = tuple(
            screening.answer(self._township, request.machine, one.sha256, one, now_ms)
            for one in given
            if one is not None
        )
        return (*approvals_first, permit_letter(self._township, permit, entry))

    def _end(
        self,
        transaction: Transaction,
        request: RequestView,
        reason: Literal["returned", "withdrawn", "lapsed"],
        now_ms: int,
        by: str | None = None,
        note: str = "",
    ) -> Done:
        fields, opened = disclosure.withhold({"text": note}) if note else ({}, None)
        body = Refusal(
            about=request.request,
            permit=None,
            matter=request.matter,
            seal=request.seal,
            reason=reason,
            list_version=request.list_version,
            filed_by=request.filed_by,
            text_commitment=fields.get("text_commitment"),
            by=by,
        )
        entry = self._book.append(transaction, body, now_ms, opened)
        letters = self._answers(transaction, request, entry, now_ms)
        return Done(answer=entry.index, letters=letters)

    def _answers(
        self, transaction: Transaction, request: RequestView, entry: StoredEntry, now_ms: int
    ) -> tuple[Letter, ...]:
        """Return the answer, and after it the person's words, which it commits to."""
        told = screening.answer(self._township, request.machine, request.request, entry, now_ms)
        return (told, *self._book.words(transaction, entry, now_ms))


def permit_letter(township: str, permit: Permit, entry: StoredEntry) -> Letter:
    """Return the retained message that carries a permit's entry to its machine."""
    topic = Topic(township, permit.machine, Leaf.PERMIT, (permit.permit,))
    return Letter(topic=str(topic), payload=entry.envelope, until_ms=permit.not_after_ms)


def _lapse_days(transaction: Transaction, view: PolicyView) -> int:
    """Return a version's days; without its file, more than any policy may say."""
    try:
        policy = content_of(transaction, view)
    except RequestRefusedError:
        policy = None
    return MOST_DAYS if policy is None else policy.lapse_days


def _known(transaction: Transaction, name: str) -> RequestView:
    request = transaction.request(name)
    if request is None:
        raise NotFoundError(f"expected a request, found none with hash {name[:64]}")
    return request


def _turn(stand: Standing, approver: Account) -> Held:
    """Return the office in which a person decides now.

    Raises:
        NotAllowedError: no office that approves, for this village.
        RequestRefusedError: `decided-already` or `not-your-turn`.
    """
    held = stand.office_of(approver.account)
    if held is not None:
        return held
    if any(one.person == approver.person for one in stand.decisions):
        raise RequestRefusedError(
            "decided-already", "expected another person, found one who has decided: it counts once"
        )
    offices = [each.office for one, all_ in stand.people if one == approver for each in all_]
    if not offices:
        raise NotAllowedError(
            f"expected one of {', '.join(APPROVING)} for this village, found "
            f"{', '.join(approver.offices) or 'none'}"
        )
    raise RequestRefusedError(
        "not-your-turn",
        f"expected an office of the open stage, found {', '.join(offices)}: others decide first",
    )


def _check_evidence(stand: Standing, request: RequestView, named: Iterable[Document]) -> None:
    """Return if every kind that the open stage still asks for is named, and each can be found.

    Raises:
        RequestRefusedError: `evidence-missing` or `evidence-unclear`.
    """
    documents = tuple(named)
    for one in documents:
        page_is_there = one.page is None or 1 <= one.page <= len(request.pages)
        clear = (one.number.strip() or one.page is not None) and len(one.number) <= LONGEST_NUMBER
        if one.kind not in EVIDENCE or not page_is_there or not clear:
            raise RequestRefusedError(
                "evidence-unclear",
                f"expected one of {', '.join(EVIDENCE)} with a number or one of "
                f"{len(request.pages)} pages, found {one}",
            )
    current = stand.progress.current
    missing = set(stand.progress.stages[current].missing) if current is not None else set()
    missing -= {one.kind for one in documents}
    if missing:
        raise RequestRefusedError(
            "evidence-missing", f"expected {', '.join(sorted(missing))} to be named, found none"
        )


def _named(one: Document, request: RequestView) -> dict[str, Any]:
    """Return a piece of evidence as it is committed to: a number, the hash of a page, or both."""
    page = None if one.page is None else request.pages[one.page - 1].sha256
    return {"kind": one.kind, "number": one.number.strip(), "page_sha256": page}


def _check_list(transaction: Transaction, request: RequestView, now_ms: int) -> None:
    """Refuse to approve what the list in force today forbids, whatever it said at filing."""
    answer = screening.list_answer(
        transaction, request.machine, request.matter, request.list_version, now_ms
    )
    if answer.verdict is Verdict.FORBIDDEN:
        raise RequestRefusedError(
            answer.reason,
            f"expected {request.matter} to be allowed on {local_date(now_ms)}, found "
            f"{answer.reason}: refuse the request",
        )


def _moved(request: RequestView, event: requests.Event) -> requests.Effect:
    try:
        return requests.move(request, event)
    except IllegalEventError as error:
        raise RequestRefusedError("not-open", f"expected an open request: {error}") from error
