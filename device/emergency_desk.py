"""Emergency desk: gives an emergency permit for two right codes; a wrong one makes everybody wait.

A try is counted on the disk before the codes are looked at, so that neither a restart nor a power
cut gives it back. Whatever is refused is a signed entry; what is given is one before it counts.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import NoReturn

import structlog

from device.book import Filed
from device.emergencies import WRONG, Known
from device.errors import JournalError, PermitRefusedError, RequestRefusedError
from device.kiosk.port import EmergencyView, GrantEmergency
from device.recorder import Recorder
from ledger import disclosure
from ledger.disclosure import Opened
from ledger.records import Refusal
from ledger.records_permits import EmergencyPermit, EmergencyTerms

log = structlog.get_logger()

TRIES_KEY = "emergency-tries"
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 3600.0
VALID_MS = 24 * 3600 * 1000  # an emergency permit, from when it was given
REASONS = ("disaster", "medical", "funeral", "deadline", "other")
LONGEST_WORDS = 200


class EmergencyDesk:
    """Belongs to the agent's loop.

    Args:
        now_s: monotonic seconds.
    """

    def __init__(self, recorder: Recorder, now_s: Callable[[], float]) -> None:
        self._recorder, self._now_s = recorder, now_s
        self._journal, self._book = recorder.journal, recorder.journal.book
        self._wrong = int(self._journal.get(TRIES_KEY) or b"0")
        self._open_at_s = now_s() + _wait_s(self._wrong)

    def wait_s(self) -> int:
        """Return for how many more seconds no code is looked at, after wrong ones."""
        return max(0, round(self._open_at_s - self._now_s()))

    def views(self) -> tuple[EmergencyView, ...]:
        """Return the terms in force with what is left of them."""
        now_ms = self._recorder.clock.read_for_permits()[0]
        known = self._book.emergencies
        return tuple(
            EmergencyView(
                terms=one.terms,
                seal=one.seal,
                matters=one.matters,
                left=known.left(one),
                impressions=one.impressions,
                not_after_ms=one.not_after_ms,
            )
            for one in known.terms.values()
            if one.terms not in self._book.revoked
            and now_ms <= one.not_after_ms
            and known.left(one) > 0
            and len(known.holders(one)) > 1
        )

    def grant(self, asked: GrantEmergency) -> None:
        """Give a filed request an emergency permit.

        Raises:
            RequestRefusedError: the form is incomplete, or the request needs none.
            PermitRefusedError: it is refused, and that is journaled.
            JournalError: it could not be journaled; nothing is given.
        """
        filed = self._filed(asked)
        terms = self._terms(asked, filed)
        if self.wait_s():
            self._refuse(asked, filed, terms, "emergency-wait")
        self._count(self._wrong + 1)
        book = self._book
        asking = {asked.by, filed.request.filed_by, filed.request.applicant_account or asked.by}
        now_ms = self._recorder.clock.read_for_permits()[0]
        try:
            revoked = terms.terms in book.revoked
            book.emergencies.check_terms(terms, filed.request, revoked, now_ms)
            both = book.emergencies.check_codes(terms, asked.codes, frozenset(asking))
        except PermitRefusedError as error:
            if error.reason != WRONG:
                self._count(self._wrong - 1)
            self._refuse(asked, filed, terms, error.reason)
        body, withheld = _permit(asked, filed, terms, both, now_ms)
        self._recorder.append(body, withheld=withheld, keep={TRIES_KEY: b"0"})
        self._wrong, self._open_at_s = 0, self._now_s()
        log.warning("emergency_permit_given", permit=body.permit, terms=body.terms)

    def _filed(self, asked: GrantEmergency) -> Filed:
        filed = self._book.filed.get(asked.request)
        words = asked.words.strip()
        if asked.reason not in REASONS or not 1 <= len(words) <= LONGEST_WORDS:
            raise RequestRefusedError("emergency-reason", "expected a reason in words, found none")
        if filed is None or filed.refused or self._book.warrant_of(asked.request) is not None:
            raise RequestRefusedError("emergency-needless", "expected a request that still waits")
        return filed

    def _terms(self, asked: GrantEmergency, filed: Filed) -> EmergencyTerms:
        """Return the terms for an item: the newest ones that name it."""
        known = tuple(self._book.emergencies.terms.values())
        wanted = (filed.request.seal, filed.request.matter)
        listed = [one for one in known if one.seal == wanted[0] and wanted[1] in one.matters]
        if not listed:
            self._refuse(asked, filed, None, "emergency-unlisted" if known else "emergency-none")
        return listed[-1]

    def _count(self, wrong: int) -> None:
        self._journal.put(TRIES_KEY, b"%d" % wrong)
        self._wrong, self._open_at_s = wrong, self._now_s() + _wait_s(wrong)

    def _refuse(
        self, asked: GrantEmergency, filed: Filed, terms: EmergencyTerms | None, reason: str
    ) -> NoReturn:
        """Journal a refusal and raise it; it names no request, which goes on waiting."""
        refusal = Refusal(
            about=None,
            permit=None if terms is None else terms.terms,
            matter=filed.request.matter,
            seal=filed.request.seal,
            reason=reason,
            list_version=filed.request.list_version,
            filed_by=asked.by,
            text_commitment=None,
        )
        try:
            self._recorder.append(refusal)
        except JournalError as error:
            log.error("refusal_not_written", reason=reason, why=str(error))
        raise PermitRefusedError(reason, f"{reason}: expected two approvers' codes for this item")


def _permit(
    asked: GrantEmergency,
    filed: Filed,
    terms: EmergencyTerms,
    both: tuple[Known, Known],
    now_ms: int,
) -> tuple[EmergencyPermit, dict[str, Opened]]:
    """Return the permit that these two codes give, and what opens what it withholds."""
    fields, withheld = disclosure.withhold({"reason": asked.words.strip()})
    first, second = both
    permit = EmergencyPermit(
        permit=f"x-{secrets.token_hex(8)}",
        terms=terms.terms,
        request=filed.sha256,
        seal=filed.request.seal,
        matter=filed.request.matter,
        list_version=filed.request.list_version,
        impressions=filed.request.copies,
        not_after_ms=min(now_ms + VALID_MS, terms.not_after_ms),
        approvers=(first.holder, second.holder),
        codes=(first.code, second.code),
        by=asked.by,
        reason=asked.reason,
        **fields,
    )
    return permit, withheld


def _wait_s(wrong: int) -> float:
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(wrong - 1, 10)) if wrong > 0 else 0.0
