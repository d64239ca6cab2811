"""Emergency permits in a log: released terms, unused codes of two approvers, named items. Pure.

The codes themselves are nowhere in the log; that a machine was told the right ones is its word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ledger.records_permits import EmergencyCodes, EmergencyPermit, EmergencyTerms
from ledger.verify_standing import agreed

Breaches = Iterator[tuple[str, str]]


class EmergencyPermits:
    """Terms, the codes printed under them, and what they opened."""

    def __init__(self) -> None:
        self._drafts: dict[str, EmergencyTerms] = {}
        self._terms: dict[str, EmergencyTerms] = {}
        self._holders: dict[tuple[str, str], str] = {}  # by terms and code
        self._used: Counter[tuple[str, str]] = Counter()
        self._given: Counter[str] = Counter()

    def terms(self, body: EmergencyTerms) -> Breaches:
        """Take a draft, or its release by another account."""
        if body.released_by is None:
            self._drafts.setdefault(body.terms, body)
            return
        yield from agreed(body.terms, self._drafts.get(body.terms), body)
        self._terms.setdefault(body.terms, body)

    def codes(self, body: EmergencyCodes) -> None:
        """Take the names of an approver's codes."""
        for one in body.codes:
            self._holders.setdefault((body.terms, one.code), body.holder)

    def permit(self, machine: str, at_ms: int, body: EmergencyPermit) -> Breaches:
        """Take a permit that a machine gave itself."""
        terms = self._terms.get(body.terms)
        if terms is None:
            yield "approval-missing", f"expected released terms {body.terms}, found none"
            return
        expected = (terms.machine, terms.seal)
        if expected != (machine, body.seal) or body.matter not in terms.matters:
            yield (
                "permit-mismatch",
                (
                    f"expected {expected} for one of {terms.matters}, found {machine}, "
                    f"{body.seal} for {body.matter}"
                ),
            )
        if at_ms > terms.not_after_ms:
            yield "permit-late", f"expected a time up to {terms.not_after_ms}, found {at_ms}"
        if len(set(body.approvers)) < 2 or body.by in body.approvers:
            yield "separation", f"expected two others than {body.by}, found {body.approvers}"
        for code, approver in zip(body.codes, body.approvers, strict=True):
            if self._holders.get((body.terms, code)) != approver:
                yield "approval-missing", f"expected a code of {approver}, found {code}"
            self._used[body.terms, code] += 1
            if self._used[body.terms, code] > 1:
                yield "permit-over", f"expected an unused code, found {code} again"
        self._given[body.terms] += 1
        if self._given[body.terms] > terms.uses or body.impressions > terms.impressions:
            yield (
                "permit-over",
                (
                    f"expected at most {terms.uses} permits of {terms.impressions} impressions "
                    f"under {body.terms}, found {self._given[body.terms]} of {body.impressions}"
                ),
            )
