"""Orders about the office's own papers: what leaves the house as a file is an entry."""

from __future__ import annotations

from msgspec import structs

from gateway.book import Book, Done
from gateway.commands import NoteExport
from gateway.stores import Transaction


def note_export(book: Book, transaction: Transaction, command: NoteExport, now_ms: int) -> Done:
    """Enter who takes what away; the account is the one that orders, whatever the body says."""
    body = structs.replace(command.body, by=command.by)
    return Done(answer=book.append(transaction, body, now_ms).index)
