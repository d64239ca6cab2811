"""Entries about the office's own papers: corrections, answers to alerts, drafts of lists, working
days, exports, one-time codes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.matters import Layer
from ledger.records import Count, DivisionCode, Hash, Identifier, Positive, Record
from ledger.records_people import Day

Minute = Annotated[int, Meta(ge=0, le=24 * 60)]


class ListDraft(Record, frozen=True, kw_only=True):
    """A new version of an items list waits for another person; nothing is in force by it.

    Args:
        by: the account that drafted it; the `ListRelease` that follows names this entry.
    """

    kind = "list-draft"
    authors = ("gateway",)
    layer: Layer
    place: str
    from_date: Day
    file_sha256: Hash
    file_size: Positive
    by: Identifier


class CalendarDay(Struct, frozen=True, kw_only=True):
    """A day that is not what its weekday says: a holiday, or a weekend on which people work."""

    date: Day
    works: bool
    name: Annotated[str, Meta(max_length=40)] = ""


class CalendarRelease(Record, frozen=True, kw_only=True):
    """The working days and hours of one year are drafted, or released.

    Args:
        version: of the draft; its release names the same.
        opens_minute, closes_minute: working hours, in minutes after local midnight.
        days: every day of the year that differs from Monday to Friday, in order.
        released_by: the account of another person; null: only a draft.
    """

    kind = "calendar"
    authors = ("gateway",)
    version: Positive
    year: Annotated[int, Meta(ge=2000, le=2200)]
    opens_minute: Minute
    closes_minute: Minute
    days: Annotated[tuple[CalendarDay, ...], Meta(max_length=200)]
    by: Identifier
    released_by: Identifier | None


class LedgerExport(Record, frozen=True, kw_only=True):
    """Somebody took the ledger, its figures, the register of seals or the custody book out of the
    house as a file.

    Args:
        from_date, to_date: the first and the last local day in it.
        village: null: all villages that the person may see.
        file_sha256: of the file as it was handed out.
    """

    kind = "export"
    authors = ("gateway",)
    what: Literal["ledger", "figures", "register", "custody"]
    form: Literal["xlsx", "pdf", "zip"]
    from_date: Day
    to_date: Day
    village: DivisionCode | None
    rows: Count
    file_sha256: Hash
    by: Identifier


class CodeIssue(Record, frozen=True, kw_only=True):
    """Somebody may have a machine enrolled: a one-time code was asked for.

    Nothing in it tells the code: no hash of it either.

    Args:
        hours: for how long the code may be used.
    """

    kind = "enrolment-code"
    authors = ("gateway",)
    machine: Identifier
    hours: Positive
    by: Identifier


class Correction(Record, frozen=True, kw_only=True):
    """Says what is wrong in an earlier entry, which itself stays as it is."""

    kind = "correction"
    authors = ("gateway",)
    entry: Hash
    wrong: Identifier
    by: Identifier
    text_commitment: Hash


class AlertAnswer(Record, frozen=True, kw_only=True):
    """An auditor says whether an alert was right; of several, the newest counts.

    Args:
        answer_commitment: to `right` or `false-alarm`.
        text_commitment: to the auditor's words, which may be none.
        by_commitment: to the account.
    """

    kind = "alert-answer"
    authors = ("gateway",)
    alert: Identifier
    answer_commitment: Hash
    text_commitment: Hash
    by_commitment: Hash


OFFICE_ENTRY_RECORDS: tuple[type[Record], ...] = (
    Correction,
    AlertAnswer,
    ListDraft,
    CalendarRelease,
    LedgerExport,
    CodeIssue,
)
