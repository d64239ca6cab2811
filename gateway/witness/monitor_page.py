"""Monitor page: what a county clerk reads about the townships, Chinese first; plain HTML and text.

No server is needed to read it: it is one file without scripts, and says when it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from gateway.witness.status import Status
from gateway.witness.texts import say
from ledger.findings import Finding
from ledger.texts import Language, beijing, tell_one

_STYLE = (
    "body{font:1.1rem/1.6 sans-serif;max-width:60rem;margin:1.5rem auto;padding:0 1rem;"
    "overflow-wrap:anywhere}h1{font-size:1.6rem;margin:0}h2{font-size:1.25rem;margin:0}"
    "h1~p{margin:.4rem 0}section{border-top:1px solid #ccc;padding:.8rem 0;margin-top:.8rem}"
    "section p{margin:.2rem 0}.state{font-weight:bold}.good .state{color:#060}"
    ".bad .state{color:#b00}.late .state{color:#850}.technical{color:#555;font-size:.85rem}"
    ".finding{background:#fff3f0;border-left:.4rem solid #b00;margin:.6rem 0;padding:.5rem 1rem}"
    ".finding p:first-child{font-weight:bold}"
)
_MARKS = {"good": "✓", "bad": "✗", "late": "！"}  # never a colour alone
OTHER: dict[Language, Language] = {"zh": "en", "en": "zh"}
FILES: dict[Language, str] = {"zh": "page.html", "en": "page.en.html"}
_TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}


def html(
    language: Language, statuses: Sequence[Status], now_ms: int, links: dict[Language, str]
) -> str:
    """Return the whole page.

    Args:
        links: of the page in each language.
    """
    other = OTHER[language]
    title = escape(say(language, "title"))
    body = "".join(_township(language, one) for one in sorted(statuses, key=_urgency))
    return (
        f'<!doctype html><html lang="{_TAGS[language]}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>"
        f"<p>{escape(say(language, 'written', time=beijing(now_ms)))} "
        f'<a href="{links[other]}">{escape(say(other, "language"))}</a></p>'
        f"<p><strong>{escape(summary(language, statuses))}</strong></p>{body}"
        f"<p>{escape(say(language, 'foot'))}</p></html>\n"
    )


def summary(language: Language, statuses: Sequence[Status]) -> str:
    """Return one sentence about all townships."""
    good = sum(one.is_good for one in statuses)
    bad = sum(bool(one.findings) for one in statuses)
    late = len(statuses) - good - bad
    return say(language, "summary", count=len(statuses), good=good, bad=bad, late=late)


def message(status: Status, findings: Iterable[Finding]) -> str:
    """Return what somebody is told about new findings of a township, in both languages."""
    found = tuple(findings)
    parts = []
    for language in ("zh", "en"):
        lines = [say(language, "message", name=status.title, count=len(found))]
        lines += _lines(language, found)
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def state(language: Language, status: Status) -> str:
    """Return in one sentence how a township stands."""
    if not status.at_ms:
        return say(language, "never", public=status.public)
    if status.findings:
        count = len(status.findings) + status.left_out
        key = "bad" if status.good_ms else "bad-ever"
        return say(language, key, count=count, good=beijing(status.good_ms))
    if status.unreachable:
        return say(
            language, "unreachable", since=beijing(status.unreachable_ms), public=status.public
        )
    return say(language, "good", entries=status.entries, time=beijing(status.at_ms))


def _township(language: Language, status: Status) -> str:
    kind = "good" if status.is_good else "bad" if status.findings else "late"
    found = "".join(
        f'<div class="finding">{_finding(language, number, one)}</div>'
        for number, one in enumerate(status.findings, 1)
    )
    more = ""
    if status.left_out:
        more = f"<p>{escape(say(language, 'more', count=status.left_out))}</p>"
    why = ""
    if status.unreachable:
        said = escape(say(language, "why", detail=status.unreachable))
        why = f'<p class="technical">{said}</p>'
    return (
        f'<section class="{kind}"><h2>{escape(status.title)}</h2><p class="state">{_MARKS[kind]} '
        f"{escape(state(language, status))}</p>{why}{found}{more}</section>"
    )


def _finding(language: Language, number: int, finding: Finding) -> str:
    """Return the paragraphs of a finding; the last one is for technicians, if there is one."""
    lines = [escape(line.strip()) for line in tell_one(language, number, finding)]
    last = f'<p class="technical">{lines.pop()}</p>' if finding.detail else ""
    return "".join(f"<p>{line}</p>" for line in lines) + last


def _lines(language: Language, findings: Sequence[Finding]) -> Iterator[str]:
    for number, one in enumerate(findings, 1):
        yield from tell_one(language, number, one)


def _urgency(status: Status) -> tuple[int, str]:
    """Findings first, then what could not be read, then what is good."""
    return (0 if status.findings else 1 if not status.is_good else 2), status.title
