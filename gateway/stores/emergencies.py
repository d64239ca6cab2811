"""Emergencies: what the store tells of terms, printed codes and what they opened."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from gateway.stores.views import StoredEntry
from ledger.records_permits import EmergencyPermit, EmergencyTerms


class TermsView(Struct, frozen=True, kw_only=True):
    """Terms with all that followed; `release` None: a draft, `stopped` None: not stopped.

    Args:
        body: of the draft; the release says the same.
        printed: approvers' accounts with the names of their codes, the first printed first.
        codes: the entries that carry the hashes.
        given: the emergency permits under them, oldest first.
    """

    body: EmergencyTerms
    drafted: StoredEntry
    release: StoredEntry | None
    stopped: StoredEntry | None
    printed: tuple[tuple[str, tuple[str, ...]], ...]
    codes: tuple[StoredEntry, ...]
    given: tuple[tuple[StoredEntry, EmergencyPermit], ...]

    @property
    def released_by(self) -> str | None:
        """Who released them."""
        body = None if self.release is None else self.release.body
        return body.released_by if isinstance(body, EmergencyTerms) else None

    def holds(self, now_ms: int) -> bool:
        """Whether they can open a machine, were both codes there."""
        return (
            self.release is not None and self.stopped is None and now_ms <= self.body.not_after_ms
        )

    def used(self) -> frozenset[str]:
        """Return the names of the codes that were used."""
        return frozenset(code for _, body in self.given for code in body.codes)


class EmergencyReader(Protocol):
    """Emergency terms."""

    def emergency_terms(self) -> tuple[TermsView, ...]:
        """Return every draft, released or not, newest first."""
        ...
