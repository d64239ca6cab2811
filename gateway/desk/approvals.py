"""Approvals: who may decide a request. Pure.

Nobody approves what they applied for or filed, and no keeper of a seal approves its use.
Persons are compared, not accounts or offices: one person with two accounts counts once. Which
offices must agree says the policy (`gateway.desk.standing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.errors import RequestRefusedError
from gateway.stores.views import Account, MachineView, RequestView


def check_person(
    request: RequestView,
    approver: Account,
    machine: MachineView | None,
    accounts: Iterable[Account],
) -> None:
    """Return if this person may decide this request.

    Args:
        machine: where the request was filed; its keepers keep the seals there.
        accounts: everybody's, to know which accounts are one person's.

    Raises:
        RequestRefusedError: `unknown-person`, `is-filer`, `is-applicant` or `is-keeper`.
    """
    known = {one.account: one for one in accounts}
    for account in (request.filed_by, request.applicant_account):
        if account is not None and account not in known:
            raise RequestRefusedError(
                "unknown-person",
                f"expected an account for {account}, found none, so that nobody can say whether "
                "the approver is the same person: the administrator adds the account",
            )
    if approver.person == _person(request.filed_by, known):
        raise _conflict("is-filer", "who filed the request")
    applicant = request.applicant_account
    if applicant is not None and approver.person == _person(applicant, known):
        raise _conflict("is-applicant", "whom the request is for")
    if approver.person in keepers(request, machine, known):
        raise _conflict("is-keeper", "who keeps the seal")


def barred(
    request: RequestView, machine: MachineView | None, accounts: Iterable[Account]
) -> frozenset[str]:
    """Return the persons who may not decide a request: filer, applicant and keepers."""
    known = {one.account: one for one in accounts}
    asking = {request.filed_by, request.applicant_account} - {None}
    persons = {_person(account, known) for account in asking if account is not None}
    return frozenset(persons) | keepers(request, machine, known)


def check_pages(request: RequestView) -> None:
    """Return if every page of the request was photographed, has come and was checked.

    Raises:
        RequestRefusedError: `pages-missing`.
    """
    stored = sum(page.stored_ms is not None for page in request.pages)
    if stored < request.pages_count or len(request.pages) != request.pages_count:
        raise RequestRefusedError(
            "pages-missing",
            f"expected {request.pages_count} page photos before approval, found {stored}: "
            "wait until the machine has sent them",
        )


def keepers(
    request: RequestView, machine: MachineView | None, accounts: Mapping[str, Account]
) -> frozenset[str]:
    """Return the persons who keep the requested seal."""
    by_machine = () if machine is None else machine.keepers
    persons = {_person(account, accounts) for account in by_machine}
    village = "" if machine is None else machine.village
    names = (request.machine, request.seal)
    return frozenset(
        persons | {one.person for one in accounts.values() if keeps(one, village, names)}
    )


def keeps(account: Account, village: str, names: Iterable[str]) -> bool:
    """Tell whether an account keeps one of these seals or machines of a village.

    Whoever holds the office of a keeper and is named for no seal keeps all of the village's.
    """
    if account.keeps:
        return not set(account.keeps).isdisjoint(names)
    return "keeper" in account.offices and village != "" and account.village == village


def named(machines: Iterable[MachineView], accounts: Iterable[Account]) -> frozenset[str]:
    """Return the persons who keep a seal of these machines because they are named for it.

    The configuration names accounts for a machine, an account a machine or one of its seals.
    """
    known = {one.account: one for one in accounts}
    there = tuple(machines)
    names = {name for one in there for name in (one.machine, *one.seals)}
    persons = {_person(account, known) for one in there for account in one.keepers}
    return frozenset(persons | {one.person for one in known.values() if keeps(one, "", names)})


def _person(account: str, accounts: Mapping[str, Account]) -> str:
    """Return the person of an account; one that is unknown here stands for itself."""
    known = accounts.get(account)
    return account if known is None else known.person


def _conflict(reason: str, whose: str) -> RequestRefusedError:
    return RequestRefusedError(
        reason, f"expected a decision by somebody else than the person {whose}"
    )
