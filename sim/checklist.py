"""The check list of a play: one line a step in two languages, with its time; also as data."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from sim.demo_texts import EN, ZH
from sim.errors import SimError

WIDTH = 96  # columns before the time


class Result(Struct, frozen=True, kw_only=True):
    """One line of the list; `ok` None for a line that only tells, `detail` why it failed."""

    name: str
    zh: str
    en: str
    ok: bool | None
    seconds: float
    detail: str = ""


class Step:
    """A step under way: `say` fills blanks that are known only now."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def say(self, **values: Any) -> None:
        """Fill blanks of the step's sentence."""
        self.values |= values


class CheckList:
    """Times steps and tells each as it ends.

    Args:
        tell: prints one line.
        now_s: monotonic seconds.
    """

    def __init__(
        self, tell: Callable[[str], None], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._now_s = now_s
        self._since_s = now_s()
        self.results: list[Result] = []

    @property
    def failed(self) -> int:
        """How many steps did not pass."""
        return sum(result.ok is False for result in self.results)

    @contextmanager
    def step(self, name: str, **values: Any) -> Iterator[Step]:
        """Time what is done inside; what it raises fails the step and goes on up."""
        began_s = self._now_s()
        step = Step({**values})
        try:
            yield step
        except SimError as error:
            self._add(name, step.values, False, began_s, str(error))
            raise
        self._add(name, step.values, True, began_s)

    def done(self, name: str, **values: Any) -> None:
        """Add a step that has passed since the last line."""
        self._add(name, values, True, self._since_s)

    def broke(self, error: SimError) -> None:
        """Add a failed line for what went wrong between two steps."""
        self._add("broken", {"why": error.code}, False, self._since_s, str(error))

    def note(self, name: str, **values: Any) -> None:
        """Add a line that neither passes nor fails: what is not played, or goes another way."""
        self._add(name, values, None, self._now_s())

    def as_data(self) -> list[dict[str, Any]]:
        """Return the lines as plain values."""
        fields = ("name", "zh", "en", "ok", "seconds", "detail")
        return [{name: getattr(one, name) for name in fields} for one in self.results]

    def _add(
        self,
        name: str,
        values: Mapping[str, Any],
        ok: bool | None,
        began_s: float,
        detail: str = "",
    ) -> None:
        self._since_s = self._now_s()
        result = Result(
            name=name,
            zh=say(ZH, name, values),
            en=say(EN, name, values),
            ok=ok,
            seconds=round(self._since_s - began_s, 2),
            detail=detail,
        )
        self.results.append(result)
        mark = {True: "✓", False: "✗", None: "–"}[ok]
        text = f"{mark} {result.zh}  {result.en}"
        self._tell(f"{text}{' ' * max(2, WIDTH - columns(text))}{result.seconds:5.1f} s")
        if detail:
            self._tell(f"    {detail}")


def say(table: Mapping[str, str], name: str, values: Mapping[str, Any]) -> str:
    """Return a text with its blanks filled; a blank without a value shows as a dash."""
    return table[name].format_map(_Blanks(values))


def columns(text: str) -> int:
    """Return how wide a terminal shows a text: Chinese characters take two columns."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "—"
