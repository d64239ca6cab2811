"""What a card reader types becomes a card's identifier (pure)."""

from __future__ import annotations

import re
from typing import Final, Literal

Notation = Literal["hex", "decimal"]

_HEX: Final = re.compile(r"[0-9a-f]{4,32}")
_DECIMAL: Final = re.compile(r"[0-9]{4,20}")
_DECIMAL_HEX_DIGITS: Final = 8  # readers that type decimal numbers show 32 bits


def card_id(text: str, notation: Notation) -> str | None:
    """Return the identifier in lowercase hex, None when `text` is not one (a half-read card).

    Args:
        text: what the reader typed, without its line end.
        notation: `hex`, or `decimal` for readers that type a 32-bit number (leading zeros kept).
    """
    typed = text.strip().lower()
    if notation == "hex":
        return typed if _HEX.fullmatch(typed) else None
    return f"{int(typed):0{_DECIMAL_HEX_DIGITS}x}" if _DECIMAL.fullmatch(typed) else None
