"""Permits: may this machine open now, for this seal, this matter, this many impressions? Pure."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from device.errors import PermitRefusedError
from device.seams import Left
from device.warrants import Warrant
from ledger.custody import Standing
from ledger.records import Permit
from ledger.records_permits import StandingPermit


class Moment(Struct, frozen=True, kw_only=True):
    """What is about to be done: where, with which seal, for which request, when (UTC ms).

    `proved` says whether the time is known to be right, `seam` that it is a seam stamp.
    """

    machine: str
    seal: str
    request: str
    at_ms: int
    proved: bool
    seam: bool = False


def check_custody(standing: Standing) -> None:
    """Return if the seal is in its machine and the hatch shut, as its entries say.

    Raises:
        PermitRefusedError: it is out, handled, removed, lost or void.
    """
    if standing.trouble:
        raise PermitRefusedError(
            standing.trouble, f"expected the seal in its machine, found {standing.trouble}"
        )


def check(permit: Permit | Warrant, at: Moment, spent: int, revoked: bool) -> None:
    """Return if `permit` allows one more impression; otherwise raise PermitRefusedError.

    Args:
        spent: impressions already made, reserved or not disproved under this permit.
        revoked: a revocation of it has arrived.
    """
    refusals = (
        (permit.machine != at.machine, "wrong-machine", permit.machine, at.machine),
        (permit.seal != at.seal, "wrong-seal", permit.seal, at.seal),
        (permit.request != at.request, "wrong-request", permit.request, at.request),
        (revoked, "permit-revoked", "a permit in force", "a revoked one"),
        (spent >= permit.impressions, "permit-used-up", permit.impressions, spent),
        (
            permit.not_before_ms is not None and not at.proved,
            "time-unproved",
            "a proven clock for a permit that begins later",
            "none",
        ),
        (
            permit.not_before_ms is not None and at.at_ms < permit.not_before_ms,
            "permit-too-early",
            permit.not_before_ms,
            at.at_ms,
        ),
        (at.at_ms > permit.not_after_ms, "permit-expired", permit.not_after_ms, at.at_ms),
    )
    _refuse_first(refusals)


def check_kind(seam: bool, left: Left) -> None:
    """Return if one more impression of its kind is left; otherwise raise PermitRefusedError."""
    _refuse_first(
        (
            (seam and left.seams <= 0, "seams-used-up", "a seam stamp left", left),
            (not seam and left.plain <= 0, "copies-used-up", "more than seam stamps left", left),
        )
    )


def check_standing(
    permit: StandingPermit, at: Moment, operator: str, spent: int, spent_today: int
) -> None:
    """Return if a standing permit allows one more impression; otherwise raise PermitRefusedError.

    Args:
        operator: the account that will press.
        spent, spent_today: impressions under it, ever and on the local day of `at`.
    """
    agreed = (permit.by, permit.released_by)
    _refuse_first(
        (
            (
                permit.released_by in (None, permit.by),
                "permit-draft",
                "a permit released by another person",
                permit.released_by,
            ),
            (operator in agreed, "operator-agreed", f"another than {agreed}", operator),
            (at.at_ms > permit.not_after_ms, "permit-expired", permit.not_after_ms, at.at_ms),
            (spent >= permit.total, "permit-used-up", permit.total, spent),
            (spent_today >= permit.per_day, "permit-day-over", permit.per_day, spent_today),
        )
    )


def check_operator(permit: Warrant, operator: str, person_of: Callable[[str], str]) -> None:
    """Return if an account may press under a permit; otherwise raise PermitRefusedError.

    Who agreed to the use does not make it. Persons are compared, as far as they are known here.

    Args:
        person_of: names the person of an account; one that is unknown stands for itself.
    """
    reason = "operator-agreed" if permit.standing is not None else "operator-approved"
    agreed = tuple(person_of(one) for one in permit.approvers)
    _refuse_first(
        ((person_of(operator) in agreed, reason, f"another than {permit.approvers}", operator),)
    )


def _refuse_first(refusals: tuple[tuple[bool, str, object, object], ...]) -> None:
    for refused, reason, expected, found in refusals:
        if refused:
            raise PermitRefusedError(reason, f"{reason}: expected {expected}, found {found}")
