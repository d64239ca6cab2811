"""Emergencies: under which terms two approvers' codes open this machine, and what they did. Pure.

Replayed from the journal like the rest of the book. What lies here are hashes of codes of 80
random bits: nobody who reads this machine can open it by that.
"""

from __future__ import annotations

from msgspec import Struct

from device.errors import PermitRefusedError
from ledger import emergency
from ledger.errors import MalformedError
from ledger.records import Record, SealRequest
from ledger.records_permits import EmergencyCodes, EmergencyPermit, EmergencyTerms

WRONG = "emergency-code-wrong"


class Known(Struct, frozen=True):
    """A code that was typed: its name, and the account that holds it."""

    code: str
    holder: str


class Emergencies:
    """Terms, hashes of codes, and the emergency permits of this machine."""

    def __init__(self) -> None:
        self.terms: dict[str, EmergencyTerms] = {}
        self.permits: dict[str, EmergencyPermit] = {}
        self._series: dict[str, EmergencyCodes] = {}
        self._by_request: dict[str, EmergencyPermit] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Emergencies) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def hear(self, body: Record) -> None:
        """Take over what the gateway says."""
        if isinstance(body, EmergencyTerms) and body.released_by not in (None, body.by):
            self.terms.setdefault(body.terms, body)
        elif isinstance(body, EmergencyCodes):
            self._series.setdefault(body.series, body)

    def apply(self, body: EmergencyPermit) -> None:
        """Take over a permit that this machine gave itself."""
        self.permits[body.permit] = body
        self._by_request[body.request] = body

    def permit_of(self, request: str) -> EmergencyPermit | None:
        """Return the emergency permit of a request."""
        return self._by_request.get(request)

    def left(self, terms: EmergencyTerms) -> int:
        """Return how many more emergency permits these terms allow."""
        return terms.uses - sum(one.terms == terms.terms for one in self.permits.values())

    def holders(self, terms: EmergencyTerms) -> frozenset[str]:
        """Return the approvers who have printed codes for these terms."""
        return frozenset(one.holder for one in self._series.values() if one.terms == terms.terms)

    def check_terms(
        self, terms: EmergencyTerms, request: SealRequest, revoked: bool, now_ms: int
    ) -> None:
        """Return if these terms can open the machine for a request now.

        Raises:
            PermitRefusedError: with the reason.
        """
        refusals = (
            (revoked, "emergency-stopped", "terms in force", "stopped ones"),
            (terms.seal != request.seal, "wrong-seal", terms.seal, request.seal),
            (
                request.matter not in terms.matters,
                "emergency-unlisted",
                terms.matters,
                request.matter,
            ),
            (
                request.copies > terms.impressions,
                "emergency-copies",
                terms.impressions,
                request.copies,
            ),
            (now_ms > terms.not_after_ms, "emergency-expired", terms.not_after_ms, now_ms),
            (self.left(terms) <= 0, "emergency-used-up", terms.uses, terms.uses),
        )
        for refused, reason, expected, found in refusals:
            if refused:
                raise PermitRefusedError(reason, f"{reason}: expected {expected}, found {found}")

    def check_codes(
        self, terms: EmergencyTerms, typed: tuple[str, str], asking: frozenset[str]
    ) -> tuple[Known, Known]:
        """Return whose codes these are, if they are unused ones of two approvers.

        Args:
            asking: accounts that ask or press; none of them approves.

        Raises:
            PermitRefusedError: `emergency-code-wrong` where at least one is no code of these terms.
        """
        found = tuple(self._known(terms, one) for one in typed)
        first, second = found
        if first is None or second is None:
            place = 1 if first is None else 2
            raise PermitRefusedError(WRONG, f"expected a code of these terms, found none: {place}")
        used = {code for one in self.permits.values() for code in one.codes}
        if {first.code, second.code} & used:
            raise PermitRefusedError(
                "emergency-code-used", "expected unused codes, found a used one"
            )
        if first.holder == second.holder:
            raise PermitRefusedError(
                "emergency-same-approver", f"expected two approvers, found {first.holder} twice"
            )
        if {first.holder, second.holder} & asking:
            raise PermitRefusedError(
                "emergency-own", "expected approvers who neither ask nor press, found one who does"
            )
        return first, second

    def _known(self, terms: EmergencyTerms, typed: str) -> Known | None:
        for one in self._series.values():
            if one.terms != terms.terms:
                continue
            try:
                wanted = emergency.sha256_of(typed, terms.terms, one.holder)
            except MalformedError:
                return None
            for code in one.codes:
                if code.sha256 == wanted:
                    return Known(code.code, one.holder)
        return None
