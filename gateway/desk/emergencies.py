"""Emergencies: how large terms may be, and who may hold codes under them. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from msgspec import Struct

from gateway.desk.permits import DAY_MS, LONGEST_DAYS
from gateway.desk.policy import APPROVING
from gateway.desk.standing_permits import check_person
from gateway.errors import NotAllowedError, RequestRefusedError
from gateway.stores.emergencies import TermsView
from gateway.stores.views import Account, MachineView
from ledger import codec, emergency
from ledger.records_permits import CodeHash

MOST_USES, MOST_IMPRESSIONS, MOST_MATTERS = 5, 5, 20


class Printed(Struct, frozen=True, kw_only=True):
    """One approver's codes: what the log says of them, and what is on the paper alone."""

    series: str
    hashes: tuple[CodeHash, ...]
    codes: tuple[tuple[str, str], ...]  # name and code


def terms_id(drafter: str, index: int) -> str:
    """Return the id of the terms that are drafted at an index of the log."""
    return "e-" + codec.sha256(f"emergency {index} {drafter}".encode())[:16]


def check_size(uses: int, impressions: int, not_after_ms: int, now_ms: int) -> None:
    """Return if counts and period are in their bounds.

    Raises:
        RequestRefusedError: `emergency-size` or `standing-period`.
    """
    if not 1 <= uses <= MOST_USES or not 1 <= impressions <= MOST_IMPRESSIONS:
        raise RequestRefusedError(
            "emergency-size",
            f"expected 1 to {MOST_USES} uses of 1 to {MOST_IMPRESSIONS} impressions, found {uses} "
            f"of {impressions}",
        )
    if not now_ms < not_after_ms <= now_ms + LONGEST_DAYS * DAY_MS:
        raise RequestRefusedError(
            "standing-period", f"expected an end within {LONGEST_DAYS} days, found {not_after_ms}"
        )


def check_holder(
    account: Account, terms: TermsView, machine: MachineView, accounts: Iterable[Account]
) -> None:
    """Return if this person may print codes now.

    Raises:
        NotAllowedError: no approving office for the machine's village.
        RequestRefusedError: `is-keeper`, or `codes-printed` under any account of this person.
    """
    township = {"approver", "station"}
    here = account.village == machine.village
    if not any(one in APPROVING and (one in township or here) for one in account.offices):
        raise NotAllowedError(
            f"expected an approver for {machine.village}, found {account.account}"
        )
    known = {one.account: one.person for one in accounts}
    check_person(account, machine, accounts)
    if account.person in {known.get(holder, holder) for holder, _ in terms.printed}:
        raise RequestRefusedError(
            "codes-printed", "expected a person who has none, found one who has printed codes"
        )


def make_codes(terms: str, holder: str, uses: int) -> Printed:
    """Return new codes for one approver; each has 80 random bits."""
    series = f"k-{secrets.token_hex(6)}"
    codes = tuple((f"{series}-{number}", emergency.make()) for number in range(1, uses + 1))
    return Printed(
        series=series,
        hashes=tuple(
            CodeHash(code=name, sha256=emergency.sha256_of(code, terms, holder))
            for name, code in codes
        ),
        codes=codes,
    )
