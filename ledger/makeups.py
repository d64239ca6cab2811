"""Make-ups: what a faint use and the request that makes up for it have in common. Pure."""

from __future__ import annotations

from msgspec import Struct

from ledger.records import SEAM, SealRequest, SealUse

FAINT = "impression-faint"  # the finding after which a make-up stamp may be asked for


class Kind(Struct, frozen=True, gc=False):
    """Machine, seal and item of an impression, and whether it rides the edges."""

    machine: str
    seal: str
    matter: str
    seam: bool


def of_use(machine: str, body: SealUse) -> Kind | None:
    """Return the kind of a use that may be made up for; None: its mark is not too faint."""
    if FAINT not in body.findings:
        return None
    return Kind(machine, body.seal, body.matter, SEAM in body.flags)


def of_request(machine: str, body: SealRequest) -> Kind:
    """Return the kind of the one impression that a make-up request asks for."""
    return Kind(machine, body.seal, body.matter, bool(body.seams))
