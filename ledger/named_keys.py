"""Named keys: the log's keys that its own entries bring in, for whoever goes on from a bookmark.

They rest on signatures alone: the gateway's under the entry; old key, new key and county under
what it says. So they count before the checkpoint that covers them is judged, which the new key
has signed. Whether the log has only grown is judged afterwards, by the keys that are found here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from msgspec import Struct, structs

from ledger import codec, envelope, keyhistory, logterms, published_keys, trusted_county
from ledger.bookmark import Bookmark
from ledger.errors import LedgerError
from ledger.keystate import KeyHistory
from ledger.logterms import Named
from ledger.mirror import Mirror
from ledger.trusted_heads import Trust, claimed, read_note


class _Stand(Struct, frozen=True):
    """What follows from the entries so far; `start` is the next one of the first log."""

    keys: KeyHistory = KeyHistory()
    named: tuple[Named, ...] = ()
    start: int = 0


def follow(logs: Sequence[Mirror], trust: Trust, bookmark: Bookmark | None) -> tuple[Named, ...]:
    """Return the log's keys that entries with authority bring in; none of a log without founding.

    Args:
        logs: of consecutive years.
        bookmark: where an earlier audit ended, in one of these logs; else all of them are read.

    Raises:
        UnreachableError: files cannot be read.
    """
    heads = [claimed(read_note(one)) for one in logs]
    first = -1
    if bookmark is not None and not bookmark.is_blank:
        first = next((at for at, head in enumerate(heads) if head[0] == bookmark.origin), -1)
    if bookmark is None or first < 0:
        if not logs or not published_keys.is_founded(logs[0], heads[0][1]):
            return ()
        first, stand = 0, _Stand()
    elif bookmark.acts is None:
        return ()
    else:
        stand = _of(bookmark)
    for mirror, (origin, size) in zip(logs[first:], heads[first:], strict=True):
        for index, raw in published_keys.acts_in_log(mirror, stand.start, size):
            with contextlib.suppress(LedgerError):  # a finding when the log is judged
                stand = _after(stand, (origin, index), raw)
        stand = structs.replace(stand, start=0)
    return () if trusted_county.doubt(stand.keys, trust) else stand.named


def _of(bookmark: Bookmark) -> _Stand:
    """Return where a bookmark stands; its entries were judged before it was made."""
    keys = KeyHistory()
    for act in bookmark.acts or ():
        with contextlib.suppress(LedgerError):
            entry = codec.decode_entry(codec.payload_type(act.kind), act.payload)
            keys = keyhistory.advance(structs.replace(keys, size=act.index), act.index, entry)
    return _Stand(keys, bookmark.named, bookmark.size)


def _after(stand: _Stand, place: logterms.Place, raw: bytes) -> _Stand:
    """Return what follows with one more entry about keys.

    Raises:
        LedgerError: it has not the authority that it needs.
    """
    found = envelope.parse(raw)
    entry = codec.decode_entry(found.payload_type, found.payload)
    keys = keyhistory.advance(structs.replace(stand.keys, size=place[1]), place[1], entry)
    keyhistory.check_signature(keys, found, entry)
    record = logterms.names(entry.body)
    named = stand.named if record is None else (*stand.named, Named(place, record))
    return structs.replace(stand, keys=keys, named=named)
