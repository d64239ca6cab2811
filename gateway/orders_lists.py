"""Orders on items lists: release a new version of an authority's list."""

from __future__ import annotations

from datetime import date

from msgspec import structs

from gateway.book import Book, Done
from gateway.commands import ImportList
from gateway.desk import lists
from gateway.errors import RequestRefusedError
from gateway.stores import DeskReader, Transaction
from ledger import codec
from ledger.matters import MatterList
from ledger.records import ListRelease


def release(book: Book, transaction: Transaction, command: ImportList, now_ms: int) -> Done:
    """Release a list under the next version number."""
    content = structs.replace(command.list, version=transaction.list_version() + 1)
    check_list(transaction, content, command.file)
    digest = codec.sha256(command.file)
    transaction.put_list_file(digest, command.file, content)
    body = ListRelease(
        version=content.version,
        layer=content.layer,
        place=content.place,
        from_date=content.from_date,
        file_sha256=digest,
        file_size=len(command.file),
        by=command.by,
    )
    book.append(transaction, body, now_ms)
    return Done(answer=content.version, lists_changed=True)


def check_list(reader: DeskReader, content: MatterList, file: bytes) -> None:
    """Return if a list may be released.

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


def standing_list(reader: DeskReader, content: MatterList) -> MatterList | None:
    """Return the newest release of the same authority, if there is one."""
    for one in reader.lists():
        if (one.layer, one.place) == (content.layer, content.place):
            return reader.matter_list(one.version)
    return None
