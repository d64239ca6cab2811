"""Entries about people: who must agree, who stands in for whom, who may sign in where."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger.records import DivisionCode, Hash, Identifier, Milliseconds, Positive, Record

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z")]
Offices = Annotated[tuple[Identifier, ...], Meta(min_length=1, max_length=10)]


class PolicyRelease(Record, frozen=True, kw_only=True):
    """An approval policy is drafted, or released and so in force from a day on.

    Args:
        version: of the draft; its release names the same.
        file_sha256, file_size: of the policy's canonical JSON.
        by: the account that drafted it.
        released_by: the account of another person; null: only a draft.
    """

    kind = "policy"
    authors = ("gateway",)
    version: Positive
    file_sha256: Hash
    file_size: Positive
    from_date: Day
    by: Identifier
    released_by: Identifier | None


class Delegation(Record, frozen=True, kw_only=True):
    """Somebody's offices are held by another person as well, while the first is away.

    Args:
        absent, substitute: accounts.
        by: the account that gives or ends it.
        ends: hash of the delegation that ends now; null: this one begins.
    """

    kind = "delegation"
    authors = ("gateway",)
    absent: Identifier
    substitute: Identifier
    offices: Offices
    from_ms: Milliseconds
    until_ms: Milliseconds
    by: Identifier
    ends: Hash | None


class PeopleList(Record, frozen=True, kw_only=True):
    """Who holds which office in a place is drafted; or it is a machine's list from now on.

    Args:
        place: a village, or the township for its own staff.
        machine: whose list this is; null: a draft, or a place without a machine.
        version: rises with every draft and every list of a township; a release has its draft's.
        file_sha256, file_size: of the list's canonical JSON (`ledger.people.Roster`).
        not_after_ms: from then on nobody signs in with it.
        by: the account that drafted it, or that took somebody away.
        released_by: the account of another person; the same as `by`: it only takes away, which
            one person may do; null: a draft.
    """

    kind = "people"
    authors = ("gateway",)
    place: DivisionCode
    machine: Identifier | None
    version: Positive
    file_sha256: Hash
    file_size: Positive
    not_after_ms: Milliseconds
    by: Identifier
    released_by: Identifier | None


Act = Literal[
    "given", "stopped", "card-stopped", "password-reset", "factor-reset", "sessions-ended"
]


class AccountAct(Record, frozen=True, kw_only=True):
    """Somebody changed an account that is not, or not only, their own.

    Args:
        act: `given` its offices are these now (none: it has none any more), `stopped` nobody
            signs in with it, `card-stopped` its card opens no machine, `password-reset`,
            `factor-reset` its second factor is gone, `sessions-ended`.
        offices: all that the account holds after the act.
        village: in which those of a village are held, or "".
        by: the account that did it; `cli-...` for the gateway's own operator.
        released_by: the account of the second person, where two must agree.
    """

    kind = "account"
    authors = ("gateway",)
    account: Identifier
    act: Act
    offices: Annotated[tuple[Identifier, ...], Meta(max_length=10)]
    village: Annotated[str, Meta(pattern=r"^(\d{12})?\Z")]
    by: Identifier
    released_by: Identifier | None


PEOPLE_ENTRY_RECORDS: tuple[type[Record], ...] = (
    PolicyRelease,
    Delegation,
    PeopleList,
    AccountAct,
)
