"""What people read from `seal-verify`, Chinese first; `ZH` and `EN` have equal keys.

A finding is told as four things: what, where, since when, and what to do now.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from ledger import codec
from ledger.algorithms import ALGORITHM_BYTES
from ledger.findings import Finding, Findings, Place
from ledger.keys import key_id, public_bytes
from ledger.keystate import KeyHistory
from ledger.messages import KeyRecord
from ledger.texts_findings import FINDINGS
from ledger.texts_rows import DO, SENTENCES

Language = Literal["zh", "en"]

ZH: Mapping[str, str] = {
    **{key: zh for key, zh, _ in SENTENCES},
    **{f"what.{code}": zh for code, zh, _, _ in FINDINGS},
    **{f"do.{name}": zh for name, zh, _ in DO},
}
EN: Mapping[str, str] = {
    **{key: en for key, _, en in SENTENCES},
    **{f"what.{code}": en for code, _, en, _ in FINDINGS},
    **{f"do.{name}": en for name, _, en in DO},
}
_TABLES: Mapping[Language, Mapping[str, str]] = {"zh": ZH, "en": EN}
_TODO = {code: todo for code, _, _, todo in FINDINGS}
_BEIJING = datetime.timezone(datetime.timedelta(hours=8))


def say(language: Language, key: str, **values: str | int) -> str:
    """Return the text of a key with its blanks filled.

    Raises:
        KeyError: no such text, or a blank has no value.
    """
    return _TABLES[language][key].format(**values)


def tell(language: Language, findings: Findings) -> Iterator[str]:
    """Yield the lines that tell all findings."""
    for number, finding in enumerate(findings, 1):
        yield from tell_one(language, number, finding)
    for code, count in findings.left_out.items():
        yield say(language, "more", count=count, code=code)


def tell_one(language: Language, number: int, finding: Finding) -> Iterator[str]:
    """Yield the lines of one finding: what, where, since when, what to do."""
    code = finding.code if finding.code in _TODO else "other"
    yield say(language, "finding", number=number, what=say(language, f"what.{code}"))
    yield say(language, "where", where=where(language, finding.place))
    yield say(language, "since", since=since(language, finding.place))
    yield say(language, "do", do=say(language, f"do.{_TODO[code]}"))
    if finding.detail:
        yield say(language, "detail", code=finding.code, detail=finding.detail)


def where(language: Language, place: Place) -> str:
    """Return a place in words; people count entries of the log from 1."""
    parts = []
    if place.log:
        parts.append(say(language, "place.log", log=place.log))
    if place.index is not None:
        parts.append(say(language, "place.index", number=place.index + 1))
    if place.seq is not None:
        key = "place.seq" if place.author else "place.seq-alone"
        parts.append(say(language, key, author=place.author, seq=place.seq))
    elif place.author:
        parts.append(say(language, "place.author", author=place.author))
    return ("，" if language == "zh" else ", ").join(parts) or "-"


def since(language: Language, place: Place) -> str:
    """Return from when on something does not hold, as far as the place tells."""
    told = _since_entry(language, place)
    if place.seen_ms is None:
        return told or say(language, "since.unknown")
    key = "since.seen" if told is None else "since.found"
    seen = say(language, key, time=beijing(place.seen_ms))
    return f"{told or ''}{seen}"


def _since_entry(language: Language, place: Place) -> str | None:
    if place.at_ms is not None:
        return say(language, "since.entry", time=beijing(place.at_ms))
    if place.index is not None:
        return say(language, "since.index", number=place.index + 1)
    if place.seq is not None:
        return say(language, "since.seq", seq=place.seq)
    return None


def beijing(at_ms: int) -> str:
    """Return a time (UTC milliseconds) as clocks in China show it."""
    try:
        moment = datetime.datetime.fromtimestamp(at_ms / 1000, _BEIJING)
    except (OverflowError, ValueError, OSError):
        return f"{at_ms} ms"
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def record_lines(language: Language, records: Iterable[bytes]) -> list[str]:
    """Return a line for each signing key of key records, with its whole id."""
    lines = []
    for data in records:
        record = codec.decode_message(codec.payload_type(KeyRecord.kind), data)
        assert isinstance(record, KeyRecord)
        if record.alg in ALGORITHM_BYTES:
            lines.append(_key_line(language, record))
    return sorted(lines)


def history_lines(language: Language, history: KeyHistory | None) -> list[str]:
    """Return two lines for each key of a log's own history: whose it is, what it may sign."""
    lines = []
    for key in () if history is None else history.all_keys():
        last = say(language, "key.no-end") if key.last_seq is None else key.last_seq
        lines.append(_key_line(language, key.record))
        lines.append(say(language, "key.range", first=key.from_seq, last=last))
    return lines


def _key_line(language: Language, record: KeyRecord) -> str:
    keyid = key_id(public_bytes(record))
    return say(
        language, "key", role=record.role, holder=record.holder, epoch=record.epoch, keyid=keyid
    )
