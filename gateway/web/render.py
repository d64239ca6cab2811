"""Render: templates to HTML, with texts in the visitor's language and times in China's."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from gateway import texts as reasons
from gateway.stores.calendar import LOCAL, local_time
from gateway.stores.views import Finding
from gateway.web.devices import named
from gateway.web.texts import TEXTS, Language, sentence, text, word
from ledger.codec import sha256

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


class Renderer:
    """Fills templates; they may be shared by threads."""

    def __init__(self) -> None:
        self._environment = _environment()

    def page(
        self, name: str, language: Language, values: Mapping[str, Any], status: int = 200
    ) -> HTMLResponse:
        """Return a page; `values` are what its template names."""

        def t(key: str, **parts: object) -> str:
            return text(language, key, **parts)

        def w(area: str, code: str | None) -> str:
            return word(language, area, code)

        html = self._environment.get_template(name).render(
            **values,
            t=t,
            w=w,
            language=language,
            device=lambda origin: named(t, origin),
            span=lambda milliseconds: span(language, milliseconds),
            reason=lambda code: explain(language, code),
            found=lambda finding: told(language, finding),
            shown=lambda value: shown(language, value),
        )
        return HTMLResponse(html, status)


@functools.cache  # each template is compiled once in a program
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    versions = {path.name: sha256(path.read_bytes())[:8] for path in STATIC.iterdir()}
    environment.globals["static"] = lambda name: f"/static/{name}?v={versions[name]}"
    environment.filters.update(
        when=when, day=day, clock=clock, yuan=yuan, short=short, seconds_ago=seconds_ago
    )
    return environment


def explain(language: Language, code: str, values: Mapping[str, str] | None = None) -> str:
    """Return the sentence for an error code or a reason; an unknown code stands for itself.

    Args:
        values: what the sentence names; see `gateway.errors.RequestRefusedError`.
    """
    own = TEXTS[language].get(f"error.{code}")
    said = own if own is not None else reasons.text(code, language)
    return said.format_map(values) if values else said


def told(language: Language, finding: Finding | None) -> str:
    """Return what a rule found, as a sentence; times in its values become readable."""
    if finding is None:
        return text(language, "finding.erased")
    values = {name: _readable(language, name, value) for name, value in finding.values.items()}
    return sentence(language, finding.key, values)


def shown(language: Language, value: str) -> str:
    """Return a value of the ladder; `ms:` is a time, `s:` a span, `verdict:` and `cause:` words."""
    kind, _, rest = value.partition(":")
    if kind == "ms":
        return when(int(rest))
    if kind == "s":
        return text(language, "ladder.seconds", n=rest)
    if kind == "cause":
        return text(language, f"erasure.cause.{rest}")
    return text(language, f"verdict.{rest}") if kind == "verdict" else value


def when(at_ms: int | None) -> str:
    """Return a time as staff read it: China's date and time to the second."""
    return "—" if at_ms is None else local_time(at_ms).strftime("%Y-%m-%d %H:%M:%S")


def day(at_ms: int | None) -> str:
    """Return China's date."""
    return "—" if at_ms is None else local_time(at_ms).strftime("%Y-%m-%d")


def clock(at_ms: int | None) -> str:
    """Return China's time of day to the minute."""
    return "—" if at_ms is None else local_time(at_ms).strftime("%H:%M")


def yuan(amount_fen: int | None) -> str:
    """Return an amount in yuan with two decimals and separators."""
    if amount_fen is None:
        return "—"
    whole, rest = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{whole:,}.{rest:02d}"


def short(sha256_hex: str | None) -> str:
    """Return enough of a hash to tell two apart by eye."""
    return "—" if not sha256_hex else sha256_hex[:12]


def seconds_ago(at_ms: int, now_ms: int) -> int:
    """Return whole seconds since a time, never below zero."""
    return max(0, (now_ms - at_ms) // 1000)


def span(language: Language, milliseconds: int) -> str:
    """Return a span of time in the largest unit that fits."""
    seconds = max(0, milliseconds // 1000)
    for unit, size in (("days", DAY_S), ("hours", HOUR_S), ("minutes", MINUTE_S)):
        if seconds >= size:
            return text(language, f"span.{unit}", n=seconds // size)
    return text(language, "span.seconds", n=seconds)


def day_start_ms(iso_day: str) -> int | None:
    """Return the first millisecond of a day in China, or None for what is no date."""
    try:
        start = datetime.combine(date.fromisoformat(iso_day), time(), LOCAL)
    except ValueError:
        return None
    return int(start.timestamp() * 1000)


def _readable(language: Language, name: str, value: str | int) -> str:
    if name.endswith("_ms"):
        return when(int(value))
    area = {"code": "incident", "seal": "seal"}.get(name)
    return word(language, area, str(value)) if area else str(value)
