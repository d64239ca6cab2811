"""Withdrawals: what follows where a machine takes back a request for the person who filed it.

The request is settled where it is projected; here the permit ends that it has been given.
"""

from __future__ import annotations

from gateway.desk import permits
from gateway.register.log import GatewayLog
from gateway.stores import Transaction
from gateway.stores.views import PermitView, StoredEntry
from ledger.records import Refusal, Revocation
from ledger.withdrawals import FILER_WITHDREW, withdrawn


def revoke(
    transaction: Transaction, log: GatewayLog, entry: StoredEntry, now_ms: int
) -> tuple[PermitView, StoredEntry] | None:
    """Append the revocation of the own permit of a request that this entry takes back.

    None: it takes none of its machine's requests back, or there is no permit in force. A standing
    permit stays: it serves other requests.
    """
    body = entry.body
    about = withdrawn(body) if isinstance(body, Refusal) else None
    request = None if about is None else transaction.request(about)
    if request is None or request.machine != entry.machine or request.permit is None:
        return None
    permit = transaction.permit(request.permit)
    if permit is None or permit.request != about or permits.has_ended(permit, now_ms):
        return None
    assert isinstance(body, Refusal) and body.by is not None
    revocation = Revocation(
        permit=permit.permit, machine=permit.machine, by=body.by, reason=FILER_WITHDREW
    )
    return permit, log.append(transaction, revocation, now_ms)
