"""Standing permits: which items may have one, how large it may be, and who may agree to it. Pure.

Only what one person may approve without any evidence, and what the list simply allows, may be
stamped without asking each time; see docs/permits.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.desk.approvals import keeps
from gateway.desk.permits import DAY_MS, LONGEST_DAYS, has_ended
from gateway.desk.policy import Required, evidence_of, slots
from gateway.errors import RequestRefusedError
from gateway.stores.standing import StandingPermitView
from gateway.stores.views import Account, MachineView, PermitView
from ledger import codec
from ledger.matters import Answer, Verdict

MOST_PER_DAY = 50
MOST_IN_ALL = 1000
WAITING_DAYS = 30  # a draft that nobody released by then must be drafted again


def permit_id(drafter: str, index: int) -> str:
    """Return the id of the standing permit that is drafted at an index of the log."""
    return "s-" + codec.sha256(f"standing {index} {drafter}".encode())[:16]


def check_item(answer: Answer, wanted: Required) -> None:
    """Return if an item is of low risk.

    Raises:
        RequestRefusedError: `not-low-risk`.
    """
    if answer.verdict is not Verdict.ALLOWED:
        raise _risk(f"expected an item that the list allows, found {answer.reason}")
    if wanted.reason == "otherwise":
        raise _risk("expected an item that a rule of the policy names, found none")
    if wanted.confirm:
        raise _risk("expected an item whose impressions nobody releases one by one, found one")
    persons, evidence = len(slots(wanted.stages)), evidence_of(wanted.stages)
    if persons > 1 or evidence:
        raise _risk(
            f"expected an item that one person approves without evidence, found {persons} persons "
            f"and {', '.join(sorted(evidence)) or 'no evidence'}"
        )


def check_size(per_day: int, total: int, not_after_ms: int, now_ms: int) -> None:
    """Return if counts and period are in their bounds.

    Raises:
        RequestRefusedError: `standing-size` or `standing-period`.
    """
    if not 1 <= per_day <= MOST_PER_DAY or not per_day <= total <= MOST_IN_ALL:
        raise RequestRefusedError(
            "standing-size",
            f"expected 1 to {MOST_PER_DAY} a day and at most {MOST_IN_ALL} in all, no less than a "
            f"day's, found {per_day} and {total}",
        )
    if not now_ms < not_after_ms <= now_ms + LONGEST_DAYS * DAY_MS:
        raise RequestRefusedError(
            "standing-period", f"expected an end within {LONGEST_DAYS} days, found {not_after_ms}"
        )


def check_person(account: Account, machine: MachineView, accounts: Iterable[Account]) -> None:
    """Return if this person may agree to permits for a machine: whoever keeps its seals may not.

    Raises:
        RequestRefusedError: `is-keeper`.
    """
    names = (machine.machine, *machine.seals)
    keepers = {
        one.person
        for one in accounts
        if one.account in machine.keepers or keeps(one, machine.village, names)
    }
    if account.person in keepers:
        raise RequestRefusedError("is-keeper", "expected somebody who keeps no seal there")


def check_alone(
    wanted: StandingPermitView,
    released: Iterable[tuple[StandingPermitView, PermitView]],
    now_ms: int,
) -> None:
    """Return if no other permit for the same item, machine and seal is in force.

    Two of them would count each day twice. One that is used up is over.

    Raises:
        RequestRefusedError: `standing-twice`.
    """
    place = (wanted.machine, wanted.seal, wanted.matter)
    for one, permit in released:
        over = has_ended(permit, now_ms) or permit.spent >= one.total
        if (one.machine, one.seal, one.matter) == place and not over:
            raise RequestRefusedError(
                "standing-twice",
                f"expected no permit in force for {place}, found {one.permit}: revoke it first",
            )


def is_waiting(one: StandingPermitView, now_ms: int) -> bool:
    """Return whether a draft can still be released."""
    fresh = now_ms - one.drafted_ms <= WAITING_DAYS * DAY_MS
    return one.released_index is None and fresh and now_ms < one.not_after_ms


def _risk(message: str) -> RequestRefusedError:
    return RequestRefusedError("not-low-risk", message)
