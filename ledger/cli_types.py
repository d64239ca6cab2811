"""Command line types: what people type that must become part of a record."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from ledger.records import DivisionCode, Identifier


class Typed(click.ParamType[str]):
    """A word of one of the records' types; another one is a usage error."""

    def __init__(self, name: str, kind: Any, expected: str) -> None:
        self.name, self._kind, self._expected = name, kind, expected

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word as it was typed."""
        try:
            return str(msgspec.convert(value, self._kind))
        except msgspec.ValidationError:
            self.fail(f"expected {self._expected}, found {value!r}", param, ctx)


IDENTIFIER = Typed("id", Identifier, "small letters, digits and hyphens, 40 at most")
DIVISION = Typed("code", DivisionCode, "12 digits")
