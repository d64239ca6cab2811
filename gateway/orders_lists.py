"""Orders on items lists: one person drafts a new version, another one releases it.

An authority's very first list is entered by the command line alone: the gateway is being set up
and has no accounts yet. Every later version needs two persons, whoever brings the file. The
county may be the second one, and is where a list of a layer above the township's changes.
"""

from __future__ import annotations

from datetime import date

from msgspec import structs

from gateway.book import Book, Done, known_account
from gateway.commands import DraftList, ImportList, ReleaseList
from gateway.desk import access, lists
from gateway.desk.access import Action
from gateway.errors import NotFoundError, RequestRefusedError
from gateway.stores import DeskReader, Transaction
from gateway.stores.office import ListDraftView
from ledger import codec
from ledger.matters import MatterList
from ledger.records import ListRelease
from ledger.records_office import ListDraft

WAITING_DAYS = 30  # a draft that nobody released by then must be drafted again
DAY_MS = 24 * 3600 * 1000


def release_first(book: Book, transaction: Transaction, command: ImportList, now_ms: int) -> Done:
    """Release the first list of an authority under the next version number."""
    check_list(transaction, command.list, command.file)
    if has_release(transaction, command.list):
        raise RequestRefusedError(
            "list-second-person",
            "expected an authority without a list, found one: draft it, and another person "
            "releases it on the console",
        )
    version = _put(book, transaction, command.list, command.file, now_ms, by=command.by)
    return Done(answer=version, lists_changed=True)


def draft(book: Book, transaction: Transaction, command: DraftList, now_ms: int) -> Done:
    """Keep a list and its draft entry; nothing changes until another person releases it."""
    access.require(known_account(transaction, command.by).offices, Action.IMPORT_LIST)
    content = structs.replace(command.list, version=0)
    check_list(transaction, content, command.file)
    body = ListDraft(
        layer=content.layer,
        place=content.place,
        from_date=content.from_date,
        file_sha256=codec.sha256(command.file),
        file_size=len(command.file),
        by=command.by,
    )
    entry = book.append(transaction, body, now_ms)
    transaction.put_list_draft(entry.sha256, command.file, content)
    return Done(answer=entry.index)


def release(book: Book, transaction: Transaction, command: ReleaseList, now_ms: int) -> Done:
    """Put another person's draft in force from its day on; it goes to the machines at once."""
    found = next((one for one in transaction.list_drafts() if one.draft == command.draft), None)
    if found is None or found.version is not None:
        raise NotFoundError("expected a draft of a list that waits, found none")
    if not is_waiting(found, now_ms):
        raise RequestRefusedError(
            "list-draft-stale",
            f"expected a draft of the last {WAITING_DAYS} days, and no release of {found.place} "
            "since: draft it again",
        )
    drafter = transaction.account(found.by)
    releaser = known_account(transaction, command.by)
    if drafter is None or drafter.person == releaser.person:
        raise RequestRefusedError(
            "draft-own", f"expected another person than {found.by} to release it"
        )
    if county_releases(transaction, found) and "county" not in releaser.offices:
        raise RequestRefusedError(
            "list-county",
            f"expected a release by the county for the layer {found.layer}, "
            f"found {command.by}: the county signs in and releases it",
        )
    content = transaction.list_draft_content(found.draft)
    file = transaction.list_file(found.file_sha256)
    if content is None or file is None or codec.sha256(file) != found.file_sha256:
        raise RequestRefusedError("list-missing", "expected the draft's file, found none")
    check_list(transaction, content, file)
    version = _put(
        book, transaction, content, file, now_ms,
        by=found.by, released_by=command.by, draft=found.draft,
    )  # fmt: skip
    return Done(answer=version, lists_changed=True)


def is_waiting(one: ListDraftView, now_ms: int) -> bool:
    """Return whether a draft can still be released."""
    fresh = now_ms - one.drafted_ms <= WAITING_DAYS * DAY_MS
    return one.version is None and not one.overtaken and fresh


def county_releases(reader: DeskReader, one: ListDraftView) -> bool:
    """Return whether only the county may release a draft.

    A list above the township's own is the county's to release, as soon as it has an account here.
    """
    return one.layer != "township" and any("county" in each.offices for each in reader.accounts())


def check_list(reader: DeskReader, content: MatterList, file: bytes) -> None:
    """Return if a list may be drafted or released.

    Raises:
        RequestRefusedError: `list-empty`, `list-place`, `list-date` or `list-same`.
    """
    if not content.matters or not file:
        raise RequestRefusedError("list-empty", "expected at least one item, found none")
    places = {one.places.get(content.layer) for one in reader.villages()}
    if content.place not in places:
        raise RequestRefusedError(
            "list-place",
            f"expected one of {sorted(filter(None, places))} in the layer {content.layer}, found "
            f"{content.place!r}",
        )
    try:
        date.fromisoformat(content.from_date)
    except ValueError as error:
        raise RequestRefusedError(
            "list-date", f"expected a day as YYYY-MM-DD, found {content.from_date!r}"
        ) from error
    standing = standing_list(reader, content)
    if (
        standing is not None
        and standing.from_date == content.from_date
        and not lists.compare(standing, content)
    ):
        raise RequestRefusedError("list-same", "expected a change, found the list as it stands")


def has_release(reader: DeskReader, content: MatterList) -> bool:
    """Return whether the authority ever released a list here, also one whose file was lost."""
    return any((one.layer, one.place) == (content.layer, content.place) for one in reader.lists())


def standing_list(reader: DeskReader, content: MatterList) -> MatterList | None:
    """Return the newest release of the same authority, if there is one."""
    for one in reader.lists():
        if (one.layer, one.place) == (content.layer, content.place):
            return reader.matter_list(one.version)
    return None


def _put(
    book: Book,
    transaction: Transaction,
    said: MatterList,
    file: bytes,
    now_ms: int,
    *,
    by: str,
    released_by: str | None = None,
    draft: str | None = None,
) -> int:
    """Keep a list under the next version number, with its entry; return the number."""
    content = structs.replace(said, version=transaction.list_version() + 1)
    digest = codec.sha256(file)
    transaction.put_list_file(digest, file, content)
    body = ListRelease(
        version=content.version,
        layer=content.layer,
        place=content.place,
        from_date=content.from_date,
        file_sha256=digest,
        file_size=len(file),
        by=by,
        released_by=released_by,
        draft=draft,
    )
    book.append(transaction, body, now_ms)
    return content.version
