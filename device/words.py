"""Words: what a person of the township wrote on a request, for the clerk to read.

They are kept only where an answer that this device has received commits to them.
"""

from __future__ import annotations

import structlog

from device.journal import Journal
from ledger import codec, disclosure, envelope
from ledger.disclosure import Opened
from ledger.errors import LedgerError
from ledger.messages import AnswerWords
from ledger.records import Approval, Record, Refusal

log = structlog.get_logger()


def is_words(raw: bytes) -> bool:
    """Tell whether a message says that it brings words; what it is worth is found out later."""
    try:
        return envelope.parse(raw).payload_type == codec.payload_type(AnswerWords.kind)
    except LedgerError:
        return False


def keep_words(journal: Journal, words: AnswerWords) -> bool:
    """Keep words whose answer is here and commits to them; False if they are not believed."""
    answer = journal.received(words.entry)
    body = answer.body if answer is not None else None
    request = _about(body)
    try:
        said = disclosure.commitment(Opened(words.salt, words.value))
    except LedgerError:
        said = ""
    if not request or said != getattr(body, f"{words.name}_commitment", None):
        log.warning("words_not_committed", entry=words.entry)
        return False
    journal.keep_words(request, words.value)
    return True


def forget_words(journal: Journal, entry: str) -> None:
    """Forget the words of an answer: they were erased, or their time is over."""
    answer = journal.received(entry)
    request = _about(answer.body if answer is not None else None)
    if request:
        journal.keep_words(request, "")


def _about(body: Record | None) -> str:
    """Return the request that an answer is about, "" for anything else."""
    match body:
        case Refusal(about=str() as request) | Approval(request=request, decision="refuse"):
            return request
        case _:
            return ""
