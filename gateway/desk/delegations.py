"""Delegations: which offices an account holds for a village now, its own and others'. Pure.

A substitute acts while the other person is away. Nobody passes on what was passed to them, and
nobody who keeps a seal or works a machine may stand in for an approver. An office held for
somebody is worth no more than that person's own: who is the filer, applicant or keeper of a
request cannot decide it through a substitute either.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from gateway.desk.access import Post
from gateway.desk.accounts import VILLAGE_OFFICES
from gateway.desk.policy import APPROVING
from gateway.errors import RequestRefusedError
from gateway.stores.policies import DelegationView
from gateway.stores.views import Account, MachineView

LONGEST_DAYS = 90
DAY_MS = 24 * 3600 * 1000
_WORKING = frozenset({"keeper", "clerk", "technician"})


class Held(Struct, frozen=True):
    """An office that an account may act in, and the delegation that it comes from."""

    office: str
    delegation: str | None = None


def held(
    account: Account,
    village: str,
    accounts: Iterable[Account],
    delegations: Iterable[DelegationView],
    barred: frozenset[str] = frozenset(),
) -> tuple[Held, ...]:
    """Return the offices in which an account may approve for a village, its own first.

    Args:
        delegations: those that hold now.
        barred: persons who may not decide; their offices cannot be used by a substitute either.
    """
    own = [Held(office) for office in account.offices if _acts_for(account, office, village)]
    known = {one.account: one for one in accounts}
    for one in delegations:
        absent = known.get(one.absent)
        if one.substitute != account.account or absent is None or absent.person in barred:
            continue
        own += [
            Held(office, one.delegation)
            for office in one.offices
            if office in absent.offices and _acts_for(absent, office, village)
        ]
    return tuple(own)


def posts_of(
    account: Account, accounts: Iterable[Account], delegations: Iterable[DelegationView]
) -> tuple[Post, ...]:
    """Return every office that an account acts in now, with its village, its own first.

    Args:
        delegations: those that hold now.
    """
    known = {one.account: one for one in accounts}
    others = [
        _post(known[one.absent], office)
        for one in delegations
        if one.substitute == account.account and one.absent in known
        for office in one.offices
        if office in known[one.absent].offices
    ]
    return tuple(dict.fromkeys([*(_post(account, one) for one in account.offices), *others]))


def is_near(absent: Account, substitute: Account, office: str) -> bool:
    """Return whether somebody may stand in for an office of this place: whoever is of the same
    village or of the township; for an office of the township, anybody."""
    of_township = any(one not in VILLAGE_OFFICES for one in substitute.offices)
    return office not in VILLAGE_OFFICES or of_township or substitute.village == absent.village


def check_delegation(
    absent: Account,
    substitute: Account,
    offices: tuple[str, ...],
    period_ms: tuple[int, int],
    now_ms: int,
) -> None:
    """Return if these offices may be given to a substitute for this time.

    Raises:
        RequestRefusedError: `substitute-same`, `not-own-office`, `substitute-far` or
            `delegation-period`.
    """
    if absent.person == substitute.person:
        raise RequestRefusedError(
            "substitute-same", f"expected another person than {absent.account} to stand in"
        )
    if not offices or not set(offices) <= set(absent.offices) & set(APPROVING):
        raise RequestRefusedError(
            "not-own-office",
            f"expected approving offices of {absent.account}, found {', '.join(offices) or 'none'}",
        )
    far = [one for one in offices if not is_near(absent, substitute, one)]
    if far:
        raise RequestRefusedError(
            "substitute-far",
            f"expected somebody of {absent.village} or of the township for {', '.join(far)}, found "
            f"{substitute.account} of {substitute.village or 'no village'}: choose another person",
        )
    from_ms, until_ms = period_ms
    if not from_ms < until_ms <= from_ms + LONGEST_DAYS * DAY_MS or until_ms <= now_ms:
        raise RequestRefusedError(
            "delegation-period",
            f"expected at most {LONGEST_DAYS} days not over yet, found {from_ms} to {until_ms}",
        )


def check_substitute(
    substitute: Account, accounts: Iterable[Account], machines: Iterable[MachineView]
) -> None:
    """Return if a person neither keeps a seal nor works a machine, with any account.

    Raises:
        RequestRefusedError: `breaks-separation`.
    """
    own = [one for one in accounts if one.person == substitute.person]
    names = {one.account for one in own} | {substitute.person}
    keeps = any(one.keeps for one in own) or any(names & set(one.keepers) for one in machines)
    if keeps or any(_WORKING & set(one.offices) for one in own):
        raise RequestRefusedError(
            "breaks-separation",
            f"expected somebody who neither keeps a seal nor works a machine, found "
            f"{substitute.account}: choose another person",
        )


def _post(account: Account, office: str) -> Post:
    return Post(office, account.village if office in VILLAGE_OFFICES else "")


def _acts_for(account: Account, office: str, village: str) -> bool:
    """Return whether an office is one that approves, for this village."""
    if office not in APPROVING:
        return False
    return office not in VILLAGE_OFFICES or account.village == village
