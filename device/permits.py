"""Permits: may this machine open now, for this seal, this matter, this many impressions? Pure."""

from __future__ import annotations

from msgspec import Struct

from device.errors import PermitRefusedError
from ledger.custody import Standing
from ledger.records import Permit


class Moment(Struct, frozen=True, kw_only=True):
    """What is about to be done: where, with which seal, for which request, when (UTC ms).

    `proved` says whether the time is known to be right.
    """

    machine: str
    seal: str
    request: str
    at_ms: int
    proved: bool


def check_custody(standing: Standing) -> None:
    """Return if the seal is in its machine and the hatch shut, as its entries say.

    Raises:
        PermitRefusedError: it is out, handled, removed, lost or void.
    """
    if standing.trouble:
        raise PermitRefusedError(
            standing.trouble, f"expected the seal in its machine, found {standing.trouble}"
        )


def check(permit: Permit, at: Moment, spent: int, revoked: bool) -> None:
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
    for refused, reason, expected, found in refusals:
        if refused:
            raise PermitRefusedError(reason, f"{reason}: expected {expected}, found {found}")
