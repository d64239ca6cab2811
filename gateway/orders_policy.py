"""Orders on the approval policy and on delegations: one drafts, another person releases."""

from __future__ import annotations

from datetime import date

from gateway.book import Book, Done, known_account
from gateway.commands import Delegate, DraftPolicy, EndDelegation, ReleasePolicy
from gateway.desk import access, delegations, policy_file
from gateway.desk.access import Action
from gateway.desk.standing import in_force
from gateway.errors import NotAllowedError, NotFoundError, RequestRefusedError
from gateway.stores import Transaction
from gateway.stores.calendar import local_date
from gateway.stores.policies import PolicyView
from ledger import codec
from ledger.records_people import Delegation, PolicyRelease

WAITING_DAYS = 30  # a draft that nobody released by then must be drafted again
DAY_MS = 24 * 3600 * 1000


def draft(book: Book, transaction: Transaction, command: DraftPolicy, now_ms: int) -> Done:
    """Keep a policy and its draft entry; nothing changes until another person releases it."""
    access.require(known_account(transaction, command.by).offices, Action.DRAFT_POLICY)
    _check_day(command.from_date)
    content = policy_file.encoded(policy_file.read(command.file))
    digest = codec.sha256(content)
    policies = transaction.approval_policies()
    standing = in_force(policies, max(command.from_date, local_date(now_ms)))
    if standing is not None and (standing.file_sha256, standing.from_date) == (
        digest,
        command.from_date,
    ):
        raise RequestRefusedError(
            "policy-unchanged", "expected a change, found the policy in force"
        )
    transaction.put_policy_file(digest, command.file, content)
    body = PolicyRelease(
        version=1 + max((one.version for one in policies), default=0),
        file_sha256=digest,
        file_size=len(content),
        from_date=command.from_date,
        by=command.by,
        released_by=None,
    )
    book.append(transaction, body, now_ms)
    return Done(answer=body.version)


def release(book: Book, transaction: Transaction, command: ReleasePolicy, now_ms: int) -> Done:
    """Put another person's draft in force from its day on."""
    found = [one for one in transaction.approval_policies() if one.version == command.version]
    if not found or found[0].released_index is not None:
        raise NotFoundError(f"expected a draft that waits, found none numbered {command.version}")
    waiting = found[0]
    if not is_waiting(waiting, transaction.approval_policies(), now_ms):
        raise RequestRefusedError(
            "draft-stale",
            f"expected a draft of the last {WAITING_DAYS} days and newer than any release, found "
            f"version {waiting.version}: draft it again",
        )
    drafter = transaction.account(waiting.by)
    releaser = known_account(transaction, command.by)
    if drafter is None or drafter.person == releaser.person:
        raise RequestRefusedError(
            "draft-own", f"expected another person than {waiting.by} to release it"
        )
    content = transaction.policy_content(waiting.file_sha256)
    if content is None or codec.sha256(content) != waiting.file_sha256:
        raise RequestRefusedError("policy-missing", "expected the draft's file, found none")
    body = PolicyRelease(
        version=waiting.version,
        file_sha256=waiting.file_sha256,
        file_size=len(content),
        from_date=waiting.from_date,
        by=waiting.by,
        released_by=command.by,
    )
    return Done(answer=book.append(transaction, body, now_ms).index)


def is_waiting(one: PolicyView, policies: tuple[PolicyView, ...], now_ms: int) -> bool:
    """Return whether a draft can still be released."""
    newest = max((each.version for each in policies if each.released_index is not None), default=0)
    fresh = now_ms - one.drafted_ms <= WAITING_DAYS * DAY_MS
    return one.released_index is None and one.version > newest and fresh


def delegate(book: Book, transaction: Transaction, command: Delegate, now_ms: int) -> Done:
    """Give one's own offices to a substitute for a time."""
    absent = known_account(transaction, command.by)
    substitute = transaction.account(command.substitute)
    if substitute is None:
        raise NotFoundError(f"expected an account, found none named {command.substitute[:40]}")
    period_ms = (command.from_ms, command.until_ms)
    delegations.check_delegation(absent, substitute, command.offices, period_ms, now_ms)
    delegations.check_substitute(substitute, transaction.accounts(), transaction.machines())
    body = Delegation(
        absent=absent.account,
        substitute=substitute.account,
        offices=command.offices,
        from_ms=command.from_ms,
        until_ms=command.until_ms,
        by=command.by,
        ends=None,
    )
    return Done(answer=book.append(transaction, body, now_ms).index)


def end_delegation(
    book: Book, transaction: Transaction, command: EndDelegation, now_ms: int
) -> Done:
    """End a delegation at once: who gave it, who holds it, or who may stop things."""
    found = transaction.delegation(command.delegation)
    if found is None or found.ended_ms is not None or found.until_ms <= now_ms:
        raise NotFoundError("expected a delegation that is not over, found none")
    account = known_account(transaction, command.by)
    persons = {
        one.person
        for one in transaction.accounts()
        if one.account in (found.absent, found.substitute)
    }
    if account.person not in persons and not access.may(account.offices, Action.END_DELEGATION):
        raise NotAllowedError(
            f"expected {found.absent}, {found.substitute} or an auditor, found {account.account}"
        )
    body = Delegation(
        absent=found.absent,
        substitute=found.substitute,
        offices=found.offices,
        from_ms=found.from_ms,
        until_ms=found.until_ms,
        by=command.by,
        ends=found.delegation,
    )
    return Done(answer=book.append(transaction, body, now_ms).index)


def _check_day(day: str) -> None:
    try:
        if date.fromisoformat(day).isoformat() == day:
            return
    except ValueError:
        pass
    raise RequestRefusedError("list-date", f"expected a day as YYYY-MM-DD, found {day[:20]!r}")
