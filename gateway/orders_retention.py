"""Orders on retention: one person asks, another confirms, each with an entry; then it is erased."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from msgspec import Struct

from gateway.book import Book, Done, known_account
from gateway.commands import AskDue, AskErasure, AskPolicy, ConfirmErasure, ConfirmPolicy
from gateway.desk import retention
from gateway.desk.retention import ASKED_DAYS, DAY_MS
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.register import erasing
from gateway.stores import Transaction
from gateway.stores.erasures import KEPT_KINDS, ErasureView
from gateway.stores.views import StoredEntry
from ledger.records_retention import Cause, Erasure, RetentionPolicy, What

MOST_IN_ONE = 256  # entries that one entry of the log may name
MOST_AT_ONCE = 500  # entries of a month in one order (about 1 s); the next order takes more


class _Wish(Struct, frozen=True):
    """What somebody wants erased of an entry, and why."""

    entry: StoredEntry
    what: What
    cause: Cause


def ask_policy(book: Book, transaction: Transaction, command: AskPolicy, now_ms: int) -> Done:
    """Ask for other years; nothing changes until another person confirms."""
    kept = retention.years(transaction.policy())
    if (kept.openings, kept.photos) == (command.openings_years, command.photos_years):
        raise RequestRefusedError("policy-same", f"expected other years than {kept}")
    body = RetentionPolicy(
        openings_years=command.openings_years,
        photos_years=command.photos_years,
        step="asked",
        asked=None,
        by=command.by,
    )
    return Done(answer=book.append(transaction, body, now_ms).index)


def confirm_policy(
    book: Book, transaction: Transaction, command: ConfirmPolicy, now_ms: int
) -> Done:
    """Set the years that another person asked for."""
    found = [one for one in transaction.asked_policies() if one.sha256 == command.asked]
    if not found:
        raise NotFoundError(f"expected a policy that was asked for, found none: {command.asked}")
    asked = found[0].body
    assert isinstance(asked, RetentionPolicy)
    _check_confirmation(transaction, asked.by, found[0].received_ms, command.by, now_ms)
    body = RetentionPolicy(
        openings_years=asked.openings_years,
        photos_years=asked.photos_years,
        step="done",
        asked=command.asked,
        by=command.by,
    )
    return Done(answer=book.append(transaction, body, now_ms).index)


def ask(book: Book, transaction: Transaction, command: AskErasure, now_ms: int) -> Done:
    """Ask for an entry's values or photos to be erased, or those of its whole affair."""
    entry = transaction.entry(command.entry)
    if entry is None:
        raise NotFoundError(f"expected an entry, found none with hash {command.entry[:64]}")
    affair = transaction.affair(entry.sha256) if command.whole else (entry,)
    targets = [
        one
        for one in affair
        if _lies_here(transaction, one.sha256, command.what)
        and (one.kind not in KEPT_KINDS or not command.whole)
    ]
    if not targets:
        raise RequestRefusedError(
            "nothing-to-erase", f"expected {command.what} of entry {entry.index}, found none here"
        )
    for one in targets:
        wish = _Wish(one, command.what, command.cause)
        reason = _why_not(transaction, wish, now_ms) or _asked_already(transaction, wish, now_ms)
        if reason is not None:
            raise _refused(reason, one)
    names = [one.sha256 for one in targets]
    _append(book, transaction, names, command.what, command, now_ms)
    return Done(answer=len(names))


def ask_due(
    book: Book,
    transaction: Transaction,
    command: AskDue,
    now_ms: int,
    most: int = MOST_AT_ONCE,
) -> Done:
    """Ask for what is due of a month and not needed, at most `most`, in as few entries as fit."""
    chosen: dict[What, list[str]] = {"opening": [], "photos": [], "both": []}
    for wish in itertools.islice(_due_wishes(transaction, command.month, now_ms), most):
        chosen[wish.what].append(wish.entry.sha256)
    if not any(chosen.values()):
        raise RequestRefusedError(
            "nothing-due", f"expected something of {command.month} to ask for, found none"
        )
    for what, names in chosen.items():
        _append(book, transaction, names, what, command, now_ms)
    return Done(answer=sum(map(len, chosen.values())))


def _due_wishes(transaction: Transaction, month: str, now_ms: int) -> Iterator[_Wish]:
    """Yield what is due of a month, not asked for yet, and not needed."""
    limits = retention.cutoffs(retention.years(transaction.policy()), now_ms)
    before = (limits.openings_before_ms, limits.photos_before_ms)
    after = -1
    while rows := transaction.due(*before, month, after, MOST_IN_ONE):
        after = rows[-1].index
        for row in rows:
            entry = transaction.entry(row.index)
            assert entry is not None, f"row {row.index} is due and not in the log"
            wish = _Wish(entry, retention.what_is_due(row), "retention")
            if not _asked_already(transaction, wish, now_ms) and not _why_not(
                transaction, wish, now_ms
            ):
                yield wish


def confirm(book: Book, transaction: Transaction, command: ConfirmErasure, now_ms: int) -> Done:
    """Confirm what another person asked for, and erase it; what is needed by now is left out."""
    asked = transaction.erasure(command.asked)
    if asked is None:
        raise NotFoundError(f"expected an erasure that was asked for: {command.asked[:64]}")
    if asked.done_index is not None:
        raise RequestRefusedError("erased-already", f"entry {asked.done_index} confirmed it")
    _check_confirmation(transaction, asked.asked_by, asked.asked_ms, command.by, now_ms)
    targets = _still_free(transaction, asked, now_ms)
    body = Erasure(
        entries=targets,
        what=asked.what,
        cause=asked.cause,
        step="done",
        asked=asked.asked,
        by=command.by,
    )
    entry = book.append(transaction, body, now_ms)
    erasing.erase(transaction, targets, asked.what, now_ms)
    texts = targets if asked.what != "photos" else ()
    letters = book.words_erased(transaction, texts, now_ms)
    return Done(answer=entry.index, erased=True, letters=letters)


def _still_free(transaction: Transaction, asked: ErasureView, now_ms: int) -> tuple[str, ...]:
    """Return what may be erased of what was asked for.

    Raises:
        RequestRefusedError: nothing of it; with the reason of the first.
    """
    free: list[str] = []
    refusals: list[RequestRefusedError] = []
    for target in asked.targets:
        entry = transaction.entry(target)
        if entry is None:
            raise NotFoundError(f"expected the entry {target}, found none")
        reason = _why_not(transaction, _Wish(entry, asked.what, asked.cause), now_ms)
        if reason is None:
            free.append(target)
        else:
            refusals.append(_refused(reason, entry))
    if not free:
        raise refusals[0]
    return tuple(free)


def _append(
    book: Book,
    transaction: Transaction,
    targets: list[str],
    what: What,
    command: AskErasure | AskDue,
    now_ms: int,
) -> None:
    """Ask for these, in as few entries of the log as they fit into."""
    for start in range(0, len(targets), MOST_IN_ONE):
        body = Erasure(
            entries=tuple(sorted(targets[start : start + MOST_IN_ONE])),
            what=what,
            cause=command.cause if isinstance(command, AskErasure) else "retention",
            step="asked",
            asked=None,
            by=command.by,
        )
        book.append(transaction, body, now_ms)


def _check_confirmation(
    transaction: Transaction, asked_by: str, asked_ms: int, by: str, now_ms: int
) -> None:
    retention.check_second(transaction.account(asked_by), known_account(transaction, by))
    if now_ms - asked_ms > ASKED_DAYS * DAY_MS:
        raise RequestRefusedError(
            "asked-too-long-ago", f"expected a question of the last {ASKED_DAYS} days"
        )


def _lies_here(transaction: Transaction, sha256: str, what: What) -> bool:
    opening = transaction.opening(sha256)
    if what != "photos" and opening is not None and opening.values is not None:
        return True
    return what != "opening" and any(one.erased_ms is None for one in transaction.photos(sha256))


def _why_not(transaction: Transaction, wish: _Wish, now_ms: int) -> str | None:
    limits = retention.cutoffs(retention.years(transaction.policy()), now_ms)
    if wish.cause == "retention" and not retention.is_due(wish.entry, wish.what, limits):
        return "not-due"
    return retention.needed_for(transaction, wish.entry, wish.what, now_ms)


def _asked_already(transaction: Transaction, wish: _Wish, now_ms: int) -> str | None:
    """Return a reason if somebody asked for the same and it still waits for another person."""
    for known in transaction.erasures(wish.entry.sha256):
        waits = known.done_index is None and now_ms - known.asked_ms <= ASKED_DAYS * DAY_MS
        if waits and known.what in (wish.what, "both"):
            return "asked-already"
    return None


def _refused(reason: str, entry: StoredEntry) -> RequestRefusedError:
    return RequestRefusedError(
        reason, f"expected entry {entry.index} free to be erased, found {reason}"
    )
