"""Confirmations in a log: each impression was released once, for its photo and kind. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ledger.records import SEAM, Intent, Permit, SealRequest
from ledger.records_confirms import Form, ImpressionAsk, ImpressionConfirm, form_of

Breaches = Iterator[tuple[str, str]]


class _Release(Struct, gc=False):
    """What was released: until when, and which kind (None: what asked is not at hand)."""

    not_after_ms: int
    form: Form | None


class Confirms:
    """Permits whose impressions are released one by one, and the releases not used yet."""

    def __init__(self) -> None:
        self._asking: dict[str, str] = {}  # permit, its request
        self._making_up: set[str] = set()  # requests
        self._forms: dict[str, Form] = {}  # by the entry that asked
        self._released: dict[tuple[str, int, str], _Release] = {}  # permit, n, photo

    def request(self, sha256: str, body: SealRequest) -> None:
        """Take a request."""
        if isinstance(body.makes_up, str):
            self._making_up.add(sha256)

    def permit(self, body: Permit) -> None:
        """Take a permit."""
        if body.confirm is not None:
            self._asking[body.permit] = body.request

    def ask(self, sha256: str, body: ImpressionAsk) -> None:
        """Take what a machine asks an approver to look at."""
        self._forms[sha256] = body.form

    def confirm(
        self, body: ImpressionConfirm, approvers: tuple[str, ...], *, complete: bool
    ) -> Breaches:
        """Take an approver's answer.

        Args:
            complete: what asked cannot stand in a log that is not at hand.
        """
        if body.by not in approvers:
            yield "separation", f"expected one of {approvers} to release, found {body.by}"
        form = self._forms.pop(body.ask, None)
        if form is None and complete:
            yield "approval-missing", f"expected an entry that asks for it, found none: {body.ask}"
        elif body.decision == "release":
            self._released[body.permit, body.n, body.photo] = _Release(body.not_after_ms, form)

    def intent(self, at_ms: int, body: Intent) -> Breaches:
        """Take an impression that is reserved."""
        request = self._asking.get(body.permit)
        if request is None:
            return
        release = self._released.pop((body.permit, body.n, body.page), None)
        if release is None or at_ms > release.not_after_ms:
            yield (
                "approval-missing",
                f"expected impression {body.n} of {body.permit} released for its photo, found none",
            )
            return
        form = form_of(seam=SEAM in body.flags, makes_up=request in self._making_up)
        if release.form not in (None, form):
            yield (
                "approval-missing",
                f"expected impression {body.n} of {body.permit} released as {form}, "
                f"found {release.form}",
            )
