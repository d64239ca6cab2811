"""How the screen says when something was or will be. Rows: key, Chinese, English."""

from __future__ import annotations

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

ROWS: tuple[tuple[str, str, str], ...] = (
    *((f"month.{n}", f"{n}月", name) for n, name in enumerate(_MONTHS, start=1)),
    ("moment.date", "{month}{day}日", "{day} {month}"),
    ("moment.date-of-year", "{year}年{date}", "{date} {year}"),
    ("moment.on", "{date} {time}", "{date} {time}"),
    ("moment.today", "今天 {time}", "today {time}"),
)
