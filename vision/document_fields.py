"""Does the page say what was applied for? Title, office, names, amount and day, one by one.

A field matches when the page says it letter by letter. It is a mismatch only when something was
read surely that cannot be it; whatever the reader was in doubt about is unclear. Digits are exact.
What passes here is said in docs/benchmarks.md: words that were added beside the right ones, and
anything that the application does not name.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from vision import amounts, dates
from vision.amounts import Amount, apart, figures, written_out
from vision.dates import Day
from vision.page_text import PageText, Row, letter_px
from vision.written import READ, SURE, Fit, Written, best_fit, plain, words_only, written

_PROOF = 1.0 - 1e-6  # one sure difference; see vision.written
_UPPER = 0.5  # of the page: where a title stands
_LARGE = 1.2  # of the usual size of letters; titles are set half as large again
_MOST_TITLE_ROWS = 3
_OFFICES = ("委员会", "人民政府", "合作社", "办公室", "公司", "村委会", "居委会")  # how they end
_BESIDE = 40  # characters between an amount in figures and the same one in words
_MOST_DOUBTED = 0.15  # share of guessed characters from which a word may hide anywhere
_LEAST_READ = 12  # characters: with fewer the page was hardly read at all


class Verdict(enum.StrEnum):
    """What comparing gave."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNCLEAR = "unclear"


class Why(enum.StrEnum):
    """Why a field got its verdict."""

    SAME = "same"  # the page says it, letter by letter
    OTHER = "other"  # something else was read surely in its place
    ABSENT = "absent"  # the page was read well and does not say it
    DOUBTFUL = "doubtful"  # the reader is in doubt about some of its characters
    NONE_READ = "none-read"  # nothing of its kind was read
    NOT_HEADING = "not-heading"  # the words are there, but not as the page's title
    WRITINGS_DIFFER = "writings-differ"  # figures and words beside each other say two amounts


class Application(Struct, frozen=True):
    """What was applied for; what is None or empty is not compared.

    Args:
        day: as people write it, or YYYY-MM-DD.
    """

    title: str | None = None
    org: str | None = None
    parties: tuple[str, ...] = ()
    amount_fen: int | None = None
    day: str | None = None


class Field(Struct, frozen=True):
    """One field of the application beside what the page says.

    Args:
        name: title, org, party, amount or day.
        wanted, read: personal data: what was applied for, and what was read in its place.
        score: how much of it was found, 0..1.
        row: where that stands, as a number of the page's rows; None: nowhere.
    """

    name: str
    verdict: Verdict
    why: Why
    wanted: str
    read: str
    score: float
    row: int | None


def compare(text: PageText, asked: Application) -> tuple[Field, ...]:
    """Return every field that `asked` names beside the page."""
    return tuple(_fields(text, asked))


def overall(fields: Sequence[Field]) -> Verdict:
    """Return mismatch if any field is one, match if all match, unclear otherwise."""
    verdicts = {field.verdict for field in fields}
    if Verdict.MISMATCH in verdicts:
        return Verdict.MISMATCH
    return Verdict.MATCH if verdicts == {Verdict.MATCH} else Verdict.UNCLEAR


def agreed(first: Sequence[Field], second: Sequence[Field]) -> tuple[Field, ...]:
    """Return what two looks at the same page agree on.

    A match in one look stands unless the other one surely read something else; a mismatch needs
    both.
    """
    return tuple(_agreed(one, other) for one, other in zip(first, second, strict=True))


def doubted_rows(fields: Sequence[Field]) -> tuple[int, ...]:
    """Return the rows that a second look should read: those of fields that do not match."""
    rows = {field.row for field in fields if field.verdict is not Verdict.MATCH}
    return tuple(sorted(row for row in rows if row is not None))


def _agreed(one: Field, other: Field) -> Field:
    if one.verdict is other.verdict:
        return one
    if {one.verdict, other.verdict} == {Verdict.MATCH, Verdict.UNCLEAR}:
        return one if one.verdict is Verdict.MATCH else other
    doubted = one if one.verdict is not Verdict.MATCH else other
    return Field(
        one.name,
        Verdict.UNCLEAR,
        Why.DOUBTFUL,
        one.wanted,
        doubted.read,
        min(one.score, other.score),
        doubted.row,
    )


def _fields(text: PageText, asked: Application) -> Iterator[Field]:
    words, heading = words_only(text.all), words_only(text.heading)
    if asked.title and plain(asked.title):
        yield _title(text, words, asked)
    if asked.org and plain(asked.org):
        yield _org(asked.org, words, heading)
    for party in asked.parties:
        if plain(party):
            yield _party(party, words)
    if asked.amount_fen:
        yield _amount(text.all, asked.amount_fen)
    day = dates.day_of(asked.day or "")
    if day is not None:
        yield _day(text.all, asked.day or "", day)


def _party(wanted: str, words: Written) -> Field:
    fit = best_fit(plain(wanted), words)
    say = _teller("party", wanted, words, fit)
    if fit.edits == 0:
        sure = words.least(fit.start, fit.end) >= READ
        return say(Verdict.MATCH, Why.SAME) if sure else say(Verdict.UNCLEAR, Why.DOUBTFUL)
    if fit.against < _PROOF:
        return say(Verdict.UNCLEAR, Why.DOUBTFUL)
    if not _well_read(words):
        return say(Verdict.UNCLEAR, Why.DOUBTFUL)
    near = 2 * fit.edits <= len(plain(wanted))
    return say(Verdict.MISMATCH, Why.OTHER if near else Why.ABSENT)


def _org(wanted: str, words: Written, heading: Written) -> Field:
    """An office may stand in the letterhead, in the text, or in the seal alone."""
    of, fit = min(
        ((one, best_fit(plain(wanted), one)) for one in (words, heading)),
        key=lambda found: found[1].against,
    )
    say = _teller("org", wanted, of, fit)
    if fit.edits == 0:
        return say(Verdict.MATCH, Why.SAME)
    if fit.against < _PROOF:
        return say(Verdict.UNCLEAR, Why.DOUBTFUL)
    if 2 * fit.edits <= len(plain(wanted)):
        return say(Verdict.MISMATCH, Why.OTHER)
    return say(Verdict.UNCLEAR, Why.NONE_READ)


def _title(text: PageText, words: Written, asked: Application) -> Field:
    assert asked.title is not None
    wanted, org = plain(asked.title), plain(asked.org or "")
    titles = [_without(one, org) for one in _titles(text)]
    fit, of = _best(wanted, titles)
    say = _teller("title", asked.title, of, fit)
    if titles and fit.edits == 0:
        return say(Verdict.MATCH, Why.SAME)
    titles = [one for one in titles if not _is_office(one, org) and not text.rows[one.rows[0]].red]
    if titles:
        fit, of = _best(wanted, titles)
        say = _teller("title", asked.title, of, fit)
        if fit.against < _PROOF:
            return say(Verdict.UNCLEAR, Why.DOUBTFUL)
        return say(Verdict.MISMATCH, Why.OTHER)
    fit = best_fit(wanted, words)
    say = _teller("title", asked.title, words, fit)
    if fit.edits == 0:
        return say(Verdict.UNCLEAR, Why.NOT_HEADING)
    if fit.against < _PROOF or not _well_read(words):
        return say(Verdict.UNCLEAR, Why.DOUBTFUL)
    return say(Verdict.MISMATCH, Why.ABSENT)


def _best(wanted: str, titles: Sequence[Written]) -> tuple[Fit, Written]:
    fitting = [(best_fit(wanted, one, whole=True), one) for one in titles]
    nothing = Written("", (), ()), Fit(len(wanted), float(len(wanted)), 0, 0)
    return min(fitting, key=lambda found: (found[0].against, found[0].edits), default=nothing[::-1])


def _titles(text: PageText) -> Iterator[Written]:
    """Everything in the upper half that may be a title: large rows, alone and joined."""
    sizes = sorted(letter_px(row) for row in text.rows if not row.red)
    usual = sizes[len(sizes) // 2] if sizes else 0.0
    large = [
        (i, row)
        for i, row in enumerate(text.rows)
        if letter_px(row) >= _LARGE * usual and row.top < _UPPER * text.height
    ]
    for first in range(len(large)):
        for last in range(first, min(first + _MOST_TITLE_ROWS, len(large))):
            if large[last][0] - large[first][0] == last - first:
                joined = _joined(large[first : last + 1])
                if joined.text:
                    yield joined


def _joined(rows: Sequence[tuple[int, Row]]) -> Written:
    return words_only(written((line.text, line.scores, i) for i, row in rows for line in row.lines))


def _is_office(of: Written, org: str) -> bool:
    """Whether a large row is the office's name, as a letterhead has it, and no title."""
    if of.text.endswith(_OFFICES):
        return True
    return bool(org) and 3 * best_fit(
        of.text, Written(org, (1.0,) * len(org), (0,) * len(org))
    ).edits <= len(of.text)


def _without(of: Written, org: str) -> Written:
    """A title without the office that stands before it."""
    if not org or not of.text.startswith(org) or len(of.text) == len(org):
        return of
    return Written(of.text[len(org) :], of.scores[len(org) :], of.rows[len(org) :])


def _amount(of: Written, wanted_fen: int) -> Field:
    digits, words = tuple(figures(of)), tuple(written_out(of))
    every = (*digits, *words)
    right = [one for one in every if wanted_fen in one.fen]
    money = [one for one in every if one.plain]
    say = _teller_of_amount(of, wanted_fen)
    for one in right:
        beside = [other for other in money if _other_writing(of, one, other, digits)]
        if beside and not any(wanted_fen in other.fen for other in beside):
            sure = min(other.score for other in beside) >= SURE
            verdict = Verdict.MISMATCH if sure else Verdict.UNCLEAR
            return say(verdict, Why.WRITINGS_DIFFER, beside[0])
    if right:
        best = max(right, key=lambda one: (one.plain, one.score))
        if best.score >= READ:
            return say(Verdict.MATCH, Why.SAME, best)
        return say(Verdict.UNCLEAR, Why.DOUBTFUL, best)
    if not money:
        return say(Verdict.UNCLEAR, Why.NONE_READ, None)
    nearest = min(money, key=lambda one: amounts.against(of, one, wanted_fen))
    if amounts.against(of, nearest, wanted_fen) < _PROOF or not _well_read(words_only(of)):
        return say(Verdict.UNCLEAR, Why.DOUBTFUL, nearest)
    return say(Verdict.MISMATCH, Why.OTHER, nearest)


def _other_writing(of: Written, one: Amount, other: Amount, digits: Sequence[Amount]) -> bool:
    """Whether two amounts are the same one in figures and in words."""
    return (one in digits) != (other in digits) and apart(of, one, other) <= _BESIDE


def _day(of: Written, wanted: str, day: Day) -> Field:
    found = list(dates.days(of))
    if not found:
        return Field("day", Verdict.UNCLEAR, Why.NONE_READ, wanted, "", 0.0, None)
    # Of equals the last: a paper's own day stands at its end, before it are birthdays and terms.
    best = min(reversed(found), key=lambda one: dates.against(of, one, day))
    verdict, why = Verdict.UNCLEAR, Why.DOUBTFUL
    if best.day == day and best.score >= READ:
        verdict, why = Verdict.MATCH, Why.SAME
    elif dates.against(of, best, day) >= _PROOF:
        verdict, why = Verdict.MISMATCH, Why.OTHER
    read = of.part(best.start, best.end)
    return Field("day", verdict, why, wanted, read, best.score, of.rows[best.start])


def _well_read(words: Written) -> bool:
    """Whether what is not found is really not there."""
    said = [score for one, score in zip(words.text, words.scores, strict=True) if one.isalnum()]
    guessed = sum(score < READ for score in said)
    return len(said) >= _LEAST_READ and guessed <= _MOST_DOUBTED * len(said)


def _teller(name: str, wanted: str, of: Written, fit: Fit) -> Callable[[Verdict, Why], Field]:
    read = of.part(fit.start, fit.end)
    score = max(0.0, 1.0 - fit.edits / max(len(plain(wanted)), 1))
    row = of.rows[fit.start] if fit.start < len(of.rows) and fit.end > fit.start else None
    return lambda verdict, why: Field(name, verdict, why, wanted, read, score, row)


def _teller_of_amount(
    of: Written, wanted_fen: int
) -> Callable[[Verdict, Why, Amount | None], Field]:
    wanted = f"{wanted_fen // 100}.{wanted_fen % 100:02}"

    def say(verdict: Verdict, why: Why, at: Amount | None) -> Field:
        if at is None:
            return Field("amount", verdict, why, wanted, "", 0.0, None)
        read = of.part(at.start, at.end)
        return Field("amount", verdict, why, wanted, read, at.score, of.rows[at.start])

    return say
