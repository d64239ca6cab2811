"""Searching: words that people type, and what somebody did, as conditions on the log.

Opened values are read where they lie, so nothing of them is copied into an index: what is erased
cannot be found any more. A word is found in a value whole, not in its salt or the field's name.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

_OPENED = (
    "EXISTS (SELECT 1 FROM entries x JOIN openings o ON o.payload_sha256 = x.sha256,"
    " json_each(o.data, '$.values') v WHERE x.idx = f.idx{bytes} AND v.key != 'pages'"
    " AND instr(lower(json_extract(v.value, '$.value')), ?))"
)
_WITHHOLDING = "'case', 'alert-answer'"  # kinds that say who acted in what is opened alone
_ACTED = (
    "EXISTS (SELECT 1 FROM entries x JOIN openings o ON o.payload_sha256 = x.sha256,"
    " json_each(o.data, '$.values') v WHERE x.idx = f.idx AND v.key = 'by'"
    " AND json_extract(v.value, '$.value') = ?)"
)
_BYTES = " AND instr(o.data, CAST(? AS BLOB))"  # tells most openings apart before they are parsed


class Word(Struct, frozen=True, kw_only=True):
    """One word and what it may stand for; the entry matches by any of it.

    Args:
        text: in lower case; searched for in opened values, permits' ids and entries' hashes.
        index: of an entry, if the word is a number.
        matters, machines, accounts: whose names contain it.
    """

    text: str
    index: int | None = None
    matters: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


class Search(Struct, frozen=True, kw_only=True):
    """Words that must all match.

    Args:
        opened: look into opened values; `opened_machines` limits that to these, None: all.
    """

    words: tuple[Word, ...]
    opened: bool
    opened_machines: tuple[str, ...] | None = None


class Acts(Struct, frozen=True, kw_only=True):
    """What an account did: entries that name it as who acted, in the open or in opened values.

    Args:
        opened, opened_machines: as in `Search`.
    """

    account: str
    opened: bool
    opened_machines: tuple[str, ...] | None = None


def of_account(acts: Acts) -> tuple[str, list[object]]:
    """Return a condition in SQL on `facets f`, with its values."""
    named = "f.idx IN (SELECT idx FROM actors WHERE account = ?)"
    if not acts.opened:
        return named, [acts.account]
    limited = acts.opened_machines is not None
    only = " AND f.machine IN (SELECT value FROM json_each(?))" if limited else ""
    where: list[object] = [_names(acts.opened_machines or ())] if limited else []
    values: list[object] = [acts.account, *where, acts.account]
    return f"({named} OR (f.kind IN ({_WITHHOLDING}){only} AND {_ACTED}))", values


def conditions(search: Search) -> tuple[list[str], list[object]]:
    """Return SQL on `facets f`, with its values."""
    found: list[str] = []
    values: list[object] = []
    for word in search.words:
        parts, given = _parts(word, search)
        found.append(f"({' OR '.join(parts)})")
        values += given
    return found, values


def _parts(word: Word, search: Search) -> tuple[list[str], list[object]]:
    parts = [
        "f.matter IN (SELECT value FROM json_each(?))",
        "f.machine IN (SELECT value FROM json_each(?))",
        "f.idx IN (SELECT idx FROM actors WHERE account IN (SELECT value FROM json_each(?)))",
        "f.permit = ?",
    ]
    values: list[object] = [_names(word.matters), _names(word.machines), _names(word.accounts)]
    values.append(word.text)
    if word.index is not None:
        parts.append("f.idx = ?")
        values.append(word.index)
    if len(word.text) >= 8 and set(word.text) <= set("0123456789abcdef"):
        parts.append("f.idx IN (SELECT idx FROM entries WHERE sha256 BETWEEN ? AND ?)")
        values += [word.text, word.text + "g"]
    if search.opened:
        limited = search.opened_machines is not None
        only = "f.machine IN (SELECT value FROM json_each(?)) AND " if limited else ""
        plain = _is_written_as_it_is(word.text)
        parts.append(f"({only}{_OPENED.format(bytes=_BYTES if plain else '')})")
        values += [_names(search.opened_machines or ())] if limited else []
        values += [word.text, word.text] if plain else [word.text]
    return parts, values


def _is_written_as_it_is(text: str) -> bool:
    """Tell whether JSON holds these very bytes: no letter of two cases, nothing to escape."""
    return not any(one.isascii() and (one.isalpha() or one in '"\\\x7f') for one in text)


def _names(found: tuple[str, ...]) -> str:
    return msgspec.json.encode(found).decode()
