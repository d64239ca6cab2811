"""Make-up stamps in a log: each for one use that was too faint, of its own kind, and once. Pure.

A request that names another use is its machine's mistake alone; the log is unsound where a permit
is given for it, or where a second request makes an impression for the same use.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger import makeups
from ledger.makeups import Kind
from ledger.records import Intent, SealRequest, SealUse

Breaches = Iterator[tuple[str, str]]
_CODE = "makeup-unfit"


class MakeUps:
    """Every faint use, and the requests that make up for one."""

    def __init__(self) -> None:
        self._faint: dict[str, Kind] = {}
        self._asked: dict[str, str] = {}  # the use that a request makes up for
        self._unfit: set[str] = set()  # requests
        self._permits: dict[str, str] = {}  # the request of a permit, where it is a make-up
        self._made: dict[str, dict[str, str]] = {}  # by use: intents, and the request of each
        self._intents: dict[str, str] = {}  # the use that an intent makes up for

    def use(self, sha256: str, author: str, body: SealUse) -> None:
        """Take a use."""
        if kind := makeups.of_use(author, body):
            self._faint[sha256] = kind

    def request(self, sha256: str, author: str, body: SealRequest, *, complete: bool) -> None:
        """Take a request of a machine; `complete` as in `ledger.verify_permits.Permits`."""
        if not isinstance(body.makes_up, str):
            return
        self._asked[sha256] = body.makes_up
        first = self._faint.get(body.makes_up)
        elsewhere = first is None and not complete
        if not elsewhere and first != makeups.of_request(author, body):
            self._unfit.add(sha256)

    def permit(self, permit: str, request: str) -> Breaches:
        """Take a permit, or an emergency permit, of a request."""
        if request not in self._asked:
            return
        self._permits[permit] = request
        if request in self._unfit:
            yield _CODE, f"expected a faint use of its kind, found {self._asked[request]}"

    def intent(self, sha256: str, body: Intent) -> Breaches:
        """Take an impression that is reserved."""
        request = self._permits.get(body.permit)
        if request is None:
            return
        use = self._asked[request]
        made = self._made.setdefault(use, {})
        if set(made.values()) - {request}:
            yield _CODE, f"expected one request to make up for {use}, found {request} besides"
        made[sha256] = request
        self._intents[sha256] = use

    def voided(self, intent: str) -> None:
        """Take note that an intent made no impression."""
        use = self._intents.pop(intent, None)
        if use is not None:
            self._made[use].pop(intent)
