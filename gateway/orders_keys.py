"""Orders on keys: let one in or let it take over, with the county; shut one out, at once; and
say who had a one-time code made.

What the county agreed to is judged by the log's own rules before it is appended; an act that
they do not allow changes nothing.
"""

from __future__ import annotations

from msgspec import Struct, structs

from gateway.book import Book, Done
from gateway.commands_keys import AgreeKey, IssueCode, RevokeKey
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.register.keybook import KeyBook
from gateway.stores import Transaction
from gateway.stores.views import StoredEntry
from ledger import envelope, keyacts, keyhistory
from ledger.codec import Payload, decode_entry
from ledger.errors import LedgerError
from ledger.keyacts import Draft, FoundingDraft
from ledger.messages import KeyRecord
from ledger.records import Record
from ledger.records_keys import KeyRevocation
from ledger.records_office import CodeIssue


def agree(
    keys: KeyBook,
    book: Book,
    own: tuple[str, ...],
    transaction: Transaction,
    command: AgreeKey,
    now_ms: int,
) -> Done:
    """Append an enrolment or a rotation that township and county agree to.

    Args:
        own: hashes of the records of the keys that we sign with.
    """
    act = _read(command.draft)
    draft = act.draft
    known = keys.at(transaction)
    if isinstance(draft, FoundingDraft) or not known.founded:
        raise RequestRefusedError(
            "not-founded",
            "expected a log that began with its founding, and an enrolment or rotation for it; "
            "name the founding in the configuration before the first start",
        )
    if draft.log != known.history.log:
        raise RequestRefusedError(
            "other-log",
            f"expected an act for the log {known.history.log[:16]}..., found {draft.log[:16]}...",
        )
    _check_newcomer(act, own, transaction)
    entry = _append(keys, book, transaction, act.body, now_ms)
    _settle(keys, transaction, act.record)
    return Done(answer=entry.index)


class _Act(Struct, frozen=True):
    """A draft with the entry that it becomes, and the key that comes in."""

    draft: Draft
    body: Record
    record: KeyRecord


def _read(raw: bytes) -> _Act:
    try:
        draft = keyacts.decode(raw)
        return _Act(draft, keyacts.body(draft), keyacts.newcomer(draft).record)
    except LedgerError as error:
        raise RequestRefusedError(error.code, str(error)) from error


def _check_newcomer(act: _Act, own: tuple[str, ...], transaction: Transaction) -> None:
    """Return if it is a key that we sign with from now on, or one of a machine of ours."""
    record = act.record
    if record.role in ("gateway", "log") and keyacts.key_hash(act.draft) not in own:
        raise RequestRefusedError(
            "own-key",
            f"expected the {record.role} key that this gateway signs with, found the one that is "
            "to follow: stop the gateway, name the new key and record in the configuration, copy "
            "the record to the trusted keys, then enter-key again and start",
        )
    if record.role == "device" and not transaction.is_machine(record.holder):
        raise NotFoundError(
            f"expected a machine that the configuration names, found {record.holder}"
        )


def _settle(keys: KeyBook, transaction: Transaction, record: KeyRecord) -> None:
    """Give a machine the key that has just entered; a log's key must be its newest by now."""
    known = keys.at(transaction)
    if record.role == "device":
        key = known.history.newest("device", record.holder)
        assert key is not None, "it was appended just now"
        transaction.set_key(record.holder, key.public.keyid, record.epoch, key.sha256)
    elif record.role == "log" and known.log_terms.current != (record,):
        raise RequestRefusedError("own-key", "expected the log's newest key, found an older one")


def issue_code(
    keys: KeyBook, book: Book, transaction: Transaction, command: IssueCode, now_ms: int
) -> Done:
    """Write down who has a one-time code made for which machine; the code itself comes after."""
    if not keys.at(transaction).founded:
        raise RequestRefusedError(
            "not-founded", "expected a log that began with its founding, found one without"
        )
    if not transaction.is_machine(command.machine):
        raise NotFoundError(
            f"expected a machine that the configuration names, found {command.machine[:64]!r}"
        )
    body = CodeIssue(machine=command.machine, hours=command.hours, by=command.by)
    return Done(answer=book.append(transaction, body, now_ms).index)


def revoke(
    keys: KeyBook, book: Book, transaction: Transaction, command: RevokeKey, now_ms: int
) -> Done:
    """End a machine's key: what stands in the log by now stays valid, or less if so ordered."""
    history = keys.at(transaction).history
    key = history.newest("device", command.machine)
    if key is None:
        raise NotFoundError(
            f"expected a machine that was enrolled in the log, found {command.machine}: remove "
            "its record from the trusted folder instead"
        )
    record = key.record
    head = transaction.head("device", record.holder, record.epoch)
    last = command.last_seq if command.last_seq is not None else (head.seq if head else 0)
    body = KeyRevocation(key=key.sha256, last_seq=last, by=command.by, reason=command.reason)
    return Done(answer=_append(keys, book, transaction, body, now_ms).index)


def _append(
    keys: KeyBook, book: Book, transaction: Transaction, body: Record, now_ms: int
) -> StoredEntry:
    """Append an entry about keys, if the log's rules allow it here."""
    history = keys.at(transaction).history
    entry = book.append(transaction, body, now_ms)
    parsed = envelope.parse(entry.envelope)
    payload: Payload = decode_entry(parsed.payload_type, parsed.payload)
    try:
        before = structs.replace(history, size=entry.index)
        after = keyhistory.advance(before, entry.index, payload)
        keyhistory.check_signature(after, parsed, payload)
    except LedgerError as error:
        raise RequestRefusedError(
            f"key-{getattr(error, 'reason', error.code)}", str(error)
        ) from error
    return entry
