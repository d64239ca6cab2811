"""Withdrawals: a machine takes back a request for the person who filed it. Pure.

It is a `refusal` of the machine with the reason `withdrawn` and the account in `by`; a machine's
other refusals name nobody there.
"""

from __future__ import annotations

from ledger.records import Refusal

WITHDRAWN = "withdrawn"
FILER_WITHDREW = "filer-withdrew"  # why the gateway revokes the permit of such a request


def withdrawn(body: Refusal) -> str | None:
    """Return the request that a machine's refusal takes back; None: it refuses something else."""
    return body.about if body.reason == WITHDRAWN and body.by is not None else None
