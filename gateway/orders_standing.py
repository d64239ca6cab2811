"""Orders on standing permits: one person drafts, another releases, and the machine hears of it."""

from __future__ import annotations

from msgspec import structs

from gateway.book import Book, Done, known_account
from gateway.commands import DraftStanding, ReleaseStanding
from gateway.desk import standing_permits
from gateway.desk.policy import required
from gateway.desk.standing import content_of, facts_of, in_force
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.register.log import Letter
from gateway.register.screening import list_answer
from gateway.stores import Transaction
from gateway.stores.calendar import local_date
from gateway.stores.views import MachineView
from ledger.matters import Matter
from ledger.records_permits import StandingPermit
from ledger.topics import Leaf, Topic


def draft(book: Book, transaction: Transaction, command: DraftStanding, now_ms: int) -> Done:
    """Write down a draft; it permits nothing until another person releases it."""
    machine = machine_of(transaction, command.machine, command.seal)
    drafter = known_account(transaction, command.by)
    standing_permits.check_person(drafter, machine, transaction.accounts())
    standing_permits.check_size(command.per_day, command.total, command.not_after_ms, now_ms)
    matter = _low_risk(transaction, machine, command.matter, now_ms)
    body = StandingPermit(
        permit=standing_permits.permit_id(command.by, transaction.size()),
        machine=machine.machine,
        seal=command.seal,
        matter=matter.code,
        list_version=transaction.list_version(),
        per_day=command.per_day,
        total=command.total,
        not_after_ms=command.not_after_ms,
        by=command.by,
        released_by=None,
    )
    book.append(transaction, body, now_ms)
    return Done(answer=body.permit)


def release(
    township: str, book: Book, transaction: Transaction, command: ReleaseStanding, now_ms: int
) -> Done:
    """Put another person's draft in force, if its item is still of low risk."""
    found = transaction.standing_permit(command.permit)
    if found is None or found.released_index is not None:
        raise NotFoundError(f"expected a draft that waits, found none named {command.permit[:40]}")
    if not standing_permits.is_waiting(found, now_ms):
        raise RequestRefusedError("draft-stale", f"expected a fresh draft, found {found.permit}")
    machine = machine_of(transaction, found.machine, found.seal)
    releaser, drafter = known_account(transaction, command.by), transaction.account(found.by)
    if drafter is None or drafter.person == releaser.person:
        raise RequestRefusedError(
            "draft-own", f"expected another person than {found.by} to release it"
        )
    standing_permits.check_person(releaser, machine, transaction.accounts())
    _low_risk(transaction, machine, found.matter, now_ms)
    others = ((one, transaction.permit(one.permit)) for one in transaction.standing_permits())
    permits = ((one, permit) for one, permit in others if permit is not None)
    standing_permits.check_alone(found, permits, now_ms)
    entry = transaction.entry(found.index)
    assert entry is not None and isinstance(entry.body, StandingPermit)
    released = structs.replace(entry.body, released_by=command.by)
    kept = book.append(transaction, released, now_ms)
    topic = Topic(township, machine.machine, Leaf.PERMIT, (found.permit,))
    letter = Letter(topic=str(topic), payload=kept.envelope, until_ms=found.not_after_ms)
    return Done(answer=kept.index, letters=(letter,))


def machine_of(transaction: Transaction, name: str, seal: str | None = None) -> MachineView:
    """Return a machine that the configuration names, with this seal if one is given.

    Raises:
        NotFoundError: it names none.
        RequestRefusedError: `unknown-seal`.
    """
    machine = transaction.machine(name)
    if machine is None:
        raise NotFoundError(f"expected a machine, found none named {name[:40]}")
    if seal is not None and seal not in machine.seals:
        raise RequestRefusedError(
            "unknown-seal", f"expected one of {machine.seals}, found {seal[:40]}"
        )
    return machine


def _low_risk(transaction: Transaction, machine: MachineView, name: str, now_ms: int) -> Matter:
    """Return the item, if it is one that may have a standing permit."""
    today = local_date(now_ms)
    answer = list_answer(
        transaction, machine.machine, name.strip(), transaction.list_version(), now_ms
    )
    matters = transaction.matters(machine.village, today)
    policy = content_of(transaction, in_force(transaction.approval_policies(), today))
    code = name if answer.matter is None else answer.matter.code
    standing_permits.check_item(answer, required(policy, facts_of(matters, code, None)))
    assert answer.matter is not None
    return answer.matter
