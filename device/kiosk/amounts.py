"""Amounts of money as people type them: yuan with at most two decimals in, fen out. Pure."""

from __future__ import annotations

import re

_AMOUNT = re.compile(r"(\d{1,9})(?:[.。](\d{0,2}))?")


def fen_from(text: str) -> int | None:
    """Return the amount in fen, or None when `text` is no amount above zero."""
    match = _AMOUNT.fullmatch(text.strip().replace(",", "").replace("，", ""))
    if match is None:
        return None
    amount_fen = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    return amount_fen or None


def yuan_text(amount_fen: int) -> str:
    """Return the amount in yuan with two decimals and separated thousands."""
    return f"{amount_fen // 100:,}.{amount_fen % 100:02d}"
