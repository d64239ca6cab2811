"""Screening: a new request is compared with the list in force in its village, at once."""

from __future__ import annotations

from gateway.desk import makeups, requests
from gateway.register.log import GatewayLog, Letter
from gateway.stores import DeskReader, Transaction
from gateway.stores.calendar import local_date
from gateway.stores.views import StoredEntry
from ledger.matters import Answer, look_up
from ledger.records import Refusal, SealRequest
from ledger.topics import Leaf, Topic

ANSWER_DAYS = 30  # how long an answer stays at the broker for a machine that is away
_DAY_MS = 24 * 3600 * 1000


def list_answer(reader: DeskReader, machine: str, matter: str, version: int, now_ms: int) -> Answer:
    """Return what the list in force says of an item in a machine's village.

    `version` is the one that the item was picked from: its code may since belong to no item,
    because another authority's list decides on the same name now.
    """
    known = reader.machine(machine)
    village = "" if known is None else known.village
    today = local_date(now_ms)
    matters = reader.matters(village, today)
    answer = look_up(matters, matter)
    if answer.matter is None:
        picked = look_up(reader.matters(village, today, version), matter).matter
        answer = answer if picked is None else look_up(matters, picked.name)
    return answer


def refuse(
    transaction: Transaction,
    log: GatewayLog,
    entry: StoredEntry,
    request: SealRequest,
    now_ms: int,
) -> StoredEntry | None:
    """Append the refusal of a request that the list does not allow; None: it may go on."""
    known = transaction.machine(entry.machine)
    answer = list_answer(transaction, entry.machine, request.matter, request.list_version, now_ms)
    reason = requests.refusal(request, () if known is None else known.seals, answer)
    if reason is None and makeups.unfit(transaction, entry, request):
        reason = "makeup-unfit"
    if reason is None:
        return None
    body = Refusal(
        about=entry.sha256,
        permit=None,
        matter=request.matter,
        seal=request.seal,
        reason=reason,
        list_version=transaction.list_version(),
        filed_by=request.filed_by,
        text_commitment=None,
    )
    return log.append(transaction, body, now_ms)


def answer(township: str, machine: str, about: str, entry: StoredEntry, now_ms: int) -> Letter:
    """Return the retained answer to an entry: a Refusal, an Approval or a HoldRelease."""
    topic = Topic(township, machine, Leaf.ANSWER, (about,))
    return Letter(topic=str(topic), payload=entry.envelope, until_ms=now_ms + ANSWER_DAYS * _DAY_MS)
