"""Confirmations: who may release an impression by its live photo."""

from __future__ import annotations

from gateway.errors import RequestRefusedError
from gateway.stores import DeskReader
from gateway.stores.confirms import AskView
from gateway.stores.views import Account


def may_answer(reader: DeskReader, asked: AskView, account: Account) -> None:
    """Return if this person may release it: one of those who approved, and who does not press.

    Raises:
        RequestRefusedError: `not-your-confirm`.
    """
    request = reader.request(asked.body.request)
    persons = {one.account: one.person for one in reader.accounts()}
    approved = (
        set()
        if request is None
        else {
            persons.get(one.approver, one.approver)
            for one in request.approvals
            if one.decision == "approve"
        }
    )
    operator = persons.get(asked.body.operator, asked.body.operator)
    if account.person not in approved or account.person == operator:
        raise RequestRefusedError(
            "not-your-confirm", f"expected who approved {asked.body.request[:12]}, found another"
        )
