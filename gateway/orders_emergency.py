"""Orders on emergencies: terms by two persons, codes by each approver alone, an end by anybody."""

from __future__ import annotations

from msgspec import structs

from gateway.book import Book, Done, known_account
from gateway.commands import DraftEmergency, PrintCodes, ReleaseEmergency, StopEmergency
from gateway.desk import emergencies
from gateway.desk.standing_permits import WAITING_DAYS, check_person
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.orders_standing import machine_of
from gateway.register.log import Letter
from gateway.register.screening import list_answer
from gateway.stores import Transaction
from gateway.stores.emergencies import TermsView
from gateway.stores.views import MachineView, StoredEntry
from ledger.matters import Verdict
from ledger.records import Revocation
from ledger.records_permits import EmergencyCodes, EmergencyTerms
from ledger.topics import Leaf, Topic

DAY_MS = 24 * 3600 * 1000


def draft(book: Book, transaction: Transaction, command: DraftEmergency, now_ms: int) -> Done:
    """Write down a draft; it opens nothing until another person releases it."""
    machine = machine_of(transaction, command.machine, command.seal)
    check_person(known_account(transaction, command.by), machine, transaction.accounts())
    emergencies.check_size(command.uses, command.impressions, command.not_after_ms, now_ms)
    body = EmergencyTerms(
        terms=emergencies.terms_id(command.by, transaction.size()),
        machine=machine.machine,
        seal=command.seal,
        matters=_items(transaction, machine, command.matters, now_ms),
        list_version=transaction.list_version(),
        uses=command.uses,
        impressions=command.impressions,
        not_after_ms=command.not_after_ms,
        by=command.by,
        released_by=None,
    )
    book.append(transaction, body, now_ms)
    return Done(answer=body.terms)


def release(
    township: str, book: Book, transaction: Transaction, command: ReleaseEmergency, now_ms: int
) -> Done:
    """Put another person's draft in force; codes follow when approvers print them."""
    found = _terms(transaction, command.terms)
    if found.release is not None:
        raise NotFoundError(f"expected a draft that waits, found {found.body.terms} released")
    if now_ms - found.drafted.received_ms > WAITING_DAYS * DAY_MS:
        raise RequestRefusedError("draft-stale", f"expected a fresh draft: {found.body.terms}")
    releaser, drafter = known_account(transaction, command.by), transaction.account(found.body.by)
    if drafter is None or drafter.person == releaser.person:
        raise RequestRefusedError(
            "draft-own", f"expected another person than {found.body.by} to release it"
        )
    machine = machine_of(transaction, found.body.machine, found.body.seal)
    check_person(releaser, machine, transaction.accounts())
    _items(transaction, machine, found.body.matters, now_ms)
    released = structs.replace(found.body, released_by=command.by)
    entry = book.append(transaction, released, now_ms)
    return Done(answer=entry.index, letters=(_letter(township, released, released.terms, entry),))


def print_codes(
    township: str, book: Book, transaction: Transaction, command: PrintCodes, now_ms: int
) -> Done:
    """Make one approver's codes; only their hashes are written down."""
    found = _terms(transaction, command.terms)
    if not found.holds(now_ms):
        raise RequestRefusedError("emergency-over", "expected terms in force, found none")
    account = known_account(transaction, command.by)
    machine = machine_of(transaction, found.body.machine)
    emergencies.check_holder(account, found, machine, transaction.accounts())
    made = emergencies.make_codes(found.body.terms, account.account, found.body.uses)
    body = EmergencyCodes(
        series=made.series,
        terms=found.body.terms,
        machine=machine.machine,
        holder=account.account,
        codes=made.hashes,
    )
    entry = book.append(transaction, body, now_ms)
    return Done(answer=made.codes, letters=(_letter(township, found.body, made.series, entry),))


def stop(
    township: str, book: Book, transaction: Transaction, command: StopEmergency, now_ms: int
) -> Done:
    """End terms at once, with every code under them."""
    found = _terms(transaction, command.terms)
    if not found.holds(now_ms):
        raise RequestRefusedError("emergency-over", "expected terms in force, found none")
    terms = found.body
    body = Revocation(
        permit=terms.terms, machine=terms.machine, by=command.by, reason="emergency-stopped"
    )
    entry = book.append(transaction, body, now_ms)
    return Done(answer=entry.index, letters=(_letter(township, terms, terms.terms, entry),))


def _terms(transaction: Transaction, name: str) -> TermsView:
    for one in transaction.emergency_terms():
        if one.body.terms == name:
            return one
    raise NotFoundError(f"expected emergency terms, found none named {name[:40]}")


def _items(
    transaction: Transaction, machine: MachineView, names: tuple[str, ...], now_ms: int
) -> tuple[str, ...]:
    """Return the codes of items, none of which the list forbids."""
    wanted = [name.strip() for name in names if name.strip()]
    version = transaction.list_version()
    codes: dict[str, None] = {}
    for name in wanted:
        answer = list_answer(transaction, machine.machine, name, version, now_ms)
        if answer.matter is None or answer.verdict is Verdict.FORBIDDEN:
            raise RequestRefusedError(
                answer.reason, f"expected an item that may be stamped, found {name[:40]}"
            )
        codes[answer.matter.code] = None
    if not 1 <= len(codes) <= emergencies.MOST_MATTERS:
        raise RequestRefusedError(
            "emergency-items", f"expected 1 to {emergencies.MOST_MATTERS} items: {len(codes)}"
        )
    return tuple(codes)


def _letter(township: str, terms: EmergencyTerms, name: str, entry: StoredEntry) -> Letter:
    topic = Topic(township, terms.machine, Leaf.PERMIT, (name,))
    return Letter(topic=str(topic), payload=entry.envelope, until_ms=terms.not_after_ms)
